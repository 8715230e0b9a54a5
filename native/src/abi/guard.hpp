// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The only way in: every exported function runs its body through guard() or run(), so nothing is ever thrown across
// the boundary, and a context serves one thread at a time.
#pragma once
#include <exception>
#include <new>
#include <utility>

#include "core/context.hpp"
#include "core/float_mode.hpp"

namespace kan::abi {

// Runs body(); a failure becomes a status and a text in `error`.
template <class Body>
kan_status guard(ErrorText& error, Body&& body) noexcept {
  try {
    std::forward<Body>(body)();
    return KAN_OK;
  } catch (const Error& e) {
    error.set(e.what());
    return e.status();
  } catch (const std::bad_alloc&) {
    error.set("out of memory");
    return KAN_OUT_OF_MEMORY;
  } catch (const std::exception& e) {
    error.set(e.what());
    return KAN_INTERNAL;
  } catch (...) {
    error.set("an exception of unknown type");
    return KAN_INTERNAL;
  }
}

// Holds a context for one call.
class Hold {
 public:
  explicit Hold(kan_context handle) {
    const uint64_t bits = reinterpret_cast<uint64_t>(handle);
    ContextTable::Slot* slot = contexts().find(bits);
    if (!slot) {
      status_ = KAN_INVALID_ARGUMENT;
      thread_error().set("context: not a live context handle (null, destroyed or never created)");
      return;
    }
    uint64_t idle = bits;
    if (!slot->holder.compare_exchange_strong(idle, bits | ContextTable::kHeld, std::memory_order_acquire)) {
      const bool busy = idle == (bits | ContextTable::kHeld);
      status_ = busy ? KAN_BUSY : KAN_INVALID_ARGUMENT;
      thread_error().set(busy ? "context: in use by another thread; a context serves one thread at a time"
                              : "context: destroyed by another thread");
      return;
    }
    handle_ = bits;
    slot_ = slot;
  }
  ~Hold() {
    if (slot_) slot_->holder.store(handle_, std::memory_order_release);
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

  // Gives the hold up without releasing it: the context left the table, which ended the hold.
  void forget() { slot_ = nullptr; }

  explicit operator bool() const { return slot_ != nullptr; }
  kan_status status() const { return status_; }
  Context& operator*() const { return *slot_->object; }
  Context* operator->() const { return slot_->object; }

 private:
  ContextTable::Slot* slot_ = nullptr;
  uint64_t handle_ = 0;
  kan_status status_ = KAN_OK;
};

// Throws what went wrong on the context's device, if anything did.
inline void check_device(const Context& c) {
  Device* device = c.device();
  if (!device || device->status == KAN_OK) return;
  const kan_status status = device->status;
  if (status != KAN_DEVICE_ERROR) device->status = KAN_OK;  // a refusal; an error of the device stays
  throw Error(status, static_cast<const char*>(device->text));
}

// The context's device as this thread's own, for as long as this lives.
class OnDevice {
 public:
  explicit OnDevice(Context& c) : plugin_(c.plugin), device_(c.device()) {
    if (!device_) return;
    check_device(c);
    entered_ = plugin_->enter(*device_);
  }
  ~OnDevice() {
    if (device_) plugin_->leave(*device_, entered_);
  }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

 private:
  const DevicePlugin* plugin_;
  Device* device_;
  void* entered_ = nullptr;
};

// Runs body(Context&) with the context held, its device current and the floating-point mode ours.
template <class Body>
kan_status run(kan_context handle, Body&& body) noexcept {
  Hold hold(handle);
  if (!hold) return hold.status();
  return guard(hold->error, [&] {
    Context& c = *hold;
    const FloatMode mode;
    const OnDevice here(c);
    body(c);
    check_device(c);
  });
}

}  // namespace kan::abi
