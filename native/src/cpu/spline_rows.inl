// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// B-splines, forward, a few rows at a time (serving), which are not worth sorting: lanes are inputs while the basis is
// evaluated, and the sums of a tile stay in registers while all inputs pass. The same operations in the same order as by
// records: the same bits.
#pragma once
#include "cpu/spline_windows.hpp"

namespace KAN_NS {

// Of one row x (in), an input a slot: the V values and the window of each.
template <class S>
struct RowValues {
  S* values;       // [V][slots]
  int32_t* first;  // [slots]
  int64_t slots;   // inputs, in whole registers

  RowValues() = default;
  RowValues(Carver& c, const Layer& layer, int64_t taps) : slots(round_up(layer.in, vec<S>::W)) {
    values = c.take<S>(taps * slots);
    first = c.take<int32_t>(slots);
  }
};

template <class S, int K, bool kBase>
inline void row_values(const Layer& layer, const S* buffers, const S* x, const RowValues<S>& to) {
  using T = vec<S>;
  S* const values = to.values;
  int32_t* const first = to.first;
  const int64_t slots = to.slots;
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
KAN_HD void row_columns(const TileView<S>& tile, const SplinePlan<S>& plan, int64_t in, int64_t c, int lanes,
                        const RowValues<S>& row, const S* bias, S* y) {
  using T = vec<S>;
  const S* const values = row.values;
  const int32_t* const first = row.first;
  const int64_t slots = row.slots;
  const auto at = [&](const S* p, int v) { return NV > 1 ? T::load(p + v * T::W) : T::load(p, lanes); };
  const bool narrow = tile.w <= kNarrowOutputs;
  T sums[SplinePlan<S>::kLevels + 1][NV];  // whole subtrees to the left of the next leaf, the largest first
  int depth = 0;
  const S* p = tile.weights + c;
  for (int64_t leaf = 0, i = 0; leaf < plan.leaves; ++leaf) {
    T acc[NV];
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) acc[v] = T(S(0));
    for (const int64_t end = part(in, leaf, plan.leaves).end; i < end; ++i, p += tile.rows * tile.w) {
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
    // A leaf of an odd number ends as many subtrees as that has ones at its end.
    for (int64_t ended = leaf; ended & 1; ended >>= 1, --depth)
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) acc[v] = sums[depth - 1][v] + acc[v];
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) sums[depth][v] = acc[v];
    ++depth;
  }
#pragma GCC unroll 4
  for (int v = 0; v < NV; ++v) {
    const T sum = bias ? sums[0][v] + at(bias + c, v) : sums[0][v];
    if (NV > 1) sum.store(y + c + v * T::W);
    else sum.store(y + c, lanes);
  }
}

template <class S, int K, int V, bool kFactors>
KAN_HD void row_tile(const TileView<S>& tile, const SplinePlan<S>& plan, int64_t in, const RowValues<S>& row, const S* bias, S* y) {
  using T = vec<S>;
  int64_t c = 0;
  for (; c + 4 * T::W <= tile.w; c += 4 * T::W)
    row_columns<S, K, V, 4, kFactors>(tile, plan, in, c, T::W, row, bias, y);
  for (; c + 2 * T::W <= tile.w; c += 2 * T::W)
    row_columns<S, K, V, 2, kFactors>(tile, plan, in, c, T::W, row, bias, y);
  for (; c < tile.w; c += T::W)
    row_columns<S, K, V, 1, kFactors>(tile, plan, in, c, int(min64(T::W, tile.w - c)), row, bias, y);
}

template <class S, int K, bool kBase>
inline void spline_rows_forward_of(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  constexpr int V = K + 1 + kBase;
  using T = vec<S>;
  const S* x = static_cast<const S*>(a.x);
  const S* params = static_cast<const S*>(a.params);
  const S* buffers = static_cast<const S*>(a.buffers);
  S* y = static_cast<S*>(a.y);
  const SplinePlan<S> plan(layer, a.batch);
  const int64_t tiles = ceil_div(layer.out, kTile);
  const int workers =
      workers_for(pool, double(a.batch) * double(layer.in) * V * double(ceil_div(layer.out, T::W)) / 2);
  Carver carver(a.scratch);
  RowValues<S> row[kMaxThreads];
  for (int t = 0; t < workers; ++t) row[t] = RowValues<S>(carver, layer, V);
  for_workers(pool, workers, [&](int worker) {
    const Range mine = part(tiles, worker, workers);
    if (mine.begin == mine.end) return;
    for (int64_t b = 0; b < a.batch; ++b) {
      row_values<S, K, kBase>(layer, buffers, x + b * layer.in, row[worker]);
      for (int64_t t = mine.begin; t < mine.end; ++t) {
        const TileView<S> tile(layer, params, buffers, t);
        const S* bias = layer.bias >= 0 ? params + layer.bias + t * kTile : nullptr;
        S* to = y + b * layer.out + t * kTile;
        if (tile.factored())
          row_tile<S, K, V, true>(tile, plan, layer.in, row[worker], bias, to);
        else
          row_tile<S, K, V, false>(tile, plan, layer.in, row[worker], bias, to);
      }
    }
  });
}

template <class S>
int64_t spline_rows_scratch_bytes(const Problem& problem, int threads) {
  const Layer& layer = problem.layer;
  Carver c(nullptr);
  for (int t = 0; t < threads; ++t) RowValues<S>(c, layer, layer.spec.order + 1 + (layer.base_row >= 0));
  return c.used();
}

template <class S>
void spline_rows_forward(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  with_order(layer, [&]<int K, bool kBase>() { spline_rows_forward_of<S, K, kBase>(pool, layer, a); });
}

}  // namespace KAN_NS
