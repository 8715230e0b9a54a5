// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "basis/basis.hpp"
#include "basis/math.hpp"

namespace KAN_NS {

// cos(kz) and sin(kz), k a whole number: k z as a sum of two numbers, the second what rounding the product lost (zero on a
// tier whose fma rounds twice).
template <class T>
KAN_HD void harmonic(T z, scalar_of<T> k, T& s, T& c) {
  const T angle = z * k, rest = fma(z, T(k), -angle);
  T s0, c0;
  sincos(angle, s0, c0);
  s = s0 + c0 * rest;
  c = c0 - s0 * rest;
}

// Fourier series: phi_{k-1}(z) = cos(kz), phi_{G+k-1}(z) = sin(kz), k = 1..G. (FourierKAN)
// Angle addition from one sincos, anew every kRun frequencies: its rounding error grows with the steps.
template <class T>
struct Fourier {
  using S = scalar_of<T>;
  static constexpr int32_t kRun = 8;

  // Hands over k - 1, cos(kz) and sin(kz).
  template <class Use>
  KAN_HD static void harmonics(int32_t grid, T z, Use&& use) {
    T s1, c1;
    sincos(z, s1, c1);
    T s = s1, c = c1;
    for (int32_t k = 0; k < grid; ++k) {
      if (k > 0 && k % kRun == 0) harmonic(z, S(k + 1), s, c);
      use(k, c, s);
      const T next = c * c1 - s * s1;
      s = s * c1 + c * s1;
      c = next;
    }
  }

  template <class Out>
  KAN_HD static void eval(const BasisView<S>& p, T z, Out&& out) {
    harmonics(p.grid, z, [&](int32_t k, T c, T s) {
      out(k, c);
      out(p.grid + k, s);
    });
  }

  template <bool kTheta, class Cotangent, class Accumulate, class Out>
  KAN_HD static T vjp(const BasisView<S>& p, T z, Cotangent&& cotangent, Accumulate&&, Out&& out) {
    T dz = T(S(0));
    harmonics(p.grid, z, [&](int32_t k, T c, T s) {
      out(k, c);
      out(p.grid + k, s);
      dz = dz + (c * cotangent(p.grid + k) - s * cotangent(k)) * S(k + 1);
    });
    return dz;
  }
};

}  // namespace KAN_NS
