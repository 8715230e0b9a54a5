// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Asynchronous copies from global to shared memory (PTX: cp.async, sm_80): they need no registers and arrive while the
// thread computes. Under emulation they are plain copies, done at once.
#pragma once
#include "cuda/device.cuh"

namespace kan::cuda {

__device__ __forceinline__ bool aligned_16(const void* p) { return (reinterpret_cast<uintptr_t>(p) & 15) == 0; }

// 16 or 4 bytes, aligned so; zeros where not `valid` (`from` must be an address of global memory even then).
__device__ __forceinline__ void copy_async_16(float* to, const float* from, bool valid) {
#if defined(__CUDA_ARCH__)
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(unsigned(__cvta_generic_to_shared(to))), "l"(from),
               "r"(valid ? 16 : 0)
               : "memory");
#else
  for (int e = 0; e < 4; ++e) to[e] = valid ? from[e] : 0.0f;
#endif
}
__device__ __forceinline__ void copy_async_4(float* to, const float* from, bool valid) {
#if defined(__CUDA_ARCH__)
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(unsigned(__cvta_generic_to_shared(to))), "l"(from),
               "r"(valid ? 4 : 0)
               : "memory");
#else
  *to = valid ? *from : 0.0f;
#endif
}

// Everything this thread has asked for is there; for other threads' copies a barrier must follow.
__device__ __forceinline__ void copy_wait() {
#if defined(__CUDA_ARCH__)
  asm volatile("cp.async.wait_all;" ::: "memory");
#endif
}

}  // namespace kan::cuda
