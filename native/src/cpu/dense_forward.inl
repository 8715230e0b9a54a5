// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The dense family, forward: dense_panel.hpp says how.
#pragma once
#include "cpu/dense_panel.hpp"

namespace KAN_NS {

template <class S>
struct DenseForwardScratch {
  S* moments;   // InputNorm
  S* panel[2];  // [forward_inputs R][slots]
  S* narrow;    // [out][slots] where out <= kNarrowOutputs
  Columns<S> columns[kMaxThreads];  // [16][slots]

  DenseForwardScratch(Carver& c, const Layer& layer, const DensePlan<S>& plan, int threads) {
    moments = c.take<S>(InputNorm<S>::numbers(layer, plan));
    for (auto& p : panel) p = c.take<S>(plan.forward_inputs * plan.rows * plan.slots);
    narrow = c.take<S>(layer.out <= kNarrowOutputs ? layer.out * plan.slots : 0);
    for (int t = 0; t < threads; ++t) columns[t] = take_columns<S>(c, layer, 16, plan.slots);
  }
};

template <class S, template <class> class Policy>
struct DenseForward {
  using T = vec<S>;
  Pool& pool;
  const Layer& layer;
  const ForwardArgs& a;
  const DensePlan<S> plan;
  Carver carver;
  const DenseForwardScratch<S> scratch;
  const S *const x, *const params, *const buffers;
  S* const y;
  const InputNorm<S> norm;
  const S* const bias;
  const int64_t tiles, panels;
  const int workers;

  DenseForward(Pool& pool, const Layer& layer, const ForwardArgs& a)
      : pool(pool), layer(layer), a(a), plan(layer, a.batch), carver(a.scratch),
        scratch(carver, layer, plan, pool.threads()), x(static_cast<const S*>(a.x)),
        params(static_cast<const S*>(a.params)), buffers(static_cast<const S*>(a.buffers)), y(static_cast<S*>(a.y)),
        norm(layer, plan, params, scratch.moments), bias(layer.bias >= 0 ? params + layer.bias : nullptr),
        tiles(ceil_div(layer.out, kTile)), panels(ceil_div(layer.in, plan.forward_inputs)),
        workers(workers_for(pool, double(a.batch) * double(layer.in) * double(plan.rows) *
                                      (1 + double(ceil_div(layer.out, T::W)) / 2))) {}

  void run() const {
    for_workers(pool, workers, [&](int worker) {
      if (norm.on) {
        norm.prepare(x, worker, workers);
        if (workers > 1) pool.barrier();
      }
      int64_t step = 0;
      for (int64_t b = 0; b < plan.blocks; ++b)
        for (int64_t q = 0; q < panels; ++q, ++step) {
          const Block block{b * plan.kSamples, plan.block_size(b), plan.slots};
          const Range inputs{q * plan.forward_inputs, min64(layer.in, (q + 1) * plan.forward_inputs)};
          S* panel = scratch.panel[step & 1];
          expand_part(worker, block, inputs, panel);
          // The other panel is written next: whoever passes this barrier has finished multiplying it.
          if (workers > 1) pool.barrier();
          const Panel<S> made{panel, (inputs.end - inputs.begin) * plan.rows, plan.slots};
          if (layer.out > kNarrowOutputs) multiply(worker, block, inputs, made);
          else if (worker == 0) multiply_narrow(block, inputs, made);
        }
    });
  }

 private:
  void expand_part(int worker, Block block, Range inputs, S* panel) const {
    const Range mine = part(inputs.end - inputs.begin, worker, workers);
    for (int64_t i = inputs.begin + mine.begin; i < inputs.begin + mine.end; i += 16) {
      const Range some{i, min64(inputs.begin + mine.end, i + 16)};
      fill_columns(norm, x, block, some, scratch.columns[worker]);
      expand_inputs<S, Policy>(layer, params, buffers, scratch.columns[worker], some, plan.slots,
                               panel + (i - inputs.begin) * plan.rows * plan.slots);
    }
  }

  void multiply_narrow(Block block, Range inputs, Panel<S> panel) const {
    if (inputs.begin == 0) fill_zero(scratch.narrow, layer.out * plan.slots);
    forward_product_narrow(panel, Factor<S>{params + layer.tile_offset(0) + inputs.begin * plan.rows * layer.out, layer.out},
                           scratch.narrow);
    if (inputs.end < layer.in) return;
    for (int64_t s = 0; s < block.count; ++s)
      for (int64_t c = 0; c < layer.out; ++c)
        y[(block.first + s) * layer.out + c] = scratch.narrow[c * plan.slots + s] + (bias ? bias[c] : S(0));
  }

  // By tiles where there are enough of them, else by samples: the sums have one order in either case.
  void multiply(int worker, Block block, Range inputs, Panel<S> panel) const {
    const bool by_tile = tiles >= 2 * workers;
    const Range t = by_tile ? part(tiles, worker, workers) : Range{0, tiles};
    const Range s = by_tile ? Range{0, block.count} : part(ceil_div(block.count, kMR), worker, workers);
    const int64_t s0 = by_tile ? 0 : s.begin * kMR, s1 = by_tile ? block.count : min64(block.count, s.end * kMR);
    for (int64_t tile = t.begin; tile < t.end; ++tile) {
      const int64_t width = layer.tile_width(tile);
      const bool more = tile + 1 < t.end;  // of this panel; else the next panel's first tile is next
      const int64_t next = more ? tile + 1 : t.begin, from = more ? inputs.begin : inputs.end;
      const int64_t to = min64(layer.in, from + plan.forward_inputs), row = plan.rows * layer.tile_width(next);
      forward_product(s1 - s0, panel.from_sample(s0),
                      Factor<S>{params + layer.tile_offset(tile) + inputs.begin * plan.rows * width, width},
                      Outputs<S>{y + (block.first + s0) * layer.out + tile * kTile, layer.out, inputs.begin == 0,
                                 bias ? bias + tile * kTile : nullptr},
                      Ahead<S>{params + layer.tile_offset(next) + from * row, (to - from) * row});
    }
  }
};

template <class S>
int64_t dense_forward_scratch_bytes(const Problem& problem, int threads) {
  Carver c(nullptr);
  DenseForwardScratch<S>(c, problem.layer, DensePlan<S>(problem.layer, problem.batch), threads);
  return c.used();
}

template <class S>
void dense_forward(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  if (a.batch == 0) return;
  if (layer.spec.kind == KAN_LAYER_LINEAR) return DenseForward<S, IdentityBasis>(pool, layer, a).run();
  switch (layer.spec.basis) {
#define KAN_GLOBAL_BASIS(name, constant, policy) \
  case constant: return DenseForward<S, policy>(pool, layer, a).run();
#include "registry/basis.inc"
  }
}

}  // namespace KAN_NS
