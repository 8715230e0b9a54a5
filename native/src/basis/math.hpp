// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Elementary functions for scalars, under the names that basis headers use; src/cpu/elementary.hpp adds the same for vectors.
#pragma once
#include "basis/basis.hpp"

#if defined(__CUDACC__)
#include <cmath>
#define KAN_LIBM(f, ...) ::f(__VA_ARGS__)
#else
// The builtins and not <cmath>: its inline functions would be COMDATs shared between tiers.
#define KAN_LIBM(f, ...) __builtin_##f(__VA_ARGS__)
#endif

namespace KAN_NS {

template <class T>
struct scalar_of_impl {
  using type = T;
};
template <class T>
using scalar_of = typename scalar_of_impl<T>::type;

KAN_HD float exp(float x) { return KAN_LIBM(expf, x); }
KAN_HD double exp(double x) { return KAN_LIBM(exp, x); }
// exp(-q / 2).
KAN_HD float gaussian_of_square(float q) { return exp(q * -0.5f); }
KAN_HD double gaussian_of_square(double q) { return exp(q * -0.5); }
KAN_HD float tanh(float x) { return KAN_LIBM(tanhf, x); }
KAN_HD double tanh(double x) { return KAN_LIBM(tanh, x); }
// The normal distribution's Phi.
KAN_HD float normal_cdf(float x) { return 0.5f * KAN_LIBM(erfcf, x * -0.70710678118654752440f); }
KAN_HD double normal_cdf(double x) { return 0.5 * KAN_LIBM(erfc, x * -0.70710678118654752440); }
KAN_HD float sqrt(float x) { return KAN_LIBM(sqrtf, x); }
KAN_HD double sqrt(double x) { return KAN_LIBM(sqrt, x); }
KAN_HD float floor(float x) { return KAN_LIBM(floorf, x); }
KAN_HD double floor(double x) { return KAN_LIBM(floor, x); }
KAN_HD float abs(float x) { return KAN_LIBM(fabsf, x); }
KAN_HD double abs(double x) { return KAN_LIBM(fabs, x); }
KAN_HD float fma(float a, float b, float c) { return KAN_LIBM(fmaf, a, b, c); }
KAN_HD double fma(double a, double b, double c) { return KAN_LIBM(fma, a, b, c); }
KAN_HD void sincos(float x, float& s, float& c) {
  s = KAN_LIBM(sinf, x);
  c = KAN_LIBM(cosf, x);
}
KAN_HD void sincos(double x, double& s, double& c) {
  s = KAN_LIBM(sin, x);
  c = KAN_LIBM(cos, x);
}

// b where the comparison with a NaN fails: max(NaN, 0) is NaN with the NaN as the first argument.
KAN_HD float max(float a, float b) { return a < b ? b : a; }
KAN_HD double max(double a, double b) { return a < b ? b : a; }
KAN_HD float min(float a, float b) { return b < a ? b : a; }
KAN_HD double min(double a, double b) { return b < a ? b : a; }
// a, or where it is further from 0 than `most` > 0 that with a's sign.
KAN_HD float limited(float a, float most) { return min(max(a, -most), most); }
KAN_HD double limited(double a, double most) { return min(max(a, -most), most); }
KAN_HD float select(bool m, float a, float b) { return m ? a : b; }
KAN_HD double select(bool m, double a, double b) { return m ? a : b; }

}  // namespace KAN_NS
