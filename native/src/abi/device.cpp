// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Devices: memory, stream, events, graphs, mini-batches.
#include "abi/check.hpp"
#include "abi/guard.hpp"

using namespace kan;
using namespace kan::abi;

namespace kan::abi {
kan_adamw read_adamw(const Context& c, const kan_adamw* optimizer);  // abi/math.cpp
}

namespace {

// Runs body(plugin, device) on a context that has one.
template <class Body>
kan_status run_device(kan_context context, Body&& body) noexcept {
  return run(context, [&](Context& c) {
    if (!c.device()) throw Error(KAN_UNSUPPORTED, "context: of the CPU, which has no device memory, stream or graphs");
    body(*c.plugin, *c.device());
  });
}

void* address_of(unsigned long long address) { return reinterpret_cast<void*>(uintptr_t(address)); }

void check_bytes(int64_t bytes) { check_range("bytes", bytes, 0, kAddressable); }

void check_memory(const char* name, unsigned long long address, int64_t bytes) {
  check_pointer(name, address_of(address), bytes, 1);
}

void check_event(const char* name, int32_t event) { check_range(name, event, 0, KAN_EVENTS - 1); }

}  // namespace

kan_status kan_device_allocate(kan_context context, long long bytes, unsigned long long* address) {
  return run_device(context, [&](const DevicePlugin& plugin, Device& device) {
    check_pointer("address", address, sizeof *address, alignof(unsigned long long));
    *address = 0;
    check_bytes(bytes);
    if (bytes > 0) *address = reinterpret_cast<uintptr_t>(plugin.allocate(device, bytes));
  });
}

kan_status kan_device_free(kan_context context, unsigned long long address) {
  return run_device(context, [&](const DevicePlugin& plugin, Device& device) {
    if (address) plugin.free(device, address_of(address));
  });
}

kan_status kan_device_write(kan_context context, unsigned long long to, const void* from, long long bytes) {
  return run_device(context, [&](const DevicePlugin& plugin, Device& device) {
    check_bytes(bytes);
    check_memory("to", to, bytes);
    check_pointer("from", from, bytes, 1);
    if (bytes > 0) plugin.write(device, address_of(to), from, bytes);
  });
}

kan_status kan_device_read(kan_context context, void* to, unsigned long long from, long long bytes) {
  return run_device(context, [&](const DevicePlugin& plugin, Device& device) {
    check_bytes(bytes);
    check_pointer("to", to, bytes, 1);
    check_memory("from", from, bytes);
    if (bytes > 0) plugin.read(device, to, address_of(from), bytes);
  });
}

kan_status kan_device_copy(kan_context context, unsigned long long to, unsigned long long from, long long bytes) {
  return run_device(context, [&](const DevicePlugin& plugin, Device& device) {
    check_bytes(bytes);
    check_memory("to", to, bytes);
    check_memory("from", from, bytes);
    check_apart("to", address_of(to), bytes, "from", address_of(from), bytes);
    if (bytes > 0) plugin.copy(device, address_of(to), address_of(from), bytes);
  });
}

kan_status kan_device_fill(kan_context context, unsigned long long to, int32_t value, long long bytes) {
  return run_device(context, [&](const DevicePlugin& plugin, Device& device) {
    check_bytes(bytes);
    check_memory("to", to, bytes);
    if (bytes > 0) plugin.fill(device, address_of(to), value, bytes);
  });
}

kan_status kan_synchronize(kan_context context) {
  return run_device(context, [&](const DevicePlugin& plugin, Device& device) { plugin.synchronize(device); });
}

kan_status kan_event_record(kan_context context, int32_t event) {
  return run_device(context, [&](const DevicePlugin& plugin, Device& device) {
    check_event("event", event);
    plugin.event_record(device, event);
  });
}

kan_status kan_event_synchronize(kan_context context, int32_t event) {
  return run_device(context, [&](const DevicePlugin& plugin, Device& device) {
    check_event("event", event);
    plugin.event_synchronize(device, event);
  });
}

kan_status kan_event_elapsed(kan_context context, int32_t first, int32_t last, double* milliseconds) {
  return run_device(context, [&](const DevicePlugin& plugin, Device& device) {
    check_event("first", first);
    check_event("last", last);
    check_pointer("milliseconds", milliseconds, sizeof *milliseconds, alignof(double));
    *milliseconds = plugin.event_elapsed(device, first, last);
  });
}

kan_status kan_graph_begin(kan_context context) {
  return run_device(context, [&](const DevicePlugin& plugin, Device& device) { plugin.graph_begin(device); });
}

kan_status kan_graph_end(kan_context context, int32_t* graph) {
  return run_device(context, [&](const DevicePlugin& plugin, Device& device) {
    check_pointer("graph", graph, sizeof *graph, alignof(int32_t));
    *graph = -1;
    *graph = plugin.graph_end(device);
  });
}

kan_status kan_graph_launch(kan_context context, int32_t graph) {
  return run_device(context, [&](const DevicePlugin& plugin, Device& device) { plugin.graph_launch(device, graph); });
}

kan_status kan_graph_destroy(kan_context context, int32_t graph) {
  return run_device(context, [&](const DevicePlugin& plugin, Device& device) { plugin.graph_destroy(device, graph); });
}

kan_status kan_adamw_advance(kan_context context, const kan_adamw* optimizer) {
  return run(context, [&](Context& c) {
    const kan_adamw adam = read_adamw(c, optimizer);
    if (!adam.state)
      throw Error(KAN_INVALID_ARGUMENT, "optimizer.state: expected the device address of a state, given 0");
    c.plugin->adamw_advance(*c.device(), adam);
  });
}

kan_status kan_gather(kan_context context, long long rows, long long row_bytes, const void* from, long long from_rows,
                      const void* indices, long long count, const void* position, void* to) {
  return run_device(context, [&](const DevicePlugin& plugin, Device& device) {
    const int64_t to_bytes = product("to", rows, row_bytes, 1), from_bytes = product("from", from_rows, row_bytes, 1);
    check_pointer("from", from, from_bytes, 1);
    check_pointer("indices", indices, product("indices", count, 1, 4), 4);
    check_aligned("position", position, 8);
    check_pointer("to", to, to_bytes, 1);
    check_apart("to", to, to_bytes, "from", from, from_bytes);
    if (to_bytes == 0) return;
    plugin.gather(device, rows, row_bytes, from, from_rows, static_cast<const int32_t*>(indices), count,
                  static_cast<const int64_t*>(position), to);
  });
}

kan_status kan_advance(kan_context context, void* counter, long long step) {
  return run_device(context, [&](const DevicePlugin& plugin, Device& device) {
    check_pointer("counter", counter, 8, 8);
    plugin.advance(device, static_cast<int64_t*>(counter), step);
  });
}

kan_status kan_shuffle(kan_context context, long long n, long long seed, void* indices) {
  return run_device(context, [&](const DevicePlugin& plugin, Device& device) {
    check_range("n", n, 0, INT32_MAX);
    check_pointer("indices", indices, n * 4, 4);
    if (n > 0) plugin.shuffle(device, n, seed, static_cast<int32_t*>(indices));
  });
}

kan_status kan_count_correct(kan_context context, int32_t dtype, long long batch, long long out, const void* p,
                             const void* labels, void* correct) {
  return run(context, [&](Context& c) {
    if (!c.device()) throw Error(KAN_UNSUPPORTED, "context: of the CPU; kan_count_correct is for devices");
    check_dtype(dtype);
    check_device_dtype(c, dtype);
    check_range("out", out, 1, INT64_MAX);
    check_pointer("p", p, product("p", batch, out, 4), 4);
    check_pointer("labels", labels, batch * 4, 4);
    check_pointer("correct", correct, 8, 8);
    if (batch == 0) return;
    c.plugin->count_correct(*c.device(), batch, out, static_cast<const float*>(p), static_cast<const int32_t*>(labels),
                            static_cast<double*>(correct));
  });
}

kan_status kan_layer_implementation(kan_context context, kan_layer layer, long long batch, int32_t pass, char* buffer,
                                    long long capacity) {
  return run(context, [&](Context& c) {
    const Layer& l = layer_of(layer);
    check_device_dtype(c, l.spec.dtype);
    check_range("batch", batch, 0, kAddressable);
    check_range("pass", pass, KAN_PASS_FORWARD, KAN_PASS_BACKWARD);
    check_range("capacity", capacity, 1, INT64_MAX);
    check_pointer("buffer", buffer, capacity, 1);
    ErrorText name{};
    if (c.device()) {
      name.set(c.plugin->implementation(*c.device(), l, batch, pass));
    } else {
      std::string text = c.kernels.name;
      if (c.kernels.implementation) text.append(" ").append(c.kernels.implementation(l, batch, pass));
      name.set(text.c_str());
    }
    name.copy(buffer, capacity);
  });
}
