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
#include "cpu/pieces.hpp"

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

// Records of a layer's inputs for one block of samples: that of input i is number `first + i` at `base`.
template <class S>
struct BlockRecords {
  const SplinePlan<S>& plan;
  char* base;
  int64_t first;

  KAN_HD Record<S> of(int64_t i) const { return plan.record(base, first + i); }
};

// B-splines of an order at work (spline_basis.inl). Its functions are called for some inputs and a block of samples at a time, so that
// they are compiled once for all passes.
template <class S>
struct SplineBasis {
  // Records of `n` samples, rows of x (n, in), for a range of inputs (at most kGroup).
  void (*make_records)(const Layer& layer, const S* buffers, const S* x, int64_t n, Range inputs,
                       const RecordScratch<S>& w, const BlockRecords<S>& records);
  // The derivatives of the V values of input i in its record of the same, by sorted position: to [V][slots]. `sorted` [slots] is
  // working memory.
  void (*derivatives)(const Layer& layer, const S* buffers, const S* x, int64_t n, int64_t i, const Record<S>& record,
                      S* sorted, S* to);
};

template <class S>
SplineBasis<S> spline_basis(const Layer& layer);

}  // namespace KAN_NS
