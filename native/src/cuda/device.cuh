// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// What kernels share: shared memory, warp and block sums, layers as kernels see them, where gradients go.
#pragma once
#include "cuda/device.hpp"

#include "basis/activation.hpp"
#include "basis/all.hpp"
#include "basis/view.hpp"
#include "cpu/adamw.hpp"

// The block's dynamic shared memory as an array of T (16-byte aligned). Uninitialised: NaN under emulation.
#if defined(__CUDACC__)
#define KAN_SHARED_MEMORY(T, name)                             \
  extern __shared__ __align__(16) unsigned char kan_shared_[]; \
  T* const name = reinterpret_cast<T*>(kan_shared_)
#else
#define KAN_SHARED_MEMORY(T, name) T* const name = static_cast<T*>(emulation::shared_memory())
#endif

namespace kan::cuda {

// A place in shared memory, kept in a register: what the compiler knows how to compute it computes again for every sample.
#if defined(__CUDA_ARCH__)
using Place = uint32_t;
__device__ __forceinline__ Place place_of(const void* p) {
  Place place = Place(__cvta_generic_to_shared(p));
  asm volatile("" : "+r"(place));
  return place;
}
template <class T>
__device__ __forceinline__ T& at(Place place) {
  return *static_cast<T*>(__cvta_shared_to_generic(place));
}
#else
using Place = char*;
__device__ __forceinline__ Place place_of(void* p) { return static_cast<Place>(p); }
template <class T>
__device__ __forceinline__ T& at(Place place) {
  return *reinterpret_cast<T*>(place);
}
#endif

constexpr unsigned kAllLanes = 0xffffffffu;
constexpr int kWarp = 32;

// First index of a grid-stride loop and its step.
__device__ __forceinline__ int64_t first_index() { return int64_t(blockIdx.x) * blockDim.x + threadIdx.x; }
__device__ __forceinline__ int64_t index_step() { return int64_t(gridDim.x) * blockDim.x; }

// Sum over a warp, in every lane; a fixed tree, so the same bits always.
template <class T>
__device__ __forceinline__ T warp_sum(T v) {
  for (int offset = 16; offset > 0; offset /= 2) v += __shfl_xor_sync(kAllLanes, v, offset);
  return v;
}

// Sum over a block of whole warps, in every thread. `room` holds blockDim.x / 32 numbers; usable again on return.
template <class T>
__device__ __forceinline__ T block_sum(T v, T* room) {
  v = warp_sum(v);
  const int warps = int(blockDim.x) / kWarp;
  if (threadIdx.x % kWarp == 0) room[threadIdx.x / kWarp] = v;
  __syncthreads();
  T sum = T(0);
  for (int w = 0; w < warps; ++w) sum += room[w];
  __syncthreads();
  return sum;
}

// A layer as kernels see it: sizes, offsets and its two arrays. Passed by value.
struct LayerView {
  const float* params;
  const float* buffers;
  const float*
      weights;  // the tiled rows that products read: params, or scale and mask folded into them (edge_sink.cuh)
  int64_t in, out;
  int32_t n, rows, base_row, scale_row, coef_row;
  int32_t basis, base, grid, order, outside, wavelet;
  bool norm, base_norm, theta_trained;
  int64_t bias, norm_weight, norm_bias, theta, theta_count, knots, mask;  // -1: none
  OwnTensor own[kOwnTensors];
  double shape_a, shape_b, eps;

  LayerView(const Layer& l, const void* params_, const void* buffers_)
      : params(static_cast<const float*>(params_)), buffers(static_cast<const float*>(buffers_)),
        weights(static_cast<const float*>(params_)), in(l.in), out(l.out), n(l.n), rows(l.rows), base_row(l.base_row),
        scale_row(l.scale_row), coef_row(l.coef_row), basis(l.spec.basis), base(l.spec.base), grid(l.spec.grid),
        order(l.spec.order), outside(l.spec.outside), wavelet(l.spec.wavelet), norm(l.flag(KAN_FLAG_NORM)),
        base_norm(l.flag(KAN_FLAG_BASE_NORM)), theta_trained(l.theta_trained), bias(l.bias), norm_weight(l.norm_weight),
        norm_bias(l.norm_bias), theta(l.theta), theta_count(l.theta_count), knots(l.knots),
        mask(l.mask), own{l.own[0], l.own[1], l.own[2]}, shape_a(l.spec.shape[0]), shape_b(l.spec.shape[1]),
        eps(l.spec.shape[2]) {}

  __device__ int64_t tile_width(int64_t tile) const { return out - tile * kTile < kTile ? out - tile * kTile : kTile; }
  // Where in params number `row` of edge (o, i) is.
  __device__ int64_t index(int64_t row, int64_t o, int64_t i) const {
    const int64_t tile = o / kTile;
    return tile * kTile * in * rows + (i * rows + row) * tile_width(tile) + (o - tile * kTile);
  }
  __device__ float weight(int64_t row, int64_t o, int64_t i) const { return params[index(row, o, i)]; }
  __device__ float mask_of(int64_t o, int64_t i) const {
    const int64_t tile = o / kTile;
    return mask < 0 ? 1.0f : buffers[mask + tile * kTile * in + i * tile_width(tile) + (o - tile * kTile)];
  }
  __device__ float scale_of(int64_t o, int64_t i) const { return scale_row < 0 ? 1.0f : weight(scale_row, o, i); }

  __device__ int64_t knots_per_input() const { return int64_t(grid) + 2 * order + 1; }
  __device__ const float* knots_of(int64_t i) const { return buffers + knots + 2 * in + i * knots_per_input(); }
  __device__ float knot_inverse(int64_t i) const { return buffers[knots + in + i]; }  // 1/h; 0 where not evenly spaced

  // What the policy of this basis reads for input i.
  __device__ BasisView<float> view(int64_t i) const {
    BasisView<float> v;
    v.n = n;
    v.grid = grid;
    v.order = order;
    v.shape_a = shape_a;
    v.shape_b = shape_b;
    own_numbers(own, params, buffers, i, v.own);
    return v;
  }
};

// AdamW's coefficients: of the call, or read from the device where a state keeps them (graphs).
struct AdamWSource {
  AdamW<float> value;
  const AdamW<float>* state;

  explicit AdamWSource(const kan_adamw* options)
      : value(options && options->state ? nullptr : options), state(nullptr) {
    if (options && options->state) {
      state = reinterpret_cast<const AdamW<float>*>(
          &reinterpret_cast<kan_optimizer_state*>(uintptr_t(options->state))->coefficients);
    }
  }
  __device__ AdamW<float> get() const { return state ? *state : value; }
};
static_assert(sizeof(AdamW<float>) <= sizeof(kan_optimizer_state{}.coefficients), "coefficients of a step");

// Rows whose three AdamW numbers are read together, all of a default edge's: 30 loads a thread, some 60 KB a multiprocessor, which
// bandwidth times latency asks for.
constexpr int kRowsInFlight = 10;

// The same number, of which the compiler does not know that it is: addresses made of it are made anew, where keeping them from
// loads to stores would take two registers each.
__device__ __forceinline__ int64_t opaque(int64_t v) {
#if defined(__CUDA_ARCH__)
  asm volatile("" : "+l"(v));
#endif
  return v;
}

// Where finished gradients of params go: d_params (overwritten or added to) or straight into AdamW.
struct Sink {
  static constexpr int32_t kAdamW = 3;  // beside KAN_GRAD_*
  int32_t mode;
  float* d_params;
  AdamWSource adam;
  float *p, *m, *v;

  explicit Sink(const BackwardArgs& a)
      : mode(a.adam ? kAdamW : a.d_params_mode), d_params(static_cast<float*>(a.d_params)), adam(a.adam),
        p(static_cast<float*>(a.params_out)), m(static_cast<float*>(a.m)), v(static_cast<float*>(a.v)) {}
  // Into plain memory instead, overwriting.
  explicit Sink(float* to)
      : mode(KAN_GRAD_OVERWRITE), d_params(to), adam(nullptr), p(nullptr), m(nullptr), v(nullptr) {}

  bool wanted() const { return mode != KAN_GRAD_NONE; }

  // For use in a kernel: loads the coefficients once, then takes numbers.
  struct Writer {
    const Sink& s;
    AdamW<float> step;
    __device__ explicit Writer(const Sink& sink) : s(sink) {
      if (sink.mode == kAdamW) step = sink.adam.get();
    }
    __device__ __forceinline__ void put(int64_t offset, float g) const {
      if (s.mode == kAdamW) {
        float tp = s.p[offset], tm = s.m[offset], tv = s.v[offset];
        step.update(tp, g, tm, tv);
        s.p[offset] = tp;
        s.m[offset] = tm;
        s.v[offset] = tv;
      } else if (s.mode == KAN_GRAD_ACCUMULATE) {
        s.d_params[offset] += g;
      } else if (s.mode == KAN_GRAD_OVERWRITE) {
        s.d_params[offset] = g;
      }
    }
    // Numbers gradient(0 .. count - 1), `stride` apart from `offset` on. AdamW reads all of kRowsInFlight before it writes the
    // first, so that as many loads are in flight.
    template <class Gradient>
    __device__ __forceinline__ void put_rows(int64_t offset, int32_t stride, int32_t count, Gradient&& gradient) const {
      if (s.mode != kAdamW) {
#pragma unroll 1
        for (int32_t r = 0; r < count; ++r) put(offset + int64_t(r) * stride, gradient(r));
        return;
      }
#pragma unroll 1
      for (int32_t r0 = 0; r0 < count; r0 += kRowsInFlight, offset += int64_t(kRowsInFlight) * stride) {
        const int32_t rows = count - r0;
        float p[kRowsInFlight], m[kRowsInFlight], v[kRowsInFlight];
        {
          const float* __restrict__ const from_p = s.p + offset;
          const float* __restrict__ const from_m = s.m + offset;
          const float* __restrict__ const from_v = s.v + offset;
#pragma unroll
          for (int32_t j = 0; j < kRowsInFlight; ++j)
            if (j < rows) p[j] = from_p[j * stride], m[j] = from_m[j * stride], v[j] = from_v[j * stride];
        }
        const int64_t back = opaque(offset);
        float* __restrict__ const to_p = s.p + back;
        float* __restrict__ const to_m = s.m + back;
        float* __restrict__ const to_v = s.v + back;
#pragma unroll
        for (int32_t j = 0; j < kRowsInFlight; ++j) {
          if (j >= rows) break;
          step.update(p[j], gradient(r0 + j), m[j], v[j]);
          to_p[j * stride] = p[j];
          to_m[j * stride] = m[j];
          to_v[j * stride] = v[j];
        }
      }
    }
  };
};

// One number by a gradient mode (not NONE).
__device__ __forceinline__ void put_by_mode(int32_t mode, float& to, float value) {
  to = mode == KAN_GRAD_ACCUMULATE ? to + value : value;
}

}  // namespace kan::cuda
