// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "cuda/dense_kernels.hpp"

namespace kan::cuda {

void launch_dense_inputs(CudaDevice& d, ProductWay way, int32_t basis, const DensePlan& plan, const DenseInputs& p) {
  const dim3 grid = dim3(unsigned(plan.input_groups), grid_rows(plan.row_blocks));
#define KAN_LAUNCH(kWay, kColumns, kBasis)                             \
  if (way == kWay && plan.tile.columns == kColumns && basis == kBasis) \
    return launch(d, dense_inputs_kernel<kWay, kColumns, kBasis>, grid, kBlockThreads, size_t(plan.inputs_shared()), p);
  KAN_DENSE_KERNELS(KAN_LAUNCH)
#undef KAN_LAUNCH
}

}  // namespace kan::cuda
