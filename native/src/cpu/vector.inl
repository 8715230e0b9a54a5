// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Optimizer steps, vector operations and losses over flat buffers. All are bound by memory (AdamW: 28 bytes a float
// parameter) but the exponentials of the losses. Sums are taken in double over a fixed number of parts, so that their
// bits do not depend on the number of workers.
#pragma once
#include "cpu/common.hpp"

namespace KAN_NS {

template <class S>
inline void adamw_step(Pool& pool, const kan_adamw& o, int64_t n, S* p, const S* g, S* m, S* v) {
  const AdamW<S> adam(&o);
  BackwardArgs a{};
  a.params_out = p;
  a.m = m;
  a.v = v;
  const GradientSink<S> sink(a, &adam);
  const int workers = workers_for(pool, double(n));
  for_workers(pool, workers, [&](int worker) {
    const Range r = part(n, worker, workers);
    sink.put(r.begin, g + r.begin, r.end - r.begin);
  });
}

template <class S>
inline void adamw_step_groups(Pool& pool, const kan_adamw* optimizers, int32_t groups, const uint8_t* group, int64_t n,
                              S* p, const S* g, S* m, S* v) {
  AdamW<S> adam[KAN_MAX_GROUPS];
  for (int32_t i = 0; i < groups; ++i) adam[i] = AdamW<S>(optimizers + i);
  const int workers = workers_for(pool, double(n));
  for_workers(pool, workers, [&](int worker) {
    const Range r = part(n, worker, workers);
    for (int64_t i = r.begin; i < r.end; ++i) {
      if (group[i] != KAN_FROZEN) adam[group[i]].update(p[i], g[i], m[i], v[i]);
    }
  });
}

// One number of SGD.
template <class S>
inline void sgd_update(S rate, S momentum, S decay, bool nesterov, S& p, S g, S* velocity) {
  const S d = g + decay * p;
  S step = d;
  if (velocity) {
    *velocity = momentum * *velocity + d;
    step = nesterov ? d + momentum * *velocity : *velocity;
  }
  p -= rate * step;
}

template <class S>
inline void sgd_step_groups(Pool& pool, const kan_sgd* optimizers, const uint8_t* group, int64_t n, S* p, const S* g,
                            S* velocity) {
  const int workers = workers_for(pool, double(n));
  for_workers(pool, workers, [&](int worker) {
    const Range r = part(n, worker, workers);
    for (int64_t i = r.begin; i < r.end; ++i) {
      if (group[i] == KAN_FROZEN) continue;
      const kan_sgd& o = optimizers[group[i]];
      sgd_update(S(o.learning_rate), S(o.momentum), S(o.weight_decay), o.nesterov, p[i], g[i],
                 o.momentum > 0 ? velocity + i : nullptr);
    }
  });
}

template <class S>
inline void sgd_step(Pool& pool, const kan_sgd& o, int64_t n, S* p, const S* g, S* velocity) {
  const S rate = S(o.learning_rate), momentum = S(o.momentum), decay = S(o.weight_decay);
  const int workers = workers_for(pool, double(n));
  for_workers(pool, workers, [&](int worker) {
    const Range r = part(n, worker, workers);
    for (int64_t i = r.begin; i < r.end; ++i) {
      sgd_update(rate, momentum, decay, o.nesterov, p[i], g[i], velocity ? velocity + i : nullptr);
    }
  });
}

constexpr int kParts = 64;

// Sums body(begin, end) over kParts fixed parts of n.
template <class F>
inline double sum_parts(Pool& pool, int64_t n, double cycles, F&& body) {
  double partial[kParts];
  const int workers = workers_for(pool, cycles);
  for_workers(pool, workers, [&](int worker) {
    const Range mine = part(kParts, worker, workers);
    for (int64_t q = mine.begin; q < mine.end; ++q) {
      const Range r = part(n, q, kParts);
      partial[q] = body(r.begin, r.end);
    }
  });
  double total = 0;
  for (double p : partial) total += p;
  return total;
}

template <class S>
inline double dot(Pool& pool, int64_t n, const S* a, const S* b) {
  return sum_parts(pool, n, double(n), [&](int64_t begin, int64_t end) {
    double lanes[8] = {};
    int64_t i = begin;
    for (; i + 8 <= end; i += 8)
      for (int l = 0; l < 8; ++l) lanes[l] += double(a[i + l]) * double(b[i + l]);
    for (; i < end; ++i) lanes[0] += double(a[i]) * double(b[i]);
    return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
  });
}

template <class S>
inline void axpy(Pool& pool, int64_t n, double alpha, const S* x, S* y) {
  const S a = S(alpha);
  const int workers = workers_for(pool, double(n));
  for_workers(pool, workers, [&](int worker) {
    const Range r = part(n, worker, workers);
    for (int64_t i = r.begin; i < r.end; ++i) y[i] += a * x[i];
  });
}

template <class S>
inline void scale(Pool& pool, int64_t n, double alpha, S* x) {
  const S a = S(alpha);
  const int workers = workers_for(pool, double(n));
  for_workers(pool, workers, [&](int worker) {
    const Range r = part(n, worker, workers);
    for (int64_t i = r.begin; i < r.end; ++i) x[i] *= a;
  });
}

template <class S>
inline void clamp(Pool& pool, int64_t n, double limit, S* x) {
  const S high = S(limit), low = -high;
  const int workers = workers_for(pool, double(n));
  for_workers(pool, workers, [&](int worker) {
    const Range r = part(n, worker, workers);
    for (int64_t i = r.begin; i < r.end; ++i) x[i] = x[i] > high ? high : x[i] < low ? low : x[i];
  });
}

// Softmax cross-entropy of one row against a label; d (or NULL) = (softmax - onehot) * factor.
template <class S>
inline double cross_entropy_row(const S* p, int64_t n, int32_t label, S factor, S* d) {
  using T = vec<S>;
  S top = p[0];
  for (int64_t i = 1; i < n; ++i) top = p[i] > top || p[i] != p[i] ? p[i] : top;
  const S shifted = p[label] - top;
  T total(S(0));
  for (int64_t i = 0; i < n; i += T::W) {
    const int lanes = int(min64(T::W, n - i));
    T e = exp(T::load(p + i, lanes) - top);
    if (d) e.store(d + i, lanes);
    for (int l = lanes; l < T::W; ++l) e.v[l] = S(0);
    total += e;
  }
  const S all = sum(total);
  if (d) {
    const S inverse = factor / all;
    for (int64_t i = 0; i < n; ++i) d[i] *= inverse;
    d[label] -= factor;
  }
  return __builtin_log(double(all)) - double(shifted);
}

// The loss of one element and its derivative.
template <class S>
KAN_HD double element_loss(int32_t kind, S p, S t, S delta, S& d) {
  switch (kind) {
    case KAN_LOSS_MSE: {
      const S e = p - t;
      d = 2 * e;
      return double(e) * double(e);
    }
    case KAN_LOSS_BCE_LOGITS: {
      // max(p, 0) - p t + log(1 + exp(-|p|)), stable for large |p|.
      const S e = exp(-abs(p));
      const S sigmoid = p >= S(0) ? S(1) / (S(1) + e) : e / (S(1) + e);
      d = sigmoid - t;
      return (p < S(0) ? 0.0 : double(p)) - double(p) * double(t) + __builtin_log1p(double(e));
    }
    case KAN_LOSS_BCE_POSITIVE: {
      // delta t softplus(-p) + (1 - t) softplus(p), softplus(p) = max(p, 0) + log(1 + exp(-|p|)).
      const S e = exp(-abs(p)), high = S(1) / (S(1) + e), low = e / (S(1) + e);
      const bool up = p >= S(0);
      d = (S(1) - t) * (up ? high : low) - delta * t * (up ? low : high);
      const double tail = __builtin_log1p(double(e)), size = double(p);
      return double(delta) * double(t) * ((size < 0 ? -size : 0.0) + tail) +
             (1 - double(t)) * ((size < 0 ? 0.0 : size) + tail);
    }
    default: {
      const S e = p - t, size = abs(e);
      const bool quadratic = size <= delta;
      d = quadratic || e != e ? e : e > S(0) ? delta : -delta;
      return quadratic ? 0.5 * double(e) * double(e) : double(delta) * (double(size) - 0.5 * double(delta));
    }
  }
}

template <class S>
inline double loss(Pool& pool, const kan::LossArgs& a) {
  const S* p = static_cast<const S*>(a.p);
  const S* weights = static_cast<const S*>(a.weights);
  S* d = static_cast<S*>(a.d_p);
  double rows = double(a.batch);
  if (weights) {
    rows = 0;
    for (int64_t b = 0; b < a.batch; ++b) rows += double(weights[b]);
  }
  const bool labels = a.kind == KAN_LOSS_CROSS_ENTROPY;
  const double share = labels ? 1 / rows : 1 / (rows * double(a.out));
  return share * sum_parts(pool, a.batch, double(a.batch) * double(a.out) * 4, [&](int64_t begin, int64_t end) {
    double total = 0;
    for (int64_t b = begin; b < end; ++b) {
      const double w = weights ? double(weights[b]) : 1;
      const S factor = S(w * share);
      const S* row = p + b * a.out;
      S* to = d ? d + b * a.out : nullptr;
      if (labels) {
        total += w * cross_entropy_row(row, a.out, static_cast<const int32_t*>(a.target)[b], factor, to);
        continue;
      }
      const S* target = static_cast<const S*>(a.target) + b * a.out;
      double of_row = 0;
      for (int64_t o = 0; o < a.out; ++o) {
        S derivative;
        of_row += element_loss(a.kind, row[o], target[o], S(a.delta), derivative);
        if (to) to[o] = derivative * factor;
      }
      total += w * of_row;
    }
    return total;
  });
}

}  // namespace KAN_NS
