// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Where in a layer's flat arrays the numbers of the basis of one input lie, for the policies: one place for the reference, the CPU
// and CUDA, and data instead of a switch (OwnTensor).
#pragma once
#include "basis/basis.hpp"
#include "basis/math.hpp"
#include "core/layer.hpp"

namespace KAN_NS {

using kan::kOwnTensors;
using kan::Layer;
using kan::OwnTensor;

// Which holder's numbers of a tensor input i has.
KAN_HD int64_t holder(const OwnTensor& tensor, int64_t i) {
  return tensor.scope == OwnTensor::kShared ? 0 : tensor.scope == OwnTensor::kInput ? i : i / tensor.inputs;
}

// Those of input i, of all tensors.
template <class S>
KAN_HD void own_numbers(const OwnTensor* own, const S* params, const S* buffers, int64_t i, const S** to) {
  for (int t = 0; t < kOwnTensors; ++t)
    to[t] =
        own[t].count ? (own[t].trained ? params : buffers) + own[t].offset + holder(own[t], i) * own[t].count : nullptr;
}

// Where the k-th trainable number of input i lies in the block of them (Layer::theta).
KAN_HD int64_t theta_index(const OwnTensor* own, int64_t i, int64_t k) {
  int64_t start = 0;
  int t = 0;
  for (; k >= own[t].count; ++t) {
    start += own[t].numbers;
    k -= own[t].count;
  }
  return start + holder(own[t], i) * own[t].count + k;
}

// What the basis of input i is made of.
template <class S>
KAN_HD BasisView<S> basis_view(const Layer& layer, const S* params, const S* buffers, int64_t i) {
  BasisView<S> v{layer.n, layer.spec.grid, layer.spec.order, {}, layer.spec.shape[0], layer.spec.shape[1]};
  own_numbers(layer.own, params, buffers, i, v.own);
  return v;
}

// phi(x) = x: the basis of LINEAR layers.
template <class T>
struct IdentityBasis {
  template <class Out>
  KAN_HD static void eval(const BasisView<scalar_of<T>>&, T z, Out&& out) {
    out(0, z);
  }
  template <bool kTheta, class Cotangent, class Accumulate, class Out>
  KAN_HD static T vjp(const BasisView<scalar_of<T>>&, T z, Cotangent&& g, Accumulate&&, Out&& out) {
    out(0, z);
    return g(0);
  }
};

}  // namespace KAN_NS
