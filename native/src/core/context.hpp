// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "core/device.hpp"
#include "core/edge_ranges.hpp"
#include "core/handles.hpp"
#include "core/kernels.hpp"
#include "core/layer.hpp"
#include "core/pool.hpp"

namespace kan {

// The text of a failure, without allocation: storing it must not fail.
struct ErrorText {
  char text[1024];

  void set(const char* what);
  int64_t copy(char* buffer, int64_t capacity) const;
};

// The last failure on this thread of a call that had no valid context.
ErrorText& thread_error();

// What one thread at a time computes with.
struct Context {
  Context(int threads, int32_t tier_, const Kernels& kernels_) : pool(threads), tier(tier_), kernels(kernels_) {}
  Context(const DevicePlugin& plugin_, Device* device)  // takes the device
      : pool(1, device), tier(KAN_TIER_AUTO), kernels(*plugin_.kernels), plugin(&plugin_) {}
  ~Context() {
    if (plugin) plugin->close(pool.device());
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  Device* device() const { return pool.device(); }  // NULL: the CPU

  Pool pool;
  int32_t tier;
  const Kernels& kernels;
  const DevicePlugin* plugin = nullptr;
  ErrorText error{};
};

using ContextTable = HandleTable<Context, 0x47>;
using LayerTable = HandleTable<const Layer, 0x1a>;

// Layers one after the other with their arrays, checked once (abi/chain.cpp).
struct Chain {
  struct Link {
    Layer layer;  // a copy: the handle may go
    const void* params;
    void* buffers;
    std::vector<EdgeRange> edges;  // that there are, of params and buffers that are fixed; empty: all
  };
  kan_context context;
  std::vector<Link> links;
  int64_t max_batch, element;
  char* memory;  // two activations that take turns, then scratch
  int64_t activation, bytes;
};
using ChainTable = HandleTable<Chain, 0x2c>;

ContextTable& contexts();
LayerTable& layers();
ChainTable& chains();

// The layer of a handle; throws KAN_INVALID_ARGUMENT when it is none.
const Layer& layer_of(kan_layer handle);

}  // namespace kan
