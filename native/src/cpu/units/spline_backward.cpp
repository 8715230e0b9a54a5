// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "cpu/local.inl"

namespace KAN_NS {

template void spline_backward<KAN_REAL>(Pool&, const Layer&, const BackwardArgs&);

}  // namespace KAN_NS
