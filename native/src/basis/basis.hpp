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

// What the basis of one input is made of. own[t] are the numbers of the basis' t-th tensor that this input has, in the
// order of the table of core/layer.cpp (RBF: centres, inv_width); NULL past the last. vjp counts its k through those of them
// that may be trained, tensor by tensor.
template <class S>
struct BasisView {
  int32_t n;  // number of basis functions
  int32_t grid;
  int32_t order;
  const S* own[3];
  double shape_a;
  double shape_b;
};

}  // namespace KAN_NS
