// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "basis/basis.hpp"
#include "basis/math.hpp"

namespace KAN_NS {

// Safe Pade activation, phi(x) = P(x) / Q(x), P = sum_{m<=5} a_m x^m, Q = 1 + sum_{m=1..4} |b_m| |x|^m. (KAT, arXiv
// 2409.10594, the denominator of its CUDA kernels) Q >= 1, so there are no poles. Q' at the kink x = 0 is taken as 0.
// d phi/dx = (P' - phi Q') / Q, d phi/da_m = x^m / Q, d phi/db_m = -phi sign(b_m) |x|^m / Q.
// Beyond |x| = 1 all of it is evaluated in u = 1/x, coefficients in reverse: phi = x (P / x^5) / (Q / x^4). Powers of x would leave the
// range of a float from 1e7 on, where phi itself is about a_5 x / |b_4|.
template <class T>
struct Rational {
  using S = scalar_of<T>;

  // P and Q at x, both divided by |x|^4 where |x| > 1, and P by x once more.
  struct Parts {
    T u, w, scale;  // x or 1/x, |u|, what P / Q is to be multiplied by: 1 or x
    T p, q;
  };
  // One number for the lanes with |x| > 1, the other for the rest.
  template <class Mask>
  KAN_HD static T pick(Mask big, S there, S here) {
    return select(big, T(there), T(here));
  }
  // |b_m|, and 1 for m = 0.
  KAN_HD static S term(const BasisView<S>& p, int32_t m) { return m == 0 ? S(1) : abs(p.own[1][m - 1]); }

  template <class Mask>
  KAN_HD static Parts parts(const BasisView<S>& p, T x, Mask big) {
    const T one = T(S(1));
    Parts r;
    r.scale = select(big, x, one);
    r.u = select(big, one / r.scale, x);
    r.w = abs(r.u);
    r.p = pick(big, p.own[0][0], p.own[0][5]);
    for (int32_t m = 4; m >= 0; --m) r.p = r.p * r.u + pick(big, p.own[0][5 - m], p.own[0][m]);
    r.q = pick(big, S(1), term(p, 4));
    for (int32_t m = 3; m >= 0; --m) r.q = r.q * r.w + pick(big, term(p, 4 - m), term(p, m));
    return r;
  }

  template <class Out>
  KAN_HD static void eval(const BasisView<S>& p, T x, Out&& out) {
    const Parts r = parts(p, x, abs(x) > T(S(1)));
    out(0, r.p / r.q * r.scale);
  }

  template <bool kTheta, class Cotangent, class Accumulate, class Out>
  KAN_HD static T vjp(const BasisView<S>& p, T x, Cotangent&& cotangent, Accumulate&& acc, Out&& out) {
    const auto big = abs(x) > T(S(1));
    const Parts r = parts(p, x, big);
    const T inverse = T(S(1)) / r.q;
    const T phi = r.p * inverse * r.scale;
    out(0, phi);
    // P' / x^4 and Q' / |x|^3 there, P' and Q' here.
    T dp = pick(big, p.own[0][1], p.own[0][5] * S(5)), dq = pick(big, term(p, 1), term(p, 4) * S(4));
    for (int32_t m = 4; m >= 1; --m) dp = dp * r.u + pick(big, p.own[0][6 - m] * S(6 - m), p.own[0][m] * S(m));
    for (int32_t m = 3; m >= 1; --m) dq = dq * r.w + pick(big, term(p, 5 - m) * S(5 - m), term(p, m) * S(m));
    dq = select(x < T(S(0)), -dq, select(x > T(S(0)), dq, x));  // 0 at 0; NaN stays NaN
    const T g = cotangent(0) * inverse;
    if constexpr (kTheta) {
      // x^m / |x|^4 there, x^m here.
      const T u2 = r.u * r.u, u3 = u2 * r.u, u4 = u2 * u2, one = T(S(1));
      acc(0, g * select(big, u4, one));
      acc(1, g * select(big, u3, r.u));
      acc(2, g * u2);
      acc(3, g * select(big, r.u, u3));
      acc(4, g * select(big, one, u4));
      acc(5, g * select(big, r.scale, u4 * r.u));
      const T down = -(g * phi);
      const T powers[4] = {select(big, abs(u3), r.w), u2, select(big, r.w, abs(u3)), select(big, one, u4)};
      for (int32_t m = 0; m < 4; ++m) {
        const S b = p.own[1][m];
        acc(6 + m, down * powers[m] * S((b > 0) - (b < 0)));
      }
    }
    return g * (dp - phi * select(big, r.w, T(S(1))) * dq);
  }
};

}  // namespace KAN_NS
