// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// cuBLAS by dlopen, with the few prototypes it takes declared by hand (cublas_api.h of CUDA 12 and 13; the numbers are its
// enumerators'). Opened only where a context may use it: products other than fp32, or forced by name; own kernels multiply
// fp32 more accurately than one tf32 product and faster than plain float32.
#include "core/glibc_floor.h"  // dlopen moved from libdl to libc
#include "cuda/cublas.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <cstring>
#include <memory>

namespace kan::cuda {
namespace {

constexpr int kNoTranspose = 0, kTranspose = 1;        // cublasOperation_t
constexpr int kFloat = 0, kBfloat16 = 14;              // cudaDataType_t
constexpr int kCompute32F = 68, kCompute32FTf32 = 77;  // cublasComputeType_t
constexpr int kDefaultAlgorithm = -1;                  // cublasGemmAlgo_t

// KAN4J_CUBLAS names a file; else the loader's search.
void* open_library() {
  if (const char* path = std::getenv("KAN4J_CUBLAS")) return dlopen(path, RTLD_NOW | RTLD_LOCAL);
  for (const char* name : {"libcublas.so.13", "libcublas.so.12"}) {
    if (void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
  }
  return nullptr;
}

template <class F>
bool find(void* library, const char* name, F*& function) {
  function = reinterpret_cast<F*>(dlsym(library, name));
  return function != nullptr;
}

}  // namespace

void blas_open(CudaDevice& d) {
  if (d.products == KAN_PRODUCTS_FP32 && std::strcmp(d.forced, kDenseCublas.name) != 0) return;
  static void* const library = open_library();  // stays for the process
  if (!library) return;
  auto blas = std::make_unique<Blas>();
  int (*create)(void**);
  int (*set_stream)(void*, cudaStream_t);
  if (!find(library, "cublasCreate_v2", create) || !find(library, "cublasSetStream_v2", set_stream) ||
      !find(library, "cublasDestroy_v2", blas->destroy) ||
      !find(library, "cublasSetWorkspace_v2", blas->set_workspace) || !find(library, "cublasGemmEx", blas->gemm)) {
    return;
  }
  if (create(&blas->handle) != 0) return;
  if (set_stream(blas->handle, d.stream) != 0) {
    blas->destroy(blas->handle);
    return;
  }
  d.blas = blas.release();
}

void blas_close(CudaDevice& d) {
  auto* blas = static_cast<Blas*>(d.blas);
  d.blas = nullptr;
  if (!blas) return;
  blas->destroy(blas->handle);
  delete blas;
}

void blas_workspace(CudaDevice& d, void* address, int64_t bytes) {
  Blas& blas = *static_cast<Blas*>(d.blas);
  if (d.status != KAN_OK) return;
  if (recording(d)) note_addresses(d, address);
  if (const int status = blas.set_workspace(blas.handle, address, size_t(bytes))) {
    d.fail(KAN_DEVICE_ERROR, "cublasSetWorkspace: status %d", status);
  }
}

void blas_product(CudaDevice& d, int64_t m, int64_t n, int64_t k, BlasMatrix a, BlasMatrix b, bool add, float* c,
                  int64_t length_c) {
  Blas& blas = *static_cast<Blas*>(d.blas);
  if (d.status != KAN_OK) return;
  if (recording(d)) note_addresses(d, a.data), note_addresses(d, b.data), note_addresses(d, c);
  const float one = 1, beta = add ? 1 : 0;
  const int type = d.products == KAN_PRODUCTS_BF16 ? kBfloat16 : kFloat;
  const int compute = d.products == KAN_PRODUCTS_TF32 ? kCompute32FTf32 : kCompute32F;
  if (const int status =
          blas.gemm(blas.handle, a.transposed ? kTranspose : kNoTranspose, b.transposed ? kTranspose : kNoTranspose,
                    int(m), int(n), int(k), &one, a.data, type, int(a.length), b.data, type, int(b.length), &beta, c,
                    kFloat, int(length_c), compute, kDefaultAlgorithm)) {
    d.fail(KAN_DEVICE_ERROR, "cublasGemmEx of %lld x %lld x %lld: status %d", static_cast<long long>(m),
           static_cast<long long>(n), static_cast<long long>(k), status);
  }
}

}  // namespace kan::cuda
