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
};

}  // namespace kan::cuda
