// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "basis/basis.hpp"
#include "basis/math.hpp"

namespace KAN_NS {

// Reflectional switch activation, phi_g(z) = 1 - tanh^2(u), u = (z - c_g) w. (FasterKAN, its documented form)
// With e = exp(-2|u|): phi = 4 e / (1 + e)^2 and |tanh u| = (1 - e) / (1 + e), from one exponential and exact in the tails.
// d phi / du = -2 tanh(u) phi;  du/dz = w = -du/dc;  du/dw = z - c.
template <class T>
struct Rswaf {
  using S = scalar_of<T>;

  template <class Out>
  KAN_HD static void eval(const BasisView<S>& p, T z, Out&& out) {
    const S w = p.own[1][0];
    for (int32_t g = 0; g < p.n; ++g) {
      const T e = exp(abs((z - p.own[0][g]) * w) * S(-2));
      const T q = T(S(1)) / (T(S(1)) + e);
      out(g, e * q * q * S(4));
    }
  }

  template <bool kTheta, class Cotangent, class Accumulate, class Out>
  KAN_HD static T vjp(const BasisView<S>& p, T z, Cotangent&& cotangent, Accumulate&& acc, Out&& out) {
    const S w = p.own[1][0];
    T dz = T(S(0)), dw = T(S(0));
    for (int32_t g = 0; g < p.n; ++g) {
      const T d = z - p.own[0][g];
      const T u = d * w;
      const T e = exp(abs(u) * S(-2));
      const T q = T(S(1)) / (T(S(1)) + e);
      const T t = (T(S(1)) - e) * q;
      const T phi = e * q * q * S(4);
      out(g, phi);
      const T du = cotangent(g) * phi * select(u < T(S(0)), t, -t) * S(2);
      dz = dz + du;
      if constexpr (kTheta) {
        acc(g, -(du * w));
        dw = dw + du * d;
      }
    }
    if constexpr (kTheta) acc(p.n, dw);
    return dz * w;
  }
};

}  // namespace KAN_NS
