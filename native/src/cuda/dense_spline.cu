// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The taps of B-splines for dense products: evaluated once for each input and sample, any order, even or uneven knots, and
// kept as [input][window, tap 0 .. k][sample], so that product kernels hold no spline. Bytes 4 in batch (k + 3), read again
// by every block of outputs; floor bytes over bandwidth.
#include "cuda/dense_kernels.hpp"

namespace kan::cuda {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / kWarp;

// Blocks of 32 samples by 32 inputs; lanes are samples.
template <int K, bool kDerivative>
__global__ void __launch_bounds__(kThreads) taps_kernel(const DenseInput in) {
  __shared__ float xs[kWarp][kWarp + 1];
  const LayerView& l = in.layer;
  const int lane = int(threadIdx.x) % kWarp, warp = int(threadIdx.x) / kWarp;
  const int64_t first = int64_t(blockIdx.x) * kWarp;
  for (int64_t block = blockIdx.y; block < in.taps_length / kWarp; block += gridDim.y) {
    const int64_t b0 = block * kWarp, b = b0 + lane;
    __syncthreads();
    for (int s = warp; s < kWarp; s += kWarps)
      xs[s][lane] = b0 + s < in.batch && first + lane < l.in ? in.x[(b0 + s) * l.in + first + lane] : 0.0f;
    __syncthreads();
    const RowNorm norm = row_norm(in, b);
    for (int j = warp; j < kWarp && first + j < l.in; j += kWarps) {
      const int64_t i = first + j;
      float taps[K + 1];
      const int32_t window = bspline_taps<K, kDerivative>(grid_of(l, i), basis_input(in, norm, i, xs[lane][j]), taps);
      float* const to = in.taps + i * (K + 2) * in.taps_length + b;
      to[0] = __uint_as_float(b < in.batch ? uint32_t(window) : 0u);
#pragma unroll
      for (int r = 0; r <= K; ++r) to[(1 + r) * in.taps_length] = b < in.batch ? taps[r] : 0.0f;
    }
  }
}

template <int K>
void launch_taps(CudaDevice& d, const DenseInput& input, bool derivative) {
  const dim3 grid(unsigned(ratio_up(input.layer.in, kWarp)), grid_rows(input.taps_length / kWarp));
  launch(d, derivative ? taps_kernel<K, true> : taps_kernel<K, false>, grid, kThreads, 0, input);
}

}  // namespace

void make_taps(CudaDevice& d, const DenseInput& input, bool derivative) {
  if (input.layer.basis != KAN_BASIS_BSPLINE) return;
  switch (input.layer.order) {
    case 1: return launch_taps<1>(d, input, derivative);
    case 2: return launch_taps<2>(d, input, derivative);
    case 3: return launch_taps<3>(d, input, derivative);
    case 4: return launch_taps<4>(d, input, derivative);
    default: return launch_taps<5>(d, input, derivative);
  }
}

}  // namespace kan::cuda
