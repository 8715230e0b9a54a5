// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Layers without products: ACTIVATION, AFFINE, LAYERNORM, BATCHNORM, MULTIPLY. All are bound by memory: forward one read
// of x and one write of y (8 batch in bytes; norms read x three times, of which two hit a cache), backward x and d_y in,
// d_x out (12 batch in bytes). Floor: bytes over copy bandwidth.
#include "cuda/device.cuh"

namespace kan::cuda {
namespace {

constexpr int kElementThreads = 256;

__global__ void activation_kernel(int64_t n, int32_t kind, const float* x, float* y) {
  for (int64_t i = first_index(); i < n; i += index_step()) y[i] = activation(kind, x[i]);
}

__global__ void activation_backward_kernel(int64_t n, int32_t kind, const float* x, const float* d_y, int32_t mode,
                                           float* d_x) {
  for (int64_t i = first_index(); i < n; i += index_step())
    put_by_mode(mode, d_x[i], activation_derivative(kind, x[i]) * d_y[i]);
}

__global__ void affine_kernel(int64_t n, int64_t in, const float* x, const float* scale, const float* bias, float* y) {
  for (int64_t i = first_index(); i < n; i += index_step()) y[i] = fma(scale[i % in], x[i], bias[i % in]);
}

__global__ void affine_backward_kernel(int64_t n, int64_t in, const float* scale, const float* d_y, int32_t mode,
                                       float* d_x) {
  for (int64_t i = first_index(); i < n; i += index_step()) put_by_mode(mode, d_x[i], d_y[i] * scale[i % in]);
}

__global__ void multiply_kernel(int64_t n, int64_t in, int64_t out, int64_t pass, int32_t arity, const float* x,
                                float* y) {
  for (int64_t j = first_index(); j < n; j += index_step()) {
    const int64_t b = j / out, o = j % out;
    const float* from = x + b * in + (o < pass ? o : pass + (o - pass) * arity);
    float v = from[0];
    for (int32_t k = 1; o >= pass && k < arity; ++k) v *= from[k];
    y[j] = v;
  }
}

// The product of all others: no division, which would lose zeros.
__global__ void multiply_backward_kernel(int64_t n, int64_t in, int64_t out, int64_t pass, int32_t arity,
                                         const float* x, const float* d_y, int32_t mode, float* d_x) {
  for (int64_t j = first_index(); j < n; j += index_step()) {
    const int64_t b = j / in, i = j % in;
    float v;
    if (i < pass) {
      v = d_y[b * out + i];
    } else {
      const int64_t o = pass + (i - pass) / arity, first = pass + (o - pass) * arity;
      v = d_y[b * out + o];
      for (int32_t k = 0; k < arity; ++k)
        if (first + k != i) v *= x[b * in + first + k];
    }
    put_by_mode(mode, d_x[j], v);
  }
}

// Batch norm: a block of 32 columns by 8 rows of threads; a column's moments in two passes over the batch.
constexpr int kMapColumns = 32, kMapRows = 8;

struct BatchNorm {
  int64_t batch, in;
  float eps, momentum;
  bool own;  // the batch's own moments, else the running ones
  const float *weight, *bias;
  float *mean, *variance;  // running
};

// The sum over a column, in each of its threads; room [kMapRows][kMapColumns].
__device__ float column_sum(float v, float* room) {
  const int column = int(threadIdx.x) % kMapColumns;
  room[threadIdx.x] = v;
  __syncthreads();
  float sum = 0;
  for (int r = 0; r < kMapRows; ++r) sum += room[r * kMapColumns + column];
  __syncthreads();
  return sum;
}

__device__ void batch_moments(const BatchNorm& n, int64_t c, const float* x, float* room, float& mean,
                              float& variance) {
  const int row = int(threadIdx.x) / kMapColumns;
  float sum = 0, squares = 0;
  for (int64_t b = row; c < n.in && b < n.batch; b += kMapRows) sum += x[b * n.in + c];
  mean = column_sum(sum, room) / float(n.batch);
  for (int64_t b = row; c < n.in && b < n.batch; b += kMapRows) {
    const float d = x[b * n.in + c] - mean;
    squares = fma(d, d, squares);
  }
  variance = column_sum(squares, room) / float(n.batch);
}

__global__ void batch_norm_kernel(BatchNorm n, const float* x, float* y) {
  KAN_SHARED_MEMORY(float, room);
  const int64_t c = int64_t(blockIdx.x) * kMapColumns + threadIdx.x % kMapColumns;
  const int row = int(threadIdx.x) / kMapColumns;
  float mean, variance;
  if (n.own) {
    batch_moments(n, c, x, room, mean, variance);
    if (row == 0 && c < n.in) {
      n.mean[c] += n.momentum * (mean - n.mean[c]);
      n.variance[c] +=
          n.momentum * ((n.batch > 1 ? variance * float(n.batch) / float(n.batch - 1) : variance) - n.variance[c]);
    }
  } else if (c < n.in) {
    mean = n.mean[c];
    variance = n.variance[c];
  }
  if (c >= n.in) return;
  const float scale = n.weight[c] / sqrt(variance + n.eps), bias = n.bias[c];
  for (int64_t b = row; b < n.batch; b += kMapRows) y[b * n.in + c] = (x[b * n.in + c] - mean) * scale + bias;
}

// d_x, and the gradients of weight and bias straight into the sink: a column is one block's.
__global__ void batch_norm_backward_kernel(BatchNorm n, const float* x, const float* d_y, int32_t mode, float* d_x,
                                           Sink sink, int64_t weight_offset, int64_t bias_offset) {
  KAN_SHARED_MEMORY(float, room);
  const int64_t c = int64_t(blockIdx.x) * kMapColumns + threadIdx.x % kMapColumns;
  const int row = int(threadIdx.x) / kMapColumns;
  const bool here = c < n.in;
  float mean = 0, variance = 1;
  if (n.own) {
    batch_moments(n, c, x, room, mean, variance);
  } else if (here) {
    mean = n.mean[c];
    variance = n.variance[c];
  }
  const float rstd = 1.0f / sqrt(variance + n.eps), scale = here ? n.weight[c] * rstd : 0;
  float sum = 0, dot = 0;
  for (int64_t b = row; here && b < n.batch; b += kMapRows) {
    const float g = d_y[b * n.in + c];
    sum += g;
    dot = fma(g, (x[b * n.in + c] - mean) * rstd, dot);
  }
  sum = column_sum(sum, room);
  dot = column_sum(dot, room);  // ends with a barrier: the weights have been read
  if (!here) return;
  const float mean_g = n.own ? sum / float(n.batch) : 0, mean_gx = n.own ? dot / float(n.batch) : 0;
  for (int64_t b = row; mode != KAN_GRAD_NONE && b < n.batch; b += kMapRows) {
    const float xhat = (x[b * n.in + c] - mean) * rstd;
    put_by_mode(mode, d_x[b * n.in + c], scale * (d_y[b * n.in + c] - mean_g - xhat * mean_gx));
  }
  if (row == 0) {
    const Sink::Writer writer(sink);
    writer.put(weight_offset + c, dot);
    writer.put(bias_offset + c, sum);
  }
}

const float* at(const void* p, int64_t offset) { return static_cast<const float*>(p) + offset; }

BatchNorm batch_norm_of(const Layer& l, int64_t batch, bool own, const void* params, const void* buffers) {
  float* running = const_cast<float*>(static_cast<const float*>(buffers));
  // clang-format off
  return {batch, l.in, float(l.spec.shape[2]), float(l.spec.shape[3]), own && !l.flag(KAN_FLAG_RUNNING_STATS),
          at(params, l.affine_weight), at(params, l.affine_bias), running + l.running_mean, running + l.running_var};
  // clang-format on
}

dim3 columns_grid(int64_t n) { return dim3(unsigned((n + kMapColumns - 1) / kMapColumns)); }

int64_t scratch_bytes(const Problem& p) {
  const Layer& l = p.layer;
  const bool sums = l.spec.kind == KAN_LAYER_LAYERNORM || l.spec.kind == KAN_LAYER_AFFINE;
  if (!sums || p.pass == KAN_PASS_FORWARD) return 0;
  Carver carver(nullptr);
  carver.take<float>(2 * p.batch);
  carver.take<float>(layer_norm_scratch(p.device, p.batch, l.in));
  return carver.used();
}

void forward(CudaDevice& d, const Layer& l, const ForwardArgs& a) {
  const float* x = static_cast<const float*>(a.x);
  float* y = static_cast<float*>(a.y);
  const int64_t n = a.batch * l.in;
  switch (l.spec.kind) {
    case KAN_LAYER_ACTIVATION:
      return launch(d, activation_kernel, grid_for(d, n, kElementThreads), kElementThreads, 0, n, l.spec.activation, x,
                    y);
    case KAN_LAYER_AFFINE:
      return launch(d, affine_kernel, grid_for(d, n, kElementThreads), kElementThreads, 0, n, l.in, x,
                    at(a.params, l.affine_weight), at(a.params, l.affine_bias), y);
    case KAN_LAYER_LAYERNORM:
      return layer_norm_forward(d, a.batch, l.in, l.spec.shape[2], x, at(a.params, l.affine_weight),
                                at(a.params, l.affine_bias), y, nullptr);
    case KAN_LAYER_BATCHNORM:
      return launch(d, batch_norm_kernel, columns_grid(l.in), kMapColumns * kMapRows,
                    kMapColumns * kMapRows * sizeof(float),
                    batch_norm_of(l, a.batch, a.mode == KAN_MODE_TRAIN, a.params, a.buffers), x, y);
    default:
      return launch(d, multiply_kernel, grid_for(d, a.batch * l.out, kElementThreads), kElementThreads, 0,
                    a.batch * l.out, l.in, l.out, int64_t(l.spec.grid), l.spec.order, x, y);
  }
}

void backward(CudaDevice& d, const Layer& l, const BackwardArgs& a) {
  const float *x = static_cast<const float*>(a.x), *d_y = static_cast<const float*>(a.d_y);
  float* d_x = static_cast<float*>(a.d_x);
  const bool want_x = a.d_x_mode != KAN_GRAD_NONE;
  const int64_t n = a.batch * l.in;
  const Sink sink(a);
  Carver carver(a.scratch);
  switch (l.spec.kind) {
    case KAN_LAYER_ACTIVATION:
      if (want_x) {
        launch(d, activation_backward_kernel, grid_for(d, n, kElementThreads), kElementThreads, 0, n, l.spec.activation,
               x, d_y, a.d_x_mode, d_x);
      }
      return;
    case KAN_LAYER_AFFINE: {
      carver.take<float>(2 * a.batch);
      float* sums = carver.take<float>(layer_norm_scratch(d, a.batch, l.in));
      if (want_x) {
        launch(d, affine_backward_kernel, grid_for(d, n, kElementThreads), kElementThreads, 0, n, l.in,
               at(a.params, l.affine_weight), d_y, a.d_x_mode, d_x);
      }
      return weighted_column_sums(d, a.batch, l.in, d_y, x, nullptr, sink, l.affine_weight, l.affine_bias, sums);
    }
    case KAN_LAYER_LAYERNORM: {
      float* moments = carver.take<float>(2 * a.batch);
      float* sums = carver.take<float>(layer_norm_scratch(d, a.batch, l.in));
      layer_norm_forward(d, a.batch, l.in, l.spec.shape[2], x, nullptr, nullptr, nullptr, moments);
      return layer_norm_backward(d, a.batch, l.in, x, moments, at(a.params, l.affine_weight), d_y, a.d_x_mode, d_x,
                                 sink, l.affine_weight, l.affine_bias, sums);
    }
    case KAN_LAYER_BATCHNORM:
      return launch(d, batch_norm_backward_kernel, columns_grid(l.in), kMapColumns * kMapRows,
                    kMapColumns * kMapRows * sizeof(float), batch_norm_of(l, a.batch, a.batch > 0, a.params, a.buffers),
                    x, d_y, a.d_x_mode, d_x, sink, l.affine_weight, l.affine_bias);
    default:
      if (want_x) {
        launch(d, multiply_backward_kernel, grid_for(d, n, kElementThreads), kElementThreads, 0, n, l.in, l.out,
               int64_t(l.spec.grid), l.spec.order, x, d_y, a.d_x_mode, d_x);
      }
      return;
  }
}

}  // namespace

extern const Implementation kElementwise;
const Implementation kElementwise = {
    "elementwise",
    [](const Problem& p) { return p.layer.spec.kind != KAN_LAYER_KAN && p.layer.spec.kind != KAN_LAYER_LINEAR; },
    nullptr,
    scratch_bytes,
    forward,
    backward,
};

}  // namespace kan::cuda
