// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// A layer with all its memory, filled with a fixed sequence of numbers.
#pragma once
#include <kan/kan.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace {

struct Case {
  const char* name;
  int32_t kind, dtype, basis, base, grid, order, flags;
  int32_t activation = KAN_ACTIVATION_NONE;  // of KAN_LAYER_ACTIVATION
  bool uneven = false;                       // knots, as an update of the grid leaves them
};

[[noreturn]] void fail(const char* what, kan_context context) {
  char text[512] = "";
  kan_last_error(context, text, sizeof text);
  std::fprintf(stderr, "driver: %s: %s\n", what, text);
  std::exit(1);
}

void check(kan_status status, const char* what, kan_context context) {
  if (status != KAN_OK) fail(what, context);
}

template <class S>
S sized() {
  S s;
  std::memset(&s, 0, sizeof s);
  s.struct_size = sizeof s;
  s.struct_version = 1;
  return s;
}

// A fixed sequence in -1..1: the counts must not depend on the day.
struct Random {
  uint64_t state = 88172645463325252ull;
  double operator()() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return static_cast<double>(state >> 11) * 0x1p-52 - 1;
  }
};

// 64-byte aligned numbers of either type, zeros: the system's, which nobody has to write.
struct Memory {
  std::unique_ptr<void, decltype(&std::free)> raw;
  void* data;
  explicit Memory(long long bytes) : raw(std::calloc(1, static_cast<size_t>(bytes + 64)), &std::free) {
    data = reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(raw.get()) + 63) & ~uintptr_t{63});
  }
};

void store(void* at, int32_t dtype, long long i, double value) {
  if (dtype == KAN_F32) {
    static_cast<float*>(at)[i] = static_cast<float>(value);
  } else {
    static_cast<double*>(at)[i] = value;
  }
}

// A sensible value of element `last` of a row of a named tensor.
using Value = double (*)(double last, const kan_tensor_info& t, const Case& c, Random& random);
Value value_of(const std::string& name) {
  if (name == "knots")
    return [](double last, const kan_tensor_info&, const Case& c, Random& random) {
      return -1 + (last - c.order + (c.uneven ? 0.3 * random() : 0)) * 2 / c.grid;
    };
  if (name == "centres")
    return [](double last, const kan_tensor_info& t, const Case&, Random&) {
      return -2 + last * 4 / static_cast<double>(t.count - 1);
    };
  if (name == "inv_width") return [](double, const kan_tensor_info&, const Case&, Random&) { return 1.75; };
  if (name == "freq") return [](double last, const kan_tensor_info&, const Case&, Random&) { return last + 1; };
  if (name == "phase_low")
    return [](double last, const kan_tensor_info&, const Case& c, Random&) { return (last - c.order) / c.grid; };
  if (name == "phase_high")
    return [](double last, const kan_tensor_info&, const Case& c, Random&) { return (last + 1) / c.grid; };
  if (name == "norm_weight" || name == "scale" || name == "mask" || name == "coef_scale" || name == "running_var")
    return [](double, const kan_tensor_info&, const Case&, Random&) { return 1.0; };
  return [](double, const kan_tensor_info&, const Case&, Random& random) { return 0.1 * random(); };
}

kan_adamw adamw_of_a_step() {
  auto adamw = sized<kan_adamw>();
  adamw.learning_rate = 1e-6;
  adamw.beta1 = 0.9;
  adamw.beta2 = 0.999;
  adamw.eps = 1e-8;
  adamw.step = 1;
  return adamw;
}

struct Layer {
  const Case c;
  kan_context context;
  long long batch;
  kan_layer layer = nullptr;
  kan_layer_sizes sizes = sized<kan_layer_sizes>();
  Memory *params, *grads, *m, *v, *buffers, *saved, *scratch, *x, *y, *d_x, *d_y;

  Layer(kan_context ctx, const Case& which, long long in, long long out, long long rows)
      : c(which), context(ctx), batch(rows) {
    auto spec = sized<kan_layer_spec>();
    spec.kind = c.kind;
    spec.dtype = c.dtype;
    spec.in_features = in;
    spec.out_features = out;
    spec.basis = c.basis;
    spec.base = c.base;
    spec.grid = c.grid;
    spec.order = c.order;
    spec.flags = c.flags;
    spec.activation = c.activation;
    spec.shape[2] = 1e-5;
    if (c.basis == KAN_BASIS_JACOBI) spec.shape[0] = spec.shape[1] = 1;
    check(kan_layer_create(ctx, &spec, &layer), c.name, ctx);
    auto infer = sized<kan_layer_sizes>();
    check(kan_layer_query(ctx, layer, batch, KAN_MODE_INFER, &infer), c.name, ctx);
    check(kan_layer_query(ctx, layer, batch, KAN_MODE_TRAIN, &sizes), c.name, ctx);
    params = new Memory(8 * sizes.params);
    grads = new Memory(8 * sizes.params);
    m = new Memory(8 * sizes.params);
    v = new Memory(8 * sizes.params);
    buffers = new Memory(8 * sizes.buffers);
    saved = new Memory(sizes.saved_bytes);
    scratch = new Memory(std::max(sizes.scratch_bytes, infer.scratch_bytes));
    x = new Memory(8 * batch * in);
    y = new Memory(8 * batch * out);
    d_x = new Memory(8 * batch * in);
    d_y = new Memory(8 * batch * out);
    Random random;
    for (long long i = 0; i < batch * std::max(in, out); ++i) {
      const double first = random(), second = random();
      if (i < batch * in) store(x->data, c.dtype, i, first);
      if (i < batch * out) store(d_y->data, c.dtype, i, second);
    }
    for (long long t = 0; t < sizes.tensors; ++t) {
      auto info = sized<kan_tensor_info>();
      check(kan_layer_tensor(ctx, layer, t, &info), c.name, ctx);
      Memory natural(8 * info.count);
      const Value value = value_of(info.name);
      const long long row = info.shape[info.rank - 1];
      for (long long i = 0; i < info.count; ++i)
        store(natural.data, c.dtype, i, value(static_cast<double>(i % row), info, c, random));
      check(
          kan_layer_tensor_set(ctx, layer, t, natural.data, info.role == KAN_ROLE_PARAM ? params->data : buffers->data),
          c.name, ctx);
    }
  }

  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  ~Layer() {
    kan_layer_destroy(layer);
    for (Memory* memory : {params, grads, m, v, buffers, saved, scratch, x, y, d_x, d_y}) delete memory;
  }

  kan_status forward() {
    return kan_layer_forward(context, layer, KAN_MODE_TRAIN, batch, x->data, params->data, buffers->data, y->data,
                             saved->data, scratch->data);
  }

  kan_status infer() {
    return kan_layer_forward(context, layer, KAN_MODE_INFER, batch, x->data, params->data, buffers->data, y->data,
                             nullptr, scratch->data);
  }

  kan_status backward() {
    return kan_layer_backward(context, layer, batch, x->data, params->data, buffers->data, saved->data, d_y->data,
                              KAN_GRAD_OVERWRITE, d_x->data, KAN_GRAD_OVERWRITE, grads->data, scratch->data);
  }

  kan_status step(int32_t dx = KAN_GRAD_NONE) {
    const kan_adamw adamw = adamw_of_a_step();
    return kan_layer_backward_adamw(context, layer, batch, x->data, params->data, buffers->data, saved->data, d_y->data,
                                    dx, dx == KAN_GRAD_NONE ? nullptr : d_x->data, &adamw, m->data, v->data,
                                    scratch->data);
  }

  kan_status run(int operation) { return operation == 0 ? forward() : operation == 1 ? backward() : step(); }
};

kan_context open(int32_t tier, int32_t threads = 1) {
  auto spec = sized<kan_context_spec>();
  spec.threads = threads;
  spec.tier = tier;
  kan_context context = nullptr;
  check(kan_context_create(&spec, &context), "a context of the tier", nullptr);
  return context;
}

}  // namespace
