// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "basis/basis.hpp"
#include "basis/math.hpp"
#include "kan/kan.h"

namespace KAN_NS {

// AdamW, element by element, from separately rounded operations (no fused multiply-add, and the tiers are compiled with
// contraction off): the update gives the same bits for a scalar and for any vector, alone and inside a gradient pass.
//   m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g g
//   p = p (1 - lr wd) - lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
// 7 numbers of memory traffic (read p, g, m, v; write p, m, v), 6 when the gradient is still in cache.
template <class S>
struct AdamW {
  S beta1, one_minus_beta1, beta2, one_minus_beta2, decay, rate, inv_root, eps;

  KAN_HD AdamW() {}  // not set: room for one
  // NULL: an update that is never made.
  KAN_HD explicit AdamW(const kan_adamw* options) {
    const kan_adamw none = {0, 0, 0, 0, 0, 1, 0, 1, 0};
    const kan_adamw& o = options ? *options : none;
    double b1t = 1, b2t = 1, b1 = o.beta1, b2 = o.beta2;
    for (long long t = o.step; t > 0; t >>= 1) {
      if (t & 1) {
        b1t *= b1;
        b2t *= b2;
      }
      b1 *= b1;
      b2 *= b2;
    }
    beta1 = S(o.beta1);
    one_minus_beta1 = S(1 - o.beta1);
    beta2 = S(o.beta2);
    one_minus_beta2 = S(1 - o.beta2);
    decay = S(1 - o.learning_rate * o.weight_decay);
    rate = S(o.learning_rate / (1 - b1t));
    inv_root = S(1 / sqrt(1 - b2t));
    eps = S(o.eps);
  }

  template <class T>
  KAN_HD void update(T& p, T g, T& m, T& v) const {
    m = m * beta1 + g * one_minus_beta1;
    v = v * beta2 + g * g * one_minus_beta2;
    p = p * decay - m * rate / (sqrt(v) * inv_root + eps);
  }
};

}  // namespace KAN_NS
