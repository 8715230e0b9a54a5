// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Launches of the dense kernels, one source file a product; see dense.cuh.
#pragma once
#include "cuda/dense.cuh"

namespace kan::cuda {

// The ways that are compiled, with the columns of a block each.
#define KAN_DENSE_KERNELS(use) \
  use(kFma, 64) use(kTf32x3, 64) use(kTf32x3, 128) use(kTf32, 128) use(kBf16, 128)

// Blocks of a dimension that kernels walk through in strides, as many as a grid may have.
inline unsigned grid_rows(int64_t n) { return unsigned(least(n, 65535)); }

void launch_dense_forward(CudaDevice& d, ProductWay way, const DensePlan& plan, const DenseForward& p);
void launch_dense_weights(CudaDevice& d, ProductWay way, const DensePlan& plan, const DenseWeights& p);
void launch_dense_inputs(CudaDevice& d, ProductWay way, const DensePlan& plan, const DenseInputs& p);

}  // namespace kan::cuda
