// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Launches of the dense kernels, one source file a product; see dense.cuh.
#pragma once
#include "cuda/dense.cuh"
#include "cuda/dense_cost.hpp"

namespace kan::cuda {

// The kernels that are compiled: way, columns of a block, basis. The bases of most models have their own; the others share
// one, narrow for fp32, and multiply-add has one for all.
#define KAN_DENSE_BASES(use, way, columns)                                                                      \
  use(way, columns, KAN_BASIS_NONE) use(way, columns, KAN_BASIS_BSPLINE) use(way, columns, KAN_BASIS_CHEBYSHEV) \
      use(way, columns, KAN_BASIS_RBF) use(way, columns, KAN_BASIS_FOURIER)
#ifdef KAN_HOT_KERNELS  // those whose machine code bench/sass reads; the others differ in what makes phi
#define KAN_DENSE_KERNELS(use)                                                                               \
  use(kTf32x3, 64, KAN_BASIS_BSPLINE) use(kTf32x3, 128, KAN_BASIS_BSPLINE) use(kTf32x3, 128, KAN_BASIS_NONE) \
      use(kTf32, 128, KAN_BASIS_BSPLINE) use(kBf16, 128, KAN_BASIS_BSPLINE) use(kTf32x3, 64, KAN_BASIS_NONE) \
          use(kTf32, 128, KAN_BASIS_NONE) use(kBf16, 128, KAN_BASIS_NONE)
#else
#define KAN_DENSE_KERNELS(use)                                                                         \
  use(kFma, 64, kAnyBasis) KAN_DENSE_BASES(use, kTf32x3, 64) use(kTf32x3, 64, kOtherBasis)             \
      KAN_DENSE_BASES(use, kTf32x3, 128) KAN_DENSE_BASES(use, kTf32, 128) use(kTf32, 128, kOtherBasis) \
          KAN_DENSE_BASES(use, kBf16, 128) use(kBf16, 128, kOtherBasis)
#endif

inline int32_t kernel_basis(ProductWay way, const Layer& l) {
  if (way == kFma) return kAnyBasis;
  const int32_t basis = l.spec.kind == KAN_LAYER_LINEAR ? int32_t(KAN_BASIS_NONE) : l.spec.basis;
  return has_own_kernels(basis) ? basis : kOtherBasis;
}

// Blocks of a dimension that kernels walk through in strides, as many as a grid may have.
inline unsigned grid_rows(int64_t n) { return unsigned(least(n, 65535)); }

void launch_dense_forward(CudaDevice& d, ProductWay way, int32_t basis, const DensePlan& plan, const DenseForward& p);
void launch_dense_weights(CudaDevice& d, ProductWay way, int32_t basis, const DensePlan& plan, const DenseWeights& p);
void launch_dense_inputs(CudaDevice& d, ProductWay way, int32_t basis, const DensePlan& plan, const DenseInputs& p);

// ---------------------------------------------------------- what the entries that expand a basis share (dense.cu)

inline bool dense_family(const Layer& l) {
  const kan_layer_spec& s = l.spec;
  return s.kind == KAN_LAYER_LINEAR || (s.kind == KAN_LAYER_KAN && s.basis != KAN_BASIS_WAVELET);
}
// B-splines: the taps of all samples, or their derivatives, into input.taps (dense_spline.cu); nothing for other bases.
void make_taps(CudaDevice& d, const DenseInput& input, bool derivative);
inline int64_t taps_length(int64_t batch) { return ratio_up(batch, kBlockRows) * kBlockRows; }
inline int64_t taps_numbers(const Layer& l, int64_t batch) {
  const bool splines = l.spec.kind == KAN_LAYER_KAN && l.spec.basis == KAN_BASIS_BSPLINE;
  return splines ? l.in * (l.spec.order + 2) * taps_length(batch) : 0;
}
constexpr int64_t kMostTaps = int64_t(1) << 28;  // 1 GiB of scratch
// Everything but B-splines is at its best as a product; those where the model says so.
inline bool dense_suits(const Problem& p) {
  const Layer& l = p.layer;
  if (l.spec.kind != KAN_LAYER_KAN || l.spec.basis != KAN_BASIS_BSPLINE) return true;
  if (!kBsplineTaps.can(p)) return true;
  if (taps_numbers(l, p.batch) > kMostTaps) return false;
  return products_cost(folded(l), p.batch, p.pass, p.device.products, folds(l)) <
         taps_cost(l, p.batch, p.pass, p.device.multiprocessors);
}

// What a backward pass owes to the inputs' side.
struct InputPasses {
  bool norm, theta;     // LayerNorm; gradients of the basis' own parameters
  bool cotangents;      // dPhi is needed at all
  int32_t direct_mode;  // how d_x receives what does not pass the norm (NONE where nothing does)
  int32_t norm_mode;    // and what does

  InputPasses(const Layer& l, int32_t d_x_mode, bool gradients)
      : norm(l.flag(KAN_FLAG_NORM)), theta(l.theta_trained && gradients),
        cotangents(d_x_mode != KAN_GRAD_NONE || ((norm || theta) && gradients)), direct_mode(d_x_mode),
        norm_mode(d_x_mode) {
    if (!norm || d_x_mode == KAN_GRAD_NONE) return;
    if (l.base_row >= 0 && !l.flag(KAN_FLAG_BASE_NORM)) norm_mode = KAN_GRAD_ACCUMULATE;
    else direct_mode = KAN_GRAD_NONE;
  }
};

// x with the moments of its rows, which are computed into `moments` (batch, 2) where the layer has a norm. l: as products
// see it; `weights`: its rows, folded where that is another layer than params'.
DenseInput dense_input(CudaDevice& d, const Layer& l, int64_t batch, const void* x, const void* params,
                       const void* buffers, const float* weights, float* moments, float* taps);

// Numbers of the folded weights; 0 where params are what products multiply.
inline int64_t folded_numbers(const Layer& l) { return folds(l) ? l.in * folded(l).rows * l.out : 0; }
// The rows that products multiply: params, or `room` with the folded ones.
inline const float* product_weights(CudaDevice& d, const Layer& l, const void* params, const void* buffers,
                                    float* room) {
  if (!folds(l)) return static_cast<const float*>(params);
  fold_weights(d, LayerView(l, params, buffers), room);
  return room;
}

// The gradients that are left when inputs and weights are done: bias, theta from its partial sums (slots, in, per input),
// LayerNorm. They come last: what they may update (fused AdamW) has been read by the products.
void dense_finish(CudaDevice& d, const Layer& l, const BackwardArgs& a, const Sink& sink, const InputPasses& passes,
                  const DenseInput& input, const float* theta, int64_t slots, const float* d_z, float* sums);

}  // namespace kan::cuda
