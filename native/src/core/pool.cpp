// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "core/pool.hpp"

#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <memory>
#include <thread>
#include <vector>

// Futexes and not std::condition_variable, whose wait alone would raise the libstdc++ floor (GLIBCXX_3.4.30); and
// sigprocmask, which on Linux is per thread, not pthread_sigmask, which moved to GLIBC_2.32.

namespace kan {
namespace {

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// A 32-bit counter that threads wait on until it leaves a value.
class alignas(64) Signal {
 public:
  uint32_t load() const { return value_.load(std::memory_order_acquire); }

  // Every change is followed by wake(). seq_cst, here and in wait(): either the changer sees the sleeper or the
  // sleeper the change.
  std::atomic<uint32_t>& value() { return value_; }
  void wake() {
    if (sleepers_.load(std::memory_order_seq_cst) != 0) {
      syscall(SYS_futex, address(), FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
    }
  }

  // Returns the new value once it is not `old`.
  uint32_t wait_while(uint32_t old, int spins) {
    for (int i = 0; i < spins; ++i) {
      const uint32_t now = load();
      if (now != old) return now;
      pause();
    }
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    uint32_t now;
    while ((now = value_.load(std::memory_order_seq_cst)) == old) {
      syscall(SYS_futex, address(), FUTEX_WAIT_PRIVATE, old, nullptr, nullptr, 0);
    }
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
    return now;
  }

 private:
  uint32_t* address() { return reinterpret_cast<uint32_t*>(&value_); }

  std::atomic<uint32_t> value_{0};
  std::atomic<uint32_t> sleepers_{0};
  static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t));
};

int usable_processors() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

}  // namespace

struct Pool::State {
  // The job: written by the caller before it starts the workers, read only by workers it started and waits for.
  void (*body)(void*, int) = nullptr;
  void* argument = nullptr;
  int workers = 1;
  std::atomic<bool> stop{false};
  int spins = 0;

  Signal pending;                     // workers of this run that have not finished
  Signal barrier_round;               // rounds completed
  std::atomic<uint32_t> arrived{0};   // at the barrier, in this round
  std::unique_ptr<Signal[]> start;    // one a worker: runs started
  std::vector<std::thread> threads;

  void work(int worker) {
    uint32_t seen = 0;
    for (;;) {
      seen = start[worker].wait_while(seen, spins);
      if (stop.load(std::memory_order_acquire)) return;
      body(argument, worker);
      if (pending.value().fetch_sub(1, std::memory_order_seq_cst) == 1) pending.wake();
    }
  }

  void stop_all() {
    stop.store(true, std::memory_order_release);
    for (size_t i = 1; i <= threads.size(); ++i) {
      start[i].value().fetch_add(1, std::memory_order_seq_cst);
      start[i].wake();
    }
    for (std::thread& thread : threads) thread.join();
  }
};

Pool::Pool(int threads, Device* device) : state_(nullptr), threads_(threads), device_(device) {
  auto state = std::make_unique<State>();
  // About 30 microseconds; none where the workers would take the processor from each other.
  state->spins = threads <= usable_processors() ? 2000 : 0;
  state->start = std::make_unique<Signal[]>(threads);
  state->threads.reserve(threads);
  // The host's signals are for the host's threads: a Java VM must not see them arrive here. But a fault of a worker itself
  // is its own: blocked, it would end the process without the host's report.
  sigset_t all, before;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) sigdelset(&all, fault);
  sigprocmask(SIG_SETMASK, &all, &before);
  try {
    for (int worker = 1; worker < threads; ++worker) {
      state->threads.emplace_back([s = state.get(), worker] { s->work(worker); });
    }
  } catch (...) {
    sigprocmask(SIG_SETMASK, &before, nullptr);
    state->stop_all();
    throw;
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
  state_ = state.release();
}

Pool::~Pool() {
  state_->stop_all();
  delete state_;
}

void Pool::run(int workers, void (*body)(void*, int), void* argument) {
  State& s = *state_;
  s.workers = workers;
  if (workers <= 1) {
    body(argument, 0);
    return;
  }
  s.body = body;
  s.argument = argument;
  s.pending.value().store(uint32_t(workers - 1), std::memory_order_relaxed);
  for (int worker = 1; worker < workers; ++worker) {
    s.start[worker].value().fetch_add(1, std::memory_order_seq_cst);
    s.start[worker].wake();
  }
  body(argument, 0);
  for (uint32_t left = s.pending.load(); left != 0;) left = s.pending.wait_while(left, s.spins);
}

void Pool::barrier() {
  State& s = *state_;
  if (s.workers <= 1) return;
  const uint32_t round = s.barrier_round.load();
  if (s.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == uint32_t(s.workers)) {
    s.arrived.store(0, std::memory_order_relaxed);
    s.barrier_round.value().fetch_add(1, std::memory_order_seq_cst);
    s.barrier_round.wake();
  } else {
    s.barrier_round.wait_while(round, s.spins);
  }
}

}  // namespace kan
