// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Where sums over samples become gradients of an edge's rows: scale and mask multiply the base weight and the coefficients,
//   w' = m w,  c'_r = m s c_r;      d_w = m d_w',  d_c_r = m s d_c'_r,  d_s = m sum_r c_r d_c'_r
// Products see w' and c' alone (the *product rows* of an input: base, then coefficients); this is the way back.
#pragma once
#include "cuda/device.cuh"

namespace kan::cuda {

__device__ __forceinline__ int32_t product_rows(const LayerView& l) { return (l.base_row < 0 ? 0 : 1) + l.n; }

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
  writer.put_rows(at, width, l.rows, [&](int32_t r) {
    return r == l.scale_row ? mask * scale_sum : r == l.base_row ? mask * raw(0) : factor * raw(r - l.coef_row + first);
  });
}

// What the rows of an edge's sums are, as tiles hold them. count 0: the product rows. Else bands of `windows` windows of splines
// each: the windows + order coefficients that they touch, of which neighbours share `order`, then the band's share of the base
// weight's.
struct Bands {
  int32_t count = 0, windows = 0, order = 0;
  KAN_HD int32_t rows() const { return windows + order + 1; }
};

// The second stage of a weight gradient: an edge a thread, `splits` parts added in order. Parts are written over.
void edge_totals(CudaDevice& d, const LayerView& l, float* parts, int splits, const Bands& bands, const Sink& sink);

// Whether the rows in params are not those that a product multiplies.
inline bool folds(const Layer& l) { return l.scale_row >= 0 || l.mask >= 0; }
// The layer as products see it: product rows alone.
Layer folded(const Layer& l);
// Writes w' and c' of all edges, as folded(l) lays them out: 4 bytes a number read and written.
void fold_weights(CudaDevice& d, const LayerView& l, float* to);

}  // namespace kan::cuda
