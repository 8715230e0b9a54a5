// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Passes, optimizers, tensors and edge statistics with null, misaligned, overlapping and foreign arrays, and values out of range: a
// status and a text that names the argument, never a crash.
#include <climits>

#include "tests/refused.hpp"

namespace {

// A spline layer of 3 inputs and 2 outputs, and arrays for its passes, good ones.
struct Pass {
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

  static constexpr int64_t batch = 4;
  const Case c{spline_spec(), "spline", kUniform};
  const Model m{context, c, 1}, other{context, c, 2};
  const kan_layer_sizes sizes = m.query(context, batch, KAN_MODE_TRAIN);
  Random random{1};
  const Guarded x = guarded(KAN_F32, random_input(random, c, batch * 3)), dy = guarded(KAN_F32, Vector(batch * 2, 1));
  const Guarded y{batch * 2 * 4}, dx{batch * 3 * 4}, dp{m.params.bytes()}, mm{m.params.bytes()}, vv{m.params.bytes()};
  const Guarded saved{sizes.saved_bytes, 64}, scratch{sizes.scratch_bytes, 64};
  const Guarded square{6 * 8, 8}, size{6 * 8, 8};  // of the statistics of 6 edges
  // clang-format off
  const Forward good{m.layer, KAN_MODE_TRAIN, batch, x.get(), m.params.get(), m.buffers.get(), y.get(), saved.get(),
                     scratch.get()};
  const Backward back{m.layer, batch, x.get(), m.params.get(), m.buffers.get(), saved.get(), dy.get(),
                      KAN_GRAD_OVERWRITE, dx.get(), KAN_GRAD_OVERWRITE, dp.get(), scratch.get()};
  // clang-format on
  const kan_adamw valid = [] {
    auto a = make_struct<kan_adamw>();
    a.learning_rate = 1e-3, a.beta1 = 0.9, a.beta2 = 0.999, a.eps = 1e-8, a.step = 1;
    return a;
  }();

  Pass() { std::memset(mm.get(), 0, size_t(mm.bytes())), std::memset(vv.get(), 0, size_t(vv.bytes())); }

  static char* shifted(const void* p, int by) { return const_cast<char*>(static_cast<const char*>(p)) + by; }

  void forward() const {
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
    CHECK(kan_layer_forward(context, m.layer, KAN_MODE_TRAIN, 0, nullptr, nullptr, nullptr, nullptr, nullptr,
                            nullptr) == KAN_OK);
  }

  void backward() const {
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
  }

  void optimizers() const {
    auto adam = make_struct<kan_adamw>();
    const auto fused = [&] {
      return kan_layer_backward_adamw(context, m.layer, batch, x.get(), m.params.get(), m.buffers.get(), saved.get(),
                                      dy.get(), KAN_GRAD_OVERWRITE, dx.get(), &adam, mm.get(), vv.get(), scratch.get());
    };
    const auto plain = [&] {
      return kan_adamw_step(context, &adam, KAN_F32, m.params_count, m.params.get(), dp.get(), mm.get(), vv.get());
    };
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
  }

  void tensors() const {
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
  }

  void overlaps() const {
    Forward f;
    Backward b;
    // What a call writes overlaps none of its other arrays; the text names both.
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
  }

  void edges_backward() const {
    const auto edges = [&](const double* d_size, int32_t d_x_mode, void* d_x, int32_t d_params_mode, void* d_params,
                           void* work, long long rows = 4) {
      return kan_layer_edge_backward(context, m.layer, rows, x.get(), m.params.get(), m.buffers.get(), d_size, nullptr,
                                     square.as<double>(), d_x_mode, d_x, d_params_mode, d_params, work);
    };
    CHECK(edges(size.as<double>(), KAN_GRAD_OVERWRITE, dx.get(), KAN_GRAD_OVERWRITE, dp.get(), scratch.get()) ==
          KAN_OK);
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
  }

  void other_layers() const {
    REFUSED(kan_layer_basis(context, m.layer, batch, x.get(), m.params.get(), m.buffers.get(), nullptr),
            KAN_INVALID_ARGUMENT, "phi: null");
    double statistic[6];
    REFUSED(kan_layer_edge_statistics(context, m.layer, batch, nullptr, m.params.get(), m.buffers.get(), statistic,
                                      nullptr, nullptr, scratch.get()),
            KAN_INVALID_ARGUMENT, "x: null");
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
};

}  // namespace

int main() {
  context = make_context(KAN_TIER_AUTO, 2);
  {
    const Pass pass;
    pass.forward();
    pass.backward();
    pass.optimizers();
    pass.tensors();
    pass.overlaps();
    pass.edges_backward();
    pass.other_layers();
  }
  CHECK(kan_context_destroy(context) == KAN_OK);
  CHECK(kan_debug_live(0) == 0 && kan_debug_live(1) == 0);
  return check::finish("abi_passes");
}
