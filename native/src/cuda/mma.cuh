// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Tensor-core instructions, one function each: PTX on the device, the documented fragment layout under emulation.
// With lane = threadIdx.x % 32, g = lane / 4, t = lane % 4, a warp computes D (16 x 8) = A (16 x k) B (k x 8) + C:
//   C, D   c[0] (g, 2t)   c[1] (g, 2t + 1)   c[2] (g + 8, 2t)   c[3] (g + 8, 2t + 1)
//   tf32, k = 8    a[0] (g, t)  a[1] (g + 8, t)  a[2] (g, t + 4)  a[3] (g + 8, t + 4);  b[0] (t, g)  b[1] (t + 4, g)
//                  the lower 13 bits of a tf32 operand are not read
//   bf16, k = 16   pairs of neighbours in k, the lower in the low half:  a[0] (g, 2t..)  a[1] (g + 8, 2t..)
//                  a[2] (g, 2t + 8..)  a[3] (g + 8, 2t + 8..);  b[0] (2t.., g)  b[1] (2t + 8.., g)
// (PTX ISA, "Matrix fragments for mma.m16n8k8 / m16n8k16".)
#pragma once
#include "cuda/device.cuh"

namespace kan::cuda {

// Two float32 rounded to bf16 (to nearest even), `low` in the low half.
__device__ __forceinline__ uint32_t to_bf16x2(float low, float high) {
#if defined(__CUDA_ARCH__)
  uint32_t r;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
  return r;
#else
  const auto round = [](float v) -> uint32_t {
    const uint32_t u = __float_as_uint(v);
    if (v != v) return 0x7fff;
    return (u + 0x7fffu + (u >> 16 & 1)) >> 16;
  };
  return round(low) | round(high) << 16;
#endif
}

#if !defined(__CUDACC__)
// The emulation's sum of one instruction: exact, then truncated to float32, as tensor cores do (Fasi et al., PeerJ CS 7:e330).
inline float truncated(double exact) {
  const float nearest = float(exact);
  return std::fabs(double(nearest)) > std::fabs(exact) ? std::nextafter(nearest, 0.0f) : nearest;
}
__attribute__((noinline)) inline void emulated_tf32(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  struct Fragment {
    uint32_t a[4], b[2];
  } mine = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
  const int lane = emulation::lane(), g = lane / 4, t = lane % 4;
  emulation::exchange(kAllLanes, mine, [&](auto of) {
    const auto read = [](uint32_t number) { return __uint_as_float(number & 0xffffe000u); };
    float rows[2][8], columns[2][8];  // g and g + 8 of A, 2t and 2t + 1 of B
    for (int k = 0; k < 4; ++k) {
      const Fragment left = of(g * 4 + k);
      for (int h = 0; h < 2; ++h) rows[h][k] = read(left.a[h]), rows[h][k + 4] = read(left.a[2 + h]);
      for (int e = 0; e < 2; ++e) {
        const Fragment right = of((2 * t + e) * 4 + k);
        columns[e][k] = read(right.b[0]), columns[e][k + 4] = read(right.b[1]);
      }
    }
    for (int c = 0; c < 4; ++c) {
      double sum = d[c];
      for (int k = 0; k < 8; ++k) sum += double(rows[c / 2][k]) * columns[c % 2][k];
      d[c] = truncated(sum);
    }
    return 0;
  });
}
__attribute__((noinline)) inline void emulated_bf16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  struct Fragment {
    uint32_t a[4], b[2];
  } mine = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
  const int lane = emulation::lane(), g = lane / 4, t = lane % 4;
  const auto half = [](uint32_t pair, int which) { return __uint_as_float(which ? pair & 0xffff0000u : pair << 16); };
  emulation::exchange(kAllLanes, mine, [&](auto of) {
    float rows[2][16], columns[2][16];  // g and g + 8 of A, 2t and 2t + 1 of B
    for (int k = 0; k < 16; ++k) {
      const Fragment left = of(g * 4 + k % 8 / 2);
      for (int h = 0; h < 2; ++h) rows[h][k] = half(left.a[(k / 8) * 2 + h], k % 2);
      for (int e = 0; e < 2; ++e) columns[e][k] = half(of((2 * t + e) * 4 + k % 8 / 2).b[k / 8], k % 2);
    }
    for (int c = 0; c < 4; ++c) {
      double sum = d[c];
      for (int k = 0; k < 16; ++k) sum += double(rows[c / 2][k]) * columns[c % 2][k];
      d[c] = truncated(sum);
    }
    return 0;
  });
}
#endif

// D = A B + D in tf32, m16n8k8.
__device__ __forceinline__ void mma_tf32(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#if defined(__CUDA_ARCH__)
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#elif !defined(__CUDACC__)
  emulated_tf32(d, a, b);
#endif
}

// D = A B + D in bf16, m16n8k16.
__device__ __forceinline__ void mma_bf16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#if defined(__CUDA_ARCH__)
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#elif !defined(__CUDACC__)
  emulated_bf16(d, a, b);
#endif
}

}  // namespace kan::cuda
