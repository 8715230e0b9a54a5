// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// What a basis is. Each header beside this one writes one basis once, as a policy struct that the reference
// (double), every CPU tier (vectors of samples) and CUDA (float) instantiate:
//
//   template <class T> struct Name {                          // T: a scalar, or a SIMD vector of independent samples
//     // phi_r(z) for r = 0 .. n-1, each handed over once:  out(r, value)
//     template <class Out> KAN_HD static void eval(const BasisView<scalar_of<T>>& p, T z, Out&& out);
//     // Given cotangents g(r) = dL/dphi_r returns dL/dz; with kTheta also hands over dL/dtheta_k as acc(k, value),
//     // k counting the basis' own parameters of this input (see BasisView). Without kTheta acc is never called. The
//     // phi_r are handed over as by eval: most of their work is in the derivative's.
//     template <bool kTheta, class Cotangent, class Accumulate, class Out>
//     KAN_HD static T vjp(const BasisView<scalar_of<T>>& p, T z, Cotangent&& g, Accumulate&& acc, Out&& out);
//   };
//
// T offers + - * / and comparisons, and through math.hpp: exp, sincos, tanh, floor, fma, min, max, abs, select(mask, a, b).
// NaN in must come out as NaN from every phi_r. No tables, no allocation, no branches on T.
//
// Every translation unit that includes basis headers defines KAN_NS (its own namespace): tiers compile the same text
// with different -m flags, and a shared inline function would be one COMDAT for all of them.
#pragma once
#include <cstdint>

#if defined(__CUDACC__)
#define KAN_HD __host__ __device__ __forceinline__
#else
#define KAN_HD inline __attribute__((always_inline))
#endif

#ifndef KAN_NS
#error "define KAN_NS to the namespace of this translation unit before including basis headers"
#endif

namespace KAN_NS {

// The parameters of the basis of one input. theta points at this input's own (or the shared) numbers:
//   RBF, RSWAF, BSRBF: theta = centres (n) then inv_width · theta2 = knots of the input (BSRBF)
//   SINE: theta = freq (n), theta2 = phase of the input (n)
//   RELU: theta = phase_low of the input (n), theta2 = phase_high of the input (n); k: low 0..n-1, high n..2n-1
//   RATIONAL: theta = numerator (6), theta2 = denominator of the input's group (4); k: 0..5 numerator, 6..9 denominator
//   JACOBI: shape_a, shape_b
template <class S>
struct BasisView {
  int32_t n;      // number of basis functions
  int32_t grid;
  int32_t order;
  const S* theta;
  const S* theta2;
  double shape_a;
  double shape_b;
};

}  // namespace KAN_NS
