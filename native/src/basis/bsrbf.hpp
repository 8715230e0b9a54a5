// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "basis/basis.hpp"
#include "basis/math.hpp"

namespace KAN_NS {

// Sum of a B-spline and a Gaussian with one coefficient, phi_c(z) = B_c(z) + exp(-((z - c_c) w)^2), c < G + k.
// (BSRBF-KAN) B_c by the Cox-de Boor recurrence on the input's own knots, half-open intervals, 0/0 := 0, 0 outside.
template <class T>
struct Bsrbf {
  using S = scalar_of<T>;
  static constexpr int32_t kMaxOrder = 5;

  KAN_HD static S inverse(S length) { return length > 0 ? S(1) / length : S(0); }

  // z moved to just where every spline is 0, so that an infinity times 0 does not make a NaN of it.
  KAN_HD static T inside(const BasisView<S>& p, T z) {
    const S low = p.own[2][0], high = p.own[2][p.n + p.order];
    return min(max(z, T(low - (high - low))), T(high));
  }

  // B_{c,order}(z) in value; its derivative in derivative.
  KAN_HD static void spline(const BasisView<S>& p, int32_t c, T z, T& value, T& derivative) {
    const S* t = p.own[2] + c;
    const T one = T(S(1)), zero = T(S(0));
    T b[kMaxOrder + 1];
    for (int32_t j = 0; j <= p.order; ++j) {
      // z >= t_j and z < t_{j+1}; the first recurrence step multiplies by z, which brings a NaN in.
      b[j] = select(z < T(t[j]), zero, select(z < T(t[j + 1]), one, zero));
    }
    for (int32_t d = 1; d < p.order; ++d) {
      for (int32_t j = 0; j <= p.order - d; ++j) {
        b[j] = (z - t[j]) * inverse(t[j + d] - t[j]) * b[j] +
               (t[j + d + 1] - z) * inverse(t[j + d + 1] - t[j + 1]) * b[j + 1];
      }
    }
    const int32_t k = p.order;
    const S left = inverse(t[k] - t[0]), right = inverse(t[k + 1] - t[1]);
    value = (z - t[0]) * left * b[0] + (t[k + 1] - z) * right * b[1];
    derivative = (b[0] * left - b[1] * right) * S(k);
  }

  template <class Out>
  KAN_HD static void eval(const BasisView<S>& p, T z, Out&& out) {
    const S w = p.own[1][0];
    const T zs = inside(p, z);
    for (int32_t c = 0; c < p.n; ++c) {
      T b, db;
      spline(p, c, zs, b, db);
      const T u = (z - p.own[0][c]) * w;
      out(c, b + exp(-(u * u)));
    }
  }

  template <bool kTheta, class Cotangent, class Accumulate, class Out>
  KAN_HD static T vjp(const BasisView<S>& p, T z, Cotangent&& cotangent, Accumulate&& acc, Out&& out) {
    const S w = p.own[1][0];
    const T zs = inside(p, z);
    T dz = T(S(0)), dw = T(S(0)), ds = T(S(0));
    for (int32_t c = 0; c < p.n; ++c) {
      T b, db;
      spline(p, c, zs, b, db);
      const T g = cotangent(c);
      const T d = z - p.own[0][c];
      const T u = d * w;
      const T gauss = exp(-(u * u));
      out(c, b + gauss);
      const T t = g * gauss * u * S(-2);
      ds = ds + g * db;
      dz = dz + t;
      if constexpr (kTheta) {
        acc(c, -(t * w));
        dw = dw + t * d;
      }
    }
    if constexpr (kTheta) acc(p.n, dw);
    return ds + dz * w;
  }
};

}  // namespace KAN_NS
