// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "basis/basis.hpp"
#include "basis/math.hpp"

namespace KAN_NS {

// Squared product of two ReLUs, phi_g(z) = (relu(e_g - z) relu(z - s_g) r)^2, r = 4 G^2 / (k+1)^2. (ReLU-KAN,
// arXiv 2406.02075) With u = relu(e - z), v = relu(z - s), q = u v r: d phi/dz = 2 q r (u - v), d phi/de = 2 q r v,
// d phi/ds = -2 q r u; q is 0 where either ReLU is flat, so no further case is needed.
template <class T>
struct Relu {
  using S = scalar_of<T>;

  KAN_HD static S factor(const BasisView<S>& p) {
    return S(4.0 * p.grid * p.grid / ((p.order + 1.0) * (p.order + 1.0)));
  }

  template <class Out>
  KAN_HD static void eval(const BasisView<S>& p, T z, Out&& out) {
    const S r = factor(p);
    for (int32_t g = 0; g < p.n; ++g) {
      // NaN is the first argument of max, which then keeps it.
      const T q = max(p.own[1][g] - z, T(S(0))) * max(z - p.own[0][g], T(S(0))) * r;
      out(g, q * q);
    }
  }

  template <bool kTheta, class Cotangent, class Accumulate, class Out>
  KAN_HD static T vjp(const BasisView<S>& p, T z, Cotangent&& cotangent, Accumulate&& acc, Out&& out) {
    const S r = factor(p);
    T dz = T(S(0));
    for (int32_t g = 0; g < p.n; ++g) {
      const T u = max(p.own[1][g] - z, T(S(0))), v = max(z - p.own[0][g], T(S(0)));
      const T q = u * v * r;
      out(g, q * q);
      const T t = cotangent(g) * q * (r + r);
      dz = dz + t * (u - v);
      if constexpr (kTheta) {
        acc(g, -(t * u));
        acc(p.n + g, t * v);
      }
    }
    return dz;
  }
};

}  // namespace KAN_NS
