// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Every function with null, garbage, stale and foreign handles, null and misaligned pointers, structs of every size, and
// values out of range: a status and a text that names the argument, never a crash.
#include <atomic>
#include <climits>
#include <thread>

#include "tests/model.hpp"

namespace {

kan_context context;

std::string text(kan_context c = context) { return last_error(c); }

// The call failed with `status`, and the text names `word`.
#define REFUSED(call, expected, word)                                                                                \
  do {                                                                                                               \
    const kan_status status_ = (call);                                                                               \
    CHECK_TEXT(status_ == (expected), std::string(#call) + " gave " + std::to_string(status_) + ": " + text());      \
    CHECK_TEXT(text().find(word) != std::string::npos, std::string(#call) + ": \"" + text() + "\" lacks " + (word)); \
  } while (false)

kan_layer_spec spline_spec() {
  kan_layer_spec s = layer_spec(KAN_LAYER_KAN, KAN_F32, 3, 2);
  s.basis = KAN_BASIS_BSPLINE, s.grid = 5, s.order = 3, s.base = KAN_ACTIVATION_SILU;
  return s;
}

void contexts() {
  auto spec = make_struct<kan_context_spec>();
  spec.threads = 1;
  kan_context made = nullptr;
  const auto refused = [&](const char* word, kan_status expected = KAN_INVALID_ARGUMENT) {
    made = reinterpret_cast<kan_context>(uintptr_t(8));
    CHECK(kan_context_create(&spec, &made) == expected);
    CHECK(made == nullptr);
    CHECK_TEXT(text(nullptr).find(word) != std::string::npos, text(nullptr));
  };
  CHECK(kan_context_create(&spec, nullptr) == KAN_INVALID_ARGUMENT);
  CHECK(kan_context_create(nullptr, &made) == KAN_INVALID_ARGUMENT && text(nullptr) == "spec: null");
  spec.threads = 0, refused("spec.threads"), spec.threads = -1, refused("-1"), spec.threads = INT_MAX,
  refused("spec.threads");
  spec.threads = KAN_MAX_THREADS + 1, refused("1 to 256, given 257");
  spec.threads = 1;
  spec.tier = 5, refused("spec.tier"), spec.tier = -1, refused("spec.tier"), spec.tier = 0;
  spec.device = 2, refused("spec.device"), spec.device = -7, refused("spec.device"), spec.device = 0;
  spec.device_index = 1, refused("spec.device_index"), spec.device_index = 0;
  spec.device = KAN_DEVICE_CUDA;  // not there, or not in this build: a status either way, and nothing else
  made = nullptr;
  const kan_status cuda = kan_context_create(&spec, &made);
  CHECK(cuda == KAN_OK ? kan_context_destroy(made) == KAN_OK
                       : cuda == KAN_NOT_BUILT_WITH_CUDA && !text(nullptr).empty());
  spec.device = KAN_DEVICE_CPU;
  for (int32_t version : {0, -1, 2, 999, INT_MAX}) spec.struct_version = version, refused("struct_version");
  spec.struct_version = 1;
  for (int32_t size : {-1, 0, 4, 7, INT_MAX, INT_MIN, int32_t(sizeof spec) + 100000})
    spec.struct_size = size, refused("struct_size");
  spec.struct_size = 8;  // a header only: threads is 0 then
  refused("spec.threads");

  struct {
    kan_context_spec known;
    int32_t unknown[4];
  } larger;
  std::memset(&larger, 0, sizeof larger);
  larger.known.threads = 1, larger.known.struct_size = sizeof larger, larger.known.struct_version = 1;
  CHECK(kan_context_create(&larger.known, &made) == KAN_OK);
  larger.unknown[2] = 1;
  kan_context none = made;
  CHECK(kan_context_create(&larger.known, &none) == KAN_ABI_MISMATCH && none == nullptr);

  // Destroyed twice; used after that.
  CHECK(kan_context_destroy(made) == KAN_OK);
  CHECK(kan_context_destroy(made) == KAN_INVALID_ARGUMENT);
  CHECK(kan_context_destroy(nullptr) == KAN_OK);
  auto info = make_struct<kan_context_info>();
  for (kan_context bad : {made, kan_context(nullptr), reinterpret_cast<kan_context>(&spec),
                          reinterpret_cast<kan_context>(~uintptr_t(0)), reinterpret_cast<kan_context>(uintptr_t(1))}) {
    CHECK(kan_context_query(bad, &info) == KAN_INVALID_ARGUMENT);
    CHECK(text(nullptr).find("context") != std::string::npos);
  }
  REFUSED(kan_context_query(context, nullptr), KAN_INVALID_ARGUMENT, "info");
  info.struct_size = 8;
  info.threads = 77;
  CHECK(kan_context_query(context, &info) == KAN_OK && info.threads == 77);  // filled up to struct_size

  // Error texts: any capacity, always terminated.
  char small[5] = "zzzz";
  CHECK(kan_last_error(context, small, 4) > 4 && std::strlen(small) == 3 && small[4] == 0);
  CHECK(kan_last_error(context, nullptr, 100) > 0 && kan_last_error(context, small, 0) > 0 &&
        kan_last_error(context, small, -5) > 0);
  CHECK(kan_build_info(nullptr, 0) > 10 && kan_build_info(small, 4) > 10 && std::strlen(small) == 3);
  CHECK(kan_debug_live(3) == -1 && kan_debug_live(-1) == -1);
}

// A hint about memory: refused where it makes no sense, otherwise without effect on what the memory holds.
void large_pages() {
  std::vector<char> memory(9 << 20);
  for (size_t i = 0; i < memory.size(); ++i) memory[i] = char(i * 7 / 3);
  const std::vector<char> before = memory;
  for (int64_t bytes : {int64_t(0), int64_t(1), int64_t(memory.size())}) {
    CHECK(kan_prefer_large_pages(memory.data(), bytes) == KAN_OK);
    CHECK(kan_prefer_large_pages(memory.data() + memory.size() - bytes, bytes) == KAN_OK);
  }
  CHECK(memory == before);
  CHECK(kan_prefer_large_pages(reinterpret_cast<void*>(uintptr_t(1) << 46), 16 << 20) == KAN_OK);  // nothing is there
  CHECK(kan_prefer_large_pages(nullptr, 0) == KAN_OK);
  CHECK(kan_prefer_large_pages(nullptr, 1) == KAN_INVALID_ARGUMENT && text(nullptr).find("data") != std::string::npos);
  CHECK(kan_prefer_large_pages(memory.data(), -1) == KAN_INVALID_ARGUMENT &&
        text(nullptr).find("bytes") != std::string::npos);
}

void layer_specs() {
  kan_layer layer;
  kan_layer_spec s;
  const auto refused = [&](const char* word, kan_status expected = KAN_INVALID_ARGUMENT) {
    layer = reinterpret_cast<kan_layer>(uintptr_t(8));
    REFUSED(kan_layer_create(context, &s, &layer), expected, word);
    CHECK(layer == nullptr);
    s = spline_spec();
  };
  s = spline_spec();
  REFUSED(kan_layer_create(context, nullptr, &layer), KAN_INVALID_ARGUMENT, "spec");
  REFUSED(kan_layer_create(context, &s, nullptr), KAN_INVALID_ARGUMENT, "layer");
  for (int32_t kind : {0, -1, 8, INT_MAX}) s.kind = kind, refused("spec.kind");
  for (int32_t dtype : {0, 3, -1}) s.dtype = dtype, refused("spec.dtype");
  for (long long n : {0LL, -1LL, LLONG_MIN}) s.in_features = n, refused("spec.in_features");
  for (long long n : {0LL, -1LL, LLONG_MIN}) s.out_features = n, refused("spec.out_features");
  s.in_features = LLONG_MAX, refused("memory");
  s.in_features = 1LL << 31, s.out_features = 1LL << 31, refused("memory");
  for (int32_t basis : {0, -1, 12}) s.basis = basis, refused("spec.basis");
  for (int32_t order : {0, 6, -1, INT_MIN}) s.order = order, refused("spec.order");
  for (int32_t grid : {0, -1, INT_MAX}) s.grid = grid, refused("spec.grid");
  for (int32_t base : {-1, 7}) s.base = base, refused("spec.base");
  for (int32_t outside : {-1, 3}) s.outside = outside, refused("spec.outside");
  for (int32_t flags : {1024, -1, int32_t(KAN_FLAG_TRAIN_BASIS), int32_t(KAN_FLAG_RUNNING_STATS)})
    s.flags = flags, refused("spec.flags");
  for (int32_t basis : {KAN_BASIS_RBF, KAN_BASIS_RSWAF}) s.basis = basis, s.grid = 1, refused("2 centres");
  for (int32_t basis :
       {KAN_BASIS_FOURIER, KAN_BASIS_CHEBYSHEV, KAN_BASIS_JACOBI, KAN_BASIS_SINE, KAN_BASIS_RELU, KAN_BASIS_RATIONAL}) {
    s.basis = basis, s.grid = 0, refused("spec.grid");
  }
  for (double a : {-1.0, -2.0, double(NAN), double(INFINITY)})
    s.basis = KAN_BASIS_JACOBI, s.shape[0] = a, refused("spec.shape[0]");
  s.basis = KAN_BASIS_JACOBI, s.shape[1] = -1, refused("b > -1");
  s.basis = KAN_BASIS_RATIONAL, s.grid = 2, refused("divide", KAN_SHAPE_MISMATCH);
  s.basis = KAN_BASIS_WAVELET, s.base = 0, s.wavelet = 5, refused("spec.wavelet");
  s.basis = KAN_BASIS_WAVELET, refused("spec.base");
  s.basis = KAN_BASIS_RBF, s.flags = KAN_FLAG_NORM, s.in_features = 1, refused("one feature");
  s.basis = KAN_BASIS_RBF, s.flags = KAN_FLAG_NORM, s.shape[2] = 0, refused("eps");
  s.basis = KAN_BASIS_RBF, s.flags = KAN_FLAG_BASE_NORM, refused("KAN_FLAG_BASE_NORM");
  s.basis = KAN_BASIS_RBF, s.flags = KAN_FLAG_MASK, refused("spec.flags");
  s.flags = KAN_FLAG_NORM, refused("spec.flags");  // of BSPLINE
  s.basis = KAN_BASIS_WAVELET, s.base = 0, s.flags = KAN_FLAG_NORM, refused("spec.flags");
  s = layer_spec(KAN_LAYER_LAYERNORM, KAN_F32, 1, 1), refused("one feature");
  s = layer_spec(KAN_LAYER_LAYERNORM, KAN_F32, 4, 5), refused("out_features", KAN_SHAPE_MISMATCH);
  s = layer_spec(KAN_LAYER_BATCHNORM, KAN_F32, 4, 4), s.shape[3] = 1.5, refused("momentum");
  s = layer_spec(KAN_LAYER_BATCHNORM, KAN_F32, 4, 4), s.shape[2] = NAN, refused("eps");
  s = layer_spec(KAN_LAYER_ACTIVATION, KAN_F32, 4, 4), refused("spec.activation");
  s = layer_spec(KAN_LAYER_MULTIPLY, KAN_F32, 4, 4), s.order = 1, refused("arity");
  s = layer_spec(KAN_LAYER_MULTIPLY, KAN_F32, 5, 2), s.order = 2, refused("MULTIPLY", KAN_SHAPE_MISMATCH);
  s = layer_spec(KAN_LAYER_LINEAR, KAN_F32, 4, 4), s.basis = 1, refused("spec.basis");
  s.struct_size = 7, refused("struct_size");

  CHECK(kan_layer_create(context, &s, &layer) == KAN_OK);
  CHECK(kan_debug_live(1) == 1);
  CHECK(kan_layer_destroy(layer) == KAN_OK);
  CHECK(kan_layer_destroy(layer) == KAN_INVALID_ARGUMENT && text(nullptr).find("layer") != std::string::npos);
  CHECK(kan_layer_destroy(nullptr) == KAN_OK);
  CHECK(kan_layer_destroy(reinterpret_cast<kan_layer>(context)) == KAN_INVALID_ARGUMENT);
  auto sizes = make_struct<kan_layer_sizes>();
  for (kan_layer bad :
       {layer, kan_layer(nullptr), reinterpret_cast<kan_layer>(&s), reinterpret_cast<kan_layer>(context)}) {
    REFUSED(kan_layer_query(context, bad, 1, KAN_MODE_INFER, &sizes), KAN_INVALID_ARGUMENT, "layer");
  }
}

void runs() {
  constexpr int64_t batch = 4;
  Case c{spline_spec(), "spline", kUniform};
  const Model m(context, c, 1), other(context, c, 2);
  auto sizes = m.query(context, batch, KAN_MODE_TRAIN);
  Random random(1);
  const Guarded x = guarded(KAN_F32, random_input(random, c, batch * 3)), dy = guarded(KAN_F32, Vector(batch * 2, 1));
  const Guarded y(batch * 2 * 4), dx(batch * 3 * 4), dp(m.params.bytes()), mm(m.params.bytes()), vv(m.params.bytes());
  const Guarded saved(sizes.saved_bytes, 64), scratch(sizes.scratch_bytes, 64);
  std::memset(mm.get(), 0, size_t(mm.bytes())), std::memset(vv.get(), 0, size_t(vv.bytes()));
  struct Forward {
    kan_layer layer;
    int32_t mode;
    long long batch;
    const void *x, *params;
    void *buffers, *y, *saved, *scratch;
    kan_status run() const {
      return kan_layer_forward(context, layer, mode, batch, x, params, buffers, y, saved, scratch);
    }
  };
  const Forward good{m.layer,         KAN_MODE_TRAIN, batch,       x.get(),      m.params.get(),
                     m.buffers.get(), y.get(),        saved.get(), scratch.get()};
  struct Backward {
    kan_layer layer;
    long long batch;
    const void *x, *params, *buffers, *saved, *d_y;
    int32_t d_x_mode;
    void* d_x;
    int32_t d_params_mode;
    void *d_params, *scratch;
    kan_status run() const {
      return kan_layer_backward(context, layer, batch, x, params, buffers, saved, d_y, d_x_mode, d_x, d_params_mode,
                                d_params, scratch);
    }
  };
  // clang-format off
  const Backward back{m.layer, batch, x.get(), m.params.get(), m.buffers.get(), saved.get(), dy.get(), KAN_GRAD_OVERWRITE, dx.get(),
                      KAN_GRAD_OVERWRITE, dp.get(), scratch.get()};
  // clang-format on
  const auto shifted = [](const void* p, int by) { return const_cast<char*>(static_cast<const char*>(p)) + by; };

  std::memset(saved.get(), 0, size_t(saved.bytes()));
  REFUSED(back.run(), KAN_INVALID_ARGUMENT, "saved");  // no forward pass yet
  CHECK(good.run() == KAN_OK && back.run() == KAN_OK);
  Forward f;
  // clang-format off
  f = good, f.layer = nullptr; REFUSED(f.run(), KAN_INVALID_ARGUMENT, "layer");
  f = good, f.mode = 2; REFUSED(f.run(), KAN_INVALID_ARGUMENT, "mode");
  f = good, f.batch = -1; REFUSED(f.run(), KAN_INVALID_ARGUMENT, "batch");
  f = good, f.batch = LLONG_MAX; REFUSED(f.run(), KAN_INVALID_ARGUMENT, "memory");
  // Numbers whose bytes fit 63 bits and whose scratch would not.
  f = good, f.batch = LLONG_MAX / 32; REFUSED(f.run(), KAN_INVALID_ARGUMENT, "memory");
  f = good, f.x = nullptr; REFUSED(f.run(), KAN_INVALID_ARGUMENT, "x: null");
  f = good, f.x = shifted(x.get(), 2); REFUSED(f.run(), KAN_INVALID_ARGUMENT, "x:");
  f = good, f.params = nullptr; REFUSED(f.run(), KAN_INVALID_ARGUMENT, "params: null");
  f = good, f.buffers = nullptr; REFUSED(f.run(), KAN_INVALID_ARGUMENT, "buffers: null");
  f = good, f.y = nullptr; REFUSED(f.run(), KAN_INVALID_ARGUMENT, "y: null");
  f = good, f.y = shifted(y.get(), 1); REFUSED(f.run(), KAN_INVALID_ARGUMENT, "y:");
  f = good, f.y = shifted(x.get(), 8); REFUSED(f.run(), KAN_INVALID_ARGUMENT, "overlap");
  f = good, f.saved = nullptr; REFUSED(f.run(), KAN_INVALID_ARGUMENT, "saved: null");
  f = good, f.saved = shifted(saved.get(), 32); REFUSED(f.run(), KAN_INVALID_ARGUMENT, "multiple of 64");
  // clang-format on
  if (sizes.scratch_bytes > 0) {
    f = good, f.scratch = nullptr;
    REFUSED(f.run(), KAN_INVALID_ARGUMENT, "scratch: null");
    f = good, f.scratch = shifted(scratch.get(), 32);
    REFUSED(f.run(), KAN_INVALID_ARGUMENT, "multiple of 64");
  }
  CHECK(kan_layer_forward(context, m.layer, KAN_MODE_TRAIN, 0, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr) ==
        KAN_OK);

  CHECK(good.run() == KAN_OK);
  Backward b;
  // clang-format off
  b = back, b.layer = other.layer; REFUSED(b.run(), KAN_INVALID_ARGUMENT, "another layer");
  b = back, b.batch = batch - 1; REFUSED(b.run(), KAN_INVALID_ARGUMENT, "batch 4");
  b = back, b.saved = nullptr; REFUSED(b.run(), KAN_INVALID_ARGUMENT, "saved: null");
  b = back, b.d_y = nullptr; REFUSED(b.run(), KAN_INVALID_ARGUMENT, "d_y: null");
  b = back, b.d_x = nullptr; REFUSED(b.run(), KAN_INVALID_ARGUMENT, "d_x: null");
  b = back, b.d_x_mode = 3; REFUSED(b.run(), KAN_INVALID_ARGUMENT, "d_x_mode");
  b = back, b.d_params = nullptr; REFUSED(b.run(), KAN_INVALID_ARGUMENT, "d_params: null");
  b = back, b.d_params_mode = -1; REFUSED(b.run(), KAN_INVALID_ARGUMENT, "d_params_mode");
  b = back, b.d_x = shifted(x.get(), 0); REFUSED(b.run(), KAN_INVALID_ARGUMENT, "overlap");
  b = back, b.d_params = m.params.get(); REFUSED(b.run(), KAN_INVALID_ARGUMENT, "overlap");
  // clang-format on
  b = back, b.d_x = nullptr, b.d_x_mode = KAN_GRAD_NONE, b.d_params = nullptr, b.d_params_mode = KAN_GRAD_NONE;
  CHECK(b.run() == KAN_OK);
  // An empty batch: gradients in OVERWRITE mode become zero.
  b = back, b.batch = 0, b.x = b.saved = b.d_y = nullptr;
  std::memset(dp.get(), 0xff, size_t(dp.bytes()));
  CHECK(b.run() == KAN_OK && load(KAN_F32, dp.get(), m.params_count) == Vector(size_t(m.params_count), 0));

  auto adam = make_struct<kan_adamw>();
  const auto fused = [&] {
    return kan_layer_backward_adamw(context, m.layer, batch, x.get(), m.params.get(), m.buffers.get(), saved.get(),
                                    dy.get(), KAN_GRAD_OVERWRITE, dx.get(), &adam, mm.get(), vv.get(), scratch.get());
  };
  const auto plain = [&] {
    return kan_adamw_step(context, &adam, KAN_F32, m.params_count, m.params.get(), dp.get(), mm.get(), vv.get());
  };
  const kan_adamw valid = [] {
    auto a = make_struct<kan_adamw>();
    a.learning_rate = 1e-3, a.beta1 = 0.9, a.beta2 = 0.999, a.eps = 1e-8, a.step = 1;
    return a;
  }();
  const auto refused = [&](const char* word) {
    REFUSED(fused(), KAN_INVALID_ARGUMENT, word);
    REFUSED(plain(), KAN_INVALID_ARGUMENT, word);
    adam = valid;
  };
  adam = valid, adam.learning_rate = -1, refused("learning_rate");
  adam.learning_rate = NAN, refused("learning_rate");
  adam.beta1 = 1, refused("beta1"), adam.beta2 = -0.1, refused("beta2"), adam.eps = 0, refused("eps");
  adam.weight_decay = INFINITY, refused("weight_decay"), adam.step = 0, refused("step"), adam.struct_size = 0,
  refused("struct_size");
  CHECK(fused() == KAN_OK && plain() == KAN_OK);
  REFUSED(kan_layer_backward_adamw(context, m.layer, batch, x.get(), m.params.get(), m.buffers.get(), saved.get(),
                                   dy.get(), KAN_GRAD_NONE, nullptr, nullptr, mm.get(), vv.get(), scratch.get()),
          KAN_INVALID_ARGUMENT, "optimizer: null");
  REFUSED(kan_layer_backward_adamw(context, m.layer, batch, x.get(), m.params.get(), m.buffers.get(), saved.get(),
                                   dy.get(), KAN_GRAD_NONE, nullptr, &adam, mm.get(), mm.get(), scratch.get()),
          KAN_INVALID_ARGUMENT, "overlap");

  // Tensors.
  auto info = make_struct<kan_tensor_info>();
  for (long long index : {-1LL, sizes.tensors, LLONG_MAX})
    REFUSED(kan_layer_tensor(context, m.layer, index, &info), KAN_INVALID_ARGUMENT, "index");
  REFUSED(kan_layer_tensor_get(context, m.layer, 0, nullptr, dp.get()), KAN_INVALID_ARGUMENT, "flat: null");
  REFUSED(kan_layer_tensor_set(context, m.layer, 0, nullptr, m.params.get()), KAN_INVALID_ARGUMENT, "natural: null");
  const int64_t knots = m.find("knots");
  const Vector before = m.natural[size_t(knots)];
  const auto bad_knots = [&](size_t i, double value, const char* word) {
    Vector v = before;
    v[i] = value;
    const Guarded g = guarded(KAN_F32, v);
    REFUSED(kan_layer_tensor_set(context, m.layer, knots, g.get(), m.buffers.get()), KAN_INVALID_ARGUMENT, word);
  };
  bad_knots(3, NAN, "finite"), bad_knots(14, INFINITY, "finite"), bad_knots(5, -9, "knots[0][5]");
  const Guarded flat_row = guarded(KAN_F32, Vector(before.size(), 1.0));
  REFUSED(kan_layer_tensor_set(context, m.layer, knots, flat_row.get(), m.buffers.get()), KAN_INVALID_ARGUMENT,
          "t_k < t_{G+k}");
  CHECK(m.get(context, knots, m.buffers.get()) == before);  // a refused set changes nothing

  REFUSED(kan_layer_basis(context, m.layer, batch, x.get(), m.params.get(), m.buffers.get(), nullptr),
          KAN_INVALID_ARGUMENT, "phi: null");
  double statistic[6];
  REFUSED(kan_layer_edge_statistics(context, m.layer, batch, nullptr, m.params.get(), m.buffers.get(), statistic,
                                    nullptr, nullptr, scratch.get()),
          KAN_INVALID_ARGUMENT, "x: null");
  // What a call writes overlaps none of its other arrays; the text names both.
  const Guarded square(6 * 8, 8), size(6 * 8, 8);
  // clang-format off
  f = good, f.y = f.buffers; REFUSED(f.run(), KAN_INVALID_ARGUMENT, "y: must not overlap buffers");
  f = good, f.y = saved.get(); REFUSED(f.run(), KAN_INVALID_ARGUMENT, "saved: must not overlap y");
  f = good, f.y = scratch.get(); REFUSED(f.run(), KAN_INVALID_ARGUMENT, "y: must not overlap scratch");
  f = good, f.x = shifted(scratch.get(), 8); REFUSED(f.run(), KAN_INVALID_ARGUMENT, "scratch: must not overlap x");
  f = good, f.params = shifted(saved.get(), 8); REFUSED(f.run(), KAN_INVALID_ARGUMENT, "saved: must not overlap params");
  CHECK(good.run() == KAN_OK);
  b = back, b.d_x = saved.get(); REFUSED(b.run(), KAN_INVALID_ARGUMENT, "d_x: must not overlap saved");
  b = back, b.d_x = const_cast<void*>(b.d_y); REFUSED(b.run(), KAN_INVALID_ARGUMENT, "d_x: must not overlap d_y");
  b = back, b.d_x = b.d_params; REFUSED(b.run(), KAN_INVALID_ARGUMENT, "d_params: must not overlap d_x");
  b = back, b.d_params = b.scratch; REFUSED(b.run(), KAN_INVALID_ARGUMENT, "d_params: must not overlap scratch");
  b = back, b.d_params = const_cast<void*>(b.buffers); REFUSED(b.run(), KAN_INVALID_ARGUMENT, "d_params: must not overlap buffers");
  b = back, b.d_x = b.d_params, b.d_x_mode = KAN_GRAD_NONE; CHECK(b.run() == KAN_OK);  // not written
  REFUSED(kan_layer_backward_adamw(context, m.layer, batch, x.get(), m.params.get(), m.buffers.get(), saved.get(), dy.get(), KAN_GRAD_OVERWRITE,
                                   mm.get(), &valid, mm.get(), vv.get(), scratch.get()), KAN_INVALID_ARGUMENT, "m: must not overlap d_x");
  REFUSED(kan_adamw_step(context, &valid, KAN_F32, m.params_count, m.params.get(), mm.get(), mm.get(), vv.get()), KAN_INVALID_ARGUMENT,
          "m: must not overlap grads");
  REFUSED(kan_layer_edge_statistics(context, m.layer, batch, x.get(), m.params.get(), m.buffers.get(), size.as<double>(), size.as<double>(), nullptr,
                                    scratch.get()), KAN_INVALID_ARGUMENT, "mean: must not overlap mean_abs");
  REFUSED(kan_layer_basis(context, m.layer, batch, x.get(), m.params.get(), m.buffers.get(), m.params.get()), KAN_INVALID_ARGUMENT,
          "phi: must not overlap params");
  // clang-format on

  const auto edges = [&](const double* d_size, int32_t d_x_mode, void* d_x, int32_t d_params_mode, void* d_params,
                         void* work, long long rows = 4) {
    return kan_layer_edge_backward(context, m.layer, rows, x.get(), m.params.get(), m.buffers.get(), d_size, nullptr,
                                   square.as<double>(), d_x_mode, d_x, d_params_mode, d_params, work);
  };
  CHECK(edges(size.as<double>(), KAN_GRAD_OVERWRITE, dx.get(), KAN_GRAD_OVERWRITE, dp.get(), scratch.get()) == KAN_OK);
  CHECK(edges(nullptr, KAN_GRAD_NONE, nullptr, KAN_GRAD_NONE, nullptr, scratch.get()) == KAN_OK);
  REFUSED(edges(nullptr, 3, dx.get(), 1, dp.get(), scratch.get()), KAN_INVALID_ARGUMENT, "d_x_mode");
  REFUSED(edges(nullptr, 1, nullptr, 1, dp.get(), scratch.get()), KAN_INVALID_ARGUMENT, "d_x: null");
  REFUSED(edges(nullptr, 1, dx.get(), 1, nullptr, scratch.get()), KAN_INVALID_ARGUMENT, "d_params: null");
  REFUSED(edges(nullptr, 1, dx.get(), 1, dp.get(), nullptr), KAN_INVALID_ARGUMENT, "scratch: null");
  REFUSED(edges(nullptr, 1, dx.get(), 1, dp.get(), scratch.get(), -1), KAN_INVALID_ARGUMENT, "batch");
  REFUSED(edges(static_cast<const double*>(static_cast<void*>(shifted(size.get(), 4))), 1, dx.get(), 1, dp.get(),
                scratch.get()),
          KAN_INVALID_ARGUMENT, "d_mean_abs");
  REFUSED(edges(nullptr, 1, square.get(), 1, dp.get(), scratch.get()), KAN_INVALID_ARGUMENT,
          "d_x: must not overlap d_mean_square");
  std::memset(dp.get(), 0xff, size_t(dp.bytes()));
  CHECK(edges(nullptr, 1, dx.get(), 1, dp.get(), scratch.get(), 0) == KAN_OK &&
        load(KAN_F32, dp.get(), m.params_count) == Vector(size_t(m.params_count), 0));

  kan_layer linear;
  const kan_layer_spec ls = layer_spec(KAN_LAYER_LINEAR, KAN_F32, 3, 2);
  MUST(context, kan_layer_create(context, &ls, &linear));
  REFUSED(kan_layer_basis(context, linear, batch, x.get(), m.params.get(), nullptr, dx.get()), KAN_UNSUPPORTED,
          "layer");
  REFUSED(kan_layer_edge_statistics(context, linear, batch, x.get(), m.params.get(), nullptr, statistic, nullptr,
                                    nullptr, nullptr),
          KAN_UNSUPPORTED, "layer");
  REFUSED(kan_layer_edge_backward(context, linear, batch, x.get(), m.params.get(), nullptr, nullptr, nullptr, nullptr,
                                  0, nullptr, 0, nullptr, nullptr),
          KAN_UNSUPPORTED, "layer");
  kan_layer_destroy(linear);
  Case bn{layer_spec(KAN_LAYER_BATCHNORM, KAN_F32, 3, 3), "batchnorm", kUniform};
  const Model norm(context, bn, 3);
  const auto ns = norm.query(context, 1, KAN_MODE_TRAIN);
  const Guarded nsaved(ns.saved_bytes, 64), nscratch(ns.scratch_bytes, 64);
  REFUSED(kan_layer_forward(context, norm.layer, KAN_MODE_TRAIN, 1, x.get(), norm.params.get(), norm.buffers.get(),
                            dx.get(), nsaved.get(), nscratch.get()),
          KAN_INVALID_ARGUMENT, "2 rows");
}

void vectors_and_losses() {
  float a[4] = {1, 2, 3, 4}, b[4] = {1, 1, 1, 1}, d[4];
  double value = 0;
  REFUSED(kan_vector_dot(context, 0, 4, a, b, &value), KAN_INVALID_ARGUMENT, "dtype");
  REFUSED(kan_vector_dot(context, KAN_F32, -1, a, b, &value), KAN_INVALID_ARGUMENT, "n:");
  REFUSED(kan_vector_dot(context, KAN_F32, LLONG_MAX, a, b, &value), KAN_INVALID_ARGUMENT, "memory");
  REFUSED(kan_vector_dot(context, KAN_F32, 4, nullptr, b, &value), KAN_INVALID_ARGUMENT, "a: null");
  REFUSED(kan_vector_dot(context, KAN_F32, 4, a, b, nullptr), KAN_INVALID_ARGUMENT, "value: null");
  REFUSED(kan_vector_axpy(context, KAN_F32, 3, 1, a, a + 1), KAN_INVALID_ARGUMENT, "overlap");
  REFUSED(kan_vector_scale(context, KAN_F64, 1, 2, reinterpret_cast<char*>(a) + 4), KAN_INVALID_ARGUMENT, "x:");
  CHECK(kan_vector_dot(context, KAN_F32, 0, nullptr, nullptr, &value) == KAN_OK && value == 0);
  auto sgd = make_struct<kan_sgd>();
  sgd.learning_rate = 0.1;
  CHECK(kan_sgd_step(context, &sgd, KAN_F32, 4, d, b, nullptr) == KAN_OK);
  sgd.momentum = 0.9;
  REFUSED(kan_sgd_step(context, &sgd, KAN_F32, 4, d, b, nullptr), KAN_INVALID_ARGUMENT, "velocity: null");
  sgd.momentum = 1;
  REFUSED(kan_sgd_step(context, &sgd, KAN_F32, 4, d, b, a), KAN_INVALID_ARGUMENT, "momentum");
  sgd.momentum = 0, sgd.nesterov = 2;
  REFUSED(kan_sgd_step(context, &sgd, KAN_F32, 4, d, b, a), KAN_INVALID_ARGUMENT, "nesterov");

  int32_t labels[2] = {0, 1};
  const auto loss = [&](int32_t kind, const void* target, const void* weights = nullptr, double delta = 1,
                        void* d_p = nullptr) {
    return kan_loss(context, kind, KAN_F32, 2, 2, a, target, weights, delta, d_p, &value);
  };
  CHECK(loss(KAN_LOSS_CROSS_ENTROPY, labels) == KAN_OK);
  labels[1] = 2;
  REFUSED(loss(KAN_LOSS_CROSS_ENTROPY, labels), KAN_INVALID_ARGUMENT, "target[1]");
  labels[1] = -1;
  REFUSED(loss(KAN_LOSS_CROSS_ENTROPY, labels), KAN_INVALID_ARGUMENT, "0 to 1, given -1");
  for (int32_t kind : {0, 6, -1}) REFUSED(loss(kind, b), KAN_INVALID_ARGUMENT, "kind");
  REFUSED(loss(KAN_LOSS_MSE, nullptr), KAN_INVALID_ARGUMENT, "target: null");
  REFUSED(loss(KAN_LOSS_BCE_LOGITS, a), KAN_INVALID_ARGUMENT, "target[1]");
  REFUSED(loss(KAN_LOSS_HUBER, b, nullptr, 0), KAN_INVALID_ARGUMENT, "delta");
  REFUSED(loss(KAN_LOSS_HUBER, b, nullptr, NAN), KAN_INVALID_ARGUMENT, "delta");
  REFUSED(loss(KAN_LOSS_BCE_POSITIVE, b, nullptr, -1), KAN_INVALID_ARGUMENT, "KAN_LOSS_BCE_POSITIVE");
  REFUSED(loss(KAN_LOSS_BCE_POSITIVE, a), KAN_INVALID_ARGUMENT, "target[1]");
  REFUSED(kan_vector_clamp(context, KAN_F32, 4, 0, a), KAN_INVALID_ARGUMENT, "limit");
  REFUSED(kan_vector_clamp(context, KAN_F32, 4, NAN, a), KAN_INVALID_ARGUMENT, "limit");
  auto plain_sgd = make_struct<kan_sgd>(), bad_sgd = plain_sgd;
  bad_sgd.learning_rate = -1;
  const kan_sgd* in_groups[] = {&plain_sgd, &bad_sgd, nullptr};
  uint8_t group[4] = {0, KAN_FROZEN, 0, 0};
  const auto step = [&](int32_t groups, const uint8_t* of) {
    return kan_sgd_step_groups(context, in_groups, groups, of, KAN_F32, 4, d, b, nullptr);
  };
  CHECK(step(1, group) == KAN_OK);
  REFUSED(step(0, group), KAN_INVALID_ARGUMENT, "groups");
  REFUSED(step(KAN_MAX_GROUPS + 1, group), KAN_INVALID_ARGUMENT, "groups");
  REFUSED(step(2, group), KAN_INVALID_ARGUMENT, "learning_rate");
  REFUSED(step(1, nullptr), KAN_INVALID_ARGUMENT, "group: null");
  bad_sgd = plain_sgd;
  REFUSED(step(3, group), KAN_INVALID_ARGUMENT, "optimizer: null");
  group[2] = 2;
  REFUSED(step(2, group), KAN_INVALID_ARGUMENT, "group[2]: expected 0 to 1 or 255, given 2");
  const float negative[2] = {1, -1}, zero[2] = {0, 0}, nan[2] = {1, NAN};
  REFUSED(loss(KAN_LOSS_MSE, b, negative), KAN_INVALID_ARGUMENT, "weights[1]");
  REFUSED(loss(KAN_LOSS_MSE, b, nan), KAN_INVALID_ARGUMENT, "weights[1]");
  REFUSED(loss(KAN_LOSS_MSE, b, zero), KAN_INVALID_ARGUMENT, "weights: all");
  REFUSED(loss(KAN_LOSS_MSE, b, nullptr, 1, b), KAN_INVALID_ARGUMENT, "overlap");
  REFUSED(kan_loss(context, KAN_LOSS_MSE, KAN_F32, 2, 0, a, b, nullptr, 1, nullptr, &value), KAN_INVALID_ARGUMENT,
          "out");
  REFUSED(kan_loss(context, KAN_LOSS_MSE, KAN_F32, 2, 2, a, b, nullptr, 1, nullptr, nullptr), KAN_INVALID_ARGUMENT,
          "value: null");
  CHECK(kan_loss(context, KAN_LOSS_MSE, KAN_F32, 0, 2, nullptr, nullptr, nullptr, 1, nullptr, &value) == KAN_OK &&
        value == 0);
}

// While one thread is inside a call on the context every other gets BUSY, and destroy refuses.
void busy() {
  constexpr int64_t n = 1 << 16;
  kan_context shared = make_context(KAN_TIER_REFERENCE, 2);
  std::vector<double> a(size_t(n), 1.0), b(size_t(n), 1.0);
  std::atomic<bool> stop{false};
  std::atomic<long long> ok{0}, refused{0}, wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      while (!stop.load()) {
        double value = 0;
        const kan_status status = kan_vector_dot(shared, KAN_F64, n, a.data(), b.data(), &value);
        if (status == KAN_OK && value == double(n)) ++ok;
        else if (status == KAN_BUSY && last_error(nullptr).find("another thread") != std::string::npos) ++refused;
        else ++wrong;
      }
    });
  }
  while ((ok.load() < 20 || refused.load() < 20) && wrong.load() == 0) std::this_thread::yield();
  stop = true;
  for (std::thread& t : threads) t.join();
  CHECK_TEXT(wrong == 0 && ok >= 20 && refused >= 20,
             std::to_string(ok) + " " + std::to_string(refused) + " " + std::to_string(wrong));

  // Destroying from another thread: BUSY while a call runs, then gone for good.
  std::atomic<long long> running{0};
  std::thread user([&] {
    double value;
    kan_status status;
    do status = kan_vector_dot(shared, KAN_F64, n, a.data(), b.data(), &value), ++running;
    while (status == KAN_OK || status == KAN_BUSY);
    CHECK(status == KAN_INVALID_ARGUMENT);
  });
  while (running.load() == 0) std::this_thread::yield();
  kan_status status;
  while ((status = kan_context_destroy(shared)) == KAN_BUSY) std::this_thread::yield();
  user.join();
  CHECK(status == KAN_OK);
}

// Which entry of the CPU's list of implementations runs a pass: of every family and form one.
void implementations() {
  auto info = make_struct<kan_context_info>();
  CHECK(kan_context_query(context, &info) == KAN_OK);
  constexpr const char* kTiers[] = {"", "reference", "baseline ", "avx2 ", "avx512 "};
  const auto answers = [](kan_context on, const kan_layer_spec& spec, int64_t batch, int32_t pass,
                          const std::string& expected) {
    kan_layer layer;
    char name[40];
    MUST(context, kan_layer_create(context, &spec, &layer));
    MUST(on, kan_layer_implementation(on, layer, batch, pass, name, sizeof name));
    CHECK_TEXT(name == expected, std::string("expected ") + expected + ", given " + name);
    CHECK(kan_layer_destroy(layer) == KAN_OK);
  };
  kan_context reference = make_context(KAN_TIER_REFERENCE, 1);
  answers(reference, spline_spec(), 1, KAN_PASS_FORWARD, "reference");
  CHECK(kan_context_destroy(reference) == KAN_OK);
  if (info.tier == KAN_TIER_REFERENCE) return;
  const std::string tier = kTiers[info.tier];
  answers(context, spline_spec(), 4, KAN_PASS_FORWARD, tier + "spline_rows");
  answers(context, spline_spec(), 4, KAN_PASS_BACKWARD, tier + "spline_records");
  answers(context, spline_spec(), 100, KAN_PASS_FORWARD, tier + "spline_records");
  kan_layer_spec s = layer_spec(KAN_LAYER_KAN, KAN_F64, 5, 3);
  s.basis = KAN_BASIS_WAVELET;
  answers(context, s, 4, KAN_PASS_BACKWARD, tier + "wavelet");
  s.basis = KAN_BASIS_RBF, s.grid = 8;
  answers(context, s, 4, KAN_PASS_FORWARD, tier + "dense");
  s.out_features = 9;
  answers(context, s, 8, KAN_PASS_FORWARD, tier + "dense_rows");
  answers(context, s, 9, KAN_PASS_FORWARD, tier + "dense");
  answers(context, layer_spec(KAN_LAYER_LINEAR, KAN_F32, 5, 3), 4, KAN_PASS_BACKWARD, tier + "dense");
  answers(context, layer_spec(KAN_LAYER_LAYERNORM, KAN_F32, 5, 5), 4, KAN_PASS_FORWARD, tier + "elementwise");
}

// Handles made, destroyed, used after that, and invented.
void handles() {
  Random random(99);
  auto sizes = make_struct<kan_layer_sizes>();
  const kan_layer_spec s = spline_spec();
  std::vector<kan_layer> layers;
  long long refused = 0;
  for (int i = 0; i < 200000; ++i) {
    if (layers.size() < 50 && random.below(3) == 0) {
      kan_layer made = nullptr;
      CHECK(kan_layer_create(context, &s, &made) == KAN_OK);
      layers.push_back(made);
    } else if (!layers.empty() && random.below(3) == 0) {
      const size_t k = size_t(random.below(int64_t(layers.size())));
      CHECK(kan_layer_destroy(layers[k]) == KAN_OK);
      CHECK(kan_layer_query(context, layers[k], 1, 0, &sizes) == KAN_INVALID_ARGUMENT);
      layers[k] = layers.back();
      layers.pop_back();
    } else {
      refused +=
          kan_layer_query(context, reinterpret_cast<kan_layer>(random.bits()), 1, 0, &sizes) == KAN_INVALID_ARGUMENT;
    }
  }
  CHECK(refused > 1000);
  CHECK(kan_debug_live(1) == int64_t(layers.size()));
  for (kan_layer l : layers) CHECK(kan_layer_destroy(l) == KAN_OK);

  // An old handle, whatever object has its place now: places are taken again at once, so each new one has the last's.
  std::vector<kan_layer> old_layers;
  std::vector<kan_context> old_contexts;
  auto spec = make_struct<kan_context_spec>();
  auto info = make_struct<kan_context_info>();
  spec.threads = 1;
  for (int i = 0; i < 100; ++i) {
    kan_layer layer = nullptr;
    kan_context other = nullptr;
    CHECK(kan_layer_create(context, &s, &layer) == KAN_OK && kan_context_create(&spec, &other) == KAN_OK);
    for (kan_layer old : old_layers) {
      CHECK(old != layer && kan_layer_query(context, old, 1, 0, &sizes) == KAN_INVALID_ARGUMENT &&
            kan_layer_destroy(old) == KAN_INVALID_ARGUMENT);
    }
    for (kan_context old : old_contexts) {
      CHECK(old != other && kan_context_query(old, &info) == KAN_INVALID_ARGUMENT &&
            kan_context_destroy(old) == KAN_INVALID_ARGUMENT);
    }
    CHECK(kan_layer_query(context, layer, 1, 0, &sizes) == KAN_OK && kan_context_query(other, &info) == KAN_OK);
    CHECK(kan_layer_destroy(layer) == KAN_OK && kan_context_destroy(other) == KAN_OK);
    old_layers.push_back(layer), old_contexts.push_back(other);
  }
}

}  // namespace

int main() {
  context = make_context(KAN_TIER_AUTO, 2);
  contexts();
  large_pages();
  layer_specs();
  runs();
  vectors_and_losses();
  busy();
  implementations();
  handles();
  CHECK(kan_context_destroy(context) == KAN_OK);
  CHECK(kan_debug_live(0) == 0 && kan_debug_live(1) == 0);
  return check::finish("abi_garbage");
}
