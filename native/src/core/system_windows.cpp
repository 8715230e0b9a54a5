// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Experimental: compiled by mingw-w64, never run. Windows 10 or later; linked with synchronization.lib.
#if !defined(_WIN32_WINNT) || _WIN32_WINNT < 0x0A00
#undef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#define NOMINMAX
#include <windows.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "core/system.hpp"

namespace kan::system {

void wait(uint32_t* word, uint32_t old, uint32_t) { WaitOnAddress(word, &old, sizeof *word, INFINITE); }
void wake(uint32_t* word, uint32_t, int) { WakeByAddressAll(word); }

int usable_processors() {
  DWORD_PTR process = 0, machine = 0;
  if (!GetProcessAffinityMask(GetCurrentProcess(), &process, &machine)) return 1;
  return std::max(1, __builtin_popcountll(process));
}

void with_signals_blocked(const std::function<void()>& body) { body(); }  // signals do not come to threads here

void name_this_thread(const char* name) {
  using SetDescription =
      HRESULT(WINAPI*)(HANDLE, PCWSTR);  // since Windows 10 1607, and not in every toolchain's headers
  void* const set = symbol(GetModuleHandleA("kernel32"), "SetThreadDescription");
  const std::string text = name;
  if (set) reinterpret_cast<SetDescription>(set)(GetCurrentThread(), std::wstring(text.begin(), text.end()).c_str());
}

void at_fork(void (*)(), void (*)(), void (*)()) {}

void prefer_large_pages(void*, size_t) {}  // large pages are asked for at allocation, by those with a privilege

std::string library_beside_this(const std::string& stem) {
  const std::string name = stem + ".dll";
  HMODULE here = nullptr;
  char path[32768];
  constexpr DWORD kHow = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
  if (!GetModuleHandleExA(kHow, reinterpret_cast<LPCSTR>(&library_beside_this), &here)) return name;
  const DWORD length = GetModuleFileNameA(here, path, sizeof path);
  if (length == 0 || length == sizeof path) return name;
  const std::string file(path, length);
  const size_t slash = file.rfind('\\');
  return slash == std::string::npos ? name : file.substr(0, slash + 1) + name;
}

const char* trusted_environment(const char* name) { return std::getenv(name); }

void* open_library(const char* path, std::string& reason) {
  const HMODULE library = LoadLibraryA(path);
  if (!library) reason = std::string(path) + ": " + std::system_category().message(int(GetLastError()));
  return library;
}
void* symbol(void* library, const char* name) {
  return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(library), name));
}

}  // namespace kan::system
