// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The instructions beyond CUDA C++ that kernels use, one function each (PTX ISA: mma, cvt, cp.async; all of sm_80). The
// host emulation (native/tests/cuda_emulation) supplies the same functions from the documented fragment layouts.
#pragma once
#include <cstdint>

#include "basis/basis.hpp"

#if !defined(__CUDACC__)
#include "tests/cuda_emulation/instructions.hpp"
#else

namespace KAN_NS {

__device__ __forceinline__ float bits_float(uint32_t bits) { return __uint_as_float(bits); }

// Nearest tf32 (10 bits of mantissa), the 13 bits below 0.
__device__ __forceinline__ uint32_t round_tf32(float value) {
  uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
  return bits & 0xffffe000u;
}

// (high, low) as bf16, low in the low half; nearest even.
__device__ __forceinline__ uint32_t pack_bf16(float low, float high) {
  uint32_t pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
  return pair;
}

// c (16, 8) += a (16, 8) b (8, 8), tf32 operands. With g = lane / 4, t = lane % 4:
//   a: (g, t) (g + 8, t) (g, t + 4) (g + 8, t + 4) · b: (t, g) (t + 4, g) · c: (g, 2t) (g, 2t + 1) (g + 8, 2t) (g + 8, 2t + 1)
__device__ __forceinline__ void mma_tf32(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// c (16, 8) += a (16, 16) b (16, 8), bf16 operands, two a register, the lower k in the low half:
//   a: (g, 2t..) (g + 8, 2t..) (g, 2t + 8..) (g + 8, 2t + 8..) · b: (2t.., g) (2t + 8.., g) · c as above
__device__ __forceinline__ void mma_bf16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// Asynchronous copies from global to shared memory of 16 or 4 aligned bytes; zeros where not `valid` (`from` is then only
// an address). copy_wait: all that this thread has asked for is there (for others: after a barrier).
__device__ __forceinline__ void copy_async_16(float* to, const float* from, bool valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(uint32_t(__cvta_generic_to_shared(to))), "l"(from),
               "r"(valid ? 16 : 0));
}
__device__ __forceinline__ void copy_async_4(float* to, const float* from, bool valid) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(uint32_t(__cvta_generic_to_shared(to))), "l"(from),
               "r"(valid ? 4 : 0));
}
__device__ __forceinline__ void copy_wait() { asm volatile("cp.async.wait_all;" ::: "memory"); }

}  // namespace KAN_NS

#endif
