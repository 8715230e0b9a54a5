// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Losses and the count of correct predictions. A warp a row: its loss in double and, if wanted, its gradient; every block
// sums its rows in order of their warps, one block adds the blocks' sums in order. Bytes 8 or 12 batch out (p, target, d_p).
//   weights: the first kernel also needs their total, which a block before it sums.
#include "cuda/device.cuh"

namespace kan::cuda {
namespace {

constexpr int kLossThreads = 256, kLossWarps = kLossThreads / kWarp;
constexpr int kBlocks =
    1024;  // at most; reduction[0 .. kBlocks-1] are the blocks' sums, reduction[kTotal] the weights'
constexpr int kTotal = kBlocks;
static_assert(kTotal < kReduction);

struct Task {
  int32_t kind;
  int64_t batch, out;
  const float* p;
  const void* target;
  const float* weights;
  float delta;
  float* d_p;
};

__device__ __forceinline__ float not_a_number() { return __uint_as_float(0x7fc00000u); }

// A weight that is no weight (negative, infinite) makes everything NaN.
__device__ double weight_of(const Task& t, int64_t b) {
  if (!t.weights) return 1;
  const float w = t.weights[b];
  return w >= 0 && w <= 3.4028235e38f ? w : not_a_number();
}

__global__ void weights_kernel(Task t, double* total) {
  KAN_SHARED_MEMORY(double, room);
  double sum = 0;
  for (int64_t b = threadIdx.x; b < t.batch; b += blockDim.x) sum += weight_of(t, b);
  sum = block_sum(sum, room);
  if (threadIdx.x == 0) *total = sum;
}

__device__ void element_loss(const Task& task, float p, float t, double& value, float& derivative) {
  const float d = p - t;
  switch (task.kind) {
    case KAN_LOSS_BCE_LOGITS: {
      const double e = ::exp(-::fabs(double(p)));
      value = (p > 0 ? p : 0.0) - double(p) * t + ::log1p(e);
      derivative = 1.0f / (1.0f + exp(-p)) - t;
      if (!(t >= 0 && t <= 1)) value = derivative = not_a_number();  // no probability
      if (p != p) value = p;
      break;
    }
    case KAN_LOSS_BCE_POSITIVE: {
      const double e = ::log1p(::exp(-::fabs(double(p)))), delta = task.delta;
      value = delta * t * ((p < 0 ? -p : 0.0) + e) + (1.0 - t) * ((p > 0 ? p : 0.0) + e);
      derivative = (1 - t) / (1.0f + exp(-p)) - task.delta * t / (1.0f + exp(p));
      if (!(t >= 0 && t <= 1)) value = derivative = not_a_number();  // no probability
      if (p != p) value = p;
      break;
    }
    case KAN_LOSS_HUBER: {
      const float delta = task.delta;
      value = abs(d) <= delta ? 0.5 * d * d : double(delta) * (::fabs(double(d)) - 0.5 * delta);
      derivative = abs(d) <= delta ? d : d > 0 ? delta : d < 0 ? -delta : d;
      break;
    }
    default:
      value = double(d) * d;
      derivative = 2 * d;
      break;
  }
}

__global__ void loss_kernel(Task t, const double* total, double* sums) {
  KAN_SHARED_MEMORY(double, of_warp);
  const int warp = int(threadIdx.x) / kWarp, lane = int(threadIdx.x) % kWarp;
  const double all = t.weights ? *total : double(t.batch);
  double sum = 0;
  for (int64_t b = int64_t(blockIdx.x) * kLossWarps + warp; b < t.batch; b += int64_t(gridDim.x) * kLossWarps) {
    const float* p = t.p + b * t.out;
    const double weight = weight_of(t, b) / all;
    if (t.kind == KAN_LOSS_CROSS_ENTROPY) {
      const int64_t label = static_cast<const int32_t*>(t.target)[b];
      float highest = -HUGE_VALF;
      bool nan = false;
      for (int64_t o = lane; o < t.out; o += kWarp) {
        highest = p[o] > highest ? p[o] : highest;
        nan = nan || p[o] != p[o];
      }
      for (int offset = 16; offset > 0; offset /= 2) {
        const float other = __shfl_xor_sync(kAllLanes, highest, offset);
        highest = other > highest ? other : highest;
      }
      double e = 0;
      for (int64_t o = lane; o < t.out; o += kWarp) e += double(exp(p[o] - highest));
      e = warp_sum(e);
      const bool good = label >= 0 && label < t.out;
      const float bad = good ? 0.0f : not_a_number();
      sum += weight * (::log(e) + highest - (good ? p[label] : 0.0f) + bad);
      __syncwarp();  // d_p may be p
      if (t.d_p) {
        float* d_p = t.d_p + b * t.out;
        const float inverse = float(1 / e);
        for (int64_t o = lane; o < t.out; o += kWarp) {
          d_p[o] = float(weight) * (exp(p[o] - highest) * inverse - (o == label ? 1.0f : 0.0f) + bad);
        }
      }
      continue;
    }
    const float* target = static_cast<const float*>(t.target) + b * t.out;
    const double share = weight / double(t.out);
    double row = 0;
    for (int64_t o = lane; o < t.out; o += kWarp) {
      double value;
      float derivative;
      element_loss(t, p[o], target[o], value, derivative);
      row += value;
      if (t.d_p) t.d_p[b * t.out + o] = float(share * derivative);
    }
    sum += share * warp_sum(row);
  }
  if (lane == 0) of_warp[warp] = sum;
  __syncthreads();
  if (threadIdx.x == 0) {
    double block = 0;
    for (int w = 0; w < kLossWarps; ++w) block += of_warp[w];
    sums[blockIdx.x] = block;
  }
}

__global__ void total_kernel(int parts, const double* from, bool add, double* value) {
  KAN_SHARED_MEMORY(double, room);
  double sum = 0;
  for (int i = int(threadIdx.x); i < parts; i += int(blockDim.x)) sum += from[i];
  sum = block_sum(sum, room);
  if (threadIdx.x == 0) *value = add ? *value + sum : sum;
}

// The first largest entry of each row against its label; NaN is larger than any number, as in torch.argmax.
__global__ void correct_kernel(int64_t batch, int64_t out, const float* p, const int32_t* labels, double* sums) {
  KAN_SHARED_MEMORY(double, of_warp);
  const int warp = int(threadIdx.x) / kWarp, lane = int(threadIdx.x) % kWarp;
  double sum = 0;
  for (int64_t b = int64_t(blockIdx.x) * kLossWarps + warp; b < batch; b += int64_t(gridDim.x) * kLossWarps) {
    const float* row = p + b * out;
    float best = -HUGE_VALF;
    int64_t at = INT64_MAX;
    const auto take = [&](float v, int64_t o) {
      const bool better = v != v ? best == best : v > best;
      const bool equal = v != v ? best != best : v == best;
      if (better || (equal && o < at)) {
        best = v;
        at = o;
      }
    };
    for (int64_t o = lane; o < out; o += kWarp) take(row[o], o);
    for (int offset = 16; offset > 0; offset /= 2) {
      const float v = __shfl_xor_sync(kAllLanes, best, offset);
      const int64_t o = __shfl_xor_sync(kAllLanes, (long long)at, offset);
      take(v, o);
    }
    sum += at == labels[b] ? 1 : 0;
  }
  if (lane == 0) of_warp[warp] = sum;
  __syncthreads();
  if (threadIdx.x == 0) {
    double block = 0;
    for (int w = 0; w < kLossWarps; ++w) block += of_warp[w];
    sums[blockIdx.x] = block;
  }
}

dim3 rows_grid(int64_t batch) {
  const int64_t blocks = (batch + kLossWarps - 1) / kLossWarps;
  return dim3(unsigned(blocks < kBlocks ? blocks : kBlocks));
}

}  // namespace

void loss(CudaDevice& d, const LossArgs& a, double* value) {
  const Task task{a.kind,         a.batch,
                  a.out,          static_cast<const float*>(a.p),
                  a.target,       static_cast<const float*>(a.weights),
                  float(a.delta), static_cast<float*>(a.d_p)};
  const dim3 grid = rows_grid(a.batch);
  if (a.weights) launch(d, weights_kernel, dim3(1), 1024, 32 * sizeof(double), task, d.reduction + kTotal);
  launch(d, loss_kernel, grid, kLossThreads, kLossWarps * sizeof(double), task,
         static_cast<const double*>(d.reduction + kTotal), d.reduction);
  launch(d, total_kernel, dim3(1), kLossThreads, kLossWarps * sizeof(double), int(grid.x),
         static_cast<const double*>(d.reduction), false, value);
}

void count_correct(CudaDevice& d, int64_t batch, int64_t out, const float* p, const int32_t* labels, double* correct) {
  const dim3 grid = rows_grid(batch);
  launch(d, correct_kernel, grid, kLossThreads, kLossWarps * sizeof(double), batch, out, p, labels, d.reduction);
  launch(d, total_kernel, dim3(1), kLossThreads, kLossWarps * sizeof(double), int(grid.x),
         static_cast<const double*>(d.reduction), true, correct);
}

}  // namespace kan::cuda
