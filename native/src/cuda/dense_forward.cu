// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "cuda/dense_kernels.hpp"

namespace kan::cuda {

// A block's product, with the bias if it is asked for, to y.
template <class Tile, class Product>
__device__ __forceinline__ void store_rows(const DenseForward& p, const Product& product, int64_t b0, int64_t o0) {
  const int64_t batch = p.input.batch, out = p.input.layer.out;
  float* const y = p.y + int64_t(blockIdx.z) * batch * out;
#pragma unroll
  for (int i = 0; i < Tile::kRows / 16; ++i)
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const int64_t b = b0 + Tile::row() + product.row(i, h);
      if (b >= batch) continue;
#pragma unroll
      for (int e = 0; e < 2; ++e) {
        const int64_t o = o0 + Tile::column() + product.column(0, e);  // and the next three
        if (o >= out) continue;
        float v[4];
#pragma unroll
        for (int j = 0; j < 4; ++j)
          v[j] = product.sum[i][j][2 * h + e] + (p.bias && o + j < out ? p.bias[o + j] : 0.0f);
        store_4(y + b * out + o, v, int(least(4, out - o)));
      }
    }
}

// A chunk's weights of the block's outputs on their way into shared memory, [row][output]; 0 beyond the chunk and the outputs.
template <int kColumns>
__device__ __forceinline__ void fetch_columns(const DenseForward& p, const Chunk& c, int64_t o0, int padded,
                                              bool unfolded, bool weights_aligned, float* to) {
  constexpr int kLength = kColumns + kByDepthPad;
  const LayerView& l = p.input.layer;
#pragma unroll
  for (int t = 0; t < kColumns / int(kTile); ++t) {
    const int64_t tile = o0 / kTile + t;
    const bool there = tile * kTile < l.out;
    const int64_t width = there ? l.tile_width(tile) : 4;
    if (unfolded) {
      const UnfoldedRows row_at(p.edges, there ? tile : 0, width, c, p.chunks.rows);
      fetch_rows<16>(to + t * kTile, kLength, row_at, l.weights, padded, there ? c.count() : 0, int(width),
                     weights_aligned && width % 4 == 0);
    } else {
      const float* from = there ? l.weights + tile_offset(l, tile) + p.chunks.first_row(c) * width : l.weights;
      fetch<16>(to + t * kTile, kLength, from, width, padded, there ? c.count() : 0, int(width),
                weights_aligned && width % 4 == 0);
    }
  }
}

// Grid: (blocks of samples, blocks of outputs, splits).
template <ProductWay kWay, int kColumns, int32_t kBasis>
__global__ void __launch_bounds__(kBlockThreads, product_blocks(kWay, kColumns))
    dense_forward_kernel(const DenseForward p) {
  using Tile = BlockTile<kColumns>;
  constexpr int kLengthA = kBlockRows + kByDepthPad, kLengthB = kColumns + kByDepthPad;
  KAN_SHARED_MEMORY(float, shared);
  __shared__ float table_room[3 * kTableDegrees];
  const DenseInput& in = p.input;
  const LayerView& l = in.layer;
  const BasisTable table = BasisTable::of<kBasis>(l, table_room);
  const int length_x = p.chunks.inputs | 1;
  float* const stage_a = shared;
  float* const stage_b = stage_a + 2 * p.depth * kLengthA;
  float* const stage_x = stage_b + 2 * p.depth * kLengthB;
  const int64_t b0 = int64_t(blockIdx.x) * kBlockRows, o0 = int64_t(blockIdx.y) * kColumns;
  const int64_t first = int64_t(blockIdx.z) * p.split.share, last = least(p.chunks.count, first + p.split.share);
  const int sample = int(threadIdx.x) & (kBlockRows - 1);
  const RowNorm norm = row_norm(in, b0 + sample);
  const bool weights_aligned = aligned_16(l.weights);
  const bool unfolded = takes_unfolded<kWay, kBasis>() && p.unfolded;

  const auto padded = [](int rows) {
    return (rows + product_step(kWay) - 1) / product_step(kWay) * product_step(kWay);
  };
  const auto fetch_inputs = [&](int64_t q) {
    const Chunk c = p.chunks.at(q);
    fetch_x(in, stage_x + (q & 1) * kBlockRows * length_x, length_x, b0, kBlockRows, c.i0, c.i1);
  };
  const auto fetch_weights = [&](int64_t q) {
    const Chunk c = p.chunks.at(q);
    fetch_columns<kColumns>(p, c, o0, padded(c.count()), unfolded, weights_aligned,
                            stage_b + (q & 1) * p.depth * kLengthB);
  };
  const auto make_phi = [&](int64_t q) {
    const Chunk c = p.chunks.at(q);
    float* a = stage_a + (q & 1) * p.depth * kLengthA + sample;
    const float* x = stage_x + (q & 1) * kBlockRows * length_x + sample * length_x;
    const int rows = c.r1 - c.r0;
    for (int j = int(threadIdx.x) / kBlockRows; j < int(c.i1 - c.i0); j += kBlockThreads / kBlockRows) {
      expand<kBasis>(in, table, norm, c.i0 + j, b0 + sample, x[j], [&](int32_t row, float value) {
        if (row >= c.r0 && row < c.r1) a[(j * rows + row - c.r0) * kLengthA] = value;
      });
    }
    for (int k = c.count() + int(threadIdx.x) / kBlockRows; k < padded(c.count()); k += kBlockThreads / kBlockRows)
      a[k * kLengthA] = 0;
  };

  WarpProduct<kWay, Tile::kRows, true, true> product(int(threadIdx.x) & 31);
  if (first < last) {
    fetch_inputs(first);
    copy_wait();
    __syncthreads();
    fetch_weights(first);
    if (first + 1 < last) fetch_inputs(first + 1);
    make_phi(first);
  }
  for (int64_t q = first; q < last; ++q) {
    copy_wait();
    __syncthreads();
    if (q + 1 < last) {
      fetch_weights(q + 1);
      if (q + 2 < last) fetch_inputs(q + 2);
      make_phi(q + 1);
    }
    if (unfolded) {
      fold_rows<kColumns / 4>(p.edges, p.chunks.at(q), o0, stage_b + (q & 1) * p.depth * kLengthB, kLengthB);
      __syncthreads();
    }
    product.add(stage_a + (q & 1) * p.depth * kLengthA + Tile::row(), kLengthA,
                stage_b + (q & 1) * p.depth * kLengthB + Tile::column(), kLengthB, padded(p.chunks.at(q).count()));
  }

  store_rows<Tile>(p, product, b0, o0);
}

void launch_dense_forward(CudaDevice& d, ProductWay way, int32_t basis, const DensePlan& plan, const DenseForward& p) {
  const dim3 grid = dim3(unsigned(plan.row_blocks), unsigned(plan.column_blocks), unsigned(plan.forward.splits));
#define KAN_LAUNCH(kWay, kColumns, kBasis)                                                                             \
  if (way == kWay && plan.tile.columns == kColumns && basis == kBasis)                                                 \
    return launch(d, dense_forward_kernel<kWay, kColumns, kBasis>, grid, kBlockThreads, size_t(plan.forward_shared()), \
                  p);
  KAN_DENSE_KERNELS(KAN_LAUNCH)
#undef KAN_LAUNCH
}

}  // namespace kan::cuda
