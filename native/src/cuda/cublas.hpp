// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "cuda/device.hpp"

namespace kan::cuda {

// cuBLAS (12 or later) as opened at run time; nothing is linked. One handle a device context, on its stream.
struct Blas {
  void* handle;
  int (*destroy)(void* handle);
  int (*set_workspace)(void* handle, void* address, size_t bytes);
  int (*gemm)(void* handle, int transpose_a, int transpose_b, int m, int n, int k, const void* alpha, const void* a,
              int type_a, int lda, const void* b, int type_b, int ldb, const void* beta, void* c, int type_c, int ldc,
              int compute, int algorithm);
};

// What cuBLAS may use beside its operands; part of a layer's scratch, so that it allocates nothing. (The emulation needs none,
// and its tests copy all scratch.)
#ifndef KAN_BLAS_WORKSPACE
#define KAN_BLAS_WORKSPACE (32 << 20)
#endif
constexpr int64_t kBlasWorkspace = KAN_BLAS_WORKSPACE;

// A column-major matrix of float, or of bf16 with KAN_PRODUCTS_BF16.
struct BlasMatrix {
  const void* data;
  int64_t length;  // of a column
  bool transposed;
};

// c (m, n) = a (m, k) b (k, n) + (add ? c : 0), column-major, c of float and `length_c` numbers a column; products as the
// device's. The workspace must have been set by blas_workspace in this call.
void blas_product(CudaDevice& d, int64_t m, int64_t n, int64_t k, BlasMatrix a, BlasMatrix b, bool add, float* c,
                  int64_t length_c);
void blas_workspace(CudaDevice& d, void* address, int64_t bytes);

}  // namespace kan::cuda
