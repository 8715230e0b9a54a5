// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "cpu/edge_statistics.inl"

namespace KAN_NS {

template int64_t edge_statistics_scratch_bytes<KAN_REAL>(const Layer&, int64_t, int32_t, int);
template void edge_statistics<KAN_REAL>(Pool&, const Layer&, const EdgeStatisticsArgs&);
template void edge_statistics_backward<KAN_REAL>(Pool&, const Layer&, const EdgeBackwardArgs&);

}  // namespace KAN_NS
