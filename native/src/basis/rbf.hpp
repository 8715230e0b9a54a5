// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "basis/basis.hpp"
#include "basis/math.hpp"

namespace KAN_NS {

// Gaussian radial basis, phi_g(z) = exp(-u^2), u = (z - c_g) w. (FastKAN, Li 2024, arXiv 2405.06721)
// d phi_g / dz = -2 u w phi_g = -d phi_g / dc_g;  d phi_g / dw = -2 u (z - c_g) phi_g.
template <class T>
struct Rbf {
  using S = scalar_of<T>;

  template <class Out>
  KAN_HD static void eval(const BasisView<S>& p, T z, Out&& out) {
    const S w = p.own[1][0];
    for (int32_t g = 0; g < p.n; ++g) {
      const T u = (z - p.own[0][g]) * w;
      out(g, exp(-(u * u)));
    }
  }

  template <bool kTheta, class Cotangent, class Accumulate, class Out>
  KAN_HD static T vjp(const BasisView<S>& p, T z, Cotangent&& cotangent, Accumulate&& acc, Out&& out) {
    const S w = p.own[1][0];
    T dz = T(S(0)), dw = T(S(0));
    for (int32_t g = 0; g < p.n; ++g) {
      const T d = z - p.own[0][g];
      const T u = d * w;
      const T phi = exp(-(u * u));
      out(g, phi);
      const T t = cotangent(g) * phi * u * S(-2);
      dz = dz + t;
      if constexpr (kTheta) {
        acc(g, -(t * w));
        dw = dw + t * d;
      }
    }
    if constexpr (kTheta) acc(p.n, dw);
    return dz * w;
  }
};

}  // namespace KAN_NS
