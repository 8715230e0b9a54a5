// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Elementary functions as single instructions where C++ has sequences: PTX on the device; the emulation errs as much.
#pragma once
#include "cuda/device.cuh"

namespace kan::cuda {

// v within [-most, most], NaN as it is, in two instructions.
__device__ __forceinline__ float bounded(float v, float most) {
#if defined(__CUDA_ARCH__)
  asm("min.NaN.f32 %0, %0, %1;\n\tmax.NaN.f32 %0, %0, %2;" : "+f"(v) : "f"(most), "f"(-most));
  return v;
#else
  return max(min(v, most), -most);
#endif
}
__device__ __forceinline__ float at_most(float v, float most) {
#if defined(__CUDA_ARCH__)
  asm("min.NaN.f32 %0, %0, %1;" : "+f"(v) : "f"(most));
  return v;
#else
  return min(v, most);
#endif
}

// The special-function unit's, 16 a clock and multiprocessor. Sine and cosine take two instructions: the angle in turns, rounded
// towards 0, an error of 2^-23 of it; then the function, 2^-21 (CUDA's guide on __sinf and __cosf in [-pi, pi]: 2^-21.41, 2^-21.19).
__device__ __forceinline__ float power_of_2(float v) {
#if defined(__CUDA_ARCH__)
  asm("ex2.approx.ftz.f32 %0, %0;" : "+f"(v));
  return v;
#else
  return std::exp2(v);
#endif
}
__device__ __forceinline__ float reciprocal(float v) {  // of 2^-126 and less infinity
#if defined(__CUDA_ARCH__)
  asm("rcp.approx.ftz.f32 %0, %0;" : "+f"(v));
  return v;
#else
  return 1.0f / v;
#endif
}
#if !defined(__CUDACC__)
inline float cut_to_21_bits(double (*f)(double), float angle) {
  const double turns = double(angle) * 0.15915493667125701904;  // the float nearest to 1 / 2 pi
  float cut = float(turns);
  if (std::fabs(double(cut)) > std::fabs(turns)) cut = std::nextafter(cut, 0.0f);
  return float(std::trunc(f(6.28318530717958647692 * double(cut)) * 0x1p21) * 0x1p-21);
}
#endif
__device__ __forceinline__ float sine(float angle) {
#if defined(__CUDA_ARCH__)
  asm("sin.approx.ftz.f32 %0, %0;" : "+f"(angle));
  return angle;
#elif !defined(__CUDACC__)
  return cut_to_21_bits(std::sin, angle);
#endif
}
__device__ __forceinline__ float cosine(float angle) {
#if defined(__CUDA_ARCH__)
  asm("cos.approx.ftz.f32 %0, %0;" : "+f"(angle));
  return angle;
#elif !defined(__CUDACC__)
  return cut_to_21_bits(std::cos, angle);
#endif
}
// a b + c within [0, 1], NaN as 0, in one instruction.
__device__ __forceinline__ float fma_within_1(float a, float b, float c) {
#if defined(__CUDA_ARCH__)
  asm("fma.rn.sat.f32 %0, %0, %1, %2;" : "+f"(a) : "f"(b), "f"(c));
  return a;
#else
  const float v = fma(a, b, c);
  return v > 0 ? v < 1 ? v : 1.0f : 0.0f;
#endif
}

}  // namespace kan::cuda
