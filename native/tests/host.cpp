// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The library in hosts with habits of their own: other floating-point modes, traps, fork(), hints about memory that is not there;
// and what a host sees of its threads.
#include <dirent.h>
#include <fenv.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#if defined(__x86_64__)
#include <pmmintrin.h>
#endif

#include "tests/cases.hpp"

namespace {

// y, d_x and d_params of a layer as one run of bits, at shapes that wake every worker. Inputs are `size` times -1..1. `caller` runs
// right before the calls: all numbers have been made by then.
template <class Caller>
std::vector<float> results(kan_context context, const Case& c, int64_t batch, double size, Caller&& caller) {
  const Model m(context, c, 1);
  const kan_layer_sizes sizes = m.query(context, batch, KAN_MODE_TRAIN);
  const Guarded saved(sizes.saved_bytes, 64), scratch(sizes.scratch_bytes, 64);
  const int64_t in = c.spec.in_features, out = c.spec.out_features;
  Random random(2);
  std::vector<float> x(size_t(batch * in)), y(size_t(batch * out)), d_x(x.size()), d_params(size_t(m.params_count));
  for (float& v : x) v = float(random.uniform(-1, 1) * size);
  caller();
  MUST(context, kan_layer_forward(context, m.layer, KAN_MODE_TRAIN, batch, x.data(), m.params.get(), m.buffers.get(),
                                  y.data(), saved.get(), scratch.get()));
  MUST(context,
       kan_layer_backward(context, m.layer, batch, x.data(), m.params.get(), m.buffers.get(), saved.get(), y.data(),
                          KAN_GRAD_OVERWRITE, d_x.data(), KAN_GRAD_OVERWRITE, d_params.data(), scratch.get()));
  std::vector<float> all = y;
  all.insert(all.end(), d_x.begin(), d_x.end());
  all.insert(all.end(), d_params.begin(), d_params.end());
  return all;
}

std::vector<float> results(kan_context context, const Case& c, int64_t batch, double size) {
  return results(context, c, batch, size, [] {});
}

bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// One case of every kind and basis, 24 -> 40.
std::vector<Case> cases() {
  std::map<std::pair<int32_t, int32_t>, Case> first;
  for (Case c : all_cases(KAN_F32)) {
    if (c.spec.kind == KAN_LAYER_MULTIPLY) continue;  // its widths are not free
    const bool square = c.spec.kind != KAN_LAYER_KAN && c.spec.kind != KAN_LAYER_LINEAR;
    c.spec.in_features = 24, c.spec.out_features = square ? 24 : 40;
    first.emplace(std::pair(c.spec.kind, c.spec.kind == KAN_LAYER_KAN ? c.spec.basis : 0), c);
  }
  CHECK(first.size() >= 15);
  std::vector<Case> list;
  for (const auto& [key, c] : first) list.push_back(c);
  return list;
}

#if defined(__x86_64__)
unsigned float_mode() { return _mm_getcsr(); }
void flush_denormals(bool on) {
  _MM_SET_FLUSH_ZERO_MODE(on ? _MM_FLUSH_ZERO_ON : _MM_FLUSH_ZERO_OFF);
  _MM_SET_DENORMALS_ZERO_MODE(on ? _MM_DENORMALS_ZERO_ON : _MM_DENORMALS_ZERO_OFF);
}
#elif defined(__aarch64__)
uint64_t float_mode() {
  uint64_t fpcr;
  __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
  return fpcr;
}
void flush_denormals(bool on) {
  constexpr uint64_t kFlushToZero = 1 << 24;
  const uint64_t mode = on ? float_mode() | kFlushToZero : float_mode() & ~kFlushToZero;
  __asm__ volatile("msr fpcr, %0" : : "r"(mode));
}
#endif

#if defined(__x86_64__) || defined(__aarch64__)

// The caller's mode decides nothing, and is his own again afterwards.
void floating_point_modes(kan_context one, kan_context two) {
  for (const Case& c : cases()) {
    for (const double size : {1.0, 1e-38}) {
      const std::vector<float> ours = results(one, c, 512, size);
      for (kan_context context : {one, two}) {
        auto before = float_mode();
        const std::vector<float> theirs = results(context, c, 512, size, [&] {
          flush_denormals(true);  // what loading a library built with -ffast-math does to its thread
          fesetround(FE_UPWARD);
          before = float_mode();
        });
        const auto after = float_mode();
        fesetround(FE_TONEAREST);
        flush_denormals(false);
        CHECK(before == after);
        CHECK_TEXT(same(ours, theirs), c.name);
      }
    }
  }
}

#endif

int status_of_child(void (*body)()) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    alarm(30);  // a hang ends the child, not the test
    body();
    std::fflush(stdout);
    _exit(check::failures == 0 ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

// 1/0 of a masked lane ends no process whose host traps it.
void traps() {
  const int status = status_of_child([] {
    feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW);
    const int trapped = fegetexcept();  // none on AArch64, whose processors need not have traps
#if defined(__x86_64__)
    CHECK(trapped == (FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW));
#endif
    kan_context context = make_context(KAN_TIER_AUTO, 1);
    for (const Case& c : cases()) {
      Case small = c;
      small.spec.in_features = 3;
      small.spec.out_features = c.spec.in_features == c.spec.out_features ? 3 : 5;
      results(context, small, 7, 0.5);
    }
    CHECK(fegetexcept() == trapped);
  });
  CHECK_TEXT(status == 0, "a child that traps floating-point exceptions ended with status " + std::to_string(status));
}

kan_context parents;
std::vector<float> parents_results;

// A forked child computes alone, with the parent's bits.
void forked(kan_context two) {
  parents = two;
  parents_results = results(two, cases()[0], 512, 1);
  const int status = status_of_child([] {
    auto info = make_struct<kan_context_info>();
    MUST(parents, kan_context_query(parents, &info));
    CHECK(info.threads == 1);
    CHECK(same(results(parents, cases()[0], 512, 1), parents_results));
    CHECK(kan_context_destroy(parents) == KAN_OK);
    kan_context own = make_context(KAN_TIER_AUTO, 2);
    CHECK(same(results(own, cases()[0], 512, 1), parents_results));
    CHECK(kan_context_destroy(own) == KAN_OK);
  });
  CHECK_TEXT(status == 0, "a forked child ended with status " + std::to_string(status));
  auto info = make_struct<kan_context_info>();
  MUST(two, kan_context_query(two, &info));
  CHECK(info.threads == 2);
  CHECK(same(results(two, cases()[0], 512, 1), parents_results));
}

// top -H tells kan4j's workers from the host's threads.
void thread_names() {
  int named = 0;
  DIR* tasks = opendir("/proc/self/task");
  CHECK(tasks != nullptr);
  while (const dirent* task = tasks ? readdir(tasks) : nullptr) {
    std::ifstream file(std::string("/proc/self/task/") + task->d_name + "/comm");
    std::string name;
    named += std::getline(file, name) && name == "kan4j-1";
  }
  closedir(tasks);
  CHECK(named >= 1);
}

// A hint about an address past all memory touches nothing: it once wrapped around and marked every mapping of the process.
void large_pages() {
  const auto marked = [] {
    std::ifstream maps("/proc/self/smaps");
    std::string line;
    int count = 0;
    while (std::getline(maps, line)) count += line.rfind("VmFlags:", 0) == 0 && line.find(" hg") != std::string::npos;
    return count;
  };
  const int before = marked();
  for (const uintptr_t address : {~uintptr_t(0), ~uintptr_t(0) - (1 << 20), uintptr_t(1)}) {
    CHECK(kan_prefer_large_pages(reinterpret_cast<void*>(address), 0) == KAN_OK);
  }
  CHECK(marked() == before);
}

}  // namespace

int main() {
  kan_context one = make_context(KAN_TIER_AUTO, 1), two = make_context(KAN_TIER_AUTO, 2);
#if defined(__x86_64__) || defined(__aarch64__)
  floating_point_modes(one, two);
#endif
  traps();
  forked(two);
  thread_names();
  large_pages();
  kan_context_destroy(one);
  kan_context_destroy(two);
  return check::finish("host");
}
