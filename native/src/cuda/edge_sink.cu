// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Scale and mask of an edge on their way into products and back; see edge_sink.cuh. An edge a thread, neighbouring threads on
// neighbouring outputs of one tile. Bytes: fold 4 (rows + product rows) in out; totals 4 (splits + 2) product rows in out and
// the sink's. Floor: bytes over bandwidth.
#include "cuda/edge_sink.cuh"

#include "cuda/dense_plan.hpp"

namespace kan::cuda {
namespace {

constexpr int kSinkThreads = 256;

struct Edge {
  int64_t tile, i;
  int width, o;

  __device__ Edge(const LayerView& l, int64_t number) {
    tile = number / (kTile * l.in);
    width = int(l.tile_width(tile));
    const int64_t within = number - tile * kTile * l.in;
    i = within / width;
    o = int(within - i * width);
  }
  // Its first number in tiles of `rows` rows an input.
  __device__ int64_t at(const LayerView& l, int32_t rows) const { return (tile * kTile * l.in + i * width) * rows + o; }
};

__global__ void __launch_bounds__(kSinkThreads) fold_kernel(const LayerView l, float* __restrict__ to) {
  const int32_t first = l.base_row < 0 ? 0 : 1;
  for (int64_t number = first_index(); number < l.in * l.out; number += index_step()) {
    const Edge e(l, number);
    const float* const from = l.params + e.at(l, l.rows);
    float* const out = to + e.at(l, first + l.n);
    const float mask = l.mask >= 0 ? l.buffers[l.mask + e.at(l, 1)] : 1.0f;
    const float factor = l.scale_row >= 0 ? mask * from[l.scale_row * e.width] : mask;
    if (l.base_row >= 0) out[0] = mask * from[l.base_row * e.width];
#pragma unroll 8
    for (int r = 0; r < l.n; ++r) out[int64_t(first + r) * e.width] = factor * from[int64_t(l.coef_row + r) * e.width];
  }
}

// The sums of an edge's rows over splits and bands are first written over their parts, then handed to the sink.
__global__ void __launch_bounds__(kSinkThreads)
    edge_totals_kernel(const LayerView l, float* parts, int splits, const Bands bands, const Sink sink) {
  const Sink::Writer writer(sink);
  const int32_t first = l.base_row < 0 ? 0 : 1, length = bands.count > 0 ? bands.rows() : first + l.n;
  const int32_t rows = length * (bands.count > 0 ? bands.count : 1);
  const int64_t stride = l.in * l.out * rows;
  for (int64_t number = first_index(); number < l.in * l.out; number += index_step()) {
    const Edge e(l, number);
    float* const from = parts + e.at(l, rows);
    const auto row = [&](int32_t r) {
      float sum = from[int64_t(r) * e.width];
      for (int s = 1; s < splits; ++s) sum += from[s * stride + int64_t(r) * e.width];
      return sum;
    };
    // Coefficients, from row `begin` on; a number is written where only itself has been read, as bands are longer than their windows.
    const int32_t begin = bands.count > 0 ? 0 : first;
    float base = 0;
    if (bands.count == 0 && first > 0) base = row(0);
    for (int32_t b = 1; b <= bands.count; ++b) base += row(b * length - 1);
    for (int32_t c = 0; c < l.n; ++c) {
      float sum = 0;
      if (bands.count == 0) sum = row(begin + c);
      for (int32_t b = bands.count > 0 ? int32_t(least(c / bands.windows, bands.count - 1)) : -1;
           b >= 0 && c - b * bands.windows < bands.windows + bands.order; --b)
        sum += row(b * length + c - b * bands.windows);
      from[int64_t(begin + c) * e.width] = sum;
    }
    finish_edge(l, writer, e.tile, e.width, e.i, e.o,
                [&](int32_t r) { return r < first ? base : from[int64_t(begin + r - first) * e.width]; });
  }
}

}  // namespace

Layer folded(const Layer& l) {
  if (!folds(l)) return l;
  Layer p = l;
  p.coef_row = l.base_row < 0 ? 0 : 1;
  p.rows = p.coef_row + l.n;
  p.scale_row = -1;
  p.mask = -1;
  p.spec.flags &= ~(KAN_FLAG_SCALE | KAN_FLAG_MASK);
  return p;
}

void fold_weights(CudaDevice& d, const LayerView& l, float* to) {
  launch(d, fold_kernel, grid_for(d, l.in * l.out, kSinkThreads), kSinkThreads, 0, l, to);
}

void edge_totals(CudaDevice& d, const LayerView& l, float* parts, int splits, const Bands& bands, const Sink& sink) {
  launch(d, edge_totals_kernel, grid_for(d, l.in * l.out, kSinkThreads), kSinkThreads, 0, l, parts, splits, bands,
         sink);
}

}  // namespace kan::cuda
