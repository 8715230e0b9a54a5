// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The table of kernels of one tier. CMake compiles this folder once a tier, with KAN_NS and the tier's instruction set;
// floating-point contraction is off (fused operations are written where they are meant).
#include "core/edge_ranges.hpp"
#include "cpu/families.hpp"
#include "cpu/vector.inl"

namespace KAN_NS {

using kan::Kernels;
using kan::LossArgs;

// One way to run the passes of a family of layers.
struct Implementation {
  const char* name;
  bool (*can)(const Problem&);
  int64_t (*scratch_bytes)(const Problem&, int threads);
  void (*forward)(Pool&, const Layer&, const ForwardArgs&);
  void (*backward)(Pool&, const Layer&, const BackwardArgs&);
};

inline bool is_kan(const Layer& layer, int32_t basis) {
  return layer.spec.kind == KAN_LAYER_KAN && layer.spec.basis == basis;
}

// THE list, in order of preference: the first entry that can run a problem is taken, and each problem has one.
template <class S>
constexpr Implementation kList[] = {
    {"elementwise", [](const Problem& p) { return p.layer.rows == 0; }, elementwise_scratch_bytes<S>,
     elementwise_forward<S>, elementwise_backward<S>},
    {"wavelet", [](const Problem& p) { return is_kan(p.layer, KAN_BASIS_WAVELET); }, wavelet_scratch_bytes<S>,
     wavelet_forward<S>, wavelet_backward<S>},
    // So few rows that sorting them by window brings nothing together.
    {"spline_rows",
     [](const Problem& p) {
       return is_kan(p.layer, KAN_BASIS_BSPLINE) && p.pass == Problem::kInfer &&
              (p.batch <= 8 || (p.batch <= 16 && p.layer.params <= 16384));
     },
     spline_rows_scratch_bytes<S>, spline_rows_forward<S>, nullptr},
    {"spline_records", [](const Problem& p) { return is_kan(p.layer, KAN_BASIS_BSPLINE); },
     [](const Problem& p, int threads) {
       return p.pass == Problem::kBackward ? spline_backward_scratch_bytes<S>(p, threads)
                                           : spline_forward_scratch_bytes<S>(p, threads);
     },
     spline_forward<S>, spline_backward<S>},
    {"dense_rows",
     [](const Problem& p) {
       return p.pass == Problem::kInfer && p.batch <= kDenseRows && p.layer.out > kNarrowOutputs;
     },
     dense_rows_scratch_bytes<S>, dense_rows_forward<S>, nullptr},
    {"dense", [](const Problem&) { return true; },
     [](const Problem& p, int threads) {
       return p.pass == Problem::kBackward ? dense_backward_scratch_bytes<S>(p, threads)
                                           : dense_forward_scratch_bytes<S>(p, threads);
     },
     dense_forward<S>, dense_backward<S>},
};

template <class S>
inline const Implementation& choose(const Problem& problem) {
  const Implementation* entry = kList<S>;
  while (!entry->can(problem)) ++entry;
  return *entry;
}
inline const Implementation& choose(const Problem& problem) {
  return problem.layer.f64 ? choose<double>(problem) : choose<float>(problem);
}

template <class S>
inline int64_t saved_bytes(const Layer& layer, int64_t batch) {
  return is_kan(layer, KAN_BASIS_BSPLINE) ? spline_saved_bytes<S>(layer, batch) : 0;
}

template <class S>
inline bool are_moderate(const void* x, int64_t n) {
  using T = vec<S>;
  typename T::Mask bad{};
  for_registers<S>(0, n, [&](int64_t i, auto lanes) {
    bad = bad | ~(abs(T::load(static_cast<const S*>(x) + i, lanes)) <= T(S(kan::kModerate)));
  });
  return !any<S>(bad);
}

inline void forward(Pool& pool, const Layer& layer, ForwardArgs a) {
  if (a.edges && !(layer.f64 ? are_moderate<double> : are_moderate<float>)(a.x, a.batch * layer.in)) a.edges = nullptr;
  choose({layer, a.batch, a.saved ? Problem::kTrain : Problem::kInfer}).forward(pool, layer, a);
}

inline int64_t scratch_bytes(const Layer& layer, int64_t batch, int32_t mode, int threads) {
  const auto needed = [&](Problem::Pass pass) {
    const Problem problem{layer, batch, pass};
    return choose(problem).scratch_bytes(problem, threads);
  };
  const int64_t edges = layer.f64 ? edge_statistics_scratch_bytes<double>(layer, batch, mode, threads)
                                  : edge_statistics_scratch_bytes<float>(layer, batch, mode, threads);
  if (mode != KAN_MODE_TRAIN) return max64(edges, needed(Problem::kInfer));
  return max64(edges, max64(needed(Problem::kTrain), needed(Problem::kBackward)));
}

const Kernels& kernels() {
  static Kernels k = {};
  k.name = KAN_TIER;
  k.saved_bytes = [](const Layer& layer, int64_t batch) -> int64_t {
    return layer.f64 ? saved_bytes<double>(layer, batch) : saved_bytes<float>(layer, batch);
  };
  k.scratch_bytes = [](const Pool& pool, const Layer& layer, int64_t batch, int32_t mode) -> int64_t {
    return scratch_bytes(layer, batch, mode, pool.threads());
  };
  k.forward = [](Pool& pool, const Layer& layer, const ForwardArgs& a) { forward(pool, layer, a); };
  k.backward = [](Pool& pool, const Layer& layer, const BackwardArgs& a) {
    choose({layer, a.batch, Problem::kBackward}).backward(pool, layer, a);
  };
  k.adamw = [](Pool& pool, const kan_adamw& o, int32_t dtype, int64_t n, void* p, const void* g, void* m, void* v) {
    dtype == KAN_F64 ? adamw_step(pool, o, n, static_cast<double*>(p), static_cast<const double*>(g),
                                  static_cast<double*>(m), static_cast<double*>(v))
                     : adamw_step(pool, o, n, static_cast<float*>(p), static_cast<const float*>(g),
                                  static_cast<float*>(m), static_cast<float*>(v));
  };
  k.sgd = [](Pool& pool, const kan_sgd& o, int32_t dtype, int64_t n, void* p, const void* g, void* velocity) {
    dtype == KAN_F64
        ? sgd_step(pool, o, n, static_cast<double*>(p), static_cast<const double*>(g), static_cast<double*>(velocity))
        : sgd_step(pool, o, n, static_cast<float*>(p), static_cast<const float*>(g), static_cast<float*>(velocity));
  };
  k.dot = [](Pool& pool, int32_t dtype, int64_t n, const void* a, const void* b, double* value) {
    *value = dtype == KAN_F64 ? dot(pool, n, static_cast<const double*>(a), static_cast<const double*>(b))
                              : dot(pool, n, static_cast<const float*>(a), static_cast<const float*>(b));
  };
  k.axpy = [](Pool& pool, int32_t dtype, int64_t n, double alpha, const void* x, void* y) {
    dtype == KAN_F64 ? axpy(pool, n, alpha, static_cast<const double*>(x), static_cast<double*>(y))
                     : axpy(pool, n, alpha, static_cast<const float*>(x), static_cast<float*>(y));
  };
  k.scale = [](Pool& pool, int32_t dtype, int64_t n, double alpha, void* x) {
    dtype == KAN_F64 ? scale(pool, n, alpha, static_cast<double*>(x)) : scale(pool, n, alpha, static_cast<float*>(x));
  };
  k.adamw_groups = [](Pool& pool, const kan_adamw* o, int32_t groups, const uint8_t* group, int32_t dtype, int64_t n,
                      void* p, const void* g, void* m, void* v) {
    dtype == KAN_F64
        ? adamw_step_groups(pool, o, groups, group, n, static_cast<double*>(p), static_cast<const double*>(g),
                            static_cast<double*>(m), static_cast<double*>(v))
        : adamw_step_groups(pool, o, groups, group, n, static_cast<float*>(p), static_cast<const float*>(g),
                            static_cast<float*>(m), static_cast<float*>(v));
  };
  k.sgd_groups = [](Pool& pool, const kan_sgd* o, int32_t, const uint8_t* group, int32_t dtype, int64_t n, void* p,
                    const void* g, void* velocity) {
    dtype == KAN_F64 ? sgd_step_groups(pool, o, group, n, static_cast<double*>(p), static_cast<const double*>(g),
                                       static_cast<double*>(velocity))
                     : sgd_step_groups(pool, o, group, n, static_cast<float*>(p), static_cast<const float*>(g),
                                       static_cast<float*>(velocity));
  };
  k.clamp = [](Pool& pool, int32_t dtype, int64_t n, double limit, void* x) {
    dtype == KAN_F64 ? clamp(pool, n, limit, static_cast<double*>(x)) : clamp(pool, n, limit, static_cast<float*>(x));
  };
  k.loss = [](Pool& pool, const LossArgs& a, double* value) {
    *value = a.dtype == KAN_F64 ? loss<double>(pool, a) : loss<float>(pool, a);
  };
  k.first_outside = [](Pool& pool, int32_t dtype, int64_t n, const void* x, double high) {
    return dtype == KAN_F64 ? first_outside(pool, n, static_cast<const double*>(x), high)
                            : first_outside(pool, n, static_cast<const float*>(x), float(high));
  };
  k.edge_statistics = [](Pool& pool, const Layer& layer, const EdgeStatisticsArgs& a) {
    layer.f64 ? edge_statistics<double>(pool, layer, a) : edge_statistics<float>(pool, layer, a);
  };
  k.edge_backward = [](Pool& pool, const Layer& layer, const EdgeBackwardArgs& a) {
    layer.f64 ? edge_statistics_backward<double>(pool, layer, a) : edge_statistics_backward<float>(pool, layer, a);
  };
  k.implementation = [](const Layer& layer, int64_t batch, int32_t pass) {
    return choose({layer, batch, pass == KAN_PASS_FORWARD ? Problem::kInfer : Problem::kBackward}).name;
  };
  // Not on a training or serving path: the reference serves every tier.
  k.basis = kan::reference_kernels().basis;
  return k;
}

}  // namespace KAN_NS
