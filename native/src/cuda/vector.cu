// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Optimizers and vectors: element by element, bound by memory.
//   AdamW   bytes 28 n (read p, g, m, v; write p, m, v), flops ~ 12 n     SGD  bytes 12 n or 20 n
//   axpy    12 n     scale  8 n     dot  8 n: every block sums its share in double, one block adds the shares in order
// Floor: bytes over copy bandwidth.
#include "cuda/device.cuh"

namespace kan::cuda {
namespace {

constexpr int kVectorThreads = 256;

__global__ void adamw_kernel(int64_t n, AdamWSource source, float* p, const float* g, float* m, float* v) {
  const AdamW<float> step = source.get();
  for (int64_t i = first_index(); i < n; i += index_step()) {
    float tp = p[i], tm = m[i], tv = v[i];
    step.update(tp, g[i], tm, tv);
    p[i] = tp;
    m[i] = tm;
    v[i] = tv;
  }
}

__global__ void advance_kernel(kan_adamw options, kan_optimizer_state* state) {
  options.learning_rate = state->learning_rate;
  options.step = ++state->step;
  const AdamW<float> step(&options);
  memcpy(state->coefficients, &step, sizeof step);
}

__global__ void sgd_kernel(int64_t n, double rate_, const kan_optimizer_state* state, float momentum, float decay,
                           bool nesterov, float* p, const float* g, float* velocity) {
  const float rate = float(state ? state->learning_rate : rate_);
  for (int64_t i = first_index(); i < n; i += index_step()) {
    const float old = p[i], step = g[i] + decay * old;
    float moved = step;
    if (velocity) {
      moved = momentum * velocity[i] + step;
      velocity[i] = moved;
    }
    p[i] = old - rate * (nesterov ? step + momentum * moved : moved);
  }
}

// What each group does, as an argument of a kernel.
template <class O>
struct Groups {
  int32_t count;
  O of[KAN_MAX_GROUPS];
};

__global__ void adamw_groups_kernel(int64_t n, Groups<AdamW<float>> groups, const uint8_t* group, float* p,
                                    const float* g, float* m, float* v) {
  for (int64_t i = first_index(); i < n; i += index_step()) {
    if (group[i] >= groups.count) continue;
    float tp = p[i], tm = m[i], tv = v[i];
    groups.of[group[i]].update(tp, g[i], tm, tv);
    p[i] = tp;
    m[i] = tm;
    v[i] = tv;
  }
}

struct SgdStep {
  float rate, momentum, decay;
  bool nesterov;
};

__global__ void sgd_groups_kernel(int64_t n, Groups<SgdStep> groups, const uint8_t* group, float* p, const float* g,
                                  float* velocity) {
  for (int64_t i = first_index(); i < n; i += index_step()) {
    if (group[i] >= groups.count) continue;
    const SgdStep& o = groups.of[group[i]];
    const float old = p[i], step = g[i] + o.decay * old;
    float moved = step;
    if (o.momentum > 0) {
      moved = o.momentum * velocity[i] + step;
      velocity[i] = moved;
    }
    p[i] = old - o.rate * (o.nesterov ? step + o.momentum * moved : moved);
  }
}

template <class T>
__global__ void clamp_kernel(int64_t n, double limit, T* x) {
  for (int64_t i = first_index(); i < n; i += index_step()) {
    const T a = x[i];
    x[i] = a > T(limit) ? T(limit) : a < -T(limit) ? -T(limit) : a;
  }
}

template <class T>
__global__ void axpy_kernel(int64_t n, double alpha, const T* x, T* y) {
  for (int64_t i = first_index(); i < n; i += index_step()) y[i] = y[i] + T(alpha) * x[i];
}

template <class T>
__global__ void scale_kernel(int64_t n, double alpha, T* x) {
  for (int64_t i = first_index(); i < n; i += index_step()) x[i] = x[i] * T(alpha);
}

template <class T>
__global__ void dot_kernel(int64_t n, const T* a, const T* b, double* parts) {
  KAN_SHARED_MEMORY(double, room);
  double sum = 0;
  for (int64_t i = first_index(); i < n; i += index_step()) sum += double(a[i]) * double(b[i]);
  sum = block_sum(sum, room);
  if (threadIdx.x == 0) parts[blockIdx.x] = sum;
}

__global__ void dot_total_kernel(int parts, const double* from, double* value) {
  KAN_SHARED_MEMORY(double, room);
  double sum = 0;
  for (int i = int(threadIdx.x); i < parts; i += int(blockDim.x)) sum += from[i];
  sum = block_sum(sum, room);
  if (threadIdx.x == 0) *value = sum;
}

__global__ void sink_kernel(int64_t n, const float* g, int parts, int64_t stride, Sink sink, int64_t offset) {
  const Sink::Writer writer(sink);
  for (int64_t i = first_index(); i < n; i += index_step()) {
    float sum = g[i];
    for (int part = 1; part < parts; ++part) sum += g[part * stride + i];
    writer.put(offset + i, sum);
  }
}

__global__ void sum_parts_kernel(int64_t n, const float* from, int parts, int64_t stride, const float* bias,
                                 int64_t width, int32_t mode, float* to) {
  for (int64_t i = first_index(); i < n; i += index_step()) {
    float sum = from[i];
    for (int part = 1; part < parts; ++part) sum += from[part * stride + i];
    if (bias) sum += bias[i % width];
    put_by_mode(mode, to[i], sum);
  }
}

const kan_optimizer_state* state_of(unsigned long long address) {
  return reinterpret_cast<const kan_optimizer_state*>(uintptr_t(address));
}

}  // namespace

void adamw(CudaDevice& d, const kan_adamw& options, int64_t n, float* p, const float* g, float* m, float* v) {
  launch(d, adamw_kernel, grid_for(d, n, kVectorThreads), kVectorThreads, 0, n, AdamWSource(&options), p, g, m, v);
}

void adamw_advance(CudaDevice& d, const kan_adamw& options) {
  launch(d, advance_kernel, dim3(1), 1, 0, options, const_cast<kan_optimizer_state*>(state_of(options.state)));
}

void sgd(CudaDevice& d, const kan_sgd& o, int64_t n, float* p, const float* g, float* velocity) {
  launch(d, sgd_kernel, grid_for(d, n, kVectorThreads), kVectorThreads, 0, n, o.learning_rate, state_of(o.state),
         float(o.momentum), float(o.weight_decay), o.nesterov != 0, p, g, velocity);
}

void adamw_groups(CudaDevice& d, const kan_adamw* optimizers, int32_t count, const uint8_t* group, int64_t n, float* p,
                  const float* g, float* m, float* v) {
  Groups<AdamW<float>> groups{};
  groups.count = count;
  for (int32_t i = 0; i < count; ++i) groups.of[i] = AdamW<float>(optimizers + i);
  launch(d, adamw_groups_kernel, grid_for(d, n, kVectorThreads), kVectorThreads, 0, n, groups, group, p, g, m, v);
}

void sgd_groups(CudaDevice& d, const kan_sgd* optimizers, int32_t count, const uint8_t* group, int64_t n, float* p,
                const float* g, float* velocity) {
  Groups<SgdStep> groups{};
  groups.count = count;
  for (int32_t i = 0; i < count; ++i) {
    const kan_sgd& o = optimizers[i];
    groups.of[i] = {float(o.learning_rate), float(o.momentum), float(o.weight_decay), o.nesterov != 0};
  }
  launch(d, sgd_groups_kernel, grid_for(d, n, kVectorThreads), kVectorThreads, 0, n, groups, group, p, g, velocity);
}

template <class T>
static void dot_of(CudaDevice& d, int64_t n, const void* a, const void* b, double* value) {
  const dim3 grid = grid_for(d, n, kVectorThreads);
  launch(d, dot_kernel<T>, grid, kVectorThreads, kVectorThreads / kWarp * sizeof(double), n, static_cast<const T*>(a),
         static_cast<const T*>(b), d.reduction);
  launch(d, dot_total_kernel, dim3(1), kVectorThreads, kVectorThreads / kWarp * sizeof(double), int(grid.x),
         d.reduction, value);
}

void dot(CudaDevice& d, int32_t dtype, int64_t n, const void* a, const void* b, double* value) {
  dtype == KAN_F64 ? dot_of<double>(d, n, a, b, value) : dot_of<float>(d, n, a, b, value);
}

void axpy(CudaDevice& d, int32_t dtype, int64_t n, double alpha, const void* x, void* y) {
  if (dtype == KAN_F64) {
    launch(d, axpy_kernel<double>, grid_for(d, n, kVectorThreads), kVectorThreads, 0, n, alpha,
           static_cast<const double*>(x), static_cast<double*>(y));
  } else {
    launch(d, axpy_kernel<float>, grid_for(d, n, kVectorThreads), kVectorThreads, 0, n, alpha,
           static_cast<const float*>(x), static_cast<float*>(y));
  }
}

void scale(CudaDevice& d, int32_t dtype, int64_t n, double alpha, void* x) {
  if (dtype == KAN_F64)
    launch(d, scale_kernel<double>, grid_for(d, n, kVectorThreads), kVectorThreads, 0, n, alpha,
           static_cast<double*>(x));
  else
    launch(d, scale_kernel<float>, grid_for(d, n, kVectorThreads), kVectorThreads, 0, n, alpha, static_cast<float*>(x));
}

void clamp(CudaDevice& d, int32_t dtype, int64_t n, double limit, void* x) {
  if (dtype == KAN_F64)
    launch(d, clamp_kernel<double>, grid_for(d, n, kVectorThreads), kVectorThreads, 0, n, limit,
           static_cast<double*>(x));
  else
    launch(d, clamp_kernel<float>, grid_for(d, n, kVectorThreads), kVectorThreads, 0, n, limit, static_cast<float*>(x));
}

void sink_gradient(CudaDevice& d, int64_t n, const float* g, int parts, int64_t stride, const Sink& sink,
                   int64_t offset) {
  if (sink.wanted())
    launch(d, sink_kernel, grid_for(d, n, kVectorThreads), kVectorThreads, 0, n, g, parts, stride, sink, offset);
}

void sum_parts(CudaDevice& d, int64_t n, const float* from, int parts, int64_t stride, const float* bias, int64_t width,
               int32_t mode, float* to) {
  launch(d, sum_parts_kernel, grid_for(d, n, kVectorThreads), kVectorThreads, 0, n, from, parts, stride, bias, width,
         mode, to);
}

}  // namespace kan::cuda
