// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace kan {

// The end of the run of equal bytes that begins at `begin` < end. Bytes that equal those one before them are all equal, which the
// C library compares in blocks. Groups of parameters are those of tensors, so runs are long.
__attribute__((always_inline)) inline int64_t run_end(const uint8_t* bytes, int64_t begin, int64_t end) {
  int64_t i = begin + 1;
  for (int64_t block = 1024; block >= 64; block /= 16)
    while (i + block <= end && __builtin_memcmp(bytes + i, bytes + i - 1, uint64_t(block)) == 0) i += block;
  while (i < end && bytes[i] == bytes[begin]) ++i;
  return i;
}

}  // namespace kan
