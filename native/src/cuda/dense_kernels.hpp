// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Launches of the dense kernels, one source file a product; see dense.cuh.
#pragma once
#include "cuda/dense.cuh"

namespace kan::cuda {

// The ways that are compiled, with the columns of a block each.
#define KAN_DENSE_KERNELS(use) \
  use(kFma, 64) use(kTf32x3, 64) use(kTf32x3, 128) use(kTf32, 128) use(kBf16, 128)

// Blocks of a dimension that kernels walk through in strides, as many as a grid may have.
inline unsigned grid_rows(int64_t n) { return unsigned(least(n, 65535)); }

void launch_dense_forward(CudaDevice& d, ProductWay way, const DensePlan& plan, const DenseForward& p);
void launch_dense_weights(CudaDevice& d, ProductWay way, const DensePlan& plan, const DenseWeights& p);
void launch_dense_inputs(CudaDevice& d, ProductWay way, const DensePlan& plan, const DenseInputs& p);

// ---------------------------------------------------------- what the entries that expand a basis share (dense.cu)

inline bool dense_family(const Layer& l) {
  const kan_layer_spec& s = l.spec;
  if (s.kind != KAN_LAYER_KAN) return s.kind == KAN_LAYER_LINEAR;
  if (s.basis == KAN_BASIS_BSPLINE) return s.order == kDenseOrder && !l.flag(KAN_FLAG_SCALE) && !l.flag(KAN_FLAG_MASK);
  return s.basis != KAN_BASIS_WAVELET;
}
// B-splines: k + 1 of n functions are touched, so tensor cores must be that much faster than float32 multiply-add. Three
// tf32 products are not, for all but the coarsest grids.
inline bool dense_suits(const CudaDevice& d, const Layer& l, int64_t batch) {
  if (l.spec.kind != KAN_LAYER_KAN || l.spec.basis != KAN_BASIS_BSPLINE) return true;
  return d.products != KAN_PRODUCTS_FP32 && batch >= 128 && l.n <= 16 * (kDenseOrder + 1);
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

// x with the moments of its rows, which are computed into `moments` (batch, 2) where the layer has a norm.
DenseInput dense_input(CudaDevice& d, const Layer& l, int64_t batch, const void* x, const void* params,
                       const void* buffers, float* moments);

// The gradients that are left when inputs and weights are done: bias, theta from its partial sums (slots, in, per input),
// LayerNorm. They come last: what they may update (fused AdamW) has been read by the products.
void dense_finish(CudaDevice& d, const Layer& l, const BackwardArgs& a, const Sink& sink, const InputPasses& passes,
                  const DenseInput& input, const float* theta, int64_t slots, const float* d_z, float* sums);

}  // namespace kan::cuda
