// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Handles that cannot crash the process. A handle is not an address but a slot number and a generation, so a null,
// stale, foreign or garbage handle is recognised without touching memory it points to. Slots are recycled and never
// freed: a reader may look at one at any time.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>

#include "core/error.hpp"

namespace kan {

template <class T, uint64_t kKind>
class HandleTable {
 public:
  static constexpr uint64_t kHeld = uint64_t(1) << 63;
  static_assert(kKind < 0x80);  // leaves the bit

  struct Slot {
    std::atomic<uint64_t> handle{0};  // 0: free
    // Contexts: the handle while no call holds it, that and kHeld while one does. It names the object and not the slot, so
    // that a call with a stale handle cannot hold what came after it.
    std::atomic<uint64_t> holder{0};
    T* object = nullptr;
    uint64_t generation = 0;
    Slot* next_free = nullptr;
    uint64_t index = 0;
  };

  // Takes ownership of `object`.
  uint64_t add(T* object) {
    std::lock_guard lock(mutex_);
    if (!free_) grow();
    Slot* slot = free_;
    free_ = slot->next_free;
    slot->object = object;
    // The top 8 bits name the kind, so that a layer passed as a context is recognised.
    const uint64_t handle = kKind << 56 | (++slot->generation & 0xfffffffff) << kIndexBits | slot->index;
    slot->holder.store(handle, std::memory_order_release);
    slot->handle.store(handle, std::memory_order_release);
    live_.fetch_add(1, std::memory_order_relaxed);
    return handle;
  }

  // The slot of a live handle, or null.
  Slot* find(uint64_t handle) {
    const uint64_t index = handle & ((uint64_t(1) << kIndexBits) - 1);
    Slot* chunk = chunks_[index / kChunk].load(std::memory_order_acquire);
    if (!chunk) return nullptr;
    Slot* slot = chunk + index % kChunk;
    return handle != 0 && slot->handle.load(std::memory_order_acquire) == handle ? slot : nullptr;
  }

  // Takes the object out of the table and ends its hold; null if the handle is not live (any more).
  T* remove(uint64_t handle) {
    std::lock_guard lock(mutex_);
    Slot* slot = find(handle);
    if (!slot) return nullptr;
    T* object = slot->object;
    slot->handle.store(0, std::memory_order_release);
    slot->holder.store(0, std::memory_order_release);
    slot->object = nullptr;
    slot->next_free = free_;
    free_ = slot;
    live_.fetch_sub(1, std::memory_order_relaxed);
    return object;
  }

  int64_t live() const { return live_.load(std::memory_order_relaxed); }

 private:
  static constexpr int kIndexBits = 20;
  static constexpr uint64_t kChunk = 1024;

  void grow() {
    if (used_chunks_ == kChunks) throw Error(KAN_OUT_OF_MEMORY, "more than ", kChunks * kChunk, " live handles");
    Slot* chunk = new Slot[kChunk];
    for (uint64_t i = kChunk; i-- > 0;) {
      chunk[i].index = used_chunks_ * kChunk + i;
      chunk[i].next_free = free_;
      free_ = chunk + i;
    }
    chunks_[used_chunks_++].store(chunk, std::memory_order_release);
  }

  static constexpr uint64_t kChunks = (uint64_t(1) << kIndexBits) / kChunk;
  std::mutex mutex_;
  Slot* free_ = nullptr;
  uint64_t used_chunks_ = 0;
  std::atomic<Slot*> chunks_[kChunks] = {};
  std::atomic<int64_t> live_{0};
};

}  // namespace kan
