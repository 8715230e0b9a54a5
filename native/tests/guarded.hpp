// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Memory that punishes a read or write past it: it ends (or begins) at a page nobody may touch, and what lies between
// the numbers and the other page edge is a pattern that is checked.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "tests/check.hpp"

class Guarded {
 public:
  enum Edge { kEnd, kBegin };

  Guarded() = default;
  // `bytes` of memory aligned to `alignment`; as close to the guard page as that allows.
  explicit Guarded(int64_t bytes, int64_t alignment = 4, Edge edge = kEnd) : bytes_(bytes) {
    static const int64_t page = sysconf(_SC_PAGESIZE);
    const int64_t room = pages((bytes + page) / page) * page;
    length_ = room + 2 * page;
    base_ = kept().take(length_);
    if (!base_) base_ = mapped(length_, page);
    begin_ = base_ + page;
    end_ = begin_ + room;
    data_ = edge == kBegin
                ? begin_
                : reinterpret_cast<char*>(reinterpret_cast<uintptr_t>(end_ - bytes) & ~uintptr_t(alignment - 1));
    std::memset(begin_, kPattern, size_t(room));
  }
  Guarded(Guarded&& other) noexcept { *this = std::move(other); }
  Guarded& operator=(Guarded&& other) noexcept {
    std::swap(base_, other.base_), std::swap(begin_, other.begin_), std::swap(end_, other.end_);
    std::swap(data_, other.data_), std::swap(bytes_, other.bytes_), std::swap(length_, other.length_);
    return *this;
  }
  ~Guarded() {
    if (base_) kept().give_up(base_, length_);
  }

  void* get() const { return data_; }
  template <class T>
  T* as() const {
    return static_cast<T*>(static_cast<void*>(data_));
  }
  int64_t bytes() const { return bytes_; }

  // Whether the bytes around the data are still what they were.
  bool intact() const { return untouched(begin_, data_) && untouched(data_ + bytes_, end_); }

 private:
  static constexpr unsigned char kPattern = 0xff;  // NaN in either type: reading it shows, too

  static bool untouched(const char* begin, const char* end) {
    if (begin == end) return true;
    return static_cast<unsigned char>(*begin) == kPattern &&
           std::memcmp(begin, begin + 1, size_t(end - begin - 1)) == 0;
  }

  // An eighth more at most, so that there are few sizes and an array that was given up finds another.
  static int64_t pages(int64_t needed) {
    int64_t step = 1;
    while (needed > 8 * step) step *= 2;
    return (needed + step - 1) / step * step;
  }

  // Mapping, protecting and unmapping hundreds of thousands of arrays was four tenths of parity's processor time, and the pages of those
  // of megabytes a fifth: one that is given up serves the next of its size. When they are many, all are unmapped.
  class Kept {
   public:
    char* take(int64_t length) {
      const auto found = lists_.find(length);
      if (found == lists_.end() || found->second.empty()) return nullptr;
      char* const base = found->second.back();
      found->second.pop_back();
      bytes_ -= length;
      return base;
    }
    void give_up(char* base, int64_t length) {
      if (bytes_ + length > kMost) {
        for (const auto& [size, list] : lists_)
          for (char* each : list) munmap(each, size_t(size));
        lists_.clear();
        bytes_ = 0;
      }
      lists_[length].push_back(base);
      bytes_ += length;
    }

   private:
    static constexpr int64_t kMost = 1 << 30;
    std::map<int64_t, std::vector<char*>> lists_;
    int64_t bytes_ = 0;
  };
  static Kept& kept() {
    static thread_local Kept kept;
    return kept;
  }
  static char* mapped(int64_t length, int64_t page) {
    void* memory = mmap(nullptr, size_t(length), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED ||
        mprotect(static_cast<char*>(memory) + page, size_t(length - 2 * page), PROT_READ | PROT_WRITE) != 0) {
      std::printf("cannot map %lld bytes\n", static_cast<long long>(length));
      std::exit(1);
    }
#ifdef MADV_HUGEPAGE
    madvise(memory, size_t(length), MADV_HUGEPAGE);  // a fault for 2 MB, where the system has such pages; else nothing
#endif
    return static_cast<char*>(memory);
  }

  char *base_ = nullptr, *begin_ = nullptr, *end_ = nullptr, *data_ = nullptr;
  int64_t bytes_ = 0, length_ = 0;
};
