// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The plugin's own side of a device (host code): stream, launches, the ordered list of implementations.
//
// Every source of this folder compiles with nvcc, and with g++ against native/tests/cuda_emulation, whose cuda_runtime.h
// runs kernels on the CPU: so no <<<>>> (launch() below), no inline PTX outside mma.cuh, shared memory through
// KAN_SHARED_MEMORY (device.cuh). What this header includes nvcc reads 19 times, for host and device: <map> and <mutex> would be half
// a minute of its processor time.
#pragma once
#include <cuda_runtime.h>

#include <cstdint>
#include <cstring>

#include "core/device.hpp"

#define KAN_NS kan::cuda

namespace kan::cuda {

// Whether an error leaves every context of the process unusable ("the process must be terminated and relaunched", CUDA's
// own text for these codes), whoever caused it.
inline bool breaks_process(cudaError_t error) {
  switch (int(error)) {
    // clang-format off
    case 214: case 220:                                      // memory or link errors that cannot be corrected
    case 700: case 702: case 709: case 710:                  // illegal address, timeout, destroyed context, assertion
    case 714: case 715: case 716: case 717: case 718: case 719: return true;  // stack, instruction, address, pc, launch
    // clang-format on
    default: return false;
  }
}
// Keeps the first such error of the process; its text, or NULL while there was none (plugin.cu).
void record_fault(const char* what, cudaError_t error);
const char* recorded_fault();

struct Staging;  // pinned memory on the way to and from the device (plugin.cu)
struct Graphs;

struct CudaDevice : Device {
  int index = 0;
  cudaStream_t stream = nullptr;
  int multiprocessors = 1;
  int capability = 0;        // 10 major + minor
  int shared_per_block = 0;  // bytes a block may ask for
  bool pools = false;        // memory can be allocated in the order of a stream
  int32_t products = KAN_PRODUCTS_FP32;
  char forced[32] = {};  // name of an implementation, or empty
  // Two-stage reductions of calls that have no scratch: losses, dot products. kReduction doubles.
  double* reduction = nullptr;
  Staging* staging = nullptr;
  Graphs* graphs = nullptr;
  void* blas = nullptr;  // of the cuBLAS path, its own (dense files); created by blas_open, freed by blas_close

  // Records a failure of the runtime; false then.
  bool check(cudaError_t error, const char* what) {
    if (error == cudaSuccess) return true;
    cudaGetLastError();
    if (breaks_process(error)) {
      record_fault(what, error);
      fail(KAN_DEVICE_ERROR, "%s: %s (CUDA error %d); no CUDA work is possible in this process any more: restart it",
           what, cudaGetErrorString(error), int(error));
      return false;
    }
    fail(error == cudaErrorMemoryAllocation ? KAN_DEVICE_OUT_OF_MEMORY : KAN_DEVICE_ERROR, "%s: %s (CUDA error %d)",
         what, cudaGetErrorString(error), int(error));
    return false;
  }
};

constexpr int kReduction = 8192;

// While a graph is recorded: the allocation that `address` points into belongs to it (plugin.cu).
bool recording(const CudaDevice& d);
void note_address(CudaDevice& d, uintptr_t address);
// The same of whatever could be an address in the argument of a kernel.
template <class T>
void note_addresses(CudaDevice& d, const T& argument) {
  for (size_t at = 0; at + sizeof(uintptr_t) <= sizeof argument; at += alignof(uintptr_t)) {
    uintptr_t word;
    std::memcpy(&word, reinterpret_cast<const char*>(&argument) + at, sizeof word);
    note_address(d, word);
  }
}

inline CudaDevice& of(Device& device) { return static_cast<CudaDevice&>(device); }
inline CudaDevice& of(const Pool& pool) { return static_cast<CudaDevice&>(*pool.device()); }

// Lets a kernel have more than 48 KB of dynamic shared memory. The limit is the kernel's on the device, whoever launches it: it
// only ever rises, or one thread's would take from another what it has just been given.
bool allow_shared(CudaDevice& d, const void* kernel, size_t shared);  // (plugin.cu)

// Queues kernel(arguments…) on the device's stream. `shared` bytes of dynamic shared memory, up to shared_per_block.
template <class... Parameters, class... Arguments>
void launch(CudaDevice& d, void (*kernel)(Parameters...), dim3 grid, int threads, size_t shared,
            const Arguments&... arguments) {
  if (d.status != KAN_OK || grid.x == 0 || grid.y == 0 || grid.z == 0) return;
  if (shared > 48 * 1024 && !allow_shared(d, reinterpret_cast<const void*>(kernel), shared)) return;
  if (recording(d)) (note_addresses(d, Parameters(arguments)), ...);
  cudaLaunchConfig_t config = {};
  config.gridDim = grid;
  config.blockDim = dim3(unsigned(threads));
  config.dynamicSmemBytes = shared;
  config.stream = d.stream;
  d.check(cudaLaunchKernelEx(&config, kernel, Parameters(arguments)...), "launch of a kernel");
}

// Blocks of a grid-stride loop over n, `threads` each: enough to fill the device, no more than there is work.
inline dim3 grid_for(const CudaDevice& d, int64_t n, int threads) {
  const int64_t blocks = (n + threads - 1) / threads, most = int64_t(d.multiprocessors) * 16;
  return dim3(unsigned(blocks < most ? blocks : most));
}

// Hands out 256-byte aligned pieces of a caller's scratch; with a null base it only counts.
class Carver {
 public:
  explicit Carver(void* base) : base_(static_cast<char*>(base)) {}
  template <class E>
  E* take(int64_t count) {
    char* p = base_ ? base_ + used_ : nullptr;
    used_ += (count * int64_t(sizeof(E)) + 255) / 256 * 256;
    return reinterpret_cast<E*>(p);
  }
  int64_t used() const { return used_; }

 private:
  char* base_;
  int64_t used_ = 0;
};

// ------------------------------------------------------------------------------------ the ordered list of kernels

// What an entry is asked about.
struct Problem {
  const CudaDevice& device;
  const Layer& layer;
  int64_t batch;
  int32_t pass;  // KAN_PASS_*
};

// One way to run a family of layers. The list (implementations.cu) is in order of preference: the first entry that can do
// a problem and suits it is taken; `forced` takes the entry of that name wherever it can. The last entry can do all.
struct Implementation {
  const char* name;
  bool (*can)(const Problem&);    // asked with batch >= 1 where a layer has weights
  bool (*suits)(const Problem&);  // the choice at this shape; NULL: wherever it can
  int64_t (*scratch_bytes)(const Problem&);
  void (*forward)(CudaDevice&, const Layer&, const ForwardArgs&);
  void (*backward)(CudaDevice&, const Layer&, const BackwardArgs&);
};

const Implementation& choose(const Problem& problem);

// NULL if `name` is empty or an entry's; else all names.
const char* unknown_implementation(const char* name);

// The entries, each beside its kernels.
extern const Implementation kReference;    // reference.cu: KAN and LINEAR, one plain kernel for every basis
extern const Implementation kElementwise;  // elementwise.cu: the layers without products
extern const Implementation kBsplineTaps;  // bspline.cu: B-splines by their k + 1 taps
// dense.cu (tensor cores): the basis expanded in registers or shared memory as the left factor of a product, for the
// global bases and LINEAR, and B-splines with few functions (bspline.cuh gives their values). dense_cublas: panels in
// scratch, multiplied by cuBLAS. edge.cu: wavelets.
extern const Implementation kDenseMma;
extern const Implementation kDenseFma;
extern const Implementation kDenseCublas;
extern const Implementation kEdge;

// cuBLAS, opened at run time; absence is no failure (dense_cublas then cannot).
void blas_open(CudaDevice& device);
void blas_close(CudaDevice& device);

// ------------------------------------------------------------------------------------ steps that families share (host)

struct Sink;       // device.cuh: where weight gradients go
struct LayerView;  // device.cuh: a layer as kernels see it

// y (rows, n) = LayerNorm(x); moments (rows, 2), mean and 1/sd, may be NULL. norm.cu
void layer_norm_forward(CudaDevice& d, int64_t rows, int64_t n, double eps, const float* x, const float* weight,
                        const float* bias, float* y, float* moments);
// d_x by mode from dz = dL/dy (d_x may be dz), and d weight, d bias into the sink at their offsets of params. moments as
// above. scratch: layer_norm_scratch(rows, n) numbers.
int64_t layer_norm_scratch(const CudaDevice& d, int64_t rows, int64_t n);
void layer_norm_backward(CudaDevice& d, int64_t rows, int64_t n, const float* x, const float* moments,
                         const float* weight, const float* dz, int32_t d_x_mode, float* d_x, const Sink& sink,
                         int64_t weight_offset, int64_t bias_offset, float* scratch);

// Column sums of a (rows, n) into the sink at params offset: the bias gradient. scratch: column_sums_scratch numbers.
int64_t column_sums_scratch(const CudaDevice& d, int64_t rows, int64_t n);
void column_sums(CudaDevice& d, int64_t rows, int64_t n, const float* a, const Sink& sink, int64_t offset,
                 float* scratch);

// Sums over rows of g times xhat (times x where moments are NULL) and of g into the sink. scratch: layer_norm_scratch.
void weighted_column_sums(CudaDevice& d, int64_t rows, int64_t n, const float* g, const float* x, const float* moments,
                          const Sink& sink, int64_t weight_offset, int64_t bias_offset, float* scratch);

// Gradient numbers g[0 .. n-1] of params offset .. into the sink; `parts` partial gradients `stride` numbers apart are
// summed in order: the second stage of every split reduction.
void sink_gradient(CudaDevice& d, int64_t n, const float* g, int parts, int64_t stride, const Sink& sink,
                   int64_t offset);

// to (n) by mode KAN_GRAD_* = sum of `parts` arrays `stride` numbers apart, in order, + bias[j % width] if not NULL.
void sum_parts(CudaDevice& d, int64_t n, const float* from, int parts, int64_t stride, const float* bias, int64_t width,
               int32_t mode, float* to);

}  // namespace kan::cuda
