// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The dense family, forward, a few rows at a time (serving). Two things differ from dense_forward.inl: lanes are inputs while
// the basis is evaluated, where all inputs share its numbers, so that one row fills registers too; and everything is
// expanded first, so that each tile's weights are one run of memory, read once for all rows. The same operations in the
// same order: the same bits.
#pragma once
#include "cpu/dense_panel.hpp"

namespace KAN_NS {

template <class S>
struct DenseRowsScratch {
  S* moments;  // of the LayerNorm: mean and rstd of each row
  S* z;        // (batch, in) behind the LayerNorm
  S* panel;    // [in R][batch]
  S* nodes;    // [node][batch][out]: of sums that are cut
  struct Worker {
    S* values;  // [R][W]: of a register of inputs, or of one input
    S* sums;    // [level][batch][64]
  } worker[kMaxThreads];

  DenseRowsScratch(Carver& c, const Layer& layer, int64_t batch, int threads) {
    const DenseSum sum(layer);
    const bool norm = layer.flag(KAN_FLAG_NORM);
    moments = c.take<S>(norm ? 2 * batch : 0);
    z = c.take<S>(norm ? batch * layer.in : 0);
    panel = c.take<S>(rows_lie(layer) ? 0 : layer.in * layer.rows * batch);
    nodes = c.take<S>(threads > 1 && sum.leaves > 1 ? sum.leaves * batch * layer.out : 0);
    for (int t = 0; t < threads; ++t) {
      worker[t].values = c.take<S>(layer.rows * vec<S>::W);
      worker[t].sums = c.take<S>(SumTree::levels(sum.leaves) * batch * kTile);
    }
  }
};

template <class S>
struct DenseRows {
  using T = vec<S>;
  using Worker = typename DenseRowsScratch<S>::Worker;
  Pool& pool;
  const Layer& layer;
  const int64_t batch;
  Carver carver;
  const DenseRowsScratch<S> scratch;
  const S *const params, *const buffers, *const x;
  S* const y;
  const FewRows<S> rows;
  const DenseBasis<S> basis;
  const LayerNorm<S> norm;
  const int workers;
  const DenseSum sum;
  const SumTree tree;

  DenseRows(Pool& pool, const Layer& layer, const ForwardArgs& a)
      : pool(pool), layer(layer), batch(a.batch), carver(a.scratch), scratch(carver, layer, a.batch, pool.threads()),
        params(static_cast<const S*>(a.params)), buffers(static_cast<const S*>(a.buffers)),
        x(static_cast<const S*>(a.x)),
        y(static_cast<S*>(a.y)), rows{layer.flag(KAN_FLAG_NORM) && layer.flag(KAN_FLAG_BASE_NORM) ? scratch.z : x,
                                      layer.flag(KAN_FLAG_NORM) ? scratch.z : x, batch},
        basis(dense_basis<S>(layer)),
        norm(layer.in, layer.spec.shape[2], params + layer.norm_weight, params + layer.norm_bias),
        workers(workers_for(
            pool, double(layer.in) * double(layer.rows) * (2 + double(batch) * double(ceil_div(layer.out, T::W)) / 2))),
        sum(layer), tree(sum.leaves, ceil_div(layer.out, kTile), wanted_pieces(workers)) {}

  void run() const {
    const int64_t tiles = ceil_div(layer.out, kTile);
    Shares pieces(pool, tiles * tree.nodes(), workers);
    for_workers(pool, workers, [&](int worker) {
      const Worker& own = scratch.worker[worker];
      if (layer.flag(KAN_FLAG_NORM)) {
        const Range mine = part(batch, worker, workers);
        const Moments<S> m{scratch.moments, scratch.moments + batch};
        norm.moments(x, mine.begin, mine.end, m);
        norm.rows(x, m, mine.begin, mine.end, scratch.z);
        if (workers > 1) pool.barrier();
      }
      if (!rows_lie(layer)) {
        const Range registers = part(ceil_div(layer.in, T::W), worker, workers);
        for (int64_t r = registers.begin; r < registers.end; ++r)
          basis.expand_rows(layer, params, buffers, rows, {r * T::W, min64(layer.in, (r + 1) * T::W)}, own.values,
                            scratch.panel + r * T::W * layer.rows * batch);
        if (workers > 1) pool.barrier();
      }
      pieces.each(worker, [&](int64_t u) { piece(u / tree.nodes(), u % tree.nodes(), own); });
      if (tree.nodes() == 1) return;
      if (workers > 1) pool.barrier();
      const Range mine = part(batch * layer.out, worker, workers);
      for_registers<S>(mine.begin, mine.end, [&](int64_t j, auto lanes) {
        folded(scratch.nodes + j, batch * layer.out, tree.nodes(), lanes).store(y + j, lanes);
      });
    });
  }

 private:
  // A tile of outputs, a node of the sum over inputs.
  void piece(int64_t tile, int64_t k, const Worker& w) const {
    const int64_t width = layer.tile_width(tile);
    S* const whole = (tree.nodes() > 1 ? scratch.nodes + k * batch * layer.out : y) + tile * kTile;
    const auto level = [&](int l) { return l > 0 ? w.sums + (l - 1) * batch * kTile : whole; };
    const auto stride = [&](int l) { return l > 0 ? kTile : layer.out; };
    const S* const bias = layer.bias >= 0 ? params + layer.bias + tile * kTile : nullptr;
    pairwise(
        tree.node(k), 0,
        [&](int64_t leaf, int l) {
          const Range panels = part(sum.panels, leaf, sum.leaves);
          for (int64_t q = panels.begin; q < panels.end; ++q) {
            const int64_t first = q * sum.inputs * layer.rows,
                          rows = min64(layer.in - q * sum.inputs, sum.inputs) * layer.rows;
            const Panel<S> panel = rows_lie(layer) ? Panel<S>{x + first, rows, 1, layer.in}
                                                   : Panel<S>{scratch.panel + first * batch, rows, batch};
            forward_product(batch, panel, Factor<S>{params + layer.tile_offset(tile) + first * width, width},
                            Outputs<S>{level(l), stride(l), q == panels.begin, q == 0 ? bias : nullptr});
          }
        },
        [&](int l) {
          for (int64_t b = 0; b < batch; ++b)
            add_numbers(level(l) + b * stride(l), level(l + 1) + b * stride(l + 1), width);
        });
  }
};

template <class S>
int64_t dense_rows_scratch_bytes(const Problem& problem, int threads) {
  Carver c(nullptr);
  DenseRowsScratch<S>(c, problem.layer, problem.batch, threads);
  return c.used();
}

template <class S>
void dense_rows_forward(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  if (a.batch == 0) return;
  DenseRows<S>(pool, layer, a).run();
}

}  // namespace KAN_NS
