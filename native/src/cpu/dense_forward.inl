// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The dense family, forward: dense_panel.hpp says how.
#pragma once
#include "cpu/dense_panel.hpp"

namespace KAN_NS {

// Pieces of the forward pass: blocks of samples, groups of many tiles, nodes of the sum over the inputs, groups of fewer tiles, cut in
// this order. Samples cost nothing to cut, nodes a sum, and each group of tiles makes the panels anew, which is little beside the
// products of many. More tiles than a few thousand outputs are cut anyway: sums take memory.
template <class S>
struct DenseForwardPlan {
  static constexpr int64_t W = vec<S>::W, kSamples = DensePlan<S>::kSamples, kLeast = 64;
  static constexpr int64_t kManyTiles = 8, kMostTiles = 32;  // of a group
  int64_t batch, rows;                                       // rows of an input
  DenseSum sum;
  int64_t units, blocks, slots;  // registers of samples, cut into blocks; slots of one at most
  int64_t tiles, groups;         // groups of tiles
  SumTree tree;
  int64_t width;  // outputs of a group at most

  DenseForwardPlan(const Layer& layer, int64_t batch, int64_t wanted)
      : batch(batch), rows(layer.rows), sum(layer), units(ceil_div(batch, W)),
        blocks(min64(max64(ceil_div(batch, kSamples), wanted), ceil_div(batch, kLeast))),
        slots(ceil_div(units, blocks) * W), tiles(ceil_div(layer.out, kTile)),
        groups(max64(ceil_div(tiles, kMostTiles), min64(large_groups(tiles), ceil_div(wanted, blocks)))),
        tree(sum.leaves, blocks * groups, wanted) {
    groups = max64(groups, min64(tiles, ceil_div(wanted, blocks * tree.nodes())));
    width = most_width(layer, groups);
  }
  static int64_t large_groups(int64_t tiles) { return max64(1, tiles / kManyTiles); }
  static int64_t most_width(const Layer& layer, int64_t groups = 1) {
    const int64_t tiles = ceil_div(layer.out, kTile);
    return min64(layer.out, ceil_div(tiles, max64(groups, ceil_div(tiles, kMostTiles))) * kTile);
  }

  Range block(int64_t b) const {
    const Range mine = part(units, b, blocks);
    return {mine.begin * W, min64(batch, mine.end * W)};
  }
  Range group(int64_t g) const { return part(tiles, g, groups); }
  int64_t pieces() const { return blocks * tree.nodes() * groups; }
  int64_t padded() const { return units * W; }
  // Samples x nodes of cut sums, at most for `wanted` or fewer pieces and so many samples or fewer. Where sums are cut there are all
  // large groups, and fewer than twice the pieces wanted.
  int64_t node_samples(int64_t wanted) const {
    const int64_t large = large_groups(tiles);
    if (wanted == 1 || sum.leaves == 1 || large >= wanted) return 0;
    return min64(sum.leaves * ceil_div(batch, kLeast), 2 * wanted / large) * min64(kLeast, units * W);
  }
};

template <class S>
struct DenseForwardScratch {
  S* moments;  // InputNorm
  S* nodes;    // [node][block][samples][out]: of sums that are cut
  struct Worker {
    Columns<S> columns;  // [16][slots]
    S* panel;            // [inputs R][slots]
    S* sums;             // [level][samples][width]
  } worker[kMaxThreads];

  DenseForwardScratch(Carver& c, const Layer& layer, int64_t batch, int threads) {
    const DenseForwardPlan<S> plan(layer, batch, 1);
    moments = c.take<S>(InputNorm<S>::numbers(layer, plan.padded()));
    nodes = c.take<S>(plan.node_samples(wanted_pieces(threads)) * layer.out);
    const int64_t sums = SumTree::levels(plan.sum.leaves) + (layer.out <= kNarrowOutputs ? 1 : 0);
    const int64_t slots = min64(plan.padded(), plan.kSamples);  // of any plan, and growing with the batch
    for (int t = 0; t < threads; ++t) {
      if (!rows_lie(layer) || layer.out <= kNarrowOutputs) {
        worker[t].columns = take_columns<S>(c, layer, 16, slots);
        worker[t].panel = c.take<S>(plan.sum.inputs * plan.rows * slots);
      }
      worker[t].sums = c.take<S>(sums * slots * plan.most_width(layer));
    }
  }
};

template <class S>
struct DenseForward {
  using T = vec<S>;
  using Worker = typename DenseForwardScratch<S>::Worker;
  Pool& pool;
  const Layer& layer;
  const ForwardArgs& a;
  Carver carver;
  const DenseForwardScratch<S> scratch;
  const S *const x, *const params, *const buffers;
  S* const y;
  const DenseBasis<S> basis;
  const InputNorm<S> norm;
  const S* const bias;
  const bool narrow, lies;  // lies: the rows are x as it lies
  const int workers;
  const DenseForwardPlan<S> plan;

  DenseForward(Pool& pool, const Layer& layer, const ForwardArgs& a)
      : pool(pool), layer(layer), a(a), carver(a.scratch), scratch(carver, layer, a.batch, pool.threads()),
        x(static_cast<const S*>(a.x)), params(static_cast<const S*>(a.params)),
        buffers(static_cast<const S*>(a.buffers)), y(static_cast<S*>(a.y)), basis(dense_basis<S>(layer)),
        norm(layer, a.batch, round_up(a.batch, T::W), params, scratch.moments),
        bias(layer.bias >= 0 ? params + layer.bias : nullptr), narrow(layer.out <= kNarrowOutputs),
        lies(rows_lie(layer) && !narrow),
        workers(workers_for(pool, double(a.batch) * double(layer.in) * double(layer.rows) *
                                      (1 + double(ceil_div(layer.out, T::W)) / 2))),
        plan(layer, a.batch, wanted_pieces(workers)) {}

  void run() const {
    Shares pieces(pool, plan.pieces(), workers);
    for_workers(pool, workers, [&](int worker) {
      if (norm.on) {
        norm.prepare(x, worker, workers);
        if (workers > 1) pool.barrier();
      }
      pieces.each(worker, [&](int64_t u) { piece(u, scratch.worker[worker]); });
      if (plan.tree.nodes() == 1) return;
      if (workers > 1) pool.barrier();
      fold(part(a.batch, worker, workers));
    });
  }

 private:
  // Sums of a block of samples and a group of tiles: [sample][stride]; of few outputs [output][slots].
  struct Sums {
    S* at;
    int64_t stride;
  };

  // The sums of all outputs in a node.
  Sums node(int64_t node, int64_t block) const {
    return {scratch.nodes + (node * plan.blocks + block) * plan.slots * layer.out, layer.out};
  }

  // Blocks of samples change fastest: the same weights are read one after the other.
  void piece(int64_t u, const Worker& w) const {
    const int64_t b = u % plan.blocks, k = u / plan.blocks % plan.tree.nodes(), g = u / plan.blocks / plan.tree.nodes();
    const Range samples = plan.block(b), tiles = plan.group(g);
    const Block block{samples.begin, samples.end - samples.begin, round_up(samples.end - samples.begin, T::W)};
    const int64_t first = tiles.begin * kTile, width = min64(layer.out, tiles.end * kTile) - first;
    const Sums whole = plan.tree.nodes() > 1 ? Sums{node(k, b).at + first, layer.out}
                       : narrow              ? Sums{w.sums, 0}
                                             : Sums{y + samples.begin * layer.out + first, layer.out};
    const int64_t area = plan.slots * plan.width;
    const auto level = [&](int l) { return l > 0 ? Sums{w.sums + (narrow ? l : l - 1) * area, plan.width} : whole; };
    pairwise(
        plan.tree.node(k), 0, [&](int64_t leaf, int l) { this->leaf(leaf, block, tiles, level(l), w); },
        [&](int l) {
          if (narrow) return add_numbers(level(l).at, level(l + 1).at, layer.out * block.slots);
          for (int64_t s = 0; s < block.count; ++s)
            add_numbers(level(l).at + s * level(l).stride, level(l + 1).at + s * level(l + 1).stride, width);
        });
    if (narrow && plan.tree.nodes() == 1) finish_narrow(samples, block.slots, w.sums, 1);
  }

  // The panels of a leaf times the weights, into `to`; the first leaf brings the bias.
  void leaf(int64_t leaf, Block block, Range tiles, Sums to, const Worker& w) const {
    const Range panels = part(plan.sum.panels, leaf, plan.sum.leaves);
    if (narrow) fill_zero(to.at, layer.out * block.slots);
    for (int64_t q = panels.begin; q < panels.end; ++q) {
      const Range inputs{q * plan.sum.inputs, min64(layer.in, (q + 1) * plan.sum.inputs)};
      const bool biased = leaf == 0 && bias && q == 0;
      if (lies) {
        const Panel<S> there{x + block.first * layer.in + inputs.begin, inputs.end - inputs.begin, 1, layer.in};
        multiply(block, inputs, there, tiles, to, q == panels.begin, biased);
        continue;
      }
      for (int64_t i = inputs.begin; i < inputs.end; i += 16) {
        const Range some{i, min64(inputs.end, i + 16)};
        fill_columns(norm, x, block, some, w.columns);
        basis.expand(layer, params, buffers, w.columns, some, block.slots,
                     w.panel + (i - inputs.begin) * plan.rows * block.slots);
      }
      const Panel<S> made{w.panel, (inputs.end - inputs.begin) * plan.rows, block.slots};
      if (narrow)
        forward_product_narrow(
            made, Factor<S>{params + layer.tile_offset(0) + inputs.begin * plan.rows * layer.out, layer.out}, to.at);
      else multiply(block, inputs, made, tiles, to, q == panels.begin, biased);
    }
  }

  void multiply(Block block, Range inputs, Panel<S> panel, Range tiles, Sums to, bool first, bool biased) const {
    for (int64_t tile = tiles.begin; tile < tiles.end; ++tile) {
      const int64_t width = layer.tile_width(tile);
      forward_product(
          block.count, panel, Factor<S>{params + layer.tile_offset(tile) + inputs.begin * plan.rows * width, width},
          Outputs<S>{to.at + (tile - tiles.begin) * kTile, to.stride, first, biased ? bias + tile * kTile : nullptr});
    }
  }

  // y of some rows from the nodes of their sums.
  void fold(Range rows) const {
    for (int64_t b = 0; b < plan.blocks; ++b) {
      const Range samples = plan.block(b), mine{max64(rows.begin, samples.begin), min64(rows.end, samples.end)};
      if (mine.begin >= mine.end) continue;
      const int64_t s0 = mine.begin - samples.begin, nodes = plan.tree.nodes();
      if (narrow) {
        finish_narrow(mine, round_up(samples.end - samples.begin, T::W), node(0, b).at + s0, nodes);
        continue;
      }
      for_registers<S>(0, (mine.end - mine.begin) * layer.out, [&](int64_t j, auto lanes) {
        folded(node(0, b).at + s0 * layer.out + j, node_stride(), nodes, lanes)
            .store(y + mine.begin * layer.out + j, lanes);
      });
    }
  }
  int64_t node_stride() const { return plan.blocks * plan.slots * layer.out; }

  // The same of few outputs from their sums [output][slots], of which `at` has the first of the rows.
  void finish_narrow(Range rows, int64_t slots, const S* at, int64_t nodes) const {
    for (int64_t s = 0; s < rows.end - rows.begin; ++s)
      for (int64_t c = 0; c < layer.out; ++c)
        y[(rows.begin + s) * layer.out + c] =
            folded(at + c * slots + s, node_stride(), nodes, 1).v[0] + (bias ? bias[c] : S(0));
  }
};

template <class S>
int64_t dense_forward_scratch_bytes(const Problem& problem, int threads) {
  Carver c(nullptr);
  if (problem.batch > 0) DenseForwardScratch<S>(c, problem.layer, problem.batch, threads);
  // Fewer rows never need more memory.
  if (problem.pass != Problem::kInfer || problem.batch <= kDenseRows) return c.used();
  return max64(c.used(), dense_rows_scratch_bytes<S>({problem.layer, kDenseRows, Problem::kInfer}, threads));
}

template <class S>
void dense_forward(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  if (a.batch == 0) return;
  DenseForward<S>(pool, layer, a).run();
}

}  // namespace KAN_NS
