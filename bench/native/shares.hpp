// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// What each of many threads has to do of a pass, in instructions: how a pass is cut, without what the machine adds. For
// bench/shares, which runs it under callgrind.
#pragma once
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif

#include "layer.hpp"

namespace {

struct Shape {
  Case c;
  long long in, out, batch;
};

// The layers of ./kan4j bench scaling --bound that run in seconds under callgrind.
inline const std::vector<Shape>& shapes() {
  constexpr int32_t kSilu = KAN_ACTIVATION_SILU, kNone = KAN_ACTIVATION_NONE, kFast = KAN_FLAG_BIAS | KAN_FLAG_NORM;
  const auto spline = [](const char* name) {
    return Case{name, KAN_LAYER_KAN, KAN_F32, KAN_BASIS_BSPLINE, kSilu, 5, 3, KAN_FLAG_SCALE};
  };
  const auto rbf = [](const char* name) {
    return Case{name, KAN_LAYER_KAN, KAN_F32, KAN_BASIS_RBF, kSilu, 8, 0, kFast};
  };
  const auto linear = [](const char* name) {
    return Case{name, KAN_LAYER_LINEAR, KAN_F32, KAN_BASIS_NONE, kNone, 0, 0, KAN_FLAG_BIAS};
  };
  static const std::vector<Shape> all = {
      {spline("bspline"), 784, 64, 64},
      {spline("bspline"), 1000, 1000, 100},
      {spline("bspline"), 2, 64, 32768},
      {spline("bspline"), 64, 10, 4096},
      {rbf("rbf"), 784, 64, 64},
      {rbf("rbf"), 64, 10, 4096},
      {linear("linear"), 1000, 1000, 100},
      {linear("linear"), 64, 64, 8192},
      {{"wavelet", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_WAVELET, kNone, 0, 0, 0}, 64, 64, 1024},
      {{"layernorm", KAN_LAYER_LAYERNORM, KAN_F32, KAN_BASIS_NONE, kNone, 0, 0, 0}, 1024, 1024, 2048},
  };
  return all;
}

#ifdef CALLGRIND_ZERO_STATS
// Each pass of the layers whose names begin so, counted once with so many threads: a dump a pass, a file a thread.
inline void shares(const char* only, int32_t threads) {
  kan_context context = open(KAN_TIER_AVX2, threads);
  for (const Shape& shape : shapes()) {
    if (std::strncmp(shape.c.name, only, std::strlen(only)) != 0) continue;
    Layer layer(context, shape.c, shape.in, shape.out, shape.batch);
    for (int pass = 0; pass < 2; ++pass) {
      check(layer.forward(), shape.c.name, context);
      if (pass == 1) check(layer.backward(), shape.c.name, context);
      CALLGRIND_ZERO_STATS;
      check(layer.run(pass), shape.c.name, context);
      const std::string name = std::string(shape.c.name) + " " + std::to_string(shape.in) + " -> " +
                               std::to_string(shape.out) + "," + std::to_string(shape.batch) + "," +
                               (pass == 0 ? "forward" : "backward");
      CALLGRIND_DUMP_STATS_AT(name.c_str());
      std::printf("%s\n", name.c_str());
    }
  }
  kan_context_destroy(context);
}
#else
inline void shares(const char*, int32_t) {
  std::fprintf(stderr, "driver: built without valgrind/callgrind.h, which comes with valgrind\n");
  std::exit(2);
}
#endif

}  // namespace
