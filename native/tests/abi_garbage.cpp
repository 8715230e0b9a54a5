// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Every function with null, garbage, stale and foreign handles, null and misaligned pointers, structs of every size, and
// values out of range: a status and a text that names the argument, never a crash.
#include <atomic>
#include <climits>
#include <thread>

#include "tests/refused.hpp"

namespace {

void contexts() {
  auto spec = make_struct<kan_context_spec>();
  spec.threads = 1;
  kan_context made = nullptr;
  const auto refused = [&](const char* word, kan_status expected = KAN_INVALID_ARGUMENT) {
    made = reinterpret_cast<kan_context>(uintptr_t(8));
    CHECK(kan_context_create(&spec, &made) == expected);
    CHECK(made == nullptr);
    CHECK_TEXT(text(nullptr).find(word) != std::string::npos, text(nullptr));
  };
  CHECK(kan_context_create(&spec, nullptr) == KAN_INVALID_ARGUMENT);
  CHECK(kan_context_create(nullptr, &made) == KAN_INVALID_ARGUMENT && text(nullptr) == "spec: null");
  spec.threads = 0, refused("spec.threads"), spec.threads = -1, refused("-1"), spec.threads = INT_MAX,
  refused("spec.threads");
  spec.threads = KAN_MAX_THREADS + 1, refused("1 to 256, given 257");
  spec.threads = 1;
  spec.tier = 5, refused("spec.tier"), spec.tier = -1, refused("spec.tier"), spec.tier = 0;
  spec.device = 2, refused("spec.device"), spec.device = -7, refused("spec.device"), spec.device = 0;
  spec.device_index = 1, refused("spec.device_index"), spec.device_index = 0;
  spec.device = KAN_DEVICE_CUDA;  // not there, or not in this build: a status either way, and nothing else
  made = nullptr;
  const kan_status cuda = kan_context_create(&spec, &made);
  CHECK(cuda == KAN_OK ? kan_context_destroy(made) == KAN_OK
                       : cuda == KAN_NOT_BUILT_WITH_CUDA && !text(nullptr).empty());
  spec.device = KAN_DEVICE_CPU;
  for (int32_t version : {0, -1, 2, 999, INT_MAX}) spec.struct_version = version, refused("struct_version");
  spec.struct_version = 1;
  for (int32_t size : {-1, 0, 4, 7, INT_MAX, INT_MIN, int32_t(sizeof spec) + 100000})
    spec.struct_size = size, refused("struct_size");
  spec.struct_size = 8;  // a header only: threads is 0 then
  refused("spec.threads");

  struct {
    kan_context_spec known;
    int32_t unknown[4];
  } larger;
  std::memset(&larger, 0, sizeof larger);
  larger.known.threads = 1, larger.known.struct_size = sizeof larger, larger.known.struct_version = 1;
  CHECK(kan_context_create(&larger.known, &made) == KAN_OK);
  larger.unknown[2] = 1;
  kan_context none = made;
  CHECK(kan_context_create(&larger.known, &none) == KAN_ABI_MISMATCH && none == nullptr);

  // Destroyed twice; used after that.
  CHECK(kan_context_destroy(made) == KAN_OK);
  CHECK(kan_context_destroy(made) == KAN_INVALID_ARGUMENT);
  CHECK(kan_context_destroy(nullptr) == KAN_OK);
  auto info = make_struct<kan_context_info>();
  for (kan_context bad : {made, kan_context(nullptr), reinterpret_cast<kan_context>(&spec),
                          reinterpret_cast<kan_context>(~uintptr_t(0)), reinterpret_cast<kan_context>(uintptr_t(1))}) {
    CHECK(kan_context_query(bad, &info) == KAN_INVALID_ARGUMENT);
    CHECK(text(nullptr).find("context") != std::string::npos);
  }
  REFUSED(kan_context_query(context, nullptr), KAN_INVALID_ARGUMENT, "info");
  info.struct_size = 8;
  info.threads = 77;
  CHECK(kan_context_query(context, &info) == KAN_OK && info.threads == 77);  // filled up to struct_size

  // Error texts: any capacity, always terminated.
  char small[5] = "zzzz";
  CHECK(kan_last_error(context, small, 4) > 4 && std::strlen(small) == 3 && small[4] == 0);
  CHECK(kan_last_error(context, nullptr, 100) > 0 && kan_last_error(context, small, 0) > 0 &&
        kan_last_error(context, small, -5) > 0);
  CHECK(kan_build_info(nullptr, 0) > 10 && kan_build_info(small, 4) > 10 && std::strlen(small) == 3);
  CHECK(kan_debug_live(3) == -1 && kan_debug_live(-1) == -1);
}

// A hint about memory: refused where it makes no sense, otherwise without effect on what the memory holds.
void large_pages() {
  std::vector<char> memory(9 << 20);
  for (size_t i = 0; i < memory.size(); ++i) memory[i] = char(i * 7 / 3);
  const std::vector<char> before = memory;
  for (int64_t bytes : {int64_t(0), int64_t(1), int64_t(memory.size())}) {
    CHECK(kan_prefer_large_pages(memory.data(), bytes) == KAN_OK);
    CHECK(kan_prefer_large_pages(memory.data() + memory.size() - bytes, bytes) == KAN_OK);
  }
  CHECK(memory == before);
  CHECK(kan_prefer_large_pages(reinterpret_cast<void*>(uintptr_t(1) << 46), 16 << 20) == KAN_OK);  // nothing is there
  CHECK(kan_prefer_large_pages(nullptr, 0) == KAN_OK);
  CHECK(kan_prefer_large_pages(nullptr, 1) == KAN_INVALID_ARGUMENT && text(nullptr).find("data") != std::string::npos);
  CHECK(kan_prefer_large_pages(memory.data(), -1) == KAN_INVALID_ARGUMENT &&
        text(nullptr).find("bytes") != std::string::npos);
}

void layer_specs() {
  kan_layer layer;
  kan_layer_spec s;
  const auto refused = [&](const char* word, kan_status expected = KAN_INVALID_ARGUMENT) {
    layer = reinterpret_cast<kan_layer>(uintptr_t(8));
    REFUSED(kan_layer_create(context, &s, &layer), expected, word);
    CHECK(layer == nullptr);
    s = spline_spec();
  };
  s = spline_spec();
  REFUSED(kan_layer_create(context, nullptr, &layer), KAN_INVALID_ARGUMENT, "spec");
  REFUSED(kan_layer_create(context, &s, nullptr), KAN_INVALID_ARGUMENT, "layer");
  for (int32_t kind : {0, -1, 8, INT_MAX}) s.kind = kind, refused("spec.kind");
  for (int32_t dtype : {0, 3, -1}) s.dtype = dtype, refused("spec.dtype");
  for (long long n : {0LL, -1LL, LLONG_MIN}) s.in_features = n, refused("spec.in_features");
  for (long long n : {0LL, -1LL, LLONG_MIN}) s.out_features = n, refused("spec.out_features");
  s.in_features = LLONG_MAX, refused("memory");
  s.in_features = 1LL << 31, s.out_features = 1LL << 31, refused("memory");
  for (int32_t basis : {0, -1, 12}) s.basis = basis, refused("spec.basis");
  for (int32_t order : {0, 6, -1, INT_MIN}) s.order = order, refused("spec.order");
  for (int32_t grid : {0, -1, INT_MAX}) s.grid = grid, refused("spec.grid");
  for (int32_t base : {-1, 7}) s.base = base, refused("spec.base");
  for (int32_t outside : {-1, 3}) s.outside = outside, refused("spec.outside");
  for (int32_t flags : {1024, -1, int32_t(KAN_FLAG_TRAIN_BASIS), int32_t(KAN_FLAG_RUNNING_STATS)})
    s.flags = flags, refused("spec.flags");
  for (int32_t basis : {KAN_BASIS_RBF, KAN_BASIS_RSWAF}) s.basis = basis, s.grid = 1, refused("2 centres");
  for (int32_t basis :
       {KAN_BASIS_FOURIER, KAN_BASIS_CHEBYSHEV, KAN_BASIS_JACOBI, KAN_BASIS_SINE, KAN_BASIS_RELU, KAN_BASIS_RATIONAL}) {
    s.basis = basis, s.grid = 0, refused("spec.grid");
  }
  for (double a : {-1.0, -2.0, double(NAN), double(INFINITY)})
    s.basis = KAN_BASIS_JACOBI, s.shape[0] = a, refused("spec.shape[0]");
  s.basis = KAN_BASIS_JACOBI, s.shape[1] = -1, refused("b > -1");
  s.basis = KAN_BASIS_RATIONAL, s.grid = 2, refused("divide", KAN_SHAPE_MISMATCH);
  s.basis = KAN_BASIS_WAVELET, s.base = 0, s.wavelet = 5, refused("spec.wavelet");
  s.basis = KAN_BASIS_WAVELET, refused("spec.base");
  s.basis = KAN_BASIS_RBF, s.flags = KAN_FLAG_NORM, s.in_features = 1, refused("one feature");
  s.basis = KAN_BASIS_RBF, s.flags = KAN_FLAG_NORM, s.shape[2] = 0, refused("eps");
  s.basis = KAN_BASIS_RBF, s.flags = KAN_FLAG_BASE_NORM, refused("KAN_FLAG_BASE_NORM");
  s.basis = KAN_BASIS_RBF, s.flags = KAN_FLAG_MASK, refused("given KAN_FLAG_MASK too (2)");
  s.flags = KAN_FLAG_NORM | 1024;  // of BSPLINE
  refused("none but KAN_FLAG_SCALE, KAN_FLAG_MASK, KAN_FLAG_BIAS (7), given KAN_FLAG_NORM, 1024 too (1032)");
  s.basis = KAN_BASIS_WAVELET, s.base = 0, s.flags = KAN_FLAG_NORM, refused("spec.flags");
  s = layer_spec(KAN_LAYER_LAYERNORM, KAN_F32, 1, 1), refused("one feature");
  s = layer_spec(KAN_LAYER_LAYERNORM, KAN_F32, 4, 5), refused("out_features", KAN_SHAPE_MISMATCH);
  s = layer_spec(KAN_LAYER_BATCHNORM, KAN_F32, 4, 4), s.shape[3] = 1.5, refused("momentum");
  s = layer_spec(KAN_LAYER_BATCHNORM, KAN_F32, 4, 4), s.shape[2] = NAN, refused("eps");
  s = layer_spec(KAN_LAYER_ACTIVATION, KAN_F32, 4, 4), refused("spec.activation");
  s = layer_spec(KAN_LAYER_MULTIPLY, KAN_F32, 4, 4), s.order = 1, refused("arity");
  s = layer_spec(KAN_LAYER_MULTIPLY, KAN_F32, 5, 2), s.order = 2, refused("MULTIPLY", KAN_SHAPE_MISMATCH);
  s = layer_spec(KAN_LAYER_LINEAR, KAN_F32, 4, 4), s.basis = 1, refused("spec.basis");
  s.struct_size = 7, refused("struct_size");

  CHECK(kan_layer_create(context, &s, &layer) == KAN_OK);
  CHECK(kan_debug_live(1) == 1);
  CHECK(kan_layer_destroy(layer) == KAN_OK);
  CHECK(kan_layer_destroy(layer) == KAN_INVALID_ARGUMENT && text(nullptr).find("layer") != std::string::npos);
  CHECK(kan_layer_destroy(nullptr) == KAN_OK);
  CHECK(kan_layer_destroy(reinterpret_cast<kan_layer>(context)) == KAN_INVALID_ARGUMENT);
  auto sizes = make_struct<kan_layer_sizes>();
  for (kan_layer bad :
       {layer, kan_layer(nullptr), reinterpret_cast<kan_layer>(&s), reinterpret_cast<kan_layer>(context)}) {
    REFUSED(kan_layer_query(context, bad, 1, KAN_MODE_INFER, &sizes), KAN_INVALID_ARGUMENT, "layer");
  }
}

void vectors_and_losses() {
  float a[4] = {1, 2, 3, 4}, b[4] = {1, 1, 1, 1}, d[4];
  double value = 0;
  REFUSED(kan_vector_dot(context, 0, 4, a, b, &value), KAN_INVALID_ARGUMENT, "dtype");
  REFUSED(kan_vector_dot(context, KAN_F32, -1, a, b, &value), KAN_INVALID_ARGUMENT, "n:");
  REFUSED(kan_vector_dot(context, KAN_F32, LLONG_MAX, a, b, &value), KAN_INVALID_ARGUMENT, "memory");
  REFUSED(kan_vector_dot(context, KAN_F32, 4, nullptr, b, &value), KAN_INVALID_ARGUMENT, "a: null");
  REFUSED(kan_vector_dot(context, KAN_F32, 4, a, b, nullptr), KAN_INVALID_ARGUMENT, "value: null");
  REFUSED(kan_vector_axpy(context, KAN_F32, 3, 1, a, a + 1), KAN_INVALID_ARGUMENT, "overlap");
  REFUSED(kan_vector_scale(context, KAN_F64, 1, 2, reinterpret_cast<char*>(a) + 4), KAN_INVALID_ARGUMENT, "x:");
  CHECK(kan_vector_dot(context, KAN_F32, 0, nullptr, nullptr, &value) == KAN_OK && value == 0);
  auto sgd = make_struct<kan_sgd>();
  sgd.learning_rate = 0.1;
  CHECK(kan_sgd_step(context, &sgd, KAN_F32, 4, d, b, nullptr) == KAN_OK);
  sgd.momentum = 0.9;
  REFUSED(kan_sgd_step(context, &sgd, KAN_F32, 4, d, b, nullptr), KAN_INVALID_ARGUMENT, "velocity: null");
  sgd.momentum = 1;
  REFUSED(kan_sgd_step(context, &sgd, KAN_F32, 4, d, b, a), KAN_INVALID_ARGUMENT, "momentum");
  sgd.momentum = 0, sgd.nesterov = 2;
  REFUSED(kan_sgd_step(context, &sgd, KAN_F32, 4, d, b, a), KAN_INVALID_ARGUMENT, "nesterov");

  int32_t labels[2] = {0, 1};
  const auto loss = [&](int32_t kind, const void* target, const void* weights = nullptr, double delta = 1,
                        void* d_p = nullptr) {
    return kan_loss(context, kind, KAN_F32, 2, 2, a, target, weights, delta, d_p, &value);
  };
  CHECK(loss(KAN_LOSS_CROSS_ENTROPY, labels) == KAN_OK);
  labels[1] = 2;
  REFUSED(loss(KAN_LOSS_CROSS_ENTROPY, labels), KAN_INVALID_ARGUMENT, "target[1]");
  labels[1] = -1;
  REFUSED(loss(KAN_LOSS_CROSS_ENTROPY, labels), KAN_INVALID_ARGUMENT, "0 to 1, given -1");
  for (int32_t kind : {0, 6, -1}) REFUSED(loss(kind, b), KAN_INVALID_ARGUMENT, "kind");
  REFUSED(loss(KAN_LOSS_MSE, nullptr), KAN_INVALID_ARGUMENT, "target: null");
  REFUSED(loss(KAN_LOSS_BCE_LOGITS, a), KAN_INVALID_ARGUMENT, "target[1]");
  REFUSED(loss(KAN_LOSS_HUBER, b, nullptr, 0), KAN_INVALID_ARGUMENT, "delta");
  REFUSED(loss(KAN_LOSS_HUBER, b, nullptr, NAN), KAN_INVALID_ARGUMENT, "delta");
  REFUSED(loss(KAN_LOSS_BCE_POSITIVE, b, nullptr, -1), KAN_INVALID_ARGUMENT, "KAN_LOSS_BCE_POSITIVE");
  REFUSED(loss(KAN_LOSS_BCE_POSITIVE, a), KAN_INVALID_ARGUMENT, "target[1]");
  REFUSED(kan_vector_clamp(context, KAN_F32, 4, 0, a), KAN_INVALID_ARGUMENT, "limit");
  REFUSED(kan_vector_clamp(context, KAN_F32, 4, NAN, a), KAN_INVALID_ARGUMENT, "limit");
  auto plain_sgd = make_struct<kan_sgd>(), bad_sgd = plain_sgd;
  bad_sgd.learning_rate = -1;
  const kan_sgd* in_groups[] = {&plain_sgd, &bad_sgd, nullptr};
  uint8_t group[4] = {0, KAN_FROZEN, 0, 0};
  const auto step = [&](int32_t groups, const uint8_t* of) {
    return kan_sgd_step_groups(context, in_groups, groups, of, KAN_F32, 4, d, b, nullptr);
  };
  CHECK(step(1, group) == KAN_OK);
  REFUSED(step(0, group), KAN_INVALID_ARGUMENT, "groups");
  REFUSED(step(KAN_MAX_GROUPS + 1, group), KAN_INVALID_ARGUMENT, "groups");
  REFUSED(step(2, group), KAN_INVALID_ARGUMENT, "learning_rate");
  REFUSED(step(1, nullptr), KAN_INVALID_ARGUMENT, "group: null");
  bad_sgd = plain_sgd;
  REFUSED(step(3, group), KAN_INVALID_ARGUMENT, "optimizer: null");
  group[2] = 2;
  REFUSED(step(2, group), KAN_INVALID_ARGUMENT, "group[2]: expected 0 to 1 or 255, given 2");
  const float negative[2] = {1, -1}, zero[2] = {0, 0}, nan[2] = {1, NAN};
  REFUSED(loss(KAN_LOSS_MSE, b, negative), KAN_INVALID_ARGUMENT, "weights[1]");
  REFUSED(loss(KAN_LOSS_MSE, b, nan), KAN_INVALID_ARGUMENT, "weights[1]");
  REFUSED(loss(KAN_LOSS_MSE, b, zero), KAN_INVALID_ARGUMENT, "weights: all");
  REFUSED(loss(KAN_LOSS_MSE, b, nullptr, 1, b), KAN_INVALID_ARGUMENT, "overlap");
  REFUSED(kan_loss(context, KAN_LOSS_MSE, KAN_F32, 2, 0, a, b, nullptr, 1, nullptr, &value), KAN_INVALID_ARGUMENT,
          "out");
  REFUSED(kan_loss(context, KAN_LOSS_MSE, KAN_F32, 2, 2, a, b, nullptr, 1, nullptr, nullptr), KAN_INVALID_ARGUMENT,
          "value: null");
  CHECK(kan_loss(context, KAN_LOSS_MSE, KAN_F32, 0, 2, nullptr, nullptr, nullptr, 1, nullptr, &value) == KAN_OK &&
        value == 0);
}

// While one thread is inside a call on the context every other gets BUSY, and destroy refuses.
void busy() {
  constexpr int64_t n = 1 << 16;
  kan_context shared = make_context(KAN_TIER_REFERENCE, 2);
  std::vector<double> a(size_t(n), 1.0), b(size_t(n), 1.0);
  std::atomic<bool> stop{false};
  std::atomic<long long> ok{0}, refused{0}, wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      while (!stop.load()) {
        double value = 0;
        const kan_status status = kan_vector_dot(shared, KAN_F64, n, a.data(), b.data(), &value);
        if (status == KAN_OK && value == double(n)) ++ok;
        else if (status == KAN_BUSY && last_error(nullptr).find("another thread") != std::string::npos) ++refused;
        else ++wrong;
      }
    });
  }
  while ((ok.load() < 20 || refused.load() < 20) && wrong.load() == 0) std::this_thread::yield();
  stop = true;
  for (std::thread& t : threads) t.join();
  CHECK_TEXT(wrong == 0 && ok >= 20 && refused >= 20,
             std::to_string(ok) + " " + std::to_string(refused) + " " + std::to_string(wrong));

  // Destroying from another thread: BUSY while a call runs, then gone for good.
  std::atomic<long long> running{0};
  std::thread user([&] {
    double value;
    kan_status status;
    do status = kan_vector_dot(shared, KAN_F64, n, a.data(), b.data(), &value), ++running;
    while (status == KAN_OK || status == KAN_BUSY);
    CHECK(status == KAN_INVALID_ARGUMENT);
  });
  while (running.load() == 0) std::this_thread::yield();
  kan_status status;
  while ((status = kan_context_destroy(shared)) == KAN_BUSY) std::this_thread::yield();
  user.join();
  CHECK(status == KAN_OK);
}

// Which entry of the CPU's list of implementations runs a pass: of every family and form one.
void implementations() {
  auto info = make_struct<kan_context_info>();
  CHECK(kan_context_query(context, &info) == KAN_OK);
  constexpr const char* kTiers[] = {"", "reference", "baseline ", "avx2 ", "avx512 "};
  const auto answers = [](kan_context on, const kan_layer_spec& spec, int64_t batch, int32_t pass,
                          const std::string& expected) {
    kan_layer layer;
    char name[40];
    MUST(context, kan_layer_create(context, &spec, &layer));
    MUST(on, kan_layer_implementation(on, layer, batch, pass, name, sizeof name));
    CHECK_TEXT(name == expected, std::string("expected ") + expected + ", given " + name);
    CHECK(kan_layer_destroy(layer) == KAN_OK);
  };
  kan_context reference = make_context(KAN_TIER_REFERENCE, 1);
  answers(reference, spline_spec(), 1, KAN_PASS_FORWARD, "reference");
  CHECK(kan_context_destroy(reference) == KAN_OK);
  if (info.tier == KAN_TIER_REFERENCE) return;
  const std::string tier = kTiers[info.tier];
  answers(context, spline_spec(), 4, KAN_PASS_FORWARD, tier + "spline_rows");
  answers(context, spline_spec(), 4, KAN_PASS_BACKWARD, tier + "spline_records");
  answers(context, spline_spec(), 100, KAN_PASS_FORWARD, tier + "spline_records");
  kan_layer_spec s = layer_spec(KAN_LAYER_KAN, KAN_F64, 5, 3);
  s.basis = KAN_BASIS_WAVELET;
  answers(context, s, 4, KAN_PASS_BACKWARD, tier + "wavelet");
  s.basis = KAN_BASIS_RBF, s.grid = 8;
  answers(context, s, 4, KAN_PASS_FORWARD, tier + "dense");
  s.out_features = 9;
  answers(context, s, 8, KAN_PASS_FORWARD, tier + "dense_rows");
  answers(context, s, 9, KAN_PASS_FORWARD, tier + "dense");
  answers(context, layer_spec(KAN_LAYER_LINEAR, KAN_F32, 5, 3), 4, KAN_PASS_BACKWARD, tier + "dense");
  answers(context, layer_spec(KAN_LAYER_LAYERNORM, KAN_F32, 5, 5), 4, KAN_PASS_FORWARD, tier + "elementwise");
}

// Handles made, destroyed, used after that, and invented.
void handles() {
  Random random(99);
  auto sizes = make_struct<kan_layer_sizes>();
  const kan_layer_spec s = spline_spec();
  std::vector<kan_layer> layers;
  long long refused = 0;
  for (int i = 0; i < 200000; ++i) {
    if (layers.size() < 50 && random.below(3) == 0) {
      kan_layer made = nullptr;
      CHECK(kan_layer_create(context, &s, &made) == KAN_OK);
      layers.push_back(made);
    } else if (!layers.empty() && random.below(3) == 0) {
      const size_t k = size_t(random.below(int64_t(layers.size())));
      CHECK(kan_layer_destroy(layers[k]) == KAN_OK);
      CHECK(kan_layer_query(context, layers[k], 1, 0, &sizes) == KAN_INVALID_ARGUMENT);
      layers[k] = layers.back();
      layers.pop_back();
    } else {
      refused +=
          kan_layer_query(context, reinterpret_cast<kan_layer>(random.bits()), 1, 0, &sizes) == KAN_INVALID_ARGUMENT;
    }
  }
  CHECK(refused > 1000);
  CHECK(kan_debug_live(1) == int64_t(layers.size()));
  for (kan_layer l : layers) CHECK(kan_layer_destroy(l) == KAN_OK);

  // An old handle, whatever object has its place now: places are taken again at once, so each new one has the last's.
  std::vector<kan_layer> old_layers;
  std::vector<kan_context> old_contexts;
  auto spec = make_struct<kan_context_spec>();
  auto info = make_struct<kan_context_info>();
  spec.threads = 1;
  for (int i = 0; i < 100; ++i) {
    kan_layer layer = nullptr;
    kan_context other = nullptr;
    CHECK(kan_layer_create(context, &s, &layer) == KAN_OK && kan_context_create(&spec, &other) == KAN_OK);
    for (kan_layer old : old_layers) {
      CHECK(old != layer && kan_layer_query(context, old, 1, 0, &sizes) == KAN_INVALID_ARGUMENT &&
            kan_layer_destroy(old) == KAN_INVALID_ARGUMENT);
    }
    for (kan_context old : old_contexts) {
      CHECK(old != other && kan_context_query(old, &info) == KAN_INVALID_ARGUMENT &&
            kan_context_destroy(old) == KAN_INVALID_ARGUMENT);
    }
    CHECK(kan_layer_query(context, layer, 1, 0, &sizes) == KAN_OK && kan_context_query(other, &info) == KAN_OK);
    CHECK(kan_layer_destroy(layer) == KAN_OK && kan_context_destroy(other) == KAN_OK);
    old_layers.push_back(layer), old_contexts.push_back(other);
  }
}

}  // namespace

int main() {
  context = make_context(KAN_TIER_AUTO, 2);
  contexts();
  large_pages();
  layer_specs();
  vectors_and_losses();
  busy();
  implementations();
  handles();
  CHECK(kan_context_destroy(context) == KAN_OK);
  CHECK(kan_debug_live(0) == 0 && kan_debug_live(1) == 0);
  return check::finish("abi_garbage");
}
