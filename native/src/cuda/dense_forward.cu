// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "cuda/dense_kernels.hpp"

namespace kan::cuda {

void launch_dense_forward(CudaDevice& d, ProductWay way, int32_t basis, const DensePlan& plan, const DenseForward& p) {
  const dim3 grid = dim3(unsigned(plan.row_blocks), unsigned(plan.column_blocks), unsigned(plan.forward.splits));
#define KAN_LAUNCH(kWay, kColumns, kBasis)                                                                             \
  if (way == kWay && plan.tile.columns == kColumns && basis == kBasis)                                                 \
    return launch(d, dense_forward_kernel<kWay, kColumns, kBasis>, grid, kBlockThreads, size_t(plan.forward_shared()), \
                  p);
  KAN_DENSE_KERNELS(KAN_LAUNCH)
#undef KAN_LAUNCH
}

}  // namespace kan::cuda
