// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Every kind of layer, for tests that go through all of them or pick some by name.
#pragma once

#include "tests/model.hpp"

// What all_cases() gathers.
struct CaseList {
  const int32_t dtype;
  std::vector<Case> cases;
  int turn = 0;  // of flags and base branches
  // clang-format off
    static constexpr int32_t kSplineFlags[] = {0, KAN_FLAG_SCALE, KAN_FLAG_MASK, KAN_FLAG_SCALE | KAN_FLAG_MASK,
                                        KAN_FLAG_BIAS, KAN_FLAG_SCALE | KAN_FLAG_MASK | KAN_FLAG_BIAS};
  // clang-format on

  void add(const std::string& name, const kan_layer_spec& s, Knots knots = kUniform) {
    cases.push_back({s, name, knots});
  }

  kan_layer_spec kan(int32_t basis, int32_t grid, int32_t order, int32_t base, int32_t flags) const {
    kan_layer_spec s = layer_spec(KAN_LAYER_KAN, dtype, 0, 0);
    s.basis = basis, s.grid = grid, s.order = order, s.base = base, s.flags = flags;
    return s;
  }

  void splines() {
    // B-splines: order x grid x outside x knots, the flags and the base branch taking turns.
    constexpr int32_t kBases[] = {KAN_ACTIVATION_SILU, KAN_ACTIVATION_NONE, KAN_ACTIVATION_IDENTITY,
                                  KAN_ACTIVATION_GELU};
    for (int32_t order = 1; order <= 5; ++order) {
      for (int32_t grid : {5, 1, 2, 20}) {
        for (int32_t outside : {KAN_OUTSIDE_ZERO, KAN_OUTSIDE_CLAMP, KAN_OUTSIDE_LINEAR}) {
          for (Knots knots : {kUniform, kUneven, kRepeated}) {
            if (knots == kRepeated && grid < 5) continue;
            kan_layer_spec s = kan(KAN_BASIS_BSPLINE, grid, order, kBases[turn % 4], kSplineFlags[turn % 6]);
            turn += 1 + (turn % 12 == 11);  // so that the two do not stay in step
            s.outside = outside;
            add("bspline order " + std::to_string(order) + " grid " + std::to_string(grid) + " outside " +
                    std::to_string(outside) + " knots " + std::to_string(knots),
                s, knots);
          }
        }
      }
    }
  }

  void each_flag(const std::string& name, int32_t basis, int32_t grid, int32_t order, int32_t extra,
                 Knots knots = kUniform) {
    for (int32_t flags : {0, int32_t(KAN_FLAG_BIAS), int32_t(KAN_FLAG_NORM | KAN_FLAG_BIAS),
                          int32_t(KAN_FLAG_NORM | KAN_FLAG_BASE_NORM), extra, extra | KAN_FLAG_NORM | KAN_FLAG_BIAS}) {
      for (int32_t base : {KAN_ACTIVATION_NONE, KAN_ACTIVATION_SILU}) {
        if ((flags & KAN_FLAG_BASE_NORM) && base == KAN_ACTIVATION_NONE) continue;
        kan_layer_spec s = kan(basis, grid, order, base, flags);
        if (basis == KAN_BASIS_JACOBI) s.shape[0] = 0.5, s.shape[1] = -0.25;
        add(name + " grid " + std::to_string(grid) + " base " + std::to_string(base) + " flags " +
                std::to_string(flags),
            s, knots);
      }
    }
  }

  void bases() {
    // Bases that want sizes or knots of their own; the others have those of build() below.
    std::map<int32_t, std::function<void(const std::string&, int32_t)>> builders;
    for (int32_t id : {KAN_BASIS_RBF, KAN_BASIS_RSWAF, KAN_BASIS_SINE}) {
      builders[id] = [&](const std::string& name, int32_t b) {
        each_flag(name, b, 8, 0, KAN_FLAG_TRAIN_BASIS);
        each_flag(name, b, 3, 0, KAN_FLAG_TRAIN_BASIS);
      };
    }
    builders[KAN_BASIS_RELU] = [&](const std::string& name, int32_t b) {
      each_flag(name, b, 5, 3, KAN_FLAG_TRAIN_BASIS);
    };
    builders[KAN_BASIS_RATIONAL] = [&](const std::string& name, int32_t b) {
      each_flag(name, b, 1, 0, KAN_FLAG_TRAIN_BASIS);
    };
    builders[KAN_BASIS_BSRBF] = [&](const std::string& name, int32_t b) {
      each_flag(name, b, 5, 3, KAN_FLAG_TRAIN_BASIS);
      each_flag(name, b, 4, 2, KAN_FLAG_TRAIN_BASIS, kUneven);
    };
    builders[KAN_BASIS_WAVELET] = [&](const std::string& name, int32_t b) {
      for (int32_t wavelet = KAN_WAVELET_HAT; wavelet <= KAN_WAVELET_SHANNON; ++wavelet) {
        for (int32_t flags : {0, int32_t(KAN_FLAG_BIAS)}) {
          kan_layer_spec s = kan(b, 0, 0, 0, flags);
          s.wavelet = wavelet;
          add(name + " " + std::to_string(wavelet) + " flags " + std::to_string(flags), s);
        }
      }
    };
    builders[KAN_BASIS_BSPLINE] = [](const std::string&, int32_t) {};  // above
    const auto build = [&](const char* name, int32_t id) {
      if (builders.count(id)) return builders[id](name, id);
      // Two sizes with every flag that it takes.
      kan_layer_spec s = kan(id, 4, 0, 0, KAN_FLAG_TRAIN_BASIS);
      s.in_features = s.out_features = 4;
      kan_context reference = make_context(KAN_TIER_REFERENCE, 1);
      kan_layer layer;
      const bool trainable = kan_layer_create(reference, &s, &layer) == KAN_OK && kan_layer_destroy(layer) == KAN_OK;
      kan_context_destroy(reference);
      for (int32_t grid : {4, 9}) each_flag(name, id, grid, 0, trainable ? KAN_FLAG_TRAIN_BASIS : 0);
    };
#define KAN_GLOBAL_BASIS(name, constant, policy) build(#name, constant);
#define KAN_OTHER_BASIS(name, constant) build(#name, constant);
#include "registry/basis.inc"
  }

  void other_layers() {
    for (int32_t flags : {0, int32_t(KAN_FLAG_BIAS)}) {
      kan_layer_spec s = layer_spec(KAN_LAYER_LINEAR, dtype, 0, 0);
      s.flags = flags;
      add("linear flags " + std::to_string(flags), s);
    }
    add("layernorm", layer_spec(KAN_LAYER_LAYERNORM, dtype, 0, 0));
    for (int32_t flags : {0, int32_t(KAN_FLAG_RUNNING_STATS)}) {
      kan_layer_spec s = layer_spec(KAN_LAYER_BATCHNORM, dtype, 0, 0);
      s.flags = flags;
      add("batchnorm flags " + std::to_string(flags), s);
    }
    add("affine", layer_spec(KAN_LAYER_AFFINE, dtype, 0, 0));
    for (int32_t a = KAN_ACTIVATION_IDENTITY; a <= KAN_ACTIVATION_SIGMOID; ++a) {
      kan_layer_spec s = layer_spec(KAN_LAYER_ACTIVATION, dtype, 0, 0);
      s.activation = a;
      add("activation " + std::to_string(a), s);
    }
    for (int32_t arity : {2, 3}) {
      kan_layer_spec s = layer_spec(KAN_LAYER_MULTIPLY, dtype, 0, 0);
      s.order = arity;
      add("multiply " + std::to_string(arity), s);
    }
  }

  void odd_grids() {
    // Grids that are almost even, and some far from 0, where an evenly spaced one is rounded.
    for (int32_t order : {1, 3}) {
      for (int32_t outside : {KAN_OUTSIDE_ZERO, KAN_OUTSIDE_CLAMP, KAN_OUTSIDE_LINEAR}) {
        for (double centre : {0.0, 40.0, -1000.0}) {
          for (Knots knots : {kUniform, kNearlyEven}) {
            if (centre == 0 && knots == kUniform) continue;
            kan_layer_spec s = kan(KAN_BASIS_BSPLINE, 5, order, KAN_ACTIVATION_NONE, kSplineFlags[turn++ % 6]);
            s.outside = outside;
            add("bspline order " + std::to_string(order) + " outside " + std::to_string(outside) + " knots " +
                    std::to_string(knots) + " about " + std::to_string(int(centre)),
                s, knots);
            cases.back().centre = centre;
          }
        }
      }
    }
  }
};

// Every kind of layer and basis with every flag it takes, from the registry; sizes are the caller's.
inline std::vector<Case> all_cases(int32_t dtype) {
  CaseList list{dtype, {}};
  list.splines();
  list.bases();
  list.other_layers();
  list.odd_grids();
  return std::move(list.cases);
}

// Of all cases those whose names begin so. A beginning that no case has stops the test: it would check nothing.
inline std::vector<Case> cases_named(int32_t dtype, std::initializer_list<const char*> beginnings) {
  const std::vector<Case> all = all_cases(dtype);
  std::vector<Case> named;
  for (const char* beginning : beginnings) {
    const size_t before = named.size();
    for (const Case& c : all)
      if (c.name.rfind(beginning, 0) == 0) named.push_back(c);
    if (named.size() > before) continue;
    std::printf("no case has a name that begins with '%s'\n", beginning);
    std::exit(1);
  }
  return named;
}
