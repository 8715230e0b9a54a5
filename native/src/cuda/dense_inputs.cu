// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "cuda/dense_kernels.hpp"

namespace kan::cuda {

__device__ __forceinline__ void put(float* to, int64_t at, float value, bool add) {
  to[at] = add ? to[at] + value : value;
}

// A block's product into shared memory, [column][row].
template <class Tile, class Product>
__device__ __forceinline__ void spread_sums(const Product& product, float* sums, int length) {
#pragma unroll
  for (int i = 0; i < Tile::kRows / 16; ++i)
#pragma unroll
    for (int j = 0; j < 4; ++j)
#pragma unroll
      for (int e = 0; e < 4; ++e)
        sums[(Tile::column() + product.column(j, e & 1)) * length + Tile::row() + product.row(i, e >> 1)] =
            product.sum[i][j][e];
}

// What one of several parts of an input's rows gives; the first of them begins the sum.
__device__ __forceinline__ void add_part(const DenseInputs& p, int64_t at, float d_z, float d_x, bool later) {
  if (p.d_z) put(p.d_z, at, d_z, later);
  if (p.d_x_mode != KAN_GRAD_NONE) put(p.d_x, at, p.d_z ? d_x : d_z + d_x, p.d_x_mode == KAN_GRAD_ACCUMULATE || later);
}

// Gradients of a chunk's inputs, which lie at each input's first rows of the sums, [row][sample], to rows of x.
__device__ __forceinline__ void leave_inputs(const DenseInputs& p, const Chunk& c, int64_t b0, int samples,
                                             const float* sums, int length) {
  const int rows = c.r1 - c.r0, inputs = int(c.i1 - c.i0);
  for (int u = int(threadIdx.x); u < samples * inputs; u += kBlockThreads) {
    const int s = u / inputs, j = u - s * inputs;
    const float* g = sums + j * rows * length + s;
    const int64_t at = (b0 + s) * p.input.layer.in + c.i0 + j;
    if (p.d_z) p.d_z[at] = g[0];
    if (p.d_x_mode != KAN_GRAD_NONE) put(p.d_x, at, p.d_z ? g[length] : g[0], p.d_x_mode == KAN_GRAD_ACCUMULATE);
  }
}

// The block's d_y of the 32 outputs that are number q on its way into shared memory, [sample][output].
__device__ __forceinline__ void fetch_cotangents(const DenseInputs& p, int64_t b0, int samples, int64_t q, bool aligned,
                                                 float* to) {
  const LayerView& l = p.input.layer;
  const int64_t o = q * kByRowDepth, width = l.tile_width(q / 2);
  const int valid = int(least(kByRowDepth, width - q % 2 * kByRowDepth));  // may be negative: none
  fetch<kByRowDepth / 4>(to, kByRowLength, valid > 0 ? p.d_y + b0 * l.out + o : p.d_y, l.out, kBlockRows,
                         valid > 0 ? samples : 0, valid, aligned);
}

// A chunk's weights of the 32 outputs that are number q on their way into shared memory, [row][output].
template <int kColumns>
__device__ __forceinline__ void fetch_weights(const DenseInputs& p, const Chunk& c, int64_t q, bool unfolded,
                                              bool weights_aligned, float* to) {
  const LayerView& l = p.input.layer;
  const int64_t tile = q / 2, width = l.tile_width(tile), begin = q % 2 * kByRowDepth;
  const int valid = int(least(kByRowDepth, width - begin)), rows = valid > 0 ? c.count() : 0;  // may be negative: none
  const bool aligned = weights_aligned && width % 4 == 0;
  if (unfolded) {
    const UnfoldedRows row_at(p.edges, valid > 0 ? tile : 0, width, c, p.chunks.rows);
    fetch_rows<kByRowDepth / 4>(
        to, kByRowLength, [&](int r) { return row_at(r) + begin; }, l.weights, kColumns, rows, valid, aligned);
    return;
  }
  const float* from = l.weights + tile_offset(l, tile) + p.chunks.first_row(c) * width + begin;
  fetch<kByRowDepth / 4>(to, kByRowLength, valid > 0 ? from : l.weights, width, kColumns, rows, valid, aligned);
}

// Grid: (groups of inputs, blocks of samples).
template <ProductWay kWay, int kColumns, int32_t kBasis>
__global__ void __launch_bounds__(kBlockThreads, product_blocks(kWay, kColumns))
    dense_inputs_kernel(const DenseInputs p) {
  using Tile = BlockTile<kColumns>;
  constexpr int kStageA = kBlockRows * kByRowLength, kStageB = kColumns * kByRowLength, kLengthC = kBlockRows + 4;
  KAN_SHARED_MEMORY(float, shared);
  __shared__ float table_room[3 * kTableDegrees];
  const DenseInput& in = p.input;
  const LayerView& l = in.layer;
  const BasisTable table = BasisTable::of<kBasis>(l, table_room);
  float* const stage_a = shared;
  float* const stage_b = stage_a + 2 * kStageA;
  float* const sums = shared;  // [weight row][sample], after the product
  const int lane = int(threadIdx.x) & 31, warp = int(threadIdx.x) >> 5;
  const bool d_y_aligned = l.out % 4 == 0 && aligned_16(p.d_y), weights_aligned = aligned_16(l.weights);
  const bool unfolded = takes_unfolded<kWay, kBasis>() && p.unfolded;
  const int64_t chunks = 2 * ratio_up(l.out, kTile);  // of 32 outputs

  for (int64_t block = blockIdx.y; block < ratio_up(in.batch, kBlockRows); block += gridDim.y) {
    const int64_t b0 = block * kBlockRows;
    const int samples = int(least(kBlockRows, in.batch - b0));
    for (int32_t part = 0; part < p.chunks.parts; ++part) {
      const Chunk c = p.chunks.at(int64_t(blockIdx.x) * p.chunks.parts + part);
      const int rows = c.r1 - c.r0, inputs = int(c.i1 - c.i0);
      const auto fetch_outputs = [&](int64_t q) {
        fetch_cotangents(p, b0, samples, q, d_y_aligned, stage_a + (q & 1) * kStageA);
        fetch_weights<kColumns>(p, c, q, unfolded, weights_aligned, stage_b + (q & 1) * kStageB);
      };
      WarpProduct<kWay, Tile::kRows, false, false> product(lane);
      __syncthreads();  // the part before has been read
      fetch_outputs(0);
      for (int64_t q = 0; q < chunks; ++q) {
        copy_wait();
        __syncthreads();
        if (q + 1 < chunks) fetch_outputs(q + 1);
        if (unfolded) {
          fold_rows<kByRowDepth / 4>(p.edges, c, q * kByRowDepth, stage_b + (q & 1) * kStageB, kByRowLength);
          __syncthreads();
        }
        product.add(stage_a + (q & 1) * kStageA + Tile::row() * kByRowLength, kByRowLength,
                    stage_b + (q & 1) * kStageB + Tile::column() * kByRowLength, kByRowLength, kByRowDepth);
      }
      __syncthreads();
      spread_sums<Tile>(product, sums, kLengthC);
      __syncthreads();

      // Lanes are samples; results take the place of the sums they come from, to leave in rows of x.
      const bool whole = p.chunks.parts == 1;
      for (int u = warp; u < 4 * inputs; u += kBlockThreads / 32) {
        const int j = u >> 2, s = (u & 3) * 32 + lane;
        const int64_t i = c.i0 + j, b = b0 + s;
        const bool there = s < samples;
        float* g = sums + j * rows * kLengthC + s;
        const float x = there ? in.x[b * l.in + i] : 0.0f;
        const auto row = [&](int32_t r) { return r >= c.r0 && r < c.r1 ? g[(r - c.r0) * kLengthC] : 0.0f; };
        float* const theta = p.theta ? p.theta + ((block * 4 + (u & 3)) * l.in + i) * p.per_input : nullptr;
        float d_x = 0;
        const auto accumulate = [&](int32_t k, float value) {
          value = there ? value : 0.0f;
          for (int m = 16; m > 0; m >>= 1) value += __shfl_xor_sync(0xffffffffu, value, m);
          if (lane == 0) put(theta, k, value, part > 0);
        };
        const RowNorm norm = row_norm(in, b);
        const float d_z = theta ? pull_back<kBasis, true>(in, table, norm, i, b, x, row, d_x, accumulate)
                                : pull_back<kBasis, false>(in, table, norm, i, b, x, row, d_x, accumulate);
        if (whole) {
          g[0] = p.d_z ? d_z : d_z + d_x;
          if (p.d_z && p.d_x_mode != KAN_GRAD_NONE)
            g[kLengthC] = d_x;  // with a base branch there are two rows at least
        } else if (there) {
          add_part(p, b * l.in + i, d_z, d_x, part > 0);
        }
      }
      if (!whole) continue;
      __syncthreads();
      leave_inputs(p, c, b0, samples, sums, kLengthC);
    }
  }
}

void launch_dense_inputs(CudaDevice& d, ProductWay way, int32_t basis, const DensePlan& plan, const DenseInputs& p) {
  const dim3 grid = dim3(unsigned(plan.input_groups), grid_rows(plan.row_blocks));
#define KAN_LAUNCH(kWay, kColumns, kBasis)                             \
  if (way == kWay && plan.tile.columns == kColumns && basis == kBasis) \
    return launch(d, dense_inputs_kernel<kWay, kColumns, kBasis>, grid, kBlockThreads, size_t(plan.inputs_shared()), p);
  KAN_DENSE_KERNELS(KAN_LAUNCH)
#undef KAN_LAUNCH
}

}  // namespace kan::cuda
