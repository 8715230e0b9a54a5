// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Version, contexts, errors and a hint about memory.
#include <algorithm>
#include <memory>
#include <system_error>

#include "abi/build.hpp"
#include "abi/check.hpp"
#include "abi/guard.hpp"
#include "core/cpu.hpp"
#include "core/system.hpp"

using namespace kan;
using namespace kan::abi;

namespace {

int32_t resolve_tier(int32_t asked) {
  check_range("spec.tier", asked, KAN_TIER_AUTO, KAN_TIER_AVX512);
  const int32_t highest = max_tier();
  if (asked == KAN_TIER_AUTO) return highest;
  if (asked > highest || !tier_kernels(asked)) {
    throw Error(KAN_UNSUPPORTED, "spec.tier: expected at most ", tier_name(highest),
                ", the highest this processor and build have, given ", tier_name(asked));
  }
  return asked;
}

std::unique_ptr<Context> make_device_context(const kan_context_spec& spec) {
  check_range("spec.device_index", spec.device_index, 0, INT32_MAX);
  check_range("spec.tier", spec.tier, KAN_TIER_AUTO, KAN_TIER_AUTO);
  check_range("spec.products", spec.products, KAN_PRODUCTS_FP32, KAN_PRODUCTS_BF16);
  if (!std::memchr(spec.implementation, 0, sizeof spec.implementation)) {
    throw Error(KAN_INVALID_ARGUMENT, "spec.implementation: expected at most 31 characters and a terminator");
  }
  const DevicePlugin& plugin = device_plugin();
  kan_status status = KAN_INTERNAL;
  char text[512] = "";
  Device* device = plugin.open(spec, &status, text, sizeof text);
  if (!device) throw Error(status, static_cast<const char*>(text));
  try {
    return std::make_unique<Context>(plugin, device);
  } catch (...) {
    plugin.close(device);
    throw;
  }
}

std::unique_ptr<Context> make_context(const kan_context_spec& spec) {
  check_range("spec.device", spec.device, KAN_DEVICE_CPU, KAN_DEVICE_CUDA);
  check_range("spec.threads", spec.threads, 1, KAN_MAX_THREADS);
  check_range("spec.reserved", spec.reserved, 0, 0);
  if (spec.device == KAN_DEVICE_CUDA) return make_device_context(spec);
  check_range("spec.device_index", spec.device_index, 0, 0);
  check_range("spec.products", spec.products, KAN_PRODUCTS_FP32, KAN_PRODUCTS_FP32);
  if (spec.implementation[0])
    throw Error(KAN_INVALID_ARGUMENT, "spec.implementation: expected none on the CPU; see spec.tier");
  const int32_t tier = resolve_tier(spec.tier);
  try {
    return std::make_unique<Context>(spec.threads, tier, *tier_kernels(tier));
  } catch (const std::system_error& e) {
    throw Error(KAN_OUT_OF_MEMORY, "spec.threads: cannot start ", spec.threads - 1, " worker threads: ", e.what());
  }
}

}  // namespace

int32_t kan_abi_version(void) { return KAN_ABI_MAJOR << 16 | KAN_ABI_MINOR; }

long long kan_build_info(char* buffer, long long capacity) {
  long long length = 0;
  guard(thread_error(), [&] {
    std::string text = KAN_BUILD_TEXT ", tiers";
    for (int32_t tier = KAN_TIER_REFERENCE; tier <= KAN_TIER_AVX512; ++tier) {
      if (tier_kernels(tier)) text.append(" ").append(tier_name(tier));
    }
    ErrorText line{};
    line.set(text.c_str());
    length = line.copy(buffer, capacity);
  });
  return length;
}

long long kan_debug_live(int32_t kind) {
  return kind == 0 ? contexts().live() : kind == 1 ? layers().live() : kind == 2 ? chains().live() : -1;
}

kan_status kan_prefer_large_pages(void* data, long long bytes) {
  return guard(thread_error(), [&] {
    check_range("bytes", bytes, 0, kAddressable);
    check_pointer("data", data, bytes, 1);
    constexpr uintptr_t kPage = 2 << 20;
    const uintptr_t first = reinterpret_cast<uintptr_t>(data);
    const uintptr_t begin = (first + kPage - 1) / kPage * kPage;
    const uintptr_t end = (first + uintptr_t(bytes)) / kPage * kPage;
    if (begin < first || begin >= end) return;  // rounding up may wrap around
    system::prefer_large_pages(reinterpret_cast<void*>(begin), end - begin);
  });
}

kan_status kan_context_create(const kan_context_spec* spec, kan_context* context) {
  return guard(thread_error(), [&] {
    check_pointer("context", context, sizeof(kan_context), alignof(kan_context));
    *context = nullptr;
    std::unique_ptr<Context> made = make_context(read_struct("spec", spec));
    *context = reinterpret_cast<kan_context>(contexts().add(made.get()));
    static_cast<void>(made.release());
  });
}

kan_status kan_context_destroy(kan_context context) {
  if (!context) return KAN_OK;
  Hold hold(context);
  if (!hold) return hold.status();
  return guard(thread_error(), [&] {
    const Context* removed = contexts().remove(reinterpret_cast<uint64_t>(context));
    hold.forget();
    delete removed;
  });
}

kan_status kan_context_query(kan_context context, kan_context_info* info) {
  return run(context, [&](Context& c) {
    check_output_struct("info", info);
    kan_context_info found{};
    found.device = KAN_DEVICE_CPU;
    found.threads = c.pool.threads();
    found.tier = c.tier;
    found.max_tier = max_tier();
    if (c.device()) {
      found.device = KAN_DEVICE_CUDA;
      c.plugin->describe(*c.device(), found);
    }
    write_struct(info, found);
  });
}

long long kan_last_error(kan_context context, char* buffer, long long capacity) {
  // A context that another thread is using keeps its text to itself: the caller's own failure was KAN_BUSY, and its
  // text is this thread's. Hold would overwrite that text, so it is copied first.
  const ErrorText mine = thread_error();
  if (context) {
    Hold hold(context);
    if (hold) return hold->error.copy(buffer, capacity);
    thread_error() = mine;
  }
  return mine.copy(buffer, capacity);
}
