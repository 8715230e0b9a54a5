// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// A stand-in for libcublas.so: the functions that src/cuda/cublas.cu takes, in the plainest way. Part of the emulated
// plugin, so that products are queued and recorded like its kernels; KAN4J_CUBLAS names that plugin, too.
#include "cuda_runtime.h"

namespace {

constexpr int kFloat = 0, kBfloat16 = 14, kCompute32F = 68, kCompute32FTf32 = 77;
constexpr int kInvalidValue = 7;

float number(const void* data, int type, int64_t at, int compute) {
  uint32_t bits = 0;
  if (type == kBfloat16) {
    bits = uint32_t(static_cast<const uint16_t*>(data)[at]) << 16;
  } else {
    std::memcpy(&bits, static_cast<const float*>(data) + at, 4);
    if (compute == kCompute32FTf32) bits = (bits + 0x1000u) & 0xffffe000u;
  }
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

void* workspace = nullptr;

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

int cublasCreate_v2(void** handle) {
  *handle = new cudaStream_t(nullptr);
  return 0;
}
int cublasDestroy_v2(void* handle) {
  delete static_cast<cudaStream_t*>(handle);
  return 0;
}
int cublasSetStream_v2(void* handle, void* stream) {
  *static_cast<cudaStream_t*>(handle) = static_cast<cudaStream_t>(stream);
  return 0;
}
int cublasSetWorkspace_v2(void*, void* address, size_t bytes) {
  workspace = address;
  return reinterpret_cast<uintptr_t>(address) % 256 == 0 && bytes > 0 ? 0 : kInvalidValue;
}

int cublasGemmEx(void* handle, int transpose_a, int transpose_b, int m, int n, int k, const void* alpha, const void* a,
                 int type_a, int lda, const void* b, int type_b, int ldb, const void* beta, void* c, int type_c,
                 int ldc, int compute, int) {
  if (type_c != kFloat || type_a != type_b || (type_a != kFloat && type_a != kBfloat16)) return kInvalidValue;
  if (compute != kCompute32F && compute != kCompute32FTf32) return kInvalidValue;
  if (lda < (transpose_a ? k : m) || ldb < (transpose_b ? n : k) || ldc < m || !workspace) return kInvalidValue;
  const float scale = *static_cast<const float*>(alpha), keep = *static_cast<const float*>(beta);
  float* out = static_cast<float*>(c);
  emulation::queue_access(*static_cast<cudaStream_t*>(handle), [=] {
    for (int64_t j = 0; j < n; ++j) {
      for (int64_t i = 0; i < m; ++i) {
        float sum = 0;
        for (int64_t p = 0; p < k; ++p) {
          sum += number(a, type_a, transpose_a ? i * lda + p : p * lda + i, compute) *
                 number(b, type_b, transpose_b ? p * ldb + j : j * ldb + p, compute);
        }
        float& to = out[j * ldc + i];
        to = keep == 0 ? scale * sum : scale * sum + keep * to;
      }
    }
  });
  return 0;
}

}  // extern "C"
#pragma GCC visibility pop
