// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#define KAN_NS kan::cpu::baseline
#include "cpu/kernels.inl"

const kan::Kernels& kan::baseline_kernels() { return cpu::baseline::kernel_table("baseline"); }
