// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The plugin's entry and the services of a device: memory, stream, events, graphs. No kernels.
#include "cuda/device.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#ifndef KAN_CUDA_BUILD
#define KAN_CUDA_BUILD "unknown build"
#endif
#ifndef KAN_CUDA_OLDEST
#define KAN_CUDA_OLDEST 80  // compute capability, 10 major + minor, of the oldest code in the build
#endif

namespace kan::cuda {

// The kernels of a device, implementations.cu and beside it.
extern const Kernels kKernels;
void adamw_advance(CudaDevice& d, const kan_adamw& options);
void gather(CudaDevice& d, int64_t rows, int64_t row_bytes, const void* from, int64_t from_rows, const int32_t* indices,
            int64_t count, const int64_t* position, void* to);
void advance(CudaDevice& d, int64_t* counter, int64_t step);
void shuffle(CudaDevice& d, int64_t n, int64_t seed, int32_t* indices);
void count_correct(CudaDevice& d, int64_t batch, int64_t out, const float* p, const int32_t* labels, double* correct);

// Pinned chunks in a ring, each with one on the device where large copies arrive by a stream of their own; and everything
// allocated through the context.
struct Staging {
  static constexpr int kChunks = 4;
  static constexpr int64_t kBytes = int64_t(4) << 20;
  static constexpr int64_t kLarge = int64_t(64) << 10;  // bytes from which on a copy is worth an event
  char* chunk[kChunks] = {};
  char* there[kChunks] = {};  // on the device
  cudaStream_t copies = nullptr;
  cudaEvent_t arrived[kChunks] = {};  // recorded in `copies`
  cudaEvent_t passed[kChunks] = {};   // recorded when a chunk was left
  bool pending[kChunks] = {};
  int current = 0;
  int64_t used = 0;  // of the current chunk

  struct Allocation {
    void* address;
    int64_t bytes;
  };
  std::vector<Allocation> allocations;  // tens; a hash table would need a newer libstdc++
  int64_t held = 0;

  cudaEvent_t events[KAN_EVENTS] = {};
  bool recorded[KAN_EVENTS] = {};
};

struct Graphs {
  bool recording = false;
  std::vector<cudaGraphExec_t> ready;  // null where destroyed
  std::vector<void*> noted;            // allocations that what is being recorded uses; of the graphs ready:
  std::vector<std::vector<void*>> uses;
};

namespace {

std::mutex fault_mutex;
char fault[320];
std::atomic<bool> faulted{false};

}  // namespace

void record_fault(const char* what, cudaError_t error) {
  const std::lock_guard lock(fault_mutex);
  if (faulted) return;
  std::snprintf(fault, sizeof fault, "%s: %s (CUDA error %d)", what, cudaGetErrorString(error), int(error));
  faulted = true;
}

const char* recorded_fault() { return faulted ? fault : nullptr; }

bool allow_shared(CudaDevice& d, const void* kernel, size_t shared) {
  static std::mutex mutex;
  static std::map<std::pair<int, const void*>, size_t> allowed;
  std::lock_guard lock(mutex);
  size_t& most = allowed[{d.index, kernel}];
  if (shared <= most) return true;
  if (!d.check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, int(shared)),
               "shared memory of a kernel")) {
    return false;
  }
  most = shared;
  return true;
}

bool recording(const CudaDevice& d) { return d.graphs->recording; }

void note_address(CudaDevice& d, uintptr_t address) {
  for (const Staging::Allocation& a : d.staging->allocations) {
    const uintptr_t from = reinterpret_cast<uintptr_t>(a.address);
    if (address < from || address - from >= uintptr_t(a.bytes)) continue;
    std::vector<void*>& noted = d.graphs->noted;
    if (std::find(noted.begin(), noted.end(), a.address) == noted.end()) noted.push_back(a.address);
  }
}

namespace {

Staging& staging(Device& device) { return *of(device).staging; }

// Calls that wait or touch host memory have no place in a graph.
bool refuse_while_recording(CudaDevice& d, const char* what) {
  if (!d.graphs->recording) return false;
  d.fail(KAN_INVALID_ARGUMENT, "%s: not between kan_graph_begin and kan_graph_end", what);
  return true;
}

void close(Device* device) {
  CudaDevice* d = static_cast<CudaDevice*>(device);
  cudaSetDevice(d->index);
  if (d->stream) cudaStreamSynchronize(d->stream);
  blas_close(*d);
  if (Graphs* g = d->graphs) {
    for (cudaGraphExec_t exec : g->ready)
      if (exec) cudaGraphExecDestroy(exec);
    delete g;
  }
  if (Staging* s = d->staging) {
    for (int c = 0; c < Staging::kChunks; ++c) {
      if (s->passed[c]) cudaEventDestroy(s->passed[c]);
      if (s->arrived[c]) cudaEventDestroy(s->arrived[c]);
      if (s->there[c]) cudaFree(s->there[c]);
      if (s->chunk[c]) cudaFreeHost(s->chunk[c]);
    }
    if (s->copies) cudaStreamDestroy(s->copies);
    for (cudaEvent_t event : s->events)
      if (event) cudaEventDestroy(event);
    for (const auto& allocation : s->allocations) cudaFree(allocation.address);
    delete s;
  }
  if (d->reduction) cudaFree(d->reduction);
  if (d->stream) cudaStreamDestroy(d->stream);
  cudaGetLastError();
  delete d;
}

// The reason why there is no device of this index, or an empty text.
void look_for(CudaDevice& d, int index) {
  int count = 0, driver = 0, runtime = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  cudaGetLastError();
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  if (error == cudaErrorInsufficientDriver && driver == 0) {
    return d.fail(KAN_NOT_BUILT_WITH_CUDA, "spec.device: no NVIDIA driver (libcuda.so.1) on this machine");
  }
  if (error == cudaErrorInsufficientDriver || (driver > 0 && driver / 1000 < runtime / 1000)) {
    return d.fail(
        KAN_NOT_BUILT_WITH_CUDA,
        "spec.device: the NVIDIA driver is too old: it supports CUDA %d.%d, this build needs CUDA %d.0 or later",
        driver / 1000, driver % 1000 / 10, runtime / 1000);
  }
  if (error != cudaSuccess || count == 0) {
    return d.fail(KAN_NOT_BUILT_WITH_CUDA, "spec.device: no CUDA device: %s",
                  cudaGetErrorString(error == cudaSuccess ? cudaErrorNoDevice : error));
  }
  if (index >= count) {
    return d.fail(KAN_NOT_BUILT_WITH_CUDA, "spec.device_index: this machine has %d CUDA device%s (0 to %d), given %d",
                  count, count == 1 ? "" : "s", count - 1, index);
  }
  cudaDeviceProp p;
  if (!d.check(cudaGetDeviceProperties(&p, index), "spec.device_index")) return;
  d.capability = 10 * p.major + p.minor;
  d.multiprocessors = p.multiProcessorCount;
  d.shared_per_block = int(p.sharedMemPerBlockOptin);
  d.pools = p.memoryPoolsSupported != 0;
  if (d.capability < KAN_CUDA_OLDEST) {
    d.fail(KAN_NOT_BUILT_WITH_CUDA,
           "spec.device_index: device %d is %s of compute capability %d.%d, the oldest code in this build is for %d.%d",
           index, p.name, p.major, p.minor, KAN_CUDA_OLDEST / 10, KAN_CUDA_OLDEST % 10);
  }
}

Device* open(const kan_context_spec& spec, kan_status* status, char* text, int64_t capacity) {
  CudaDevice* d = new (std::nothrow) CudaDevice;
  const auto refuse = [&](kan_status what, const char* why) -> Device* {
    *status = what;
    std::snprintf(text, size_t(capacity), "%s", why);
    if (d) close(d);
    return nullptr;
  };
  if (!d) return refuse(KAN_OUT_OF_MEMORY, "out of memory");
  if (const char* why = recorded_fault()) {
    d->fail(KAN_DEVICE_ERROR,
            "spec.device: CUDA cannot be used in this process any more since an error on a device (%s): restart the "
            "process",
            why);
    return refuse(d->status, d->text);
  }
  d->index = spec.device_index;
  d->products = spec.products;
  std::memcpy(d->forced, spec.implementation, sizeof d->forced);
  look_for(*d, d->index);
  if (d->status != KAN_OK) return refuse(d->status, d->text);
  d->staging = new (std::nothrow) Staging;
  d->graphs = new (std::nothrow) Graphs;
  if (!d->staging || !d->graphs) return refuse(KAN_OUT_OF_MEMORY, "out of memory");
  bool good =
      d->check(cudaSetDevice(d->index), "spec.device_index") &&
      d->check(cudaStreamCreateWithFlags(&d->stream, cudaStreamNonBlocking), "a stream") &&
      d->check(cudaMalloc(reinterpret_cast<void**>(&d->reduction), kReduction * sizeof(double)), "device memory");
  Staging& s = *d->staging;
  good = good && d->check(cudaStreamCreateWithFlags(&s.copies, cudaStreamNonBlocking), "a stream");
  for (int c = 0; good && c < Staging::kChunks; ++c) {
    good = d->check(cudaHostAlloc(reinterpret_cast<void**>(&s.chunk[c]), size_t(Staging::kBytes), cudaHostAllocDefault),
                    "pinned memory") &&
           d->check(cudaMalloc(reinterpret_cast<void**>(&s.there[c]), size_t(Staging::kBytes)), "device memory") &&
           d->check(cudaEventCreateWithFlags(&s.arrived[c], cudaEventDisableTiming), "an event") &&
           d->check(cudaEventCreateWithFlags(&s.passed[c], cudaEventDisableTiming), "an event");
  }
  if (good) {
    // Forcing a name that no entry has would silently do nothing.
    if (const char* names = unknown_implementation(d->forced)) {
      d->fail(KAN_INVALID_ARGUMENT, "spec.implementation: expected one of %s, given %s", names, d->forced);
    }
  }
  if (good && d->status == KAN_OK) blas_open(*d);
  if (d->status != KAN_OK) return refuse(d->status, d->text);
  return d;
}

// The driver's current context of a thread, through the runtime: nothing links libcuda. cudaSetDevice alone would not do to
// go back: it makes a context on a device that the thread had none on.
struct Current {
  int (*get)(void**) = nullptr;
  int (*set)(void*) = nullptr;
  Current() {
    cudaDriverEntryPointQueryResult found;
    void *get_address = nullptr, *set_address = nullptr;
    if (cudaGetDriverEntryPointByVersion("cuCtxGetCurrent", &get_address, 12000, cudaEnableDefault, &found) ==
            cudaSuccess &&
        cudaGetDriverEntryPointByVersion("cuCtxSetCurrent", &set_address, 12000, cudaEnableDefault, &found) ==
            cudaSuccess) {
      get = reinterpret_cast<int (*)(void**)>(get_address);
      set = reinterpret_cast<int (*)(void*)>(set_address);
    }
    cudaGetLastError();
  }
  static const Current& of_driver() {
    static const Current current;
    return current;
  }
};

void* enter(Device& device) {
  void* before = nullptr;
  const Current& current = Current::of_driver();
  if (current.get) current.get(&before);
  of(device).check(cudaSetDevice(of(device).index), "cudaSetDevice");
  return before;
}

void leave(Device&, void* before) {
  void* now = nullptr;
  const Current& current = Current::of_driver();
  if (current.get && current.set && current.get(&now) == 0 && now != before) current.set(before);
}

void describe(Device& device, kan_context_info& info) {
  CudaDevice& d = of(device);
  cudaDeviceProp p;
  size_t free = 0, total = 0;
  if (!d.check(cudaGetDeviceProperties(&p, d.index), "device properties") ||
      !d.check(cudaMemGetInfo(&free, &total), "memory of the device")) {
    return;
  }
  info.device_index = d.index;
  info.products = d.products;
  info.compute_capability = d.capability;
  info.multiprocessors = d.multiprocessors;
  info.memory_total = (long long)total;
  info.memory_free = (long long)free;
  info.memory_held = d.staging->held;
  std::memcpy(info.device_name, p.name, sizeof info.device_name - 1);
}

// ------------------------------------------------------------------------------------------------------------- memory

void* allocate(Device& device, int64_t bytes) {
  CudaDevice& d = of(device);
  if (refuse_while_recording(d, "kan_device_allocate")) return nullptr;
  void* p = nullptr;
  // Ordered by the stream, as is freeing: neither waits for anything.
  const cudaError_t error = d.pools ? cudaMallocAsync(&p, size_t(bytes), d.stream) : cudaMalloc(&p, size_t(bytes));
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // not an error of the device: the context goes on
    size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    d.fail(KAN_DEVICE_OUT_OF_MEMORY,
           "device memory: asked for %lld bytes; %lld of %lld are free, %lld held by this context", (long long)bytes,
           (long long)free, (long long)total, (long long)d.staging->held);
    return nullptr;
  }
  if (!d.check(error, "device memory")) return nullptr;
  try {
    d.staging->allocations.push_back({p, bytes});
  } catch (...) {
    cudaFree(p);
    d.fail(KAN_OUT_OF_MEMORY, "out of memory");
    return nullptr;
  }
  d.staging->held += bytes;
  return p;
}

void free(Device& device, void* address) {
  CudaDevice& d = of(device);
  if (refuse_while_recording(d, "kan_device_free")) return;
  std::vector<Staging::Allocation>& all = d.staging->allocations;
  size_t at = 0;
  while (at < all.size() && all[at].address != address) ++at;
  if (at == all.size()) {
    return d.fail(KAN_INVALID_ARGUMENT, "address: %p was not allocated through this context, or is free already",
                  address);
  }
  for (size_t graph = 0; graph < d.graphs->uses.size(); ++graph) {
    const std::vector<void*>& uses = d.graphs->uses[graph];
    if (std::find(uses.begin(), uses.end(), address) != uses.end()) {
      return d.fail(KAN_INVALID_ARGUMENT, "address: graph %d uses what is at %p; destroy the graph first", int(graph),
                    address);
    }
  }
  if (!d.check(d.pools ? cudaFreeAsync(address, d.stream) : cudaFree(address), "kan_device_free")) return;
  d.staging->held -= all[at].bytes;
  all[at] = all.back();
  all.pop_back();
}

// `bytes` at `offset` of the present chunk, on their way to `to`. Many of them cross on the stream of copies while kernels that
// were queued before still run; the stream of kernels waits for them and moves them on, a hundredth of the time.
bool send(CudaDevice& d, Staging& s, void* to, int64_t offset, int64_t bytes) {
  const int c = s.current;
  const char* const from = s.chunk[c] + offset;
  const size_t size = size_t(bytes);
  if (bytes < Staging::kLarge) {
    return d.check(cudaMemcpyAsync(to, from, size, cudaMemcpyHostToDevice, d.stream), "kan_device_write");
  }
  char* const there = s.there[c] + offset;
  return d.check(cudaMemcpyAsync(there, from, size, cudaMemcpyHostToDevice, s.copies), "kan_device_write") &&
         d.check(cudaEventRecord(s.arrived[c], s.copies), "kan_device_write") &&
         d.check(cudaStreamWaitEvent(d.stream, s.arrived[c], 0), "kan_device_write") &&
         d.check(cudaMemcpyAsync(to, there, size, cudaMemcpyDeviceToDevice, d.stream), "kan_device_write");
}

void write(Device& device, void* to, const void* from, int64_t bytes) {
  CudaDevice& d = of(device);
  Staging& s = staging(device);
  if (refuse_while_recording(d, "kan_device_write")) return;
  for (int64_t done = 0; done < bytes;) {
    if (s.used == Staging::kBytes) {
      if (!d.check(cudaEventRecord(s.passed[s.current], d.stream), "kan_device_write")) return;
      s.pending[s.current] = true;
      s.current = (s.current + 1) % Staging::kChunks;
      s.used = 0;
      if (s.pending[s.current] && !d.check(cudaEventSynchronize(s.passed[s.current]), "kan_device_write")) return;
      s.pending[s.current] = false;
    }
    const int64_t part = bytes - done < Staging::kBytes - s.used ? bytes - done : Staging::kBytes - s.used;
    std::memcpy(s.chunk[s.current] + s.used, static_cast<const char*>(from) + done, size_t(part));
    if (!send(d, s, static_cast<char*>(to) + done, s.used, part)) return;
    done += part;
    s.used += (part + 63) / 64 * 64;
    if (s.used > Staging::kBytes) s.used = Staging::kBytes;
  }
}

void read(Device& device, void* to, const void* from, int64_t bytes) {
  CudaDevice& d = of(device);
  Staging& s = staging(device);
  if (refuse_while_recording(d, "kan_device_read") || !d.check(cudaStreamSynchronize(d.stream), "kan_device_read"))
    return;
  // The stream has passed, so every chunk of the ring is free. One piece travels while the one before is copied out.
  const int64_t pieces = (bytes + Staging::kBytes - 1) / Staging::kBytes;
  const auto size = [&](int64_t piece) {
    return size_t(piece + 1 < pieces ? Staging::kBytes : bytes - piece * Staging::kBytes);
  };
  const auto fetch = [&](int64_t piece) {
    const int c = int(piece % 2);
    return d.check(cudaMemcpyAsync(s.chunk[c], static_cast<const char*>(from) + piece * Staging::kBytes, size(piece),
                                   cudaMemcpyDeviceToHost, d.stream),
                   "kan_device_read") &&
           d.check(cudaEventRecord(s.passed[c], d.stream), "kan_device_read");
  };
  if (!fetch(0)) return;
  for (int64_t piece = 0; piece < pieces; ++piece) {
    if (!d.check(cudaEventSynchronize(s.passed[piece % 2]), "kan_device_read")) return;
    if (piece + 1 < pieces && !fetch(piece + 1)) return;
    std::memcpy(static_cast<char*>(to) + piece * Staging::kBytes, s.chunk[piece % 2], size(piece));
  }
  for (bool& pending : s.pending) pending = false;
  s.current = 0;
  s.used = 0;
}

void copy(Device& device, void* to, const void* from, int64_t bytes) {
  CudaDevice& d = of(device);
  if (recording(d)) note_addresses(d, to), note_addresses(d, from);
  d.check(cudaMemcpyAsync(to, from, size_t(bytes), cudaMemcpyDeviceToDevice, d.stream), "kan_device_copy");
}

void fill(Device& device, void* to, int32_t value, int64_t bytes) {
  CudaDevice& d = of(device);
  if (recording(d)) note_addresses(d, to);
  d.check(cudaMemsetAsync(to, value, size_t(bytes), d.stream), "kan_device_fill");
}

// ---------------------------------------------------------------------------------------------------- stream and graphs

void synchronize(Device& device) {
  CudaDevice& d = of(device);
  if (!refuse_while_recording(d, "kan_synchronize")) d.check(cudaStreamSynchronize(d.stream), "kan_synchronize");
}

void event_record(Device& device, int32_t event) {
  CudaDevice& d = of(device);
  Staging& s = staging(device);
  if (refuse_while_recording(d, "kan_event_record")) return;
  if (!s.events[event] && !d.check(cudaEventCreateWithFlags(&s.events[event], cudaEventDefault), "kan_event_record"))
    return;
  s.recorded[event] = d.check(cudaEventRecord(s.events[event], d.stream), "kan_event_record");
}

bool check_recorded(CudaDevice& d, int32_t event) {
  if (d.staging->recorded[event]) return true;
  d.fail(KAN_INVALID_ARGUMENT, "event: %d was never recorded", event);
  return false;
}

void event_synchronize(Device& device, int32_t event) {
  CudaDevice& d = of(device);
  if (refuse_while_recording(d, "kan_event_synchronize") || !check_recorded(d, event)) return;
  d.check(cudaEventSynchronize(d.staging->events[event]), "kan_event_synchronize");
}

double event_elapsed(Device& device, int32_t first, int32_t last) {
  CudaDevice& d = of(device);
  float milliseconds = 0;
  if (!check_recorded(d, first)) return 0;
  event_synchronize(device, last);
  if (d.status == KAN_OK) {
    d.check(cudaEventElapsedTime(&milliseconds, d.staging->events[first], d.staging->events[last]),
            "kan_event_elapsed");
  }
  return milliseconds;
}

void graph_begin(Device& device) {
  CudaDevice& d = of(device);
  if (refuse_while_recording(d, "kan_graph_begin")) return;
  // Relaxed: the first launch of a kernel may load its code.
  d.graphs->noted.clear();
  d.graphs->recording = d.check(cudaStreamBeginCapture(d.stream, cudaStreamCaptureModeRelaxed), "kan_graph_begin");
}

int32_t graph_end(Device& device) {
  CudaDevice& d = of(device);
  if (!d.graphs->recording) {
    d.fail(KAN_INVALID_ARGUMENT, "kan_graph_end: without kan_graph_begin");
    return -1;
  }
  d.graphs->recording = false;
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t exec = nullptr;
  cudaError_t error = cudaStreamEndCapture(d.stream, &graph);
  if (error == cudaSuccess) error = cudaGraphInstantiate(&exec, graph, 0);
  if (graph) cudaGraphDestroy(graph);
  if (error != cudaSuccess) {
    cudaGetLastError();
    d.fail(KAN_INVALID_ARGUMENT, "kan_graph_end: what was recorded makes no graph: %s (CUDA error %d)",
           cudaGetErrorString(error), int(error));
    return -1;
  }
  std::vector<cudaGraphExec_t>& ready = d.graphs->ready;
  for (size_t i = 0; i < ready.size(); ++i) {
    if (!ready[i]) {
      ready[i] = exec;
      d.graphs->uses[i].swap(d.graphs->noted);
      return int32_t(i);
    }
  }
  try {
    d.graphs->uses.reserve(ready.size() + 1);
    ready.push_back(exec);
    d.graphs->uses.push_back(std::move(d.graphs->noted));
  } catch (...) {
    cudaGraphExecDestroy(exec);
    d.fail(KAN_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  return int32_t(ready.size() - 1);
}

cudaGraphExec_t graph_of(CudaDevice& d, int32_t graph) {
  if (graph >= 0 && size_t(graph) < d.graphs->ready.size() && d.graphs->ready[size_t(graph)])
    return d.graphs->ready[size_t(graph)];
  d.fail(KAN_INVALID_ARGUMENT, "graph: %d is no graph of this context", graph);
  return nullptr;
}

void graph_launch(Device& device, int32_t graph) {
  CudaDevice& d = of(device);
  if (refuse_while_recording(d, "kan_graph_launch")) return;
  if (cudaGraphExec_t exec = graph_of(d, graph)) d.check(cudaGraphLaunch(exec, d.stream), "kan_graph_launch");
}

void graph_destroy(Device& device, int32_t graph) {
  CudaDevice& d = of(device);
  if (cudaGraphExec_t exec = graph_of(d, graph)) {
    d.check(cudaGraphExecDestroy(exec), "kan_graph_destroy");
    d.graphs->ready[size_t(graph)] = nullptr;
    d.graphs->uses[size_t(graph)].clear();
  }
}

}  // namespace
}  // namespace kan::cuda

extern "C" __attribute__((visibility("default"))) const kan::DevicePlugin* kan_device_plugin() {
  using namespace kan;
  using namespace kan::cuda;
  static const DevicePlugin plugin = {
      // clang-format off
      kPluginVersion, int32_t(sizeof(Layer)), KAN_CUDA_BUILD, &kKernels,
      cuda::open, cuda::close, cuda::enter, cuda::leave, cuda::describe,
      cuda::allocate, cuda::free, cuda::write, cuda::read, cuda::copy, cuda::fill,
      cuda::synchronize, cuda::event_record, cuda::event_synchronize, cuda::event_elapsed,
      cuda::graph_begin, cuda::graph_end, cuda::graph_launch, cuda::graph_destroy,
      // clang-format on
      [](Device& d, const kan_adamw& o) { adamw_advance(of(d), o); },
      [](Device& d, int64_t rows, int64_t row_bytes, const void* from, int64_t from_rows, const int32_t* indices,
         int64_t count, const int64_t* position,
         void* to) { gather(of(d), rows, row_bytes, from, from_rows, indices, count, position, to); },
      [](Device& d, int64_t* counter, int64_t step) { advance(of(d), counter, step); },
      [](Device& d, int64_t n, int64_t seed, int32_t* indices) { shuffle(of(d), n, seed, indices); },
      [](Device& d, int64_t batch, int64_t out, const float* p, const int32_t* labels, double* correct) {
        count_correct(of(d), batch, out, p, labels, correct);
      },
      [](Device& d, const Layer& layer, int64_t batch, int32_t pass) {
        return choose({of(d), layer, batch, pass}).name;
      },
  };
  return &plugin;
}
