// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/layer.hpp"
#include "core/pool.hpp"

namespace kan {

struct EdgeRange;  // core/edge_ranges.hpp

struct ForwardArgs {
  int32_t mode;
  int64_t batch;
  const void* x;  // (batch, in)
  const void* params;
  void* buffers;
  void* y;      // (batch, out)
  void* saved;  // NULL unless mode is TRAIN
  void* scratch;
  const EdgeRange* edges = nullptr;  // [tile][in]: others add 0; NULL: all are computed
};

struct BackwardArgs {
  int64_t batch;
  const void* x;  // (batch, in)
  const void* params;
  const void* buffers;
  const void* saved;
  const void* d_y;  // (batch, out)
  int32_t d_x_mode;
  void* d_x;  // (batch, in)
  int32_t d_params_mode;
  void* d_params;
  // Fused AdamW: adam != NULL; d_params is NULL and its mode NONE then.
  const kan_adamw* adam;
  void* params_out;  // == params
  void* m;
  void* v;
  void* scratch;
};

struct LossArgs {
  int32_t kind, dtype;
  int64_t batch, out;
  const void* p;
  const void* target;
  const void* weights;
  double delta;
  void* d_p;
};

struct EdgeStatisticsArgs {
  int64_t batch;
  const void* x;
  const void* params;
  const void* buffers;
  double* mean_abs;
  double* mean;
  double* deviation;
  void* scratch;
};

// The gradient of a scalar of the statistics; `pass` has neither saved nor d_y.
struct EdgeBackwardArgs {
  BackwardArgs pass;
  const double* d_mean_abs;  // (out, in) each, or NULL
  const double* d_mean;
  const double* d_mean_square;
};

// One implementation of every operation. Arguments are already checked; nothing here allocates or throws, and only a
// device can fail (core/device.hpp).
// `saved` and scratch sizes are in bytes; both start 64-byte aligned. The abi layer owns the header of `saved` (the
// first 64 bytes, which name the layer and batch): pointers given here are past it.
struct Kernels {
  const char* name;
  int64_t (*saved_bytes)(const Layer&, int64_t batch);
  int64_t (*scratch_bytes)(const Pool&, const Layer&, int64_t batch, int32_t mode);
  void (*forward)(Pool&, const Layer&, const ForwardArgs&);
  void (*backward)(Pool&, const Layer&, const BackwardArgs&);
  void (*adamw)(Pool&, const kan_adamw&, int32_t dtype, int64_t n, void* p, const void* g, void* m, void* v);
  void (*sgd)(Pool&, const kan_sgd&, int32_t dtype, int64_t n, void* p, const void* g, void* velocity);
  void (*dot)(Pool&, int32_t dtype, int64_t n, const void* a, const void* b, double* value);
  void (*axpy)(Pool&, int32_t dtype, int64_t n, double alpha, const void* x, void* y);
  void (*scale)(Pool&, int32_t dtype, int64_t n, double alpha, void* x);
  void (*adamw_groups)(Pool&, const kan_adamw*, int32_t groups, const uint8_t* group, int32_t dtype, int64_t n, void* p,
                       const void* g, void* m, void* v);
  void (*sgd_groups)(Pool&, const kan_sgd*, int32_t groups, const uint8_t* group, int32_t dtype, int64_t n, void* p,
                     const void* g, void* velocity);
  void (*clamp)(Pool&, int32_t dtype, int64_t n, double limit, void* x);
  void (*loss)(Pool&, const LossArgs&, double* value);
  void (*edge_statistics)(Pool&, const Layer&, const EdgeStatisticsArgs&);
  void (*basis)(Pool&, const Layer&, int64_t batch, const void* x, const void* params, const void* buffers, void* phi);
  void (*edge_backward)(Pool&, const Layer&, const EdgeBackwardArgs&);
  // The index of the first of n numbers that is not from 0 to high, NaN among them; n if there is none. On the host alone.
  int64_t (*first_outside)(Pool&, int32_t dtype, int64_t n, const void* x, double high);
  // The entry of a tier's list of implementations that runs a pass (KAN_PASS_*, forward in INFER mode); NULL: there is no list.
  const char* (*implementation)(const Layer&, int64_t batch, int32_t pass);
};

const Kernels& reference_kernels();  // src/ref: double precision, plain

// src/cpu, compiled once for each of the tiers that KAN_TIERS names.
namespace cpu {
namespace baseline {
const Kernels& kernels();
}
namespace avx2 {
const Kernels& kernels();
}
namespace avx512 {
const Kernels& kernels();
}
}  // namespace cpu

}  // namespace kan
