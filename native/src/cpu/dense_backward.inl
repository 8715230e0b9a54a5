// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The dense family, backward: dense_panel.hpp says how.
#pragma once
#include "cpu/dense_panel.hpp"
#include "cpu/row_sums.hpp"

namespace KAN_NS {

// The sums of some inputs over samples, one after the other: the gradients of their weights, [tile][input][row][w], of the
// basis' own numbers, [input][number], of the LayerNorm's weights and biases.
template <class S>
struct InputSums {
  const Layer& layer;
  int64_t inputs;
  bool weights;  // whether those of the weights are among them
  S* at;

  static int64_t per_input(const Layer& layer, bool weights) {
    return (weights ? layer.rows * layer.out : 0) + (layer.theta_trained ? layer.theta_per_input : 0) +
           (layer.flag(KAN_FLAG_NORM) ? 2 : 0);
  }
  int64_t count() const { return inputs * per_input(layer, weights); }
  S* tile(int64_t t) const { return at + t * kTile * inputs * layer.rows; }
  S* theta() const { return at + (weights ? inputs * layer.rows * layer.out : 0); }
  S* norm() const { return theta() + (layer.theta_trained ? inputs * layer.theta_per_input : 0); }
};

template <class S>
struct DenseBackwardScratch {
  S* moments;     // InputNorm
  S* dz;          // (batch, in) where the LayerNorm's d_x is asked for
  S* packed;      // d_y in tiles
  S* transposed;  // d_y^T, by blocks
  S* theta;       // (in, theta_per_input)
  S* norm;        // (2, in): gradients of the LayerNorm
  S* bias;
  S* sums;   // theta
  S* nodes;  // [node] of InputSums of all panels: of sums that are cut
  struct Worker {
    Columns<S> columns;  // [inputs][slots]
    S *dz, *dx;          // [16][slots]
    S *panel, *cotangent;
    S* lanes;  // [theta_per_input] registers
    S* sums;   // [level] of InputSums of a panel
  } worker[kMaxThreads];

  // Gradients of weights go to the sink from registers where there is one block, of more than a few outputs.
  static bool stores_weights(const Layer& layer, int64_t blocks) { return blocks > 1 || layer.out <= kNarrowOutputs; }

  DenseBackwardScratch(Carver& c, const Layer& layer, int64_t batch, int threads) {
    const DensePlan<S> plan(layer, batch), most(layer, 0);
    const bool norms = layer.flag(KAN_FLAG_NORM), weights = stores_weights(layer, plan.blocks);
    moments = c.take<S>(InputNorm<S>::numbers(layer, plan.padded()));
    dz = c.take<S>(norms ? batch * layer.in : 0);
    packed = c.take<S>(layer.out > kTile ? batch * layer.out : 0);
    transposed = c.take<S>(plan.blocks * layer.out * plan.slots);
    theta = c.take<S>(layer.theta_trained ? layer.in * layer.theta_per_input : 0);
    norm = c.take<S>(norms ? 2 * layer.in : 0);
    bias = c.take<S>(bias_numbers<S>(layer, batch));
    sums = c.take<S>(layer.theta_trained ? layer.theta_count : 0);
    const SumTree tree(plan.blocks, plan.cut, wanted_pieces(threads));
    nodes = c.take<S>(tree.nodes() > 1 ? tree.nodes() * layer.in * InputSums<S>::per_input(layer, weights) : 0);
    // Panels of one block are larger; what they take stays with more, so that fewer samples never need more.
    const int64_t rows = most.inputs * plan.rows, levels = 1 + SumTree::levels(plan.blocks);
    for (int t = 0; t < threads; ++t) {
      worker[t].columns = take_columns<S>(c, layer, most.inputs, plan.slots);
      worker[t].dz = c.take<S>(16 * plan.slots);
      worker[t].dx = c.take<S>(16 * plan.slots);
      worker[t].panel = c.take<S>(rows * plan.slots);
      worker[t].cotangent = c.take<S>(rows * plan.slots);
      worker[t].lanes = c.take<S>(layer.theta_trained ? layer.theta_per_input * vec<S>::W : 0);
      worker[t].sums = c.take<S>(max64(levels * plan.inputs * InputSums<S>::per_input(layer, weights),
                                       most.inputs * InputSums<S>::per_input(layer, stores_weights(layer, 1))));
    }
  }
};

template <class S>
struct DenseBackward {
  using T = vec<S>;
  using Scratch = DenseBackwardScratch<S>;
  using Worker = typename Scratch::Worker;
  Pool& pool;
  const Layer& layer;
  const BackwardArgs& a;
  Carver carver;
  const Scratch scratch;
  const S *const x, *const params, *const buffers, *const d_y, *const packed;
  S* const d_x;
  const DenseBasis<S> basis;
  const AdamW<S> adam;
  const GradientSink<S> sink;
  const BiasGradient<S> bias;
  const bool want_x, add_x, theta, narrow;
  const CotangentRows rows;
  const int64_t tiles, per_input;
  const int workers;
  const DensePlan<S> plan;
  const InputNorm<S> norm;
  const bool cotangents;
  const SumTree tree;  // of the blocks of samples

  DenseBackward(Pool& pool, const Layer& layer, const BackwardArgs& a)
      : pool(pool), layer(layer), a(a), carver(a.scratch), scratch(carver, layer, a.batch, pool.threads()),
        x(static_cast<const S*>(a.x)), params(static_cast<const S*>(a.params)),
        buffers(static_cast<const S*>(a.buffers)), d_y(static_cast<const S*>(a.d_y)),
        packed(layer.out > kTile ? scratch.packed : d_y), d_x(static_cast<S*>(a.d_x)), basis(dense_basis<S>(layer)),
        adam(a.adam), sink(a, a.adam ? &adam : nullptr, layer.params), bias(layer, a.batch, scratch.bias),
        want_x(a.d_x_mode != KAN_GRAD_NONE), add_x(a.d_x_mode == KAN_GRAD_ACCUMULATE),
        theta(layer.theta_trained && sink.wanted()), narrow(layer.out <= kNarrowOutputs), rows(layer, want_x),
        tiles(ceil_div(layer.out, kTile)), per_input(layer.theta_per_input),
        workers(workers_for(pool, double(a.batch) * double(layer.in) * double(layer.rows) *
                                          (1 + double(ceil_div(layer.out, T::W))) / 2 +
                                      double(layer.params) * (a.adam ? 0.5 : 0.1))),
        plan(layer, a.batch, wanted_pieces(workers)), norm(layer, a.batch, plan.padded(), params, scratch.moments),
        cotangents(want_x || ((norm.on || theta) && sink.wanted())),
        tree(plan.blocks, plan.cut, wanted_pieces(workers)) {}
  DenseBackward(const DenseBackward&) = delete;  // the sink points at adam

  void run() const {
    // A narrow layer has few panels, whose sums are folded by many all the same.
    const int64_t folds = ceil_div(wanted_pieces(workers), plan.panels);
    Shares pieces(pool, plan.panels * tree.nodes(), workers), folding(pool, plan.panels * folds, workers);
    for_workers(pool, workers, [&](int worker) {
      prepare(worker);
      if (workers > 1 && prepares()) pool.barrier();
      if (sink.wanted()) bias.put(worker, workers, sink);
      pieces.each(worker, [&](int64_t u) { piece(u / tree.nodes(), u % tree.nodes(), scratch.worker[worker]); });
      if (tree.nodes() > 1 && sink.wanted()) {
        if (workers > 1) pool.barrier();  // the weights are read until here, and the nodes written
        folding.each(worker, [&](int64_t u) { fold(u / folds, u % folds, folds); });
      }
      if (sink.streams) stream_fence();
      if (!norm.on && !theta) return;
      if (workers > 1) pool.barrier();
      if (norm.on && want_x) {
        norm_input_gradient(worker);
        if (sink.adam && workers > 1) pool.barrier();  // the LayerNorm's weights are read until here
      }
      if (sink.wanted()) small_gradients(worker);
    });
  }

 private:
  Transposed<S> transposed(int64_t block) const {
    return {scratch.transposed + block * layer.out * plan.slots, layer.out};
  }

  // Whether workers read what others wrote in prepare().
  bool prepares() const {
    return cotangents || narrow || norm.on || layer.out > kTile || (sink.wanted() && layer.bias >= 0);
  }

  // Worker by worker its share of d_y transposed and in tiles, of the LayerNorm's moments, of the bias' sums.
  void prepare(int worker) const {
    if (cotangents || narrow) {
      const int64_t columns = ceil_div(layer.out, 16);
      const Range mine = part(plan.blocks * columns, worker, workers);
      for (int64_t u = mine.begin; u < mine.end; ++u) {
        const int64_t block = u / columns, o = u % columns * 16;
        transposed(block).fill(d_y + block * plan.kSamples * layer.out, layer.out, plan.block_size(block), o,
                               min64(layer.out, o + 16));
      }
    }
    if (norm.on) norm.prepare(x, worker, workers);
    pack_tiles(worker, workers, layer, a.batch, d_y, scratch.packed);
    if (sink.wanted()) bias.add(worker, workers, d_y);
  }

  bool stores_weights() const { return Scratch::stores_weights(layer, plan.blocks); }
  InputSums<S> sums(Range inputs, S* at) const { return {layer, inputs.end - inputs.begin, stores_weights(), at}; }
  // Of all panels one after the other.
  int64_t node_size() const { return layer.in * InputSums<S>::per_input(layer, stores_weights()); }
  InputSums<S> node(Range inputs, int64_t k) const {
    return sums(inputs,
                scratch.nodes + k * node_size() + inputs.begin * InputSums<S>::per_input(layer, stores_weights()));
  }

  // All gradients of the inputs of panel q over the blocks of node k.
  void piece(int64_t q, int64_t k, const Worker& w) const {
    const Range inputs = plan.panel(q);
    const InputSums<S> whole = tree.nodes() > 1 ? node(inputs, k) : sums(inputs, w.sums);
    const auto level = [&](int l) { return l > 0 ? sums(inputs, w.sums + l * whole.count()) : whole; };
    pairwise(
        tree.node(k), 0, [&](int64_t b, int l) { block_gradients(b, inputs, level(l), w); },
        [&](int l) {
          if (sink.wanted()) add_numbers(level(l).at, level(l + 1).at, whole.count());
        });
    if (tree.nodes() == 1 && sink.wanted()) give(inputs, whole, {0, whole.count()});
  }

  // Over block b of samples, the sums into `to`.
  void block_gradients(int64_t b, Range inputs, InputSums<S> to, const Worker& w) const {
    const Block block{b * plan.kSamples, plan.block_size(b), plan.slots};
    if (sink.wanted()) fill_zero(to.theta(), to.at + to.count() - to.theta());
    fill_columns(norm, x, block, inputs, w.columns);
    if (cotangents) input_gradients(b, block, inputs, to, w);
    if (!sink.wanted()) return;
    if (!cotangents) basis.expand(layer, params, buffers, w.columns, inputs, plan.slots, w.panel);
    weight_gradients(b, block, inputs, to, w);
  }

  void input_gradients(int64_t b, Block block, Range inputs, InputSums<S> to, const Worker& w) const {
    const int64_t i0 = inputs.begin, slots = plan.slots, n = block.count;
    cotangent_product(layer, params, rows, inputs, {0, tiles},
                      BlockCotangents<S>{transposed(b), n, full_registers<S>(n), packed, a.batch, block.first}, true,
                      PanelCotangents<S>{w.cotangent, slots});
    const InputPass<S> pass{layer, params, buffers, rows, norm};
    for (int64_t i = i0; i < inputs.end; i += 16) {
      const Range some{i, min64(inputs.end, i + 16)};
      for (int64_t j = i; j < some.end; ++j)
        basis.pull_back(pass, block, j, w.cotangent + (j - i0) * rows.count * slots, w.columns.at((j - i0) * slots),
                        {w.lanes, theta ? to.theta() + (j - i0) * per_input : nullptr,
                         norm.on && sink.wanted() ? to.norm() + (j - i0) : nullptr,
                         norm.on && sink.wanted() ? to.norm() + to.inputs + (j - i0) : nullptr, w.dz + (j - i) * slots,
                         w.dx + (j - i) * slots, sink.wanted() ? w.panel + (j - i0) * plan.rows * slots : nullptr});
      if (!want_x) continue;
      if (norm.on) put_columns(w.dz, block, some, false, scratch.dz, layer.in);
      if (!norm.on || !layer.flag(KAN_FLAG_BASE_NORM))
        put_columns(norm.on ? w.dx : w.dz, block, some, add_x, d_x, layer.in);
    }
  }

  // Of one block of samples: straight to the sink where it is the only one.
  void weight_gradients(int64_t b, Block block, Range inputs, InputSums<S> to, const Worker& w) const {
    const Panel<S> expanded{w.panel, to.inputs * plan.rows, plan.slots};
    for (int64_t tile = 0; tile < tiles; ++tile) {
      const int64_t width = layer.tile_width(tile);
      const Factor<S> d{packed + tile * kTile * a.batch + block.first * width, width};
      if (narrow) weight_product_narrow(block.count, expanded, transposed(b), true, to.tile(tile));
      else if (to.weights) weight_product(block.count, expanded, d, true, to.tile(tile));
      else weight_product(block.count, expanded, d, sink, layer.tile_offset(tile) + inputs.begin * plan.rows * width);
    }
  }

  // Some numbers of the finished sums of a panel.
  void give(Range inputs, InputSums<S> from, Range some) const {
    for (int64_t tile = 0; from.weights && tile < tiles; ++tile) {
      const int64_t size = plan.rows * layer.tile_width(tile);
      const Range mine = within(from.tile(tile) - from.at, from.inputs * size, some);
      if (mine.begin < mine.end)
        sink.put(layer.tile_offset(tile) + inputs.begin * size + mine.begin, from.tile(tile) + mine.begin,
                 mine.end - mine.begin);
    }
    const Range numbers = within(from.theta() - from.at, theta ? from.inputs * per_input : 0, some);
    for (int64_t j = numbers.begin; j < numbers.end; ++j) scratch.theta[inputs.begin * per_input + j] = from.theta()[j];
    const Range norms = within(from.norm() - from.at, norm.on ? 2 * from.inputs : 0, some);
    for (int64_t j = norms.begin; j < norms.end; ++j)
      scratch.norm[j / from.inputs * layer.in + inputs.begin + j % from.inputs] = from.norm()[j];
  }
  // What of the n numbers that start at `first` is among some.
  static Range within(int64_t first, int64_t n, Range some) {
    return {max64(some.begin - first, 0), min64(some.end - first, n)};
  }

  // Part k of the numbers of panel q.
  void fold(int64_t q, int64_t k, int64_t folds) const {
    const InputSums<S> to = node(plan.panel(q), 0);
    const Range registers = part(ceil_div(to.count(), T::W), k, folds),
                mine{registers.begin * T::W, min64(to.count(), registers.end * T::W)};
    for_registers<S>(mine.begin, mine.end, [&](int64_t j, auto lanes) {
      folded(to.at + j, node_size(), tree.nodes(), lanes).store(to.at + j, lanes);
    });
    give(plan.panel(q), to, mine);
  }

  void norm_input_gradient(int worker) const {
    const Range mine = part(a.batch, worker, workers);
    if (add_x || !layer.flag(KAN_FLAG_BASE_NORM))
      norm.template input_gradient<true>(x, norm.moments, scratch.dz, mine.begin, mine.end, d_x);
    else norm.template input_gradient<false>(x, norm.moments, scratch.dz, mine.begin, mine.end, d_x);
  }

  // Of LayerNorm and the basis' own parameters: this worker's.
  void small_gradients(int worker) const {
    if (norm.on) {
      const Range mine = part(layer.in, worker, workers);
      const int64_t count = mine.end - mine.begin;
      sink.put(layer.norm_weight + mine.begin, scratch.norm + mine.begin, count);
      sink.put(layer.norm_bias + mine.begin, scratch.norm + layer.in + mine.begin, count);
    }
    if (theta) put_theta(worker, workers, layer, scratch.theta, scratch.sums, sink);
  }
};

template <class S>
int64_t dense_backward_scratch_bytes(const Problem& problem, int threads) {
  Carver c(nullptr);
  DenseBackwardScratch<S>(c, problem.layer, problem.batch, threads);
  return c.used();
}

template <class S>
void dense_backward(Pool& pool, const Layer& layer, const BackwardArgs& a) {
  DenseBackward<S>(pool, layer, a).run();
}

}  // namespace KAN_NS
