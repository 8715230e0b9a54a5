// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Sums in two stages and one order, without atomics: blocks leave partial sums in scratch, these kernels add them up and
// hand them to where a gradient goes.
//
//   add_partials    sum_s partials[s][i] into the sink          bytes 4 (splits + 1) n, or 4 (splits + 6) n with AdamW
//   add_outputs     y[i] = sum_s partials[s][i] + bias          bytes 4 (splits + 1) batch out
//   column_sums     per chunk of rows sum_b d[b][c]             bytes 4 batch n
//   row_moments     mean and 1/sd of every row                  bytes 4 batch n (the second reading hits a cache)
//   norm_rows       d_x += LayerNorm's pull-back of d_z         bytes 16 batch n
//   theta_sums      over samples and inputs, into the sink      bytes 4 slots in theta_per_input
// All are bound by bytes; the floor is bytes over copy bandwidth.
#pragma once
#include "basis/view.hpp"
#include "cuda/sink.cuh"

namespace KAN_NS {

constexpr int kReduceThreads = 256;

__device__ __forceinline__ float warp_sum(float value) {
  for (int m = 16; m > 0; m >>= 1) value += __shfl_xor_sync(0xffffffffu, value, m);
  return value;
}

// n numbers of gradient from `offset` of params on.
__global__ void __launch_bounds__(kReduceThreads) add_partials_kernel(const float* partials, int64_t splits, int64_t n,
                                                                      int64_t offset, const Sink sink) {
  for (int64_t i = int64_t(blockIdx.x) * kReduceThreads + threadIdx.x; i < n; i += int64_t(gridDim.x) * kReduceThreads) {
    float sum = 0;
    for (int64_t s = 0; s < splits; ++s) sum += partials[s * n + i];
    sink.put(offset + i, sum);
  }
}

__global__ void __launch_bounds__(kReduceThreads) add_outputs_kernel(const float* partials, int64_t splits, int64_t n,
                                                                     int64_t out, const float* bias, float* y) {
  for (int64_t i = int64_t(blockIdx.x) * kReduceThreads + threadIdx.x; i < n; i += int64_t(gridDim.x) * kReduceThreads) {
    float sum = 0;
    for (int64_t s = 0; s < splits; ++s) sum += partials[s * n + i];
    y[i] = bias ? sum + bias[i % out] : sum;
  }
}

// Grid (n / 32, chunks of rows); 32 columns by 8 rows of threads. With x: sums of d xhat, then of d, [chunk][2][n].
__global__ void __launch_bounds__(kReduceThreads) column_sums_kernel(const float* d, const float* x, const float* moments,
                                                                     int64_t batch, int64_t n, int64_t share,
                                                                     float* partials) {
  __shared__ float part[2][8][33];
  const int column = int(threadIdx.x) & 31, row = int(threadIdx.x) >> 5;
  const int64_t c = int64_t(blockIdx.x) * 32 + column;
  float sum = 0, scaled = 0;
  if (c < n) {
    const int64_t first = int64_t(blockIdx.y) * share, last = first + share < batch ? first + share : batch;
    for (int64_t b = first + row; b < last; b += 8) {
      const float value = d[b * n + c];
      sum += value;
      if (x) scaled += value * ((x[b * n + c] - moments[2 * b]) * moments[2 * b + 1]);
    }
  }
  part[0][row][column] = x ? scaled : sum;
  part[1][row][column] = sum;
  __syncthreads();
  if (row > (x ? 1 : 0) || c >= n) return;
  float total = 0;
  for (int r = 0; r < 8; ++r) total += part[row][r][column];
  partials[(int64_t(blockIdx.y) * (x ? 2 : 1) + row) * n + c] = total;
}

// A warp a row.
__global__ void __launch_bounds__(kReduceThreads) row_moments_kernel(const float* x, int64_t batch, int64_t n, float eps,
                                                                     float* moments) {
  const int64_t b = int64_t(blockIdx.x) * (kReduceThreads / 32) + (threadIdx.x >> 5);
  const int lane = int(threadIdx.x) & 31;
  if (b >= batch) return;
  const float* row = x + b * n;
  float sum = 0;
  for (int64_t i = lane; i < n; i += 32) sum += row[i];
  const float mean = warp_sum(sum) / float(n);
  float squares = 0;
  for (int64_t i = lane; i < n; i += 32) squares = fma(row[i] - mean, row[i] - mean, squares);
  squares = warp_sum(squares);
  if (lane == 0) {
    moments[2 * b] = mean;
    moments[2 * b + 1] = 1.0f / sqrt(squares / float(n) + eps);
  }
}

// d_x += 1/sd (g - mean(g) - xhat mean(g xhat)), g = d_z weight; a warp a row.
__global__ void __launch_bounds__(kReduceThreads) norm_rows_kernel(const float* x, const float* moments, const float* weight,
                                                                   const float* d_z, int64_t batch, int64_t n, float* d_x) {
  const int64_t b = int64_t(blockIdx.x) * (kReduceThreads / 32) + (threadIdx.x >> 5);
  const int lane = int(threadIdx.x) & 31;
  if (b >= batch) return;
  const float mean = moments[2 * b], inverse = moments[2 * b + 1];
  float sum = 0, scaled = 0;
  for (int64_t i = lane; i < n; i += 32) {
    const float g = d_z[b * n + i] * weight[i];
    sum += g;
    scaled = fma(g, (x[b * n + i] - mean) * inverse, scaled);
  }
  const float mean_g = warp_sum(sum) / float(n), mean_gx = warp_sum(scaled) / float(n);
  for (int64_t i = lane; i < n; i += 32) {
    const float unit = (x[b * n + i] - mean) * inverse, g = d_z[b * n + i] * weight[i];
    d_x[b * n + i] += (g - mean_g - unit * mean_gx) * inverse;
  }
}

// Grid: one block for every number of theta. partials (slots, in, theta_per_input).
__global__ void __launch_bounds__(kReduceThreads) theta_sums_kernel(const kan::LayerShape l, const float* partials,
                                                                    int64_t slots, const Sink sink) {
  __shared__ float part[kReduceThreads / 32];
  const int64_t per_input = theta_per_input(l), at = blockIdx.x;
  int64_t first = 0, inputs = l.in, k = at;  // the inputs that contribute, as their number k
  if (l.spec.basis == KAN_BASIS_RELU) {
    const bool low = at < l.in * l.n;
    const int64_t place = low ? at : at - l.in * l.n;
    first = place / l.n;
    inputs = 1;
    k = place % l.n + (low ? 0 : l.n);
  } else if (l.spec.basis == KAN_BASIS_RATIONAL && at >= 6) {
    inputs = l.in / l.spec.grid;
    first = (at - 6) / 4 * inputs;
    k = 6 + (at - 6) % 4;
  }
  float sum = 0;
  for (int64_t u = threadIdx.x; u < slots * inputs; u += kReduceThreads)
    sum += partials[(u / inputs * l.in + first + u % inputs) * per_input + k];
  sum = warp_sum(sum);
  if ((threadIdx.x & 31) == 0) part[threadIdx.x >> 5] = sum;
  __syncthreads();
  if (threadIdx.x != 0) return;
  float total = 0;
  for (int w = 0; w < kReduceThreads / 32; ++w) total += part[w];
  sink.put(l.theta + at, total);
}

}  // namespace KAN_NS
