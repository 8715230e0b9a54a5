// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// B-spline KAN layers: an edge touches k + 1 of its n coefficients. How the passes go, and the records they share.
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
#include "cpu/pieces.hpp"
#include "cpu/spline_eval.hpp"
#include "cpu/transpose.hpp"

namespace KAN_NS {

struct Run {
  int32_t first;  // window
  int32_t end;    // one past the run's last position in the record
};

template <class S>
struct Record {
  S* values;        // [V][slots], by sorted position
  uint16_t* index;  // sample of a sorted position
  int64_t slots;    // samples of a block, in whole registers
  Run* runs;        // runs[0].first = number of runs, which follow; runs[0].end: whether in order of their windows
  int32_t count() const { return runs[0].first; }
  bool sorted() const { return runs[0].end != 0; }
};

// Sizes of blocks and records for a batch.
template <class S>
struct SplinePlan {
  // A block's output tile, block x 64 numbers, is 32 KB: it stays in L1 while all inputs pass.
  static constexpr int64_t kBlock = 32768 / (kTile * int64_t(sizeof(S)));
  // On a fine grid few of them share a window; twice as many share more than the tile in L2 costs.
  static constexpr int64_t kMost = 2 * kBlock, kFine = 64;
  int64_t block;  // samples
  int64_t batch, blocks, slots, taps, runs, record_bytes;
  int64_t
      leaves;  // of the sum over inputs that an output is: short chains, whatever the batch, so that a row has its bits alone too
  int64_t
      samples;  // leaves of the sum over samples that a gradient is: as many blocks as touch each row once, a few at most

  SplinePlan(const Layer& layer, int64_t batch) : batch(batch) {
    block = layer.n > kFine ? kMost : kBlock;
    blocks = ceil_div(batch, block);
    slots = round_up(min64(batch, block), 64 / int64_t(sizeof(S)));
    taps = layer.spec.order + 1 + (layer.base_row >= 0);
    runs = min64(slots, layer.spec.grid) + 1;
    leaves = power_of_two(max64(1, layer.in / 24));
    const int64_t of_a_leaf = min64(8, ceil_div((layer.spec.order + 1) * layer.n, block));
    samples = max64(1, ceil_div(blocks, of_a_leaf));
    record_bytes = round_up(taps * slots * int64_t(sizeof(S)) + slots * 2 + runs * int64_t(sizeof(Run)) + 64,
                            64);  // 64: vector loads at a run's end
  }
  int64_t block_size(int64_t b) const { return min64(block, batch - b * block); }
  Record<S> record(char* base, int64_t number) const {
    char* p = base + number * record_bytes;
    Record<S> r;
    r.slots = slots;
    r.values = reinterpret_cast<S*>(p);
    r.index = reinterpret_cast<uint16_t*>(p + taps * slots * int64_t(sizeof(S)));
    r.runs = reinterpret_cast<Run*>(p + taps * slots * int64_t(sizeof(S)) + slots * 2);
    return r;
  }
};

// Per-worker working memory of the record maker.
template <class S>
struct RecordScratch {
  static constexpr int64_t kMost = SplinePlan<S>::kMost;
  S* columns;      // [kGroup][slots] of x, transposed
  S* sorted;       // [slots]
  int32_t* first;  // [slots]
  int32_t* count;  // [min(G, 2 slots) + 1]
  static constexpr int64_t kGroup = 16;

  static int64_t counts(const Layer& layer) { return min64(layer.spec.grid, 2 * kMost) + 1; }
  void carve(Carver& c, const Layer& layer) {
    columns = c.take<S>(kGroup * kMost);
    sorted = c.take<S>(kMost);
    first = c.take<int32_t>(kMost);
    count = c.take<int32_t>(counts(layer));
  }
};

// The V values, or derivatives, of n sorted samples x of a record; x has record.slots readable numbers. values is [V][slots].
template <class S, int K, bool kDerivative>
KAN_HD void fill_values(const GridView<S>& g, int32_t base, const S* x, const Record<S>& record, int64_t n, S* values) {
  using T = vec<S>;
  T out[K + 1];
  const int64_t slots = record.slots;
  const LaneGrid<S> grid = lane_grid(g);
  if (g.inv_h != S(0)) {
    for (int64_t p = 0; p < n; p += T::W) {
      bspline_even<S, K, kDerivative>(grid, T::load(x + p), out);
      for (int r = 0; r <= K; ++r) out[r].store(values + r * slots + p);
    }
  } else {
    // The knots of each sample's window first: a store a run and knot, which the next run writes over where it is too long.
    constexpr int64_t kRow = SplinePlan<S>::kMost + T::W;
    alignas(64) S knots[2 * K * kRow];
    int64_t p = 0;
    for (int32_t q = 1; q <= record.count(); ++q) {
      const int64_t end = q < record.count() ? record.runs[q].end : round_up(n, T::W);
      for (int j = 0; j < 2 * K; ++j) {
        const T knot(g.kn[record.runs[q].first + 1 + j]);
        for (int64_t s = p; s < end; s += T::W) knot.store(knots + j * kRow + s);
      }
      p = end;
    }
    for (p = 0; p < n; p += T::W) {
      const T v = T::load(x + p);
      const auto tails = bspline_uneven<S, K, kDerivative>(
          grid, [&](int j) KAN_INLINE { return T::load(knots + (j - 1) * kRow + p); }, v, out);
      if (__builtin_expect(any<S>(tails), 0)) bspline_tails<S, K, kDerivative>(g, v, tails, out);
      for (int r = 0; r <= K; ++r) out[r].store(values + r * slots + p);
    }
  }
  if (base != KAN_ACTIVATION_NONE)
    for (int64_t p = 0; p < n; p += T::W) {
      const T v = T::load(x + p);
      (kDerivative ? activation_derivative(base, v) : activation(base, v)).store(values + (K + 1) * slots + p);
    }
}

// Sorts n samples x of one input by window and writes their record. x has record.slots readable numbers.
template <class S, int K>
inline void make_record(const Layer& layer, const GridView<S>& g, const S* x, int64_t n, const RecordScratch<S>& w,
                        const Record<S>& record) {
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
  for (int64_t s = n; s < record.slots; ++s) w.sorted[s] = x[0];
  fill_values<S, K, false>(g, layer.base_row >= 0 ? layer.spec.base : KAN_ACTIVATION_NONE, w.sorted, record, n,
                           record.values);
}

// Records of a layer's inputs for one block of samples: that of input i is number `first + i` at `base`.
template <class S>
struct BlockRecords {
  const SplinePlan<S>& plan;
  char* base;
  int64_t first;

  KAN_HD Record<S> of(int64_t i) const { return plan.record(base, first + i); }
};

// Records of `n` samples, rows of x (n, in), for a range of inputs (at most kGroup).
template <class S, int K>
inline void make_records(const Layer& layer, const S* buffers, const S* x, int64_t n, Range inputs,
                         const RecordScratch<S>& w, const BlockRecords<S>& records) {
  const int64_t slots = records.plan.slots, i0 = inputs.begin, i1 = inputs.end;
  transpose(x + i0, layer.in, n, i1 - i0, w.columns, slots);
  for (int64_t i = i0; i < i1; ++i) {
    S* column = w.columns + (i - i0) * slots;
    for (int64_t s = n; s < slots; ++s) column[s] = column[0];
    make_record<S, K>(layer, grid_view(layer, buffers, i), column, n, w, records.of(i));
  }
}

}  // namespace KAN_NS
