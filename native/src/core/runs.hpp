// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace kan {

// Whether N bytes are all `byte`, without a branch among them.
template <int N>
__attribute__((always_inline)) inline bool all_are(const uint8_t* bytes, uint8_t byte) {
  typedef uint8_t Bytes __attribute__((vector_size(16), aligned(1), may_alias));
  typedef uint64_t Words __attribute__((vector_size(16)));
  Words differ{};
#pragma GCC unroll 8
  for (int i = 0; i < N; i += 16) differ |= Words(*reinterpret_cast<const Bytes*>(bytes + i) ^ byte);
  return (differ[0] | differ[1]) == 0;
}

// The end of the run of equal bytes that begins at `begin` < end. Groups of parameters are those of tensors, so runs are long.
__attribute__((always_inline)) inline int64_t run_end(const uint8_t* bytes, int64_t begin, int64_t end) {
  const uint8_t byte = bytes[begin];
  int64_t i = begin + 1;
  while (i + 128 <= end && all_are<128>(bytes + i, byte)) i += 128;
  while (i + 32 <= end && all_are<32>(bytes + i, byte)) i += 32;
  while (i < end && bytes[i] == byte) ++i;
  return i;
}

}  // namespace kan
