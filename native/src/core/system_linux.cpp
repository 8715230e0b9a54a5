// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// sigprocmask, which on Linux is per thread, and not pthread_sigmask, which moved to GLIBC_2.32; futexes and not
// std::condition_variable, whose wait alone would raise the libstdc++ floor (GLIBCXX_3.4.30).
#include <dlfcn.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/system.hpp"

namespace kan::system {

void wait(uint32_t* word, uint32_t old, uint32_t bits) {
  syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, old, nullptr, nullptr, bits);
}
void wake(uint32_t* word, uint32_t bits, int count) {
  syscall(SYS_futex, word, FUTEX_WAKE_BITSET_PRIVATE, count, nullptr, nullptr, bits);
}

namespace {

// The first two numbers of a file, -1 for those that are not there ("max" among them).
void read_two(const std::string& path, long long& first, long long& second) {
  first = second = -1;
  if (FILE* file = std::fopen(path.c_str(), "re")) {
    char words[2][32] = {};
    const int found = std::fscanf(file, "%31s %31s", words[0], words[1]);
    std::fclose(file);
    if (found > 0) std::sscanf(words[0], "%lld", &first);
    if (found > 1) std::sscanf(words[1], "%lld", &second);
  }
}

// Processors' worth of time that the control groups of this process leave it: a container with --cpus=2 sees all of the
// machine's processors in its affinity mask.
double quota_processors() {
  double least = 1e9;
  const auto limit = [&](long long quota, long long period) {
    if (quota > 0 && period > 0) least = std::min(least, double(quota) / double(period));
  };
  long long quota, period, none;
  read_two("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", quota, none);  // version 1, as a container sees it
  read_two("/sys/fs/cgroup/cpu/cpu.cfs_period_us", period, none);
  limit(quota, period);
  FILE* file = std::fopen("/proc/self/cgroup", "re");  // version 2: 0::/path, and every group above it
  if (!file) return least;
  char line[4096];
  while (std::fgets(line, sizeof line, file)) {
    if (std::strncmp(line, "0::/", 4) != 0) continue;
    std::string group(line + 3, std::strcspn(line + 3, "\n"));
    for (;;) {
      read_two("/sys/fs/cgroup" + group + "/cpu.max", quota, period);
      limit(quota, period);
      const size_t slash = group.rfind('/');
      if (slash == std::string::npos || group.empty()) break;
      group.erase(slash);
    }
  }
  std::fclose(file);
  return least;
}

}  // namespace

int usable_processors() {
  cpu_set_t set;
  const int allowed = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  return int(std::min(double(allowed), std::max(1.0, quota_processors())));
}

void with_signals_blocked(const std::function<void()>& body) {
  sigset_t all, before;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) sigdelset(&all, fault);
  sigprocmask(SIG_SETMASK, &all, &before);
  try {
    body();
  } catch (...) {
    sigprocmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
}

void name_this_thread(const char* name) { prctl(PR_SET_NAME, name); }

void at_fork(void (*before)(), void (*in_parent)(), void (*in_child)()) { pthread_atfork(before, in_parent, in_child); }

void prefer_large_pages(void* begin, size_t bytes) {
  constexpr int kCollapse = 25;  // MADV_COLLAPSE, Linux 6.1: what was touched before too, now
  madvise(begin, bytes, MADV_HUGEPAGE);
  madvise(begin, bytes, kCollapse);
}

std::string library_beside_this(const std::string& stem) {
  Dl_info here;
  std::string name = "lib" + stem + ".so";
  if (!dladdr(reinterpret_cast<void*>(&library_beside_this), &here) || !here.dli_fname) return name;
  const std::string file = here.dli_fname;
  const size_t slash = file.rfind('/');
  return slash == std::string::npos ? name : file.substr(0, slash + 1) + name;
}

const char* trusted_environment(const char* name) { return secure_getenv(name); }

void* open_library(const char* path, std::string& reason) {
  void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char* const error = dlerror();
    reason = error ? error : path;
  }
  return library;
}
void* symbol(void* library, const char* name) { return dlsym(library, name); }

}  // namespace kan::system
