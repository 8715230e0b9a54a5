// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "basis/basis.hpp"
#include "basis/math.hpp"

namespace KAN_NS {

// Sines with trainable frequency and fixed phase, phi_g(z) = sin(f_g z + p_ig). (SineKAN)
// d phi_g / dz = f_g cos(.), d phi_g / df_g = z cos(.).
template <class T>
struct Sine {
  using S = scalar_of<T>;

  template <class Out>
  KAN_HD static void eval(const BasisView<S>& p, T z, Out&& out) {
    for (int32_t g = 0; g < p.n; ++g) {
      T s, c;
      sincos(z * p.own[0][g] + p.own[1][g], s, c);
      out(g, s);
    }
  }

  template <bool kTheta, class Cotangent, class Accumulate, class Out>
  KAN_HD static T vjp(const BasisView<S>& p, T z, Cotangent&& cotangent, Accumulate&& acc, Out&& out) {
    T dz = T(S(0));
    for (int32_t g = 0; g < p.n; ++g) {
      T s, c;
      sincos(z * p.own[0][g] + p.own[1][g], s, c);
      out(g, s);
      const T t = cotangent(g) * c;
      dz = dz + t * p.own[0][g];
      if constexpr (kTheta) acc(g, t * z);
    }
    return dz;
  }
};

}  // namespace KAN_NS
