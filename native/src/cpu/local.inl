// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// B-spline KAN layers, forward and backward: the local family, where an edge touches k + 1 of its n coefficients.
//
//   y[b][o] = sum_i  m_oi ( w_oi a(x_bi) + s_oi sum_{r=0..k} c_oi,f+r B_f+r(x_bi) ),   f = window of x_bi
//
// Every x has a window f in 0..G-1: the first of the k + 1 neighbouring coefficients it may touch; in the tails of the
// extended grid some of their values are 0. Per block of samples and input a *record* is made once and shared by all
// output tiles: the samples sorted by window (counting sort), the V = k + 1 (+ 1 base) values of each, and the runs of
// equal window. Windows are walked in ascending order; neighbours share k of their rows, so that of each step one weight row
// is loaded, and one gradient row is finished, while the others stay in registers (a ring of k + 1, the base row beside):
//
//   forward   per sample and 64 outputs: V x 64 multiply-adds, 64 loads and stores of the output tile in L1
//   d_params  the same without the stores; a finished row goes straight to its gradient, or through AdamW
//   d_x       the derivative rows are combined first (V x 64), then multiplied with d_y (64)
//
// With more cells than samples there is nothing to share: then records are not sorted, and each run loads its V rows.
//
// Flops 2 V batch in out each (d_x: V + 1); bytes: the weights once per block of samples, records 4 (V + 1) + runs a
// sample and input. The cost does not depend on G beyond touching the parameters.
#pragma once
#include "basis/activation.hpp"
#include "cpu/common.hpp"

namespace KAN_NS {

constexpr int64_t kNarrow = 4;  // up to so many outputs lanes are samples

// Whether layers of order K walk sorted windows with a ring of registers. Without it each run loads its V rows: the fifth
// of the code, which a build on first use (KAN_RINGS=cubic) has for the orders that few use.
#if defined(KAN_RINGS_CUBIC)
template <int K>
constexpr bool kRing = K == 3;
#else
template <int K>
constexpr bool kRing = true;
#endif

struct Run {
  int32_t first;  // window
  int32_t end;    // one past the run's last position in the record
};

template <class S>
struct Record {
  S* values;        // [V][slots], by sorted position
  uint16_t* index;  // sample of a sorted position
  Run* runs;        // runs[0].first = number of runs, which follow; runs[0].end: whether in order of their windows
  int32_t count() const { return runs[0].first; }
  bool sorted() const { return runs[0].end != 0; }
};

// Sizes of blocks and records for a batch.
template <class S>
struct LocalPlan {
  // A block's output tile, block x 64 numbers, is 32 KB: it stays in L1 while all inputs pass.
  static constexpr int64_t kBlock = 32768 / (kTile * int64_t(sizeof(S)));
  int64_t batch, blocks, slots, taps, runs, record_bytes;

  LocalPlan(const Layer& layer, int64_t batch) : batch(batch) {
    blocks = ceil_div(batch, kBlock);
    slots = round_up(min64(batch, kBlock), 64 / int64_t(sizeof(S)));
    taps = layer.spec.order + 1 + (layer.base_row >= 0);
    runs = min64(slots, layer.spec.grid) + 1;
    record_bytes = round_up(taps * slots * int64_t(sizeof(S)) + slots * 2 + runs * int64_t(sizeof(Run)) + 64, 64);  // 64: vector loads at a run's end
  }
  int64_t block_size(int64_t block) const { return min64(kBlock, batch - block * kBlock); }
  Record<S> record(char* base, int64_t number) const {
    char* p = base + number * record_bytes;
    Record<S> r;
    r.values = reinterpret_cast<S*>(p);
    r.index = reinterpret_cast<uint16_t*>(p + taps * slots * int64_t(sizeof(S)));
    r.runs = reinterpret_cast<Run*>(p + taps * slots * int64_t(sizeof(S)) + slots * 2);
    return r;
  }
};

// ------------------------------------------------------------------------------------------------- basis evaluation

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

template <class S>
KAN_HD S inverse_or_zero(S width) {
  return width > S(0) ? S(1) / width : S(0);
}

// Any knots: kn[0 .. 2K+1] are those of the window. `inner`: x lies in the window's own cell [kn[K], kn[K+1]], closed;
// otherwise the half-open cells around it are tested, and x beyond them gives 0. Repeated knots: 0/0 = 0.
template <class S, int K, bool kDerivative>
KAN_HD void bspline_window(const S* kn, bool inner, vec<S> x, vec<S>* b, vec<S>* d) {
  using T = vec<S>;
  T n[2 * K + 1];
#pragma GCC unroll 11
  for (int j = 0; j <= 2 * K; ++j)
    n[j] = inner ? T(S(j == K ? 1 : 0)) : select((T(kn[j]) <= x) & (x < T(kn[j + 1])), T(S(1)), T(S(0)));
#pragma GCC unroll 5
  for (int p = 1; p <= K; ++p) {
    if (kDerivative && p == K)
#pragma GCC unroll 6
      for (int j = 0; j <= K; ++j)
        d[j] = (n[j] * inverse_or_zero(kn[j + K] - kn[j]) - n[j + 1] * inverse_or_zero(kn[j + K + 1] - kn[j + 1])) * S(K);
#pragma GCC unroll 10
    for (int j = 0; j <= 2 * K - p; ++j)
      n[j] = (x - kn[j]) * inverse_or_zero(kn[j + p] - kn[j]) * n[j] +
             (kn[j + p + 1] - x) * inverse_or_zero(kn[j + p + 1] - kn[j + 1]) * n[j + 1];
  }
#pragma GCC unroll 6
  for (int r = 0; r <= K; ++r) b[r] = n[r];
}

// Evenly spaced knots, those of one input or of one input a lane: lane l reads kn[base[l] + j].
template <class S>
struct EvenGrid {
  vec<S> t0, inv_h;
  const S* kn;
  typename vec<S>::Mask base;
  int32_t grid, outside;

  KAN_HD vec<S> knot(int32_t j) const { return gather(kn, base + j); }
};

template <class S>
KAN_HD EvenGrid<S> even_grid(const GridView<S>& g) {
  return {vec<S>(g.t0), vec<S>(g.inv_h), g.kn, typename vec<S>::Mask{}, g.grid, g.outside};
}

// The cell j of the extended grid with t_j <= x < t_{j+1}, decided by the knots themselves (u = (x - t_0)/h only points
// near it); -1 or G + 2k beyond the grid; 0 for NaN. *at (may be NULL) is the place of x in its cell, in cells, taken from
// the knot beside it: u would have lost the digits that t_0 is away.
template <class S, int K>
KAN_HD vec<S> even_cell(const EvenGrid<S>& g, vec<S> x, vec<S>* at) {
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
KAN_HD vec<S> even_window(const EvenGrid<S>& g, vec<S> cell) {
  return min(max(cell - S(K), vec<S>(S(0))), vec<S>(S(g.grid - 1)));
}

// Windows (0 .. G-1) of `n` numbers x.
template <class S, int K>
inline void windows(const GridView<S>& g, const S* x, int64_t n, int32_t* first) {
  using T = vec<S>;
  if (g.inv_h != S(0)) {
    const EvenGrid<S> even = even_grid(g);
    for (int64_t p = 0; p < n; p += T::W) {
      const T v = T::load(x + p);
      const T f = even_window<S, K>(even, even_cell<S, K>(even, v, static_cast<T*>(nullptr)));
      for (int l = 0; l < T::W; ++l) first[p + l] = int32_t(f.v[l]);
    }
    return;
  }
  for (int64_t p = 0; p < n; ++p) {
    // The number of inner knots t_{k+1} .. t_{k+G-1} that are <= x, by bisection.
    int32_t lo = 0, hi = g.grid - 1;
    while (lo < hi) {
      const int32_t mid = (lo + hi + 1) / 2;
      if (g.kn[K + mid] <= x[p]) lo = mid;
      else hi = mid - 1;
    }
    // With closed ends the last cell that is not empty takes what lies beyond it.
    if (g.outside != KAN_OUTSIDE_ZERO)
      while (lo > 0 && !(g.kn[K + lo] < g.kn[K + lo + 1])) --lo;
    first[p] = lo;
  }
}

// Values, or derivatives, of the k + 1 splines of each lane's window on evenly spaced knots. *window (may be NULL)
// receives the windows.
template <class S, int K, bool kDerivative>
KAN_HD void bspline_even(const EvenGrid<S>& g, vec<S> x, vec<S>* out, vec<S>* window = nullptr) {
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
    else
      out[r] = kDerivative ? select(x != x, x, select(out_of_grid, T(S(0)), d[r])) : b[r];
  }
  if (window) *window = f;
}

// The same on any knots; all lanes are in window `first`.
template <class S, int K, bool kDerivative>
KAN_HD void bspline_uneven(const GridView<S>& g, int32_t first, vec<S> x, vec<S>* out) {
  using T = vec<S>;
  T b[K + 1], d[K + 1];
  if (g.outside == KAN_OUTSIDE_ZERO) {
    // The cell tests also serve the tails.
    bspline_window<S, K, kDerivative>(g.kn + first, false, x, b, d);
    const typename T::Mask beyond = (x < T(g.kn[0])) | (x >= T(g.kn[g.grid + 2 * K]));
    for (int r = 0; r <= K; ++r) out[r] = select(beyond, T(S(0)), kDerivative ? d[r] : b[r]);
    return;
  }
  const T inside = min(max(x, T(g.kn[K])), T(g.kn[K + g.grid]));
  bspline_window<S, K, true>(g.kn + first, true, inside, b, d);
  const typename T::Mask out_of_grid = x != inside;
  for (int r = 0; r <= K; ++r) {
    if (g.outside == KAN_OUTSIDE_LINEAR)
      out[r] = kDerivative ? d[r] : select(out_of_grid, fma(d[r], x - inside, b[r]), b[r]);
    else
      out[r] = kDerivative ? select(x != x, x, select(out_of_grid, T(S(0)), d[r])) : b[r];
  }
}

// ---------------------------------------------------------------------------------------------------------- records

// Per-worker working memory of the record maker.
template <class S>
struct RecordScratch {
  static constexpr int64_t kBlock = LocalPlan<S>::kBlock;
  S* columns;      // [kGroup][slots] of x, transposed
  S* sorted;       // [slots]
  int32_t* first;  // [slots]
  int32_t* count;  // [min(G, 2 slots) + 1]
  static constexpr int64_t kGroup = 16;

  static int64_t counts(const Layer& layer) { return min64(layer.spec.grid, 2 * kBlock) + 1; }
  void carve(Carver& c, const Layer& layer) {
    columns = c.take<S>(kGroup * kBlock);
    sorted = c.take<S>(kBlock);
    first = c.take<int32_t>(kBlock);
    count = c.take<int32_t>(counts(layer));
  }
};

template <class S, int K, bool kDerivative>
KAN_HD void fill_values(const GridView<S>& g, int32_t base, const S* x, const Run* runs, int64_t n, int64_t slots,
                        S* values) {
  using T = vec<S>;
  T out[K + 1];
  if (g.inv_h != S(0)) {
    const EvenGrid<S> even = even_grid(g);
    for (int64_t p = 0; p < n; p += T::W) {
      bspline_even<S, K, kDerivative>(even, T::load(x + p), out);
      for (int r = 0; r <= K; ++r) out[r].store(values + r * slots + p);
    }
  } else {
    int64_t p = 0;
    for (int32_t q = 1; q <= runs[0].first; ++q)
      for (; p < runs[q].end; ) {
        const int lanes = int(min64(T::W, runs[q].end - p));
        bspline_uneven<S, K, kDerivative>(g, runs[q].first, T::load(x + p, lanes), out);
        for (int r = 0; r <= K; ++r) out[r].store(values + r * slots + p, lanes);
        p += lanes;
      }
  }
  if (base != KAN_ACTIVATION_NONE)
    for (int64_t p = 0; p < n; p += T::W) {
      const T v = T::load(x + p);
      (kDerivative ? activation_derivative(base, v) : activation(base, v)).store(values + (K + 1) * slots + p);
    }
}

// Sorts n samples x of one input by window and writes their record. x has `slots` readable numbers.
template <class S, int K>
inline void make_record(const Layer& layer, const GridView<S>& g, const S* x, int64_t n, int64_t slots,
                        const RecordScratch<S>& w, const Record<S>& record) {
  windows<S, K>(g, x, n, w.first);
  int32_t runs = 0;
  const bool sorted = g.grid <= 2 * n && n > 1;
  if (sorted) {
    // Counting sort; stable, so equal inputs give equal records.
    int32_t* count = w.count;
    for (int32_t c = 0; c < g.grid; ++c) count[c] = 0;
    for (int64_t s = 0; s < n; ++s) ++count[w.first[s]];
    int32_t at = 0;
    for (int32_t c = 0; c < g.grid; ++c) {
      const int32_t here = count[c];
      count[c] = at;
      at += here;
      if (here) record.runs[++runs] = {c, at};
    }
    for (int64_t s = 0; s < n; ++s) {
      const int32_t p = count[w.first[s]]++;
      record.index[p] = uint16_t(s);
      w.sorted[p] = x[s];
    }
  } else {
    // More cells than samples: sorting would bring few of them together.
    for (int64_t s = 0; s < n; ++s) {
      record.index[s] = uint16_t(s);
      w.sorted[s] = x[s];
      if (runs && record.runs[runs].first == w.first[s]) record.runs[runs].end = int32_t(s + 1);
      else record.runs[++runs] = {w.first[s], int32_t(s + 1)};
    }
  }
  record.runs[0] = {runs, sorted};
  for (int64_t s = n; s < slots; ++s) w.sorted[s] = x[0];
  fill_values<S, K, false>(g, layer.base_row >= 0 ? layer.spec.base : KAN_ACTIVATION_NONE, w.sorted, record.runs, n,
                           slots, record.values);
}

// Records of `n` samples, rows of x (n, in), for inputs i0 .. i1-1 (at most kGroup).
template <class S, int K>
inline void make_records(const Layer& layer, const S* buffers, const S* x, int64_t n, int64_t i0, int64_t i1,
                         const LocalPlan<S>& plan, const RecordScratch<S>& w, char* base, int64_t number) {
  const int64_t slots = plan.slots;
  for (int64_t s = 0; s < n; ++s)
    for (int64_t i = i0; i < i1; ++i) w.columns[(i - i0) * slots + s] = x[s * layer.in + i];
  for (int64_t i = i0; i < i1; ++i) {
    S* column = w.columns + (i - i0) * slots;
    for (int64_t s = n; s < slots; ++s) column[s] = column[0];
    make_record<S, K>(layer, grid_view(layer, buffers, i), column, n, slots, w, plan.record(base, number + i));
  }
}

// ---------------------------------------------------------------------------------------------------------- forward

// The V weight rows of a window, and what multiplies them where the layer has scales or masks.
template <class S>
struct RowView {
  const S* row[7];   // k + 1 coefficient rows, then the base row
  const S* factor;   // [2][64]: of the coefficient rows (scale * mask), of the base row (mask); or NULL

  template <int K>
  KAN_HD vec<S> load(int r, int64_t c, int lanes) const {
    using T = vec<S>;
    const T a = lanes == T::W ? T::load(row[r] + c) : T::load(row[r] + c, lanes);
    return factor ? a * T::load(factor + (r <= K ? 0 : kTile) + c, lanes) : a;
  }
};

// Rows of the inputs of a tile of width w.
template <class S>
struct TileView {
  const S* weights;  // [in][rows][w]
  const S* mask;     // [in][w] or NULL
  int64_t w;
  int32_t rows, base_row, scale_row, coef_row;

  TileView(const Layer& layer, const S* params, const S* buffers, int64_t tile)
      : weights(params + layer.tile_offset(tile)),
        mask(layer.mask >= 0 ? buffers + layer.mask + tile * kTile * layer.in : nullptr),
        w(layer.tile_width(tile)), rows(layer.rows), base_row(layer.base_row), scale_row(layer.scale_row),
        coef_row(layer.coef_row) {}

  bool factored() const { return scale_row >= 0 || mask; }

  // The factors of input i, [2][64], made in `to`; NULL where there are none.
  KAN_HD const S* factors(int64_t i, S* to) const {
    if (!factored()) return nullptr;
    using T = vec<S>;
    const S* scale = weights + (i * rows + scale_row) * w;
    for (int64_t c = 0; c < w; c += T::W) {
      const int lanes = int(min64(T::W, w - c));
      const T m = mask ? T::load(mask + i * w + c, lanes) : T(S(1));
      m.store(to + kTile + c);
      (scale_row >= 0 ? m * T::load(scale + c, lanes) : m).store(to + c);
    }
    return to;
  }

  template <int K>
  KAN_HD RowView<S> window(int64_t i, int32_t first, const S* factor) const {
    const S* p = weights + i * rows * w;
    RowView<S> v;
    for (int r = 0; r <= K; ++r) v.row[r] = p + (coef_row + first + r) * w;
    v.row[K + 1] = p + base_row * w;
    v.factor = factor;
    return v;
  }

  // Asks for the rows of input i ahead of their use: the runs read them in an order no hardware prefetcher follows.
  KAN_HD void prefetch(int64_t i, int64_t in, int64_t samples) const {
    if (i >= in || rows > 4 * samples) return;
    const char* p = reinterpret_cast<const char*>(weights + i * rows * w);
    const int64_t bytes = rows * w * int64_t(sizeof(S));
    for (int64_t at = 0; at < bytes; at += 64) __builtin_prefetch(p + at);
  }
};

// Columns that the widest inner loops take at once, in registers.
template <int V>
constexpr int kWide = kRegisters == 32 && V <= 6 ? 4 : 2;

// f(Constant<registers>(), c, lanes) for w columns from left to right: NV registers at once, then one by one, the last
// perhaps with fewer lanes. (Two of what four leave over are not faster at once, and a third more to compile.)
template <int NV, int W, class F>
KAN_HD void for_columns(int64_t w, F&& f) {
  int64_t c = 0;
  for (; c + NV * W <= w; c += NV * W) f(Constant<NV>(), c, W);
  for (; c < w; c += W) f(Constant<1>(), c, int(min64(W, w - c)));
}

// f(Constant<0>()), f(Constant<1>()), … until one returns true.
template <int N, int I = 0, class F>
KAN_HD bool any_index(F&& f) {
  if constexpr (I < N) return f(Constant<I>()) || any_index<N, I + 1>(f);
  else return false;
}

// Calls sample(p, a) for every position p of a run, where a[r] are the V rows of its window in registers.
template <class S, int K, int V, int NV, class F>
KAN_HD void walk_run(const RowView<S>& rows, int64_t c, int lanes, int64_t p0, int64_t p1, F&& sample) {
  using T = vec<S>;
  T a[V][NV];
#pragma GCC unroll 8
  for (int r = 0; r < V; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) a[r][v] = rows.template load<K>(r, c + v * T::W, lanes);
  for (int64_t p = p0; p < p1; ++p) sample(p, [&](int r, int v) KAN_INLINE { return a[r][v]; });
}

// The same for all runs of a record sorted by window. Neighbouring windows share k rows: row j lives in ring[j % (k + 1)]
// and each is read once, in the order of memory; that of the next input is asked for meanwhile.
template <class S, int K, int V, int NV, class F>
KAN_HD void walk_windows(const TileView<S>& tile, int64_t i, const Record<S>& record, int64_t c, const S* factor,
                         F&& sample) {
  using T = vec<S>;
  constexpr int M = K + 1;
  const Run *run = record.runs + 1, *last = record.runs + record.count();
  const int64_t input = tile.rows * tile.w;
  const S* own = tile.weights + i * input + c;
  const auto load = [&](T* to, int32_t row, const S* by) KAN_INLINE {
    const S* from = own + row * tile.w;
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) {
      to[v] = T::load(from + v * T::W);
      if (factor) to[v] = to[v] * T::load(by + v * T::W);
      __builtin_prefetch(from + v * T::W + input);
    }
  };
  T ring[M][NV], base[NV];
  if (V > M) load(base, tile.base_row, factor + kTile + c);
  int32_t f = run->first - run->first % M;
#pragma GCC unroll 5
  for (int r = 0; r < K; ++r) load(ring[r], tile.coef_row + f + r, factor + c);
  int64_t p = 0;
  const auto window = [&](auto phase) KAN_INLINE {
    constexpr int s = decltype(phase)::value;
    load(ring[(s + K) % M], tile.coef_row + f + K, factor + c);
    if (run->first == f++) {
      for (; p < run->end; ++p)
        sample(p, [&](int r, int v) KAN_INLINE { return r < M ? ring[(s + r) % M][v] : base[v]; });
      return run++ == last;
    }
    return false;
  };
  while (!any_index<M>(window)) {
  }
}

// y[sample][c - c0] += this input's share, for the columns c0 .. c1-1 of a tile.
template <class S, int K, int V>
KAN_HD void forward_input(const TileView<S>& tile, int64_t i, const Record<S>& record, int64_t slots, int64_t c0,
                          int64_t c1, S* y, int64_t stride) {
  using T = vec<S>;
  alignas(64) S made[2 * kTile];
  const S* const factor = tile.factors(i, made);
  const auto columns = [&](int64_t c, auto registers) KAN_INLINE {
    constexpr int NV = decltype(registers)::value;
    S* const from = y + (c - c0);
    return [&record, slots, stride, from](int64_t p, auto a) KAN_INLINE {
      S* to = from + record.index[p] * stride;
      T acc[NV];
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) acc[v] = T::load(to + v * T::W);
#pragma GCC unroll 8
      for (int r = 0; r < V; ++r) {
        const T b(record.values[r * slots + p]);
#pragma GCC unroll 4
        for (int v = 0; v < NV; ++v) acc[v] = fma(b, a(r, v), acc[v]);
      }
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) acc[v].store(to + v * T::W);
    };
  };
  int64_t c = c0;
  if constexpr (kRing<K>)
    for (; record.sorted() && c + kWide<V> * T::W <= c1; c += kWide<V> * T::W)
      walk_windows<S, K, V, kWide<V>>(tile, i, record, c, factor, columns(c, Constant<kWide<V>>()));
  int64_t p = 0;
  for (int32_t q = 1; q <= record.count() && c < c1; ++q) {
    const int64_t end = record.runs[q].end;
    const RowView<S> rows = tile.template window<K>(i, record.runs[q].first, factor);
    int64_t at = c;
    for (; at + 2 * T::W <= c1; at += 2 * T::W)
      walk_run<S, K, V, 2>(rows, at, T::W, p, end, columns(at, Constant<2>()));
    for (; at < c1; at += T::W)
      walk_run<S, K, V, 1>(rows, at, int(min64(T::W, c1 - at)), p, end, columns(at, Constant<1>()));
    p = end;
  }
}

// Few outputs: lanes are samples; the run's weights are scalars. y is [column][sample].
template <class S, int K, int V>
KAN_HD void forward_input_narrow(const TileView<S>& tile, int64_t i, const Record<S>& record, int64_t slots, S* y,
                                 S* sums) {
  using T = vec<S>;
  S made[2 * kTile];
  const S* const factor = tile.factors(i, made);
  for (int64_t c = 0; c < tile.w; ++c) {
    int64_t p = 0;
    const int32_t runs = record.count();
    for (int32_t q = 1; q <= runs; ++q) {
      const int64_t end = record.runs[q].end;
      const RowView<S> rows = tile.template window<K>(i, record.runs[q].first, factor);
      S a[V];
#pragma GCC unroll 8
      for (int r = 0; r < V; ++r) a[r] = rows.row[r][c] * (factor ? factor[(r <= K ? 0 : kTile) + c] : S(1));
      // Lanes past the run are another run's: its own pass writes them again, later. Past the record: `sums` has room.
      for (; p < end; p += T::W) {
        T t = T::load(record.values + p) * a[0];
#pragma GCC unroll 8
        for (int r = 1; r < V; ++r) t = fma(a[r], T::load(record.values + r * slots + p), t);
        t.store(sums + p);
      }
      p = end;
    }
    for (int64_t s = 0; s < p; ++s) y[c * slots + record.index[s]] += sums[s];
  }
}

// A few rows at a time (serving) are not worth sorting: lanes are inputs while the basis is evaluated, and the sums of a
// tile stay in registers while all inputs pass. The same operations in the same order as by records: the same bits.
inline bool few_rows(const Layer& layer, int64_t batch, bool infer) {
  return infer && (batch <= 4 || (batch <= 16 && layer.params <= 16384));
}

// values [V][slots], first [slots] of one row x (in); slots = in rounded up to a register.
template <class S, int K, bool kBase>
inline void row_values(const Layer& layer, const S* buffers, const S* x, int64_t slots, S* values, int32_t* first) {
  using T = vec<S>;
  const S *t0 = buffers + layer.knots, *inv_h = t0 + layer.in;
  for (int64_t i = 0; i < layer.in; i += T::W) {
    const int lanes = int(min64(T::W, layer.in - i));
    const T v = T::load(x + i, lanes), h = T::load(inv_h + i, lanes);
    EvenGrid<S> g{T::load(t0 + i, lanes), h, inv_h + layer.in + i * layer.knots_per_input(), {}, layer.spec.grid,
                  layer.spec.outside};
    for (int l = 1; l < lanes; ++l) g.base[l] = typename T::I(l * layer.knots_per_input());
    T out[K + 1], f;
    bspline_even<S, K, false>(g, v, out, &f);
    for (int r = 0; r <= K; ++r) out[r].store(values + r * slots + i);
    if (kBase) activation(layer.spec.base, v).store(values + (K + 1) * slots + i);
    for (int l = 0; l < lanes; ++l) {
      first[i + l] = int32_t(f.v[l]);
      if (__builtin_expect(h.v[l] == S(0), 0)) {  // this input's knots are not evenly spaced
        const GridView<S> own = grid_view(layer, buffers, i + l);
        windows<S, K>(own, x + i + l, 1, first + i + l);
        bspline_uneven<S, K, false>(own, first[i + l], T(x[i + l]), out);
        for (int r = 0; r <= K; ++r) values[r * slots + i + l] = out[r].v[0];
      }
    }
  }
}

template <class S, int K, int V, int NV, bool kFactors>
KAN_HD void row_columns(const TileView<S>& tile, int64_t in, int64_t c, int lanes, const S* values, int64_t slots,
                        const int32_t* first, const S* bias, S* y) {
  using T = vec<S>;
  const auto at = [&](const S* p, int v) { return NV > 1 ? T::load(p + v * T::W) : T::load(p, lanes); };
  const bool narrow = tile.w <= kNarrow;
  T acc[NV];
#pragma GCC unroll 4
  for (int v = 0; v < NV; ++v) acc[v] = T(S(0));
  const S* p = tile.weights + c;
  for (int64_t i = 0; i < in; ++i, p += tile.rows * tile.w) {
    const S* coef = p + (tile.coef_row + first[i]) * tile.w;
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) {
      T mask(S(1)), factor(S(1));
      if (kFactors) {
        if (tile.mask) mask = at(tile.mask + i * tile.w + c, v);
        factor = tile.scale_row >= 0 ? mask * at(p + tile.scale_row * tile.w, v) : mask;
      }
      T sum = acc[v];
#pragma GCC unroll 8
      for (int r = 0; r < V; ++r) {
        T a = at(r <= K ? coef + r * tile.w : p + tile.base_row * tile.w, v);
        if (kFactors) a = a * (r <= K ? factor : mask);
        const T b(values[r * slots + i]);
        sum = NV == 1 && narrow && r == 0 ? b * a : fma(b, a, sum);
      }
      acc[v] = NV == 1 && narrow ? acc[v] + sum : sum;
    }
  }
#pragma GCC unroll 4
  for (int v = 0; v < NV; ++v) {
    const T sum = bias ? acc[v] + at(bias + c, v) : acc[v];
    if (NV > 1) sum.store(y + c + v * T::W);
    else sum.store(y + c, lanes);
  }
}

template <class S, int K, int V, bool kFactors>
KAN_HD void row_tile(const TileView<S>& tile, int64_t in, const S* values, int64_t slots, const int32_t* first,
                     const S* bias, S* y) {
  using T = vec<S>;
  int64_t c = 0;
  for (; c + 4 * T::W <= tile.w; c += 4 * T::W)
    row_columns<S, K, V, 4, kFactors>(tile, in, c, T::W, values, slots, first, bias, y);
  for (; c + 2 * T::W <= tile.w; c += 2 * T::W)
    row_columns<S, K, V, 2, kFactors>(tile, in, c, T::W, values, slots, first, bias, y);
  for (; c < tile.w; c += T::W)
    row_columns<S, K, V, 1, kFactors>(tile, in, c, int(min64(T::W, tile.w - c)), values, slots, first, bias, y);
}

template <class S, int K, bool kBase>
inline void local_forward_rows(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  constexpr int V = K + 1 + kBase;
  using T = vec<S>;
  const S* x = static_cast<const S*>(a.x);
  const S* params = static_cast<const S*>(a.params);
  const S* buffers = static_cast<const S*>(a.buffers);
  S* y = static_cast<S*>(a.y);
  const int64_t slots = round_up(layer.in, T::W), tiles = ceil_div(layer.out, kTile);
  const int workers =
      workers_for(pool, double(a.batch) * double(layer.in) * V * double(ceil_div(layer.out, T::W)) / 2);
  Carver carver(a.scratch);
  S* values[kMaxThreads];
  int32_t* first[kMaxThreads];
  for (int t = 0; t < workers; ++t) {
    values[t] = carver.take<S>(V * slots);
    first[t] = carver.take<int32_t>(slots);
  }
  for_workers(pool, workers, [&](int worker) {
    const Range mine = part(tiles, worker, workers);
    if (mine.begin == mine.end) return;
    for (int64_t b = 0; b < a.batch; ++b) {
      row_values<S, K, kBase>(layer, buffers, x + b * layer.in, slots, values[worker], first[worker]);
      for (int64_t t = mine.begin; t < mine.end; ++t) {
        const TileView<S> tile(layer, params, buffers, t);
        const S* bias = layer.bias >= 0 ? params + layer.bias + t * kTile : nullptr;
        S* to = y + b * layer.out + t * kTile;
        if (tile.factored())
          row_tile<S, K, V, true>(tile, layer.in, values[worker], slots, first[worker], bias, to);
        else
          row_tile<S, K, V, false>(tile, layer.in, values[worker], slots, first[worker], bias, to);
      }
    }
  });
}

template <class S>
struct LocalForwardScratch {
  char* records;  // INFER: those of one group of blocks
  RecordScratch<S> maker[kMaxThreads];
  S* tile[kMaxThreads];

  LocalForwardScratch(Carver& c, const Layer& layer, const LocalPlan<S>& plan, bool infer, int threads)
      : records(infer ? c.take<char>(min64(plan.blocks, threads) * layer.in * plan.record_bytes) : nullptr) {
    for (int t = 0; t < threads; ++t) {
      maker[t].carve(c, layer);
      tile[t] = c.take<S>(plan.slots * (kTile + 1) + 64);
    }
  }
};

template <class S, int K, bool kBase>
inline void local_forward(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  constexpr int V = K + 1 + kBase;
  using T = vec<S>;
  if (a.batch == 0) return;
  if (few_rows(layer, a.batch, a.saved == nullptr)) return local_forward_rows<S, K, kBase>(pool, layer, a);
  const LocalPlan<S> plan(layer, a.batch);
  const S* x = static_cast<const S*>(a.x);
  const S* params = static_cast<const S*>(a.params);
  const S* buffers = static_cast<const S*>(a.buffers);
  S* y = static_cast<S*>(a.y);
  Carver carver(a.scratch);
  const LocalForwardScratch<S> scratch(carver, layer, plan, a.saved == nullptr, pool.threads());
  const int64_t group = a.saved ? plan.blocks : min64(plan.blocks, pool.threads());
  char* base = a.saved ? static_cast<char*>(a.saved) : scratch.records;
  const int workers =
      workers_for(pool, double(a.batch) * double(layer.in) * (30 + V * double(ceil_div(layer.out, T::W)) / 2));
  const int64_t tiles = ceil_div(layer.out, kTile);
  const int64_t input_groups = ceil_div(layer.in, RecordScratch<S>::kGroup);

  for_workers(pool, workers, [&](int worker) {
    for (int64_t g0 = 0; g0 < plan.blocks; g0 += group) {
      const int64_t blocks = min64(group, plan.blocks - g0);
      const Range mine = part(blocks * input_groups, worker, workers);
      for (int64_t u = mine.begin; u < mine.end; ++u) {
        const int64_t block = u / input_groups, i0 = u % input_groups * RecordScratch<S>::kGroup;
        make_records<S, K>(layer, buffers, x + (g0 + block) * plan.kBlock * layer.in, plan.block_size(g0 + block), i0,
                           min64(layer.in, i0 + RecordScratch<S>::kGroup), plan, scratch.maker[worker], base,
                           block * layer.in);
      }
      if (workers > 1) pool.barrier();
      // Tiles are cut into column chunks only where there are too few of them for the workers: the sums of an output
      // have one order whatever the cut.
      int64_t chunk = kTile;
      while (blocks * tiles * (kTile / chunk) < workers && chunk > T::W) chunk /= 2;
      const int64_t chunks = kTile / chunk;
      const Range units = part(blocks * tiles * chunks, worker, workers);
      for (int64_t u = units.begin; u < units.end; ++u) {
        const int64_t block = u / (tiles * chunks), tile = u / chunks % tiles, c0 = u % chunks * chunk;
        const TileView<S> view(layer, params, buffers, tile);
        const int64_t c1 = min64(view.w, c0 + chunk);
        if (c0 >= c1) continue;
        const int64_t n = plan.block_size(g0 + block), stride = round_up(c1 - c0, T::W);
        S* acc = scratch.tile[worker];
        S* to = y + (g0 + block) * plan.kBlock * layer.out + tile * kTile + c0;
        const S* bias = layer.bias >= 0 ? params + layer.bias + tile * kTile + c0 : nullptr;
        if (view.w <= kNarrow) {
          fill_zero(acc, view.w * plan.slots);
          S* sums = acc + kNarrow * plan.slots;
          for (int64_t i = 0; i < layer.in; ++i)
            forward_input_narrow<S, K, V>(view, i, plan.record(base, block * layer.in + i), plan.slots, acc, sums);
          for (int64_t s = 0; s < n; ++s)
            for (int64_t c = 0; c < view.w; ++c) to[s * layer.out + c] = acc[c * plan.slots + s] + (bias ? bias[c] : S(0));
          continue;
        }
        fill_zero(acc, n * stride);
        for (int64_t i = 0; i < layer.in; ++i) {
          const Record<S> record = plan.record(base, block * layer.in + i);
          if (!record.sorted() || view.w < kTile) view.prefetch(i + 1, layer.in, n);
          forward_input<S, K, V>(view, i, record, plan.slots, c0, c1, acc, stride);
        }
        for (int64_t s = 0; s < n; ++s)
          for (int64_t c = 0; c < c1 - c0; c += T::W) {
            const int lanes = int(min64(T::W, c1 - c0 - c));
            T v = T::load(acc + s * stride + c);
            if (bias) v = v + T::load(bias + c, lanes);
            v.store(to + s * layer.out + c, lanes);
          }
      }
      if (workers > 1 && g0 + group < plan.blocks) pool.barrier();
    }
  });
}

// --------------------------------------------------------------------------------------------------------- backward

template <class S, int V, int NV>
KAN_HD void weight_run(const S* d_y, int64_t w, int64_t c, int lanes, const S* values, int64_t slots,
                       const uint16_t* index, int64_t p0, int64_t p1, S* const* g) {
  using T = vec<S>;
  T acc[V][NV];
#pragma GCC unroll 8
  for (int r = 0; r < V; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) acc[r][v] = T(S(0));
  for (int64_t p = p0; p < p1; ++p) {
    const S* from = d_y + index[p] * w + c;
    T d[NV];
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) d[v] = NV > 1 ? T::load(from + v * T::W) : T::load(from, lanes);
#pragma GCC unroll 8
    for (int r = 0; r < V; ++r) {
      const T b(values[r * slots + p]);
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) acc[r][v] = fma(b, d[v], acc[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < V; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) {
      S* to = g[r] + c + v * T::W;
      if (NV > 1) (T::load(to) + acc[r][v]).store(to);
      else (T::load(to, lanes) + acc[r][v]).store(to, lanes);
    }
}

// The gradient rows of input i and NV registers of columns at d_y, summed over a record sorted by window: row j is
// gathered in ring[j % (k + 1)] and given to row(j, sum) once, in the order of memory; the base row to base(sum).
template <class S, int K, int V, int NV, class R, class B>
KAN_HD void gather_windows(const Layer& layer, const S* d_y, int64_t w, int lanes, const Record<S>& record, int64_t slots,
                           R&& row, B&& base) {
  using T = vec<S>;
  constexpr int M = K + 1;
  const Run *run = record.runs + 1, *last = record.runs + record.count();
  T ring[M][NV], base_sum[NV];
#pragma GCC unroll 4
  for (int v = 0; v < NV; ++v) {
    base_sum[v] = T(S(0));
#pragma GCC unroll 6
    for (int r = 0; r < M; ++r) ring[r][v] = T(S(0));
  }
  int32_t f = 0;
  int64_t p = 0;
  const auto window = [&](auto phase) KAN_INLINE {
    constexpr int s = decltype(phase)::value;
    if (run <= last && run->first == f) {
      for (; p < run->end; ++p) {
        const S* from = d_y + record.index[p] * w;
        T d[NV];
#pragma GCC unroll 4
        for (int v = 0; v < NV; ++v) d[v] = NV > 1 || lanes == T::W ? T::load(from + v * T::W) : T::load(from, lanes);
#pragma GCC unroll 8
        for (int r = 0; r < V; ++r) {
          const T b(record.values[r * slots + p]);
          T* to = r < M ? ring[(s + r) % M] : base_sum;
#pragma GCC unroll 4
          for (int v = 0; v < NV; ++v) to[v] = fma(b, d[v], to[v]);
        }
      }
      ++run;
    }
    row(f, ring[s]);
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) ring[s][v] = T(S(0));
    return ++f == layer.n;
  };
  while (!any_index<M>(window)) {
  }
  if (V > M) base(base_sum);
}

// The gradient rows of input i of a tile over one block of samples, d_y (block, w). `g` [rows][w] takes them, added, where
// there are more blocks than this one; otherwise (g is NULL) they go from registers to the sink as what they are there, the
// gradients of coefficients, scale and base weights: at `offset` of params.
template <class S, int K, int V, int NV>
KAN_HD void weight_windows(const Layer& layer, const TileView<S>& tile, int64_t i, int64_t c, int lanes, const S* d_y,
                           const Record<S>& record, int64_t slots, S* g, const GradientSink<S>& sink, int64_t offset,
                           const S* factor) {
  using T = vec<S>;
  const int64_t w = tile.w, input = layer.rows * w;
  const S* weights = tile.weights + i * input;
  const auto load = [lanes](const S* from) KAN_INLINE { return NV > 1 || lanes == T::W ? T::load(from) : T::load(from, lanes); };
  const auto add = [lanes](S* to, T sum) KAN_INLINE {
    if (NV > 1 || lanes == T::W) (T::load(to) + sum).store(to);
    else (T::load(to, lanes) + sum).store(to, lanes);
  };
  T d_scale[NV];
#pragma GCC unroll 4
  for (int v = 0; v < NV; ++v) d_scale[v] = T(S(0));
  gather_windows<S, K, V, NV>(
      layer, d_y + c, w, lanes, record, slots,
      [&](int32_t j, const T* sum) KAN_INLINE {
        const int64_t at = (layer.coef_row + j) * w + c;
#pragma GCC unroll 4
        for (int v = 0; v < NV; ++v) {
          const int64_t here = at + v * T::W;
          if (g) {
            add(g + here, sum[v]);
            continue;
          }
          T d = sum[v];
          if (factor) {
            // An input takes less time than memory: what is read is asked for two inputs ahead.
            __builtin_prefetch(weights + here + 2 * input);
            d_scale[v] = fma(d, load(weights + here), d_scale[v]);
            d = d * load(factor + c + v * T::W);
          }
          sink.prefetch(offset + here + input);
          sink.put(offset + here, d, lanes);
        }
      },
      [&](const T* sum) KAN_INLINE {
        for (int v = 0; v < NV; ++v) {
          const int64_t here = layer.base_row * w + c + v * T::W;
          if (g) add(g + here, sum[v]);
          else sink.put(offset + here, factor ? sum[v] * load(factor + kTile + c + v * T::W) : sum[v], lanes);
        }
      });
  if (!g && layer.scale_row >= 0)
    for (int v = 0; v < NV; ++v) {
      const int64_t here = c + v * T::W;
      const T mask = tile.mask ? load(tile.mask + i * w + here) : T(S(1));
      sink.put(offset + layer.scale_row * w + here, d_scale[v] * mask, lanes);
    }
}

// Whether the gradients of an input need no [rows][w] of their own.
template <class S, int K>
KAN_HD bool direct(const LocalPlan<S>& plan, const Record<S>& record) {
  return kRing<K> && plan.blocks == 1 && record.sorted();
}

template <class S, int K, int V>
KAN_HD void weight_input(const Layer& layer, const TileView<S>& tile, int64_t i, const S* d_y, const Record<S>& record,
                         int64_t slots, S* g, const GradientSink<S>& sink, int64_t offset) {
  using T = vec<S>;
  const int64_t w = tile.w;
  if constexpr (kRing<K>)
    if (record.sorted()) {
      alignas(64) S made[2 * kTile];
      const S* const factor = g ? nullptr : tile.factors(i, made);
      for_columns<kWide<V>, T::W>(w, [&](auto registers, int64_t c, int lanes) KAN_INLINE {
        weight_windows<S, K, V, decltype(registers)::value>(layer, tile, i, c, lanes, d_y, record, slots, g, sink, offset,
                                                            factor);
      });
      return;
    }
  int64_t p = 0;
  for (int32_t q = 1; q <= record.count(); ++q) {
    const int64_t end = record.runs[q].end;
    S* rows[K + 2];
    for (int r = 0; r <= K; ++r) rows[r] = g + (layer.coef_row + record.runs[q].first + r) * w;
    rows[K + 1] = g + layer.base_row * w;
    for_columns<2, T::W>(w, [&](auto registers, int64_t c, int lanes) KAN_INLINE {
      weight_run<S, V, decltype(registers)::value>(d_y, w, c, lanes, record.values, slots, record.index, p, end, rows);
    });
    p = end;
  }
}

// The gradient of the effective coefficients becomes that of coefficients, scale and base weights, in place.
template <class S>
KAN_HD void edge_factors(const Layer& layer, const TileView<S>& tile, int64_t i, S* g) {
  if (!tile.factored()) return;
  using T = vec<S>;
  const int64_t w = tile.w;
  const S* weights = tile.weights + i * layer.rows * w;
  // Row by row, the order of memory, for which the hardware reads ahead.
  const auto columns = [&](int64_t c, auto lanes, auto registers) {
    constexpr int NV = decltype(registers)::value;
    T mask[NV], scale[NV], d_scale[NV];
    for (int v = 0; v < NV; ++v) {
      const int64_t at = c + v * T::W;
      mask[v] = tile.mask ? T::load(tile.mask + i * w + at, lanes) : T(S(1));
      scale[v] = layer.scale_row >= 0 ? mask[v] * T::load(weights + layer.scale_row * w + at, lanes) : mask[v];
      d_scale[v] = T(S(0));
    }
    S* d = g + layer.coef_row * w + c;
    const S* coef = weights + layer.coef_row * w + c;
    for (int32_t r = 0; r < layer.n; ++r, d += w, coef += w)
      for (int v = 0; v < NV; ++v) {
        const T of_row = T::load(d + v * T::W, lanes);
        d_scale[v] = fma(of_row, T::load(coef + v * T::W, lanes), d_scale[v]);
        (of_row * scale[v]).store(d + v * T::W, lanes);
      }
    for (int v = 0; v < NV; ++v) {
      const int64_t at = c + v * T::W;
      if (layer.scale_row >= 0) (d_scale[v] * mask[v]).store(g + layer.scale_row * w + at, lanes);
      if (layer.base_row >= 0 && tile.mask) {
        S* b = g + layer.base_row * w + at;
        (T::load(b, lanes) * mask[v]).store(b, lanes);
      }
    }
  };
  int64_t c = 0;
  for (; c + 4 * T::W <= w; c += 4 * T::W) columns(c, AllLanes(), Constant<4>());
  for (; c + T::W <= w; c += T::W) columns(c, AllLanes(), Constant<1>());
  if (c < w) columns(c, int(w - c), Constant<1>());
}

// acc [slots][W] += the share of input i of one tile in its own d_x, by sorted position, lanes to be summed.
template <class S, int K, int V>
KAN_HD void input_gradient(const TileView<S>& tile, int64_t i, const Record<S>& record, int64_t slots, const S* d_y,
                           const S* derivative, S* acc) {
  using T = vec<S>;
  alignas(64) S made[2 * kTile];
  const S* const factor = tile.factors(i, made);
  const auto columns = [&](int64_t c, int lanes, auto registers) KAN_INLINE {
    constexpr int NV = decltype(registers)::value;
    const int64_t w = tile.w;
    const S* const d = d_y + c;
    return [&record, slots, w, d, derivative, acc, lanes](int64_t p, auto a) KAN_INLINE {
      const S* from = d + record.index[p] * w;
      T t[NV];
      {
        const T b(derivative[p]);
#pragma GCC unroll 4
        for (int v = 0; v < NV; ++v) t[v] = b * a(0, v);
      }
#pragma GCC unroll 8
      for (int r = 1; r < V; ++r) {
        const T b(derivative[r * slots + p]);
#pragma GCC unroll 4
        for (int v = 0; v < NV; ++v) t[v] = fma(b, a(r, v), t[v]);
      }
      T s = T::load(acc + p * T::W);
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) s = fma(t[v], NV > 1 ? T::load(from + v * T::W) : T::load(from, lanes), s);
      s.store(acc + p * T::W);
    };
  };
  int64_t c = 0;
  if constexpr (kRing<K>)
    for (; record.sorted() && c + kWide<V> * T::W <= tile.w; c += kWide<V> * T::W)
      walk_windows<S, K, V, kWide<V>>(tile, i, record, c, factor, columns(c, T::W, Constant<kWide<V>>()));
  int64_t p = 0;
  for (int32_t q = 1; q <= record.count() && c < tile.w; ++q) {
    const int64_t end = record.runs[q].end;
    const RowView<S> rows = tile.template window<K>(i, record.runs[q].first, factor);
    int64_t at = c;
    for (; at + 2 * T::W <= tile.w; at += 2 * T::W)
      walk_run<S, K, V, 2>(rows, at, T::W, p, end, columns(at, T::W, Constant<2>()));
    for (; at < tile.w; at += T::W) {
      const int lanes = int(min64(T::W, tile.w - at));
      walk_run<S, K, V, 1>(rows, at, lanes, p, end, columns(at, lanes, Constant<1>()));
    }
    p = end;
  }
}

// Few outputs: lanes are samples, as in forward_input_narrow. sums [slots] += the share of input i in its own d_x, by sorted
// position; `products` [slots and a register].
template <class S, int K, int V>
KAN_HD void input_gradient_narrow(const TileView<S>& tile, int64_t i, const Record<S>& record, int64_t n, int64_t slots,
                                  const S* d_y, const S* derivative, S* products, S* sums) {
  using T = vec<S>;
  S made[2 * kTile];
  const S* const factor = tile.factors(i, made);
  for (int64_t c = 0; c < tile.w; ++c) {
    int64_t p = 0;
    for (int32_t q = 1; q <= record.count(); ++q) {
      const int64_t end = record.runs[q].end;
      const RowView<S> rows = tile.template window<K>(i, record.runs[q].first, factor);
      S a[V];
#pragma GCC unroll 8
      for (int r = 0; r < V; ++r) a[r] = rows.row[r][c] * (factor ? factor[(r <= K ? 0 : kTile) + c] : S(1));
      for (; p < end; p += T::W) {
        T t = T::load(derivative + p) * a[0];
#pragma GCC unroll 8
        for (int r = 1; r < V; ++r) t = fma(a[r], T::load(derivative + r * slots + p), t);
        t.store(products + p);
      }
      p = end;
    }
    for (int64_t s = 0; s < n; ++s) sums[s] += products[s] * d_y[record.index[s] * tile.w + c];
  }
}

template <class S>
struct LocalBackwardScratch {
  static constexpr int64_t kPanel = 4;             // inputs whose partial d_x stay in cache together
  static constexpr int64_t kGradient = 32768 / 2;  // numbers of a panel of weight gradients
  int64_t gradient_inputs;                         // inputs of such a panel
  S* packed;
  S* bias;
  struct Worker {
    S* sorted;      // [slots and a register]
    S* derivative;  // [kPanel][V][slots]
    S* partial;     // [kPanel][slots][W]
    S* gradient;    // [gradient_inputs][rows][w]
  } worker[kMaxThreads];

  LocalBackwardScratch(Carver& c, const Layer& layer, const LocalPlan<S>& plan, int threads) {
    const int64_t input_size = layer.rows * min64(kTile, layer.out);
    gradient_inputs = plan.blocks <= 1 ? 1 : max64(1, kGradient / input_size);
    packed = c.take<S>(layer.out > kTile ? plan.batch * layer.out : 0);
    bias = c.take<S>(layer.bias >= 0 ? layer.out : 0);
    for (int t = 0; t < threads; ++t) {
      worker[t].sorted = c.take<S>(plan.slots + vec<S>::W);
      worker[t].derivative = c.take<S>(kPanel * plan.taps * plan.slots);
      worker[t].partial = c.take<S>(kPanel * plan.slots * vec<S>::W);
      worker[t].gradient = c.take<S>(gradient_inputs * input_size);
    }
  }
};

template <class S, int K, bool kBase>
inline void local_backward(Pool& pool, const Layer& layer, const BackwardArgs& a) {
  constexpr int V = K + 1 + kBase;
  using T = vec<S>;
  const LocalPlan<S> plan(layer, a.batch);
  const S* x = static_cast<const S*>(a.x);
  const S* params = static_cast<const S*>(a.params);
  const S* buffers = static_cast<const S*>(a.buffers);
  char* base = static_cast<char*>(const_cast<void*>(a.saved));
  S* d_x = static_cast<S*>(a.d_x);
  Carver carver(a.scratch);
  using Scratch = LocalBackwardScratch<S>;
  const Scratch scratch(carver, layer, plan, pool.threads());
  const AdamW<S> adam(a.adam);
  const GradientSink<S> sink(a, a.adam ? &adam : nullptr, layer.params);
  const int64_t tiles = ceil_div(layer.out, kTile);
  const bool want_x = a.d_x_mode != KAN_GRAD_NONE, narrow = layer.out <= kNarrow;
  const int workers = workers_for(
      pool, double(a.batch) * double(layer.in) * (20 + V * double(ceil_div(layer.out, T::W))) * (want_x ? 1 : 0.5) +
                double(layer.params) * (a.adam ? 0.5 : 0.1));
  const int64_t panel = Scratch::kPanel;

  for_workers(pool, workers, [&](int worker) {
    const typename Scratch::Worker& w = scratch.worker[worker];
    const S* packed = pack_tiles(pool, worker, workers, layer, a.batch, static_cast<const S*>(a.d_y), scratch.packed);

    if (want_x) {
      const Range mine = part(ceil_div(layer.in, panel), worker, workers);
      for (int64_t u = mine.begin; u < mine.end; ++u)
        for (int64_t block = 0; block < plan.blocks; ++block) {
          const int64_t i0 = u * panel, i1 = min64(layer.in, i0 + panel), n = plan.block_size(block);
          const int64_t b0 = block * plan.kBlock;
          for (int64_t i = i0; i < i1; ++i) {
            const Record<S> record = plan.record(base, block * layer.in + i);
            for (int64_t p = 0; p < n; ++p) w.sorted[p] = x[(b0 + record.index[p]) * layer.in + i];
            for (int64_t p = n; p < plan.slots; ++p) w.sorted[p] = w.sorted[0];
            fill_values<S, K, true>(grid_view(layer, buffers, i), kBase ? layer.spec.base : KAN_ACTIVATION_NONE,
                                    w.sorted, record.runs, n, plan.slots, w.derivative + (i - i0) * V * plan.slots);
          }
          fill_zero(w.partial, (i1 - i0) * plan.slots * T::W);
          for (int64_t tile = 0; tile < tiles; ++tile) {
            const TileView<S> view(layer, params, buffers, tile);
            const S* d_y = packed + tile * kTile * a.batch + b0 * view.w;
            for (int64_t i = i0; i < i1; ++i) {
              const Record<S> record = plan.record(base, block * layer.in + i);
              const S* derivative = w.derivative + (i - i0) * V * plan.slots;
              S* acc = w.partial + (i - i0) * plan.slots * T::W;
              if (!record.sorted() || view.w < kTile) view.prefetch(i + 1, layer.in, n);
              if (narrow)
                input_gradient_narrow<S, K, V>(view, i, record, n, plan.slots, d_y, derivative, w.sorted, acc);
              else
                input_gradient<S, K, V>(view, i, record, plan.slots, d_y, derivative, acc);
            }
          }
          for (int64_t i = i0; i < i1; ++i) {
            const Record<S> record = plan.record(base, block * layer.in + i);
            for (int64_t p = 0; p < n; ++p) {
              S& to = d_x[(b0 + record.index[p]) * layer.in + i];
              const S* acc = w.partial + (i - i0) * plan.slots * T::W;
              const S value = narrow ? acc[p] : sum(T::load(acc + p * T::W));
              to = a.d_x_mode == KAN_GRAD_ACCUMULATE ? to + value : value;
            }
          }
        }
    }
    if (!sink.wanted()) return;
    // The fused update writes weights that other workers' d_x still reads.
    if (want_x && workers > 1) pool.barrier();
    if (worker == 0) bias_gradient(layer, a.batch, static_cast<const S*>(a.d_y), scratch.bias, sink);

    const Range mine = part(tiles * layer.in, worker, workers);
    const int64_t inputs = scratch.gradient_inputs;
    for (int64_t u = mine.begin; u < mine.end;) {
      const int64_t tile = u / layer.in, i0 = u % layer.in;
      const int64_t i1 = min64(min64(i0 + inputs, layer.in), i0 + mine.end - u);
      const TileView<S> view(layer, params, buffers, tile);
      const int64_t size = layer.rows * view.w;
      if (const Record<S> record = plan.record(base, i0); direct<S, K>(plan, record)) {
        weight_input<S, K, V>(layer, view, i0, packed + tile * kTile * a.batch, record, plan.slots, nullptr, sink,
                              layer.tile_offset(tile) + i0 * size);
        ++u;
        continue;
      }
      fill_zero(w.gradient, (i1 - i0) * size);
      for (int64_t block = 0; block < plan.blocks; ++block) {
        const S* d_y = packed + tile * kTile * a.batch + block * plan.kBlock * view.w;
        for (int64_t i = i0; i < i1; ++i)
          weight_input<S, K, V>(layer, view, i, d_y, plan.record(base, block * layer.in + i), plan.slots,
                                w.gradient + (i - i0) * size, sink, 0);
      }
      for (int64_t i = i0; i < i1; ++i) {
        edge_factors(layer, view, i, w.gradient + (i - i0) * size);
        sink.put(layer.tile_offset(tile) + i * size, w.gradient + (i - i0) * size, size);
      }
      u += i1 - i0;
    }
    if (sink.streams) _mm_sfence();
  });
}

// --------------------------------------------------------------------------------------------------------- dispatch

template <class S>
int64_t spline_saved_bytes(const Layer& layer, int64_t batch) {
  const LocalPlan<S> plan(layer, batch);
  return plan.blocks * layer.in * plan.record_bytes;
}

template <class S>
int64_t spline_scratch_bytes(const Layer& layer, int64_t batch, int32_t mode, int threads) {
  const LocalPlan<S> plan(layer, batch);
  Carver forward(nullptr), backward(nullptr);
  if (few_rows(layer, batch, mode == KAN_MODE_INFER))
    for (int t = 0; t < threads; ++t) {
      forward.take<S>(plan.taps * round_up(layer.in, vec<S>::W));
      forward.take<int32_t>(round_up(layer.in, vec<S>::W));
    }
  else
    LocalForwardScratch<S>(forward, layer, plan, mode == KAN_MODE_INFER, threads);
  if (mode == KAN_MODE_TRAIN) LocalBackwardScratch<S>(backward, layer, plan, threads);
  return max64(forward.used(), backward.used());
}

template <class S, class F>
inline void local_dispatch(const Layer& layer, F&& f) {
  const bool base = layer.base_row >= 0;
  switch (layer.spec.order) {
#define KAN_ORDER(k) \
  case k: return base ? f.template operator()<k, true>() : f.template operator()<k, false>();
    KAN_ORDER(1)
    KAN_ORDER(2)
    KAN_ORDER(3)
    KAN_ORDER(4)
    KAN_ORDER(5)
#undef KAN_ORDER
  }
}

template <class S>
void spline_forward(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  local_dispatch<S>(layer, [&]<int K, bool kBase>() { local_forward<S, K, kBase>(pool, layer, a); });
}

template <class S>
void spline_backward(Pool& pool, const Layer& layer, const BackwardArgs& a) {
  local_dispatch<S>(layer, [&]<int K, bool kBase>() { local_backward<S, K, kBase>(pool, layer, a); });
}

}  // namespace KAN_NS
