// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "basis/basis.hpp"
#include "basis/math.hpp"

namespace KAN_NS {

// Safe Pade activation, phi(x) = P(x) / Q(x), P = sum_{m<=5} a_m x^m, Q = 1 + sum_{m=1..4} |b_m| |x|^m. (KAT, arXiv
// 2409.10594, the denominator of its CUDA kernels) Q >= 1, so there are no poles. Q' at the kink x = 0 is taken as 0.
// d phi/dx = (P' - phi Q') / Q, d phi/da_m = x^m / Q, d phi/db_m = -phi sign(b_m) |x|^m / Q.
template <class T>
struct Rational {
  using S = scalar_of<T>;

  KAN_HD static T numerator(const BasisView<S>& p, T x) {
    T r = T(p.own[0][5]);
    for (int32_t m = 4; m >= 0; --m) r = r * x + p.own[0][m];
    return r;
  }
  KAN_HD static T denominator(const BasisView<S>& p, T v) {
    T r = T(abs(p.own[1][3]));
    for (int32_t m = 2; m >= 0; --m) r = r * v + abs(p.own[1][m]);
    return r * v + S(1);
  }

  template <class Out>
  KAN_HD static void eval(const BasisView<S>& p, T x, Out&& out) {
    out(0, numerator(p, x) / denominator(p, abs(x)));
  }

  template <bool kTheta, class Cotangent, class Accumulate, class Out>
  KAN_HD static T vjp(const BasisView<S>& p, T x, Cotangent&& cotangent, Accumulate&& acc, Out&& out) {
    const T v = abs(x);
    const T inverse = T(S(1)) / denominator(p, v);
    const T phi = numerator(p, x) * inverse;
    out(0, phi);
    T dp = T(p.own[0][5]) * S(5), dq = T(abs(p.own[1][3])) * S(4);
    for (int32_t m = 4; m >= 1; --m) dp = dp * x + p.own[0][m] * S(m);
    for (int32_t m = 3; m >= 1; --m) dq = dq * v + abs(p.own[1][m - 1]) * S(m);
    dq = select(x < T(S(0)), -dq, select(x > T(S(0)), dq, x));  // 0 at 0; NaN stays NaN
    const T g = cotangent(0) * inverse;
    if constexpr (kTheta) {
      T power = g;
      for (int32_t m = 0; m < 6; ++m) {
        acc(m, power);
        power = power * x;
      }
      power = -(g * phi);
      for (int32_t m = 0; m < 4; ++m) {
        const S b = p.own[1][m];
        power = power * v;
        acc(6 + m, power * S((b > 0) - (b < 0)));
      }
    }
    return g * (dp - phi * dq);
  }
};

}  // namespace KAN_NS
