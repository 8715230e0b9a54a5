// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The dense family, backward: dense_panel.hpp says how.
#pragma once
#include "cpu/dense_panel.hpp"

namespace KAN_NS {

template <class S>
struct DenseBackwardScratch {
  S* moments;     // InputNorm
  S* dz;          // (batch, in) where the LayerNorm's d_x is asked for
  S* packed;      // d_y in tiles
  S* transposed;  // d_y^T, by blocks
  S* theta;       // (in, theta_per_input)
  S* norm;        // (2, in): gradients of the LayerNorm
  S* sums;        // bias, theta
  struct Worker {
    Columns<S> columns;         // [backward_inputs][slots]
    S *dz, *dx;                 // [16][slots]
    S *panel, *cotangent, *gradient;
  } worker[kMaxThreads];

  DenseBackwardScratch(Carver& c, const Layer& layer, const DensePlan<S>& plan, int threads) {
    moments = c.take<S>(InputNorm<S>::numbers(layer, plan));
    dz = c.take<S>(layer.flag(KAN_FLAG_NORM) ? plan.batch * layer.in : 0);
    packed = c.take<S>(layer.out > kTile ? plan.batch * layer.out : 0);
    transposed = c.take<S>(plan.blocks * layer.out * plan.slots);
    theta = c.take<S>(layer.theta_trained ? layer.in * layer.theta_per_input : 0);
    norm = c.take<S>(layer.flag(KAN_FLAG_NORM) ? 2 * layer.in : 0);
    sums = c.take<S>(max64(bias_numbers<S>(layer, plan.batch), layer.theta_trained ? layer.theta_count : 0));
    const int64_t rows = plan.backward_inputs * plan.rows;
    for (int t = 0; t < threads; ++t) {
      worker[t].columns = take_columns<S>(c, layer, plan.backward_inputs, plan.slots);
      worker[t].dz = c.take<S>(16 * plan.slots);
      worker[t].dx = c.take<S>(16 * plan.slots);
      worker[t].panel = c.take<S>(rows * plan.slots);
      worker[t].cotangent = c.take<S>(rows * plan.slots);
      worker[t].gradient = c.take<S>(rows * (plan.blocks > 1 ? layer.out : layer.out <= kNarrowOutputs ? layer.out : 0));
    }
  }
};

template <class S, template <class> class Policy>
struct DenseBackward {
  using T = vec<S>;
  using Worker = typename DenseBackwardScratch<S>::Worker;
  Pool& pool;
  const Layer& layer;
  const BackwardArgs& a;
  const DensePlan<S> plan;
  Carver carver;
  const DenseBackwardScratch<S> scratch;
  const S *const x, *const params, *const buffers, *const d_y;
  S* const d_x;
  const AdamW<S> adam;
  const GradientSink<S> sink;
  const InputNorm<S> norm;
  const bool want_x, add_x, theta, cotangents, narrow;
  const CotangentRows rows;
  const int64_t tiles, per_input, panels;
  const int workers;

  DenseBackward(Pool& pool, const Layer& layer, const BackwardArgs& a)
      : pool(pool), layer(layer), a(a), plan(layer, a.batch), carver(a.scratch),
        scratch(carver, layer, plan, pool.threads()), x(static_cast<const S*>(a.x)),
        params(static_cast<const S*>(a.params)), buffers(static_cast<const S*>(a.buffers)),
        d_y(static_cast<const S*>(a.d_y)), d_x(static_cast<S*>(a.d_x)), adam(a.adam),
        sink(a, a.adam ? &adam : nullptr, layer.params), norm(layer, plan, params, scratch.moments),
        want_x(a.d_x_mode != KAN_GRAD_NONE), add_x(a.d_x_mode == KAN_GRAD_ACCUMULATE),
        theta(layer.theta_trained && sink.wanted()),
        cotangents(want_x || ((norm.on || theta) && sink.wanted())), narrow(layer.out <= kNarrowOutputs),
        rows(layer, want_x), tiles(ceil_div(layer.out, kTile)), per_input(layer.theta_per_input),
        panels(ceil_div(layer.in, plan.backward_inputs)),
        workers(workers_for(pool, double(a.batch) * double(layer.in) * double(plan.rows) *
                                          (1 + double(ceil_div(layer.out, T::W))) / 2 +
                                      double(layer.params) * (a.adam ? 0.5 : 0.1))) {}
  DenseBackward(const DenseBackward&) = delete;  // the sink points at adam

  void run() const {
    int64_t next_panel[kMaxThreads];
    for (int w = 0; w < workers; ++w) next_panel[w] = part(panels, w, workers).begin;
    for_workers(pool, workers, [&](int worker) {
      const S* packed = prepare(worker);
      if (workers > 1) pool.barrier();
      // Each takes the panels of its own part, one after the other, and then what is left of the others': what a panel's
      // numbers are does not depend on who computes it.
      for (int64_t turn = 0, q; turn < workers;) {
        const int whose = int((worker + turn) % workers);
        q = __atomic_fetch_add(&next_panel[whose], 1, __ATOMIC_RELAXED);
        if (q < part(panels, whose, workers).end) panel(q, packed, scratch.worker[worker]);
        else ++turn;
      }
      if (sink.streams) stream_fence();
      if (workers > 1) pool.barrier();
      if (norm.on && want_x) {
        norm_input_gradient(worker);
        if (workers > 1) pool.barrier();  // the LayerNorm's weights are read until here
      }
      if (worker == 0 && sink.wanted()) small_gradients();
    });
  }

 private:
  Transposed<S> transposed(int64_t block) const {
    return {scratch.transposed + block * layer.out * plan.slots, layer.out};
  }

  // Worker by worker its share of d_y transposed, the LayerNorm's moments and d_y in tiles, which it returns.
  const S* prepare(int worker) const {
    if (cotangents || narrow) {
      const Range o = part(layer.out, worker, workers);
      for (int64_t block = 0; block < plan.blocks; ++block)
        transposed(block).fill(d_y + block * plan.kSamples * layer.out, layer.out, plan.block_size(block), o.begin, o.end);
    }
    if (norm.on) norm.prepare(x, worker, workers);
    return pack_tiles(pool, worker, workers, layer, a.batch, d_y, scratch.packed);
  }

  // All gradients of the inputs of panel q.
  void panel(int64_t q, const S* packed, const Worker& w) const {
    const Range inputs{q * plan.backward_inputs, min64(layer.in, (q + 1) * plan.backward_inputs)};
    const int64_t i0 = inputs.begin, count = inputs.end - i0;
    if (theta) fill_zero(scratch.theta + i0 * per_input, count * per_input);
    if (norm.on) {
      fill_zero(scratch.norm + i0, count);
      fill_zero(scratch.norm + layer.in + i0, count);
    }
    for (int64_t b = 0; b < plan.blocks; ++b) {
      const Block block{b * plan.kSamples, plan.block_size(b), plan.slots};
      fill_columns(norm, x, block, inputs, w.columns);
      if (cotangents) input_gradients(b, block, inputs, packed, w);
      if (!sink.wanted()) continue;
      if (!cotangents) expand_inputs<S, Policy>(layer, params, buffers, w.columns, inputs, plan.slots, w.panel);
      weight_gradients(b, block, inputs, packed, w);
    }
    if (!sink.wanted() || !(narrow || plan.blocks > 1)) return;
    for (int64_t tile = 0; tile < tiles; ++tile) {
      const int64_t width = layer.tile_width(tile);
      sink.put(layer.tile_offset(tile) + i0 * plan.rows * width, gradient(tile, w), count * plan.rows * width);
    }
  }

  // Of a panel, [tile][row][w].
  S* gradient(int64_t tile, const Worker& w) const { return w.gradient + tile * kTile * plan.backward_inputs * plan.rows; }

  void input_gradients(int64_t b, Block block, Range inputs, const S* packed, const Worker& w) const {
    const int64_t i0 = inputs.begin, slots = plan.slots, n = block.count;
    cotangent_product(layer, params, rows, inputs, {0, tiles},
                      BlockCotangents<S>{transposed(b), n, full_registers<S>(n), packed, a.batch, block.first}, true,
                      PanelCotangents<S>{w.cotangent, slots});
    const InputPass<S> pass{layer, params, buffers, rows, norm};
    for (int64_t i = i0; i < inputs.end; i += 16) {
      const Range some{i, min64(inputs.end, i + 16)};
      for (int64_t j = i; j < some.end; ++j)
        pull_back<S, Policy>(pass, block, j, w.cotangent + (j - i0) * rows.count * slots, w.columns.at((j - i0) * slots),
                             {theta ? scratch.theta + j * per_input : nullptr, norm.on ? scratch.norm + j : nullptr,
                              w.dz + (j - i) * slots, w.dx + (j - i) * slots,
                              sink.wanted() ? w.panel + (j - i0) * plan.rows * slots : nullptr});
      if (!want_x) continue;
      if (norm.on) put_columns(w.dz, block, some, false, scratch.dz, layer.in);
      if (!norm.on || !layer.flag(KAN_FLAG_BASE_NORM))
        put_columns(norm.on ? w.dx : w.dz, block, some, add_x, d_x, layer.in);
    }
  }

  // Of one block of samples: straight to the sink where it is the only one.
  void weight_gradients(int64_t b, Block block, Range inputs, const S* packed, const Worker& w) const {
    const Panel<S> expanded{w.panel, (inputs.end - inputs.begin) * plan.rows, plan.slots};
    for (int64_t tile = 0; tile < tiles; ++tile) {
      const int64_t width = layer.tile_width(tile);
      const Factor<S> d{packed + tile * kTile * a.batch + block.first * width, width};
      if (narrow)
        weight_product_narrow(block.count, expanded, transposed(b), b == 0, gradient(tile, w));
      else if (plan.blocks > 1)
        weight_product(block.count, expanded, d, b == 0, gradient(tile, w));
      else
        weight_product(block.count, expanded, d, sink, layer.tile_offset(tile) + inputs.begin * plan.rows * width);
    }
  }

  void norm_input_gradient(int worker) const {
    const Range mine = part(a.batch, worker, workers);
    if (add_x || !layer.flag(KAN_FLAG_BASE_NORM))
      norm.template input_gradient<true>(x, norm.moments, scratch.dz, mine.begin, mine.end, d_x);
    else
      norm.template input_gradient<false>(x, norm.moments, scratch.dz, mine.begin, mine.end, d_x);
  }

  // Of bias, LayerNorm and the basis' own parameters, in one order.
  void small_gradients() const {
    bias_gradient(layer, a.batch, d_y, scratch.sums, sink);
    if (norm.on) {
      sink.put(layer.norm_weight, scratch.norm, layer.in);
      sink.put(layer.norm_bias, scratch.norm + layer.in, layer.in);
    }
    if (!theta) return;
    fill_zero(scratch.sums, layer.theta_count);
    for (int64_t i = 0; i < layer.in; ++i)
      for (int64_t r = 0; r < per_input; ++r)
        scratch.sums[theta_index(layer.own, i, r)] += scratch.theta[i * per_input + r];
    sink.put(layer.theta, scratch.sums, layer.theta_count);
  }
};

template <class S>
int64_t dense_backward_scratch_bytes(const Problem& problem, int threads) {
  Carver c(nullptr);
  DenseBackwardScratch<S>(c, problem.layer, DensePlan<S>(problem.layer, problem.batch), threads);
  return c.used();
}

template <class S>
void dense_backward(Pool& pool, const Layer& layer, const BackwardArgs& a) {
  if (layer.spec.kind == KAN_LAYER_LINEAR) return DenseBackward<S, IdentityBasis>(pool, layer, a).run();
  switch (layer.spec.basis) {
#define KAN_GLOBAL_BASIS(name, constant, policy) \
  case constant: return DenseBackward<S, policy>(pool, layer, a).run();
#include "registry/basis.inc"
  }
}

}  // namespace KAN_NS
