// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Optimizer steps, vector operations and losses over flat buffers. All are bound by memory (AdamW: 28 bytes a float
// parameter) but the exponentials of the losses. Sums are taken in double over a fixed number of parts, so that their
// bits do not depend on the number of workers.
#pragma once
#include "core/runs.hpp"
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

// Calls f(begin, end, g) for the runs of equal groups g in begin .. end-1, frozen ones left out. What a run has before a multiple of
// a register's numbers is a part of its own: registers across two lines of a cache take twice as long.
template <class S, class F>
KAN_HD void for_runs(const uint8_t* group, Range r, F&& f) {
  for (int64_t i = r.begin, end; i < r.end; i = end) {
    end = kan::run_end(group, i, r.end);
    if (group[i] == KAN_FROZEN) continue;
    const int64_t whole = min64(end, round_up(i, vec<S>::W));
    if (i < whole) f(i, whole, group[i]);
    if (whole < end) f(whole, end, group[i]);
  }
}

template <class S>
inline void adamw_step_groups(Pool& pool, const kan_adamw* optimizers, int32_t groups, const uint8_t* group, int64_t n,
                              S* p, const S* g, S* m, S* v) {
  AdamW<S> adam[KAN_MAX_GROUPS];
  for (int32_t i = 0; i < groups; ++i) adam[i] = AdamW<S>(optimizers + i);
  BackwardArgs a{};
  a.params_out = p;
  a.m = m;
  a.v = v;
  const int workers = workers_for(pool, double(n));
  for_workers(pool, workers, [&](int worker) {
    for_runs<S>(group, part(n, worker, workers), [&](int64_t begin, int64_t end, uint8_t of) {
      GradientSink<S>(a, adam + of).put(begin, g + begin, end - begin);
    });
  });
}

// SGD over begin .. end-1: d = g + decay p; velocity = momentum velocity + d; p -= rate (velocity, or d + momentum velocity with
// Nesterov's momentum, or d without momentum). Separately rounded operations: the same bits alone and in a register.
template <class S>
inline void sgd_run(const kan_sgd& o, int64_t begin, int64_t end, S* p, const S* g, S* velocity) {
  using T = vec<S>;
  const S rate = S(o.learning_rate), momentum = S(o.momentum), decay = S(o.weight_decay);
  const bool moves = o.momentum > 0;
  for_registers<S>(begin, end, [&](int64_t i, auto lanes) {
    const T at = T::load(p + i, lanes), d = T::load(g + i, lanes) + decay * at;
    T step = d;
    if (moves) {
      const T now = momentum * T::load(velocity + i, lanes) + d;
      now.store(velocity + i, lanes);
      step = o.nesterov ? d + momentum * now : now;
    }
    (at - rate * step).store(p + i, lanes);
  });
}

template <class S>
inline void sgd_step_groups(Pool& pool, const kan_sgd* optimizers, const uint8_t* group, int64_t n, S* p, const S* g,
                            S* velocity) {
  const int workers = workers_for(pool, double(n));
  for_workers(pool, workers, [&](int worker) {
    for_runs<S>(group, part(n, worker, workers),
                [&](int64_t begin, int64_t end, uint8_t of) { sgd_run(optimizers[of], begin, end, p, g, velocity); });
  });
}

template <class S>
inline void sgd_step(Pool& pool, const kan_sgd& o, int64_t n, S* p, const S* g, S* velocity) {
  const int workers = workers_for(pool, double(n));
  for_workers(pool, workers, [&](int worker) {
    const Range r = part(n, worker, workers);
    sgd_run(o, r.begin, r.end, p, g, velocity);
  });
}

// Numbers from 0 to `high` are, as unsigned integers, below all others and NaNs, -0 apart, which is looked at.
template <class S>
struct UpTo {
  using T = vec<S>;
  using B = typename T::Bits;
  const S high;
  B most{};

  explicit UpTo(S high) : high(high) {}
  void add(T x) {
    const B at = B(x.v);
    most = at > most ? at : most;
  }
  // The first of the n numbers x that is not from 0 to `high`, or n, where all were added.
  int64_t first_outside(const S* x, int64_t n) const {
    if (!any<S>(most > B(T(high).v))) return n;
    int64_t i = 0;
    while (i < n && x[i] >= S(0) && x[i] <= high) ++i;
    return i;
  }
};

// The first of n numbers that is not from 0 to high, or n.
template <class S>
inline int64_t first_outside(Pool& pool, int64_t n, const S* x, S high) {
  using T = vec<S>;
  constexpr int64_t kBlock = 64 * T::W;
  const int workers = workers_for(pool, double(n) / 2);
  int64_t found[kMaxThreads];
  for_workers(pool, workers, [&](int worker) {
    const Range mine = part(n, worker, workers);
    found[worker] = n;
    for (int64_t begin = mine.begin; begin < mine.end && found[worker] == n; begin += kBlock) {
      const int64_t end = min64(mine.end, begin + kBlock);
      UpTo<S> block(high);
      for_registers<S>(begin, end, [&](int64_t i, auto lanes) { block.add(T::load(x + i, lanes)); });
      const int64_t first = begin + block.first_outside(x + begin, end - begin);
      if (first < end) found[worker] = first;
    }
  });
  int64_t first = n;
  for (int worker = 0; worker < workers; ++worker) first = min64(first, found[worker]);
  return first;
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

// Calls f(i, lanes) for the registers of n numbers, divided among the workers.
template <class S, class F>
inline void each_register(Pool& pool, int64_t n, F&& f) {
  const int workers = workers_for(pool, double(n));
  for_workers(pool, workers, [&](int worker) {
    const Range r = part(n, worker, workers);
    for_registers<S>(r.begin, r.end, f);
  });
}

template <class S>
inline void axpy(Pool& pool, int64_t n, double alpha, const S* x, S* y) {
  using T = vec<S>;
  each_register<S>(pool, n, [&](int64_t i, auto lanes) {
    (T::load(y + i, lanes) + S(alpha) * T::load(x + i, lanes)).store(y + i, lanes);
  });
}

template <class S>
inline void scale(Pool& pool, int64_t n, double alpha, S* x) {
  using T = vec<S>;
  each_register<S>(pool, n, [&](int64_t i, auto lanes) { (T::load(x + i, lanes) * S(alpha)).store(x + i, lanes); });
}

template <class S>
inline void clamp(Pool& pool, int64_t n, double limit, S* x) {
  using T = vec<S>;
  const T high = T(S(limit)), low = -high;
  each_register<S>(pool, n, [&](int64_t i, auto lanes) {
    const T v = T::load(x + i, lanes);
    select(v > high, high, select(v < low, low, v)).store(x + i, lanes);
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

// The losses of elements p against targets t, and their derivatives.
template <int32_t kKind, class S>
KAN_HD vec<S> element_loss(vec<S> p, vec<S> t, S delta, vec<S>& d) {
  using T = vec<S>;
  if constexpr (kKind == KAN_LOSS_MSE) {
    const T e = p - t;
    d = S(2) * e;
    return e * e;
  } else if constexpr (kKind == KAN_LOSS_HUBER) {
    const T e = p - t, size = abs(e);
    const auto quadratic = size <= T(delta);
    d = select(quadratic, e, select(e > T(S(0)), T(delta), select(e < T(S(0)), T(-delta), e)));
    return select(quadratic, S(0.5) * e * e, delta * (size - S(0.5) * delta));
  } else {
    // softplus(p) = max(p, 0) + log(1 + exp(-|p|)), stable for large |p|; its derivative is the sigmoid.
    const T e = exp_of_negative(negative(p)), tail = log1p_of_fraction(e);
    if constexpr (kKind == KAN_LOSS_BCE_LOGITS) {
      // softplus(p) - p t
      const T rest = t - one_above(p);
      d = minus_above(e / (e + S(1)), p) - rest;
      return fma(-p, rest, tail);
    } else {
      // delta t softplus(-p) + (1 - t) softplus(p)
      const T inverse = S(1) / (S(1) + e), other = e * inverse;
      const auto up = p >= T(S(0));
      d = (S(1) - t) * select(up, inverse, other) - delta * t * select(up, other, inverse);
      return delta * t * (max(-p, T(S(0))) + tail) + (S(1) - t) * (max(p, T(S(0))) + tail);
    }
  }
}

// Weights of rows of `out` elements; NULL: each counts 1.
template <class S>
struct RowWeights {
  const S* of;
  int64_t out;
};

// Writes the weights of elements one after the other, a register a store: what a store has too much the next one overwrites.
template <class S>
struct WeightRuns {
  using T = vec<S>;
  const RowWeights<S> weights;
  int64_t row = 0, left;  // elements of the row to come

  explicit WeightRuns(RowWeights<S> weights) : weights(weights), left(weights.out) {}
  // Of the next n elements; `to` has a register more.
  void next(int64_t n, S* to) {
    for (int64_t i = 0; i < n;) {
      const T weight(weights.of[row]);
      const int64_t end = min64(n, i + left);
      for (int64_t j = i; j < end; j += T::W) weight.store(to + j);
      left -= end - i;
      i = end;
      if (left == 0) ++row, left = weights.out;
    }
  }
};

// Their sum over n of them, in rows, and, where d is not NULL, the derivatives times `factor`. A few registers are added up in S, the
// rest in double. Of a binary loss NaN where a target is not from 0 to 1.
template <int32_t kKind, bool kWeighted, class S>
inline double element_losses(const S* p, const S* t, int64_t n, S delta, S factor, RowWeights<S> weights, S* d) {
  using T = vec<S>;
  constexpr int64_t kBlock = 16 * T::W;
  alignas(64) S each[kBlock + T::W];
  constexpr bool kBinary = kKind == KAN_LOSS_BCE_LOGITS || kKind == KAN_LOSS_BCE_POSITIVE;
  WeightRuns<S> runs(weights);
  UpTo<S> targets(1);
  double total = 0;
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t end = min64(n, begin + kBlock);
    if (kWeighted && weights.out > 1) runs.next(end - begin, each);
    const S* const weight_of = kWeighted && weights.out == 1 ? weights.of + begin : each;
    T block(S(0));
    for_registers<S>(begin, end, [&](int64_t i, auto lanes) KAN_INLINE {
      const T target = T::load(t + i, lanes);
      if constexpr (kBinary) targets.add(target);
      T derivative, loss = element_loss<kKind>(T::load(p + i, lanes), target, delta, derivative);
      if constexpr (!__is_same(decltype(lanes), AllLanes))
        for (int l = lanes; l < T::W; ++l) loss.v[l] = S(0);
      if constexpr (kWeighted) {
        const T weight = T::load(weight_of + (i - begin), lanes);
        derivative = derivative * weight;
        block = fma(loss, weight, block);
      } else {
        block += loss;
      }
      if (d) (derivative * factor).store(d + i, lanes);
    });
    total += double(sum(block));
  }
  if (kBinary && targets.first_outside(t, n) < n) return __builtin_nan("");
  return total;
}

// f(0) .. f(N - 1), one after the other in the code.
template <int N, class F>
KAN_HD void unrolled(F&& f) {
#pragma GCC unroll 4
  for (int c = 0; c < N; ++c) f(c);
}

// The same of KAN_LOSS_BCE_LOGITS without weights: logarithms of 1 + exp(-|p|) are one of their product, which in a lane is at most
// 2^124, taken less 1 so that small ones keep their digits. Four registers at once, step by step, for each step waits for the one
// before.
template <class S>
inline double bce_losses(const S* p, const S* t, int64_t n, S factor, S* d) {
  using T = vec<S>;
  constexpr int kChains = 4;
  constexpr int64_t kStep = kChains * T::W, kBlock = 31 * kStep;
  alignas(64) S ones[T::W];
  T(S(1)).store(ones);
  T rest[kChains], product[kChains];
  UpTo<S> targets(1);
  const auto add = [&](int64_t i, auto lanes, auto registers) KAN_INLINE {
    constexpr int kCount = decltype(registers)::value;
    T at[kCount], e[kCount], target[kCount], more[kCount];
    unrolled<kCount>([&](int c) KAN_INLINE { at[c] = T::load(p + i + c * T::W, lanes); });
    unrolled<kCount>([&](int c) KAN_INLINE {
      e[c] = exp_of_negative(negative(at[c]));
      if constexpr (!__is_same(decltype(lanes), AllLanes))
        e[c] = e[c] * T::load(ones, lanes);  // a logit of +0, whose rest is 0
    });
    unrolled<kCount>([&](int c) KAN_INLINE { target[c] = T::load(t + i + c * T::W, lanes); });
    unrolled<kCount>([&](int c) KAN_INLINE { targets.add(target[c]); });
    unrolled<kCount>([&](int c) KAN_INLINE { target[c] -= one_above(at[c]); });
    unrolled<kCount>([&](int c) KAN_INLINE {
      more[c] = e[c] + S(1);
      if (d) ((minus_above(e[c] / more[c], at[c]) - target[c]) * factor).store(d + i + c * T::W, lanes);
    });
    unrolled<kCount>([&](int c) KAN_INLINE {
      product[c] = fma(product[c], more[c], e[c]);
      rest[c] = fma(-at[c], target[c], rest[c]);
    });
  };
  double total = 0;
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t end = min64(n, begin + kBlock);
    for (int c = 0; c < kChains; ++c) rest[c] = product[c] = T(S(0));
    int64_t i = begin;
    for (; i + kStep <= end; i += kStep) add(i, AllLanes{}, Constant<kChains>());
    for_registers<S>(i, end, [&](int64_t j, auto lanes) KAN_INLINE { add(j, lanes, Constant<1>()); });
    for (int c = 1; c < kChains; ++c) {
      rest[0] += rest[c];
      product[0] = fma(product[0], product[c] + S(1), product[c]);
    }
    total += double(sum(rest[0] + log1p(product[0])));
  }
  return targets.first_outside(t, n) < n ? __builtin_nan("") : total;
}

template <bool kWeighted, class S>
inline double element_losses(int32_t kind, const S* p, const S* t, int64_t n, S delta, S factor, RowWeights<S> w,
                             S* d) {
  switch (kind) {
    case KAN_LOSS_MSE: return element_losses<KAN_LOSS_MSE, kWeighted>(p, t, n, delta, factor, w, d);
    case KAN_LOSS_BCE_LOGITS:
      if constexpr (!kWeighted) return bce_losses(p, t, n, factor, d);
      else return element_losses<KAN_LOSS_BCE_LOGITS, true>(p, t, n, delta, factor, w, d);
    case KAN_LOSS_BCE_POSITIVE: return element_losses<KAN_LOSS_BCE_POSITIVE, kWeighted>(p, t, n, delta, factor, w, d);
    default: return element_losses<KAN_LOSS_HUBER, kWeighted>(p, t, n, delta, factor, w, d);
  }
}

template <class S>
inline double loss(Pool& pool, const kan::LossArgs& a) {
  const S* p = static_cast<const S*>(a.p);
  const S* weights = static_cast<const S*>(a.weights);
  S* d = static_cast<S*>(a.d_p);
  double rows = double(a.batch);
  if (weights) {
    rows = sum_parts(pool, a.batch, double(a.batch), [&](int64_t begin, int64_t end) {
      double total = 0;
      for (int64_t b = begin; b < end; ++b) total += double(weights[b]);
      return total;
    });
  }
  const bool labels = a.kind == KAN_LOSS_CROSS_ENTROPY;
  const double share = labels ? 1 / rows : 1 / (rows * double(a.out));
  return share * sum_parts(pool, a.batch, double(a.batch) * double(a.out) * 4, [&](int64_t begin, int64_t end) {
           const int64_t from = begin * a.out;
           if (!labels) {
             const auto all = weights ? element_losses<true, S> : element_losses<false, S>;
             return all(a.kind, p + from, static_cast<const S*>(a.target) + from, (end - begin) * a.out, S(a.delta),
                        S(share), RowWeights<S>{weights ? weights + begin : nullptr, a.out}, d ? d + from : nullptr);
           }
           double total = 0;
           for (int64_t b = begin; b < end; ++b) {
             const double w = weights ? double(weights[b]) : 1;
             total += w * cross_entropy_row(p + b * a.out, a.out, static_cast<const int32_t*>(a.target)[b],
                                            S(w * share), d ? d + b * a.out : nullptr);
           }
           return total;
         });
}

}  // namespace KAN_NS
