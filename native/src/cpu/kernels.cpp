// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The table of kernels of one tier. CMake compiles this folder once a tier, with KAN_NS and the tier's instruction set;
// floating-point contraction is off (fused operations are written where they are meant).
#include "cpu/families.hpp"
#include "cpu/vector.inl"

namespace KAN_NS {

using kan::Kernels;
using kan::LossArgs;

template <class S>
inline int64_t saved_bytes(const Layer& layer, int64_t batch) {
  return layer.spec.kind == KAN_LAYER_KAN && layer.spec.basis == KAN_BASIS_BSPLINE ? spline_saved_bytes<S>(layer, batch)
                                                                                   : 0;
}

template <class S>
inline int64_t scratch_bytes(const Layer& layer, int64_t batch, int32_t mode, int threads) {
  if (layer.spec.kind == KAN_LAYER_LINEAR) return dense_scratch_bytes<S>(layer, batch, mode, threads);
  if (layer.spec.kind != KAN_LAYER_KAN) return elementwise_scratch_bytes<S>(layer, batch, mode, threads);
  const int64_t edges = edge_statistics_scratch_bytes<S>(layer, batch, mode, threads);
  switch (layer.spec.basis) {
    case KAN_BASIS_BSPLINE: return max64(edges, spline_scratch_bytes<S>(layer, batch, mode, threads));
    case KAN_BASIS_WAVELET: return max64(edges, wavelet_scratch_bytes<S>(layer, batch, mode, threads));
    default: return max64(edges, dense_scratch_bytes<S>(layer, batch, mode, threads));
  }
}

template <class S>
inline void forward(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  if (layer.spec.kind == KAN_LAYER_LINEAR) return dense_forward<S>(pool, layer, a);
  if (layer.spec.kind != KAN_LAYER_KAN) return elementwise_forward<S>(pool, layer, a);
  switch (layer.spec.basis) {
    case KAN_BASIS_BSPLINE: return spline_forward<S>(pool, layer, a);
    case KAN_BASIS_WAVELET: return wavelet_forward<S>(pool, layer, a);
    default: return dense_forward<S>(pool, layer, a);
  }
}

template <class S>
inline void backward(Pool& pool, const Layer& layer, const BackwardArgs& a) {
  if (layer.spec.kind == KAN_LAYER_LINEAR) return dense_backward<S>(pool, layer, a);
  if (layer.spec.kind != KAN_LAYER_KAN) return elementwise_backward<S>(pool, layer, a);
  switch (layer.spec.basis) {
    case KAN_BASIS_BSPLINE: return spline_backward<S>(pool, layer, a);
    case KAN_BASIS_WAVELET: return wavelet_backward<S>(pool, layer, a);
    default: return dense_backward<S>(pool, layer, a);
  }
}

const Kernels& kernels() {
  static Kernels k = {};
  k.name = KAN_TIER;
  k.saved_bytes = [](const Layer& layer, int64_t batch) -> int64_t {
    return layer.f64 ? saved_bytes<double>(layer, batch) : saved_bytes<float>(layer, batch);
  };
  k.scratch_bytes = [](const Pool& pool, const Layer& layer, int64_t batch, int32_t mode) -> int64_t {
    const int threads = pool.threads();
    return layer.f64 ? scratch_bytes<double>(layer, batch, mode, threads) : scratch_bytes<float>(layer, batch, mode, threads);
  };
  k.forward = [](Pool& pool, const Layer& layer, const ForwardArgs& a) {
    layer.f64 ? forward<double>(pool, layer, a) : forward<float>(pool, layer, a);
  };
  k.backward = [](Pool& pool, const Layer& layer, const BackwardArgs& a) {
    layer.f64 ? backward<double>(pool, layer, a) : backward<float>(pool, layer, a);
  };
  k.adamw = [](Pool& pool, const kan_adamw& o, int32_t dtype, int64_t n, void* p, const void* g, void* m, void* v) {
    dtype == KAN_F64 ? adamw_step(pool, o, n, static_cast<double*>(p), static_cast<const double*>(g),
                                  static_cast<double*>(m), static_cast<double*>(v))
                     : adamw_step(pool, o, n, static_cast<float*>(p), static_cast<const float*>(g),
                                  static_cast<float*>(m), static_cast<float*>(v));
  };
  k.sgd = [](Pool& pool, const kan_sgd& o, int32_t dtype, int64_t n, void* p, const void* g, void* velocity) {
    dtype == KAN_F64 ? sgd_step(pool, o, n, static_cast<double*>(p), static_cast<const double*>(g),
                                static_cast<double*>(velocity))
                     : sgd_step(pool, o, n, static_cast<float*>(p), static_cast<const float*>(g),
                                static_cast<float*>(velocity));
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
    dtype == KAN_F64 ? adamw_step_groups(pool, o, groups, group, n, static_cast<double*>(p), static_cast<const double*>(g),
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
  k.edge_statistics = [](Pool& pool, const Layer& layer, const EdgeStatisticsArgs& a) {
    layer.f64 ? edge_statistics<double>(pool, layer, a) : edge_statistics<float>(pool, layer, a);
  };
  k.edge_backward = [](Pool& pool, const Layer& layer, const EdgeBackwardArgs& a) {
    layer.f64 ? edge_statistics_backward<double>(pool, layer, a) : edge_statistics_backward<float>(pool, layer, a);
  };
  // Not on a training or serving path: the reference serves every tier.
  k.basis = kan::reference_kernels().basis;
  return k;
}

}  // namespace KAN_NS
