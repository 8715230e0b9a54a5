// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#define KAN_NS kan::cpu::avx2
#include "cpu/kernels.inl"

const kan::Kernels& kan::avx2_kernels() { return cpu::avx2::kernel_table("avx2"); }
