// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Checks of arguments, each with one clear message: what was wrong, what was expected, what was given.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#include "core/context.hpp"
#include "core/error.hpp"
#include "core/layer.hpp"

namespace kan::abi {

constexpr int64_t kSavedHeader = 64;

inline int64_t size_of(int32_t dtype) { return dtype == KAN_F64 ? 8 : 4; }

inline void check_dtype(int32_t dtype) {
  if (dtype != KAN_F32 && dtype != KAN_F64) {
    throw Error(KAN_INVALID_ARGUMENT, "dtype: expected KAN_F32 (1) or KAN_F64 (2), given ", dtype);
  }
}

inline void check_device_dtype(const Context& c, int32_t dtype) {
  if (c.device() && dtype == KAN_F64) {
    throw Error(KAN_UNSUPPORTED, "dtype: the CUDA kernels compute in KAN_F32, given KAN_F64; the CPU has both");
  }
}

inline void check_range(const char* name, int64_t value, int64_t low, int64_t high) {
  if (value < low || value > high) {
    throw Error(KAN_INVALID_ARGUMENT, name, ": expected ", low, " to ", high, ", given ", value);
  }
}

// Product of counts whose bytes must stay addressable.
inline int64_t product(const char* name, int64_t a, int64_t b, int64_t element) {
  int64_t count, bytes;
  if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, &count) || __builtin_mul_overflow(count, element, &bytes) ||
      bytes > kAddressable) {
    throw Error(KAN_INVALID_ARGUMENT, name, ": ", a, " x ", b, " numbers of ", element,
                " bytes do not fit into memory");
  }
  return bytes;
}

inline void check_aligned(const char* name, const void* p, int64_t alignment) {
  if (reinterpret_cast<uintptr_t>(p) % uintptr_t(alignment) != 0) {
    throw Error(KAN_INVALID_ARGUMENT, name, ": expected an address that is a multiple of ", alignment, ", given ",
                reinterpret_cast<uintptr_t>(p));
  }
}

// A pointer to `bytes` bytes that may be null only when there are none.
inline void check_pointer(const char* name, const void* p, int64_t bytes, int64_t alignment) {
  if (!p) {
    if (bytes == 0) return;
    throw Error(KAN_INVALID_ARGUMENT, name, ": null, expected ", bytes, " bytes");
  }
  check_aligned(name, p, alignment);
  if (reinterpret_cast<uintptr_t>(p) + uintptr_t(bytes) < reinterpret_cast<uintptr_t>(p)) {
    throw Error(KAN_INVALID_ARGUMENT, name, ": ", bytes, " bytes from ", reinterpret_cast<uintptr_t>(p),
                " wrap around the address space");
  }
}

inline bool overlap(const void* a, int64_t a_bytes, const void* b, int64_t b_bytes) {
  const auto x = reinterpret_cast<uintptr_t>(a), y = reinterpret_cast<uintptr_t>(b);
  return a && b && a_bytes > 0 && b_bytes > 0 && x < y + uintptr_t(b_bytes) && y < x + uintptr_t(a_bytes);
}

inline void check_apart(const char* a_name, const void* a, int64_t a_bytes, const char* b_name, const void* b,
                        int64_t b_bytes) {
  if (overlap(a, a_bytes, b, b_bytes)) throw Error(KAN_INVALID_ARGUMENT, a_name, ": must not overlap ", b_name);
}

// The arrays of one call: what it writes must not overlap any other of them.
class Arrays {
 public:
  Arrays& reads(const char* name, const void* p, int64_t bytes) { return add({name, p, bytes, false}); }
  Arrays& writes(const char* name, const void* p, int64_t bytes) { return add({name, p, bytes, true}); }

 private:
  struct Array {
    const char* name;
    const void* p;
    int64_t bytes;
    bool written;
  };
  Array arrays_[12];
  int count_ = 0;

  Arrays& add(const Array& a) {
    for (int i = 0; i < count_; ++i) {
      const Array& b = arrays_[i];
      if (a.written) check_apart(a.name, a.p, a.bytes, b.name, b.p, b.bytes);
      else if (b.written) check_apart(b.name, b.p, b.bytes, a.name, a.p, a.bytes);
    }
    arrays_[count_++] = a;
    return *this;
  }
};

// There is one version so far; another is of a header to come, whose fields this library would misread.
inline void check_version(const char* name, int32_t version) {
  if (version != 1) throw Error(KAN_INVALID_ARGUMENT, name, ".struct_version: expected 1, given ", version);
}

inline void check_struct_header(const char* name, const void* p, int32_t size, int32_t version, int64_t known) {
  if (size < 8 || size > known + 4096) {
    throw Error(KAN_INVALID_ARGUMENT, name, ".struct_size: expected ", known, ", given ", size);
  }
  check_version(name, version);
  for (int64_t i = known; i < size; ++i) {
    if (static_cast<const unsigned char*>(p)[i] != 0) {
      throw Error(KAN_ABI_MISMATCH, name, ": byte ", i, " is not 0 and belongs to a field that this library (ABI ",
                  KAN_ABI_MAJOR, ".", KAN_ABI_MINOR, ", ", known, " bytes) does not know");
    }
  }
}

// An input struct of any version: min(struct_size, sizeof) bytes, the rest zero.
template <class S>
S read_struct(const char* name, const S* p) {
  if (!p) throw Error(KAN_INVALID_ARGUMENT, name, ": null");
  check_aligned(name, p, alignof(S));
  check_struct_header(name, p, p->struct_size, p->struct_version, sizeof(S));
  S copy;
  std::memset(&copy, 0, sizeof copy);
  std::memcpy(&copy, p, std::min(size_t(p->struct_size), sizeof(S)));
  return copy;
}

// An output struct: its header is checked before the work, and filled up to struct_size after it.
template <class S>
void check_output_struct(const char* name, const S* p) {
  if (!p) throw Error(KAN_INVALID_ARGUMENT, name, ": null");
  check_aligned(name, p, alignof(S));
  if (p->struct_size < 8 || p->struct_size > int32_t(sizeof(S)) + 4096) {
    throw Error(KAN_INVALID_ARGUMENT, name, ".struct_size: expected ", sizeof(S), ", given ", p->struct_size);
  }
  check_version(name, p->struct_version);
}

template <class S>
void write_struct(S* p, S value) {
  value.struct_size = p->struct_size;
  value.struct_version = p->struct_version;
  std::memcpy(static_cast<void*>(p), &value, std::min(size_t(p->struct_size), sizeof(S)));
}

}  // namespace kan::abi
