// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Experimental: never compiled or run. macOS 14.4 or later.
#include <dlfcn.h>
#include <os/os_sync_wait_on_address.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "core/system.hpp"

namespace kan::system {

void wait(uint32_t* word, uint32_t old, uint32_t) {
  os_sync_wait_on_address(word, old, sizeof *word, OS_SYNC_WAIT_ON_ADDRESS_NONE);
}
void wake(uint32_t* word, uint32_t, int) {
  os_sync_wake_by_address_all(word, sizeof *word, OS_SYNC_WAKE_BY_ADDRESS_NONE);
}

int usable_processors() { return int(std::max(1u, std::thread::hardware_concurrency())); }

void with_signals_blocked(const std::function<void()>& body) {
  sigset_t all, before;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) sigdelset(&all, fault);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    body();
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void name_this_thread(const char* name) { pthread_setname_np(name); }

void at_fork(void (*before)(), void (*in_parent)(), void (*in_child)()) { pthread_atfork(before, in_parent, in_child); }

void prefer_large_pages(void*, size_t) {}  // the system has no such hint for memory that is there already

std::string library_beside_this(const std::string& stem) {
  Dl_info here;
  const std::string name = "lib" + stem + ".dylib";
  if (!dladdr(reinterpret_cast<void*>(&library_beside_this), &here) || !here.dli_fname) return name;
  const std::string file = here.dli_fname;
  const size_t slash = file.rfind('/');
  return slash == std::string::npos ? name : file.substr(0, slash + 1) + name;
}

const char* trusted_environment(const char* name) { return issetugid() ? nullptr : std::getenv(name); }

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
