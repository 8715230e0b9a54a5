// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// B-splines by the textbook (de Boor, A Practical Guide to Splines): every function of the whole knot vector, half-open
// intervals at level 0, 0/0 := 0. Independent of the kernels' own evaluation on purpose.
#pragma once
#include <cmath>
#include <cstdint>

#include "ref/numbers.hpp"

namespace KAN_REF_NS {

// B_{c,degree}(x) on knots t. `interval` is the one whose level-0 function is 1, or -1 for none.
template <class Knots>
Real cox_de_boor(const Knots& t, int64_t c, int degree, int64_t interval, Real x) {
  if (degree == 0) return c == interval ? 1 : 0;
  const Real left = t[c + degree] - t[c], right = t[c + degree + 1] - t[c + 1];
  Real sum = 0;
  if (left > 0) sum += (x - t[c]) / left * cox_de_boor(t, c, degree - 1, interval, x);
  if (right > 0) sum += (t[c + degree + 1] - x) / right * cox_de_boor(t, c + 1, degree - 1, interval, x);
  return sum;
}

template <class Knots>
Real cox_de_boor_derivative(const Knots& t, int64_t c, int degree, int64_t interval, Real x) {
  const Real left = t[c + degree] - t[c], right = t[c + degree + 1] - t[c + 1];
  Real sum = 0;
  if (left > 0) sum += degree / left * cox_de_boor(t, c, degree - 1, interval, x);
  if (right > 0) sum -= degree / right * cox_de_boor(t, c + 1, degree - 1, interval, x);
  return sum;
}

// The n = grid + order functions at x and their derivatives in x, by the policy outside the grid.
template <class Knots>
void spline(const Knots& t, int64_t grid, int order, int32_t outside, Real x, Real* value, Real* derivative) {
  const int64_t n = grid + order, last = grid + 2 * order;
  const Real low = t[order], high = t[grid + order];
  if (std::isnan(x)) {
    for (int64_t c = 0; c < n; ++c) value[c] = derivative[c] = x;
    return;
  }
  const bool inner = outside != KAN_OUTSIDE_ZERO;
  const bool beyond = inner && (x < low || x > high);
  const Real at = beyond ? (x < low ? low : high) : x;
  int64_t interval = -1;
  for (int64_t j = 0; j < last; ++j) {
    if (t[j] <= at && at < t[j + 1]) interval = j;
  }
  if (inner && at == high) {  // the last inner interval that is not empty is closed
    for (int64_t j = order; j < grid + order; ++j) {
      if (t[j] < t[j + 1] && t[j + 1] == high) interval = j;
    }
  }
  for (int64_t c = 0; c < n; ++c) {
    const bool reaches = interval >= c && interval <= c + order;  // its support holds x
    value[c] = reaches ? cox_de_boor(t, c, order, interval, at) : 0;
    derivative[c] = reaches ? cox_de_boor_derivative(t, c, order, interval, at) : 0;
    if (beyond && outside == KAN_OUTSIDE_CLAMP) derivative[c] = 0;
    if (beyond && outside == KAN_OUTSIDE_LINEAR && derivative[c] != 0) value[c] += (x - at) * derivative[c];
  }
}

}  // namespace KAN_REF_NS
