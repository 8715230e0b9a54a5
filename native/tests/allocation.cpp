// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Run calls never allocate: malloc and its kin are counted while every kind of layer runs on every tier.
// Not under a sanitizer, whose allocator this would replace.
#include <atomic>

#include "tests/cases.hpp"

extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
}

namespace {
std::atomic<long long> allocations{0};
}

extern "C" {
void* malloc(size_t n) { return ++allocations, __libc_malloc(n); }
void* calloc(size_t n, size_t s) { return ++allocations, __libc_calloc(n, s); }
void* realloc(void* p, size_t n) { return ++allocations, __libc_realloc(p, n); }
void* aligned_alloc(size_t a, size_t n) { return ++allocations, __libc_memalign(a, n); }
void* memalign(size_t a, size_t n) { return ++allocations, __libc_memalign(a, n); }
int posix_memalign(void** p, size_t a, size_t n) { return ++allocations, *p = __libc_memalign(a, n), *p ? 0 : 12; }
}

namespace {

template <class Call>
void check_free(const std::string& what, Call&& call) {
  call();  // the first call may set up what lives for ever
  const long long before = allocations.load();
  call();
  const long long during = allocations.load() - before;
  CHECK_TEXT(during == 0, what + ": " + std::to_string(during) + " allocations");
}

void check_layer(kan_context c, const Case& base, const std::string& tier) {
  const Case sizes_case = sized(base, 6, 5);
  const Model m(c, sizes_case, 1);
  constexpr int64_t batch = 9;
  const auto sizes = m.query(c, batch, KAN_MODE_TRAIN);
  const Guarded x = guarded(KAN_F32, Vector(size_t(batch * m.spec.in_features), 0.3)),
                dy = guarded(KAN_F32, Vector(size_t(batch * m.spec.out_features), 1));
  const Guarded y(dy.bytes()), dx(x.bytes()), dp(m.params.bytes()),
      mm = guarded(KAN_F32, Vector(size_t(m.params_count), 0)),
      vv = guarded(KAN_F32, Vector(size_t(m.params_count), 0)), saved(sizes.saved_bytes, 64),
      scratch(sizes.scratch_bytes, 64);
  auto adam = make_struct<kan_adamw>();
  adam.eps = 1e-8, adam.step = 1;
  check_free(tier + " forward " + sizes_case.name, [&] {
    MUST(c, kan_layer_forward(c, m.layer, KAN_MODE_TRAIN, batch, x.get(), m.params.get(), m.buffers.get(), y.get(),
                              saved.get(), scratch.get()));
  });
  check_free(tier + " backward " + sizes_case.name, [&] {
    MUST(c, kan_layer_backward(c, m.layer, batch, x.get(), m.params.get(), m.buffers.get(), saved.get(), dy.get(),
                               KAN_GRAD_OVERWRITE, dx.get(), KAN_GRAD_ACCUMULATE, dp.get(), scratch.get()));
  });
  check_free(tier + " fused AdamW " + sizes_case.name, [&] {
    MUST(c, kan_layer_backward_adamw(c, m.layer, batch, x.get(), m.params.get(), m.buffers.get(), saved.get(), dy.get(),
                                     KAN_GRAD_NONE, nullptr, &adam, mm.get(), vv.get(), scratch.get()));
  });
  if (m.spec.kind != KAN_LAYER_KAN) return;
  std::vector<double> mean_abs(30), mean(30), deviation(30);
  check_free(tier + " edge statistics " + sizes_case.name, [&] {
    MUST(c, kan_layer_edge_statistics(c, m.layer, batch, x.get(), m.params.get(), m.buffers.get(), mean_abs.data(),
                                      mean.data(), deviation.data(), scratch.get()));
  });
  check_free(tier + " edge backward " + sizes_case.name, [&] {
    MUST(c, kan_layer_edge_backward(c, m.layer, batch, x.get(), m.params.get(), m.buffers.get(), mean_abs.data(),
                                    mean.data(), deviation.data(), KAN_GRAD_OVERWRITE, dx.get(), KAN_GRAD_ACCUMULATE,
                                    dp.get(), scratch.get()));
  });
}

void check_vectors(kan_context c, const std::string& tier) {
  std::vector<float> a(1000, 0.5f), b(1000, 0.25f), m(1000), v(1000);
  auto adam = make_struct<kan_adamw>();
  adam.eps = 1e-8, adam.step = 1;
  auto sgd = make_struct<kan_sgd>();
  double value;
  check_free(tier + " adamw",
             [&] { MUST(c, kan_adamw_step(c, &adam, KAN_F32, 1000, a.data(), b.data(), m.data(), v.data())); });
  std::vector<uint8_t> group(1000);
  const kan_adamw* adams[] = {&adam};
  check_free(tier + " adamw in groups", [&] {
    MUST(c, kan_adamw_step_groups(c, adams, 1, group.data(), KAN_F32, 1000, a.data(), b.data(), m.data(), v.data()));
  });
  check_free(tier + " clamp", [&] { MUST(c, kan_vector_clamp(c, KAN_F32, 1000, 0.1, b.data())); });
  check_free(tier + " sgd", [&] { MUST(c, kan_sgd_step(c, &sgd, KAN_F32, 1000, a.data(), b.data(), nullptr)); });
  check_free(tier + " dot", [&] { MUST(c, kan_vector_dot(c, KAN_F32, 1000, a.data(), b.data(), &value)); });
  check_free(tier + " loss", [&] {
    MUST(c, kan_loss(c, KAN_LOSS_MSE, KAN_F32, 100, 10, a.data(), b.data(), nullptr, 1, m.data(), &value));
  });
}

}  // namespace

int main() {
  const int32_t highest = highest_tier();
  const char* names[] = {"auto", "reference", "baseline", "avx2", "avx512"};
  for (int32_t tier = KAN_TIER_REFERENCE; tier <= highest; ++tier) {
    auto spec = make_struct<kan_context_spec>();
    spec.tier = tier, spec.threads = 2;
    kan_context c;
    if (kan_context_create(&spec, &c) != KAN_OK) continue;  // a tier that this build leaves out
    for (const Case& base : all_cases(KAN_F32)) check_layer(c, base, names[tier]);
    check_vectors(c, names[tier]);
    kan_context_destroy(c);
  }
  const long long before = allocations.load();
  void* (*volatile take)(size_t) = malloc;  // that the counter counts, of a call that no compiler leaves out
  std::free(take(100));
  CHECK(allocations.load() > before);
  return check::finish("allocation");
}
