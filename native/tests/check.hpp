// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Checks for tests: plain executables that print what failed and exit 1 if anything did.
#pragma once
#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace check {

#if defined(M_MMAP_THRESHOLD) && defined(M_TRIM_THRESHOLD)
// Memory that was freed is used again: else every large array costs its page faults anew, half of what some tests take.
inline const bool freed_memory_is_kept = mallopt(M_MMAP_THRESHOLD, 1 << 30) && mallopt(M_TRIM_THRESHOLD, 2147483647);
#endif

inline int failures = 0;
inline long long checks = 0;

// Prints the first failures in full; thousands of the same say nothing more.
inline bool that(bool good, const std::string& what, const char* file, int line) {
  ++checks;
  if (!good && ++failures <= 25) std::printf("%s:%d: %s\n", file, line, what.c_str());
  return good;
}

inline bool passed() {
  ++checks;
  return true;
}

// Every test ends with this: a test that checked nothing has failed.
inline int finish(const char* name) {
  if (checks == 0) {
    std::printf("%s: nothing was checked\n", name);
    return 1;
  }
  const char* seed = std::getenv("KAN4J_EMULATION_SEED");
  if (failures && seed) std::printf("%s: failed with KAN4J_EMULATION_SEED=%s\n", name, seed);
  std::printf("%s: %lld checks, %d failures\n", name, checks, failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace check

// Texts are made where they are needed: there are millions of checks.
#define CHECK(condition) ((condition) ? check::passed() : check::that(false, #condition, __FILE__, __LINE__))
#define CHECK_TEXT(condition, text) \
  ((condition) ? check::passed() : check::that(false, std::string(#condition) + ": " + (text), __FILE__, __LINE__))
