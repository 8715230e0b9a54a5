// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The thread pool: every worker runs once, results are visible to the caller, barriers separate phases, with any number
// of workers, many times over, and with more threads than processors; signals stay with the host's threads.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <vector>

#include "core/pool.hpp"
#include "tests/check.hpp"

namespace {

void runs_and_barriers(int threads) {
  kan::Pool pool(threads);
  CHECK(pool.threads() == threads);
  std::vector<long long> plain(size_t(threads) * 16);  // unsynchronised on purpose: the pool must order the accesses
  for (int round = 0; round < 3000; ++round) {
    const int workers = 1 + round % threads;
    for (long long& p : plain) p = -1;
    bool good = true;
    kan::for_workers(pool, workers, [&](int worker) {
      plain[size_t(worker) * 16] = round + worker;
      pool.barrier();
      // After the barrier every worker sees what the next one wrote before it.
      const int next = (worker + 1) % workers;
      const bool seen = plain[size_t(next) * 16] == round + next;
      pool.barrier();
      plain[size_t(worker) * 16 + 1] = seen;
    });
    for (int w = 0; w < workers; ++w) good = good && plain[size_t(w) * 16 + 1] == 1;
    for (int w = workers; w < threads; ++w) good = good && plain[size_t(w) * 16] == -1;  // those were not asked
    CHECK(good);
    if (!good) return;
  }
}

std::atomic<int> handled_elsewhere{0};
pthread_t host;

void on_signal(int) {
  if (!pthread_equal(pthread_self(), host)) ++handled_elsewhere;
}

void signals() {
  host = pthread_self();
  struct sigaction action = {}, before;
  action.sa_handler = on_signal;
  sigaction(SIGUSR1, &action, &before);
  {
    kan::Pool pool(4);
    sigset_t block, old;
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    // With the signal blocked here, the kernel would hand it to any thread that does not block it.
    pthread_sigmask(SIG_BLOCK, &block, &old);
    for (int i = 0; i < 50; ++i) {
      kill(getpid(), SIGUSR1);
      kan::for_workers(pool, 4, [](int) {});
    }
    pthread_sigmask(SIG_SETMASK, &old, nullptr);
  }
  CHECK(handled_elsewhere == 0);
  sigset_t now;
  pthread_sigmask(SIG_BLOCK, nullptr, &now);
  CHECK(!sigismember(&now, SIGUSR2) && !sigismember(&now, SIGINT));  // creating a pool left the host's mask alone
  sigaction(SIGUSR1, &before, nullptr);
}

}  // namespace

int main() {
  for (int threads : {1, 2, 3, 8, 33}) runs_and_barriers(threads);
  for (int i = 0; i < 200; ++i) {
    kan::Pool pool(1 + i % 6);  // made and stopped at once, without a run
    CHECK(pool.threads() == 1 + i % 6);
  }
  signals();
  return check::finish("pool");
}
