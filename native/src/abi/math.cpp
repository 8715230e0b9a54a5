// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Optimizers, vectors, losses.
#include <algorithm>
#include <limits>

#include "abi/check.hpp"
#include "abi/guard.hpp"
#include "core/runs.hpp"

using namespace kan;
using namespace kan::abi;

namespace kan::abi {

kan_adamw read_adamw(const Context& c, const kan_adamw* optimizer);

// low <= value < high; NaN fails.
void check_number(const char* name, double value, double low, double high) {
  if (!(value >= low && value < high)) {
    throw Error(KAN_INVALID_ARGUMENT, name, ": expected a number from ", low, " and below ", high, ", given ", value);
  }
}

// A kan_optimizer_state on the device, or none.
void check_state(const Context& c, unsigned long long state) {
  if (state && !c.device()) throw Error(KAN_INVALID_ARGUMENT, "optimizer.state: expected 0 on the CPU, given ", state);
  check_aligned("optimizer.state", reinterpret_cast<const void*>(uintptr_t(state)), 64);
}

kan_sgd read_sgd(const Context& c, const kan_sgd* optimizer) {
  const kan_sgd o = read_struct("optimizer", optimizer);
  check_state(c, o.state);
  if (!o.state) check_number("optimizer.learning_rate", o.learning_rate, 0, HUGE_VAL);
  check_number("optimizer.momentum", o.momentum, 0, 1);
  check_number("optimizer.weight_decay", o.weight_decay, 0, HUGE_VAL);
  check_range("optimizer.nesterov", o.nesterov, 0, 1);
  check_range("optimizer.reserved", o.reserved, 0, 0);
  return o;
}

kan_adamw read_adamw(const Context& c, const kan_adamw* optimizer) {
  const kan_adamw o = read_struct("optimizer", optimizer);
  check_state(c, o.state);
  if (!o.state) {
    check_number("optimizer.learning_rate", o.learning_rate, 0, HUGE_VAL);
    check_range("optimizer.step", o.step, 1, INT64_MAX);
  }
  check_number("optimizer.beta1", o.beta1, 0, 1);
  check_number("optimizer.beta2", o.beta2, 0, 1);
  check_number("optimizer.weight_decay", o.weight_decay, 0, HUGE_VAL);
  if (!(o.eps > 0 && std::isfinite(o.eps))) {
    throw Error(KAN_INVALID_ARGUMENT, "optimizer.eps: expected a number > 0, given ", o.eps);
  }
  return o;
}

}  // namespace kan::abi

namespace {

// A result of an operation on no numbers at all.
void set_zero(Context& c, double* value) {
  if (c.device()) c.plugin->fill(*c.device(), value, 0, sizeof *value);
  else *value = 0;
}

int64_t vector_bytes(int32_t dtype, int64_t n) {
  check_dtype(dtype);
  check_range("n", n, 0, INT64_MAX);
  return product("n", n, 1, size_of(dtype));
}

// The first i in begin .. end-1 for which good(i) is not true, or `end`. Whole blocks without a branch, in flags as wide as what is
// read, which the compiler takes many at a time.
template <class Flag, class F>
int64_t first_not(int64_t begin, int64_t end, F&& good) {
  constexpr int64_t kBlock = 128;
  int64_t i = begin;
  for (; i + kBlock <= end; i += kBlock) {
    Flag bad = 0;
    for (int64_t j = 0; j < kBlock; ++j) bad |= Flag(good(i + j) ? 0 : 1);
    if (bad) break;
  }
  while (i < end && good(i)) ++i;
  return i;
}

// The same of n numbers by as many workers as they are worth: these checks run beside the step of every batch.
template <class Flag, class F>
int64_t first_not(Pool& pool, int64_t n, F&& good) {
  constexpr int64_t kWorth = 65536;
  const int workers = int(std::min(int64_t(pool.threads()), 1 + n / kWorth));
  int64_t found[KAN_MAX_THREADS];
  for_workers(pool, workers, [&](int worker) {
    const int64_t end = n * (worker + 1) / workers, i = first_not<Flag>(n * worker / workers, end, good);
    found[worker] = i < end ? i : n;
  });
  return *std::min_element(found, found + workers);
}

// Losses read class labels, weights and targets as they come from a file: a bad one must not index out of bounds.
void check_labels(Pool& pool, int64_t batch, int64_t out, const int32_t* labels) {
  const uint32_t classes = uint32_t(std::min(out, int64_t(1) << 31));
  const int64_t b = first_not<int32_t>(pool, batch, [&](int64_t j) { return uint32_t(labels[j]) < classes; });
  if (b < batch) {
    throw Error(KAN_INVALID_ARGUMENT, "target[", b, "]: expected a class label of 0 to ", out - 1, ", given ",
                labels[b]);
  }
}

// weights[j] and target[j] from 0 to `high`.
void check_range_of(Context& c, const char* name, int32_t dtype, int64_t n, const void* x, double high,
                    const char* expected) {
  const int64_t i = c.kernels.first_outside(c.pool, dtype, n, x, high);
  if (i == n) return;
  const double given = dtype == KAN_F64 ? static_cast<const double*>(x)[i] : double(static_cast<const float*>(x)[i]);
  throw Error(KAN_INVALID_ARGUMENT, name, "[", i, "]: expected ", expected, ", given ", given);
}

template <class T>
void check_some_weight(int64_t batch, const T* weights) {
  if (std::none_of(weights, weights + batch, [](T weight) { return weight > 0; })) {
    throw Error(KAN_INVALID_ARGUMENT, "weights: all ", batch, " are 0, expected at least one above");
  }
}

void check_loss_data(Context& c, const LossArgs& a) {
  const bool f64 = a.dtype == KAN_F64;
  if (a.kind == KAN_LOSS_CROSS_ENTROPY) check_labels(c.pool, a.batch, a.out, static_cast<const int32_t*>(a.target));
  if (a.weights) {
    constexpr double kMost[] = {std::numeric_limits<float>::max(), std::numeric_limits<double>::max()};
    check_range_of(c, "weights", a.dtype, a.batch, a.weights, kMost[f64], "a finite number >= 0");
    f64 ? check_some_weight(a.batch, static_cast<const double*>(a.weights))
        : check_some_weight(a.batch, static_cast<const float*>(a.weights));
  }
}

// The loss on the CPU. Kernels make a binary loss NaN where a target is not from 0 to 1, and it is named afterwards: looking at all
// targets first takes a sixth of the time. Predictions that are overwritten are to survive a refusal, and wait for that.
void loss_here(Context& c, const LossArgs& a, double* value) {
  check_loss_data(c, a);
  const bool binary = a.kind == KAN_LOSS_BCE_LOGITS || a.kind == KAN_LOSS_BCE_POSITIVE;
  const auto check_targets = [&] {
    check_range_of(c, "target", a.dtype, a.batch * a.out, a.target, 1, "a number of 0 to 1");
  };
  if (binary && a.d_p == a.p) check_targets();
  double result;
  c.kernels.loss(c.pool, a, &result);
  if (binary && std::isnan(result)) check_targets();
  *value = result;
}

// Reads a group's optimizers into `copies`; every number of `group` must name one of them. On a device the kernels leave
// numbers of unknown groups alone.
template <class O, class Read>
void read_groups(const Context& c, const O* const* optimizers, int32_t groups, const uint8_t* group, int64_t n,
                 O* copies, Read&& read) {
  check_range("groups", groups, 1, KAN_MAX_GROUPS);
  check_pointer("optimizers", optimizers, groups * int64_t(sizeof(void*)), alignof(void*));
  check_pointer("group", group, n, 1);
  for (int32_t i = 0; i < groups; ++i) {
    copies[i] = read(c, optimizers[i]);
    if (copies[i].state) throw Error(KAN_INVALID_ARGUMENT, "optimizers[", i, "].state: expected 0 for groups");
  }
  for (int64_t i = 0, end; i < n && !c.device(); i = end) {
    end = run_end(group, i, n);
    if (group[i] >= groups && group[i] != KAN_FROZEN) {
      throw Error(KAN_INVALID_ARGUMENT, "group[", i, "]: expected 0 to ", groups - 1, " or ", KAN_FROZEN, ", given ",
                  int(group[i]));
    }
  }
}

}  // namespace

kan_status kan_adamw_step(kan_context context, const kan_adamw* optimizer, int32_t dtype, long long n, void* params,
                          const void* grads, void* m, void* v) {
  return run(context, [&](Context& c) {
    const kan_adamw adam = read_adamw(c, optimizer);
    check_device_dtype(c, dtype);
    const int64_t bytes = vector_bytes(dtype, n), element = size_of(dtype);
    check_pointer("params", params, bytes, element);
    check_pointer("grads", grads, bytes, element);
    check_pointer("m", m, bytes, element);
    check_pointer("v", v, bytes, element);
    Arrays().reads("grads", grads, bytes).writes("params", params, bytes).writes("m", m, bytes).writes("v", v, bytes);
    if (n > 0) c.kernels.adamw(c.pool, adam, dtype, n, params, grads, m, v);
  });
}

kan_status kan_sgd_step(kan_context context, const kan_sgd* optimizer, int32_t dtype, long long n, void* params,
                        const void* grads, void* velocity) {
  return run(context, [&](Context& c) {
    const kan_sgd sgd = read_sgd(c, optimizer);
    check_device_dtype(c, dtype);
    const int64_t bytes = vector_bytes(dtype, n), element = size_of(dtype);
    check_pointer("params", params, bytes, element);
    check_pointer("grads", grads, bytes, element);
    if (sgd.momentum > 0 || velocity) check_pointer("velocity", velocity, bytes, element);
    Arrays().reads("grads", grads, bytes).writes("params", params, bytes).writes("velocity", velocity, bytes);
    if (n > 0) c.kernels.sgd(c.pool, sgd, dtype, n, params, grads, sgd.momentum > 0 ? velocity : nullptr);
  });
}

kan_status kan_adamw_step_groups(kan_context context, const kan_adamw* const* optimizers, int32_t groups,
                                 const uint8_t* group, int32_t dtype, long long n, void* params, const void* grads,
                                 void* m, void* v) {
  return run(context, [&](Context& c) {
    const int64_t bytes = vector_bytes(dtype, n), element = size_of(dtype);
    kan_adamw adam[KAN_MAX_GROUPS];
    check_device_dtype(c, dtype);
    read_groups(c, optimizers, groups, group, n, adam, read_adamw);
    check_pointer("params", params, bytes, element);
    check_pointer("grads", grads, bytes, element);
    check_pointer("m", m, bytes, element);
    check_pointer("v", v, bytes, element);
    // `group` is checked above and trusted while stepping, so no step may write there.
    Arrays()
        .reads("grads", grads, bytes)
        .reads("group", group, n)
        .writes("params", params, bytes)
        .writes("m", m, bytes)
        .writes("v", v, bytes);
    if (n > 0) c.kernels.adamw_groups(c.pool, adam, groups, group, dtype, n, params, grads, m, v);
  });
}

kan_status kan_sgd_step_groups(kan_context context, const kan_sgd* const* optimizers, int32_t groups,
                               const uint8_t* group, int32_t dtype, long long n, void* params, const void* grads,
                               void* velocity) {
  return run(context, [&](Context& c) {
    const int64_t bytes = vector_bytes(dtype, n), element = size_of(dtype);
    kan_sgd sgd[KAN_MAX_GROUPS];
    check_device_dtype(c, dtype);
    read_groups(c, optimizers, groups, group, n, sgd, read_sgd);
    check_pointer("params", params, bytes, element);
    check_pointer("grads", grads, bytes, element);
    bool moving = false;
    for (int32_t i = 0; i < groups; ++i) moving = moving || sgd[i].momentum > 0;
    if (moving || velocity) check_pointer("velocity", velocity, bytes, element);
    Arrays()
        .reads("grads", grads, bytes)
        .reads("group", group, n)
        .writes("params", params, bytes)
        .writes("velocity", velocity, bytes);
    if (n > 0) c.kernels.sgd_groups(c.pool, sgd, groups, group, dtype, n, params, grads, velocity);
  });
}

kan_status kan_vector_clamp(kan_context context, int32_t dtype, long long n, double limit, void* x) {
  return run(context, [&](Context& c) {
    check_pointer("x", x, vector_bytes(dtype, n), size_of(dtype));
    if (!(limit > 0)) throw Error(KAN_INVALID_ARGUMENT, "limit: expected a number > 0, given ", limit);
    if (n > 0) c.kernels.clamp(c.pool, dtype, n, limit, x);
  });
}

kan_status kan_vector_dot(kan_context context, int32_t dtype, long long n, const void* a, const void* b,
                          double* value) {
  return run(context, [&](Context& c) {
    const int64_t bytes = vector_bytes(dtype, n);
    check_pointer("a", a, bytes, size_of(dtype));
    check_pointer("b", b, bytes, size_of(dtype));
    check_pointer("value", value, 8, 8);
    if (n > 0) c.kernels.dot(c.pool, dtype, n, a, b, value);
    else set_zero(c, value);
  });
}

kan_status kan_vector_axpy(kan_context context, int32_t dtype, long long n, double alpha, const void* x, void* y) {
  return run(context, [&](Context& c) {
    const int64_t bytes = vector_bytes(dtype, n);
    check_pointer("x", x, bytes, size_of(dtype));
    check_pointer("y", y, bytes, size_of(dtype));
    if (x != y) check_apart("y", y, bytes, "x", x, bytes);
    if (n > 0) c.kernels.axpy(c.pool, dtype, n, alpha, x, y);
  });
}

kan_status kan_vector_scale(kan_context context, int32_t dtype, long long n, double alpha, void* x) {
  return run(context, [&](Context& c) {
    check_pointer("x", x, vector_bytes(dtype, n), size_of(dtype));
    if (n > 0) c.kernels.scale(c.pool, dtype, n, alpha, x);
  });
}

kan_status kan_loss(kan_context context, int32_t kind, int32_t dtype, long long batch, long long out, const void* p,
                    const void* target, const void* weights, double delta, void* d_p, double* value) {
  return run(context, [&](Context& c) {
    check_dtype(dtype);
    check_device_dtype(c, dtype);
    check_range("kind", kind, KAN_LOSS_MSE, KAN_LOSS_BCE_POSITIVE);
    check_range("batch", batch, 0, INT64_MAX);
    check_range("out", out, 1, INT64_MAX);
    const int64_t element = size_of(dtype), bytes = product("p", batch, out, element);
    const bool labels = kind == KAN_LOSS_CROSS_ENTROPY;
    const int64_t target_bytes = labels ? batch * 4 : bytes;
    check_pointer("p", p, bytes, element);
    check_pointer("target", target, target_bytes, labels ? 4 : element);
    if (weights) check_pointer("weights", weights, batch * element, element);
    if (d_p) check_pointer("d_p", d_p, bytes, element);
    check_pointer("value", value, 8, 8);
    if (d_p != p) check_apart("d_p", d_p, bytes, "p", p, bytes);
    check_apart("d_p", d_p, bytes, "target", target, target_bytes);
    check_apart("d_p", d_p, bytes, "weights", weights, batch * element);
    const bool takes_delta = kind == KAN_LOSS_HUBER || kind == KAN_LOSS_BCE_POSITIVE;
    if (takes_delta && !(delta > 0 && std::isfinite(delta))) {
      throw Error(KAN_INVALID_ARGUMENT, "delta: expected a number > 0 for ",
                  kind == KAN_LOSS_HUBER ? "KAN_LOSS_HUBER" : "KAN_LOSS_BCE_POSITIVE", ", given ", delta);
    }
    const LossArgs args{kind, dtype, batch, out, p, target, weights, delta, d_p};
    if (batch == 0) set_zero(c, value);
    else if (c.device()) c.kernels.loss(c.pool, args, value);
    else loss_here(c, args, value);
  });
}
