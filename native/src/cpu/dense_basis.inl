// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The functions of the bases of the dense family (dense_panel.hpp): each policy compiled once for all passes.
#pragma once
#include "basis/activation.hpp"
#include "basis/all.hpp"
#include "basis/view.hpp"
#include "cpu/dense_panel.hpp"

namespace KAN_NS {

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

template <class S, template <class> class Policy>
inline void expand_inputs(const Layer& layer, const S* params, const S* buffers, Columns<S> c, Range inputs,
                          int64_t slots, S* panel) {
  for (int64_t i = inputs.begin; i < inputs.end; ++i)
    expand<S, Policy<vec<S>>>(layer, basis_view(layer, params, buffers, i), c.at((i - inputs.begin) * slots), slots,
                              panel + (i - inputs.begin) * layer.rows * slots);
}

// Whether all inputs share the basis' own numbers.
inline bool shares_numbers(const Layer& layer) {
  for (const auto& own : layer.own)
    if (own.count && own.scope != kan::OwnTensor::kShared) return false;
  return true;
}

// Lanes are inputs where these share the basis' numbers, so that one row fills a register; else they are rows.
template <class S, template <class> class Policy>
inline void expand_rows(const Layer& layer, const S* params, const S* buffers, FewRows<S> few, Range inputs, S* values,
                        S* to) {
  using T = vec<S>;
  const int64_t i0 = inputs.begin, rows = layer.rows, batch = few.batch;
  const int lanes = int(inputs.end - i0);
  const auto evaluate = [&](int64_t i, T base, T z) {
    if (layer.base_row >= 0) activation(layer.spec.base, base).store(values + layer.base_row * T::W);
    Policy<T>::eval(basis_view(layer, params, buffers, i), z,
                    [&](int32_t r, T value) { value.store(values + (layer.coef_row + r) * T::W); });
  };
  if (shares_numbers(layer)) {
    for (int64_t b = 0; b < batch; ++b) {
      const int64_t at = b * layer.in + i0;
      evaluate(i0, T::load(few.base + at, lanes), T::load(few.z + at, lanes));
      for (int64_t l = 0; l < lanes; ++l)
        for (int64_t r = 0; r < rows; ++r) to[(l * rows + r) * batch + b] = values[r * T::W + l];
    }
    return;
  }
  for (int64_t l = 0; l < lanes; ++l)
    for (int64_t b0 = 0; b0 < batch; b0 += T::W) {
      T column(S(0)), normed(S(0));
      for (int64_t b = b0; b < min64(batch, b0 + T::W); ++b) {
        column.v[b - b0] = few.base[b * layer.in + i0 + l];
        normed.v[b - b0] = few.z[b * layer.in + i0 + l];
      }
      evaluate(i0 + l, column, normed);
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t b = b0; b < min64(batch, b0 + T::W); ++b)
          to[(l * rows + r) * batch + b] = values[r * T::W + b - b0];
    }
}

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

template <class S, template <class> class Policy>
constexpr DenseBasis<S> kFunctions{expand_inputs<S, Policy>, expand_rows<S, Policy>, pull_back<S, Policy>};

template <class S>
DenseBasis<S> dense_basis(const Layer& layer) {
  if (layer.spec.kind == KAN_LAYER_LINEAR) return kFunctions<S, IdentityBasis>;
  switch (layer.spec.basis) {
// clang-format off
#define KAN_GLOBAL_BASIS(name, constant, policy) \
  case constant: return kFunctions<S, policy>;
#include "registry/basis.inc"
    // clang-format on
  }
  return {};
}

}  // namespace KAN_NS
