// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "cpu/spline_forward.inl"
#include "cpu/spline_rows.inl"

namespace KAN_NS {

template int64_t spline_saved_bytes<KAN_REAL>(const Layer&, int64_t);
template int64_t spline_forward_scratch_bytes<KAN_REAL>(const Problem&, int);
template void spline_forward<KAN_REAL>(Pool&, const Layer&, const ForwardArgs&);
template int64_t spline_rows_scratch_bytes<KAN_REAL>(const Problem&, int);
template void spline_rows_forward<KAN_REAL>(Pool&, const Layer&, const ForwardArgs&);

}  // namespace KAN_NS
