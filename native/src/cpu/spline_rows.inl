// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// B-splines, forward, a few rows at a time (serving), which are not worth sorting: lanes are inputs while the basis is
// evaluated, and the sums of a row stay in registers while its inputs pass; several rows pass a few inputs at a time, whose
// weights stay in L1. The same operations in the same order as by records: the same bits.
#pragma once
#include "basis/activation.hpp"
#include "cpu/spline_eval.hpp"
#include "cpu/spline_windows.hpp"

namespace KAN_NS {

constexpr int64_t kMostRows = 16;     // that are a few
constexpr int64_t kSharedInputs = 8;  // that several rows pass together

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

// Of those of a register of inputs whose knots are not evenly spaced.
template <class S, int K>
__attribute__((noinline)) void uneven_row_values(const Layer& layer, const S* buffers, const LaneGrid<S>& g, vec<S> x,
                                                 Range inputs, const RowValues<S>& to) {
  using T = vec<S>;
  const auto window = uneven_window<S, K>(g, x, typename T::Mask{}, int32_t(power_of_two(max64(1, g.grid - 1))));
  const auto places = g.base + window;
  alignas(64) typename T::I first[T::W], place[T::W];
  __builtin_memcpy(first, &window, sizeof first);
  __builtin_memcpy(place, &places, sizeof place);
  alignas(64) S knots[2 * K * T::W];  // one by one: a gather a knot takes longer
  for (int l = 0; l < T::W; ++l) {
    const S* const own = g.kn + place[l] + 1;
#pragma GCC unroll 10
    for (int j = 0; j < 2 * K; ++j) knots[j * T::W + l] = own[j];
  }
  T out[K + 1];
  const auto tails = bspline_uneven<S, K, false>(
      g, [&](int j) KAN_INLINE { return T::load(knots + (j - 1) * T::W); }, x, out);
  const auto uneven = g.inv_h == T(S(0));
  const int lanes = int(inputs.end - inputs.begin);
  for (int l = 0; l < lanes; ++l)
    if (uneven[l]) to.first[inputs.begin + l] = int32_t(first[l]);
  if (__builtin_expect(any<S>(tails & uneven), 0))
    for (int l = 0; l < lanes; ++l) {
      auto alone = typename T::Mask{};
      alone[l] = tails[l];
      if (tails[l]) bspline_tails<S, K, false>(grid_view(layer, buffers, inputs.begin + l), x, alone, out);
    }
  for (int r = 0; r <= K; ++r) {
    S* const at = to.values + r * to.slots + inputs.begin;
    select(uneven, out[r], T::load(at)).store(at);
  }
}

// Of some inputs, in whole registers but for the last.
template <class S, int K>
void row_values(const Layer& layer, const S* buffers, const S* x, Range inputs, RowValues<S> to) {
  using T = vec<S>;
  S* const values = to.values;
  int32_t* const first = to.first;
  const int64_t slots = to.slots;
  const S *t0 = buffers + layer.knots, *inv_h = t0 + layer.in;
  typename T::Mask lane;
  for (int l = 0; l < T::W; ++l) lane[l] = l;
  for (int64_t i = inputs.begin; i < inputs.end; i += T::W) {
    const int lanes = int(min64(T::W, inputs.end - i));
    const T v = T::load(x + i, lanes), h = T::load(inv_h + i, lanes);
    const typename T::Mask there = lane < typename T::I(lanes), uneven = h == T(S(0));
    const LaneGrid<S> g{T::load(t0 + i, lanes),
                        h,
                        inv_h + layer.in + i * layer.knots_per_input(),
                        lane * typename T::I(layer.knots_per_input()) & there,
                        layer.spec.grid,
                        layer.spec.outside};
    if (layer.base_row >= 0) activation(layer.spec.base, v).store(values + (K + 1) * slots + i);
    if (any<S>(~uneven & there)) {
      T out[K + 1], f;
      bspline_even<S, K, false>(g, v, out, &f);
      for (int r = 0; r <= K; ++r) out[r].store(values + r * slots + i);
      store_int32(first + i, to_int(f));
    }
    if (__builtin_expect(any<S>(uneven & there), 0)) uneven_row_values<S, K>(layer, buffers, g, v, {i, i + lanes}, to);
  }
}

// Whether two numbers are 0.
KAN_HD bool are_zero(float a, float b) {
  return (__builtin_bit_cast(uint32_t, a) | __builtin_bit_cast(uint32_t, b)) << 1 == 0;
}
KAN_HD bool are_zero(double a, double b) {
  return (__builtin_bit_cast(uint64_t, a) | __builtin_bit_cast(uint64_t, b)) << 1 == 0;
}

// sums [w] of a row and a tile += the share of some inputs. Where the weights are known to be numbers, rows of a window that are
// multiplied by 0 are not read: of an x at a knot the last one, of x = 0 the base's; so it is with inputs that are 0 or 1.
template <class S, int K, int V, int NV, bool kFactors>
KAN_HD void row_columns(const TileView<S>& tile, Range inputs, int64_t c, int lanes, const RowValues<S>& row,
                        bool numbers, S* sums) {
  using T = vec<S>;
  const S* const values = row.values;
  const int32_t* const first = row.first;
  const int64_t slots = row.slots;
  const auto at = [&](const S* p, int v) { return NV > 1 ? T::load(p + v * T::W) : T::load(p, lanes); };
  const bool narrow = tile.w <= kNarrowOutputs, base = tile.base_row >= 0;
  T acc[NV];
#pragma GCC unroll 4
  for (int v = 0; v < NV; ++v) acc[v] = T::load(sums + c + v * T::W);
  const S* p = tile.weights + inputs.begin * tile.rows * tile.w + c;
  for (int64_t i = inputs.begin; i < inputs.end; ++i, p += tile.rows * tile.w) {
    const S* coef = p + (tile.coef_row + first[i]) * tile.w;
    T mask[NV], factor[NV], sum[NV];
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) {
      mask[v] = T(S(1));
      if (kFactors) {
        if (tile.mask) mask[v] = at(tile.mask + i * tile.w + c, v);
        factor[v] = tile.scale_row >= 0 ? mask[v] * at(p + tile.scale_row * tile.w, v) : mask[v];
      }
      sum[v] = acc[v];
    }
    const auto add = [&](int r) KAN_INLINE {
      if (!has_row<K>(r, base)) return;
      const T b(values[r * slots + i]);
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) {
        T a = at(r <= K ? coef + r * tile.w : p + tile.base_row * tile.w, v);
        if (kFactors) a = a * (r <= K ? factor[v] : mask[v]);
        sum[v] = NV == 1 && narrow && r == 0 ? b * a : fma(b, a, sum[v]);
      }
    };
#pragma GCC unroll 8
    for (int r = 0; r < K; ++r) add(r);
    if (!numbers || !are_zero(values[K * slots + i], base ? values[(K + 1) * slots + i] : S(0)))
#pragma GCC unroll 8
      for (int r = K; r < V; ++r) add(r);
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) acc[v] = NV == 1 && narrow ? acc[v] + sum[v] : sum[v];
  }
#pragma GCC unroll 4
  for (int v = 0; v < NV; ++v) acc[v].store(sums + c + v * T::W);
}

// The same of all columns that each input has edges to (NULL: all).
template <class S, int K, int V, bool kFactors>
void row_tile(TileView<S> tile, Range inputs, RowValues<S> row, const EdgeRange* edges, S* sums) {
  using T = vec<S>;
  for (Range some = inputs; some.begin < inputs.end; some.begin = some.end) {
    int64_t c = 0, end = tile.w;
    some.end = inputs.end;
    if (edges) {
      const EdgeRange& of = edges[some.begin];
      c = of.begin, end = of.end;
      for (some.end = some.begin + 1; some.end < inputs.end && edges[some.end] == of;) ++some.end;
    }
    for (; c + 4 * T::W <= end; c += 4 * T::W) row_columns<S, K, V, 4, kFactors>(tile, some, c, T::W, row, edges, sums);
    for (; c + 2 * T::W <= end; c += 2 * T::W) row_columns<S, K, V, 2, kFactors>(tile, some, c, T::W, row, edges, sums);
    for (; c < end; c += T::W)
      row_columns<S, K, V, 1, kFactors>(tile, some, c, int(min64(T::W, end - c)), row, edges, sums);
  }
}

template <class S>
struct SplineRowsScratch {
  RowValues<S> row[kMostRows];
  S* nodes;              // [node][tile][batch][64]: of sums that are cut
  S* sums[kMaxThreads];  // [level][batch][64]

  SplineRowsScratch(Carver& c, const Layer& layer, const SplinePlan<S>& plan, int threads) {
    for (int64_t b = 0; b < plan.batch; ++b) row[b] = RowValues<S>(c, layer, plan.taps);
    nodes =
        c.take<S>(threads > 1 && plan.leaves > 1 ? plan.leaves * ceil_div(layer.out, kTile) * plan.batch * kTile : 0);
    for (int t = 0; t < threads; ++t) sums[t] = c.take<S>((1 + SumTree::levels(plan.leaves)) * plan.batch * kTile);
  }
};

// What is compiled for each order: the values of a row, and the sums of a tile without and with factors.
template <class S>
struct SplineRowPasses {
  void (*values)(const Layer&, const S* buffers, const S* x, Range inputs, RowValues<S>);
  void (*tile[2])(TileView<S>, Range inputs, RowValues<S>, const EdgeRange*, S* sums);

  template <int K, int V>
  static SplineRowPasses of() {
    return {row_values<S, K>, {row_tile<S, K, V, false>, row_tile<S, K, V, true>}};
  }
};

template <class S>
struct SplineRows {
  using T = vec<S>;
  Pool& pool;
  const Layer& layer;
  const S *const x, *const params, *const buffers;
  S* const y;
  const EdgeRange* const edges;
  const SplineRowPasses<S> passes;
  const SplinePlan<S> plan;
  Carver carver;
  const SplineRowsScratch<S> scratch;
  const int64_t batch, tiles;
  const int workers;
  const SumTree tree;  // of the inputs

  SplineRows(Pool& pool, const Layer& layer, const ForwardArgs& a)
      : pool(pool), layer(layer), x(static_cast<const S*>(a.x)), params(static_cast<const S*>(a.params)),
        buffers(static_cast<const S*>(a.buffers)), y(static_cast<S*>(a.y)), edges(a.edges),
        passes(with_order(layer, []<int K, int V>() { return SplineRowPasses<S>::template of<K, V>(); })),
        plan(layer, a.batch), carver(a.scratch), scratch(carver, layer, plan, pool.threads()), batch(a.batch),
        tiles(ceil_div(layer.out, kTile)),
        workers(workers_for(
            pool, double(a.batch) * double(layer.in) * double(plan.taps) * double(ceil_div(layer.out, T::W)) / 2)),
        tree(plan.leaves, tiles, wanted_pieces(workers)) {}

  void run() const {
    const int64_t registers = ceil_div(layer.in, T::W);
    Shares making(pool, batch * ceil_div(registers, kChunk), workers), adding(pool, tiles * tree.nodes(), workers);
    for_workers(pool, workers, [&](int worker) {
      making.each(worker, [&](int64_t u) {
        const int64_t b = u % batch, i = u / batch * kChunk * T::W;
        passes.values(layer, buffers, x + b * layer.in, {i, min64(layer.in, i + kChunk * T::W)}, scratch.row[b]);
      });
      if (workers > 1) pool.barrier();
      adding.each(worker, [&](int64_t u) { piece(u / tree.nodes(), u % tree.nodes(), scratch.sums[worker]); });
      if (tree.nodes() == 1) return;
      if (workers > 1) pool.barrier();
      const Range mine = part(tiles, worker, workers);
      for (int64_t tile = mine.begin; tile < mine.end; ++tile)
        finish(tile, node(tile, 0), tiles * batch * kTile, tree.nodes());
    });
  }

 private:
  static constexpr int64_t kChunk = 8;  // registers of a row's inputs whose values are a piece

  S* node(int64_t tile, int64_t k) const { return scratch.nodes + (k * tiles + tile) * batch * kTile; }

  // A tile, a node of the sum over inputs.
  void piece(int64_t t, int64_t k, S* sums) const {
    const TileView<S> tile(layer, params, buffers, t);
    const auto level = [&](int l) { return l == 0 && tree.nodes() > 1 ? node(t, k) : sums + l * batch * kTile; };
    pairwise(
        tree.node(k), 0,
        [&](int64_t leaf, int l) {
          this->leaf(tile, part(layer.in, leaf, plan.leaves), edges ? edges + t * layer.in : nullptr, level(l));
        },
        [&](int l) { add_numbers(level(l), level(l + 1), batch * kTile); });
    if (tree.nodes() == 1) finish(t, sums, 0, 1);
  }

  void leaf(const TileView<S>& tile, Range inputs, const EdgeRange* of, S* sums) const {
    fill_zero(sums, batch * kTile);
    const int64_t step = batch == 1 ? inputs.end - inputs.begin : kSharedInputs;
    for (int64_t i = inputs.begin; i < inputs.end; i += step) {
      const Range some{i, min64(inputs.end, i + step)};
      for (int64_t b = 0; b < batch; ++b)
        passes.tile[tile.factored()](tile, some, scratch.row[b], of, sums + b * kTile);
    }
  }

  void finish(int64_t tile, const S* sums, int64_t stride, int64_t nodes) const {
    const int64_t first = tile * kTile, width = layer.tile_width(tile);
    for (int64_t b = 0; b < batch; ++b)
      for_registers<S>(0, width, [&](int64_t c, auto lanes) {
        T sum = folded(sums + b * kTile + c, stride, nodes, lanes);
        if (layer.bias >= 0) sum = sum + T::load(params + layer.bias + first + c, lanes);
        sum.store(y + b * layer.out + first + c, lanes);
      });
  }
};

template <class S>
int64_t spline_rows_scratch_bytes(const Problem& problem, int threads) {
  Carver c(nullptr);
  SplineRowsScratch<S>(c, problem.layer, SplinePlan<S>(problem.layer, problem.batch), threads);
  return c.used();
}

template <class S>
void spline_rows_forward(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  if (a.batch == 0) return;
  SplineRows<S>(pool, layer, a).run();
}

}  // namespace KAN_NS
