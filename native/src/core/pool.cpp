// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "core/pool.hpp"

#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/float_mode.hpp"
#include "core/system.hpp"
#include "kan/kan.h"

namespace kan {
namespace {

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

}  // namespace

// A 32-bit counter that threads wait on until it leaves a value. A wake-up is for those sleepers whose bits it names. It wakes two,
// and each of them two more: what the changer of the value pays does not grow with the number of sleepers. A futex wakes in the order in
// which they went to sleep, so that nobody who waits for this change is behind one who already waits for the next; other systems wake
// all.
class alignas(64) Signal {
 public:
  static constexpr uint32_t kAll = ~uint32_t(0);
  static constexpr int kAtOnce = 2;

  uint32_t load() const { return value_.load(std::memory_order_acquire); }

  // Every change is followed by wake(). seq_cst, here and in wait(): either the changer sees the sleeper or the
  // sleeper the change.
  std::atomic<uint32_t>& value() { return value_; }
  void wake(uint32_t bits = kAll) {
    woken_.store(bits, std::memory_order_relaxed);
    pass_on();
  }

  // Returns the new value once it is not `old`.
  uint32_t wait_while(uint32_t old, int spins, uint32_t bits = kAll) {
    for (int i = 0; i < spins; ++i) {
      const uint32_t now = load();
      if (now != old) return now;
      pause();
    }
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    uint32_t now;
    while ((now = value_.load(std::memory_order_seq_cst)) == old) { system::wait(address(), old, bits); }
    sleepers_.fetch_sub(1, std::memory_order_seq_cst);
    pass_on();
    return now;
  }

 private:
  uint32_t* address() { return reinterpret_cast<uint32_t*>(&value_); }

  // Whoever has slept and sees the change does this, so that it reaches all: also one that was woken for an earlier change.
  void pass_on() {
    if (sleepers_.load(std::memory_order_seq_cst) != 0) {
      system::wake(address(), woken_.load(std::memory_order_relaxed), kAtOnce);
    }
  }

  std::atomic<uint32_t> value_{0};
  std::atomic<uint32_t> sleepers_{0};
  std::atomic<uint32_t> woken_{kAll};  // the bits of the newest wake-up
  static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t));
};

namespace {

// A run in the word that workers wait on: its number and how many it is for.
constexpr uint32_t kWorkerBits = 9;
static_assert(KAN_MAX_THREADS < 1 << kWorkerBits);

// The bits of worker `worker`, and of workers 1 .. workers-1, in a wake-up.
uint32_t bit_of(int worker) { return uint32_t(1) << worker % 32; }
uint32_t bits_below(int workers) { return workers > 32 ? Signal::kAll : (uint32_t(1) << (workers - 1) << 1) - 2; }

}  // namespace

struct Pool::State {
  // The job: written by the caller before it starts the workers, read only by workers it started and waits for.
  void (*body)(void*, int) = nullptr;
  void* argument = nullptr;
  int workers = 1;
  std::atomic<bool> stop{false};
  int spins = 0;

  Signal start;                      // the newest run
  Signal pending;                    // workers of this run that have not finished
  Signal barrier_round;              // rounds completed
  std::atomic<uint32_t> arrived{0};  // at the barrier, in this round
  std::vector<std::thread> threads;

  // All pools of the process. A child that fork() made has their memory but none of their threads: there each computes alone,
  // with the same bits.
  static std::mutex all_mutex;
  static State* all;
  Pool* pool = nullptr;
  State* next = nullptr;
  State* previous = nullptr;

  void enlist() {
    static const bool handled = [] {  // std::call_once would ask for GLIBC_2.34
      system::at_fork([] { all_mutex.lock(); }, [] { all_mutex.unlock(); },
                      [] {
                        for (State* each = all; each; each = each->next) each->pool->threads_ = 1;
                        all = nullptr;
                        all_mutex.unlock();
                      });
      return true;
    }();
    (void)handled;
    const std::lock_guard lock(all_mutex);
    next = all;
    if (all) all->previous = this;
    all = this;
  }
  void strike_off() {
    const std::lock_guard lock(all_mutex);
    (previous ? previous->next : all) = next;
    if (next) next->previous = previous;
  }

  void work(int worker) {
    const FloatMode mode;
    char name[16];
    std::snprintf(name, sizeof name, "kan4j-%d", worker);
    system::name_this_thread(name);
    uint32_t seen = 0;
    for (;;) {
      seen = start.wait_while(seen, spins, bit_of(worker));
      if (stop.load(std::memory_order_acquire)) return;
      if (worker >= int(seen & ((1u << kWorkerBits) - 1))) continue;  // a run of fewer
      body(argument, worker);
      if (pending.value().fetch_sub(1, std::memory_order_seq_cst) == 1) pending.wake();
    }
  }

  // One word and one call of the system, whatever the number of workers.
  void start_run(uint32_t count) {
    const uint32_t run = (start.load() >> kWorkerBits) + 1;
    start.value().store(run << kWorkerBits | count, std::memory_order_seq_cst);
    start.wake(bits_below(int(count)));
  }

  void stop_all() {
    stop.store(true, std::memory_order_release);
    start_run(uint32_t(threads.size() + 1));
    for (std::thread& thread : threads) thread.join();
  }
};

std::mutex Pool::State::all_mutex;
Pool::State* Pool::State::all = nullptr;

Pool::Pool(int threads, Device* device)
    : state_(nullptr), threads_(threads), device_(device), crowded_(threads > system::usable_processors()) {
  auto state = std::make_unique<State>();
  // About 30 microseconds; none where the workers would take the processor from each other.
  state->spins = crowded_ ? 0 : 2000;
  state->pool = this;
  state->threads.reserve(threads);
  try {
    // The host's signals are for the host's threads: a Java VM must not see them arrive here.
    system::with_signals_blocked([&] {
      for (int worker = 1; worker < threads; ++worker) {
        state->threads.emplace_back([s = state.get(), worker] { s->work(worker); });
      }
    });
  } catch (...) {
    state->stop_all();
    throw;
  }
  state_ = state.release();
  if (threads > 1) state_->enlist();
}

Pool::~Pool() {
  // In a forked child there is nobody to join; the state, whose threads could not be destroyed, is left.
  if (threads_ <= int(state_->threads.size())) return;
  if (threads_ > 1) state_->strike_off();
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
  s.start_run(uint32_t(workers));
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
