// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "basis/basis.hpp"
#include "basis/math.hpp"

namespace KAN_NS {

// Jacobi polynomials, phi_d(z) = P_d^(a,b)(t), t = tanh z, d = 0..D, a, b > -1. (JacobiKAN; Legendre is a = b = 0,
// Gegenbauer a = b = lambda - 1/2 up to a factor a degree)
// P_0 = 1, P_1 = ((a - b) + (a + b + 2) t) / 2, P_d = (A_d t + B_d) P_{d-1} - C_d P_{d-2} with
//   A_d = (2d+a+b)(2d+a+b-1) / (2d (d+a+b)),  B_d = (2d+a+b-1)(a^2-b^2) / (2d (d+a+b)(2d+a+b-2)),
//   C_d = (d+a-1)(d+b-1)(2d+a+b) / (d (d+a+b)(2d+a+b-2)),  finite for every d >= 2.
// A view may bring a_d, b_d, c_d of the degrees 0 .. n as own[0], three numbers a degree (0 for degree 0): device kernels
// do, where double precision is slow.
struct JacobiStep {
  double a, b, c;

  KAN_HD static JacobiStep of(int32_t degree, double alpha, double beta) {
    if (degree == 1) return {(alpha + beta + 2) * 0.5, (alpha - beta) * 0.5, 0};
    const double d = degree, s = alpha + beta, e = 2 * d + s;
    const double inverse = 1 / (2 * d * (d + s) * (e - 2));
    return {e * (e - 1) * (e - 2) * inverse, (e - 1) * (alpha * alpha - beta * beta) * inverse,
            2 * (d + alpha - 1) * (d + beta - 1) * e * inverse};
  }
};

template <class T>
struct Jacobi {
  using S = scalar_of<T>;

  KAN_HD static void step(const BasisView<S>& p, int32_t degree, S& a, S& b, S& c) {
    if (p.own[0]) {
      a = p.own[0][3 * degree], b = p.own[0][3 * degree + 1], c = p.own[0][3 * degree + 2];
      return;
    }
    const JacobiStep s = JacobiStep::of(degree, p.shape_a, p.shape_b);
    a = S(s.a), b = S(s.b), c = S(s.c);
  }

  template <class Out>
  KAN_HD static void eval(const BasisView<S>& p, T z, Out&& out) {
    const T t = tanh(z);
    T previous = T(S(0)), current = t - t + T(S(1));  // P_{d-1}, P_d; NaN where t is
    for (int32_t d = 0; d < p.n; ++d) {
      out(d, current);
      S a, b, c;
      step(p, d + 1, a, b, c);
      const T next = (t * a + b) * current - previous * c;
      previous = current;
      current = next;
    }
  }

  template <bool kTheta, class Cotangent, class Accumulate, class Out>
  KAN_HD static T vjp(const BasisView<S>& p, T z, Cotangent&& cotangent, Accumulate&&, Out&& out) {
    const T t = tanh(z);
    T previous = T(S(0)), current = t - t + T(S(1)), d_previous = T(S(0)), d_current = T(S(0)), dt = T(S(0));
    out(0, current);
    for (int32_t d = 1; d < p.n; ++d) {
      S a, b, c;
      step(p, d, a, b, c);
      const T line = t * a + b;
      const T next = line * current - previous * c;
      const T d_next = line * d_current + current * a - d_previous * c;
      previous = current;
      current = next;
      d_previous = d_current;
      d_current = d_next;
      out(d, current);
      dt = dt + cotangent(d) * d_current;
    }
    return dt * (T(S(1)) - t * t);
  }
};

}  // namespace KAN_NS
