// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The dense family on the device: layers whose edge touches every basis function of its input, and LINEAR; and B-splines as
// if every one of their functions were touched, which tensor cores make good: their taps are made first (dense_spline.cu), and
// scale and mask are folded into the weights (edge_sink.cuh). With R product rows an input (base a(x), then phi_1 .. phi_n) all are products whose one operand
// is never in device memory:
//
//   forward    Y (batch, out)      = Phi (batch, in R) W (in R, out) + bias     A made by the basis policy
//   weights    dW (in R, out)      = Phi^T dY (batch, out)                      A made by the basis policy
//   inputs     dPhi (batch, in R)  = dY W^T, pulled back at once to d_z (batch, in) and d_theta by the policy's vjp
//
// Flops: 2 batch in R out each. Bytes: forward 4 (in R out + batch (in + out)) and the weights again for every 128 samples
// beyond L2; weights 4 (in R out + batch (in + out)), 24 instead of 4 a weight with the fused AdamW; inputs 4 (in R out +
// batch (2 in + out)). Basis evaluations: every phi once a block, so out / columns times (forward), out / columns (weights),
// once (inputs). Floor: flops over the product rate of the way (product.cuh) where batch is large, bytes over bandwidth
// where it is small.
//
// Finished weight gradients go through shared memory to the sink, so that no sum stays in registers while AdamW's numbers
// are on their way.
//
// One pipeline for all three: while the tensor cores multiply chunk c, chunk c + 1 of the operand in memory and the x of
// chunk c + 2 are on their way (cp.async), and phi of chunk c + 1 is made; one barrier a chunk. Sums have one order: chunks
// in a block, then splits in a second stage. No atomics.
#pragma once
#include "cuda/bspline.cuh"
#include "cuda/copy.cuh"
#include "cuda/edge_sink.cuh"
#include "cuda/product.cuh"

namespace kan::cuda {

// The basis that a kernel is made for, KAN_BASIS_*: one that holds a switch over all is ten times the code. kAnyBasis holds
// all, kOtherBasis those without kernels of their own.
constexpr int32_t kAnyBasis = -1, kOtherBasis = -2;
constexpr bool has_own_kernels(int32_t basis) {
  return basis == KAN_BASIS_NONE || basis == KAN_BASIS_BSPLINE || basis == KAN_BASIS_CHEBYSHEV ||
         basis == KAN_BASIS_RBF || basis == KAN_BASIS_FOURIER;
}
template <int32_t kBasis, int32_t kOther>
constexpr bool kHolds = kBasis == kAnyBasis || kBasis == kOther || (kBasis == kOtherBasis && !has_own_kernels(kOther));

// What every dense kernel needs to make phi.
struct DenseInput {
  LayerView layer;
  int64_t batch;
  const float* x;
  const float* moments;  // (batch, 2) mean and 1/sd of the rows of x with KAN_FLAG_NORM
  // B-splines: their taps, made once a pass (dense_spline.cu) and not once a block: [input][window, then taps][sample].
  float* taps;
  int64_t taps_length;  // samples, padded with zeros to whole blocks

  __device__ const float* taps_of(int64_t i, int64_t b) const { return taps + i * (layer.order + 2) * taps_length + b; }
};

__device__ __forceinline__ int64_t tile_offset(const LayerView& l, int64_t tile) {
  return tile * kTile * l.in * l.rows;
}

struct RowNorm {
  float mean, inverse;
};

__device__ __forceinline__ RowNorm row_norm(const DenseInput& in, int64_t b) {
  if (!in.moments || b >= in.batch) return {0, 1};
  return {in.moments[2 * b], in.moments[2 * b + 1]};
}
__device__ __forceinline__ float basis_input(const DenseInput& in, RowNorm norm, int64_t i, float x) {
  if (!in.moments) return x;
  return fma((x - norm.mean) * norm.inverse, in.layer.params[in.layer.norm_weight + i],
             in.layer.params[in.layer.norm_bias + i]);
}

// The recurrence of Jacobi polynomials for a block's threads: it takes double precision, so once a block and not once a
// value. Called by all threads; its result may be read after the next barrier.
constexpr int kTableDegrees = 64;
struct BasisTable {
  const float* numbers;  // or NULL: the policy computes them

  template <int32_t kBasis>
  __device__ static BasisTable of(const LayerView& l, float (&room)[3 * kTableDegrees]) {
    if constexpr (kHolds<kBasis, KAN_BASIS_JACOBI>) return BasisTable(l, room);
    else return BasisTable();
  }
  __device__ BasisTable() : numbers(nullptr) {}
  __device__ BasisTable(const LayerView& l, float (&room)[3 * kTableDegrees]) : numbers(nullptr) {
    if (l.basis != KAN_BASIS_JACOBI || l.n >= kTableDegrees) return;
    for (int d = int(threadIdx.x); d <= l.n; d += int(blockDim.x)) {
      const JacobiStep s = d > 0 ? JacobiStep::of(d, l.shape_a, l.shape_b) : JacobiStep{0, 0, 0};
      room[3 * d] = float(s.a), room[3 * d + 1] = float(s.b), room[3 * d + 2] = float(s.c);
    }
    numbers = room;
  }
  __device__ __forceinline__ BasisView<float> view(const LayerView& l, int64_t i) const {
    BasisView<float> v = l.view(i);
    if (numbers) v.own[0] = numbers;
    return v;
  }
};

// The weight rows' left factors of input i: out(row, value), of which the last for a row counts.
template <int32_t kBasis, class Out>
__device__ __forceinline__ void expand(const DenseInput& in, const BasisTable& table, RowNorm norm, int64_t i,
                                       int64_t b, float x, Out&& out) {
  const LayerView& l = in.layer;
  const float z = basis_input(in, norm, i, x);
  if (l.base_row >= 0) out(l.base_row, activation(l.base, l.base_norm ? z : x));
  if constexpr (kHolds<kBasis, KAN_BASIS_NONE>) {
    if (kBasis == KAN_BASIS_NONE || l.basis == KAN_BASIS_NONE) return out(0, z);
  }
  if constexpr (kHolds<kBasis, KAN_BASIS_BSPLINE>) {
    if (kBasis == KAN_BASIS_BSPLINE || l.basis == KAN_BASIS_BSPLINE) {
      const float* const from = in.taps_of(i, b);
      float taps[kMaxTaps];
#pragma unroll
      for (int32_t r = 0; r < kMaxTaps; ++r)
        if (r <= l.order) taps[r] = from[(1 + r) * in.taps_length];
      const int32_t first = l.coef_row + int32_t(__float_as_uint(from[0]));
      for (int32_t r = l.coef_row; r < l.rows; ++r) out(r, 0.0f);
#pragma unroll
      for (int32_t r = 0; r < kMaxTaps; ++r)
        if (r <= l.order) out(first + r, taps[r]);
      return;
    }
  }
  const BasisView<float> view = table.view(l, i);
  const auto coefficient = [&](int32_t r, float value) { out(l.coef_row + r, value); };
  switch (kBasis >= 0 ? kBasis : l.basis) {
// clang-format off
#define KAN_GLOBAL_BASIS(name, constant, policy) \
  case constant: \
    if constexpr (kHolds<kBasis, constant>) policy<float>::eval(view, z, coefficient); \
    break;
#include "registry/basis.inc"
    // clang-format on
  }
}

// d_z of input i from the cotangents row(r) of its weight rows, the base branch of z included; d_x receives what the base
// branch of x itself gives; theta(k, value) the gradients of the basis' own parameters.
template <int32_t kBasis, bool kTheta, class Row, class Theta>
__device__ __forceinline__ float pull_back(const DenseInput& in, const BasisTable& table, RowNorm norm, int64_t i,
                                           int64_t b, float x, Row&& row, float& d_x, Theta&& theta) {
  const LayerView& l = in.layer;
  const float z = basis_input(in, norm, i, x);
  float d_z = 0;
  if (l.base_row >= 0) {
    const bool of_z = l.base_norm;
    const float d = activation_derivative(l.base, of_z ? z : x) * row(l.base_row);
    (of_z ? d_z : d_x) = d;
  }
  if constexpr (kHolds<kBasis, KAN_BASIS_NONE>) {
    if (kBasis == KAN_BASIS_NONE || l.basis == KAN_BASIS_NONE) return row(0);
  }
  if constexpr (kHolds<kBasis, KAN_BASIS_BSPLINE>) {
    if (kBasis == KAN_BASIS_BSPLINE || l.basis == KAN_BASIS_BSPLINE) {
      const float* const from = in.taps_of(i, b);
      const int32_t first = l.coef_row + int32_t(__float_as_uint(from[0]));
#pragma unroll
      for (int32_t r = 0; r < kMaxTaps; ++r)
        if (r <= l.order) d_z = fma(row(first + r), from[(1 + r) * in.taps_length], d_z);
      return d_z;
    }
  }
  const BasisView<float> view = table.view(l, i);
  const auto cotangent = [&](int32_t r) { return row(l.coef_row + r); };
  switch (kBasis >= 0 ? kBasis : l.basis) {
// clang-format off
#define KAN_GLOBAL_BASIS(name, constant, policy) \
  case constant: \
    if constexpr (kHolds<kBasis, constant>) d_z += policy<float>::template vjp<kTheta>(view, z, cotangent, theta, [](int32_t, float) {}); \
    break;
#include "registry/basis.inc"
    // clang-format on
  }
  return d_z;
}

// Rows of 4 kUnits floats of an operand into shared memory, zeros beyond the valid rows and columns.
template <int kUnits>
__device__ __forceinline__ void fetch(float* to, int to_length, const float* from, int64_t from_length, int rows,
                                      int valid_rows, int valid_columns, bool aligned) {
  for (int u = int(threadIdx.x); u < rows * kUnits; u += kBlockThreads) {
    const int r = u / kUnits, c = u % kUnits * 4;
    const bool row = r < valid_rows;
    const float* source = from + (row ? r * from_length : 0);
    if (aligned) {
      const bool valid = row && c < valid_columns;
      copy_async_16(to + r * to_length + c, valid ? source + c : from, valid);
    } else {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const bool valid = row && c + e < valid_columns;
        copy_async_4(to + r * to_length + c + e, valid ? source + c + e : from, valid);
      }
    }
  }
}

// Columns i0 .. i1-1 of samples b0 .. of x, [sample][length].
__device__ __forceinline__ void fetch_x(const DenseInput& in, float* to, int length, int64_t b0, int samples,
                                        int64_t i0, int64_t i1) {
  const int n = int(i1 - i0);
  for (int u = int(threadIdx.x); u < samples * n; u += kBlockThreads) {
    const int s = u / n, j = u - s * n;
    const bool valid = b0 + s < in.batch;
    copy_async_4(to + s * length + j, valid ? in.x + (b0 + s) * in.layer.in + i0 + j : in.x, valid);
  }
}

__device__ __forceinline__ bool aligned_16(const void* p) { return (reinterpret_cast<uintptr_t>(p) & 15) == 0; }

// n (up to 4) neighbouring numbers, in one access where they lie so.
__device__ __forceinline__ void store_4(float* to, const float (&v)[4], int n) {
  if (n == 4 && aligned_16(to)) {
    *reinterpret_cast<float4*>(to) = make_float4(v[0], v[1], v[2], v[3]);
    return;
  }
#pragma unroll
  for (int e = 0; e < 4; ++e)
    if (e < n) to[e] = v[e];
}
// kRows x 32 numbers a warp: 8 warps make 128 x 128 (64 x 32) or 128 x 64 (32 x 32).
template <int kColumns>
struct BlockTile {
  static constexpr int kRows = kColumns == 128 ? 64 : 32;
  static constexpr int kWarpColumns = kColumns / 32;

  __device__ static int warp() { return int(threadIdx.x) >> 5; }
  __device__ static int row() { return warp() / kWarpColumns * kRows; }
  __device__ static int column() { return warp() % kWarpColumns * 32; }
};

// ------------------------------------------------------------------------------------------------------------ forward

struct DenseForward {
  DenseInput input;
  Chunks chunks;
  Split split;
  int32_t depth;      // rows of a stage
  const float* bias;  // or NULL; with one split
  float* y;           // (batch, out), or (splits, batch, out) partial sums
};

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

  const auto padded = [](int rows) {
    return (rows + product_step(kWay) - 1) / product_step(kWay) * product_step(kWay);
  };
  const auto fetch_inputs = [&](int64_t q) {
    const Chunk c = p.chunks.at(q);
    fetch_x(in, stage_x + (q & 1) * kBlockRows * length_x, length_x, b0, kBlockRows, c.i0, c.i1);
  };
  const auto fetch_weights = [&](int64_t q) {
    const Chunk c = p.chunks.at(q);
    float* to = stage_b + (q & 1) * p.depth * kLengthB;
#pragma unroll
    for (int t = 0; t < kColumns / int(kTile); ++t) {
      const int64_t tile = o0 / kTile + t;
      const bool there = tile * kTile < l.out;
      const int64_t width = there ? l.tile_width(tile) : 4;
      const float* from = there ? l.weights + tile_offset(l, tile) + p.chunks.first_row(c) * width : l.weights;
      fetch<16>(to + t * kTile, kLengthB, from, width, padded(c.count()), there ? c.count() : 0, int(width),
                weights_aligned && width % 4 == 0);
    }
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
    product.add(stage_a + (q & 1) * p.depth * kLengthA + Tile::row(), kLengthA,
                stage_b + (q & 1) * p.depth * kLengthB + Tile::column(), kLengthB, padded(p.chunks.at(q).count()));
  }

  float* const y = p.y + int64_t(blockIdx.z) * in.batch * l.out;
#pragma unroll
  for (int i = 0; i < Tile::kRows / 16; ++i)
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const int64_t b = b0 + Tile::row() + product.row(i, h);
      if (b >= in.batch) continue;
#pragma unroll
      for (int e = 0; e < 2; ++e) {
        const int64_t o = o0 + Tile::column() + product.column(0, e);  // and the next three
        if (o >= l.out) continue;
        float v[4];
#pragma unroll
        for (int j = 0; j < 4; ++j)
          v[j] = product.sum[i][j][2 * h + e] + (p.bias && o + j < l.out ? p.bias[o + j] : 0.0f);
        store_4(y + b * l.out + o, v, int(least(4, l.out - o)));
      }
    }
}

// ---------------------------------------------------------------------------------------------------- weight gradient

struct DenseWeights {
  DenseInput input;
  Chunks groups;
  Split split;
  int64_t sample_chunks;
  const float* d_y;  // (batch, out)
  float* partials;   // (splits, in R out), or NULL: straight into the sink
  Sink sink;
  bool folds;  // the sink's rows are those of `edges`, with scale and mask
  LayerView edges;
};

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
      float g[kRowsInFlight];
#pragma unroll
      for (int j = 0; j < kRowsInFlight; ++j) g[j] = k + j < c.count() ? sums[(k + j) * length + column] : 0.0f;
      writer.put_rows(tile_offset(l, tile) + (first_row + k) * width + o, width, g, c.count() - k);
    }
  }
}

// Grid: (blocks of outputs, groups of weight rows, splits of the batch).
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
  const int64_t o0 = int64_t(blockIdx.x) * kColumns;
  const int64_t first = int64_t(blockIdx.z) * p.split.share, last = least(p.sample_chunks, first + p.split.share);
  const bool aligned = l.out % 4 == 0 && aligned_16(p.d_y);
  const int outputs = int(least(kColumns, l.out - o0));

  for (int64_t group = blockIdx.y; group < p.groups.count; group += gridDim.y) {
    const Chunk c = p.groups.at(group);
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
    __syncthreads();  // the group before has been read
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
#pragma unroll
    for (int i = 0; i < Tile::kRows / 16; ++i)
#pragma unroll
      for (int h = 0; h < 2; ++h)
#pragma unroll
        for (int e = 0; e < 2; ++e)
          *reinterpret_cast<float4*>(sums + (Tile::row() + product.row(i, h)) * kLengthC + Tile::column() +
                                     product.column(0, e)) =
              make_float4(product.sum[i][0][2 * h + e], product.sum[i][1][2 * h + e], product.sum[i][2][2 * h + e],
                          product.sum[i][3][2 * h + e]);
    __syncthreads();
    hand_over<kColumns>(p, c, o0, outputs, sums, kLengthC);
  }
}

// ----------------------------------------------------------------------------------------------------- input gradient

struct DenseInputs {
  DenseInput input;
  Chunks chunks;
  int64_t groups;
  const float* d_y;  // (batch, out)
  int32_t d_x_mode;
  float* d_x;    // (batch, in); with d_z only what the base branch of x itself gives
  float* d_z;    // (batch, in) with the norm, else NULL
  float* theta;  // (slots of 32 samples, in, per_input), or NULL
  int64_t per_input;
};

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

// Grid: (groups of inputs, blocks of samples).
template <ProductWay kWay, int kColumns, int32_t kBasis>
__global__ void __launch_bounds__(kBlockThreads, product_blocks(kWay, kColumns))
    dense_inputs_kernel(const DenseInputs p) {
  using Tile = BlockTile<kColumns>;
  constexpr int kStageA = kBlockRows * kByRowLength, kStageB = kColumns * kByRowLength;
  constexpr int kLengthC = kBlockRows + 4;
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
  const int64_t chunks = 2 * ratio_up(l.out, kTile);  // of 32 outputs
  const int64_t per_input = p.per_input;
  const bool add_x = p.d_x_mode == KAN_GRAD_ACCUMULATE, want_x = p.d_x_mode != KAN_GRAD_NONE;

  for (int64_t block = blockIdx.y; block < ratio_up(in.batch, kBlockRows); block += gridDim.y) {
    const int64_t b0 = block * kBlockRows;
    const int samples = int(least(kBlockRows, in.batch - b0));
    for (int32_t part = 0; part < p.chunks.parts; ++part) {
      const Chunk c = p.chunks.at(int64_t(blockIdx.x) * p.chunks.parts + part);
      const int rows = c.r1 - c.r0, inputs = int(c.i1 - c.i0);
      const auto fetch_outputs = [&](int64_t q) {
        const int64_t o = q * kByRowDepth, tile = q / 2, width = l.tile_width(tile);
        const int valid = int(least(kByRowDepth, width - q % 2 * kByRowDepth));  // may be negative: none
        fetch<kByRowDepth / 4>(stage_a + (q & 1) * kStageA, kByRowLength, valid > 0 ? p.d_y + b0 * l.out + o : p.d_y,
                               l.out, kBlockRows, valid > 0 ? samples : 0, valid, d_y_aligned);
        const float* w = l.weights + tile_offset(l, tile) + p.chunks.first_row(c) * width + q % 2 * kByRowDepth;
        fetch<kByRowDepth / 4>(stage_b + (q & 1) * kStageB, kByRowLength, valid > 0 ? w : l.weights, width, kColumns,
                               valid > 0 ? c.count() : 0, valid, weights_aligned && width % 4 == 0);
      };

      WarpProduct<kWay, Tile::kRows, false, false> product(lane);
      __syncthreads();  // the part before has been read
      fetch_outputs(0);
      for (int64_t q = 0; q < chunks; ++q) {
        copy_wait();
        __syncthreads();
        if (q + 1 < chunks) fetch_outputs(q + 1);
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
        float* const theta = p.theta ? p.theta + ((block * 4 + (u & 3)) * l.in + i) * per_input : nullptr;
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
          if (p.d_z && want_x) g[kLengthC] = d_x;  // with a base branch there are two rows at least
        } else if (there) {
          if (p.d_z) put(p.d_z, b * l.in + i, d_z, part > 0);
          if (want_x) put(p.d_x, b * l.in + i, p.d_z ? d_x : d_z + d_x, add_x || part > 0);
        }
      }
      if (!whole) continue;
      __syncthreads();
      leave_inputs(p, c, b0, samples, sums, kLengthC);
    }
  }
}

}  // namespace kan::cuda
