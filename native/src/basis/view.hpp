// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Where in a layer's flat arrays the parameters of the basis of one input lie, for the policies of dense kernels.
#pragma once
#include "basis/basis.hpp"
#include "basis/math.hpp"
#include "core/layer.hpp"

namespace KAN_NS {

using kan::Layer;

// What the basis of input i is made of.
template <class S>
KAN_HD BasisView<S> basis_view(const Layer& layer, const S* params, const S* buffers, int64_t i) {
  const S* theta = layer.theta < 0 ? nullptr : (layer.theta_trained ? params : buffers) + layer.theta;
  BasisView<S> v{layer.n, layer.spec.grid, layer.spec.order, theta, nullptr, layer.spec.shape[0], layer.spec.shape[1]};
  switch (layer.spec.basis) {
    case KAN_BASIS_SINE: v.theta2 = buffers + layer.phase + i * layer.n; break;
    case KAN_BASIS_RELU:
      v.theta2 = theta + layer.in * layer.n + i * layer.n;
      v.theta = theta + i * layer.n;
      break;
    case KAN_BASIS_RATIONAL: v.theta2 = theta + 6 + i / (layer.in / layer.spec.grid) * 4; break;
    case KAN_BASIS_BSRBF: v.theta2 = buffers + layer.knots + 2 * layer.in + i * layer.knots_per_input(); break;
  }
  return v;
}

// Basis parameters that one input contributes gradients to, in the order of vjp's `k`.
KAN_HD int64_t theta_per_input(const Layer& layer) {
  switch (layer.spec.basis) {
    case KAN_BASIS_RBF:
    case KAN_BASIS_RSWAF:
    case KAN_BASIS_BSRBF: return layer.n + 1;
    case KAN_BASIS_SINE: return layer.n;
    case KAN_BASIS_RELU: return 2 * layer.n;
    case KAN_BASIS_RATIONAL: return 10;
    default: return 0;
  }
}

// Where parameter k of input i lies in the theta block.
KAN_HD int64_t theta_index(const Layer& layer, int64_t i, int64_t k) {
  switch (layer.spec.basis) {
    case KAN_BASIS_RELU: return k < layer.n ? i * layer.n + k : layer.in * layer.n + i * layer.n + k - layer.n;
    case KAN_BASIS_RATIONAL: return k < 6 ? k : 6 + i / (layer.in / layer.spec.grid) * 4 + k - 6;
    default: return k;
  }
}

// phi(x) = x: the basis of LINEAR layers.
template <class T>
struct IdentityBasis {
  template <class Out>
  KAN_HD static void eval(const BasisView<scalar_of<T>>&, T z, Out&& out) { out(0, z); }
  template <bool kTheta, class Cotangent, class Accumulate, class Out>
  KAN_HD static T vjp(const BasisView<scalar_of<T>>&, T z, Cotangent&& g, Accumulate&&, Out&& out) {
    out(0, z);
    return g(0);
  }
};

}  // namespace KAN_NS
