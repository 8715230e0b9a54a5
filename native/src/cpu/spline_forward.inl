// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// B-splines, forward, from records: spline_records.hpp says how.
#pragma once
#include "cpu/spline_windows.hpp"

namespace KAN_NS {

// y[sample][c - c0] += this input's share, for the columns c0 .. c1-1 of a tile.
template <class S, int K, int V>
void forward_input(TileView<S> tile, int64_t i, Record<S> record, int64_t c0, int64_t c1, S* y, int64_t stride) {
  using T = vec<S>;
  const int64_t slots = record.slots;
  alignas(64) S made[2 * kTile];
  const S* const factor = tile.factors(i, made);
  const bool base = tile.base_row >= 0;
  const auto columns = [&](int64_t c, auto registers) KAN_INLINE {
    S* const from = y + (c - c0);
    return [&record, slots, stride, from, base](int64_t p, auto a) KAN_INLINE {
      constexpr int NV = decltype(registers)::value;
      S* to = from + record.index[p] * stride;
      T acc[NV];
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) acc[v] = T::load(to + v * T::W);
#pragma GCC unroll 8
      for (int r = 0; r < V; ++r) {
        if (!has_row<K>(r, base)) continue;
        const T b(record.values[r * slots + p]);
#pragma GCC unroll 4
        for (int v = 0; v < NV; ++v) acc[v] = fma(b, a(r, v), acc[v]);
      }
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) acc[v].store(to + v * T::W);
    };
  };
  int64_t c = c0;
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
void forward_input_narrow(TileView<S> tile, int64_t i, Record<S> record, S* y, S* sums) {
  using T = vec<S>;
  const int64_t slots = record.slots;
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
      for (int r = 0; r < V; ++r)
        if (has_row<K>(r, rows.row[K + 1])) a[r] = rows.row[r][c] * (factor ? factor[(r <= K ? 0 : kTile) + c] : S(1));
      // Lanes past the run are another run's: its own pass writes them again, later. Past the record: `sums` has room.
      for (; p < end; p += T::W) {
        T t = T::load(record.values + p) * a[0];
#pragma GCC unroll 8
        for (int r = 1; r < V; ++r)
          if (has_row<K>(r, rows.row[K + 1])) t = fma(a[r], T::load(record.values + r * slots + p), t);
        t.store(sums + p);
      }
      p = end;
    }
    for (int64_t s = 0; s < p; ++s) y[c * slots + record.index[s]] += sums[s];
  }
}

template <class S>
struct SplineForwardScratch {
  char* records;  // INFER: those of one group of blocks
  S* nodes;       // [block, tile][node][slots][width]: of sums that are cut
  RecordScratch<S> maker[kMaxThreads];
  S* sums[kMaxThreads];      // [level][block][slots][width]
  S* products[kMaxThreads];  // [slots and a register], of few outputs
  int64_t area;              // slots x width

  // Blocks that read the weights of an input one after the other, where those of all inputs are too many for a cache.
  static int64_t together(const Layer& layer, const SplinePlan<S>& plan) {
    constexpr int64_t kMost = 4, kBytes = 512 << 10;
    const bool large = layer.rows * min64(kTile, layer.out) * layer.in * int64_t(sizeof(S)) > kBytes;
    return large ? min64(kMost, max64(1, plan.blocks)) : 1;
  }
  // INFER: blocks whose records there are at a time.
  static int64_t group(const Layer& layer, const SplinePlan<S>& plan, int threads) {
    return min64(plan.blocks, max64(threads, together(layer, plan)));
  }

  SplineForwardScratch(Carver& c, const Layer& layer, const SplinePlan<S>& plan, bool infer, int threads)
      : records(infer ? c.take<char>(group(layer, plan, threads) * layer.in * plan.record_bytes) : nullptr),
        area(plan.slots * min64(kTile, round_up(layer.out, vec<S>::W))) {
    const int64_t whole = (infer ? group(layer, plan, threads) : plan.blocks) * ceil_div(layer.out, kTile);
    const bool cut = threads > 1 && plan.leaves > 1;
    nodes = c.take<S>(cut ? min64(plan.leaves * whole, 2 * wanted_pieces(threads)) * area : 0);
    for (int t = 0; t < threads; ++t) {
      maker[t].carve(c, layer);
      sums[t] = c.take<S>((1 + SumTree::levels(plan.leaves)) * together(layer, plan) * area);
      products[t] = c.take<S>(plan.slots + 64);
    }
  }
};

// What of the forward pass is compiled for each order, called once for an input of a tile and a block of samples. Views are
// given by value: what has an address would be read again after every store.
template <class S>
struct SplineShares {
  void (*wide)(TileView<S>, int64_t i, Record<S>, int64_t c0, int64_t c1, S* y, int64_t stride);
  void (*narrow)(TileView<S>, int64_t i, Record<S>, S* y, S* sums);

  template <int K, int V>
  static SplineShares of() {
    return {forward_input<S, K, V>, forward_input_narrow<S, K, V>};
  }
};

// The forward pass by records: groups of blocks of samples; of a group first all records, then all tiles.
template <class S>
struct SplineForward {
  static constexpr int64_t kFolds = 8;  // parts of a block's samples whose nodes are folded by themselves
  using T = vec<S>;
  Pool& pool;
  const Layer& layer;
  const ForwardArgs& a;
  const SplineBasis<S> basis;
  const SplineShares<S> shares;
  const SplinePlan<S> plan;
  Carver carver;
  const SplineForwardScratch<S> scratch;
  char* const base;     // of the records
  const int64_t group;  // blocks
  const int64_t tiles;
  const int workers;
  const SumTree tree;  // of the inputs
  int64_t chunk;       // columns of a tile that a piece takes
  int64_t together;    // blocks that it takes

  SplineForward(Pool& pool, const Layer& layer, const ForwardArgs& a)
      : pool(pool), layer(layer), a(a), basis(spline_basis<S>(layer)),
        shares(with_order(layer, []<int K, int V>() { return SplineShares<S>::template of<K, V>(); })),
        plan(layer, a.batch), carver(a.scratch), scratch(carver, layer, plan, a.saved == nullptr, pool.threads()),
        base(a.saved ? static_cast<char*>(a.saved) : scratch.records),
        group(a.saved ? plan.blocks : SplineForwardScratch<S>::group(layer, plan, pool.threads())),
        tiles(ceil_div(layer.out, kTile)),
        workers(workers_for(pool, double(a.batch) * double(layer.in) *
                                      (30 + double(plan.taps) * double(ceil_div(layer.out, T::W)) / 2))),
        tree(plan.leaves, group * tiles, wanted_pieces(workers)), chunk(kTile),
        together(SplineForwardScratch<S>::together(layer, plan)) {
    while (together > 1 && ceil_div(group, together) * tiles * tree.nodes() < wanted_pieces(workers)) together /= 2;
    // Columns are cut last: each piece reads all records. The sums of an output have one order whatever the cut.
    while (group * tiles * tree.nodes() * (kTile / chunk) < workers && chunk > T::W) chunk /= 2;
  }

  const S* buffers() const { return static_cast<const S*>(a.buffers); }

  void run() const {
    for (int64_t g0 = 0; g0 < plan.blocks; g0 += group) {
      const int64_t blocks = min64(group, plan.blocks - g0);
      Shares making(pool, blocks * ceil_div(layer.in, RecordScratch<S>::kGroup), workers);
      Shares adding(pool, ceil_div(blocks, together) * tiles * tree.nodes() * (kTile / chunk), workers);
      Shares folding(pool, blocks * tiles * kFolds, workers);
      for_workers(pool, workers, [&](int worker) {
        making.each(worker, [&](int64_t u) { records(worker, g0, u); });
        if (workers > 1) pool.barrier();
        adding.each(worker, [&](int64_t u) { outputs(worker, g0, blocks, u); });
        if (tree.nodes() == 1) return;
        if (workers > 1) pool.barrier();
        folding.each(worker, [&](int64_t u) { fold(g0, u); });
      });
    }
  }

 private:
  // Sums of a range of columns of a tile, or where lanes are samples (few outputs) of the tile: [sample][stride], or
  // [column][slots].
  struct Sums {
    S* at;
    int64_t stride;
  };

  void records(int worker, int64_t g0, int64_t u) const {
    constexpr int64_t kGroup = RecordScratch<S>::kGroup;
    const int64_t input_groups = ceil_div(layer.in, kGroup);
    const int64_t block = u / input_groups, i0 = u % input_groups * kGroup;
    basis.make_records(layer, buffers(), static_cast<const S*>(a.x) + (g0 + block) * plan.block * layer.in,
                       plan.block_size(g0 + block), Range{i0, min64(layer.in, i0 + kGroup)}, scratch.maker[worker],
                       BlockRecords<S>{plan, base, block * layer.in});
  }

  // Piece u: a range of columns of one tile, of some of `count` blocks of samples, a node of the sum over inputs.
  void outputs(int worker, int64_t g0, int64_t count, int64_t u) const {
    const int64_t chunks = kTile / chunk, nodes = tree.nodes();
    const int64_t first = u / (tiles * nodes * chunks) * together, tile = u / (nodes * chunks) % tiles,
                  node = u / chunks % nodes, c0 = u % chunks * chunk;
    const TileView<S> view(layer, static_cast<const S*>(a.params), buffers(), tile);
    const EdgeRange* const of = a.edges ? a.edges + tile * layer.in : nullptr;
    const bool few = view.w <= kNarrowOutputs;
    if (c0 >= view.w || (few && c0 > 0)) return;
    const Range columns{c0, min64(view.w, c0 + chunk)}, blocks{first, min64(count, first + together)};
    const int64_t stride = round_up(columns.end - c0, T::W);
    const auto level = [&](int l, int64_t block) {
      S* const own = scratch.sums[worker] + (l * together + block - first) * scratch.area;
      if (l > 0 || nodes == 1) return Sums{own, stride};
      const Sums whole = this->node(block, tile, node);
      return Sums{whole.at + (few ? 0 : c0), whole.stride};
    };
    pairwise(
        tree.node(node), 0,
        [&](int64_t leaf, int l) {
          const Range inputs = part(layer.in, leaf, plan.leaves);
          for (int64_t b = blocks.begin; b < blocks.end; ++b) clear(columns, few, b + g0, level(l, b));
          for (int64_t i = inputs.begin; i < inputs.end; ++i)
            for (int64_t b = blocks.begin; b < blocks.end; ++b)
              input(view, i, {plan, base, b * layer.in}, b + g0, columns, of ? of + i : nullptr, level(l, b),
                    scratch.products[worker]);
        },
        [&](int l) {
          for (int64_t b = blocks.begin; b < blocks.end; ++b) add(columns, few, b + g0, level(l, b), level(l + 1, b));
        });
    for (int64_t b = blocks.begin; nodes == 1 && b < blocks.end; ++b)
      finish(b + g0, tile, columns, Range{0, plan.block_size(b + g0)}, level(0, b), 1);
  }

  void clear(Range columns, bool few, int64_t block, Sums sums) const {
    const int64_t width = columns.end - columns.begin;
    if (few) return fill_zero(sums.at, width * plan.slots);
    for (int64_t s = 0; s < plan.block_size(block); ++s) fill_zero(sums.at + s * sums.stride, round_up(width, T::W));
  }

  void add(Range columns, bool few, int64_t block, Sums to, Sums from) const {
    const int64_t width = columns.end - columns.begin;
    if (few) return add_numbers(to.at, from.at, width * plan.slots);
    for (int64_t s = 0; s < plan.block_size(block); ++s)
      add_numbers(to.at + s * to.stride, from.at + s * from.stride, round_up(width, T::W));
  }

  // The share of input i in a range of columns of one tile, of those that it has edges to (NULL: all).
  void input(const TileView<S>& view, int64_t i, const BlockRecords<S>& records, int64_t block, Range columns,
             const EdgeRange* of, Sums to, S* products) const {
    if (of) {
      const Range mine{max64(columns.begin, of->begin), min64(columns.end, of->end)};
      if (mine.begin >= mine.end) return;
      to.at += mine.begin - columns.begin;
      columns = mine;
    }
    const Record<S> record = records.of(i);
    if (view.w <= kNarrowOutputs) return shares.narrow(view, i, record, to.at, products);
    if (!record.sorted() || view.w < kTile) view.prefetch(i + 1, layer.in, plan.block_size(block));
    shares.wide(view, i, record, columns.begin, columns.end, to.at, to.stride);
  }

  // Where a node of a block and tile is, all its columns.
  Sums node(int64_t block, int64_t tile, int64_t node) const {
    return {scratch.nodes + ((block * tiles + tile) * tree.nodes() + node) * scratch.area, scratch.area / plan.slots};
  }

  void fold(int64_t g0, int64_t u) const {
    const int64_t block = u / (tiles * kFolds), tile = u / kFolds % tiles, n = plan.block_size(g0 + block);
    finish(block + g0, tile, Range{0, layer.tile_width(tile)}, part(n, u % kFolds, kFolds), node(block, tile, 0),
           tree.nodes());
  }

  // y of some columns of a tile and samples of a block: the sum of the nodes, and the bias.
  void finish(int64_t block, int64_t tile, Range columns, Range samples, Sums sums, int64_t nodes) const {
    S* const to = static_cast<S*>(a.y) + block * plan.block * layer.out + tile * kTile + columns.begin;
    const S* const bias =
        layer.bias >= 0 ? static_cast<const S*>(a.params) + layer.bias + tile * kTile + columns.begin : nullptr;
    const int64_t width = columns.end - columns.begin;
    if (layer.tile_width(tile) <= kNarrowOutputs) {
      for (int64_t s = samples.begin; s < samples.end; ++s)
        for (int64_t c = 0; c < width; ++c)
          to[s * layer.out + c] =
              folded(sums.at + c * plan.slots + s, scratch.area, nodes, 1).v[0] + (bias ? bias[c] : S(0));
      return;
    }
    for (int64_t s = samples.begin; s < samples.end; ++s)
      for (int64_t c = 0; c < width; c += T::W) {
        const int lanes = int(min64(T::W, width - c));
        T v = folded(sums.at + s * sums.stride + c, scratch.area, nodes, AllLanes());
        if (bias) v = v + T::load(bias + c, lanes);
        v.store(to + s * layer.out + c, lanes);
      }
  }
};

template <class S>
int64_t spline_saved_bytes(const Layer& layer, int64_t batch) {
  const SplinePlan<S> plan(layer, batch);
  return plan.blocks * layer.in * plan.record_bytes;
}

template <class S>
int64_t spline_forward_scratch_bytes(const Problem& problem, int threads) {
  Carver c(nullptr);
  SplineForwardScratch<S>(c, problem.layer, SplinePlan<S>(problem.layer, problem.batch),
                          problem.pass == Problem::kInfer, threads);
  return c.used();
}

template <class S>
void spline_forward(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  if (a.batch == 0) return;
  SplineForward<S>(pool, layer, a).run();
}

}  // namespace KAN_NS
