// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "core/cpu.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace kan {
namespace {

#if defined(__x86_64__)
// What the operating system saves on a context switch (XCR0): without it the registers exist but must not be used.
uint64_t saved_register_state() {
  uint32_t eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & bit_OSXSAVE)) return 0;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t(high) << 32 | low;
}

int32_t processor_tier() {
  constexpr uint64_t kYmm = 0x06;  // bits 1 and 2: SSE and AVX state
  constexpr uint64_t kZmm = 0xe6;  // and 5, 6, 7: mask registers, upper halves, upper sixteen
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  const uint64_t state = saved_register_state();
  if ((state & kYmm) != kYmm) return KAN_TIER_BASELINE;
  __get_cpuid(1, &eax, &ebx, &ecx, &edx);
  const bool avx_fma = (ecx & bit_AVX) && (ecx & bit_FMA);
  if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || !avx_fma || !(ebx & bit_AVX2)) return KAN_TIER_BASELINE;
  constexpr uint32_t kAvx512 = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
  return (ebx & kAvx512) == kAvx512 && (state & kZmm) == kZmm ? KAN_TIER_AVX512 : KAN_TIER_AVX2;
}
#else
int32_t processor_tier() { return KAN_TIER_BASELINE; }
#endif

}  // namespace

const Kernels* tier_kernels(int32_t tier) {
  switch (tier) {
    case KAN_TIER_REFERENCE: return &reference_kernels();
#if defined(KAN_HAVE_BASELINE)
    case KAN_TIER_BASELINE: return &cpu::baseline::kernels();
#endif
#if defined(KAN_HAVE_AVX2)
    case KAN_TIER_AVX2: return &cpu::avx2::kernels();
#endif
#if defined(KAN_HAVE_AVX512)
    case KAN_TIER_AVX512: return &cpu::avx512::kernels();
#endif
    default: return nullptr;
  }
}

int32_t max_tier() {
  static const int32_t highest = [] {  // asked once: under a hypervisor CPUID takes microseconds
    int32_t tier = processor_tier();
    while (tier > KAN_TIER_REFERENCE && !tier_kernels(tier)) --tier;
    return tier;
  }();
  return highest;
}

const char* tier_name(int32_t tier) {
  constexpr const char* names[] = {"auto", "reference", "baseline", "avx2", "avx512"};
  return tier >= KAN_TIER_AUTO && tier <= KAN_TIER_AVX512 ? names[tier] : "unknown";
}

}  // namespace kan
