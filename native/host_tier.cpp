// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Prints the best tier that this machine runs, processor and operating system: CMake asks where KAN_TIERS=host. The library
// itself asks again when it is loaded (src/core/cpu.cpp).
#include <cstdio>

int main() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  std::fputs(avx512 ? "avx512" : avx2 ? "avx2" : "baseline", stdout);
#else
  std::fputs("baseline", stdout);
#endif
}
