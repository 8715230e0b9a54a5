// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The dense family: layers whose edge touches every basis function of its input (RBF, RSWAF, Fourier, Chebyshev, …),
// and LINEAR, where phi(x) = x is the only one. All are one matrix product,
//
//   Y (batch, out) = Phi (batch, in R) W (in R, out) + bias,     R rows an input: base a(x), then phi_1 .. phi_n
//
// whose left factor is made on the fly: a panel of a few inputs' rows, [row][sample], is expanded into cache, multiplied
// and forgotten. The weights' tile layout (core/layer.hpp) is the packed form of the right factor already.
//
//   forward    Y += Phi W           pieces: samples x inputs x tiles; each makes the panels of its own inputs and samples
//   d_params   dW = Phi^T dY        pieces: inputs x samples; sums from registers into the gradient or AdamW
//   d_Phi      W dY^T               never stored beyond a panel: contracted with the basis derivatives to d_x, d_theta
//
// Flops 2 batch in R out each; bytes: the weights once per block of samples, which the hardware reads ahead. LINEAR makes no
// panels forward: x as it lies is the left factor.
#pragma once
#include "cpu/norm.hpp"
#include "cpu/pieces.hpp"
#include "cpu/product.hpp"
#include "cpu/transpose.hpp"

namespace KAN_NS {

// Whether the rows of inputs are x as it lies: phi(x) = x.
inline bool rows_lie(const Layer& layer) { return layer.spec.kind == KAN_LAYER_LINEAR; }

// Of n samples, those before a rest that is not worth a register of its own.
template <class S>
KAN_HD int64_t full_registers(int64_t n) {
  constexpr int64_t W = vec<S>::W;
  return kRegisters == 32 && n % W <= W / 2 ? n - n % W : n;
}

// Blocks of samples and panels of inputs of the backward pass and of the edges, for so many pieces.
template <class S>
struct DensePlan {
  static constexpr int64_t kSamples = 1024 / int64_t(sizeof(S));  // 256 float, 128 double
  static constexpr int64_t kSmall = 65536;
  int64_t batch, blocks, slots;
  int64_t rows;            // of an input
  int64_t in, unit;        // inputs are cut between units of them
  int64_t panels, inputs;  // of a panel at most
  int64_t cut;             // panels that the sum over blocks is cut beside, whatever is wanted

  DensePlan(const Layer& layer, int64_t batch, int64_t wanted = 1) : batch(batch), rows(layer.rows), in(layer.in) {
    blocks = max64(1, ceil_div(batch, kSamples));  // one without samples where the batch is empty
    slots = round_up(min64(batch, kSamples), vec<S>::W);
    // Full groups of kCotangentMR rows; of an input with many the last may have a gap.
    unit = rows < 64 ? kCotangentMR : 1;
    const int64_t units = ceil_div(in, unit), most = round_up(max64(1, (blocks > 1 ? 64 : 128) / rows), unit) / unit;
    // Where the sums of all weights are small they are cut over the samples instead: full panels cost the least.
    const int64_t full = ceil_div(units, most);
    cut = in * rows * layer.out <= kSmall ? full : units;
    const int64_t nodes = SumTree(blocks, cut, wanted).nodes(),
                  fewest = min64(units, max64(full, ceil_div(wanted, nodes)));
    // Or up to twice as many where that leaves the busiest worker clearly less: of 11 units in 8 panels some have twice the others'.
    const auto busiest = [&](int64_t n) { return ceil_div(n * nodes, (wanted + 1) / 2) * ceil_div(units, n); };
    panels = fewest;
    for (int64_t n = fewest + 1; wanted > 1 && n <= min64(units, 2 * fewest); ++n)
      if (8 * busiest(n) < 7 * busiest(panels)) panels = n;
    inputs = min64(in, ceil_div(units, panels) * unit);
  }
  int64_t block_size(int64_t block) const { return min64(kSamples, batch - block * kSamples); }
  int64_t padded() const { return blocks * slots; }
  Range panel(int64_t q) const {
    const Range units = part(ceil_div(in, unit), q, panels);
    return {units.begin * unit, min64(in, units.end * unit)};
  }
};

// The sum over inputs that an output is: panels of them, each summed by itself, added one after the other within a leaf, the
// leaves pairwise. Of the layer alone, so that a row has its bits alone too.
struct DenseSum {
  int64_t inputs, panels, leaves;  // inputs of a panel

  explicit DenseSum(const Layer& layer)
      : inputs(min64(layer.in, max64(1, 128 / layer.rows))), panels(ceil_div(layer.in, inputs)),
        leaves(power_of_two(max64(1, min64(min64(panels, most_leaves(layer)), layer.in * layer.rows / 192)))) {}
  // Wide layers have tiles to cut, and large sums.
  static int64_t most_leaves(const Layer& layer) { return layer.out <= 256 ? 16 : 8; }
};

// Of some inputs and a block of samples, [input][slots]: x, and z = LayerNorm(x), which without one is x.
template <class S>
struct Columns {
  S *x, *z;

  const S* base(const Layer& layer) const { return layer.flag(KAN_FLAG_BASE_NORM) ? z : x; }
  Columns at(int64_t offset) const { return {x + offset, z + offset}; }
};

// The LayerNorm before a KAN layer's basis, its moments in scratch: of samples past the batch they are 0.
template <class S>
struct InputNorm : LayerNorm<S> {
  bool on;
  Moments<S> moments;
  int64_t batch, padded;  // samples, and slots of all blocks

  static int64_t numbers(const Layer& layer, int64_t padded) { return layer.flag(KAN_FLAG_NORM) ? 2 * padded : 0; }
  InputNorm(const Layer& layer, int64_t batch, int64_t padded, const S* params, S* scratch)
      : LayerNorm<S>(layer.in, layer.spec.shape[2], params + layer.norm_weight, params + layer.norm_bias),
        on(layer.flag(KAN_FLAG_NORM)), moments{scratch, scratch + padded}, batch(batch), padded(padded) {}

  // Worker by worker its rows; a barrier follows.
  void prepare(const S* x, int worker, int workers) const {
    const Range rows = part(batch, worker, workers);
    LayerNorm<S>::moments(x, rows.begin, rows.end, moments);
    if (worker != 0) return;
    fill_zero(moments.mean + batch, padded - batch);
    fill_zero(moments.rstd + batch, padded - batch);
  }
};

template <class S>
inline Columns<S> take_columns(Carver& c, const Layer& layer, int64_t inputs, int64_t slots) {
  S* x = c.take<S>(inputs * slots);
  return {x, layer.flag(KAN_FLAG_NORM) ? c.take<S>(inputs * slots) : x};
}

// Samples first .. first+count-1 of the batch, in `slots` slots.
struct Block {
  int64_t first, count, slots;
};

// Columns of a range of inputs; the slots past the samples have the x of the first.
template <class S>
inline void fill_columns(const InputNorm<S>& norm, const S* x, Block block, Range inputs, Columns<S> to) {
  using T = vec<S>;
  const int64_t in = norm.n, b0 = block.first, n = block.count, slots = block.slots, i0 = inputs.begin, i1 = inputs.end;
  transpose(x + b0 * in + i0, in, n, i1 - i0, to.x, slots);
  for (int64_t j = i0; j < i1; ++j) {
    S* c = to.x + (j - i0) * slots;
    for (int64_t s = n; s < slots; ++s) c[s] = c[0];
    if (!norm.on) continue;
    for (int64_t s = 0; s < slots; s += T::W)
      fma((T::load(c + s) - T::load(norm.moments.mean + b0 + s)) * T::load(norm.moments.rstd + b0 + s),
          T(norm.weight[j]), T(norm.bias[j]))
          .store(to.z + (j - i0) * slots + s);
  }
}

// Columns [input][slots] back to a range of inputs of to (batch, in), or added to what is there.
template <class S>
inline void put_columns(const S* from, Block block, Range inputs, bool add, S* to, int64_t in) {
  transpose(from, block.slots, inputs.end - inputs.begin, block.count, to + block.first * in + inputs.begin, in, add);
}

// What the gradients of a layer's inputs are made from.
template <class S>
struct InputPass {
  const Layer& layer;
  const S *params, *buffers;
  const CotangentRows& rows;
  const InputNorm<S>& norm;
};

// Where those of one input go. d_z and d_x (of the base branch where it acts on x behind a LayerNorm) are [slots]. Those of
// the basis' own parameters are added to theta, of the LayerNorm's weight and bias to norm_weight and norm_bias; these may be
// NULL. The input is expanded into panel [R][slots], if not NULL, on the way. `lanes` [theta_per_input] registers is working memory.
template <class S>
struct InputGradient {
  S *lanes, *theta, *norm_weight, *norm_bias, *d_z, *d_x, *panel;
};

// A few rows of a layer's inputs, (batch, in): what the base branch acts on, and what the basis does.
template <class S>
struct FewRows {
  const S *base, *z;
  int64_t batch;
};

// A basis at work: what of a pass is the basis' own, by the functions of its policy (dense_basis.inl). They are called for a panel at a
// time, so that the passes are compiled once and not for each basis.
template <class S>
struct DenseBasis {
  // Rows of a range of inputs, of which c has the columns: base a(x), then phi_r(z). panel is [input][R][slots].
  void (*expand)(const Layer& layer, const S* params, const S* buffers, Columns<S> c, Range inputs, int64_t slots,
                 S* panel);
  // The same for all of a few rows and at most a register of inputs, to [input][R][batch]; `values` [R] registers is working memory.
  void (*expand_rows)(const Layer& layer, const S* params, const S* buffers, FewRows<S> rows, Range inputs, S* values,
                      S* to);
  // The cotangents g [rows][slots] of the rows of input i, pulled back through its basis.
  void (*pull_back)(const InputPass<S>& pass, Block block, int64_t i, const S* g, Columns<S> c, InputGradient<S> to);
};

template <class S>
DenseBasis<S> dense_basis(const Layer& layer);

}  // namespace KAN_NS
