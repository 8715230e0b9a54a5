// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// What kan4j asks of the operating system, all of it: system_linux.cpp, and system_macos.cpp and system_windows.cpp, which are
// experimental (docs/platforms.md).
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace kan::system {

// Sleeps while *word is `old`; may return earlier. A wake-up reaches sleepers that have one of its bits, at least `count` of them if
// there are as many.
void wait(uint32_t* word, uint32_t old, uint32_t bits);
void wake(uint32_t* word, uint32_t bits, int count);

// Processors' worth of time that this process may use, at least 1.
int usable_processors();

// For threads that `body` starts: signals to the process do not arrive there. A fault of such a thread itself does: blocked, it
// would end the process without the host's report.
void with_signals_blocked(const std::function<void()>& body);
void name_this_thread(const char* name);

// Called around every fork(), where there is one.
void at_fork(void (*before)(), void (*in_parent)(), void (*in_child)());

// A hint; `begin` and `bytes` are multiples of 2 MiB.
void prefer_large_pages(void* begin, size_t bytes);

// The library of a name without prefix and suffix in the folder of this one, or its bare name if that folder is not known.
std::string library_beside_this(const std::string& stem);
// Of the environment, null also in a process with more rights than its user.
const char* trusted_environment(const char* name);
// Null, and why.
void* open_library(const char* path, std::string& reason);
void* symbol(void* library, const char* name);

}  // namespace kan::system
