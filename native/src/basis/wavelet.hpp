// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "basis/basis.hpp"
#include "basis/math.hpp"
#include "kan/kan.h"

namespace KAN_NS {

// Mother wavelets psi(u) and psi'(u) but for a constant, u = (x_i - tau_oi) / s_oi: both are what is returned times `envelope`, the
// Gaussian that they share or 1. (Wav-KAN, arXiv 2405.12832, signs and windows
// as in its published code) Not a policy of the other kind: scale and translation belong to the edge, not to the input.
// SHANNON's window depends on the input feature only. It and the constant are factors outside: see wavelet_factor.
template <int32_t kWavelet, class T>
KAN_HD void wavelet_parts(T u, T& envelope, T& value, T& derivative) {
  using S = scalar_of<T>;
  const T one = T(S(1)), zero = T(S(0));
  envelope = one;
  // exp(-u^2/2) is 0 from there on; the powers of u beside it are to stay numbers (u is large where a trained scale passes near 0).
  constexpr S kReach = sizeof(S) == 4 ? S(18) : S(40);
  if constexpr (kWavelet == KAN_WAVELET_MORLET || kWavelet == KAN_WAVELET_DOG) u = min(max(u, T(-kReach)), T(kReach));
  if constexpr (kWavelet == KAN_WAVELET_HAT) {
    // 2 / (sqrt(3) pi^(1/4)) (u^2 - 1) exp(-u^2/2)
    const T q = min(u * u, T(kReach * kReach));
    envelope = gaussian_of_square(q);
    value = q - one;
    derivative = limited(u, kReach) * (T(S(3)) - q);
  } else if constexpr (kWavelet == KAN_WAVELET_MORLET) {
    envelope = gaussian_of_square(u * u);
    T s, c;
    sincos(u * S(5), s, c);
    value = c;
    derivative = -(s * S(5) + u * c);
  } else if constexpr (kWavelet == KAN_WAVELET_DOG) {
    envelope = gaussian_of_square(u * u);
    value = -u;
    derivative = u * u - one;
  } else if constexpr (kWavelet == KAN_WAVELET_MEYER) {
    // sin(pi v) aux(v), v = |u|; aux = 1 up to 1/2, cos(pi/2 nu(2v - 1)) up to 1, 0 beyond; nu(t) = t^4 (35 - 84 t
    // + 70 t^2 - 20 t^3), nu' = 140 t^3 (1 - t)^3. v stops at 1, where aux is 0, so that infinity gives 0.
    constexpr double kPi = 3.14159265358979323846;
    const T v = min(abs(u), one);
    const T t = max(v * S(2) - one, zero);
    const T nu = t * t * t * t * (T(S(35)) + t * (T(S(-84)) + t * (T(S(70)) - t * S(20))));
    const T r = one - t;
    T s, c, as, ac;
    sincos(v * S(kPi), s, c);
    sincos(nu * S(kPi / 2), as, ac);
    ac = select(abs(u) < one, ac, v * zero);  // exactly 0 from 1 on, and NaN stays
    as = select(abs(u) < one, as, v * zero);
    value = s * ac;
    const T d = c * ac * S(kPi) - s * as * (t * t * t * r * r * r) * S(140 * kPi);
    derivative = select(u < zero, -d, select(u > zero, d, u * zero));
  } else {
    // sin(u) / u; near 0 by its series, where the derivative (cos u - sin(u)/u) / u would lose all digits.
    static_assert(kWavelet == KAN_WAVELET_SHANNON);
    T s, c;
    sincos(u, s, c);
    const T q = u * u;
    const auto small = q < T(S(0.25));
    const T safe = select(small, one, u);
    const T ratio = s / safe;
    // clang-format off
    const T series = one + q * (T(S(-1.0 / 6)) + q * (T(S(1.0 / 120)) + q * (T(S(-1.0 / 5040)) + q * (T(S(1.0 / 362880))
                   + q * (T(S(-1.0 / 39916800)) + q * (T(S(1.0 / 6227020800)) - q * S(1.0 / 1307674368000)))))));
    const T slope = u * (T(S(-1.0 / 3)) + q * (T(S(1.0 / 30)) + q * (T(S(-1.0 / 840)) + q * (T(S(1.0 / 45360))
                  + q * (T(S(-1.0 / 3991680)) + q * (T(S(1.0 / 518918400)) - q * S(1.0 / 93405312000)))))));
    // clang-format on
    value = select(small, series, ratio);
    derivative = select(small, slope, (c - ratio) / safe);
  }
}

template <int32_t kWavelet, class T>
KAN_HD void wavelet_shape(T u, T& value, T& derivative) {
  T envelope;
  wavelet_parts<kWavelet>(u, envelope, value, derivative);
  value = value * envelope;
  derivative = derivative * envelope;
}

KAN_HD constexpr double wavelet_constant(int32_t wavelet) {
  return wavelet == KAN_WAVELET_HAT ? 0.86732507058407751832 : 1;
}

// Both with the constant.
template <int32_t kWavelet, class T>
KAN_HD void wavelet(T u, T& value, T& derivative) {
  using S = scalar_of<T>;
  wavelet_shape<kWavelet>(u, value, derivative);
  if constexpr (wavelet_constant(kWavelet) != 1) {
    value = value * S(wavelet_constant(kWavelet));
    derivative = derivative * S(wavelet_constant(kWavelet));
  }
}

// SHANNON's Hamming window over the input features, at input i; 1 for the rest.
KAN_HD double wavelet_window(int32_t wavelet, int64_t i, int64_t in) {
  if (wavelet != KAN_WAVELET_SHANNON || in < 2) return 1;
  double s, c;
  sincos(6.28318530717958647692 * double(i) / double(in - 1), s, c);
  return 0.54 - 0.46 * c;
}

// What wavelet_shape leaves out, of input i.
KAN_HD double wavelet_factor(int32_t wavelet, int64_t i, int64_t in) {
  return wavelet_window(wavelet, i, in) * wavelet_constant(wavelet);
}

}  // namespace KAN_NS
