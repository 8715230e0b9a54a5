// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// A stand-in for CUDA's header of this name: with this folder on the include path, g++ compiles the sources of
// native/src/cuda into a plugin whose kernels run on the CPU. For tests of the kernels' logic on machines without a GPU;
// neither shipped nor fast.
//
// A block's threads are fibers that run one after the other to their next barrier or warp operation, in ascending order
// in one launch and in descending order in the next (with KAN4J_EMULATION_SEED=N in an order shuffled anew after every
// barrier; tests that fail print N): a result that depends on it lacks a barrier. Blocks run in order. A
// barrier not reached by all, a warp operation some lane has left, shared memory written past its end: message and abort.
// Shared and device memory start as NaNs; device memory ends at a page that nobody may touch and, with
// KAN4J_EMULATION_STRICT in the environment, is itself out of reach but for kernels and copies, so that host code that
// dereferences it dies as it would with a GPU. Streams are synchronous; graphs are lists of the launches and copies
// recorded.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#define __global__
#define __device__
#define __host__
#define __shared__ static
#define __constant__ static
#define __grid_constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(n) alignas(n)

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};
struct uint3 {
  unsigned x, y, z;
};
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(8) int2 {
  int x, y;
};
struct alignas(16) int4 {
  int x, y, z, w;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline int2 make_int2(int x, int y) { return {x, y}; }
inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

// Of the running fiber.
extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;

namespace emulation {
void* shared_memory();
void block_barrier();
void warp_barrier(unsigned mask);
int lane();
// What each lane of the running warp hands in before a warp barrier, and what it had handed in when that one let it go: the barrier
// moves it along, so that one is enough, as it is on a GPU.
struct ExchangeRoom {
  alignas(64) unsigned char in[64], out[64];
};
ExchangeRoom* exchange_rooms();

// Every lane of `mask` hands in `mine`; f(other), called behind the barrier, reads what lane i handed in.
template <class T, class F>
auto exchange(unsigned mask, const T& mine, F&& f) {
  static_assert(sizeof(T) <= 64 && std::is_trivially_copyable_v<T>);
  ExchangeRoom* const rooms = exchange_rooms();
  std::memcpy(rooms[lane()].in, &mine, sizeof mine);
  warp_barrier(mask);
  return f([=](int from) {
    T other;
    std::memcpy(&other, rooms[from & 31].out, sizeof other);
    return other;
  });
}
}  // namespace emulation

inline void __syncthreads() { emulation::block_barrier(); }
inline void __syncwarp(unsigned mask = 0xffffffffu) { emulation::warp_barrier(mask); }
inline void __threadfence_block() {}
inline void __threadfence() {}

template <class T>
T __shfl_sync(unsigned mask, T v, int from, int width = 32) {
  return emulation::exchange(mask, v,
                             [&](auto of) { return of((emulation::lane() & ~(width - 1)) | (from & (width - 1))); });
}
template <class T>
T __shfl_xor_sync(unsigned mask, T v, int bits, int width = 32) {
  return emulation::exchange(mask, v, [&](auto of) {
    const int me = emulation::lane(), other = me ^ bits;
    return of((other & ~(width - 1)) > (me & ~(width - 1)) ? me : other);
  });
}
template <class T>
T __shfl_down_sync(unsigned mask, T v, int delta, int width = 32) {
  return emulation::exchange(mask, v, [&](auto of) {
    const int me = emulation::lane();
    return of((me & (width - 1)) + delta < width ? me + delta : me);
  });
}
template <class T>
T __shfl_up_sync(unsigned mask, T v, int delta, int width = 32) {
  return emulation::exchange(mask, v, [&](auto of) {
    const int me = emulation::lane();
    return of((me & (width - 1)) - delta >= 0 ? me - delta : me);
  });
}
inline unsigned __ballot_sync(unsigned mask, int predicate) {
  return emulation::exchange(mask, predicate, [&](auto of) {
    unsigned bits = 0;
    for (int i = 0; i < 32; ++i)
      if (mask >> i & 1) bits |= unsigned(of(i) != 0) << i;
    return bits;
  });
}
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) == mask; }
template <class T>
unsigned __match_any_sync(unsigned mask, T value) {
  return emulation::exchange(mask, value, [&](auto of) {
    unsigned bits = 0;
    for (int i = 0; i < 32; ++i)
      if ((mask >> i & 1) && of(i) == value) bits |= 1u << i;
    return bits;
  });
}

template <class T>
T __ldg(const T* p) {
  return *p;
}
inline int __popc(unsigned v) { return __builtin_popcount(v); }
inline int __clz(int v) { return v ? __builtin_clz(unsigned(v)) : 32; }
inline int __ffs(int v) { return __builtin_ffs(v); }
inline unsigned __float_as_uint(float v) {
  unsigned u;
  std::memcpy(&u, &v, 4);
  return u;
}
inline float __uint_as_float(unsigned u) {
  float v;
  std::memcpy(&v, &u, 4);
  return v;
}
inline float __expf(float x) { return std::exp(x); }

// -------------------------------------------------------------------------------------------------------- the runtime

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidDevice = 101,
  cudaErrorNoDevice = 100,
  cudaErrorInsufficientDriver = 35,
  cudaErrorStreamCaptureUnsupported = 900,
  cudaErrorStreamCaptureInvalidated = 901,
  cudaErrorNoKernelImageForDevice = 209,
  cudaErrorIllegalAddress = 700,
  cudaErrorLaunchFailure = 719,
};
using cudaStream_t = struct EmulatedStream*;
using cudaEvent_t = struct EmulatedEvent*;
using cudaGraph_t = struct EmulatedGraph*;
using cudaGraphExec_t = struct EmulatedGraph*;
// clang-format off
enum cudaMemcpyKind { cudaMemcpyHostToHost, cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice, cudaMemcpyDefault };
enum cudaStreamCaptureMode { cudaStreamCaptureModeGlobal, cudaStreamCaptureModeThreadLocal, cudaStreamCaptureModeRelaxed };
enum cudaStreamCaptureStatus { cudaStreamCaptureStatusNone, cudaStreamCaptureStatusActive, cudaStreamCaptureStatusInvalidated };
// clang-format on
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };
constexpr unsigned cudaStreamNonBlocking = 1, cudaEventDefault = 0, cudaEventDisableTiming = 2,
                   cudaHostAllocDefault = 0;
enum cudaDeviceAttr {
  cudaDevAttrMultiProcessorCount = 16,
  cudaDevAttrComputeCapabilityMajor = 75,
  cudaDevAttrComputeCapabilityMinor = 76,
  cudaDevAttrMaxSharedMemoryPerBlockOptin = 97,
};
struct cudaDeviceProp {
  char name[256];
  size_t totalGlobalMem, sharedMemPerBlockOptin;
  int major, minor, multiProcessorCount, memoryPoolsSupported;
};
struct cudaLaunchAttribute {};
struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  size_t dynamicSmemBytes;
  cudaStream_t stream;
  cudaLaunchAttribute* attrs;
  unsigned numAttrs;
};

const char* cudaGetErrorString(cudaError_t);
const char* cudaGetErrorName(cudaError_t);
cudaError_t cudaGetLastError();
cudaError_t cudaGetDeviceCount(int*);
cudaError_t cudaSetDevice(int);
cudaError_t cudaDriverGetVersion(int*);
cudaError_t cudaRuntimeGetVersion(int*);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp*, int);
cudaError_t cudaMemGetInfo(size_t* free, size_t* total);
cudaError_t cudaMalloc(void**, size_t);
cudaError_t cudaFree(void*);
cudaError_t cudaMallocAsync(void**, size_t, cudaStream_t);
cudaError_t cudaFreeAsync(void*, cudaStream_t);
enum cudaDriverEntryPointQueryResult { cudaDriverEntryPointSuccess };
constexpr unsigned long long cudaEnableDefault = 0;
cudaError_t cudaGetDriverEntryPointByVersion(const char*, void**, unsigned, unsigned long long,
                                             cudaDriverEntryPointQueryResult*);
cudaError_t cudaHostAlloc(void**, size_t, unsigned);
cudaError_t cudaFreeHost(void*);
cudaError_t cudaMemcpyAsync(void*, const void*, size_t, cudaMemcpyKind, cudaStream_t);
cudaError_t cudaMemsetAsync(void*, int, size_t, cudaStream_t);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t*, unsigned);
cudaError_t cudaStreamDestroy(cudaStream_t);
cudaError_t cudaStreamSynchronize(cudaStream_t);
cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned);
cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode);
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t*);
cudaError_t cudaStreamIsCapturing(cudaStream_t, cudaStreamCaptureStatus*);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t*, cudaGraph_t, unsigned long long = 0);
cudaError_t cudaGraphLaunch(cudaGraphExec_t, cudaStream_t);
cudaError_t cudaGraphDestroy(cudaGraph_t);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t*, unsigned);
cudaError_t cudaEventDestroy(cudaEvent_t);
cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t);
cudaError_t cudaEventSynchronize(cudaEvent_t);
cudaError_t cudaEventElapsedTime(float*, cudaEvent_t, cudaEvent_t);
cudaError_t cudaFuncSetAttribute(const void*, cudaFuncAttribute, int);

namespace emulation {
// Runs (or records) body() once in every thread of every block.
cudaError_t launch(const cudaLaunchConfig_t& config, const void* kernel, std::function<void()> body);
// Runs (or records) work(), which may touch device memory.
cudaError_t queue_access(cudaStream_t stream, std::function<void()> work);
}  // namespace emulation

template <class... P, class... A>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(P...), A&&... arguments) {
  return emulation::launch(
      *config, reinterpret_cast<const void*>(kernel),
      [kernel, values = std::tuple<P...>(std::forward<A>(arguments)...)] { std::apply(kernel, values); });
}
