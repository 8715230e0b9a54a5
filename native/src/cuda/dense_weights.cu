// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "cuda/dense_kernels.hpp"

namespace kan::cuda {

// The finished sums [row of the chunk][output] of outputs o0 .. into the partial sums or the sink: lanes on neighbouring
// outputs, several rows a lane.
template <int kColumns>
__device__ __forceinline__ void hand_over(const DenseWeights& p, const Chunk& c, int64_t o0, int outputs,
                                          const float* sums, int length) {
  const LayerView& l = p.input.layer;
  const int64_t first_row = p.groups.first_row(c);
  if (p.partials) {
    float* const to = p.partials + int64_t(blockIdx.z) * l.in * l.rows * l.out;
    for (int u = int(threadIdx.x); u < c.count() * kColumns; u += kBlockThreads) {
      const int k = u / kColumns, column = u % kColumns;
      const int64_t tile = (o0 + column) / kTile;
      if (column < outputs)
        to[tile_offset(l, tile) + (first_row + k) * l.tile_width(tile) + column % kTile] = sums[k * length + column];
    }
    return;
  }
  const Sink::Writer writer(p.sink);
  const int inputs = int(c.i1 - c.i0), runs = p.folds ? inputs : (c.count() + kRowsInFlight - 1) / kRowsInFlight;
  for (int u = int(threadIdx.x); u < runs * kColumns; u += kBlockThreads) {
    const int run = u / kColumns, column = u % kColumns;
    if (column >= outputs) continue;
    const int64_t tile = (o0 + column) / kTile;
    const int width = int(l.tile_width(tile)), o = column % int(kTile);
    if (p.folds) {
      const float* const own = sums + run * l.rows * length + column;
      finish_edge(p.edges, writer, tile, width, c.i0 + run, o, [&](int r) { return own[r * length]; });
    } else {
      const int k = run * kRowsInFlight;
      writer.put_rows(tile_offset(l, tile) + (first_row + k) * width + o, width,
                      int(least(kRowsInFlight, c.count() - k)),
                      [&](int32_t r) { return sums[(k + r) * length + column]; });
    }
  }
}

// A block's product into shared memory, [row][column].
template <class Tile, class Product>
__device__ __forceinline__ void spread_rows(const Product& product, float* sums, int length) {
#pragma unroll
  for (int i = 0; i < Tile::kRows / 16; ++i)
#pragma unroll
    for (int h = 0; h < 2; ++h)
#pragma unroll
      for (int e = 0; e < 2; ++e)
        *reinterpret_cast<float4*>(sums + (Tile::row() + product.row(i, h)) * length + Tile::column() +
                                   product.column(0, e)) =
            make_float4(product.sum[i][0][2 * h + e], product.sum[i][1][2 * h + e], product.sum[i][2][2 * h + e],
                        product.sum[i][3][2 * h + e]);
}

// Grid: (groups of weight rows, blocks of outputs, splits of the batch).
template <ProductWay kWay, int kColumns, int32_t kBasis>
__global__ void __launch_bounds__(kBlockThreads, product_blocks(kWay, kColumns))
    dense_weights_kernel(const DenseWeights p) {
  using Tile = BlockTile<kColumns>;
  constexpr int kLengthB = kColumns + kByDepthPad;
  constexpr int kStageA = kBlockRows * kByRowLength, kStageB = kByRowDepth * kLengthB;
  KAN_SHARED_MEMORY(float, shared);
  __shared__ float table_room[3 * kTableDegrees];
  const DenseInput& in = p.input;
  const LayerView& l = in.layer;
  const BasisTable table = BasisTable::of<kBasis>(l, table_room);
  const int length_x = p.groups.inputs | 1;
  float* const stage_a = shared;
  float* const stage_b = stage_a + 2 * kStageA;
  float* const stage_x = stage_b + 2 * kStageB;
  const int lane = int(threadIdx.x) & 31;
  const int64_t o0 = int64_t(blockIdx.y) * kColumns;
  const int64_t first = int64_t(blockIdx.z) * p.split.share, last = least(p.sample_chunks, first + p.split.share);
  const bool aligned = l.out % 4 == 0 && aligned_16(p.d_y);
  const int outputs = int(least(kColumns, l.out - o0));

  const Chunk c = p.groups.at(blockIdx.x);
  const int rows = c.r1 - c.r0;
  const auto fetch_inputs = [&](int64_t q) {
    fetch_x(in, stage_x + (q & 1) * kByRowDepth * length_x, length_x, q * kByRowDepth, kByRowDepth, c.i0, c.i1);
  };
  const auto fetch_cotangents = [&](int64_t q) {
    const int64_t b = q * kByRowDepth;
    fetch<kColumns / 4>(stage_b + (q & 1) * kStageB, kLengthB, p.d_y + b * l.out + o0, l.out, kByRowDepth,
                        int(least(kByRowDepth, in.batch - b)), outputs, aligned);
  };
  // Lanes are samples, a warp takes every eighth input; 0 past the batch.
  const auto make_phi = [&](int64_t q) {
    float* a = stage_a + (q & 1) * kStageA + lane;
    const float* x = stage_x + (q & 1) * kByRowDepth * length_x + lane * length_x;
    const int64_t b = q * kByRowDepth + lane;
    const RowNorm norm = row_norm(in, b);
    for (int j = int(threadIdx.x) / 32; j < int(c.i1 - c.i0); j += kBlockThreads / 32) {
      expand<kBasis>(in, table, norm, c.i0 + j, b, x[j], [&](int32_t row, float value) {
        if (row >= c.r0 && row < c.r1) a[(j * rows + row - c.r0) * kByRowLength] = b < in.batch ? value : 0.0f;
      });
    }
  };

  WarpProduct<kWay, Tile::kRows, false, true> product(lane);
  if (first < last) {
    fetch_inputs(first);
    copy_wait();
    __syncthreads();
    fetch_cotangents(first);
    if (first + 1 < last) fetch_inputs(first + 1);
    make_phi(first);
  }
  for (int64_t q = first; q < last; ++q) {
    copy_wait();
    __syncthreads();
    if (q + 1 < last) {
      fetch_cotangents(q + 1);
      if (q + 2 < last) fetch_inputs(q + 2);
      make_phi(q + 1);
    }
    product.add(stage_a + (q & 1) * kStageA + Tile::row() * kByRowLength, kByRowLength,
                stage_b + (q & 1) * kStageB + Tile::column(), kLengthB, kByRowDepth);
  }

  constexpr int kLengthC = kColumns + 4;
  float* const sums = shared;  // [weight row][output]
  __syncthreads();             // the last stages have been read
  spread_rows<Tile>(product, sums, kLengthC);
  __syncthreads();
  hand_over<kColumns>(p, c, o0, outputs, sums, kLengthC);
}

void launch_dense_weights(CudaDevice& d, ProductWay way, int32_t basis, const DensePlan& plan, const DenseWeights& p) {
  const dim3 grid = dim3(unsigned(plan.groups.count), unsigned(plan.column_blocks), unsigned(plan.weights.splits));
#define KAN_LAUNCH(kWay, kColumns, kBasis)                                                                             \
  if (way == kWay && plan.tile.columns == kColumns && basis == kBasis)                                                 \
    return launch(d, dense_weights_kernel<kWay, kColumns, kBasis>, grid, kBlockThreads, size_t(plan.weights_shared()), \
                  p);
  KAN_DENSE_KERNELS(KAN_LAUNCH)
#undef KAN_LAUNCH
}

}  // namespace kan::cuda
