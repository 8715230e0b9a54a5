// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "basis/basis.hpp"
#include "basis/math.hpp"
#include "kan/kan.h"

namespace KAN_NS {

// Activations a(x), also the base branch of a KAN layer. KAN_ACTIVATION_NONE is the zero function. `kind` is the same
// for every lane. ReLU's derivative at 0 is 0, as PyTorch's.
template <class T>
KAN_HD T activation(int32_t kind, T x) {
  using S = scalar_of<T>;
  switch (kind) {
    case KAN_ACTIVATION_IDENTITY: return x;
    case KAN_ACTIVATION_SILU: return x / (S(1) + exp(-x));
    case KAN_ACTIVATION_RELU: return select(x < T(S(0)), T(S(0)), x);
    case KAN_ACTIVATION_GELU: return x * normal_cdf(x);
    case KAN_ACTIVATION_TANH: return tanh(x);
    case KAN_ACTIVATION_SIGMOID: return S(1) / (S(1) + exp(-x));
    default: return x * S(0);
  }
}

// a'(x).
template <class T>
KAN_HD T activation_derivative(int32_t kind, T x) {
  using S = scalar_of<T>;
  switch (kind) {
    case KAN_ACTIVATION_IDENTITY: return T(S(1)) + x * S(0);
    case KAN_ACTIVATION_SILU: {
      const T s = S(1) / (S(1) + exp(-x));
      return s * (S(1) + x * (S(1) - s));
    }
    case KAN_ACTIVATION_RELU: return select(x <= T(S(0)), T(S(0)), select(x > T(S(0)), T(S(1)), x));
    case KAN_ACTIVATION_GELU: return normal_cdf(x) + x * exp(x * x * S(-0.5)) * S(0.39894228040143267794);
    case KAN_ACTIVATION_TANH: {
      const T t = tanh(x);
      return S(1) - t * t;
    }
    case KAN_ACTIVATION_SIGMOID: {
      const T s = S(1) / (S(1) + exp(-x));
      return s * (S(1) - s);
    }
    default: return x * S(0);
  }
}

}  // namespace KAN_NS
