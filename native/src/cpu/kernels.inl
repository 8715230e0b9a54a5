// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// One tier's table of kernels. Each tier_*.cpp defines KAN_NS and includes this file; the build compiles each with the
// instruction set of its tier, floating-point contraction off (fused operations are written where they are meant).
#pragma once
#include "cpu/dense.inl"
#include "cpu/edge.inl"
#include "cpu/edges.inl"
#include "cpu/elementwise.inl"
#include "cpu/local.inl"
#include "cpu/vector.inl"

namespace KAN_NS {

using kan::Kernels;
using kan::LossArgs;

// The four families of layers.
template <class S>
inline int64_t saved_bytes(const Layer& layer, int64_t batch) {
  return layer.spec.kind == KAN_LAYER_KAN && layer.spec.basis == KAN_BASIS_BSPLINE ? local_saved_bytes<S>(layer, batch)
                                                                                   : 0;
}

template <class S>
inline int64_t scratch_bytes(const Layer& layer, int64_t batch, int32_t mode, int threads) {
  if (layer.spec.kind == KAN_LAYER_KAN && layer.spec.basis == KAN_BASIS_BSPLINE)
    return local_scratch_bytes<S>(layer, batch, mode, threads);
  if (layer.spec.kind == KAN_LAYER_KAN && layer.spec.basis == KAN_BASIS_WAVELET)
    return edge_scratch_bytes<S>(layer, batch, mode, threads);
  if (layer.spec.kind == KAN_LAYER_KAN || layer.spec.kind == KAN_LAYER_LINEAR)
    return dense_scratch_bytes<S>(layer, batch, mode, threads);
  return elementwise_scratch_bytes<S>(layer, batch, mode, threads);
}

template <class S, template <class> class Policy>
inline void dense_run(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  dense_forward<S, Policy>(pool, layer, a);
}
template <class S, template <class> class Policy>
inline void dense_run(Pool& pool, const Layer& layer, const BackwardArgs& a) {
  dense_backward<S, Policy>(pool, layer, a);
}
template <class S, int32_t kWavelet>
inline void edge_run(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  edge_forward<S, kWavelet>(pool, layer, a);
}
template <class S, int32_t kWavelet>
inline void edge_run(Pool& pool, const Layer& layer, const BackwardArgs& a) {
  edge_backward<S, kWavelet>(pool, layer, a);
}
template <class S>
inline void local_run(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  local_forward_any<S>(pool, layer, a);
}
template <class S>
inline void local_run(Pool& pool, const Layer& layer, const BackwardArgs& a) {
  local_backward_any<S>(pool, layer, a);
}
template <class S>
inline void elementwise_run(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  elementwise_forward<S>(pool, layer, a);
}
template <class S>
inline void elementwise_run(Pool& pool, const Layer& layer, const BackwardArgs& a) {
  elementwise_backward<S>(pool, layer, a);
}

// Forward or backward, by the type of the arguments.
template <class S, class Args>
inline void run_layer(Pool& pool, const Layer& layer, const Args& a) {
  if (layer.spec.kind == KAN_LAYER_LINEAR) return dense_run<S, IdentityBasis>(pool, layer, a);
  if (layer.spec.kind != KAN_LAYER_KAN) return elementwise_run<S>(pool, layer, a);
  switch (layer.spec.basis) {
    case KAN_BASIS_BSPLINE: return local_run<S>(pool, layer, a);
    case KAN_BASIS_WAVELET:
      switch (layer.spec.wavelet) {
        case KAN_WAVELET_HAT: return edge_run<S, KAN_WAVELET_HAT>(pool, layer, a);
        case KAN_WAVELET_MORLET: return edge_run<S, KAN_WAVELET_MORLET>(pool, layer, a);
        case KAN_WAVELET_DOG: return edge_run<S, KAN_WAVELET_DOG>(pool, layer, a);
        case KAN_WAVELET_MEYER: return edge_run<S, KAN_WAVELET_MEYER>(pool, layer, a);
        default: return edge_run<S, KAN_WAVELET_SHANNON>(pool, layer, a);
      }
#define KAN_GLOBAL_BASIS(name, constant, policy) \
  case constant: return dense_run<S, policy>(pool, layer, a);
#include "registry/basis.inc"
  }
}

inline const Kernels& kernel_table(const char* name) {
  static Kernels k = {};
  k.name = name;
  k.saved_bytes = [](const Layer& layer, int64_t batch) -> int64_t {
    return layer.f64 ? saved_bytes<double>(layer, batch) : saved_bytes<float>(layer, batch);
  };
  k.scratch_bytes = [](const Pool& pool, const Layer& layer, int64_t batch, int32_t mode) -> int64_t {
    const int threads = pool.threads();
    return layer.f64 ? max64(scratch_bytes<double>(layer, batch, mode, threads),
                             edges_scratch_bytes<double>(layer, batch, mode, threads))
                     : max64(scratch_bytes<float>(layer, batch, mode, threads),
                             edges_scratch_bytes<float>(layer, batch, mode, threads));
  };
  k.forward = [](Pool& pool, const Layer& layer, const ForwardArgs& a) {
    layer.f64 ? run_layer<double>(pool, layer, a) : run_layer<float>(pool, layer, a);
  };
  k.backward = [](Pool& pool, const Layer& layer, const BackwardArgs& a) {
    layer.f64 ? run_layer<double>(pool, layer, a) : run_layer<float>(pool, layer, a);
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
    layer.f64 ? run_edges<double>(pool, layer, a) : run_edges<float>(pool, layer, a);
  };
  k.edge_backward = [](Pool& pool, const Layer& layer, const EdgeBackwardArgs& a) {
    layer.f64 ? run_edges<double>(pool, layer, a) : run_edges<float>(pool, layer, a);
  };
  // Not on a training or serving path: the reference serves every tier.
  k.basis = kan::reference_kernels().basis;
  return k;
}

}  // namespace KAN_NS
