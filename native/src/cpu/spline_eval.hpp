// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The values and derivatives of the k + 1 B-splines that are not 0 at x, in registers, on evenly spaced knots and on any.
#pragma once
#include "cpu/common.hpp"

namespace KAN_NS {

// The grid of one input. `kn` are its G + 2k + 1 knots; inv_h = 0 where they are not evenly spaced.
template <class S>
struct GridView {
  const S* kn;
  S t0, inv_h;
  int32_t grid;
  int32_t outside;
};

template <class S>
KAN_HD GridView<S> grid_view(const Layer& layer, const S* buffers, int64_t i) {
  const S* k = buffers + layer.knots;
  return {k + 2 * layer.in + i * layer.knots_per_input(), k[i], k[layer.in + i], layer.spec.grid, layer.spec.outside};
}

// B-splines on unit-spaced knots at t in [0, 1] of their cell: b[r] = B_{cell - k + r}; d[r] their derivative in t.
// (Cox-de Boor in the triangular form of de Boor 1978; the weights are constants here.)
template <class S, int K, bool kDerivative>
KAN_HD void bspline_uniform(vec<S> t, vec<S>* b, vec<S>* d) {
  using T = vec<S>;
  T n[K + 1];
  n[0] = T(S(1));
#pragma GCC unroll 5
  for (int p = 1; p <= K; ++p) {
    if (kDerivative && p == K) {
      d[0] = -n[0];
#pragma GCC unroll 5
      for (int r = 1; r < K; ++r) d[r] = n[r - 1] - n[r];
      d[K] = n[K - 1];
    }
    const S inv = S(1) / S(p);
    T saved(S(0));
#pragma GCC unroll 5
    for (int r = 0; r < p; ++r) {
      const T u = n[r] * inv;
      n[r] = fma(S(r + 1) - t, u, saved);
      saved = (t + S(p - 1 - r)) * u;
    }
    n[p] = saved;
  }
#pragma GCC unroll 6
  for (int r = 0; r <= K; ++r) b[r] = n[r];
}

// The same on any knots, at x of a cell that is not empty: t[K - 1] and t[K] are its ends, t those around it. d[r] is the derivative
// in x.
template <class S, int K, bool kDerivative>
KAN_HD void bspline_cell(const vec<S>* t, vec<S> x, vec<S>* b, vec<S>* d) {
  using T = vec<S>;
  T n[K + 1];
  n[0] = T(S(1));
#pragma GCC unroll 5
  for (int p = 1; p <= K; ++p) {
    T saved(S(0));
#pragma GCC unroll 5
    for (int r = 0; r < p; ++r) {
      const T low = t[K - p + r], high = t[K + r];
      const T u = n[r] / (high - low);
      if (kDerivative && p == K) {
        const T slope = u * S(K);
        d[r] = r > 0 ? d[r] - slope : -slope;
        d[r + 1] = slope;
      }
      n[r] = fma(high - x, u, saved);
      saved = (x - low) * u;
    }
    n[p] = saved;
  }
#pragma GCC unroll 6
  for (int r = 0; r <= K; ++r) b[r] = n[r];
}

template <class S>
KAN_HD S inverse_or_zero(S width) {
  return width > S(0) ? S(1) / width : S(0);
}

// On any knots and anywhere: kn[0 .. 2K+1] are those of the window. The half-open cells around it are tested, and x beyond them
// gives 0. Repeated knots: 0/0 = 0.
template <class S, int K, bool kDerivative>
KAN_HD void bspline_window(const S* kn, vec<S> x, vec<S>* b, vec<S>* d) {
  using T = vec<S>;
  T n[2 * K + 1];
#pragma GCC unroll 11
  for (int j = 0; j <= 2 * K; ++j) n[j] = select((T(kn[j]) <= x) & (x < T(kn[j + 1])), T(S(1)), T(S(0)));
#pragma GCC unroll 5
  for (int p = 1; p <= K; ++p) {
    if (kDerivative && p == K)
#pragma GCC unroll 6
      for (int j = 0; j <= K; ++j)
        d[j] =
            (n[j] * inverse_or_zero(kn[j + K] - kn[j]) - n[j + 1] * inverse_or_zero(kn[j + K + 1] - kn[j + 1])) * S(K);
#pragma GCC unroll 10
    for (int j = 0; j <= 2 * K - p; ++j)
      n[j] = (x - kn[j]) * inverse_or_zero(kn[j + p] - kn[j]) * n[j] +
             (kn[j + p + 1] - x) * inverse_or_zero(kn[j + p + 1] - kn[j + 1]) * n[j + 1];
  }
#pragma GCC unroll 6
  for (int r = 0; r <= K; ++r) b[r] = n[r];
}

// The knots of one input or of one input a lane: lane l reads kn[base[l] + j].
template <class S>
struct LaneGrid {
  vec<S> t0, inv_h;
  const S* kn;
  typename vec<S>::Mask base;
  int32_t grid, outside;

  KAN_HD vec<S> knot(int32_t j) const { return gather(kn, base + j); }
};

template <class S>
KAN_HD LaneGrid<S> lane_grid(const GridView<S>& g) {
  return {vec<S>(g.t0), vec<S>(g.inv_h), g.kn, typename vec<S>::Mask{}, g.grid, g.outside};
}

// The cell j of the extended grid with t_j <= x < t_{j+1}, decided by the knots themselves (u = (x - t_0)/h only points
// near it); -1 or G + 2k beyond the grid; 0 for NaN. *at (may be NULL) is the place of x in its cell, in cells, taken from
// the knot beside it: u would have lost the digits that t_0 is away.
template <class S, int K>
KAN_HD vec<S> even_cell(const LaneGrid<S>& g, vec<S> x, vec<S>* at) {
  using T = vec<S>;
  const T u = (x - g.t0) * g.inv_h;
  const T near = select(u == u, min(max(floor(u), T(S(0))), T(S(g.grid + 2 * K - 1))), T(S(0)));
  const typename T::Mask j = g.base + to_int(near);
  const T left = gather(g.kn, j), right = gather(g.kn, j + 1);
  const typename T::Mask before = x < left, after = x >= right;
  if (at) {
    const T t = (x - select(after, right, left)) * g.inv_h;
    *at = select(before, t + S(1), t);
  }
  const T c = select(before, near - S(1), near);
  return select(after, c + S(1), c);
}

// The window of a cell.
template <class S, int K>
KAN_HD vec<S> even_window(const LaneGrid<S>& g, vec<S> cell) {
  return min(max(cell - S(K), vec<S>(S(0))), vec<S>(S(g.grid - 1)));
}

// Windows of any knots: the number of inner knots t_{k+1} .. t_{k+G-1} that are <= x, of which at least `found` and fewer than 2 `step`
// more are, by bisection. With closed ends the last cell that is not empty takes what lies beyond it.
template <class S, int K>
KAN_HD typename vec<S>::Mask uneven_window(const LaneGrid<S>& g, vec<S> x, typename vec<S>::Mask found, int32_t step) {
  using M = typename vec<S>::Mask;
  using I = typename vec<S>::I;
  for (; step > 0; step /= 2) {
    const M next = found + I(step), inner = next < I(g.grid);
    found = found + (M(gather(g.kn, g.base + I(K) + (next & inner)) <= x) & inner & I(step));
  }
  if (g.outside != KAN_OUTSIDE_ZERO && any<S>(x >= g.knot(K + g.grid)))
    for (;;) {
      const M at = g.base + I(K) + found;
      const M empty = (found > I(0)) & ~M(gather(g.kn, at) < gather(g.kn, at + I(1)));
      if (!any<S>(empty)) break;
      found = found + empty;
    }
  return found;
}

// Windows (0 .. G-1) of `n` numbers x.
template <class S, int K>
inline void windows(const GridView<S>& g, const S* x, int64_t n, int32_t* first) {
  using T = vec<S>;
  const LaneGrid<S> grid = lane_grid(g);
  if (g.inv_h != S(0)) {
    for (int64_t p = 0; p < n; p += T::W) {
      const T v = T::load(x + p);
      const T f = even_window<S, K>(grid, even_cell<S, K>(grid, v, static_cast<T*>(nullptr)));
      store_int32(first + p, to_int(f));
    }
    return;
  }
  // Counting a few knots is faster than halving, which reads other knots in each lane.
  constexpr int32_t kCounted = 32;
  int32_t step = 1;
  while (step * kCounted < g.grid) step *= 2;
  for (int64_t p = 0; p < n; p += T::W) {
    const T v = T::load(x + p);
    typename T::Mask found{};
    for (int32_t j = step; j < g.grid; j += step)
      found = found + (typename T::Mask(T(g.kn[K + j]) <= v) & typename T::I(step));
    found = uneven_window<S, K>(grid, v, found, step / 2);
    store_int32(first + p, found);
  }
}

// Values, or derivatives, of the k + 1 splines of each lane's window on evenly spaced knots. *window (may be NULL)
// receives the windows.
template <class S, int K, bool kDerivative>
KAN_HD void bspline_even(const LaneGrid<S>& g, vec<S> x, vec<S>* out, vec<S>* window = nullptr) {
  using T = vec<S>;
  T b[K + 1], d[K + 1];
  if (g.outside == KAN_OUTSIDE_ZERO) {
    T at;
    const T cell = even_cell<S, K>(g, x, &at), f = even_window<S, K>(g, cell);
    const T shift = cell - f - S(K);
    bspline_uniform<S, K, kDerivative>(at, b, d);
    T* v = kDerivative ? d : b;
    if (__builtin_expect(any<S>(shift != T(S(0))), 0)) {
      // Tails: the cell lies `shift` cells beyond the window, whose taps are those of the cell moved by as much; beyond
      // the extended grid (a shift of more than k) they are 0.
      T moved[K + 1];
      for (int r = 0; r <= K; ++r) moved[r] = T(S(0));
#pragma GCC unroll 11
      for (int s = -K; s <= K; ++s) {
        const typename T::Mask here = shift == T(S(s));
#pragma GCC unroll 6
        for (int r = 0; r <= K; ++r)
          if (r - s >= 0 && r - s <= K) moved[r] = select(here, v[r - s], moved[r]);
      }
      for (int r = 0; r <= K; ++r) v[r] = select(x != x, x, moved[r]);
    }
    for (int r = 0; r <= K; ++r) out[r] = kDerivative ? v[r] * g.inv_h : v[r];
    if (window) *window = f;
    return;
  }
  const T inside = min(max(x, g.knot(K)), g.knot(K + g.grid));
  T at;
  const T cell = even_cell<S, K>(g, inside, &at), f = even_window<S, K>(g, cell);
  bspline_uniform<S, K, true>(at + (cell - f - S(K)), b, d);
  const typename T::Mask out_of_grid = x != inside;  // also NaN, which stays NaN
  for (int r = 0; r <= K; ++r) {
    d[r] = d[r] * g.inv_h;
    if (g.outside == KAN_OUTSIDE_LINEAR)
      out[r] = kDerivative ? d[r] : select(out_of_grid, fma(d[r], x - inside, b[r]), b[r]);
    else out[r] = kDerivative ? select(x != x, x, select(out_of_grid, T(S(0)), d[r])) : b[r];
  }
  if (window) *window = f;
}

// The same on any knots; knot(j) are those of each lane's window, t_{f+j}, 1 <= j <= 2k. Returns the lanes that are left to
// bspline_tails().
template <class S, int K, bool kDerivative, class Knot>
KAN_HD typename vec<S>::Mask bspline_uneven(const LaneGrid<S>& g, Knot&& knot, vec<S> x, vec<S>* out) {
  using T = vec<S>;
  T t[2 * K], b[K + 1], d[K + 1];
#pragma GCC unroll 10
  for (int j = 0; j < 2 * K; ++j) t[j] = knot(j + 1);
  if (g.outside == KAN_OUTSIDE_ZERO) {
    bspline_cell<S, K, kDerivative>(t, x, b, d);
    for (int r = 0; r <= K; ++r) out[r] = kDerivative ? d[r] : b[r];
    return ~((t[K - 1] <= x) & (x < t[K]));
  }
  const T inside = min(max(x, g.knot(K)), g.knot(K + g.grid));
  bspline_cell<S, K, true>(t, inside, b, d);
  const typename T::Mask out_of_grid = x != inside;
  for (int r = 0; r <= K; ++r) {
    if (g.outside == KAN_OUTSIDE_LINEAR)
      out[r] = kDerivative ? d[r] : select(out_of_grid, fma(d[r], x - inside, b[r]), b[r]);
    else out[r] = kDerivative ? select(x != x, x, select(out_of_grid, T(S(0)), d[r])) : b[r];
  }
  return typename T::Mask{};
}

// In the tails of the extended grid, and beyond it, where the first window or the last one is meant.
template <class S, int K, bool kDerivative>
__attribute__((noinline)) void bspline_tails(const GridView<S>& g, vec<S> x, typename vec<S>::Mask tails, vec<S>* out) {
  using T = vec<S>;
  T b[2][K + 1], d[2][K + 1];
  for (int side = 0; side < 2; ++side)
    bspline_window<S, K, kDerivative>(g.kn + side * (g.grid - 1), x, b[side], d[side]);
  const typename T::Mask left = x < T(g.kn[K]), beyond = (x < T(g.kn[0])) | (x >= T(g.kn[g.grid + 2 * K]));
  for (int r = 0; r <= K; ++r) {
    const T v = kDerivative ? select(left, d[0][r], d[1][r]) : select(left, b[0][r], b[1][r]);
    out[r] = select(tails, select(beyond, T(S(0)), v), out[r]);
  }
}

}  // namespace KAN_NS
