// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Kernels through the C ABI, without a JVM around them.
//
//   driver cases   the names of all cases, one a line, in the order in which they are measured
//   driver count   runs every case once inside kan_bench_measured, for bench/instructions (callgrind, AVX2 tier)
//   driver calls   what calls of the C ABI cost from C, in ns: beside org.kan4j.bench.FfmBenchmark
//   driver paths   what the paths beside the default models cost, beside what they may cost: bench/paths
//   driver shares  what each of many threads has to do: bench/shares; without callgrind the times of one thread
//
// Built by bench/instructions, bench/paths and bench/shares; by hand: c++ -std=c++20 -O2 -I native/include bench/native/driver.cpp -L build -lkan4j

#include <chrono>

#include "paths.hpp"
#include "shares.hpp"

namespace {

constexpr int kScaled = KAN_FLAG_SCALE;
constexpr int kFast = KAN_FLAG_BIAS | KAN_FLAG_NORM;
const Case kCases[] = {
    {"bspline", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_BSPLINE, KAN_ACTIVATION_SILU, 5, 3, kScaled},
    {"bspline_f64", KAN_LAYER_KAN, KAN_F64, KAN_BASIS_BSPLINE, KAN_ACTIVATION_SILU, 5, 3, kScaled},
    {"bspline_grid50", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_BSPLINE, KAN_ACTIVATION_SILU, 50, 3, kScaled},
    {"bspline_order1", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_BSPLINE, KAN_ACTIVATION_SILU, 5, 1, 0},
    {"rbf", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_RBF, KAN_ACTIVATION_SILU, 8, 0, kFast},
    {"rswaf", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_RSWAF, KAN_ACTIVATION_NONE, 8, 0, KAN_FLAG_NORM},
    {"fourier", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_FOURIER, KAN_ACTIVATION_NONE, 5, 0, KAN_FLAG_BIAS},
    {"chebyshev", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_CHEBYSHEV, KAN_ACTIVATION_NONE, 9, 0, 0},
    {"chebyshev_f64", KAN_LAYER_KAN, KAN_F64, KAN_BASIS_CHEBYSHEV, KAN_ACTIVATION_NONE, 9, 0, 0},
    {"jacobi", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_JACOBI, KAN_ACTIVATION_NONE, 9, 0, 0},
    {"sine", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_SINE, KAN_ACTIVATION_NONE, 8, 0, KAN_FLAG_BIAS | KAN_FLAG_TRAIN_BASIS},
    {"wavelet", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_WAVELET, KAN_ACTIVATION_NONE, 0, 0, 0},
    {"relu", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_RELU, KAN_ACTIVATION_NONE, 5, 3, KAN_FLAG_BIAS},
    {"rational", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_RATIONAL, KAN_ACTIVATION_NONE, 8, 0,
     KAN_FLAG_BIAS | KAN_FLAG_TRAIN_BASIS},
    {"bsrbf", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_BSRBF, KAN_ACTIVATION_SILU, 5, 3, KAN_FLAG_NORM | KAN_FLAG_BASE_NORM},
    {"linear", KAN_LAYER_LINEAR, KAN_F32, KAN_BASIS_NONE, KAN_ACTIVATION_NONE, 0, 0, KAN_FLAG_BIAS},
};
const char* const kOperations[] = {"forward", "backward", "step"};
constexpr long long kFeatures = 64;
constexpr long long kBatch = 64;
constexpr long long kNarrow = 64, kFew = 256;  // of whole networks: callgrind takes fifty times as long

}  // namespace

// What callgrind counts; a name it can find.
extern "C" __attribute__((noinline, visibility("default"))) void kan_bench_measured(const Work* work) { work->run(); }

namespace {

void count() {
  kan_context context = open(KAN_TIER_AVX2);
  for (const Case& c : kCases) {
    Layer layer(context, c, kFeatures, kFeatures, kBatch);
    for (int operation = 0; operation < 3; ++operation) {
      const Work work{c.name, [&] { check(layer.run(operation), c.name, context); }};
      if (operation == 0) work.run();  // what happens only the first time; the other passes read what forward saved
      kan_bench_measured(&work);
    }
  }
  for (const Work& work : Paths(context, kNarrow, kFew).works()) { kan_bench_measured(&work); }
  kan_context_destroy(context);
}

template <class F>
double nanoseconds(F&& call) {
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    constexpr int kCalls = 1000000;
    for (int i = 0; i < kCalls; ++i) call();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    best = took.count() / kCalls < best ? took.count() / kCalls : best;
  }
  return best;
}

void calls() {
  kan_context context = open(KAN_TIER_AUTO);
  float one = 1.5f;
  std::printf("empty    %6.1f ns  kan_abi_version()\n", nanoseconds([] { return kan_abi_version(); }));
  std::printf("segment  %6.1f ns  kan_vector_scale of one number\n",
              nanoseconds([&] { return kan_vector_scale(context, KAN_F32, 1, -1, &one); }));
  std::printf("refused  %6.1f ns  kan_vector_scale of an unknown type\n",
              nanoseconds([&] { return kan_vector_scale(context, -1, 1, -1, &one); }));
  if (one != 1.5f && one != -1.5f) fail("the calls did not flip a sign", context);
  kan_context_destroy(context);
}

// The names of what count() measures.
void cases() {
  for (const Case& c : kCases)
    for (const char* operation : kOperations) std::printf("%s/%s\n", c.name, operation);
  kan_context context = open(KAN_TIER_AUTO);
  for (const Work& work : Paths(context, kNarrow, kFew).works()) std::printf("%s\n", work.name.c_str());
  kan_context_destroy(context);
}

void paths(const char* only) {
  kan_context context = open(KAN_TIER_AUTO);
  print_paths(context, only);
  kan_context_destroy(context);
}

}  // namespace

int main(int argc, char** argv) {
  const bool named = argc == 3 && std::strcmp(argv[1], "paths") == 0;
  const bool threaded = argc == 5 && std::strcmp(argv[1], "shares") == 0;
  const std::string mode = argc == 2 || named || threaded ? argv[1] : "";
  if (mode == "count") {
    count();
  } else if (mode == "calls") {
    calls();
  } else if (mode == "paths") {
    paths(argc == 3 ? argv[2] : "");
  } else if (mode == "shares" && threaded) {
    shares(argv[2], argv[3], std::atoi(argv[4]));
  } else if (mode == "cases") {
    cases();
  } else {
    std::fprintf(stderr, "usage: driver cases | count | calls | paths [NAME] | shares NAME PASS THREADS\n");
    return 2;
  }
  return 0;
}
