// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The dense family on the device: layers whose edge touches every basis function of its input, and LINEAR; and B-splines as
// if every one of their functions were touched, which tensor cores make good: their taps are made first (dense_spline.cu), and
// scale and mask are folded into the weights (edge_sink.cuh; of few samples by the kernels themselves). With R product rows an
// input (base a(x), then phi_1 .. phi_n) all are products whose one operand is never in device memory:
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

// Rows of 4 kUnits floats of an operand, row_at(r), into shared memory, zeros beyond the valid rows and columns. `any`: an address
// that may be read.
template <int kUnits, class RowAt>
__device__ __forceinline__ void fetch_rows(float* to, int to_length, RowAt&& row_at, const float* any, int rows,
                                           int valid_rows, int valid_columns, bool aligned) {
  for (int u = int(threadIdx.x); u < rows * kUnits; u += kBlockThreads) {
    const int r = u / kUnits, c = u % kUnits * 4;
    const bool row = r < valid_rows;
    const float* source = row ? row_at(r) : any;
    if (aligned) {
      const bool valid = row && c < valid_columns;
      copy_async_16(to + r * to_length + c, valid ? source + c : any, valid);
    } else {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const bool valid = row && c + e < valid_columns;
        copy_async_4(to + r * to_length + c + e, valid ? source + c + e : any, valid);
      }
    }
  }
}
template <int kUnits>
__device__ __forceinline__ void fetch(float* to, int to_length, const float* from, int64_t from_length, int rows,
                                      int valid_rows, int valid_columns, bool aligned) {
  fetch_rows<kUnits>(
      to, to_length, [&](int r) { return from + r * from_length; }, from, rows, valid_rows, valid_columns, aligned);
}

// Scale and mask of few samples' weights are not folded before but where the weights lie in shared memory: folding all of them
// would take as long as the product. For the default layer alone, so that other kernels stay as they are.
#ifndef KAN_UNFOLDED_BLOCKS
#define KAN_UNFOLDED_BLOCKS 8
#endif
constexpr int64_t kUnfoldedBlocks = KAN_UNFOLDED_BLOCKS;  // of samples at most: folding is once, this for every block
template <ProductWay kWay, int32_t kBasis>
KAN_HD constexpr bool takes_unfolded() {
  return kWay != kFma && kBasis == KAN_BASIS_BSPLINE;
}

// The product rows of a chunk's inputs as params hold them.
struct UnfoldedRows {
  const LayerView& l;  // with scale and mask
  const float* tile;
  int64_t width;
  Chunk chunk;
  int32_t rows, first;  // product rows of an input; that of its first coefficient
  uint32_t inverse;     // of rows, for the division of what is below 2^8

  __device__ __forceinline__ UnfoldedRows(const LayerView& l, int64_t number, int64_t width, const Chunk& c,
                                          int32_t rows)
      : l(l), tile(l.params + tile_offset(l, number)), width(width), chunk(c), rows(rows),
        first(l.base_row < 0 ? 0 : 1), inverse(65536u / uint32_t(rows) + 1) {}
  __device__ __forceinline__ const float* operator()(int k) const {
    const int j = int(uint32_t(k) * inverse >> 16), r = chunk.r0 + k - j * rows;
    return tile + ((chunk.i0 + j) * l.rows + (r < first ? l.base_row : l.coef_row + r - first)) * width;
  }
};

// Those of 4 kUnits outputs from o0 on, [row][length] in shared memory, times scale and mask; to be followed by a barrier.
template <int kUnits>
__device__ __forceinline__ void fold_rows(const LayerView& l, const Chunk& c, int64_t o0, float* stage, int length) {
  const int rows = c.r1 - c.r0, coefs = l.base_row >= 0 && c.r0 == 0 ? 1 : 0;
  for (int u = int(threadIdx.x); u < int(c.i1 - c.i0) * kUnits; u += kBlockThreads) {
    const int j = u / kUnits;
    const int64_t o = o0 + u % kUnits * 4, tile = o / kTile, width = o < l.out ? l.tile_width(tile) : 0;
    const int64_t edge = tile * kTile * l.in + (c.i0 + j) * width + o % kTile;
    const float* const scales =
        l.params + tile_offset(l, tile) + ((c.i0 + j) * l.rows + l.scale_row) * width + o % kTile;
    float mask[4], factor[4];
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      const bool there = o % kTile + e < width;
      mask[e] = l.mask >= 0 && there ? l.buffers[l.mask + edge + e] : 1.0f;
      factor[e] = l.scale_row >= 0 && there ? mask[e] * scales[e] : mask[e];
    }
    float* at = stage + j * rows * length + u % kUnits * 4;
    for (int r = 0; r < rows; ++r, at += length) {
      float4 v = *reinterpret_cast<const float4*>(at);
      const float* const by = r < coefs ? mask : factor;
      v.x *= by[0], v.y *= by[1], v.z *= by[2], v.w *= by[3];
      *reinterpret_cast<float4*>(at) = v;
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
  bool unfolded;      // the weights are params of `edges`, with scale and mask
  LayerView edges;
};

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
  bool unfolded;  // the weights are params of `edges`, with scale and mask
  LayerView edges;
};

}  // namespace kan::cuda
