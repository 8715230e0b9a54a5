// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "cpu/spline_backward.inl"

namespace KAN_NS {

template int64_t spline_backward_scratch_bytes<KAN_REAL>(const Problem&, int);
template void spline_backward<KAN_REAL>(Pool&, const Layer&, const BackwardArgs&);

}  // namespace KAN_NS
