// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// LayerNorm over the features of a row, and sums over the rows of a matrix.
//   z = xhat weight + bias, xhat = (x - mean) / sqrt(var + eps);  d_x = 1/sd (g - mean(g) - xhat mean(g xhat)), g = dz weight
// Forward: a warp a row, three passes over it (the second and third hit a cache); bytes 8 rows n. Backward: bytes 12 rows n
// for d_x and again 8 rows n for the column sums. Column sums: bytes 4 rows n; blocks of 32 columns take chunks of rows
// and leave partial sums that sink_gradient adds in order. Floor: bytes over copy bandwidth.
#include "cuda/device.cuh"

namespace kan::cuda {
namespace {

constexpr int kNormThreads = 256, kNormWarps = kNormThreads / kWarp;

__global__ void forward_kernel(int64_t rows, int64_t n, float eps, const float* x, const float* weight,
                               const float* bias, float* y, float* moments) {
  const int lane = int(threadIdx.x) % kWarp;
  for (int64_t b = first_index() / kWarp; b < rows; b += index_step() / kWarp) {
    const float* row = x + b * n;
    float sum = 0, squares = 0;
    for (int64_t i = lane; i < n; i += kWarp) sum += row[i];
    const float mean = warp_sum(sum) / float(n);
    for (int64_t i = lane; i < n; i += kWarp) {
      const float d = row[i] - mean;
      squares = fma(d, d, squares);
    }
    const float rstd = 1.0f / sqrt(warp_sum(squares) / float(n) + eps);
    if (moments && lane == 0) {
      moments[2 * b] = mean;
      moments[2 * b + 1] = rstd;
    }
    for (int64_t i = lane; y && i < n; i += kWarp) y[b * n + i] = fma((row[i] - mean) * rstd, weight[i], bias[i]);
  }
}

__global__ void input_kernel(int64_t rows, int64_t n, const float* x, const float* moments, const float* weight,
                             const float* dz, int32_t mode, float* d_x) {
  const int lane = int(threadIdx.x) % kWarp;
  for (int64_t b = first_index() / kWarp; b < rows; b += index_step() / kWarp) {
    const float mean = moments[2 * b], rstd = moments[2 * b + 1];
    const float *row = x + b * n, *d = dz + b * n;
    float sum_g = 0, sum_gx = 0;
    for (int64_t i = lane; i < n; i += kWarp) {
      const float g = d[i] * weight[i];
      sum_g += g;
      sum_gx = fma(g, (row[i] - mean) * rstd, sum_gx);
    }
    const float mean_g = warp_sum(sum_g) / float(n), mean_gx = warp_sum(sum_gx) / float(n);
    for (int64_t i = lane; i < n; i += kWarp) {
      const float xhat = (row[i] - mean) * rstd, g = d[i] * weight[i];
      put_by_mode(mode, d_x[b * n + i], (g - mean_g - xhat * mean_gx) * rstd);
    }
  }
}

constexpr int kNormColumns = 32, kNormRows = 8;  // threads of a block of column sums

// planes 1: sums[chunk][0][c] of d. 2: of d times xhat (times x without moments), and sums[chunk][1][c] of d alone.
__global__ void column_kernel(int64_t rows, int64_t n, int64_t share, int planes, const float* d, const float* x,
                              const float* moments, float* sums) {
  KAN_SHARED_MEMORY(float, part);  // [2][kNormRows][kNormColumns]
  const int column = int(threadIdx.x) % kNormColumns, row = int(threadIdx.x) / kNormColumns;
  const int64_t c = int64_t(blockIdx.x) * kNormColumns + column, first = int64_t(blockIdx.y) * share;
  const int64_t last = first + share < rows ? first + share : rows;
  float weighted = 0, plain = 0;
  for (int64_t b = first + row; c < n && b < last; b += kNormRows) {
    const float g = d[b * n + c];
    plain += g;
    if (planes == 2)
      weighted = fma(g, moments ? (x[b * n + c] - moments[2 * b]) * moments[2 * b + 1] : x[b * n + c], weighted);
  }
  part[threadIdx.x] = planes == 2 ? weighted : plain;
  if (planes == 2) part[kNormRows * kNormColumns + threadIdx.x] = plain;
  __syncthreads();
  if (row < planes && c < n) {
    float sum = 0;
    for (int r = 0; r < kNormRows; ++r) sum += part[(row * kNormRows + r) * kNormColumns + column];
    sums[(int64_t(blockIdx.y) * planes + row) * n + c] = sum;
  }
}

// Chunks of rows, so that small widths fill the device too.
int64_t chunks_of(const CudaDevice& d, int64_t rows, int64_t n) {
  const int64_t across = (n + kNormColumns - 1) / kNormColumns, want = (2 * d.multiprocessors + across - 1) / across;
  const int64_t most = (rows + 4 * kNormRows - 1) / (4 * kNormRows);
  return rows == 0 ? 1 : want < most ? want : most;  // no rows: sums of nothing, 0
}

void column_partials(CudaDevice& d, int64_t rows, int64_t n, int planes, const float* g, const float* x,
                     const float* moments, float* sums) {
  const int64_t chunks = chunks_of(d, rows, n), share = (rows + chunks - 1) / chunks;
  launch(d, column_kernel, dim3(unsigned((n + kNormColumns - 1) / kNormColumns), unsigned(chunks)),
         kNormColumns * kNormRows, 2 * kNormColumns * kNormRows * sizeof(float), rows, n, share, planes, g, x, moments,
         sums);
}

}  // namespace

void layer_norm_forward(CudaDevice& d, int64_t rows, int64_t n, double eps, const float* x, const float* weight,
                        const float* bias, float* y, float* moments) {
  launch(d, forward_kernel, grid_for(d, rows * kWarp, kNormThreads), kNormThreads, 0, rows, n, float(eps), x, weight,
         bias, y, moments);
}

int64_t layer_norm_scratch(const CudaDevice& d, int64_t rows, int64_t n) { return 2 * n * chunks_of(d, rows, n); }

void weighted_column_sums(CudaDevice& d, int64_t rows, int64_t n, const float* g, const float* x, const float* moments,
                          const Sink& sink, int64_t weight_offset, int64_t bias_offset, float* scratch) {
  if (!sink.wanted()) return;
  const int chunks = int(chunks_of(d, rows, n));
  column_partials(d, rows, n, 2, g, x, moments, scratch);
  sink_gradient(d, n, scratch, chunks, 2 * n, sink, weight_offset);
  sink_gradient(d, n, scratch + n, chunks, 2 * n, sink, bias_offset);
}

void layer_norm_backward(CudaDevice& d, int64_t rows, int64_t n, const float* x, const float* moments,
                         const float* weight, const float* dz, int32_t d_x_mode, float* d_x, const Sink& sink,
                         int64_t weight_offset, int64_t bias_offset, float* scratch) {
  // The sums first, as d_x may be dz; the sink last, as it may move the weights that d_x needs.
  if (sink.wanted()) column_partials(d, rows, n, 2, dz, x, moments, scratch);
  if (d_x_mode != KAN_GRAD_NONE) {
    launch(d, input_kernel, grid_for(d, rows * kWarp, kNormThreads), kNormThreads, 0, rows, n, x, moments, weight, dz,
           d_x_mode, d_x);
  }
  const int chunks = int(chunks_of(d, rows, n));
  sink_gradient(d, n, scratch, chunks, 2 * n, sink, weight_offset);
  sink_gradient(d, n, scratch + n, chunks, 2 * n, sink, bias_offset);
}

int64_t column_sums_scratch(const CudaDevice& d, int64_t rows, int64_t n) { return n * chunks_of(d, rows, n); }

void column_sums(CudaDevice& d, int64_t rows, int64_t n, const float* a, const Sink& sink, int64_t offset,
                 float* scratch) {
  if (!sink.wanted()) return;
  column_partials(d, rows, n, 1, a, nullptr, nullptr, scratch);
  sink_gradient(d, n, scratch, int(chunks_of(d, rows, n)), n, sink, offset);
}

}  // namespace kan::cuda
