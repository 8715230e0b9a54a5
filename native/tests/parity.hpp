// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Compares what kernels compute of a layer with the double-precision reference, between guard pages.
//
// Tolerance (the fp64 error rule): the kernel may be at most twice as far from the reference as a naive evaluation in
// the layer's own precision is, plus a few units in the last place of the tensor's largest number (or of one term of
// the sums behind it, if that is larger: a single sum may cancel); the number of units grows with the condition of
// the basis (a uniform spline finds its cell by (x - t_0) / h, an error of G units in the cell's coordinate, and as
// many more as the knots are cells away from 0, by whose rounding "evenly spaced" is decided; a trained frequency
// multiplies the error of its angle, a harmonic takes up to 8 steps of angle addition; polynomials of degree d by
// d^2).
#pragma once

#include <cfloat>

#include "core/kernels.hpp"
#include "tests/model.hpp"

namespace kan {
const Kernels& naive_kernels();  // src/ref compiled with float
}

namespace {

double condition(const Case& c) {
  const kan_layer_spec& s = c.spec;
  switch (s.kind == KAN_LAYER_KAN ? s.basis : 0) {
    case KAN_BASIS_BSPLINE:
    case KAN_BASIS_BSRBF: return (s.grid + 2.0 * s.order + 2 * std::fabs(c.centre) * s.grid) * s.order;
    case KAN_BASIS_FOURIER: return 4.0 * std::min(s.grid, 8);
    case KAN_BASIS_SINE: return 4.0 * s.grid;
    case KAN_BASIS_CHEBYSHEV:
    case KAN_BASIS_JACOBI: return 2.0 * s.grid * s.grid;
    case KAN_BASIS_RELU: return 4.0 * (s.grid + s.order);
    default: return 16;
  }
}

double largest(const Vector& v) {
  double m = 0;
  for (double a : v) m = std::fmax(m, std::fabs(a));
  return m;
}

double distance(const Vector& a, const Vector& b) {
  double m = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double d = std::fabs(a[i] - b[i]);
    m = !(d <= m) ? d : m;  // NaN stays
  }
  return m;
}

// Kernels under test.
struct Kernels {
  std::string name;  // of a tier, or "cuda"
  kan_context kernel;
  std::vector<kan_context> threaded;  // the same kernels on other numbers of threads, or another context of the device
};

class Parity {
 public:
  // Each of `tested` is compared with the reference, which computes a case once for all; takes their contexts.
  Parity(int32_t dtype, std::vector<Kernels> tested)
      : dtype_(dtype), reference_(make_context(KAN_TIER_REFERENCE, 1)), tested_(std::move(tested)), pool_(1) {}
  ~Parity() {
    for (const Kernels& k : tested_) {
      for (kan_context c : k.threaded) kan_context_destroy(c);
      kan_context_destroy(k.kernel);
    }
    kan_context_destroy(reference_);
  }

  // From now on contexts of `tier` with as many threads as there may be must give the same bits too.
  void also_on_most_threads() {
    for (Kernels& k : tested_) {
      auto info = make_struct<kan_context_info>();
      MUST(k.kernel, kan_context_query(k.kernel, &info));
      k.threaded.push_back(make_context(info.tier, KAN_MAX_THREADS));
    }
  }

  // Whether the library takes this specification (flags drawn at random may not fit the basis).
  bool valid(const Case& c) {
    kan_layer layer;
    const bool good = kan_layer_create(reference_, &c.spec, &layer) == KAN_OK;
    return good && kan_layer_destroy(layer) == KAN_OK;
  }

  void check_case(const Case& base, int64_t in, int64_t out, int64_t batch, uint64_t seed) {
    const Case c = sized(base, in, out);
    const Guarded::Edge edge = seed % 3 == 0 ? Guarded::kBegin : Guarded::kEnd;
    const Model m(reference_, c, seed, edge);
    if (c.spec.kind == KAN_LAYER_BATCHNORM && batch == 1) batch = 2;
    Random random(seed * 7 + 5);
    const Vector x = random_input(random, c, batch * c.spec.in_features);
    const Vector d_y = random_cotangent(random, dtype_, batch * c.spec.out_features);
    PassOptions options;
    options.edge = edge;
    const Results expected = run_passes(reference_, m, batch, x, d_y, options);
    const Results naive = dtype_ == KAN_F32 ? run_naive(m, batch, x, d_y) : Results();
    term_ = largest(load(dtype_, m.params.get(), m.params_count));
    units_ = dtype_ == KAN_F32 ? 8 + condition(c) : 64 + 8 * condition(c);
    check_not_vacuous(c, expected);
    const Edges edges = expected_edges(m, batch, x, seed);
    const Vector phi = has_basis(m) ? run_basis(reference_, m, batch, x) : Vector();
    for (const Kernels& tested : tested_) {
      on_ = &tested;
      name_ = tested.name + ": " + c.name + ", batch " + std::to_string(batch);
      check_passes(m, batch, x, d_y, options, expected, naive, seed);
      if (has_basis(m)) compare("phi", phi, run_basis(kernel(), m, batch, x), {});
      check_edges(m, batch, x, edges, seed);
    }
  }

 private:
  kan_context kernel() const { return on_->kernel; }

  void check_passes(const Model& m, int64_t batch, const Vector& x, const Vector& d_y, const PassOptions& options,
                    const Results& expected, const Results& naive, uint64_t seed) {
    const Results actual = run_passes(kernel(), m, batch, x, d_y, options);
    compare("y", expected.y, actual.y, naive.y);
    compare("y (INFER)", expected.y_infer, actual.y_infer, naive.y_infer);
    compare("d_x", expected.d_x, actual.d_x, naive.d_x);
    for (const auto& [name, gradient] : expected.gradient)
      compare(name, gradient, actual.gradient.at(name), at(naive.gradient, name));
    for (const auto& [name, buffer] : expected.buffers)
      compare("buffer " + name, buffer, actual.buffers.at(name), at(naive.buffers, name));
    check_modes(m, batch, x, d_y, actual);
    check_bits(m, batch, x, d_y, actual, options, seed);
    check_fused(m, batch, x, d_y, actual);
  }

  static Vector at(const std::map<std::string, Vector>& map, const std::string& name) {
    return map.empty() ? Vector() : map.at(name);
  }
  double eps() const { return dtype_ == KAN_F32 ? FLT_EPSILON : DBL_EPSILON; }

  // An empty naive vector: none known.
  void compare(const std::string& what, const Vector& expected, const Vector& actual, const Vector& naive) {
    compare(what, expected, actual, naive, units_);
  }
  void compare(const std::string& what, const Vector& expected, const Vector& actual, const Vector& naive,
               double units) {
    const double error = distance(actual, expected), scale = std::fmax(largest(expected), term_);
    const double allowed = (naive.empty() ? 0 : 2 * distance(naive, expected)) + units * eps() * scale + 1e-30;
    if (error <= allowed) {
      check::passed();
      worst_ = std::fmax(worst_, error / allowed);
      return;
    }
    size_t worst = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      const double d = std::fabs(actual[i] - expected[i]), w = std::fabs(actual[worst] - expected[worst]);
      if (!(d <= w)) worst = i;
    }
    char text[400];
    std::snprintf(text, sizeof text,
                  "%s: %s[%zu of %zu]: expected %.9g, given %.9g; error %.3g, allowed %.3g (naive %.3g)", name_.c_str(),
                  what.c_str(), worst, expected.size(), expected[worst], actual[worst], error, allowed,
                  naive.empty() ? 0 : distance(naive, expected));
    check::that(false, text, __FILE__, __LINE__);
  }

  // Bases of compact support are easily all zero; a comparison of zeros proves nothing.
  void check_not_vacuous(const Case& c, const Results& expected) {
    const bool rectified = c.spec.kind == KAN_LAYER_ACTIVATION && c.spec.activation == KAN_ACTIVATION_RELU;
    for (const Vector* v : {&expected.y, &expected.d_x}) {
      size_t zeros = 0;
      for (double a : *v) zeros += a == 0;
      total_ += v->size();
      zeros_ += rectified ? 0 : zeros;
    }
  }

  // Running the reference's own sources in single precision, past the C ABI, on the same arrays.
  Results run_naive(const Model& m, int64_t batch, const Vector& x, const Vector& d_y) {
    const kan::Kernels& k = kan::naive_kernels();
    const kan::Layer layer = kan::make_layer(m.spec);
    std::vector<double> scratch(size_t(k.scratch_bytes(pool_, layer, batch, KAN_MODE_TRAIN) / 8 + 1));
    const Guarded gx = guarded(dtype_, x), gdy = guarded(dtype_, d_y);
    const Guarded y(batch * m.spec.out_features * size_of(dtype_)), dx(gx.bytes()), dp(m.params.bytes()),
        buffers(m.buffers.bytes());
    std::memcpy(buffers.get(), m.buffers.get(), size_t(buffers.bytes()));
    Results r;
    k.forward(pool_, layer,
              {KAN_MODE_INFER, batch, gx.get(), m.params.get(), buffers.get(), y.get(), nullptr, scratch.data()});
    r.y_infer = load(dtype_, y.get(), batch * m.spec.out_features);
    k.forward(pool_, layer,
              {KAN_MODE_TRAIN, batch, gx.get(), m.params.get(), buffers.get(), y.get(), nullptr, scratch.data()});
    r.y = load(dtype_, y.get(), batch * m.spec.out_features);
    kan::BackwardArgs a{};
    a.batch = batch, a.x = gx.get(), a.params = m.params.get(), a.buffers = buffers.get(), a.d_y = gdy.get();
    a.d_x_mode = a.d_params_mode = KAN_GRAD_OVERWRITE, a.d_x = dx.get(), a.d_params = dp.get(),
    a.scratch = scratch.data();
    k.backward(pool_, layer, a);
    r.d_x = load(dtype_, dx.get(), int64_t(x.size()));
    for (size_t t = 0; t < m.tensors.size(); ++t) {
      const bool trained = m.tensors[t].role == KAN_ROLE_PARAM;
      (trained ? r.gradient : r.buffers)[m.tensors[t].name] =
          m.get(reference_, int64_t(t), trained ? dp.get() : buffers.get());
    }
    return r;
  }

  Results run_naive_edges(const Model& m, int64_t batch, const Vector& x, const EdgeCotangents& c) {
    const kan::Kernels& k = kan::naive_kernels();
    const kan::Layer layer = kan::make_layer(m.spec);
    std::vector<double> scratch(size_t(k.scratch_bytes(pool_, layer, batch, KAN_MODE_TRAIN) / 8 + 1));
    const Guarded gx = guarded(dtype_, x), dx(gx.bytes()), dp(m.params.bytes());
    kan::EdgeBackwardArgs a{};
    a.pass.batch = batch, a.pass.x = gx.get(), a.pass.params = m.params.get(), a.pass.buffers = m.buffers.get();
    a.pass.d_x_mode = a.pass.d_params_mode = KAN_GRAD_OVERWRITE, a.pass.d_x = dx.get(), a.pass.d_params = dp.get(),
    a.pass.scratch = scratch.data();
    a.d_mean_abs = c.mean_abs.data(), a.d_mean = c.mean.data(), a.d_mean_square = c.mean_square.data();
    k.edge_backward(pool_, layer, a);
    Results r;
    r.d_x = load(dtype_, dx.get(), int64_t(x.size()));
    for (size_t t = 0; t < m.tensors.size(); ++t) {
      if (m.tensors[t].role == KAN_ROLE_PARAM) r.gradient[m.tensors[t].name] = m.get(reference_, int64_t(t), dp.get());
    }
    return r;
  }

  // Each gradient alone, and accumulated on what was there.
  void check_modes(const Model& m, int64_t batch, const Vector& x, const Vector& d_y, const Results& overwrite) {
    const std::string name = name_;
    const auto plus = [&](const Vector& v, double before) {
      Vector sum = v;
      for (double& a : sum) a += before;
      return sum;
    };
    PassOptions options;
    options.before = 0.75;
    options.d_x_mode = options.d_params_mode = KAN_GRAD_ACCUMULATE;
    name_ = name + ", ACCUMULATE";
    const Results sum = run_passes(kernel(), m, batch, x, d_y, options);
    compare("d_x", plus(overwrite.d_x, 0.75), sum.d_x, {});
    for (const auto& [tensor, g] : overwrite.gradient) compare(tensor, plus(g, 0.75), sum.gradient.at(tensor), {});
    options = {};
    options.d_params_mode = KAN_GRAD_NONE;
    name_ = name + ", d_x alone";
    compare("d_x", overwrite.d_x, run_passes(kernel(), m, batch, x, d_y, options).d_x, {});
    options = {};
    options.d_x_mode = KAN_GRAD_NONE;
    name_ = name + ", d_params alone";
    const Results alone = run_passes(kernel(), m, batch, x, d_y, options);
    for (const auto& [tensor, g] : overwrite.gradient) compare(tensor, g, alone.gradient.at(tensor), {});
    name_ = name;
  }

  // Two of the numbers of threads in turn: all cases have all.
  std::vector<kan_context> threaded_in_turn(uint64_t turn) const {
    std::vector<kan_context> contexts;
    for (size_t i = 0; i < std::min<size_t>(2, on_->threaded.size()); ++i)
      contexts.push_back(on_->threaded[(turn + i) % on_->threaded.size()]);
    return contexts;
  }

  // The same bits with any number of threads, and again.
  void check_bits(const Model& m, int64_t batch, const Vector& x, const Vector& d_y, const Results& first,
                  const PassOptions& options, uint64_t turn) {
    std::vector<kan_context> contexts = threaded_in_turn(turn);
    contexts.push_back(kernel());
    for (kan_context context : contexts) {
      const Results again = run_passes(context, m, batch, x, d_y, options);
      CHECK_TEXT(same_bits(first.y, again.y) && same_bits(first.y_infer, again.y_infer), name_ + ": y");
      CHECK_TEXT(same_bits(first.d_x, again.d_x), name_ + ": d_x");
      for (const auto& [tensor, g] : first.gradient)
        CHECK_TEXT(same_bits(g, again.gradient.at(tensor)), name_ + ": " + tensor);
      for (const auto& [tensor, b] : first.buffers)
        CHECK_TEXT(same_bits(b, again.buffers.at(tensor)), name_ + ": " + tensor);
    }
  }
  static bool same_bits(const Vector& a, const Vector& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
  }

  // kan_layer_backward_adamw against kan_layer_backward and kan_adamw_step: the same bits.
  void check_fused(const Model& m, int64_t batch, const Vector& x, const Vector& d_y, const Results& unfused) {
    const int64_t element = size_of(dtype_);
    auto adam = make_struct<kan_adamw>();
    adam.learning_rate = 1e-2, adam.beta1 = 0.9, adam.beta2 = 0.999, adam.eps = 1e-8, adam.weight_decay = 0.1,
    adam.step = 3;
    Random random(static_cast<uint64_t>(batch));
    Vector moment(size_t(m.params_count)), square(size_t(m.params_count));
    for (double& v : moment) v = random.uniform(-0.1, 0.1);
    for (double& v : square) v = random.uniform(0, 0.1);
    const Guarded gx = guarded(dtype_, x), gdy = guarded(dtype_, d_y);
    const Guarded y(batch * m.spec.out_features * element), dx(gx.bytes()), grads(m.params.bytes());
    const Guarded dx_alone(gx.bytes());
    const auto sizes = m.query(kernel(), batch, KAN_MODE_TRAIN);
    const Guarded saved(sizes.saved_bytes, 64), scratch(sizes.scratch_bytes, 64), buffers(m.buffers.bytes());
    std::memcpy(buffers.get(), m.buffers.get(), size_t(buffers.bytes()));
    Guarded p[2], mm[2], vv[2];
    for (int i = 0; i < 2; ++i) {
      p[i] = guarded(dtype_, load(dtype_, m.params.get(), m.params_count));
      mm[i] = guarded(dtype_, moment);
      vv[i] = guarded(dtype_, square);
    }
    {
      Arrays on(kernel());
      MUST(kernel(), kan_layer_forward(kernel(), m.layer, KAN_MODE_TRAIN, batch, on(gx), on(p[0]), on(buffers), on(y),
                                       on(saved), on(scratch)));
      MUST(kernel(),
           kan_layer_backward(kernel(), m.layer, batch, on.at(gx), on.at(p[0]), on.at(buffers), on.at(saved), on(gdy),
                              KAN_GRAD_OVERWRITE, on(dx_alone), KAN_GRAD_OVERWRITE, on(grads), on.at(scratch)));
      MUST(kernel(),
           kan_adamw_step(kernel(), &adam, dtype_, m.params_count, on.at(p[0]), on.at(grads), on(mm[0]), on(vv[0])));
      on.back();
    }
    // On another number of threads than the unfused one every other time.
    kan_context fused = batch % 2 == 0 ? kernel() : on_->threaded[size_t(batch) % on_->threaded.size()];
    const Guarded fused_scratch(m.query(fused, batch, KAN_MODE_TRAIN).scratch_bytes, 64);
    {
      Arrays on(fused);
      MUST(fused, kan_layer_backward_adamw(fused, m.layer, batch, on(gx), on(p[1]), on(buffers), on(saved), on(gdy),
                                           KAN_GRAD_OVERWRITE, on(dx), &adam, on(mm[1]), on(vv[1]), on(fused_scratch)));
      on.back();
    }
    CHECK_TEXT(fused_scratch.intact(), name_);
    const auto same = [&](const Guarded& a, const Guarded& b) {
      return std::memcmp(a.get(), b.get(), size_t(a.bytes())) == 0;
    };
    CHECK_TEXT(same(p[0], p[1]), name_ + ": params after the fused AdamW");
    CHECK_TEXT(same(mm[0], mm[1]) && same(vv[0], vv[1]), name_ + ": moments after the fused AdamW");
    compare("d_x beside the fused AdamW", unfused.d_x, load(dtype_, dx.get(), int64_t(x.size())), {});
    for (const Guarded* g : {&gx, &gdy, &y, &dx, &grads, &saved, &scratch, &buffers}) CHECK_TEXT(g->intact(), name_);
    for (int i = 0; i < 2; ++i) CHECK_TEXT(p[i].intact() && mm[i].intact() && vv[i].intact(), name_);
  }

  static bool has_basis(const Model& m) { return m.spec.kind == KAN_LAYER_KAN && m.spec.basis != KAN_BASIS_WAVELET; }

  Vector run_basis(kan_context context, const Model& m, int64_t batch, const Vector& x) {
    const int64_t count = int64_t(x.size()) * m.tensors[0].shape[2];
    const Guarded gx = guarded(dtype_, x), out(count * size_of(dtype_), size_of(dtype_));
    Arrays on(context);
    MUST(context, kan_layer_basis(context, m.layer, batch, on(gx), on(m.params), on(m.buffers), on(out)));
    on.back();
    CHECK_TEXT(out.intact(), name_ + ": around phi");
    return load(dtype_, out.get(), count);
  }

  // What the reference, and the naive evaluation where there is one, make of the edges of a layer.
  struct Edges {
    EdgeStatistics statistics;
    EdgeCotangents cotangents;
    Results gradients, naive;
  };

  Edges expected_edges(const Model& m, int64_t batch, const Vector& x, uint64_t seed) {
    Edges e;
    if (m.spec.kind != KAN_LAYER_KAN) return e;
    e.statistics = run_edge_statistics(reference_, m, batch, x);
    Random random(seed);
    e.cotangents =
        random_edge_cotangents(reference_, m, batch, x, random, 64 * units_ * eps() * largest(e.statistics.mean_abs));
    for (double a : e.cotangents.mean_abs) jumps_ += a == 0, edges_ += 1;
    e.gradients = run_edge_backward(reference_, m, batch, x, e.cotangents);
    if (dtype_ == KAN_F32) e.naive = run_naive_edges(m, batch, x, e.cotangents);
    return e;
  }

  void check_edges(const Model& m, int64_t batch, const Vector& x, const Edges& expected, uint64_t turn) {
    if (m.spec.kind != KAN_LAYER_KAN) return;
    const EdgeStatistics actual = run_edge_statistics(kernel(), m, batch, x);
    compare("mean |phi|", expected.statistics.mean_abs, actual.mean_abs, {});
    // The mean cancels, and one row has no deviation: both are held to the size of |phi|.
    const double allowed = 4 * units_ * eps() * std::fmax(largest(expected.statistics.mean_abs), term_);
    CHECK_TEXT(distance(expected.statistics.mean, actual.mean) <= allowed, name_ + ": mean phi");
    CHECK_TEXT(distance(expected.statistics.deviation, actual.deviation) <= allowed, name_ + ": deviation of phi");

    const EdgeCotangents& c = expected.cotangents;
    const Results found = run_edge_backward(kernel(), m, batch, x, c);
    // The derivative of phi^2 is a product of two numbers that each have their error.
    compare("d_x of edge statistics", expected.gradients.d_x, found.d_x, expected.naive.d_x, 2 * units_);
    for (const auto& [tensor, g] : expected.gradients.gradient)
      compare(tensor + " of edge statistics", g, found.gradient.at(tensor), at(expected.naive.gradient, tensor),
              2 * units_);
    PassOptions options;
    options.before = 0.75;
    options.d_x_mode = options.d_params_mode = KAN_GRAD_ACCUMULATE;
    Results sum = run_edge_backward(kernel(), m, batch, x, c, options);
    for (double& d : sum.d_x) d -= 0.75;
    compare("d_x of edge statistics, ACCUMULATE", found.d_x, sum.d_x, {});
    for (auto& [tensor, g] : sum.gradient) {
      for (double& d : g) d -= 0.75;
      compare(tensor + " of edge statistics, ACCUMULATE", found.gradient.at(tensor), g, {});
    }
    options = {};
    options.d_params_mode = KAN_GRAD_NONE;
    CHECK_TEXT(same_bits(found.d_x, run_edge_backward(kernel(), m, batch, x, c, options).d_x),
               name_ + ": d_x of edge statistics alone");
    options = {};
    options.d_x_mode = KAN_GRAD_NONE;
    const Results alone = run_edge_backward(kernel(), m, batch, x, c, options);
    for (const auto& [tensor, g] : found.gradient)
      CHECK_TEXT(same_bits(g, alone.gradient.at(tensor)), name_ + ": " + tensor + " of edge statistics alone");
    for (kan_context context : threaded_in_turn(turn)) {
      const EdgeStatistics again = run_edge_statistics(context, m, batch, x);
      CHECK_TEXT(same_bits(actual.mean_abs, again.mean_abs) && same_bits(actual.mean, again.mean) &&
                     same_bits(actual.deviation, again.deviation),
                 name_ + ": edge statistics");
      const Results other = run_edge_backward(context, m, batch, x, c);
      CHECK_TEXT(same_bits(found.d_x, other.d_x), name_ + ": d_x of edge statistics");
      for (const auto& [tensor, g] : found.gradient)
        CHECK_TEXT(same_bits(g, other.gradient.at(tensor)), name_ + ": " + tensor + " of edge statistics");
    }
  }

 public:
  // An empty batch: no output, and the fused step is AdamW with zero gradients.
  void check_empty(const Case& base) {
    for (const Kernels& tested : tested_) {
      on_ = &tested;
      check_empty_on(base);
    }
  }

  // Gradients of more bytes than caches hold go past them where they overwrite: the same numbers as added to zeros, which are
  // read first. One block of samples and several; aligned to a register, as only then they do.
  void check_streamed(const Case& base, uint64_t seed) {
    for (const Kernels& tested : tested_) {
      on_ = &tested;
      check_streamed_on(base, seed);
    }
  }

  // At most 30 % of all numbers compared may have been expected to be 0.
  void finish() {
    CHECK_TEXT(zeros_ * 10 <= total_ * 3,
               std::to_string(zeros_) + " of " + std::to_string(total_) + " expected numbers are 0");
    CHECK_TEXT(jumps_ * 4 <= edges_,
               std::to_string(jumps_) + " of " + std::to_string(edges_) + " edges without a derivative of |phi|");
    std::printf("worst error: %.3f of what is allowed\n", worst_);
  }

 private:
  void check_empty_on(const Case& base) {
    const Case c = sized(base, 5, 7);
    const Model m(kernel(), c, 3);
    auto adam = make_struct<kan_adamw>();
    adam.learning_rate = 0.01, adam.beta1 = 0.9, adam.beta2 = 0.99, adam.eps = 1e-8, adam.weight_decay = 0.5,
    adam.step = 2;
    const Vector ones(static_cast<size_t>(m.params_count), 1), zeros(static_cast<size_t>(m.params_count), 0);
    const Guarded grads = guarded(dtype_, zeros), scratch(m.query(kernel(), 0, KAN_MODE_TRAIN).scratch_bytes, 64);
    Guarded p[2], moment[2], square[2];
    for (int i = 0; i < 2; ++i)
      p[i] = guarded(dtype_, load(dtype_, m.params.get(), m.params_count)), moment[i] = guarded(dtype_, ones),
      square[i] = guarded(dtype_, ones);
    Arrays on(kernel());
    MUST(kernel(),
         kan_adamw_step(kernel(), &adam, dtype_, m.params_count, on(p[0]), on(grads), on(moment[0]), on(square[0])));
    MUST(kernel(),
         kan_layer_backward_adamw(kernel(), m.layer, 0, nullptr, on(p[1]), on(m.buffers), nullptr, nullptr,
                                  KAN_GRAD_OVERWRITE, nullptr, &adam, on(moment[1]), on(square[1]), on(scratch)));
    on.back();
    for (auto* pair : {p, moment, square}) {
      CHECK_TEXT(std::memcmp(pair[0].get(), pair[1].get(), size_t(pair[0].bytes())) == 0 && pair[1].intact(),
                 c.name + ": fused AdamW on an empty batch");
    }
  }

  void check_streamed_on(const Case& base, uint64_t seed) {
    constexpr int64_t kStreamed = 16 << 20;  // bytes, of cpu/common.hpp
    const int64_t out = 1001;                // the last tile is not full
    const Model small(kernel(), sized(base, 12, out), seed);
    const int64_t in = kStreamed / (small.params_count / 12 * size_of(dtype_)) * 9 / 8;
    const Model m(kernel(), sized(base, in, out), seed);
    const int64_t bytes = m.params_count * size_of(dtype_);
    CHECK(bytes > kStreamed);
    for (int64_t batch : {40, 300}) {
      Random random(seed);
      const Guarded x = guarded(dtype_, random_input(random, base, batch * m.spec.in_features));
      const Guarded d_y = guarded(dtype_, random_cotangent(random, dtype_, batch * out)),
                    y(batch * out * size_of(dtype_));
      for (kan_context context : {kernel(), on_->threaded[0]}) {
        const auto sizes = m.query(context, batch, KAN_MODE_TRAIN);
        const Guarded saved(sizes.saved_bytes, 64), scratch(sizes.scratch_bytes, 64), streamed(bytes, 64),
            added(bytes, 64);
        std::memset(streamed.get(), 0xff, size_t(bytes));
        std::memset(added.get(), 0, size_t(bytes));
        MUST(context, kan_layer_forward(context, m.layer, KAN_MODE_TRAIN, batch, x.get(), m.params.get(),
                                        m.buffers.get(), y.get(), saved.get(), scratch.get()));
        for (const auto& [mode, to] :
             {std::pair(KAN_GRAD_OVERWRITE, &streamed), std::pair(KAN_GRAD_ACCUMULATE, &added)}) {
          MUST(context,
               kan_layer_backward(context, m.layer, batch, x.get(), m.params.get(), m.buffers.get(), saved.get(),
                                  d_y.get(), KAN_GRAD_NONE, nullptr, mode, to->get(), scratch.get()));
        }
        const Vector given = load(dtype_, streamed.get(), m.params_count),
                     expected = load(dtype_, added.get(), m.params_count);
        CHECK_TEXT(given == expected && streamed.intact() && added.intact(),
                   base.name + ": streamed gradient, batch " + std::to_string(batch));
      }
    }
  }

  int32_t dtype_;
  kan_context reference_;
  std::vector<Kernels> tested_;
  const Kernels* on_ = nullptr;  // of them, what is compared now
  kan::Pool pool_;
  std::string name_;
  double units_ = 0, term_ = 0, worst_ = 0;
  size_t zeros_ = 0, total_ = 0, jumps_ = 0, edges_ = 0;
};

}  // namespace
