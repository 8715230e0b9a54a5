// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The k + 1 B-splines that are not 0 at x, in registers: the same steps as the CPU tiers' (cpu/spline_eval.hpp), for one number.
//   window   the first of the k + 1 neighbouring coefficients that x may touch, 0 .. G-1, also in the tails of the extended
//            grid (some values are 0 then) and for NaN (values NaN)
// About 6 k (k + 1) / 2 flops and 4 knots read.
#pragma once
#include <type_traits>

#include "cuda/device.cuh"

namespace kan::cuda {

constexpr int kMaxTaps = 6;

struct Grid {
  const float* knots;  // G + 2k + 1
  float t0, inv_h;     // inv_h: 0 where not evenly spaced
  int32_t grid, outside;
};

__device__ __forceinline__ Grid grid_of(const LayerView& l, int64_t i) {
  return {l.knots_of(i), l.buffers[l.knots + i], l.knot_inverse(i), l.grid, l.outside};
}

// The order k as functions take it: of the type Fixed, all loops are unrolled and all in registers; an int is for kernels that are
// not in a hurry, a tenth of the code and of the time to compile it.
template <int K>
struct Fixed {
  KAN_HD constexpr operator int() const { return K; }
};
template <class Order>
constexpr int kRoom = kMaxTaps - 1;
template <int K>
constexpr int kRoom<Fixed<K>> = K;
template <class Order>
constexpr int kUnrolled = std::is_same_v<Order, int> ? 1 : 2 * kMaxTaps;  // steps of a loop at a time

// On unit-spaced knots at t in [0, 1] of their cell: b[r], and with kDerivative d[r] in t.
template <bool kDerivative, class Order>
__device__ __forceinline__ void bspline_uniform(Order K, float t, float* b, float* d) {
  b[0] = 1;
#pragma unroll kUnrolled < Order>
  for (int p = 1; p <= K; ++p) {
    if (kDerivative && p == K) {
      d[0] = -b[0];
#pragma unroll kUnrolled < Order>
      for (int r = 1; r < K; ++r) d[r] = b[r - 1] - b[r];
      d[K] = b[K - 1];
    }
    const float inverse = 1.0f / float(p);
    float saved = 0;
#pragma unroll kUnrolled < Order>
    for (int r = 0; r < p; ++r) {
      const float u = b[r] * inverse;
      b[r] = fma(float(r + 1) - t, u, saved);
      saved = (t + float(p - 1 - r)) * u;
    }
    b[p] = saved;
  }
}

__device__ __forceinline__ float inverse_or_zero(float width) { return width > 0 ? 1.0f / width : 0.0f; }

// Any knots: t[0 .. 2K+1] are the window's. `inner`: x lies in its own cell [t[K], t[K+1]], closed.
template <bool kDerivative, class Order>
__device__ __forceinline__ void bspline_window(Order K, const float* t, bool inner, float x, float* b, float* d) {
  float n[2 * kRoom<Order> + 1];
#pragma unroll kUnrolled < Order>
  for (int j = 0; j <= 2 * K; ++j) n[j] = inner ? (j == K ? 1.0f : 0.0f) : (t[j] <= x && x < t[j + 1] ? 1.0f : 0.0f);
#pragma unroll kUnrolled < Order>
  for (int p = 1; p <= K; ++p) {
    if (kDerivative && p == K) {
#pragma unroll kUnrolled < Order>
      for (int j = 0; j <= K; ++j) {
        d[j] =
            (n[j] * inverse_or_zero(t[j + K] - t[j]) - n[j + 1] * inverse_or_zero(t[j + K + 1] - t[j + 1])) * float(K);
      }
    }
#pragma unroll kUnrolled < Order>
    for (int j = 0; j <= 2 * K - p; ++j) {
      n[j] = (x - t[j]) * inverse_or_zero(t[j + p] - t[j]) * n[j] +
             (t[j + p + 1] - x) * inverse_or_zero(t[j + p + 1] - t[j + 1]) * n[j + 1];
    }
  }
#pragma unroll kUnrolled < Order>
  for (int r = 0; r <= K; ++r) b[r] = n[r];
}

// The cell of the extended grid that holds x, decided by the knots themselves; -1 or G + 2k beyond, 0 for NaN. at: the
// place of x in it, in cells.
template <class Order>
__device__ __forceinline__ int32_t even_cell(Order K, const Grid& g, float x, float& at) {
  const float u = (x - g.t0) * g.inv_h;
  const int32_t near = u == u ? int32_t(fminf(fmaxf(floor(u), 0.0f), float(g.grid + 2 * K - 1))) : 0;
  const float left = g.knots[near], right = g.knots[near + 1];
  const bool before = x < left, after = x >= right;
  at = (x - (after ? right : left)) * g.inv_h;
  if (before) at += 1.0f;
  return before ? near - 1 : after ? near + 1 : near;
}

template <class Order>
__device__ __forceinline__ int32_t even_window(Order K, const Grid& g, int32_t cell) {
  const int32_t f = cell - K;
  return f < 0 ? 0 : f >= g.grid ? g.grid - 1 : f;
}

// Values, or derivatives, of the k + 1 splines of x's window; returns the window.
template <bool kDerivative, class Order>
__device__ __forceinline__ int32_t bspline_taps(Order K, const Grid& g, float x, float* out) {
  float b[kRoom<Order> + 1], d[kRoom<Order> + 1];
  const float low = g.knots[K], high = g.knots[K + g.grid];
  const bool zero = g.outside == KAN_OUTSIDE_ZERO, nan = x != x;
  const float inside = zero ? x : x < low ? low : x > high ? high : x;
  int32_t window;
  if (g.inv_h != 0) {
    float at;
    const int32_t cell = even_cell(K, g, inside, at);
    window = even_window(K, g, cell);
    const int32_t shift = cell - window - K;
    if (zero) {
      bspline_uniform<kDerivative>(K, at, b, d);
      float* v = kDerivative ? d : b;
      if (shift != 0) {
        // The window's taps are those of the cell moved by as much; beyond the extended grid they are 0.
        float moved[kRoom<Order> + 1];
#pragma unroll kUnrolled < Order>
        for (int r = 0; r <= K; ++r) moved[r] = nan ? x : 0.0f;
#pragma unroll kUnrolled < Order>
        for (int s = -K; s <= K; ++s) {
#pragma unroll kUnrolled < Order>
          for (int r = 0; r <= K; ++r) {
            if (r - s >= 0 && r - s <= K && s == shift && !nan) moved[r] = v[r - s];
          }
        }
#pragma unroll kUnrolled < Order>
        for (int r = 0; r <= K; ++r) v[r] = moved[r];
      }
#pragma unroll kUnrolled < Order>
      for (int r = 0; r <= K; ++r) out[r] = kDerivative ? v[r] * g.inv_h : v[r];
      return window;
    }
    bspline_uniform<true>(K, at + float(shift), b, d);
#pragma unroll kUnrolled < Order>
    for (int r = 0; r <= K; ++r) d[r] *= g.inv_h;
  } else {
    // The number of inner knots t_{k+1} .. t_{k+G-1} that are <= x, by bisection.
    int32_t lo = 0, hi = g.grid - 1;
    while (lo < hi) {
      const int32_t mid = (lo + hi + 1) / 2;
      if (g.knots[K + mid] <= x) lo = mid;
      else hi = mid - 1;
    }
    // With closed ends the last cell that is not empty takes what lies beyond it.
    while (!zero && lo > 0 && !(g.knots[K + lo] < g.knots[K + lo + 1])) --lo;
    window = lo;
    if (zero) {
      bspline_window<kDerivative>(K, g.knots + window, false, x, b, d);
      const bool beyond = x < g.knots[0] || x >= g.knots[g.grid + 2 * K];
#pragma unroll kUnrolled < Order>
      for (int r = 0; r <= K; ++r) out[r] = beyond ? 0.0f : nan ? x : kDerivative ? d[r] : b[r];
      return window;
    }
    bspline_window<true>(K, g.knots + window, true, inside, b, d);
  }
  const bool out_of_grid = x != inside;  // also NaN, which stays NaN
#pragma unroll kUnrolled < Order>
  for (int r = 0; r <= K; ++r) {
    if (nan) out[r] = x;
    else if (g.outside == KAN_OUTSIDE_LINEAR)
      out[r] = kDerivative ? d[r] : out_of_grid ? fma(d[r], x - inside, b[r]) : b[r];
    else out[r] = kDerivative ? (out_of_grid ? 0.0f : d[r]) : b[r];
  }
  return window;
}

template <int K, bool kDerivative>
__device__ __forceinline__ int32_t bspline_taps(const Grid& g, float x, float* out) {
  return bspline_taps<kDerivative>(Fixed<K>(), g, x, out);
}

}  // namespace kan::cuda
