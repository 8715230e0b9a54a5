// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// What each of many threads has to do of a pass, in instructions: how a pass is cut, without what the machine adds. For
// bench/shares, which runs it under callgrind, and once without for times.
#pragma once
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define KAN_BENCH_COUNTS 1
#else
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#define RUNNING_ON_VALGRIND 0
#define KAN_BENCH_COUNTS 0
#endif

#include "paths.hpp"

namespace {

struct Shape {
  Case c;
  long long in, out, batch;
};

// The layers of ./kan4j bench scaling --bound, and others: a case of every way in which passes are cut.
inline const std::vector<Shape>& shapes() {
  constexpr int32_t kSilu = KAN_ACTIVATION_SILU, kNone = KAN_ACTIVATION_NONE,
                    kTrained = KAN_FLAG_BIAS | KAN_FLAG_TRAIN_BASIS;
  const auto kan = [](const char* name, int32_t basis, int32_t base, int32_t grid, int32_t order, int32_t flags) {
    return Case{name, KAN_LAYER_KAN, KAN_F32, basis, base, grid, order, flags};
  };
  const auto alone = [](const char* name, int32_t kind, int32_t flags = 0) {
    return Case{name, kind, KAN_F32, KAN_BASIS_NONE, KAN_ACTIVATION_NONE, 0, 2, flags, KAN_ACTIVATION_GELU};
  };
  const Case spline = kan("bspline G5", KAN_BASIS_BSPLINE, kSilu, 5, 3, KAN_FLAG_SCALE),
             rbf = kan("rbf G8", KAN_BASIS_RBF, kSilu, 8, 0, KAN_FLAG_BIAS | KAN_FLAG_NORM),
             wavelet = kan("wavelet", KAN_BASIS_WAVELET, kNone, 0, 0, KAN_FLAG_BIAS),
             linear = alone("linear", KAN_LAYER_LINEAR, KAN_FLAG_BIAS);
  Case fine = rbf;
  fine.name = "rbf G200";
  fine.grid = 200;
  static const std::vector<Shape> all = {
      {spline, 784, 64, 16},
      {spline, 784, 64, 64},
      {spline, 1000, 1000, 100},
      {spline, 1000, 1, 100},
      {spline, 2, 64, 8192},
      {spline, 64, 10, 4096},
      {rbf, 784, 64, 64},
      {rbf, 1000, 1000, 100},
      {rbf, 1000, 1, 100},
      {rbf, 64, 10, 1024},
      {fine, 64, 64, 1024},
      {kan("chebyshev", KAN_BASIS_CHEBYSHEV, kNone, 9, 0, 0), 64, 64, 1024},
      {kan("sine", KAN_BASIS_SINE, kNone, 8, 0, kTrained), 64, 64, 1024},
      {kan("rational", KAN_BASIS_RATIONAL, kNone, 8, 0, kTrained), 64, 64, 1024},
      {linear, 1000, 1000, 100},
      {linear, 1000, 1, 100},
      {linear, 64, 64, 8192},
      {wavelet, 784, 64, 64},
      {wavelet, 64, 64, 1024},
      {alone("layernorm", KAN_LAYER_LAYERNORM), 1024, 1024, 2048},
      {alone("batchnorm", KAN_LAYER_BATCHNORM), 1024, 1024, 2048},
      {alone("affine", KAN_LAYER_AFFINE), 1024, 1024, 2048},
      {alone("gelu", KAN_LAYER_ACTIVATION), 1024, 1024, 2048},
      {alone("multiply", KAN_LAYER_MULTIPLY), 1024, 512, 2048},
  };
  return all;
}

// The pass that is counted; NULL: all are, by the clock.
inline const char* counted_pass = nullptr;

// Counts a run, or takes the least of a few times of it, and prints a line. The baseline tier: callgrind emulates fused multiply-adds,
// twenty times as slowly.
inline void share(const std::string& name, long long batch, const char* pass, const std::function<void()>& run) {
  if (counted_pass && std::strcmp(pass, counted_pass) != 0) return;
  const Work work{name, run};
  double least = 0;
  if (counted_pass) {
    CALLGRIND_START_INSTRUMENTATION;
    run();
    CALLGRIND_STOP_INSTRUMENTATION;
  } else {
    seconds(work);
    for (int round = 0; round < 5; ++round) least = round == 0 ? seconds(work) : std::min(least, seconds(work));
  }
  std::printf("%s|%lld|%s|%.3f\n", name.c_str(), batch, pass, 1e3 * least);
  std::fflush(stdout);
}

// Whether NAME|ROWS| begins so.
inline bool begins(const std::string& name, long long rows, const std::string& only) {
  return (name + "|" + std::to_string(rows) + "|").compare(0, only.size(), only) == 0;
}

// The passes of the layers whose names begin so; the last updates the weights with the gradients that it makes.
inline void layer_shares(kan_context context, const std::string& only) {
  for (const Shape& s : shapes()) {
    const std::string name = std::string(s.c.name) + " " + std::to_string(s.in) + " → " + std::to_string(s.out);
    if (!begins(name, s.batch, only)) continue;
    Layer layer(context, s.c, s.in, s.out, s.batch);
    const auto pass = [&](const char* pass, auto run) {
      share(name, s.batch, pass, [&] { check(run(), s.c.name, context); });
    };
    pass("forward", [&] { return layer.forward(); });
    if (counted_pass) check(layer.forward(), s.c.name, context);  // what the others read
    pass("backward", [&] { return layer.backward(); });
    if (s.in > 64 && s.out < 1000 && layer.sizes.params > 0)
      pass("update", [&] { return layer.step(KAN_GRAD_OVERWRITE); });
  }
}

// The statistics of edges and their gradients.
inline void edge_shares(kan_context context, const std::string& only) {
  for (const Shape& s : shapes()) {
    const std::string name =
        std::string("edges of ") + s.c.name + " " + std::to_string(s.in) + " → " + std::to_string(s.out);
    if (s.c.kind != KAN_LAYER_KAN || s.in != 64 || s.c.grid == 200 || !begins(name, s.batch, only)) continue;
    Layer l(context, s.c, s.in, s.out, s.batch);
    std::vector<double> size(s.in * s.out), mean(size), deviation(size);
    share(name, s.batch, "statistics", [&] {
      check(kan_layer_edge_statistics(context, l.layer, s.batch, l.x->data, l.params->data, l.buffers->data,
                                      size.data(), mean.data(), deviation.data(), l.scratch->data),
            s.c.name, context);
    });
    share(name, s.batch, "gradients", [&] {
      check(kan_layer_edge_backward(context, l.layer, s.batch, l.x->data, l.params->data, l.buffers->data, size.data(),
                                    mean.data(), nullptr, KAN_GRAD_OVERWRITE, l.d_x->data, KAN_GRAD_OVERWRITE,
                                    l.grads->data, l.scratch->data),
            s.c.name, context);
    });
  }
}

// Losses and optimizers, of a million numbers.
inline void flat_shares(kan_context context, const std::string& only) {
  constexpr long long kNumbers = 1000000, kRows = kNumbers / 10;
  std::unique_ptr<Flat> all;  // made where one is wanted
  const auto pass = [&](const char* name, const char* pass, const std::function<void(Flat&)>& run) {
    if (!begins(name, kNumbers, only)) return;
    if (!all) all = std::make_unique<Flat>(context, kNumbers);
    share(name, kNumbers, pass, [&] { run(*all); });
  };
  std::vector<int32_t> labels(kRows);
  for (long long b = 0; b < kRows; ++b) labels[static_cast<size_t>(b)] = static_cast<int32_t>(b % 10);
  pass("mse", "loss", [&](Flat& f) { f.loss(KAN_LOSS_MSE); });
  pass("mse weighted", "loss", [&](Flat& f) { f.loss(KAN_LOSS_MSE, true); });
  pass("huber", "loss", [&](Flat& f) { f.loss(KAN_LOSS_HUBER); });
  pass("bce", "loss", [&](Flat& f) { f.loss(KAN_LOSS_BCE_LOGITS); });
  pass("cross-entropy", "loss", [&](Flat& f) {
    double value;
    check(kan_loss(context, KAN_LOSS_CROSS_ENTROPY, KAN_F32, kRows, 10, f.p.data, labels.data(), nullptr, 1, f.m.data,
                   &value),
          "cross-entropy", context);
  });
  pass("adamw", "update", [&](Flat& f) { f.adamw(); });
  pass("adamw groups", "update", [&](Flat& f) { f.adamw_groups(); });
  pass("sgd", "update", [&](Flat& f) { f.sgd(); });
  pass("sgd groups", "update", [&](Flat& f) { f.sgd_groups(); });
  double value;
  pass("dot", "sum",
       [&](Flat& f) { check(kan_vector_dot(context, KAN_F32, kNumbers, f.p.data, f.g.data, &value), "dot", context); });
}

// The times of each pass of what begins so. Under callgrind one pass: it writes what all threads have run at the end of a process alone.
inline void shares(const char* only, const char* pass, int32_t threads) {
  if (!KAN_BENCH_COUNTS) {
    std::fprintf(stderr, "driver: built without valgrind/callgrind.h, which comes with valgrind\n");
    std::exit(2);
  }
  if (RUNNING_ON_VALGRIND) counted_pass = pass;
  kan_context context = open(counted_pass ? KAN_TIER_BASELINE : KAN_TIER_AUTO, threads);
  layer_shares(context, only);
  edge_shares(context, only);
  flat_shares(context, only);
  kan_context_destroy(context);
}

}  // namespace
