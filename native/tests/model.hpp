// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// What the numerical tests share: layers of every kind, filled with sensible random numbers, and their passes through
// the C ABI as plain vectors of double.
#pragma once
#include <cstdlib>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "kan/kan.h"
#include "tests/check.hpp"
#include "tests/guarded.hpp"

using Vector = std::vector<double>;

// SplitMix64: the same numbers everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
  uint64_t bits() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  double uniform(double low, double high) { return low + (high - low) * double(bits() >> 11) * 0x1p-53; }
  int64_t below(int64_t n) { return int64_t(bits() % uint64_t(n)); }
  double pick(std::initializer_list<double> values) { return values.begin()[below(int64_t(values.size()))]; }

 private:
  uint64_t state_;
};

template <class S>
S make_struct() {
  S s;
  std::memset(&s, 0, sizeof s);
  s.struct_size = sizeof s;
  s.struct_version = 1;
  return s;
}

inline std::string last_error(kan_context context) {
  char text[1024];
  kan_last_error(context, text, sizeof text);
  return text;
}

// Stops the test on an error the test did not provoke.
#define MUST(context, call)                                                                                       \
  do {                                                                                                            \
    const kan_status status_ = (call);                                                                            \
    if (status_ != KAN_OK) {                                                                                      \
      std::printf("%s:%d: %s: status %d: %s\n", __FILE__, __LINE__, #call, status_, last_error(context).c_str()); \
      std::exit(1);                                                                                               \
    }                                                                                                             \
  } while (false)

inline kan_context make_context(int32_t tier, int32_t threads) {
  auto spec = make_struct<kan_context_spec>();
  spec.tier = tier;
  spec.threads = threads;
  kan_context context;
  MUST(nullptr, kan_context_create(&spec, &context));
  return context;
}

// A context of the first CUDA device; NULL with the reason on standard output where there is none.
inline kan_context make_cuda_context(const char* implementation = "", int32_t products = KAN_PRODUCTS_FP32) {
  auto spec = make_struct<kan_context_spec>();
  spec.device = KAN_DEVICE_CUDA;
  spec.threads = 1;
  spec.products = products;
  std::snprintf(spec.implementation, sizeof spec.implementation, "%s", implementation);
  kan_context context;
  if (kan_context_create(&spec, &context) == KAN_OK) return context;
  std::printf("no CUDA context: %s\n", last_error(nullptr).c_str());
  return nullptr;
}

inline bool on_device(kan_context context) {
  auto info = make_struct<kan_context_info>();
  MUST(context, kan_context_query(context, &info));
  return info.device == KAN_DEVICE_CUDA;
}

// Arrays where a context wants them: on the CPU the caller's own, on a device copies of them, which back() brings home.
class Arrays {
 public:
  explicit Arrays(kan_context context) : context_(context), device_(on_device(context)) {}
  ~Arrays() {
    for (const Copy& c : copies_) MUST(context_, kan_device_free(context_, c.address));
  }
  Arrays(const Arrays&) = delete;
  Arrays& operator=(const Arrays&) = delete;

  // The address to pass for g, holding what g holds now.
  void* operator()(const Guarded& g) {
    if (!device_) return g.get();
    for (const Copy& c : copies_) {
      if (c.of != &g) continue;
      MUST(context_, kan_device_write(context_, c.address, g.get(), g.bytes()));
      return pointer(c.address);
    }
    Copy c{&g, 0};
    MUST(context_, kan_device_allocate(context_, g.bytes(), &c.address));
    copies_.push_back(c);
    MUST(context_, kan_device_write(context_, c.address, g.get(), g.bytes()));
    return pointer(c.address);
  }
  // The same, without copying again.
  void* at(const Guarded& g) const {
    if (!device_) return g.get();
    for (const Copy& c : copies_)
      if (c.of == &g) return pointer(c.address);
    std::abort();
  }
  void back() const {
    for (const Copy& c : copies_) MUST(context_, kan_device_read(context_, c.of->get(), c.address, c.of->bytes()));
  }

 private:
  struct Copy {
    const Guarded* of;
    unsigned long long address;
  };
  static void* pointer(unsigned long long address) { return reinterpret_cast<void*>(uintptr_t(address)); }

  kan_context context_;
  bool device_ = false;
  std::vector<Copy> copies_;
};

inline int32_t highest_tier() {
  kan_context context = make_context(KAN_TIER_REFERENCE, 1);
  auto info = make_struct<kan_context_info>();
  MUST(context, kan_context_query(context, &info));
  kan_context_destroy(context);
  return info.max_tier;
}

inline int64_t size_of(int32_t dtype) { return dtype == KAN_F64 ? 8 : 4; }

// Numbers of T <-> doubles.
inline void store(int32_t dtype, void* to, const Vector& from) {
  for (size_t i = 0; i < from.size(); ++i) {
    if (dtype == KAN_F64) static_cast<double*>(to)[i] = from[i];
    else static_cast<float*>(to)[i] = float(from[i]);
  }
}
inline Vector load(int32_t dtype, const void* from, int64_t count) {
  Vector v(static_cast<size_t>(count));
  for (size_t i = 0; i < v.size(); ++i) {
    v[i] = dtype == KAN_F64 ? static_cast<const double*>(from)[i] : double(static_cast<const float*>(from)[i]);
  }
  return v;
}
inline Guarded guarded(int32_t dtype, const Vector& values, Guarded::Edge edge = Guarded::kEnd) {
  Guarded g(int64_t(values.size()) * size_of(dtype), size_of(dtype), edge);
  store(dtype, g.get(), values);
  return g;
}
// The value as the layer's dtype holds it.
inline double rounded(int32_t dtype, double v) { return dtype == KAN_F64 ? v : double(float(v)); }

// kNearlyEven: each input its own unevenness, from 1e-5 to 1e-2 of a cell.
enum Knots { kUniform, kUneven, kRepeated, kNearlyEven };

struct Case {
  kan_layer_spec spec;
  std::string name;
  Knots knots = kUniform;
  double centre = 0;  // of the grid and of the inputs
};

// A layer with its parameters and buffers, on any context.
class Model {
 public:
  Model(kan_context context, const Case& c, uint64_t seed, Guarded::Edge edge = Guarded::kEnd) : spec(c.spec) {
    MUST(context, kan_layer_create(context, &spec, &layer));
    auto sizes = query(context, 1, KAN_MODE_INFER);
    params = Guarded(sizes.params * size_of(spec.dtype), size_of(spec.dtype), edge);
    buffers = Guarded(sizes.buffers * size_of(spec.dtype), size_of(spec.dtype), edge);
    params_count = sizes.params;
    Random random(seed);
    for (int64_t t = 0; t < sizes.tensors; ++t) {
      auto info = make_struct<kan_tensor_info>();
      MUST(context, kan_layer_tensor(context, layer, t, &info));
      tensors.push_back(info);
      natural.push_back(initial(info, c, random));
      set(context, t, natural.back());
    }
  }
  ~Model() { kan_layer_destroy(layer); }
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  kan_layer_sizes query(kan_context context, int64_t batch, int32_t mode) const {
    auto sizes = make_struct<kan_layer_sizes>();
    MUST(context, kan_layer_query(context, layer, batch, mode, &sizes));
    return sizes;
  }

  void set(kan_context context, int64_t t, const Vector& values) {
    const Guarded g = guarded(spec.dtype, values);
    MUST(context, kan_layer_tensor_set(context, layer, t, g.get(),
                                       tensors[size_t(t)].role == KAN_ROLE_PARAM ? params.get() : buffers.get()));
    natural[size_t(t)] = load(spec.dtype, g.get(), int64_t(values.size()));
  }
  // Tensor t out of any array laid out like params (or buffers).
  Vector get(kan_context context, int64_t t, const void* flat) const {
    const Guarded g(tensors[size_t(t)].count * size_of(spec.dtype), size_of(spec.dtype));
    MUST(context, kan_layer_tensor_get(context, layer, t, flat, g.get()));
    return load(spec.dtype, g.get(), tensors[size_t(t)].count);
  }
  int64_t find(const std::string& name) const {
    for (size_t t = 0; t < tensors.size(); ++t)
      if (name == tensors[t].name) return int64_t(t);
    return -1;
  }

  kan_layer_spec spec;
  kan_layer layer = nullptr;
  Guarded params, buffers;
  int64_t params_count = 0;
  std::vector<kan_tensor_info> tensors;
  std::vector<Vector> natural;

 private:
  Vector initial(const kan_tensor_info& info, const Case& c, Random& random) const {
    const std::string name = info.name;
    const int64_t n = info.rank > 1 ? info.shape[1] : info.shape[0];
    const double k = spec.order, grid = spec.grid;
    Vector v(static_cast<size_t>(info.count));
    for (int64_t j = 0; j < info.count; ++j) {
      double& value = v[size_t(j)];
      const double column = double(j % n), row = double(j / n);
      if (name == "coef" || name == "base_weight" || name == "bias" || name == "translation")
        value = random.uniform(-0.6, 0.6);
      else if (name == "weight" && spec.kind == KAN_LAYER_LINEAR) value = random.uniform(-0.6, 0.6);
      else if (name == "norm_bias") value = random.uniform(-0.2, 0.2);
      else if (name == "coef_scale" || name == "scale" || name == "norm_weight" || name == "weight")
        value = random.uniform(0.5, 1.5) * random.pick({-1, 1});
      else if (name == "mask") value = random.pick({0, 1, 1, 1, 0.5});
      else if (name == "centres") value = -1.5 + 3 * column / double(n - 1) + random.uniform(-0.05, 0.05);
      else if (name == "inv_width") value = 1.3;
      else if (name == "freq") value = column + 1 + random.uniform(-0.2, 0.2);
      else if (name == "phase") value = random.uniform(0, 3);
      else if (name == "phase_low") value = (column - k) / grid + random.uniform(-0.02, 0.02);
      else if (name == "phase_high") value = (column + 1) / grid + random.uniform(-0.02, 0.02);
      else if (name == "numerator") value = random.uniform(-0.6, 0.6);
      else if (name == "denominator") value = random.uniform(-0.4, 0.4);
      else if (name == "running_mean") value = random.uniform(-0.5, 0.5);
      else if (name == "running_var") value = random.uniform(0.5, 1.5);
      else if (name == "knots") {
        // Every input its own range; the grid about [-1, 1] of the centre.
        const double low = c.centre - 1 - 0.125 * std::fmod(row, 3), high = c.centre + 1 + 0.0625 * std::fmod(row, 4);
        const double h = (high - low) / grid;
        value = low + (column - k) * h;
        if (c.knots == kUneven) value += h * 0.3 * std::sin(2.1 * column + row);
        if (c.knots == kNearlyEven) value += h * std::pow(10, -2 - std::fmod(row, 4)) * std::sin(2.1 * column + row);
        if (c.knots == kRepeated) {  // clamped ends and a double knot inside
          const double inner = column < k ? k : column > grid + k ? grid + k : column;
          value = low + (inner == k + 2 && inner < grid + k ? inner - k - 1 : inner - k) * h;
        }
      } else {
        std::printf("tensor %s: no initial values\n", info.name);
        std::exit(1);
      }
    }
    return v;
  }
};

// Results of a forward and backward pass. Gradients by tensor, in natural order.
struct Results {
  Vector y, y_infer, d_x;
  std::map<std::string, Vector> gradient;  // trainable tensors
  std::map<std::string, Vector> buffers;   // after the forward pass
};

struct PassOptions {
  int32_t d_x_mode = KAN_GRAD_OVERWRITE, d_params_mode = KAN_GRAD_OVERWRITE;
  double before = 0;  // what ACCUMULATE finds
  Guarded::Edge edge = Guarded::kEnd;
};

// Both passes through the C ABI, every array guarded.
inline Results run_passes(kan_context context, const Model& m, int64_t batch, const Vector& x, const Vector& d_y,
                          const PassOptions& options = {}) {
  const int32_t dtype = m.spec.dtype;
  const int64_t element = size_of(dtype);
  const auto train = m.query(context, batch, KAN_MODE_TRAIN), infer = m.query(context, batch, KAN_MODE_INFER);
  const Guarded gx = guarded(dtype, x, options.edge), gdy = guarded(dtype, d_y, options.edge);
  const Guarded y(batch * m.spec.out_features * element, element, options.edge);
  const Guarded saved(train.saved_bytes, 64), scratch(train.scratch_bytes, 64), infer_scratch(infer.scratch_bytes, 64);
  const Guarded dx =
      guarded(dtype, Vector(x.size(), options.d_x_mode == KAN_GRAD_ACCUMULATE ? options.before : NAN), options.edge);
  const Guarded dp = guarded(
      dtype, Vector(size_t(m.params_count), options.d_params_mode == KAN_GRAD_ACCUMULATE ? options.before : NAN),
      options.edge);
  const Guarded buffers(m.buffers.bytes(), element, options.edge);
  std::memcpy(buffers.get(), m.buffers.get(), size_t(buffers.bytes()));
  Results r;
  Arrays on(context);
  MUST(context, kan_layer_forward(context, m.layer, KAN_MODE_INFER, batch, on(gx), on(m.params), on(buffers), on(y),
                                  nullptr, on(infer_scratch)));
  on.back();
  r.y_infer = load(dtype, y.get(), batch * m.spec.out_features);
  std::memset(y.get(), 0xff, size_t(y.bytes()));
  MUST(context, kan_layer_forward(context, m.layer, KAN_MODE_TRAIN, batch, on(gx), on(m.params), on(buffers), on(y),
                                  on(saved), on(scratch)));
  on.back();
  r.y = load(dtype, y.get(), batch * m.spec.out_features);
  std::memset(scratch.get(), 0xff, size_t(scratch.bytes()));
  MUST(context, kan_layer_backward(context, m.layer, batch, on(gx), on(m.params), on(buffers), on(saved), on(gdy),
                                   options.d_x_mode, on(dx), options.d_params_mode, on(dp), on(scratch)));
  on.back();
  r.d_x = load(dtype, dx.get(), int64_t(x.size()));
  for (size_t t = 0; t < m.tensors.size(); ++t) {
    const bool trained = m.tensors[t].role == KAN_ROLE_PARAM;
    (trained ? r.gradient : r.buffers)[m.tensors[t].name] =
        m.get(context, int64_t(t), trained ? dp.get() : buffers.get());
  }
  for (const Guarded* g :
       {&gx, &gdy, &y, &saved, &scratch, &infer_scratch, &dx, &dp, &buffers, &m.params, &m.buffers}) {
    CHECK_TEXT(g->intact(), "bytes around an array were written");
  }
  return r;
}

inline Vector random_cotangent(Random& random, int32_t dtype, int64_t count) {
  Vector d(static_cast<size_t>(count));
  for (double& v : d) v = rounded(dtype, random.uniform(-1, 1));
  return d;
}

// mean |phi|, mean phi and deviation of every edge.
struct EdgeStatistics {
  Vector mean_abs, mean, deviation;
};

inline EdgeStatistics run_edge_statistics(kan_context context, const Model& m, int64_t batch, const Vector& x) {
  const int64_t edges = m.spec.in_features * m.spec.out_features;
  const Guarded gx = guarded(m.spec.dtype, x), a(edges * 8, 8), b(edges * 8, 8), d(edges * 8, 8);
  const Guarded scratch(m.query(context, batch, KAN_MODE_INFER).scratch_bytes, 64);
  Arrays on(context);
  MUST(context, kan_layer_edge_statistics(context, m.layer, batch, on(gx), on(m.params), on(m.buffers),
                                          static_cast<double*>(on(a)), static_cast<double*>(on(b)),
                                          static_cast<double*>(on(d)), on(scratch)));
  on.back();
  for (const Guarded* g : {&gx, &a, &b, &d, &scratch, &m.params, &m.buffers})
    CHECK_TEXT(g->intact(), "bytes around an array were written");
  return {load(KAN_F64, a.get(), edges), load(KAN_F64, b.get(), edges), load(KAN_F64, d.get(), edges)};
}

// Derivatives by mean |phi|, mean phi and mean phi^2.
struct EdgeCotangents {
  Vector mean_abs, mean, mean_square;
};

// Random ones; 0 for |phi| of edges that come nearer to 0 than `margin` at some sample, where its derivative jumps.
inline EdgeCotangents random_edge_cotangents(kan_context reference, const Model& m, int64_t batch, const Vector& x,
                                             Random& random, double margin) {
  const size_t edges = size_t(m.spec.in_features * m.spec.out_features);
  EdgeCotangents c{random_cotangent(random, KAN_F64, int64_t(edges)), random_cotangent(random, KAN_F64, int64_t(edges)),
                   random_cotangent(random, KAN_F64, int64_t(edges))};
  const Guarded gx = guarded(m.spec.dtype, x), scratch(m.query(reference, 1, KAN_MODE_INFER).scratch_bytes, 64);
  Vector phi(edges);  // of one row: its mean
  for (int64_t b = 0; b < batch; ++b) {
    MUST(reference, kan_layer_edge_statistics(
                        reference, m.layer, 1, gx.as<char>() + b * m.spec.in_features * size_of(m.spec.dtype),
                        m.params.get(), m.buffers.get(), nullptr, phi.data(), nullptr, scratch.get()));
    for (size_t e = 0; e < edges; ++e)
      if (phi[e] != 0 && std::fabs(phi[e]) < margin) c.mean_abs[e] = 0;
  }
  return c;
}

inline Results run_edge_backward(kan_context context, const Model& m, int64_t batch, const Vector& x,
                                 const EdgeCotangents& c, const PassOptions& options = {}) {
  const int32_t dtype = m.spec.dtype;
  const Guarded gx = guarded(dtype, x, options.edge),
                scratch(m.query(context, batch, KAN_MODE_TRAIN).scratch_bytes, 64);
  const Guarded a = guarded(KAN_F64, c.mean_abs), b = guarded(KAN_F64, c.mean), q = guarded(KAN_F64, c.mean_square);
  const Guarded dx =
      guarded(dtype, Vector(x.size(), options.d_x_mode == KAN_GRAD_ACCUMULATE ? options.before : NAN), options.edge);
  const Guarded dp = guarded(
      dtype, Vector(size_t(m.params_count), options.d_params_mode == KAN_GRAD_ACCUMULATE ? options.before : NAN),
      options.edge);
  std::memset(scratch.get(), 0xff, size_t(scratch.bytes()));
  Arrays on(context);
  MUST(context,
       kan_layer_edge_backward(context, m.layer, batch, on(gx), on(m.params), on(m.buffers),
                               static_cast<double*>(on(a)), static_cast<double*>(on(b)), static_cast<double*>(on(q)),
                               options.d_x_mode, on(dx), options.d_params_mode, on(dp), on(scratch)));
  on.back();
  Results r;
  r.d_x = load(dtype, dx.get(), int64_t(x.size()));
  for (size_t t = 0; t < m.tensors.size(); ++t) {
    if (m.tensors[t].role == KAN_ROLE_PARAM) r.gradient[m.tensors[t].name] = m.get(context, int64_t(t), dp.get());
  }
  for (const Guarded* g : {&gx, &scratch, &a, &b, &q, &dx, &dp, &m.params, &m.buffers})
    CHECK_TEXT(g->intact(), "bytes around an array were written");
  return r;
}

inline kan_layer_spec layer_spec(int32_t kind, int32_t dtype, int64_t in, int64_t out) {
  auto s = make_struct<kan_layer_spec>();
  s.kind = kind;
  s.dtype = dtype;
  s.in_features = in;
  s.out_features = out;
  s.shape[2] = 1e-5;
  s.shape[3] = 0.1;
  return s;
}

// The case at a size as near (in, out) as its kind allows.
inline Case sized(Case c, int64_t in, int64_t out) {
  kan_layer_spec& s = c.spec;
  if (s.kind == KAN_LAYER_LAYERNORM || (s.flags & KAN_FLAG_NORM)) in = in < 3 ? 3 : in;
  if (s.basis == KAN_BASIS_RATIONAL) s.grid = in % 4 == 0 ? 4 : in % 3 == 0 ? 3 : 1;
  if (s.kind == KAN_LAYER_MULTIPLY) {
    s.grid = int32_t(out / 3);
    out = out < 1 ? 1 : out;
    in = s.grid + (out - s.grid) * s.order;
  } else if (s.kind != KAN_LAYER_KAN && s.kind != KAN_LAYER_LINEAR) {
    out = in;
  }
  s.in_features = in;
  s.out_features = out;
  c.name += ", " + std::to_string(in) + " -> " + std::to_string(out) + (s.dtype == KAN_F64 ? " f64" : " f32");
  return c;
}

inline Vector random_input(Random& random, const Case& c, int64_t count) {
  const bool relu = c.spec.basis == KAN_BASIS_RELU;
  Vector x(static_cast<size_t>(count));
  for (double& v : x)
    v = rounded(c.spec.dtype, c.centre + (relu ? random.uniform(-0.3, 1.3) : random.uniform(-1.4, 1.4)));
  return x;
}
