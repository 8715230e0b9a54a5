// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "core/context.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace kan {

void ErrorText::set(const char* what) {
  const size_t length = std::min(std::strlen(what), sizeof text - 1);
  std::memcpy(text, what, length);
  text[length] = 0;
}

int64_t ErrorText::copy(char* buffer, int64_t capacity) const {
  const int64_t length = int64_t(std::strlen(text));
  if (buffer && capacity > 0) {
    const int64_t part = std::min(length, capacity - 1);
    std::memcpy(buffer, text, size_t(part));
    buffer[part] = 0;
  }
  return length;
}

ErrorText& thread_error() {
  static thread_local ErrorText error{};
  return error;
}

// Built on first use and never destroyed: a host may call in while the process exits.
ContextTable& contexts() {
  alignas(ContextTable) static unsigned char memory[sizeof(ContextTable)];
  static ContextTable* const table = new (memory) ContextTable;
  return *table;
}

LayerTable& layers() {
  alignas(LayerTable) static unsigned char memory[sizeof(LayerTable)];
  static LayerTable* const table = new (memory) LayerTable;
  return *table;
}

ChainTable& chains() {
  alignas(ChainTable) static unsigned char memory[sizeof(ChainTable)];
  static ChainTable* const table = new (memory) ChainTable;
  return *table;
}

const Layer& layer_of(kan_layer handle) {
  LayerTable::Slot* slot = layers().find(reinterpret_cast<uint64_t>(handle));
  if (!slot) throw Error(KAN_INVALID_ARGUMENT, "layer: not a live layer handle (null, destroyed or never created)");
  return *slot->object;
}

}  // namespace kan
