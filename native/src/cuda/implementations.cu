// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// THE list of implementations, in order of preference, and the table of kernels that the library calls.
#include "cuda/device.hpp"

#include <cstring>

namespace kan::cuda {
namespace {

constexpr const Implementation* kList[] = {
    &kElementwise, &kEdge, &kDenseCublas, &kDenseMma, &kBsplineTaps, &kDenseFma, &kReference,
};

}  // namespace

const Implementation& choose(const Problem& problem) {
  if (problem.batch == 0 && kReference.can(problem)) return kReference;  // nothing to cut into blocks
  for (const Implementation* i : kList) {
    if (problem.device.forced[0] && std::strcmp(i->name, problem.device.forced) == 0 && i->can(problem)) return *i;
  }
  for (const Implementation* i : kList) {
    if (i->can(problem) && (!i->suits || i->suits(problem))) return *i;
  }
  return kReference;
}

const char* unknown_implementation(const char* name) {
  static char names[512];
  if (!name[0]) return nullptr;
  size_t used = 0;
  for (const Implementation* i : kList) {
    if (std::strcmp(i->name, name) == 0) return nullptr;
  }
  for (const Implementation* i : kList) {
    used += size_t(std::snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", i->name));
  }
  return names;
}

void adamw(CudaDevice& d, const kan_adamw& options, int64_t n, float* p, const float* g, float* m, float* v);
void sgd(CudaDevice& d, const kan_sgd& options, int64_t n, float* p, const float* g, float* velocity);
void dot(CudaDevice& d, int32_t dtype, int64_t n, const void* a, const void* b, double* value);
void adamw_groups(CudaDevice& d, const kan_adamw* optimizers, int32_t count, const uint8_t* group, int64_t n, float* p,
                  const float* g, float* m, float* v);
void sgd_groups(CudaDevice& d, const kan_sgd* optimizers, int32_t count, const uint8_t* group, int64_t n, float* p,
                const float* g, float* velocity);
void clamp(CudaDevice& d, int32_t dtype, int64_t n, double limit, void* x);
void axpy(CudaDevice& d, int32_t dtype, int64_t n, double alpha, const void* x, void* y);
void scale(CudaDevice& d, int32_t dtype, int64_t n, double alpha, void* x);
void loss(CudaDevice& d, const LossArgs& a, double* value);
int64_t edge_statistics_scratch(const CudaDevice& d, const Layer& layer, int64_t batch, int32_t pass);
void edge_statistics(CudaDevice& d, const Layer& layer, const EdgeStatisticsArgs& a);
void edge_statistics_backward(CudaDevice& d, const Layer& layer, const EdgeBackwardArgs& a);
void basis_values(CudaDevice& d, const Layer& layer, int64_t batch, const void* x, const void* params,
                  const void* buffers, void* phi);

namespace {

int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

int64_t scratch_bytes(const Pool& pool, const Layer& layer, int64_t batch, int32_t mode) {
  const Problem forward{of(pool), layer, batch, KAN_PASS_FORWARD}, backward{of(pool), layer, batch, KAN_PASS_BACKWARD};
  int64_t bytes =
      larger(choose(forward).scratch_bytes(forward), edge_statistics_scratch(of(pool), layer, batch, KAN_PASS_FORWARD));
  if (mode != KAN_MODE_TRAIN) return bytes;
  bytes = larger(bytes, choose(backward).scratch_bytes(backward));
  return larger(bytes, edge_statistics_scratch(of(pool), layer, batch, KAN_PASS_BACKWARD));
}

}  // namespace

// Nothing is saved: the backward kernels make the basis values anew, from x, in registers.
extern const Kernels kKernels;
const Kernels kKernels = {
    "cuda",
    [](const Layer&, int64_t) -> int64_t { return 0; },
    scratch_bytes,
    [](Pool& pool, const Layer& layer, const ForwardArgs& a) {
      choose({of(pool), layer, a.batch, KAN_PASS_FORWARD}).forward(of(pool), layer, a);
    },
    [](Pool& pool, const Layer& layer, const BackwardArgs& a) {
      choose({of(pool), layer, a.batch, KAN_PASS_BACKWARD}).backward(of(pool), layer, a);
    },
    [](Pool& pool, const kan_adamw& o, int32_t, int64_t n, void* p, const void* g, void* m, void* v) {
      adamw(of(pool), o, n, static_cast<float*>(p), static_cast<const float*>(g), static_cast<float*>(m),
            static_cast<float*>(v));
    },
    [](Pool& pool, const kan_sgd& o, int32_t, int64_t n, void* p, const void* g, void* velocity) {
      sgd(of(pool), o, n, static_cast<float*>(p), static_cast<const float*>(g), static_cast<float*>(velocity));
    },
    [](Pool& pool, int32_t dtype, int64_t n, const void* a, const void* b, double* value) {
      dot(of(pool), dtype, n, a, b, value);
    },
    [](Pool& pool, int32_t dtype, int64_t n, double alpha, const void* x, void* y) {
      axpy(of(pool), dtype, n, alpha, x, y);
    },
    [](Pool& pool, int32_t dtype, int64_t n, double alpha, void* x) { scale(of(pool), dtype, n, alpha, x); },
    [](Pool& pool, const kan_adamw* o, int32_t groups, const uint8_t* group, int32_t, int64_t n, void* p, const void* g,
       void* m, void* v) {
      adamw_groups(of(pool), o, groups, group, n, static_cast<float*>(p), static_cast<const float*>(g),
                   static_cast<float*>(m), static_cast<float*>(v));
    },
    [](Pool& pool, const kan_sgd* o, int32_t groups, const uint8_t* group, int32_t, int64_t n, void* p, const void* g,
       void* velocity) {
      sgd_groups(of(pool), o, groups, group, n, static_cast<float*>(p), static_cast<const float*>(g),
                 static_cast<float*>(velocity));
    },
    [](Pool& pool, int32_t dtype, int64_t n, double limit, void* x) { clamp(of(pool), dtype, n, limit, x); },
    [](Pool& pool, const LossArgs& a, double* value) { loss(of(pool), a, value); },
    [](Pool& pool, const Layer& layer, const EdgeStatisticsArgs& a) { edge_statistics(of(pool), layer, a); },
    [](Pool& pool, const Layer& layer, int64_t batch, const void* x, const void* params, const void* buffers,
       void* phi) { basis_values(of(pool), layer, batch, x, params, buffers, phi); },
    [](Pool& pool, const Layer& layer, const EdgeBackwardArgs& a) { edge_statistics_backward(of(pool), layer, a); },
    nullptr,  // what memory of the device holds is checked by kernels
    nullptr,  // the plugin's own answer, which knows the device
};

}  // namespace kan::cuda
