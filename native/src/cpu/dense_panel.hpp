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
#include "basis/activation.hpp"
#include "basis/all.hpp"
#include "basis/view.hpp"
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

  DensePlan(const Layer& layer, int64_t batch, int64_t wanted = 1) : batch(batch), rows(layer.rows), in(layer.in) {
    blocks = max64(1, ceil_div(batch, kSamples));  // one without samples where the batch is empty
    slots = round_up(min64(batch, kSamples), vec<S>::W);
    // Full groups of kCotangentMR rows; of an input with many the last may have a gap.
    unit = rows < 64 ? kCotangentMR : 1;
    const int64_t units = ceil_div(in, unit), most = round_up(max64(1, (blocks > 1 ? 64 : 128) / rows), unit) / unit;
    // Where the sums of all weights are small they are cut over the samples instead: full panels cost the least.
    panels = ceil_div(units, most);
    int64_t nodes = 1;
    while (in * rows * layer.out <= kSmall && panels * nodes < wanted && 2 * nodes <= blocks) nodes *= 2;
    panels = min64(units, max64(panels, ceil_div(wanted, nodes)));
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

// Rows of one input for all slots: base a(x), then phi_r(z). panel is [R][slots].
template <class S, class Policy>
inline void expand(const Layer& layer, const BasisView<S>& view, Columns<S> c, int64_t slots, S* panel) {
  using T = vec<S>;
  const int64_t coef = layer.coef_row;
  const S* base = c.base(layer);
  for (int64_t s = 0; s < slots; s += T::W) {
    if (layer.base_row >= 0) activation(layer.spec.base, T::load(base + s)).store(panel + layer.base_row * slots + s);
    Policy::eval(view, T::load(c.z + s), [&](int32_t r, T value) { value.store(panel + (coef + r) * slots + s); });
  }
}

// The same for a range of inputs, of which c has the columns.
template <class S, template <class> class Policy>
inline void expand_inputs(const Layer& layer, const S* params, const S* buffers, Columns<S> c, Range inputs,
                          int64_t slots, S* panel) {
  for (int64_t i = inputs.begin; i < inputs.end; ++i)
    expand<S, Policy<vec<S>>>(layer, basis_view(layer, params, buffers, i), c.at((i - inputs.begin) * slots), slots,
                              panel + (i - inputs.begin) * layer.rows * slots);
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

// The cotangents g [rows][slots] of the rows of input i, pulled back through its basis.
template <class S, template <class> class Policy>
inline void pull_back(const InputPass<S>& pass, Block block, int64_t i, const S* g, Columns<S> c, InputGradient<S> to) {
  using T = vec<S>;
  using P = Policy<T>;
  const Layer& layer = pass.layer;
  const CotangentRows& rows = pass.rows;
  const InputNorm<S>& norm = pass.norm;
  const int64_t slots = block.slots;
  S *const t = to.theta, *const lanes = to.lanes, *const d_z = to.d_z, *const d_x = to.d_x, *const panel = to.panel;
  const BasisView<S> view = basis_view(layer, pass.params, pass.buffers, i);
  const bool base = layer.base_row >= rows.first && layer.base_row >= 0,
             apart = norm.on && !layer.flag(KAN_FLAG_BASE_NORM);
  const S* at_base = c.base(layer);
  T d_weight(S(0)), d_bias(S(0));
  if (t) fill_zero(lanes, layer.theta_per_input * T::W);
  for (int64_t s = 0; s < block.count; s += T::W) {
    const auto cotangent = [&](int32_t r) { return T::load(g + (layer.coef_row - rows.first + r) * slots + s); };
    const auto accumulate = [&](int32_t r, T value) {
      S* const at = lanes + r * T::W;
      (T::load(at) + value).store(at);
    };
    const auto value = [&](int32_t r, T v) {
      if (panel) v.store(panel + (layer.coef_row + r) * slots + s);
    };
    const T z = T::load(c.z + s);
    T dz = t ? P::template vjp<true>(view, z, cotangent, accumulate, value)
             : P::template vjp<false>(view, z, cotangent, accumulate, value);
    T dx(S(0));
    if (panel && layer.base_row >= 0)
      activation(layer.spec.base, T::load(at_base + s)).store(panel + layer.base_row * slots + s);
    if (base) {
      const T d =
          activation_derivative(layer.spec.base, T::load(at_base + s)) * T::load(g + layer.base_row * slots + s);
      if (apart) dx = d;
      else dz += d;
    }
    if (to.norm_weight) {
      d_bias += dz;
      d_weight = fma(dz,
                     (T::load(c.x + s) - T::load(norm.moments.mean + block.first + s)) *
                         T::load(norm.moments.rstd + block.first + s),
                     d_weight);
    }
    dz.store(d_z + s);
    if (apart) dx.store(d_x + s);
  }
  for (int64_t r = 0; t && r < layer.theta_per_input; ++r) t[r] += sum(T::load(lanes + r * T::W));
  if (!to.norm_weight) return;
  *to.norm_weight += sum(d_weight);
  *to.norm_bias += sum(d_bias);
}

}  // namespace KAN_NS
