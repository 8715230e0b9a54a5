// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "basis/basis.hpp"
#include "basis/math.hpp"

namespace KAN_NS {

// Chebyshev polynomials of the first kind, phi_d(z) = T_d(t), t = tanh z, d = 0..D. (ChebyKAN)
// T_{d+1} = 2 t T_d - T_{d-1}; T_d' = d U_{d-1}, U_{d+1} = 2 t U_d - U_{d-1}; dt/dz = 1 - t^2. Never acos, whose
// derivative is infinite where tanh saturates.
template <class T>
struct Chebyshev {
  using S = scalar_of<T>;

  template <class Out>
  KAN_HD static void eval(const BasisView<S>& p, T z, Out&& out) {
    const T t = tanh(z), t2 = t + t;
    T previous = t - t + T(S(1)), current = t;  // 1, and NaN where t is
    for (int32_t d = 0; d < p.n; ++d) {
      out(d, previous);
      const T next = t2 * current - previous;
      previous = current;
      current = next;
    }
  }

  template <bool kTheta, class Cotangent, class Accumulate, class Out>
  KAN_HD static T vjp(const BasisView<S>& p, T z, Cotangent&& cotangent, Accumulate&&, Out&& out) {
    const T t = tanh(z), t2 = t + t;
    T before = t - t + T(S(1)), value = t;                  // T_{d-1}, T_d
    T previous = T(S(0)), current = T(S(1)), dt = T(S(0));  // U_{d-2}, U_{d-1}
    out(0, before);
    for (int32_t d = 1; d < p.n; ++d) {
      out(d, value);
      dt = dt + cotangent(d) * current * S(d);
      const T next = t2 * current - previous, next_value = t2 * value - before;
      previous = current;
      current = next;
      before = value;
      value = next_value;
    }
    return dt * (T(S(1)) - t * t);
  }
};

}  // namespace KAN_NS
