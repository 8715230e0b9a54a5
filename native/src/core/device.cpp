// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "core/device.hpp"

#include <mutex>
#include <string>

#include "core/error.hpp"
#include "core/system.hpp"

namespace kan {
namespace {

// libkan4j_cuda.so beside this library, or what the environment names (not that of a setuid program).
std::string plugin_path() {
  if (const char* named = system::trusted_environment("KAN4J_CUDA_PLUGIN")) {
    if (*named) return named;
  }
  return system::library_beside_this("kan4j_cuda");
}

const DevicePlugin& open_plugin() {
  const std::string path = plugin_path();
  std::string reason;
  void* library = system::open_library(path.c_str(), reason);
  if (!library) {
    throw Error(KAN_NOT_BUILT_WITH_CUDA, "spec.device: no CUDA kernels: the plugin cannot be opened: ", reason);
  }
  const auto entry = reinterpret_cast<DevicePluginFunction>(system::symbol(library, "kan_device_plugin"));
  if (!entry) throw Error(KAN_NOT_BUILT_WITH_CUDA, "spec.device: ", path, " is not a plugin of kan4j");
  const DevicePlugin& plugin = *entry();
  if (plugin.version != kPluginVersion || plugin.layer_bytes != int32_t(sizeof(Layer))) {
    throw Error(KAN_NOT_BUILT_WITH_CUDA, "spec.device: ", path, " is of another build: plugin version ", plugin.version,
                " with layers of ", plugin.layer_bytes, " bytes, expected version ", kPluginVersion, " with ",
                sizeof(Layer), "; install the two libraries together");
  }
  return plugin;
}

}  // namespace

const DevicePlugin& device_plugin() {
  // A failure is not remembered: the file may be put in place while the process runs.
  static std::mutex* const mutex = new std::mutex;  // never destroyed: a host may call in while the process exits
  static const DevicePlugin* plugin = nullptr;
  std::lock_guard lock(*mutex);
  if (!plugin) plugin = &open_plugin();
  return *plugin;
}

}  // namespace kan
