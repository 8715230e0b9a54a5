// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// C += A B of operands in shared memory, a warp's share of a block's tile, in one of four ways:
//   kFma      float32 multiply-add; no tensor cores
//   kTf32x3   a = hi + lo, hi the upper 10 bits of mantissa and lo the rest: lo hi' + hi lo' + hi hi'. Error of a product at
//             most 2^-19 of it: lo is below 2^-10 of a, so that lo lo', left out, is below 2^-20, and the tensor cores
//             drop the last 2 of lo's 13 bits, below 2^-21 a factor; about 2^-22 on average. Cutting takes 2 instructions,
//             rounding (cvt.rna.tf32) some 13. Tensor cores truncate their sums, which would add up to a bias over a long
//             reduction, so that those of one chunk start at 0 and are added to the rest by float32 additions (Ootomo and
//             Yokota, arXiv 2203.03341)
//   kTf32     one tf32 product
//   kBf16     one bf16 product
// Operands are float32 in shared memory whatever the way; they are rounded as fragments are loaded. Sums are float32.
// Infinities: a product of one is NaN under kTf32x3, not inf; not finite all the same.
//
// Fragments and the two forms of an operand: dense_plan.hpp. Loads a warp and step of 8: 6 of 16 bytes a lane for 64 x 32
// sums of the [k][m] form (16 mma), which keeps shared memory below the tensor cores' time for kTf32x3.
#pragma once
#include "cuda/dense_plan.hpp"
#include "cuda/mma.cuh"

namespace kan::cuda {

enum ProductWay { kFma, kTf32x3, kTf32, kBf16 };

KAN_HD constexpr int product_step(ProductWay way) { return way == kBf16 ? 16 : 8; }
// Blocks a multiprocessor that registers must leave room for: the wide form of kTf32x3 keeps two sets of sums.
constexpr int product_blocks(ProductWay way, int columns) { return way == kTf32x3 && columns == 128 ? 1 : 2; }

// A warp's kRows x 32 of a tile. kDepthA, kDepthB: the operand lies [k][m], else [m][k].
template <ProductWay kWay, int kRows, bool kDepthA, bool kDepthB>
struct WarpProduct {
  static constexpr int kSteps = kRows / 16;  // m-steps
  float sum[kSteps][4][4];                   // [m-step][n-step][2 half + element]
  int lane;

  __device__ explicit WarpProduct(int lane) : lane(lane) { clear(); }
  __device__ void clear() {
#pragma unroll
    for (int i = 0; i < kSteps; ++i)
#pragma unroll
      for (int j = 0; j < 4; ++j)
#pragma unroll
        for (int e = 0; e < 4; ++e) sum[i][j][e] = 0;
  }

  __device__ int row(int i, int h) const { return fragment_row(kDepthA, lane, i, h); }
  __device__ int column(int j, int e) const { return fragment_column(kDepthB, lane, j, e); }

  // a, b: the first row and column of this warp; depth a multiple of product_step.
  __device__ __forceinline__ void add(const float* a, int lda, const float* b, int ldb, int depth) {
    if constexpr (kWay == kFma) {
      for (int k = 0; k < depth; ++k) fma_step(a, lda, b, ldb, k);
    } else if constexpr (kWay == kBf16) {
#pragma unroll 1  // of a constant depth, too: unrolled steps load ahead into registers that are not there
      for (int k = 0; k < depth; k += 16) bf16_step(a, lda, b, ldb, k + (lane & 3));
    } else {
      if constexpr (kWay == kTf32x3) {
        WarpProduct chunk(lane);
#pragma unroll 1
        for (int k = 0; k < depth; k += 8) chunk.tf32_step(a, lda, b, ldb, k + (lane & 3));
#pragma unroll
        for (int i = 0; i < kSteps; ++i)
#pragma unroll
          for (int j = 0; j < 4; ++j)
#pragma unroll
            for (int e = 0; e < 4; ++e) sum[i][j][e] += chunk.sum[i][j][e];
      } else {
#pragma unroll 1
        for (int k = 0; k < depth; k += 8) tf32_step(a, lda, b, ldb, k + (lane & 3));
      }
    }
  }

 private:
  // Column k of A: both halves of the m-steps 2 q and 2 q + 1.
  __device__ __forceinline__ void load_a(const float* a, int lda, int k, int q, float (&v)[2][2]) const {
    if constexpr (kDepthA) {
      const float4 f = *reinterpret_cast<const float4*>(a + k * lda + q * 32 + (lane >> 2) * 4);
      v[0][0] = f.x, v[0][1] = f.y, v[1][0] = f.z, v[1][1] = f.w;
    } else {
#pragma unroll
      for (int i = 0; i < 2; ++i)
#pragma unroll
        for (int h = 0; h < 2; ++h) v[i][h] = a[row(2 * q + i, h) * lda + k];
    }
  }
  // Row k of B at the columns whose instruction column is lane / 4.
  __device__ __forceinline__ void load_b(const float* b, int ldb, int k, float (&v)[4]) const {
    if constexpr (kDepthB) {
      const float4 f = *reinterpret_cast<const float4*>(b + k * ldb + (lane >> 2) * 4);
      v[0] = f.x, v[1] = f.y, v[2] = f.z, v[3] = f.w;
    } else {
#pragma unroll
      for (int j = 0; j < 4; ++j) v[j] = b[(j * 8 + (lane >> 2)) * ldb + k];
    }
  }

  __device__ __forceinline__ void fma_step(const float* a, int lda, const float* b, int ldb, int k) {
    float va[kSteps / 2][2][2], vb[4][2];
#pragma unroll
    for (int q = 0; q < kSteps / 2; ++q) load_a(a, lda, k, q, va[q]);
#pragma unroll
    for (int e = 0; e < 2; ++e) {
      if constexpr (kDepthB) {
        const float4 f = *reinterpret_cast<const float4*>(b + k * ldb + (2 * (lane & 3) + e) * 4);
        vb[0][e] = f.x, vb[1][e] = f.y, vb[2][e] = f.z, vb[3][e] = f.w;
      } else {
#pragma unroll
        for (int j = 0; j < 4; ++j) vb[j][e] = b[column(j, e) * ldb + k];
      }
    }
#pragma unroll
    for (int i = 0; i < kSteps; ++i)
#pragma unroll
      for (int j = 0; j < 4; ++j)
#pragma unroll
        for (int h = 0; h < 2; ++h)
#pragma unroll
          for (int e = 0; e < 2; ++e) sum[i][j][2 * h + e] = fma(va[i / 2][i % 2][h], vb[j][e], sum[i][j][2 * h + e]);
  }

  __device__ __forceinline__ void tf32_step(const float* a, int lda, const float* b, int ldb, int k) {
    float b0[4], b1[4];
    load_b(b, ldb, k, b0);
    load_b(b, ldb, k + 4, b1);
    uint32_t high_b[4][2], low_b[4][2];
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      split(b0[j], high_b[j][0], low_b[j][0]);
      split(b1[j], high_b[j][1], low_b[j][1]);
    }
#pragma unroll
    for (int q = 0; q < kSteps / 2; ++q) {
      float a0[2][2], a1[2][2];
      load_a(a, lda, k, q, a0);
      load_a(a, lda, k + 4, q, a1);
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        uint32_t high[4], low[4];
        split(a0[i][0], high[0], low[0]);
        split(a0[i][1], high[1], low[1]);
        split(a1[i][0], high[2], low[2]);
        split(a1[i][1], high[3], low[3]);
#pragma unroll
        for (int j = 0; j < 4; ++j) {
          if constexpr (kWay == kTf32x3) {
            mma_tf32(sum[2 * q + i][j], low, high_b[j]);
            mma_tf32(sum[2 * q + i][j], high, low_b[j]);
          }
          mma_tf32(sum[2 * q + i][j], high, high_b[j]);
        }
      }
    }
  }
  // kTf32x3: value = high + low exactly; of low the tensor cores read the upper 10 bits of mantissa. kTf32: rounded to nearest
  // by half a unit of the last place, which they cut off; NaNs as they are, as adding might make another number of them.
  static __device__ __forceinline__ void split(float value, uint32_t& high, uint32_t& low) {
    if constexpr (kWay == kTf32x3) {
      high = __float_as_uint(value) & 0xffffe000u;
      low = __float_as_uint(value - __uint_as_float(high));
    } else {
      high = __float_as_uint(value) + (value == value ? 0x1000u : 0u);
    }
  }

  __device__ __forceinline__ void bf16_step(const float* a, int lda, const float* b, int ldb, int k) {
    // The instruction's k = 2 t, 2 t + 1, 2 t + 8, 2 t + 9 are the operands' t, t + 8, t + 4, t + 12.
    uint32_t pairs_b[4][2];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float b0[4], b1[4];
      load_b(b, ldb, k + 4 * half, b0);
      load_b(b, ldb, k + 4 * half + 8, b1);
#pragma unroll
      for (int j = 0; j < 4; ++j) pairs_b[j][half] = to_bf16x2(b0[j], b1[j]);
    }
#pragma unroll
    for (int q = 0; q < kSteps / 2; ++q) {
      uint32_t pairs_a[2][4];
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        float a0[2][2], a1[2][2];
        load_a(a, lda, k + 4 * half, q, a0);
        load_a(a, lda, k + 4 * half + 8, q, a1);
#pragma unroll
        for (int i = 0; i < 2; ++i)
#pragma unroll
          for (int h = 0; h < 2; ++h) pairs_a[i][2 * half + h] = to_bf16x2(a0[i][h], a1[i][h]);
      }
#pragma unroll
      for (int i = 0; i < 2; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j) mma_bf16(sum[2 * q + i][j], pairs_a[i], pairs_b[j]);
    }
  }
};

}  // namespace kan::cuda
