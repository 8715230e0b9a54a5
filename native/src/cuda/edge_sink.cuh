// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Where sums over samples become gradients of an edge's rows: scale and mask multiply the base weight and the coefficients,
//   w' = m w,  c'_r = m s c_r;      d_w = m d_w',  d_c_r = m s d_c'_r,  d_s = m sum_r c_r d_c'_r
// Products see w' and c' alone (the *product rows* of an input: base, then coefficients); this is the way back.
#pragma once
#include "cuda/device.cuh"

namespace kan::cuda {

__device__ __forceinline__ int32_t product_rows(const LayerView& l) { return (l.base_row < 0 ? 0 : 1) + l.n; }

// Rows whose three AdamW numbers are read together: 15 loads a thread, some 30 KB a multiprocessor, which bandwidth times
// latency asks for. Twice as many, all of a default edge, spill 500 to 1000 bytes of the product kernels' 128 registers.
constexpr int kRowsInFlight = 5;

// The gradients of edge (tile, o; i) into the sink, from its product rows' sums raw(r).
template <class Raw>
__device__ __forceinline__ void finish_edge(const LayerView& l, const Sink::Writer& writer, int64_t tile, int width,
                                            int64_t i, int o, Raw&& raw) {
  const int64_t at = tile * kTile * l.in * l.rows + i * l.rows * width + o;
  const float mask = l.mask >= 0 ? l.buffers[l.mask + tile * kTile * l.in + i * width + o] : 1.0f;
  const int32_t first = l.base_row < 0 ? 0 : 1;  // product row of the first coefficient
  float factor = mask, scale_sum = 0;
  if (l.scale_row >= 0) {
    factor = mask * l.params[at + l.scale_row * width];
    // With the coefficients as they are before the sink moves them.
#pragma unroll 4
    for (int r = 0; r < l.n; ++r)
      scale_sum = fma(l.params[at + int64_t(l.coef_row + r) * width], raw(first + r), scale_sum);
  }
  for (int32_t r0 = 0; r0 < l.rows; r0 += kRowsInFlight) {
    float g[kRowsInFlight];
#pragma unroll
    for (int j = 0; j < kRowsInFlight; ++j) {
      const int32_t r = r0 + j;
      if (r >= l.rows) g[j] = 0;
      else if (r == l.scale_row) g[j] = mask * scale_sum;
      else if (r == l.base_row) g[j] = mask * raw(0);
      else g[j] = factor * raw(r - l.coef_row + first);
    }
    writer.put_rows(at + int64_t(r0) * width, width, g, l.rows - r0);
  }
}

// The second stage of a weight gradient: an edge a thread, `splits` parts added in order, each (product rows) as tiles hold
// them.
void edge_totals(CudaDevice& d, const LayerView& l, const float* parts, int splits, const Sink& sink);

// Whether the rows in params are not those that a product multiplies.
inline bool folds(const Layer& l) { return l.scale_row >= 0 || l.mask >= 0; }
// The layer as products see it: product rows alone.
Layer folded(const Layer& l);
// Writes w' and c' of all edges, as folded(l) lays them out: 4 bytes a number read and written.
void fold_weights(CudaDevice& d, const LayerView& l, float* to);

}  // namespace kan::cuda
