// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "basis/basis.hpp"
#include "basis/math.hpp"

namespace KAN_NS {

// Fourier series: phi_{k-1}(z) = cos(kz), phi_{G+k-1}(z) = sin(kz), k = 1..G. (FourierKAN)
// One sincos; the harmonics follow by angle addition, whose rounding error grows linearly in k.
template <class T>
struct Fourier {
  using S = scalar_of<T>;

  template <class Out>
  KAN_HD static void eval(const BasisView<S>& p, T z, Out&& out) {
    T s1, c1;
    sincos(z, s1, c1);
    T s = s1, c = c1;
    for (int32_t k = 0; k < p.grid; ++k) {
      out(k, c);
      out(p.grid + k, s);
      const T next = c * c1 - s * s1;
      s = s * c1 + c * s1;
      c = next;
    }
  }

  template <bool kTheta, class Cotangent, class Accumulate>
  KAN_HD static T vjp(const BasisView<S>& p, T z, Cotangent&& cotangent, Accumulate&&) {
    T s1, c1;
    sincos(z, s1, c1);
    T s = s1, c = c1, dz = T(S(0));
    for (int32_t k = 0; k < p.grid; ++k) {
      dz = dz + (c * cotangent(p.grid + k) - s * cotangent(k)) * S(k + 1);
      const T next = c * c1 - s * s1;
      s = s * c1 + c * s1;
      c = next;
    }
    return dz;
  }
};

}  // namespace KAN_NS
