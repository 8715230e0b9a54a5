// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "cpu/elementwise.inl"

namespace KAN_NS {

template int64_t elementwise_scratch_bytes<KAN_REAL>(const Problem&, int);
template void elementwise_forward<KAN_REAL>(Pool&, const Layer&, const ForwardArgs&);
template void elementwise_backward<KAN_REAL>(Pool&, const Layer&, const BackwardArgs&);

}  // namespace KAN_NS
