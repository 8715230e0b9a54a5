// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "cpu/dense_forward.inl"
#include "cpu/dense_rows.inl"

namespace KAN_NS {

template int64_t dense_forward_scratch_bytes<KAN_REAL>(const Problem&, int);
template void dense_forward<KAN_REAL>(Pool&, const Layer&, const ForwardArgs&);
template int64_t dense_rows_scratch_bytes<KAN_REAL>(const Problem&, int);
template void dense_rows_forward<KAN_REAL>(Pool&, const Layer&, const ForwardArgs&);

}  // namespace KAN_NS
