// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Records of B-spline layers (bspline.cu): for each input and chunk of up to 512 samples, these sorted by window, each with its
// taps; and where each window starts. Made once a pass: bytes 4 batch in read, 32 batch in written; floor bytes over bandwidth.
#pragma once
#include "cuda/bspline.cuh"
#include "cuda/dense_plan.hpp"

namespace kan::cuda {

constexpr int kMostSamples = 512;  // of a chunk
constexpr int kSlot = 8;           // numbers a sample: up to six taps, the base branch, the key

// A sample's key: its window, and the offset of its row in a tile of shared memory.
constexpr int kWindowShift = 17;
constexpr uint32_t kRowMask = (1u << kWindowShift) - 1;
static_assert(kMostSamples * kTile * sizeof(float) == kRowMask + 1);
__device__ __forceinline__ uint32_t key_of(int32_t window, int sample) {
  return uint32_t(window) << kWindowShift | uint32_t(sample) * uint32_t(kTile * sizeof(float));
}
__device__ __forceinline__ int sample_of(uint32_t key) {
  return int((key & kRowMask) / uint32_t(kTile * sizeof(float)));
}
__device__ __forceinline__ int32_t window_of(uint32_t key) { return int32_t(key >> kWindowShift); }

struct Task {
  int64_t batch, tiles, chunks;
  int64_t share;    // of the dimension that is split: inputs, chunks or tiles a split
  int32_t samples;  // of a chunk

  __device__ int samples_of(int64_t chunk) const {
    return int(batch - chunk * samples < samples ? batch - chunk * samples : samples);
  }
};

// Records of all inputs and chunks. slots [input][chunk][sample, sorted][kSlot], those beyond the batch with the last key and taps of
// 0, and one more slot that is read ahead; starts [input][chunk][window 0 .. G].
struct Records {
  float4* slots;
  int32_t* starts;
  int64_t chunks;
  int32_t samples, windows;

  __device__ const float4* of(int64_t i, int64_t chunk) const {
    return slots + (i * chunks + chunk) * samples * (kSlot / 4);
  }
  __device__ int32_t* starts_of(int64_t i, int64_t chunk) const {
    return starts + (i * chunks + chunk) * (windows + 1);
  }
};

// One sample of a record, the same for all lanes that work on it.
struct Slot {
  float4 low, high;
  __device__ __forceinline__ explicit Slot(const float4* at) : low(at[0]), high(at[1]) {}
  __device__ __forceinline__ float base() const { return high.z; }
  __device__ __forceinline__ uint32_t key() const { return __float_as_uint(high.w); }
  __device__ __forceinline__ float tap(int r) const {
    return r == 0 ? low.x : r == 1 ? low.y : r == 2 ? low.z : r == 3 ? low.w : r == 4 ? high.x : high.y;
  }
};

constexpr int kRecordInputs = 8;  // of a block that makes records, a warp each: a sector of x

// The records of t's samples x; with `derivative` slots hold the derivatives of the taps and of the base branch.
void make_records(CudaDevice& d, const Layer& l, const LayerView& view, const Task& t, const float* x, bool derivative,
                  const Records& records);

// f(integral_constant of the order)
template <class F>
void with_order(const Layer& l, F&& f) {
  switch (l.spec.order) {
    case 1: return f(std::integral_constant<int, 1>());
    case 2: return f(std::integral_constant<int, 2>());
    case 3: return f(std::integral_constant<int, 3>());
    case 4: return f(std::integral_constant<int, 4>());
    default: return f(std::integral_constant<int, 5>());
  }
}

}  // namespace kan::cuda
