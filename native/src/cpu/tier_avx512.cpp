// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#define KAN_NS kan::cpu::avx512
#include "cpu/kernels.inl"

const kan::Kernels& kan::avx512_kernels() { return cpu::avx512::kernel_table("avx512"); }
