// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// B-splines, forward, from records: spline_records.hpp says how.
#pragma once
#include "cpu/spline_windows.hpp"

namespace KAN_NS {

// y[sample][c - c0] += this input's share, for the columns c0 .. c1-1 of a tile.
template <class S, int K, int V>
KAN_HD void forward_input(const TileView<S>& tile, int64_t i, const Record<S>& record, int64_t c0, int64_t c1, S* y,
                          int64_t stride) {
  using T = vec<S>;
  const int64_t slots = record.slots;
  alignas(64) S made[2 * kTile];
  const S* const factor = tile.factors(i, made);
  const auto columns = [&](int64_t c, auto registers) KAN_INLINE {
    S* const from = y + (c - c0);
    return [&record, slots, stride, from](int64_t p, auto a) KAN_INLINE {
      constexpr int NV = decltype(registers)::value;
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
KAN_HD void forward_input_narrow(const TileView<S>& tile, int64_t i, const Record<S>& record, S* y, S* sums) {
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

template <class S>
struct SplineForwardScratch {
  char* records;  // INFER: those of one group of blocks
  RecordScratch<S> maker[kMaxThreads];
  S* tile[kMaxThreads];

  SplineForwardScratch(Carver& c, const Layer& layer, const SplinePlan<S>& plan, bool infer, int threads)
      : records(infer ? c.take<char>(min64(plan.blocks, threads) * layer.in * plan.record_bytes) : nullptr) {
    for (int t = 0; t < threads; ++t) {
      maker[t].carve(c, layer);
      tile[t] = c.take<S>(plan.slots * (kTile + 1) + 64);
    }
  }
};

// The forward pass by records: groups of blocks of samples; of a group first all records, then all tiles.
template <class S, int K, bool kBase>
struct SplineForward {
  static constexpr int V = K + 1 + kBase;
  static constexpr int64_t kBlock = SplinePlan<S>::kBlock;
  using T = vec<S>;
  Pool& pool;
  const Layer& layer;
  const ForwardArgs& a;
  const SplinePlan<S> plan;
  Carver carver;
  const SplineForwardScratch<S> scratch;
  char* const base;     // of the records
  const int64_t group;  // blocks
  const int64_t tiles;
  const int workers;

  SplineForward(Pool& pool, const Layer& layer, const ForwardArgs& a)
      : pool(pool), layer(layer), a(a), plan(layer, a.batch), carver(a.scratch),
        scratch(carver, layer, plan, a.saved == nullptr, pool.threads()),
        base(a.saved ? static_cast<char*>(a.saved) : scratch.records),
        group(a.saved ? plan.blocks : min64(plan.blocks, pool.threads())), tiles(ceil_div(layer.out, kTile)),
        workers(workers_for(
            pool, double(a.batch) * double(layer.in) * (30 + V * double(ceil_div(layer.out, T::W)) / 2))) {}

  const S* buffers() const { return static_cast<const S*>(a.buffers); }

  void run() const {
    for_workers(pool, workers, [&](int worker) {
      for (int64_t g0 = 0; g0 < plan.blocks; g0 += group) {
        const int64_t blocks = min64(group, plan.blocks - g0);
        records(worker, g0, blocks);
        if (workers > 1) pool.barrier();
        outputs(worker, g0, blocks);
        if (workers > 1 && g0 + group < plan.blocks) pool.barrier();
      }
    });
  }

 private:
  void records(int worker, int64_t g0, int64_t blocks) const {
    constexpr int64_t kGroup = RecordScratch<S>::kGroup;
    const int64_t input_groups = ceil_div(layer.in, kGroup);
    const Range mine = part(blocks * input_groups, worker, workers);
    for (int64_t u = mine.begin; u < mine.end; ++u) {
      const int64_t block = u / input_groups, i0 = u % input_groups * kGroup;
      make_records<S, K>(layer, buffers(), static_cast<const S*>(a.x) + (g0 + block) * kBlock * layer.in,
                         plan.block_size(g0 + block), Range{i0, min64(layer.in, i0 + kGroup)}, scratch.maker[worker],
                         BlockRecords<S>{plan, base, block * layer.in});
    }
  }

  void outputs(int worker, int64_t g0, int64_t blocks) const {
    // Tiles are cut into column chunks only where there are too few of them for the workers: the sums of an output
    // have one order whatever the cut.
    int64_t chunk = kTile;
    while (blocks * tiles * (kTile / chunk) < workers && chunk > T::W) chunk /= 2;
    const int64_t chunks = kTile / chunk;
    const Range mine = part(blocks * tiles * chunks, worker, workers);
    for (int64_t u = mine.begin; u < mine.end; ++u) {
      const int64_t block = u / (tiles * chunks), tile = u / chunks % tiles, c0 = u % chunks * chunk;
      const TileView<S> view(layer, static_cast<const S*>(a.params), buffers(), tile);
      const bool few = view.w <= kNarrowOutputs;
      if (c0 >= view.w || (few && c0 > 0)) continue;
      const BlockRecords<S> records{plan, base, block * layer.in};
      if (few)
        narrow(view, tile, records, g0 + block, scratch.tile[worker]);
      else
        columns(view, tile, records, g0 + block, Range{c0, min64(view.w, c0 + chunk)}, scratch.tile[worker]);
    }
  }

  S* y(int64_t block, int64_t column) const { return static_cast<S*>(a.y) + block * kBlock * layer.out + column; }
  const S* bias(int64_t column) const {
    return layer.bias >= 0 ? static_cast<const S*>(a.params) + layer.bias + column : nullptr;
  }

  // A tile of few outputs. sums: kNarrowOutputs + 1 times slots.
  void narrow(const TileView<S>& view, int64_t tile, const BlockRecords<S>& records, int64_t block, S* sums) const {
    const int64_t slots = plan.slots;
    S* const to = y(block, tile * kTile);
    const S* const bias = this->bias(tile * kTile);
    fill_zero(sums, view.w * slots);
    for (int64_t i = 0; i < layer.in; ++i)
      forward_input_narrow<S, K, V>(view, i, records.of(i), sums, sums + kNarrowOutputs * slots);
    for (int64_t s = 0; s < plan.block_size(block); ++s)
      for (int64_t c = 0; c < view.w; ++c) to[s * layer.out + c] = sums[c * slots + s] + (bias ? bias[c] : S(0));
  }

  // A range of columns of one tile. sums: [sample][columns].
  void columns(const TileView<S>& view, int64_t tile, const BlockRecords<S>& records, int64_t block, Range range,
               S* sums) const {
    const int64_t n = plan.block_size(block), width = range.end - range.begin, stride = round_up(width, T::W);
    S* const to = y(block, tile * kTile + range.begin);
    const S* const bias = this->bias(tile * kTile + range.begin);
    fill_zero(sums, n * stride);
    for (int64_t i = 0; i < layer.in; ++i) {
      const Record<S> record = records.of(i);
      if (!record.sorted() || view.w < kTile) view.prefetch(i + 1, layer.in, n);
      forward_input<S, K, V>(view, i, record, range.begin, range.end, sums, stride);
    }
    for (int64_t s = 0; s < n; ++s)
      for (int64_t c = 0; c < width; c += T::W) {
        const int lanes = int(min64(T::W, width - c));
        T v = T::load(sums + s * stride + c);
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
  SplineForwardScratch<S>(c, problem.layer, SplinePlan<S>(problem.layer, problem.batch), problem.pass == Problem::kInfer, threads);
  return c.used();
}

template <class S>
void spline_forward(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  if (a.batch == 0) return;
  with_order(layer, [&]<int K, bool kBase>() { SplineForward<S, K, kBase>(pool, layer, a).run(); });
}

}  // namespace KAN_NS
