// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "cpu/dense_basis.inl"

namespace KAN_NS {

template DenseBasis<KAN_REAL> dense_basis<KAN_REAL>(const Layer&);

}  // namespace KAN_NS
