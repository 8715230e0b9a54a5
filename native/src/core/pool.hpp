// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace kan {

struct Device;

// A context's persistent worker threads, kan4j-1, kan4j-2, …: the caller's is worker 0, the others sleep between runs after a
// short spin, signals blocked. A device's context has a pool of one thread that names the device; in a child made by
// fork() all have one, there being no workers. Nothing here is inline: the SIMD tiers include this.
class Pool {
 public:
  explicit Pool(int threads, Device* device = nullptr);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return threads_; }
  Device* device() const { return device_; }  // NULL: the CPU
  bool crowded() const { return crowded_; }   // more threads than processors: nobody spins

  // Runs body(argument, worker) once on each of the first `workers` (<= threads()) workers and returns when all have.
  // workers == 1 calls it directly. Bodies must not throw.
  void run(int workers, void (*body)(void* argument, int worker), void* argument);

  // Inside run: returns when all workers of this run have arrived. Spins briefly, then sleeps.
  void barrier();

 private:
  struct State;
  State* state_;
  int threads_;
  Device* device_;
  bool crowded_;
};

// for_workers(pool, workers, [&](int worker) { … })
template <class F>
inline void for_workers(Pool& pool, int workers, F&& f) {
  pool.run(
      workers, [](void* p, int worker) { (*static_cast<F*>(p))(worker); }, &f);
}

}  // namespace kan
