// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// See cuda_runtime.h beside this.
#include "cuda_runtime.h"

#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

struct EmulatedGraph {
  std::vector<std::function<void()>> steps;
};
struct EmulatedStream {
  EmulatedGraph* recording = nullptr;
  bool broken = false;                        // something that cannot be recorded was asked for
  std::deque<std::function<void()>> pending;  // lazy(): what nobody has waited for yet
};
struct EmulatedEvent {
  std::chrono::steady_clock::time_point at;
  EmulatedStream* stream = nullptr;    // that it was recorded in last
  uint64_t recorded = 0, reached = 0;  // times
};

namespace emulation {
namespace {

constexpr int kMaxThreads = 1024, kMaxShared = 227 * 1024, kPlainShared = 48 * 1024;
constexpr size_t kStack = 256 * 1024, kCanary = 4096;
constexpr size_t kMemory = size_t(512) << 20;  // of the device

enum State { kReady, kBlockWait, kWarpWait, kDone };

// Where to go on: the compiler's own jumps, for each lane of each warp operation is one, and setjmp's undo cancellation handlers and
// hide the stack's address.
struct Context {
  void* words[5];
};

[[noreturn]] __attribute__((noinline)) void jump(Context& to) { __builtin_longjmp(to.words, 1); }

struct Fiber {
  State state = kDone;
  unsigned mask = 0;  // of the warp operation it waits in
  Context context;
  void* stack = nullptr;
};

struct Machine {
  std::recursive_mutex mutex;  // one launch at a time
  Fiber fibers[kMaxThreads];
  ExchangeRoom exchange[kMaxThreads];
  unsigned char* shared = nullptr;
  Context scheduler;
  int running = 0;
  const std::function<void()>* body = nullptr;
  bool inside = false;
  uint64_t launches = 0;
  std::map<const void*, int> shared_limit;
  // Allocations by address: bytes, and the mapping they end.
  struct Block {
    size_t bytes;
    char* base;
    size_t length;
  };
  std::map<char*, Block> blocks;
  size_t used = 0;
  int open = 0;  // kernels and copies under way: nobody else may touch device memory
  std::vector<EmulatedStream*> streams;
};

thread_local cudaError_t last = cudaSuccess;  // of the calling thread, as CUDA has it

Machine* const the_machine = new Machine;  // never destroyed: threads may still run when the process ends
Machine& machine() { return *the_machine; }

size_t page_size() { return size_t(sysconf(_SC_PAGESIZE)); }

// With KAN4J_EMULATION_STRICT in the environment: whether host code that touches device memory dies, as with a GPU. Dear
// where arrays are many or large.
bool strict() {
  static const bool on = std::getenv("KAN4J_EMULATION_STRICT") != nullptr;
  return on;
}

// Device memory is there while this lives; strict() keeps it out of reach else.
class Access {
 public:
  Access() {
    machine().mutex.lock();
    if (machine().open++ == 0 && strict()) protect(PROT_READ | PROT_WRITE);
  }
  ~Access() {
    if (--machine().open == 0 && strict()) protect(PROT_NONE);
    machine().mutex.unlock();
  }
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;

 private:
  static void protect(int how) {
    for (const auto& [address, block] : machine().blocks) mprotect(block.base, block.length - page_size(), how);
  }
};

[[noreturn]] void die(const char* what) {
  const Machine& m = machine();
  const char* seed = std::getenv("KAN4J_EMULATION_SEED");
  std::fprintf(stderr, "CUDA emulation: %s (block %u,%u,%u, thread %d of %u, seed %s)\n", what, blockIdx.x, blockIdx.y,
               blockIdx.z, m.running, blockDim.x * blockDim.y * blockDim.z, seed ? seed : "none");
  std::abort();
}

void set_thread(int t) {
  threadIdx = {unsigned(t) % blockDim.x, unsigned(t) / blockDim.x % blockDim.y, unsigned(t) / blockDim.x / blockDim.y};
}

// Back to the scheduler, until it runs this fiber again.
void wait(State state, unsigned mask) {
  Machine& m = machine();
  if (!m.inside) die("a barrier outside a kernel");
  Fiber& f = m.fibers[m.running];
  f.state = state;
  f.mask = mask;
  if (__builtin_setjmp(f.context.words) == 0) jump(m.scheduler);
}

void fiber_main() {
  Machine& m = machine();
  for (;;) {
    (*m.body)();
    wait(kDone, 0);
  }
}

void start(Fiber& f) {
  if (!f.stack) {
    f.stack = mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (f.stack == MAP_FAILED) die("no memory for a stack");
    ucontext_t here, there;
    getcontext(&there);
    there.uc_stack.ss_sp = f.stack;
    there.uc_stack.ss_size = kStack;
    there.uc_link = nullptr;
    makecontext(&there, fiber_main, 0);
    // Left for good by the first jump out of it.
    if (__builtin_setjmp(machine().scheduler.words) == 0) swapcontext(&here, &there);
    return;
  }
  if (__builtin_setjmp(machine().scheduler.words) == 0) jump(f.context);
}

// The order of a block's fibers between two barriers: ascending, descending, or with a seed shuffled anew each time.
class Order {
 public:
  Order(int threads, bool descending) : threads_(threads), descending_(descending) {}
  void shuffle() {
    if (!seed()) return;
    if (list_.empty())
      for (int t = 0; t < threads_; ++t) list_.push_back(t);
    for (int k = threads_ - 1; k > 0; --k) {
      state_ ^= state_ << 13, state_ ^= state_ >> 7, state_ ^= state_ << 17;
      std::swap(list_[size_t(k)], list_[size_t(state_ % uint64_t(k + 1))]);
    }
  }
  int at(int k) const { return seed() ? list_[size_t(k)] : descending_ ? threads_ - 1 - k : k; }
  static uint64_t seed() {
    static const uint64_t number = [] {
      const char* text = std::getenv("KAN4J_EMULATION_SEED");
      return text ? std::strtoull(text, nullptr, 10) : 0ull;
    }();
    return number;
  }

 private:
  static inline uint64_t state_ = seed() * 0x9e3779b97f4a7c15u | 1;
  int threads_;
  bool descending_;
  std::vector<int> list_;
};

void run_block(int threads, bool descending) {
  Machine& m = machine();
  Order order(threads, descending);
  for (int t = 0; t < threads; ++t) m.fibers[t].state = kReady;
  for (;;) {
    order.shuffle();
    for (int k = 0; k < threads; ++k) {
      const int t = order.at(k);
      Fiber& f = m.fibers[t];
      if (f.state != kReady) continue;
      m.running = t;
      set_thread(t);
      start(f);
    }
    int live = 0, in_barrier = 0;
    bool released = false;
    for (int w = 0; w < threads; w += 32) {
      const int lanes = threads - w < 32 ? threads - w : 32;
      for (int l = 0; l < lanes; ++l) {
        Fiber& f = m.fibers[w + l];
        live += f.state != kDone;
        in_barrier += f.state == kBlockWait;
        if (f.state != kWarpWait) continue;
        // Released when every lane it names waits with the same mask.
        const unsigned mask = f.mask;
        if (!(mask >> l & 1)) m.running = w + l, die("a warp operation by a lane its mask does not name");
        bool all = true;
        for (int o = 0; o < 32; ++o) {
          if (!(mask >> o & 1)) continue;
          all = all && o < lanes && m.fibers[w + o].state == kWarpWait && m.fibers[w + o].mask == mask;
        }
        if (!all) continue;
        for (int o = 0; o < 32; ++o) {
          if (!(mask >> o & 1)) continue;
          m.fibers[w + o].state = kReady;
          std::memcpy(m.exchange[w + o].out, m.exchange[w + o].in, sizeof m.exchange[w + o].out);
        }
        released = true;
      }
    }
    if (live == 0) return;
    if (in_barrier == live) {
      for (int t = 0; t < threads; ++t)
        if (m.fibers[t].state == kBlockWait) m.fibers[t].state = kReady;
      released = true;
    }
    if (!released) {
      for (int t = 0; t < threads; ++t)
        if (m.fibers[t].state == kWarpWait || m.fibers[t].state == kBlockWait) m.running = t;
      die("a barrier or warp operation that not all its threads reach");
    }
  }
}

void run(dim3 grid, dim3 block, size_t shared, const std::function<void()>& body) {
  Machine& m = machine();
  const Access access;
  if (!m.shared) m.shared = static_cast<unsigned char*>(std::aligned_alloc(1024, kMaxShared + kCanary + 1024));
  m.body = &body;
  m.inside = true;
  gridDim = grid;
  blockDim = block;
  const bool descending = m.launches++ % 2 == 1;
  const int threads = int(block.x * block.y * block.z);
  for (unsigned z = 0; z < grid.z; ++z)
    for (unsigned y = 0; y < grid.y; ++y)
      for (unsigned x = 0; x < grid.x; ++x) {
        blockIdx = {x, y, z};
        std::memset(m.shared, 0xff, shared);
        std::memset(m.shared + shared, 0xa5, kCanary);
        run_block(threads, descending);
        for (size_t i = 0; i < kCanary; ++i)
          if (m.shared[shared + i] != 0xa5) die("shared memory written past its end");
      }
  m.inside = false;
}

cudaError_t failed(cudaError_t e) {
  if (e != cudaSuccess) last = e;
  return e;
}

// With KAN4J_EMULATION_LAZY in the environment work is done as late as may be: when it is waited for, by the host or by another
// stream. Memory of the host that is used anew too early, or a stream that does not wait for another, shows.
bool lazy() {
  static const bool on = std::getenv("KAN4J_EMULATION_LAZY") != nullptr;
  return on;
}

// Now, when it is waited for, or when the graph is launched.
cudaError_t queue(cudaStream_t stream, std::function<void()> step) {
  std::lock_guard lock(machine().mutex);
  if (stream && stream->recording) stream->recording->steps.push_back(std::move(step));
  else if (stream && lazy()) stream->pending.push_back(std::move(step));
  else step();
  return cudaSuccess;
}

// The stream's work until `event`, if not NULL, has been reached as often as wanted.
void run_pending(EmulatedStream* stream, const EmulatedEvent* event = nullptr, uint64_t times = 0) {
  std::lock_guard lock(machine().mutex);
  while (stream && !stream->pending.empty() && !(event && event->reached >= times)) {
    const std::function<void()> step = std::move(stream->pending.front());
    stream->pending.pop_front();
    step();
  }
}

void run_all_pending() {
  std::lock_guard lock(machine().mutex);
  for (EmulatedStream* stream : machine().streams) run_pending(stream);
}

bool invalid_while_recording(cudaStream_t stream) {
  if (!stream || !stream->recording) return false;
  stream->broken = true;
  return true;
}

// Whether [p, p + bytes) lies in one allocation, or in none at all (host memory).
bool contained(const void* p, size_t bytes) {
  Machine& m = machine();
  std::lock_guard lock(m.mutex);
  char* at = static_cast<char*>(const_cast<void*>(p));
  auto it = m.blocks.upper_bound(at);
  if (it == m.blocks.begin()) return true;
  --it;
  const char* end = it->first + it->second.bytes;
  return at >= it->second.base + it->second.length || (at <= end && bytes <= size_t(end - at));
}

}  // namespace

cudaError_t queue_access(cudaStream_t stream, std::function<void()> work) {
  return queue(stream, [work = std::move(work)] {
    const Access access;
    work();
  });
}

void* shared_memory() { return machine().shared; }
void block_barrier() { wait(kBlockWait, 0); }
void warp_barrier(unsigned mask) { wait(kWarpWait, mask); }
int lane() { return machine().running & 31; }
ExchangeRoom* exchange_rooms() { return machine().exchange + (machine().running & ~31); }

cudaError_t launch(const cudaLaunchConfig_t& c, const void* kernel, std::function<void()> body) {
  Machine& m = machine();
  const unsigned threads = c.blockDim.x * c.blockDim.y * c.blockDim.z;
  int limit = kPlainShared;
  {
    std::lock_guard lock(m.mutex);
    const auto it = m.shared_limit.find(kernel);
    if (it != m.shared_limit.end() && it->second > limit) limit = it->second;
  }
  if (threads == 0 || threads > kMaxThreads || c.gridDim.x == 0 || c.gridDim.y == 0 || c.gridDim.z == 0 ||
      c.gridDim.y > 65535 || c.gridDim.z > 65535 || c.gridDim.x > 0x7fffffff || c.dynamicSmemBytes > size_t(limit)) {
    return failed(cudaErrorInvalidValue);
  }
  return queue(c.stream, [grid = c.gridDim, block = c.blockDim, shared = c.dynamicSmemBytes, body = std::move(body)] {
    run(grid, block, shared, body);
  });
}

}  // namespace emulation

using namespace emulation;

const char* cudaGetErrorString(cudaError_t e) {
  return e == cudaErrorMemoryAllocation ? "out of memory" : "emulated error";
}
const char* cudaGetErrorName(cudaError_t e) { return cudaGetErrorString(e); }
cudaError_t cudaGetLastError() { return std::exchange(last, cudaSuccess); }

// What the environment may pretend, for tests of refusals: KAN4J_EMULATION = no-driver, old-driver, no-device, old-gpu,
// fault (an illegal address, met when a stream is waited for).
static bool pretends(const char* what) {
  const char* e = std::getenv("KAN4J_EMULATION");
  return e && std::strcmp(e, what) == 0;
}

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  if (pretends("no-driver") || pretends("old-driver")) return failed(cudaErrorInsufficientDriver);
  if (pretends("no-device")) return failed(cudaErrorNoDevice);
  return cudaSuccess;
}
// The driver's current context: NULL, the device's, or what a test set (emulated_context in the library's symbols).
static thread_local void* current_context;
static int primary_context;
extern "C" __attribute__((visibility("default"))) void** emulated_context() { return &current_context; }
cudaError_t cudaSetDevice(int index) {
  if (index != 0) return failed(cudaErrorInvalidDevice);
  current_context = &primary_context;
  return cudaSuccess;
}
cudaError_t cudaGetDriverEntryPointByVersion(const char* name, void** address, unsigned, unsigned long long,
                                             cudaDriverEntryPointQueryResult* found) {
  int (*const get)(void**) = [](void** context) { return *context = current_context, 0; };
  int (*const set)(void*) = [](void* context) { return current_context = context, 0; };
  *address = std::strcmp(name, "cuCtxGetCurrent") == 0 ? reinterpret_cast<void*>(get) : reinterpret_cast<void*>(set);
  *found = cudaDriverEntryPointSuccess;
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* v) {
  *v = pretends("no-driver") ? 0 : pretends("old-driver") ? 12040 : 13000;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* v) {
  *v = 13000;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* p, int index) {
  if (index != 0) return failed(cudaErrorInvalidDevice);
  std::memset(p, 0, sizeof *p);
  std::strcpy(p->name, "CUDA emulation on the CPU");
  p->totalGlobalMem = kMemory;
  p->sharedMemPerBlockOptin = kMaxShared;
  p->major = pretends("old-gpu") ? 7 : 9;
  p->minor = 0;
  p->memoryPoolsSupported = 1;
  p->multiProcessorCount = 4;  // so that small problems are split, too
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  *free = kMemory - machine().used;
  *total = kMemory;
  return cudaSuccess;
}
cudaError_t cudaMalloc(void** p, size_t bytes) {
  Machine& m = machine();
  std::lock_guard lock(m.mutex);
  *p = nullptr;
  if (bytes > kMemory - m.used) return failed(cudaErrorMemoryAllocation);
  const size_t page = page_size(), aligned = (bytes + 255) / 256 * 256, room = (aligned + page - 1) / page * page;
  char* base =
      static_cast<char*>(mmap(nullptr, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (base == MAP_FAILED) return failed(cudaErrorMemoryAllocation);
  if (room <= size_t(64) << 20) std::memset(base, 0xff, room);  // NaNs; larger arrays stay untouched pages
  mprotect(strict() ? base : base + room, strict() ? room + page : page, PROT_NONE);
  char* data = base + room - aligned;
  m.blocks[data] = {bytes, base, room + page};
  m.used += bytes;
  *p = data;
  return cudaSuccess;
}
cudaError_t cudaFree(void* p) {
  if (!p) return cudaSuccess;
  Machine& m = machine();
  std::lock_guard lock(m.mutex);
  run_all_pending();
  const auto it = m.blocks.find(static_cast<char*>(p));
  if (it == m.blocks.end()) return failed(cudaErrorInvalidValue);
  m.used -= it->second.bytes;
  munmap(it->second.base, it->second.length);
  m.blocks.erase(it);
  return cudaSuccess;
}
cudaError_t cudaMallocAsync(void** p, size_t bytes, cudaStream_t s) {
  return invalid_while_recording(s) ? failed(cudaErrorStreamCaptureUnsupported) : cudaMalloc(p, bytes);
}
cudaError_t cudaFreeAsync(void* p, cudaStream_t s) {
  return invalid_while_recording(s) ? failed(cudaErrorStreamCaptureUnsupported) : cudaFree(p);
}
cudaError_t cudaHostAlloc(void** p, size_t bytes, unsigned) {
  *p = std::malloc(bytes);
  return *p ? cudaSuccess : failed(cudaErrorMemoryAllocation);
}
cudaError_t cudaFreeHost(void* p) {
  run_all_pending();
  std::free(p);
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  if (!contained(to, bytes) || !contained(from, bytes)) return failed(cudaErrorInvalidValue);
  return queue_access(stream, [=] { std::memcpy(to, from, bytes); });
}
cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  if (!contained(to, bytes)) return failed(cudaErrorInvalidValue);
  return queue_access(stream, [=] { std::memset(to, value, bytes); });
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* s, unsigned) {
  *s = new EmulatedStream;
  std::lock_guard lock(machine().mutex);
  machine().streams.push_back(*s);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t s) {
  std::lock_guard lock(machine().mutex);
  run_all_pending();
  std::erase(machine().streams, s);
  delete s;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t s) {
  if (pretends("fault")) return failed(cudaErrorIllegalAddress);
  if (invalid_while_recording(s)) return failed(cudaErrorStreamCaptureUnsupported);
  run_pending(s);
  return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t s, cudaEvent_t e, unsigned) {
  return queue(s, [e, times = e->recorded] { run_pending(e->stream, e, times); });
}
cudaError_t cudaStreamBeginCapture(cudaStream_t s, cudaStreamCaptureMode) {
  if (s->recording) return failed(cudaErrorInvalidValue);
  s->recording = new EmulatedGraph;
  s->broken = false;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t s, cudaGraph_t* graph) {
  *graph = nullptr;
  EmulatedGraph* recorded = std::exchange(s->recording, nullptr);
  if (!recorded) return failed(cudaErrorInvalidValue);
  if (s->broken) {
    delete recorded;
    return failed(cudaErrorStreamCaptureInvalidated);
  }
  *graph = recorded;
  return cudaSuccess;
}
cudaError_t cudaStreamIsCapturing(cudaStream_t s, cudaStreamCaptureStatus* status) {
  *status = !s->recording ? cudaStreamCaptureStatusNone
            : s->broken   ? cudaStreamCaptureStatusInvalidated
                          : cudaStreamCaptureStatusActive;
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  *exec = new EmulatedGraph(*graph);
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t s) {
  return queue(s, [steps = exec->steps] {
    for (const auto& step : steps) step();
  });
}
cudaError_t cudaGraphDestroy(cudaGraph_t g) {
  delete g;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t g) {
  delete g;
  return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* e, unsigned) {
  *e = new EmulatedEvent{std::chrono::steady_clock::now()};
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t e) {
  run_all_pending();
  delete e;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t e, cudaStream_t s) {
  e->stream = s;
  return queue(s, [e, times = ++e->recorded] {
    e->at = std::chrono::steady_clock::now();
    e->reached = times;
  });
}
cudaError_t cudaEventSynchronize(cudaEvent_t e) {
  run_pending(e->stream, e, e->recorded);
  return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t a, cudaEvent_t b) {
  *ms = std::chrono::duration<float, std::milli>(b->at - a->at).count();
  return cudaSuccess;
}
cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute, int value) {
  if (value > kMaxShared) return failed(cudaErrorInvalidValue);
  Machine& m = machine();
  std::lock_guard lock(m.mutex);
  m.shared_limit[kernel] = value;
  return cudaSuccess;
}
