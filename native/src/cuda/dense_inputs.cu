// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "cuda/dense_kernels.hpp"

namespace kan::cuda {

void launch_dense_inputs(CudaDevice& d, ProductWay way, const DensePlan& plan, const DenseInputs& p) {
  const dim3 grid = dim3(unsigned(plan.input_groups), grid_rows(plan.row_blocks));
#define KAN_LAUNCH(kWay, kColumns) \
  if (way == kWay && plan.tile.columns == kColumns) \
    return launch(d, dense_inputs_kernel<kWay, kColumns>, grid, kBlockThreads, size_t(plan.inputs_shared()), p);
  KAN_DENSE_KERNELS(KAN_LAUNCH)
#undef KAN_LAUNCH
}

}  // namespace kan::cuda
