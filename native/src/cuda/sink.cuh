// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "cpu/adamw.hpp"

namespace KAN_NS {

// Where finished numbers of gradient go: into d_params, overwriting or adding, or straight into AdamW.
struct Sink {
  int32_t mode;
  bool fused;
  AdamW<float> adam;
  float* d_params;
  float *p, *m, *v;

  __device__ __forceinline__ void put(int64_t i, float g) const {
    if (fused) adam.update(p[i], g, m[i], v[i]);
    else if (mode == KAN_GRAD_ACCUMULATE) d_params[i] += g;
    else if (mode == KAN_GRAD_OVERWRITE) d_params[i] = g;
  }
  __device__ __forceinline__ void put_4(int64_t i, const float (&g)[4], int n) const {
    for (int e = 0; e < n; ++e) put(i + e, g[e]);
  }
};

__device__ __forceinline__ void store_4(float* to, const float (&v)[4], int n) {
  for (int e = 0; e < n; ++e) to[e] = v[e];
}

}  // namespace KAN_NS
