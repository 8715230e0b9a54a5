// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The seam between libkan4j.so and libkan4j_cuda.so. The plugin links nothing of this library; it exports one function,
// kan_device_plugin, whose table carries everything: the kernels (the same struct as a CPU tier's) and the services of a
// device (memory, stream, events, graphs). Both sides are built from one tree; the handshake refuses any other pair.
#pragma once
#include <cstdarg>
#include <cstdint>
#include <cstdio>

#include "core/kernels.hpp"

namespace kan {

// What every device of a plugin starts with: how its last work went. Nothing is thrown across the libraries; the caller
// looks here after every call (abi/guard.hpp).
struct Device {
  kan_status status = KAN_OK;  // KAN_DEVICE_ERROR stays: the context is unusable then
  char text[512] = {};

  // Keeps the first failure.
  __attribute__((format(printf, 3, 4))) void fail(kan_status what, const char* format, ...) {
    if (status != KAN_OK) return;
    status = what;
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
  }
};

// Device addresses are plain pointers here that nobody but kernels and copies touches.
struct DevicePlugin {
  int32_t version;      // kPluginVersion of the tree it was built from
  int32_t layer_bytes;  // sizeof(Layer), to catch two trees of one version
  const char* build;    // one line: compiler, architectures
  const Kernels* kernels;

  // A device with its stream, or NULL with status and text of the failure.
  Device* (*open)(const kan_context_spec& spec, kan_status* status, char* text, int64_t capacity);
  void (*close)(Device*);
  // Makes it this thread's device, before every other call; returns what to leave() with, so that other libraries on the
  // thread find their device as it was.
  void* (*enter)(Device&);
  void (*leave)(Device&, void* entered);
  void (*describe)(Device&, kan_context_info&);

  void* (*allocate)(Device&, int64_t bytes);
  void (*free)(Device&, void* address);
  void (*write)(Device&, void* to, const void* from, int64_t bytes);
  void (*read)(Device&, void* to, const void* from, int64_t bytes);
  void (*copy)(Device&, void* to, const void* from, int64_t bytes);
  void (*fill)(Device&, void* to, int32_t value, int64_t bytes);
  void (*synchronize)(Device&);
  void (*event_record)(Device&, int32_t event);
  void (*event_synchronize)(Device&, int32_t event);
  double (*event_elapsed)(Device&, int32_t first, int32_t last);
  void (*graph_begin)(Device&);
  int32_t (*graph_end)(Device&);
  void (*graph_launch)(Device&, int32_t graph);
  void (*graph_destroy)(Device&, int32_t graph);

  void (*adamw_advance)(Device&, const kan_adamw&);
  void (*gather)(Device&, int64_t rows, int64_t row_bytes, const void* from, int64_t from_rows, const int32_t* indices,
                 int64_t count, const int64_t* position, void* to);
  void (*advance)(Device&, int64_t* counter, int64_t step);
  void (*shuffle)(Device&, int64_t n, int64_t seed, int32_t* indices);
  void (*count_correct)(Device&, int64_t batch, int64_t out, const float* p, const int32_t* labels, double* correct);
  const char* (*implementation)(Device&, const Layer&, int64_t batch, int32_t pass);
};

constexpr int32_t kPluginVersion = 2;
// extern "C" const kan::DevicePlugin* kan_device_plugin(void): the one symbol of the plugin.
using DevicePluginFunction = const DevicePlugin* (*)();

// The plugin, opened on first use and never closed; throws KAN_NOT_BUILT_WITH_CUDA with the reason.
const DevicePlugin& device_plugin();

}  // namespace kan
