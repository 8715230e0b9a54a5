// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// B-splines, backward, from the records of the forward pass: spline_records.hpp says how.
#pragma once
#include "cpu/row_sums.hpp"
#include "cpu/spline_windows.hpp"

namespace KAN_NS {

// Adds the share of the samples p0 .. p1-1 of one window, cotangents d_y (block, w), to the V rows g, from column c on; that
// of the base may be NULL.
template <class S, int K, int V, int NV>
KAN_HD void weight_run(const S* d_y, int64_t w, int64_t c, int lanes, const Record<S>& record, int64_t p0, int64_t p1,
                       S* const* g) {
  using T = vec<S>;
  const S* const values = record.values;
  const uint16_t* const index = record.index;
  const int64_t slots = record.slots;
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
      if (!has_row<K>(r, g[K + 1])) continue;
      const T b(values[r * slots + p]);
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) acc[r][v] = fma(b, d[v], acc[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < V; ++r) {
    if (!has_row<K>(r, g[K + 1])) continue;
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) {
      S* to = g[r] + c + v * T::W;
      if (NV > 1) (T::load(to) + acc[r][v]).store(to);
      else (T::load(to, lanes) + acc[r][v]).store(to, lanes);
    }
  }
}

// Where the gradient rows of an input of a tile go. `sums` [rows][w] takes them, added, where there are more blocks of
// samples than this one; otherwise (it is NULL) they go from registers to the sink as what they are there, the gradients
// of coefficients, scale and base weights: at `offset` of params.
template <class S>
struct WeightGradient {
  S* sums;
  const GradientSink<S>& sink;
  int64_t offset;
};

// What takes the gradient rows of input i of a tile, NV registers of columns from c on. Calls, and of no order: rows come many at a
// time through L1, as what a row takes would else be compiled into each phase of each order's ring. Their loops read copies, as
// what has an address is read again after every store.
template <class S, int NV>
struct GradientRows {
  using T = vec<S>;
  const TileView<S>& tile;
  const WeightGradient<S>& to;
  const S* factor;
  int64_t i, c;
  int lanes;
  T d_scale[NV] = {};

  // Coefficient rows begin .. end-1, one after the other at `made`.
  __attribute__((noinline)) void coefficients(int32_t begin, int32_t end, const S* made) {
    const int64_t w = tile.w, first = (tile.coef_row + begin) * w + c;
    if (to.sums) {
      S* at = to.sums + first;
      for (int32_t j = begin; j < end; ++j, at += w, made += NV * T::W) add_row(at, made, lanes);
      return;
    }
    const GradientSink<S> sink = to.sink;
    const S* const own = factor;
    const int64_t input = tile.rows * w, column = c;
    const int here = lanes;
    const S* weights = tile.weights + i * input + first;
    int64_t offset = to.offset + first;
    T scale[NV];
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) scale[v] = d_scale[v];
    const auto rows = [&](auto&& put) KAN_INLINE {
      for (int32_t j = begin; j < end; ++j, offset += w, weights += w, made += NV * T::W)
#pragma GCC unroll 4
        for (int v = 0; v < NV; ++v) {
          T d = T::load(made + v * T::W);
          if (own) {
            // An input takes less time than memory: what is read is asked for two inputs ahead.
            __builtin_prefetch(weights + v * T::W + 2 * input);
            scale[v] = fma(d, load(weights + v * T::W, here), scale[v]);
            d = d * load(own + column + v * T::W, here);
          }
          sink.prefetch(offset + v * T::W + input);
          put(offset + v * T::W, d);
        }
    };
    if (NV > 1 && sink.overwrites()) rows([&](int64_t at, T d) KAN_INLINE { d.store(sink.d_params + at); });
    else if (NV > 1 && sink.adam) rows([&](int64_t at, T d) KAN_INLINE { sink.update(at, d); });
    else rows([&](int64_t at, T d) KAN_INLINE { sink.put(at, d, here); });
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) d_scale[v] = scale[v];
  }

  __attribute__((noinline)) void base(const S* made) const {
    const int64_t first = tile.base_row * tile.w + c;
    if (to.sums) return add_row(to.sums + first, made, lanes);
    for (int v = 0; v < NV; ++v) {
      const T d = T::load(made + v * T::W);
      to.sink.put(to.offset + first + v * T::W, factor ? d * load(factor + kTile + c + v * T::W, lanes) : d, lanes);
    }
  }

  __attribute__((noinline)) void scales() const {
    if (to.sums || tile.scale_row < 0) return;
    for (int v = 0; v < NV; ++v) {
      const int64_t here = c + v * T::W;
      const T mask = tile.mask ? load(tile.mask + i * tile.w + here, lanes) : T(S(1));
      to.sink.put(to.offset + tile.scale_row * tile.w + here, d_scale[v] * mask, lanes);
    }
  }

 private:
  KAN_HD static T load(const S* from, int lanes) {
    return NV > 1 || lanes == T::W ? T::load(from) : T::load(from, lanes);
  }
  KAN_HD static void add_row(S* to, const S* made, int lanes) {
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) {
      const T sum = load(to + v * T::W, lanes) + T::load(made + v * T::W);
      if (NV > 1 || lanes == T::W) sum.store(to + v * T::W);
      else sum.store(to, lanes);
    }
  }
};

// The gradient rows of an input and NV registers of columns of d_y, summed over a record sorted by window: row j is gathered in
// ring[j % (k + 1)], and `to` has each once, in the order of memory.
template <class S, int K, int V, int NV>
KAN_HD void gather_windows(const TileView<S>& tile, const S* d_y, int lanes, const Record<S>& record,
                           GradientRows<S, NV>& to) {
  using T = vec<S>;
  constexpr int M = K + 1;
  constexpr int32_t kRows = 60;  // that `to` has at a time: whole rounds of any ring
  static_assert(kRows % M == 0);
  const int64_t slots = record.slots, w = tile.w;
  const int32_t rows = tile.functions;
  const bool with_base = tile.base_row >= 0;
  const Run *run = record.runs + 1, *last = record.runs + record.count();
  alignas(64) S sums[kRows * NV * T::W];
  T ring[M][NV], base_sum[NV];
#pragma GCC unroll 4
  for (int v = 0; v < NV; ++v) {
    base_sum[v] = T(S(0));
#pragma GCC unroll 6
    for (int r = 0; r < M; ++r) ring[r][v] = T(S(0));
  }
  int64_t p = 0;
  for (int32_t begin = 0; begin < rows; begin += kRows) {
    const int32_t end = begin + kRows < rows ? begin + kRows : rows;
    int32_t f = begin;
    S* at = sums;
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
            if (!has_row<K>(r, with_base)) continue;
            const T b(record.values[r * slots + p]);
            T* to = r < M ? ring[(s + r) % M] : base_sum;
#pragma GCC unroll 4
            for (int v = 0; v < NV; ++v) to[v] = fma(b, d[v], to[v]);
          }
        }
        ++run;
      }
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v, at += T::W) {
        ring[s][v].store(at);
        ring[s][v] = T(S(0));
      }
      return ++f == end;
    };
    while (!any_index<M>(window)) {}
    to.coefficients(begin, end, sums);
  }
  if (V > M && has_row<K>(M, with_base)) {
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) base_sum[v].store(sums + v * T::W);
    to.base(sums);
  }
  to.scales();
}

template <class S, int K, int V>
void weight_input(TileView<S> tile, int64_t i, const S* d_y, Record<S> record, WeightGradient<S> to) {
  using T = vec<S>;
  const int64_t w = tile.w;
  if (record.sorted()) {
    alignas(64) S made[2 * kTile];
    const S* const factor = to.sums ? nullptr : tile.factors(i, made);
    for_columns<kWide<V>, T::W>(w, [&](auto registers, int64_t c, int lanes) KAN_INLINE {
      GradientRows<S, decltype(registers)::value> rows{tile, to, factor, i, c, lanes};
      gather_windows<S, K, V>(tile, d_y + c, lanes, record, rows);
    });
    return;
  }
  int64_t p = 0;
  for (int32_t q = 1; q <= record.count(); ++q) {
    const int64_t end = record.runs[q].end;
    S* rows[K + 2];
    for (int r = 0; r <= K; ++r) rows[r] = to.sums + (tile.coef_row + record.runs[q].first + r) * w;
    rows[K + 1] = tile.base_row >= 0 ? to.sums + tile.base_row * w : nullptr;
    for_columns<2, T::W>(w, [&](auto registers, int64_t c, int lanes) KAN_INLINE {
      weight_run<S, K, V, decltype(registers)::value>(d_y, w, c, lanes, record, p, end, rows);
    });
    p = end;
  }
}

// acc [slots][W] += the share of input i of one tile in its own d_x, by sorted position, lanes to be summed.
template <class S, int K, int V>
void input_gradient(TileView<S> tile, int64_t i, Record<S> record, const S* d_y, const S* derivative, S* acc) {
  using T = vec<S>;
  const int64_t slots = record.slots;
  alignas(64) S made[2 * kTile];
  const S* const factor = tile.factors(i, made);
  const bool base = tile.base_row >= 0;
  const auto columns = [&](int64_t c, int lanes, auto registers) KAN_INLINE {
    const int64_t w = tile.w;
    const S* const d = d_y + c;
    return [&record, slots, w, d, derivative, acc, lanes, base](int64_t p, auto a) KAN_INLINE {
      constexpr int NV = decltype(registers)::value;
      const S* from = d + record.index[p] * w;
      T t[NV];
      {
        const T b(derivative[p]);
#pragma GCC unroll 4
        for (int v = 0; v < NV; ++v) t[v] = b * a(0, v);
      }
#pragma GCC unroll 8
      for (int r = 1; r < V; ++r) {
        if (!has_row<K>(r, base)) continue;
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
void input_gradient_narrow(TileView<S> tile, int64_t i, Record<S> record, int64_t n, const S* d_y, const S* derivative,
                           S* products, S* sums) {
  using T = vec<S>;
  const int64_t slots = record.slots;
  S made[2 * kTile];
  const S* const factor = tile.factors(i, made);
  for (int64_t c = 0; c < tile.w; ++c) {
    int64_t p = 0;
    for (int32_t q = 1; q <= record.count(); ++q) {
      const int64_t end = record.runs[q].end;
      const RowView<S> rows = tile.template window<K>(i, record.runs[q].first, factor);
      S a[V];
#pragma GCC unroll 8
      for (int r = 0; r < V; ++r)
        if (has_row<K>(r, rows.row[K + 1])) a[r] = rows.row[r][c] * (factor ? factor[(r <= K ? 0 : kTile) + c] : S(1));
      for (; p < end; p += T::W) {
        T t = T::load(derivative + p) * a[0];
#pragma GCC unroll 8
        for (int r = 1; r < V; ++r)
          if (has_row<K>(r, rows.row[K + 1])) t = fma(a[r], T::load(derivative + r * slots + p), t);
        t.store(products + p);
      }
      p = end;
    }
    for (int64_t s = 0; s < n; ++s) sums[s] += products[s] * d_y[record.index[s] * tile.w + c];
  }
}

template <class S>
struct SplineBackwardScratch {
  static constexpr int64_t kPanel = 4;             // inputs whose partial d_x stay in cache together
  static constexpr int64_t kGradient = 32768 / 2;  // numbers of a panel of weight gradients
  int64_t input_size;                              // numbers of the gradient of an input of a tile
  int64_t most_inputs;                             // of such a panel
  S* packed;
  S* bias;
  S* nodes;  // [node][params]: of sums that are cut
  struct Worker {
    S* sorted;      // [slots and a register]
    S* derivative;  // [kPanel][V][slots]
    S* partial;     // [kPanel][slots][W]
    S* gradient;    // [level][inputs][rows][w]
  } worker[kMaxThreads];

  SplineBackwardScratch(Carver& c, const Layer& layer, const SplinePlan<S>& plan, int threads) {
    input_size = layer.rows * min64(kTile, layer.out);
    most_inputs = min64(layer.in, max64(1, kGradient / input_size));
    packed = c.take<S>(layer.out > kTile ? plan.batch * layer.out : 0);
    bias = c.take<S>(bias_numbers<S>(layer, plan.batch));
    const SumTree tree(plan.samples, ceil_div(layer.out, kTile) * layer.in, wanted_pieces(threads));
    nodes = c.take<S>(tree.nodes() > 1 ? tree.nodes() * layer.in * layer.rows * layer.out : 0);
    for (int t = 0; t < threads; ++t) {
      worker[t].sorted = c.take<S>(plan.slots + vec<S>::W);
      worker[t].derivative = c.take<S>(kPanel * plan.taps * plan.slots);
      worker[t].partial = c.take<S>(kPanel * plan.slots * vec<S>::W);
      worker[t].gradient = c.take<S>((1 + SumTree::levels(plan.samples)) * most_inputs * input_size);
    }
  }
};

// What of the backward pass is compiled for each order, called once for an input of a tile and a block of samples. Views are
// given by value: what has an address would be read again after every store.
template <class S>
struct SplineGradients {
  void (*input)(TileView<S>, int64_t i, Record<S>, const S* d_y, const S* derivative, S* acc);
  void (*input_narrow)(TileView<S>, int64_t i, Record<S>, int64_t n, const S* d_y, const S* derivative, S* products,
                       S* sums);
  void (*weights)(TileView<S>, int64_t i, const S* d_y, Record<S>, WeightGradient<S>);

  template <int K, int V>
  static SplineGradients of() {
    return {input_gradient<S, K, V>, input_gradient_narrow<S, K, V>, weight_input<S, K, V>};
  }
};

// The backward pass: first d_x by panels of inputs and blocks of samples, then the gradients of the weights by tiles, groups of
// inputs and nodes of the sum over the samples.
template <class S>
struct SplineBackward {
  static constexpr int64_t kPanel = SplineBackwardScratch<S>::kPanel;
  using T = vec<S>;
  using Worker = typename SplineBackwardScratch<S>::Worker;
  Pool& pool;
  const Layer& layer;
  const BackwardArgs& a;
  const SplineBasis<S> basis;
  const SplineGradients<S> gradients;
  const SplinePlan<S> plan;
  Carver carver;
  const SplineBackwardScratch<S> scratch;
  const S* const d_y;
  const S* const packed;  // d_y in tiles
  const AdamW<S> adam;
  const GradientSink<S> sink;
  const BiasGradient<S> bias;
  const int64_t tiles;
  const bool want_x, narrow;
  const int workers;
  const int64_t groups;  // of the inputs of a tile
  const SumTree tree;    // of the blocks of samples

  SplineBackward(Pool& pool, const Layer& layer, const BackwardArgs& a)
      : pool(pool), layer(layer), a(a), basis(spline_basis<S>(layer)),
        gradients(with_order(layer, []<int K, int V>() { return SplineGradients<S>::template of<K, V>(); })),
        plan(layer, a.batch), carver(a.scratch), scratch(carver, layer, plan, pool.threads()),
        d_y(static_cast<const S*>(a.d_y)), packed(layer.out > kTile ? scratch.packed : d_y), adam(a.adam),
        sink(a, a.adam ? &adam : nullptr, layer.params), bias(layer, a.batch, scratch.bias),
        tiles(ceil_div(layer.out, kTile)), want_x(a.d_x_mode != KAN_GRAD_NONE), narrow(layer.out <= kNarrowOutputs),
        workers(workers_for(pool, double(a.batch) * double(layer.in) *
                                          (20 + double(plan.taps) * double(ceil_div(layer.out, T::W))) *
                                          (want_x ? 1 : 0.5) +
                                      double(layer.params) * (a.adam ? 0.5 : 0.1))),
        groups(
            min64(layer.in, max64(ceil_div(layer.in, scratch.most_inputs), ceil_div(wanted_pieces(workers), tiles)))),
        tree(plan.samples, tiles * groups, wanted_pieces(workers)) {}
  SplineBackward(const SplineBackward&) = delete;  // the sink points at adam

  void run() const {
    const int64_t panels = ceil_div(layer.in, kPanel);
    Shares inputs(pool, want_x ? panels * plan.blocks : 0, workers);
    Shares weights(pool, sink.wanted() ? tiles * groups * tree.nodes() : 0, workers);
    Shares folding(pool, tiles * layer.in, workers);
    for_workers(pool, workers, [&](int worker) {
      const Worker& own = scratch.worker[worker];
      pack_tiles(worker, workers, layer, a.batch, d_y, scratch.packed);
      if (sink.wanted()) bias.add(worker, workers, d_y);
      if (workers > 1 && prepares()) pool.barrier();
      inputs.each(worker, [&](int64_t u) {
        const int64_t i = u / plan.blocks * kPanel;
        input_gradients(u % plan.blocks, {i, min64(layer.in, i + kPanel)}, own);
      });
      if (!sink.wanted()) return;
      // The fused update writes weights that other workers' d_x still reads.
      if (want_x && sink.adam && workers > 1) pool.barrier();
      bias.put(worker, workers, sink);
      weights.each(worker, [&](int64_t u) {
        const int64_t nodes = tree.nodes(), tile = u / (groups * nodes);
        weight_gradients(tile, part(layer.in, u / nodes % groups, groups), u % nodes, own);
      });
      if (tree.nodes() > 1) {
        if (workers > 1) pool.barrier();
        folding.each(worker, [&](int64_t u) { fold(u / layer.in, u % layer.in); });
      }
      if (sink.streams) stream_fence();
    });
  }

 private:
  // Whether workers read what others wrote in the first phase.
  bool prepares() const { return layer.out > kTile || (sink.wanted() && layer.bias >= 0); }
  BlockRecords<S> records(int64_t block) const {
    return {plan, static_cast<char*>(const_cast<void*>(a.saved)), block * layer.in};
  }
  const S* buffers() const { return static_cast<const S*>(a.buffers); }
  TileView<S> view(int64_t tile) const { return {layer, static_cast<const S*>(a.params), buffers(), tile}; }
  // d_y of a block of samples and a tile of width w.
  const S* cotangents(int64_t tile, int64_t w, int64_t block) const {
    return packed + tile * kTile * a.batch + block * plan.block * w;
  }

  // d_x of a panel of inputs and a block of samples.
  void input_gradients(int64_t block, Range inputs, const Worker& w) const {
    const int64_t i0 = inputs.begin, i1 = inputs.end, n = plan.block_size(block), slots = plan.slots;
    const BlockRecords<S> made = records(block);
    const S* x = static_cast<const S*>(a.x) + block * plan.block * layer.in;
    S* d_x = static_cast<S*>(a.d_x) + block * plan.block * layer.in;
    for (int64_t i = i0; i < i1; ++i)
      basis.derivatives(layer, buffers(), x, n, i, made.of(i), w.sorted, w.derivative + (i - i0) * plan.taps * slots);
    fill_zero(w.partial, (i1 - i0) * slots * T::W);
    for (int64_t tile = 0; tile < tiles; ++tile) {
      const TileView<S> weights = view(tile);
      const S* d_y = cotangents(tile, weights.w, block);
      for (int64_t i = i0; i < i1; ++i) {
        const Record<S> record = made.of(i);
        const S* derivative = w.derivative + (i - i0) * plan.taps * slots;
        S* sums = w.partial + (i - i0) * slots * T::W;
        if (!record.sorted() || weights.w < kTile) weights.prefetch(i + 1, layer.in, n);
        if (narrow) gradients.input_narrow(weights, i, record, n, d_y, derivative, w.sorted, sums);
        else gradients.input(weights, i, record, d_y, derivative, sums);
      }
    }
    for (int64_t i = i0; i < i1; ++i) {
      const Record<S> record = made.of(i);
      const S* sums = w.partial + (i - i0) * slots * T::W;
      for (int64_t p = 0; p < n; ++p) {
        S& to = d_x[record.index[p] * layer.in + i];
        const S value = narrow ? sums[p] : sum(T::load(sums + p * T::W));
        to = a.d_x_mode == KAN_GRAD_ACCUMULATE ? to + value : value;
      }
    }
  }

  // The gradients of some inputs of a tile over the blocks of a node. Where that is all of them they are given away.
  void weight_gradients(int64_t tile, Range inputs, int64_t node, const Worker& w) const {
    if (plan.blocks == 1) {
      for (int64_t i = inputs.begin; i < inputs.end; ++i) direct_gradient(tile, i, w);
      return;
    }
    for (int64_t i0 = inputs.begin; i0 < inputs.end; i0 += scratch.most_inputs) {
      const Range some{i0, min64(inputs.end, i0 + scratch.most_inputs)};
      const TileView<S> weights = view(tile);
      const int64_t size = layer.rows * weights.w, n = (some.end - i0) * size;
      S* const whole = tree.nodes() > 1 ? this->node(tile, i0, node) : w.gradient;
      const auto level = [&](int l) {
        return l > 0 ? w.gradient + l * scratch.most_inputs * scratch.input_size : whole;
      };
      pairwise(
          tree.node(node), 0, [&](int64_t leaf, int l) { leaf_gradients(weights, tile, some, leaf, level(l)); },
          [&](int l) { add_numbers(level(l), level(l + 1), n); });
      if (tree.nodes() > 1) continue;
      for (int64_t i = i0; i < some.end; ++i) give(weights, tile, i, w.gradient + (i - i0) * size);
    }
  }

  // Over the blocks of a leaf, into g.
  void leaf_gradients(const TileView<S>& weights, int64_t tile, Range inputs, int64_t leaf, S* g) const {
    const int64_t size = layer.rows * weights.w;
    const Range blocks = part(plan.blocks, leaf, plan.samples);
    fill_zero(g, (inputs.end - inputs.begin) * size);
    for (int64_t i = inputs.begin; i < inputs.end; ++i)
      for (int64_t block = blocks.begin; block < blocks.end; ++block)
        gradients.weights(weights, i, cotangents(tile, weights.w, block), records(block).of(i),
                          WeightGradient<S>{g + (i - inputs.begin) * size, sink, 0});
  }

  // Of one input where there is one block: from registers to the sink if its record is sorted.
  void direct_gradient(int64_t tile, int64_t i, const Worker& w) const {
    const TileView<S> weights = view(tile);
    const int64_t size = layer.rows * weights.w;
    const Record<S> record = records(0).of(i);
    if (!record.sorted()) fill_zero(w.gradient, size);
    gradients.weights(
        weights, i, cotangents(tile, weights.w, 0), record,
        WeightGradient<S>{record.sorted() ? nullptr : w.gradient, sink, layer.tile_offset(tile) + i * size});
    if (!record.sorted()) give(weights, tile, i, w.gradient);
  }

  // The finished gradient of an input of a tile.
  void give(const TileView<S>& weights, int64_t tile, int64_t i, S* g) const {
    const int64_t size = layer.rows * weights.w;
    edge_factors(weights, i, g);
    sink.put(layer.tile_offset(tile) + i * size, g, size);
  }

  // Where the gradient of input i of a tile in a node is.
  S* node(int64_t tile, int64_t i, int64_t node) const {
    return scratch.nodes + node * layer.in * layer.rows * layer.out + layer.tile_offset(tile) +
           i * layer.rows * layer.tile_width(tile);
  }

  void fold(int64_t tile, int64_t i) const {
    const TileView<S> weights = view(tile);
    S* const g = node(tile, i, 0);
    for_registers<S>(0, layer.rows * weights.w, [&](int64_t j, auto lanes) {
      folded(g + j, layer.in * layer.rows * layer.out, tree.nodes(), lanes).store(g + j, lanes);
    });
    give(weights, tile, i, g);
  }
};

template <class S>
int64_t spline_backward_scratch_bytes(const Problem& problem, int threads) {
  Carver c(nullptr);
  SplineBackwardScratch<S>(c, problem.layer, SplinePlan<S>(problem.layer, problem.batch), threads);
  return c.used();
}

template <class S>
void spline_backward(Pool& pool, const Layer& layer, const BackwardArgs& a) {
  SplineBackward<S>(pool, layer, a).run();
}

}  // namespace KAN_NS
