// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "core/device.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <mutex>
#include <string>

#include "core/error.hpp"

namespace kan {
namespace {

// libkan4j_cuda.so beside this library, or what the environment names (not that of a setuid program).
std::string plugin_path() {
  if (const char* named = secure_getenv("KAN4J_CUDA_PLUGIN")) {
    if (*named) return named;
  }
  Dl_info here;
  const std::string name = "libkan4j_cuda.so";
  if (!dladdr(reinterpret_cast<void*>(&device_plugin), &here) || !here.dli_fname) return name;
  const std::string file = here.dli_fname;
  const size_t slash = file.rfind('/');
  return slash == std::string::npos ? name : file.substr(0, slash + 1) + name;
}

const DevicePlugin& open_plugin() {
  const std::string path = plugin_path();
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char* reason = dlerror();
    throw Error(KAN_NOT_BUILT_WITH_CUDA, "spec.device: no CUDA kernels: the plugin cannot be opened: ",
                reason ? reason : path.c_str());
  }
  const auto entry = reinterpret_cast<DevicePluginFunction>(dlsym(library, "kan_device_plugin"));
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
