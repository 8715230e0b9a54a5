// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Elementary functions of registers, under the names of basis/math.hpp.
#pragma once
#include "cpu/simd.hpp"

namespace KAN_NS {

// exp by reduction to |r| <= ln 2 / 2 and a polynomial (coefficients of Cephes' expf; Taylor for double); relative error
// below 2 ulp; results under the smallest normal number become 0, those past the largest infinity.
KAN_HD vec<float> exp(vec<float> x0) {
  using V = vec<float>;
  const V x = min(max(x0, V(-87.33654f)), V(89.0f));
  const V n = round_even(x * 1.44269504088896341f);
  V r = fma(n, V(-0.693359375f), x);
  r = fma(n, V(2.12194440e-4f), r);
  V p(1.9875691500e-4f);
  p = fma(p, r, V(1.3981999507e-3f));
  p = fma(p, r, V(8.3334519073e-3f));
  p = fma(p, r, V(4.1665795894e-2f));
  p = fma(p, r, V(1.6666665459e-1f));
  p = fma(p, r, V(5.0000001201e-1f));
  p = fma(p * r, r, r) + 1.0f;
  return select(x0 < V(-87.33654f), V(0.0f), ldexp(p, n));
}

KAN_HD vec<double> exp(vec<double> x0) {
  using V = vec<double>;
  const V x = min(max(x0, V(-708.3964185322641)), V(710.0));
  const V n = round_even(x * 1.4426950408889634074);
  V r = fma(n, V(-6.93145751953125e-1), x);
  r = fma(n, V(-1.42860682030941723212e-6), r);
  V p(1.0 / 6227020800.0);
  p = fma(p, r, V(1.0 / 479001600.0));
  p = fma(p, r, V(1.0 / 39916800.0));
  p = fma(p, r, V(1.0 / 3628800.0));
  p = fma(p, r, V(1.0 / 362880.0));
  p = fma(p, r, V(1.0 / 40320.0));
  p = fma(p, r, V(1.0 / 5040.0));
  p = fma(p, r, V(1.0 / 720.0));
  p = fma(p, r, V(1.0 / 120.0));
  p = fma(p, r, V(1.0 / 24.0));
  p = fma(p, r, V(1.0 / 6.0));
  p = fma(p, r, V(0.5));
  p = fma(p * r, r, r) + 1.0;
  return select(x0 < V(-708.3964185322641), V(0.0), ldexp(p, n));
}

// 2^r for |r| <= 1/2, relative error 1e-7.
KAN_HD vec<float> exp2_near_0(vec<float> r) {
  using V = vec<float>;
  V p(1.3390863364671234e-3f);
  p = fma(p, r, V(9.6760319183220541e-3f));
  p = fma(p, r, V(5.5503571142190778e-2f));
  p = fma(p, r, V(2.4022107485308338e-1f));
  p = fma(p, r, V(6.9314718802622878e-1f));
  return fma(p, r, V(1.0f));
}

// By Horner's rule, the highest power's term first. Compilers leave so long a loop a loop by themselves.
template <class S, int N>
KAN_HD vec<S> polynomial(const S (&terms)[N], vec<S> x) {
  vec<S> p(terms[0]);
#pragma GCC unroll 24
  for (int i = 1; i < N; ++i) p = fma(p, x, vec<S>(terms[i]));
  return p;
}

// 2^z for z <= 0, not below -234 (float; on AVX-512 any z), -1155 (double). Results under the smallest normal number become 0 (but on
// AVX-512); of NaN comes anything but a crash, so another factor has to be NaN there.
KAN_HD vec<float> power_of_two(vec<float> z) {
  using V = vec<float>;
#if defined(__AVX512F__)
  // Two instructions take a number apart into its whole part below and the rest, and put a power together.
  const V r = above_floor(z);
  V p(1.8671301369347628e-3f);  // 2^r for 0 <= r < 1, relative error 1e-7
  p = fma(p, r, V(9.0170301359157787e-3f));
  p = fma(p, r, V(5.5799913287401045e-2f));
  p = fma(p, r, V(2.4016445008089390e-1f));
  p = fma(p, r, V(6.9315131181458508e-1f));
  return ldexp(fma(p, r, V(1.0f)), z);
#else
  using I = V::Mask;
  using B = V::Bits;                  // of NaN the sum may overflow
  const V shifted = z + 12582912.0f;  // the whole number is in its low bits
  const I bits = I(B(exp2_near_0(z - (shifted - 12582912.0f)).v) + (B(shifted.v) << 23));
  return V(V::Native(bits & (bits > 0)));
#endif
}
KAN_HD vec<double> power_of_two(vec<double> z) {
  using V = vec<double>;
  using I = V::Mask;
  using B = V::Bits;
  const V shifted = z + 6755399441055744.0, r = z - (shifted - 6755399441055744.0);
  constexpr double kTerms[] = {4.455817908336064493e-10, 7.0741942972885210056e-9, 1.0178057087733941105e-7,
                               1.3215432535912376166e-6, 1.5252733841556772589e-5, 1.5403530463724354209e-4,
                               1.3333558146406470697e-3, 9.6181291075872566681e-3, 5.5504108664821627039e-2,
                               2.4022650695910159567e-1, 6.9314718055994530925e-1, 1.0};
  const V p = polynomial(kTerms, r);
  const I bits = I(B(p.v) + (B(shifted.v) << 52));
  return V(V::Native(bits & (bits > 0)));
}

// exp(-q / 2) for 0 <= q <= 18^2 (float), 40^2 (double).
template <class S>
KAN_HD vec<S> gaussian_of_square(vec<S> q) {
  return power_of_two(q * S(-0.72134752044448170368));
}

// exp(x) for x <= 0, not below 1.2e-38 (float; on AVX-512 as small as it is); relative error 3e-7, and on AVX-512 half an ulp of x more.
KAN_HD vec<float> exp_of_negative(vec<float> x0) {
#if defined(__AVX512F__)
  return power_of_two(x0 * 1.44269504088896341f);
#else
  // The whole number that 2 is raised to is in the low bits of `shifted`, and added to the exponent's.
  using V = vec<float>;
  using B = V::Bits;  // of NaN the sum may overflow
  const V x = max(x0, V(-87.33654f)), shifted = fma(x, V(1.44269504088896341f), V(12582912.0f)),
          n = shifted - 12582912.0f;
#if defined(__FMA__) || defined(__aarch64__)
  const V r = fma(n, V(-0.693147182464599609375f), x);
#else
  const V r = fma(n, V(2.12194440e-4f), fma(n, V(-0.693359375f), x));
#endif
  V p(8.369148490856e-3f);
  p = fma(p, r, V(4.1917507249615e-2f));
  p = fma(p, r, V(1.6666505260408e-1f));
  p = fma(p, r, V(4.9998869378303e-1f));
  p = fma(p, r, V(1.0f));
  return V(V::Native(B(fma(p, r, V(1.0f)).v) + (B(shifted.v) << 23)));
#endif
}
KAN_HD vec<double> exp_of_negative(vec<double> x) { return exp(x); }

// tanh: an odd polynomial (rational for double; Cephes) below 0.625, 1 - 2 / (e^2x + 1) above.
KAN_HD vec<float> tanh(vec<float> x) {
  using V = vec<float>;
  const V a = abs(x), z = x * x;
  V p(-5.70498872745e-3f);
  p = fma(p, z, V(2.06390887954e-2f));
  p = fma(p, z, V(-5.37397155531e-2f));
  p = fma(p, z, V(1.33314422036e-1f));
  p = fma(p, z, V(-3.33332819422e-1f));
  const V small = fma(p * z, x, x);
  const V t = 1.0f - 2.0f / (exp(a + a) + 1.0f);
  return select(a < V(0.625f), small, select(x < V(0.0f), -t, t));
}

KAN_HD vec<double> tanh(vec<double> x) {
  using V = vec<double>;
  const V a = abs(x), z = x * x;
  V p(-9.64399179425052238628e-1);
  p = fma(p, z, V(-9.92877231001918586564e1));
  p = fma(p, z, V(-1.61468768441708447952e3));
  V q = z + 1.12811678491632931402e2;
  q = fma(q, z, V(2.23548839060100448583e3));
  q = fma(q, z, V(4.84406305325125486048e3));
  const V small = fma(x * z, p / q, x);
  const V t = 1.0 - 2.0 / (exp(a + a) + 1.0);
  return select(a < V(0.625), small, select(x < V(0.0), -t, t));
}

// exp(z^2) erfc(z) / t as a polynomial in t = 3 / (3 + z), z >= 0: errors of 1e-8 and 1e-17 (Chebyshev fits over all of [0, 1]).
KAN_HD vec<float> scaled_erfc(vec<float> t) {
  constexpr float kTerms[] = {0.024031660455f, -0.084185163107f, 0.064588958469f, 0.011986334486f,
                              0.048284430878f, 0.09968688443f,   0.12481917052f,  0.15707068827f,
                              0.17758999048f,  0.18806386265f,   0.18806319172f};
  const vec<float> p = polynomial(kTerms, t);
  return p * t;
}
KAN_HD vec<double> scaled_erfc(vec<double> t) {
  constexpr double kTerms[] = {
      -0.0023621908483131259874, 0.027180796341603322683,   -0.14336713470518648107,   0.45733865303058832756,
      -0.98061991968855769436,   1.4886567511254004943,     -1.6508712691244601102,    1.3762153932635761699,
      -0.89273287903690200767,   0.45838469881330951291,    -0.17901881421613652709,   0.058909950860068131992,
      -0.020128735080886088994,  -0.0067180614156855595367, -0.0080365616189760506652, 0.0041086907131500161107,
      0.026212314753493993754,   0.056980309412099540445,   0.092290261239647571501,   0.12711678912477895496,
      0.15671932876050777786,    0.17761523926504225589,    0.18806319451591880285,    0.18806319451591876227};
  const vec<double> p = polynomial(kTerms, t);
  return p * t;
}

// The normal distribution's Phi(x) = erfc(-x / sqrt 2) / 2; both tails keep their digits: exp(-x^2/2) is taken of the square and of
// its rounding error.
template <class S>
KAN_HD vec<S> normal_cdf(vec<S> x) {
  using T = vec<S>;
  const T v = min(abs(x), T(S(45)));  // 0 or 1 long before that, and its square is a number
  const T square = v * v, error = fma(v, v, -square);
  const T tail = scaled_erfc(T(S(3)) / (v * S(0.70710678118654752440) + S(3))) * exp(square * S(-0.5)) *
                 (S(0.5) - error * S(0.25));
  return select(x < T(S(0)), tail, S(1) - tail);
}

// log(1 + e) for e in [0, 1]: a polynomial (float, relative error 3e-8), or 2 atanh(r), r = e / (2 + e) of at most 1/3, as one in r^2
// (double, 1.3e-18).
KAN_HD vec<float> log1p_of_fraction(vec<float> e) {
  constexpr float kTerms[] = {0.00536484341031f, -0.0300658703173f, 0.0792046659012f,
                              -0.137538137566f,  0.191536605266f,   -0.24857165166f,
                              0.33321322816f,    -0.499996479729f,  1.0f};
  const vec<float> p = polynomial(kTerms, e);
  return p * e;
}
KAN_HD vec<double> log1p_of_fraction(vec<double> e) {
  constexpr double kTerms[] = {0.0853003146005275477655,
                               0.0415784197789501646741,
                               0.0605612454491055611302,
                               0.0665005124589910519035,
                               0.0769331772815759784722,
                               0.090908698937952085631,
                               0.111111120558891206478,
                               0.142857142724625137902,
                               0.200000000000951632185,
                               0.333333333333330671167,
                               1.0};
  const vec<double> r = e / (e + 2.0), q = r * r;
  const vec<double> p = polynomial(kTerms, q);
  return (r + r) * p;
}

// log(1 + m) for m >= 0, as exact for small m: the exponent of 1 + m, and the fraction above it.
template <class S>
KAN_HD vec<S> log1p(vec<S> m) {
  using T = vec<S>;
  using I = typename T::Mask;
  constexpr int kMantissa = sizeof(S) == 4 ? 23 : 52, kBias = sizeof(S) == 4 ? 127 : 1023;
  const I exponent = (I((m + S(1)).v) >> kMantissa) - kBias;
  const T fraction =
      select(exponent == 0, m, (m + S(1)) * T(typename T::Native((kBias - exponent) << kMantissa)) - S(1));
  return fma(to_real(exponent), T(S(0.69314718055994530942)), log1p_of_fraction(fraction));
}

// sin and cos together: Cody-Waite reduction by pi/2 in three parts, polynomials on |r| <= pi/4 (Cephes); arguments too
// large for the reduction, infinities and NaN go to libm, lane by lane.
KAN_HD void sincos(vec<float> x0, vec<float>& s, vec<float>& c) {
  using V = vec<float>;
  const V::Mask easy = abs(x0) <= V(8192.0f);
  const V x = select(easy, x0, V(0));
  const V n = round_even(x * 0.636619772367581343f);
  V r = fma(n, V(-1.5703125f), x);
  r = fma(n, V(-4.837512969970703125e-4f), r);
  r = fma(n, V(-7.549789948768648e-8f), r);
  const V z = r * r;
  V ps = fma(V(-1.9515295891e-4f), z, V(8.3321608736e-3f));
  ps = fma(ps, z, V(-1.6666654611e-1f));
  ps = fma(ps * z, r, r);
  V pc = fma(V(2.443315711809948e-5f), z, V(-1.388731625493765e-3f));
  pc = fma(pc, z, V(4.166664568298827e-2f));
  pc = fma(pc * z, z, fma(z, V(-0.5f), V(1.0f)));
  const V::Mask q = to_int(n);
  const V::Mask swap = (q & 1) != 0;
  const V a = select(swap, pc, ps), b = select(swap, ps, pc);
  s = select((q & 2) != 0, -a, a);
  c = select(((q + 1) & 2) != 0, -b, b);
  if (__builtin_expect(any<float>(~easy), 0)) {  // huge, infinite or NaN: lane by lane, the others untouched
    for (int i = 0; i < V::W; ++i) {
      if (easy[i]) continue;
      float si, ci;
      sincos(float(x0.v[i]), si, ci);
      s.v[i] = si;
      c.v[i] = ci;
    }
  }
}

KAN_HD void sincos(vec<double> x0, vec<double>& s, vec<double>& c) {
  using V = vec<double>;
  const V::Mask easy = abs(x0) <= V(1.0e5);
  const V x = select(easy, x0, V(0));
  const V n = round_even(x * 0.63661977236758134308);
  // pi/2 in three parts of 33, 33 and 53 bits: n times the first two is exact for |n| < 2^20.
  V r = fma(n, V(-1.57079632673412561417), x);
  r = fma(n, V(-6.07710050630396597660e-11), r);
  r = fma(n, V(-2.02226624879595063154e-21), r);
  const V z = r * r;
  V ps(1.58962301576546568060e-10);
  ps = fma(ps, z, V(-2.50507477628578072866e-8));
  ps = fma(ps, z, V(2.75573136213857245213e-6));
  ps = fma(ps, z, V(-1.98412698295895385996e-4));
  ps = fma(ps, z, V(8.33333333332211858878e-3));
  ps = fma(ps, z, V(-1.66666666666666307295e-1));
  ps = fma(ps * z, r, r);
  V pc(-1.13585365213876817300e-11);
  pc = fma(pc, z, V(2.08757008419747316778e-9));
  pc = fma(pc, z, V(-2.75573141792967388112e-7));
  pc = fma(pc, z, V(2.48015872888517045348e-5));
  pc = fma(pc, z, V(-1.38888888888730564116e-3));
  pc = fma(pc, z, V(4.16666666666665929218e-2));
  pc = fma(pc * z, z, fma(z, V(-0.5), V(1.0)));
  const V shifted = n + 6755399441055744.0;
  const V::Mask q = V::Mask(shifted.v) - V::Mask(V(6755399441055744.0).v);
  const V::Mask swap = (q & 1) != 0;
  const V a = select(swap, pc, ps), b = select(swap, ps, pc);
  s = select((q & 2) != 0, -a, a);
  c = select(((q + 1) & 2) != 0, -b, b);
  if (__builtin_expect(any<double>(~easy), 0)) {  // huge, infinite or NaN: lane by lane, the others untouched
    for (int i = 0; i < V::W; ++i) {
      if (easy[i]) continue;
      double si, ci;
      sincos(double(x0.v[i]), si, ci);
      s.v[i] = si;
      c.v[i] = ci;
    }
  }
}

}  // namespace KAN_NS
