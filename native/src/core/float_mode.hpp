// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The floating-point mode of kan4j's arithmetic: rounding to nearest, denormals kept, no traps. The host's threads may have
// another (a library built with -ffast-math flushes denormals in the thread that loads it, Fortran and C hosts enable traps):
// then the same call would give other bits on the caller's thread than on the workers', or end the process over the 1/0 of a
// masked lane.
#pragma once
#include <cstdint>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace kan {

class FloatMode {
 public:
  FloatMode() : before_(get()) {
    if ((before_ & ~kFlags) != kOurs) set(kOurs);
  }
  // Also takes back the exception flags that masked lanes raise.
  ~FloatMode() {
    if (get() != before_) set(before_);
  }
  FloatMode(const FloatMode&) = delete;
  FloatMode& operator=(const FloatMode&) = delete;

 private:
#if defined(__x86_64__)
  static constexpr uint64_t kOurs = 0x1f80, kFlags = 0x3f;
  static uint64_t get() { return _mm_getcsr(); }
  static void set(uint64_t mode) { _mm_setcsr(uint32_t(mode)); }
#elif defined(__aarch64__)
  static constexpr uint64_t kOurs = 0, kFlags = 0;  // FPCR has no flags; they are in FPSR
  static uint64_t get() {
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
  }
  static void set(uint64_t mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }
#else
  static constexpr uint64_t kOurs = 0, kFlags = 0;
  static uint64_t get() { return 0; }
  static void set(uint64_t) {}
#endif

  uint64_t before_;
};

}  // namespace kan
