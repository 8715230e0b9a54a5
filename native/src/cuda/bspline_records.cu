// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "cuda/bspline_records.cuh"

namespace kan::cuda {
namespace {

constexpr int kRecordThreads = kRecordInputs * kWarp;

// A warp's n keys by window, those of one window in their order: a counting sort for each bit. Two rooms; returns the one
// that holds the result.
__device__ inline uint32_t* sort_keys(uint32_t* keys, uint32_t* room, int n, int32_t windows) {
  const int lane = int(threadIdx.x) % kWarp;
  const uint32_t below = (1u << lane) - 1;
  for (int shift = kWindowShift; (windows - 1) >> (shift - kWindowShift) > 0; ++shift) {
    int zeros = 0;
    for (int s = lane; s - lane < n; s += kWarp) {
      zeros += __popc(__ballot_sync(kAllLanes, s < n && !(keys[s] >> shift & 1)));
    }
    for (int s = lane, ones = zeros, first = 0; s - lane < n; s += kWarp) {
      const uint32_t key = s < n ? keys[s] : 0;
      const bool one = key >> shift & 1;
      const uint32_t up = __ballot_sync(kAllLanes, s < n && one), down = __ballot_sync(kAllLanes, s < n && !one);
      if (s < n) room[one ? ones + __popc(up & below) : first + __popc(down & below)] = key;
      ones += __popc(up);
      first += __popc(down);
    }
    __syncwarp();
    uint32_t* const sorted = room;
    room = keys;
    keys = sorted;
  }
  return keys;
}

// Grid (chunks groups of inputs), a warp an input. Shared: x [samples][kRecordInputs + 1], keys [kRecordInputs][2][samples].
template <int K, bool kDerivative>
__global__ void __launch_bounds__(kRecordThreads)
    records_kernel(const LayerView l, const Task t, const float* __restrict__ x, const Records to) {
  KAN_SHARED_MEMORY(float, xs);
  constexpr int kLength = kRecordInputs + 1;
  const int64_t chunk = blockIdx.x % t.chunks, i0 = blockIdx.x / t.chunks * kRecordInputs;
  const int warp = int(threadIdx.x) / kWarp, lane = int(threadIdx.x) % kWarp, n = t.samples_of(chunk);
  for (int u = int(threadIdx.x); u < n * kRecordInputs; u += kRecordThreads) {
    const int s = u / kRecordInputs, j = u % kRecordInputs;
    if (i0 + j < l.in) xs[s * kLength + j] = x[(chunk * t.samples + s) * l.in + i0 + j];
  }
  __syncthreads();
  const int64_t i = i0 + warp;
  if (i >= l.in) return;
  const Grid g = grid_of(l, i);
  uint32_t* const rooms = reinterpret_cast<uint32_t*>(xs + t.samples * kLength) + warp * 2 * t.samples;
  float taps[K + 1];
#pragma unroll 1
  for (int s = lane; s < n; s += kWarp) rooms[s] = key_of(bspline_taps<K, false>(g, xs[s * kLength + warp], taps), s);
  __syncwarp();
  const uint32_t* const keys = sort_keys(rooms, rooms + t.samples, n, l.grid);
  float4* slots = to.slots + (i * to.chunks + chunk) * to.samples * (kSlot / 4);
  int32_t* const starts = to.starts_of(i, chunk);
#pragma unroll 1
  for (int p = lane; p < n; p += kWarp) {
    const uint32_t key = keys[p];
    const float v = xs[sample_of(key) * kLength + warp];
    bspline_taps<K, kDerivative>(g, v, taps);
    const float base = l.base_row < 0 ? 0.0f : kDerivative ? activation_derivative(l.base, v) : activation(l.base, v);
    slots[2 * p] =
        make_float4(taps[0], taps[1], K > 1 ? taps[K > 1 ? 2 : 0] : 0.0f, K > 2 ? taps[K > 2 ? 3 : 0] : 0.0f);
    slots[2 * p + 1] =
        make_float4(K > 3 ? taps[K > 3 ? 4 : 0] : 0.0f, K > 4 ? taps[K > 4 ? 5 : 0] : 0.0f, base, __uint_as_float(key));
    for (int32_t w = p > 0 ? window_of(keys[p - 1]) + 1 : 0; w <= window_of(key); ++w) starts[w] = p;
    for (int32_t w = window_of(key) + 1; p == n - 1 && w <= l.grid; ++w) starts[w] = n;
  }
  for (int p = n + lane; p < t.samples; p += kWarp) {
    slots[2 * p] = make_float4(0, 0, 0, 0);
    slots[2 * p + 1] = make_float4(0, 0, 0, __uint_as_float(keys[n - 1]));
  }
}

}  // namespace

void make_records(CudaDevice& d, const Layer& l, const LayerView& view, const Task& t, const float* x, bool derivative,
                  const Records& records) {
  const dim3 grid(unsigned(t.chunks * ratio_up(l.in, kRecordInputs)));
  const size_t shared = size_t(t.samples * (kRecordInputs * 3 + 1) * 4);
  with_order(l, [&](auto order) {
    launch(d, derivative ? records_kernel<order(), true> : records_kernel<order(), false>, grid, kRecordThreads, shared,
           view, t, x, records);
  });
}

}  // namespace kan::cuda
