// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/kernels.hpp"

namespace kan {

// The highest KAN_TIER_* that this build contains and this processor and operating system can run.
int32_t max_tier();

// The kernels of a tier, or null where this build has none. A tier above max_tier() must not be called.
const Kernels* tier_kernels(int32_t tier);

const char* tier_name(int32_t tier);

}  // namespace kan
