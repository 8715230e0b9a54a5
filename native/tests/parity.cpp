// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The kernels of some tiers, or of a CUDA device, against the double-precision reference, for every kind of layer, basis,
// flag and dtype, at awkward sizes, between guard pages. Usage: parity TIER[,TIER] f32|f64 [quick] or, where an implementation of
// docs/cuda.md may be forced, parity cuda f32 all|quick|small [IMPLEMENTATION|chosen [NAMES]], of the cases whose name begins so
#include <algorithm>
#include <iterator>
#include <sstream>

#include "tests/cases.hpp"
#include "tests/parity.hpp"

namespace {

constexpr int32_t kBases[] = {
#define KAN_GLOBAL_BASIS(name, constant, policy) constant,
#define KAN_OTHER_BASIS(name, constant) constant,
#include "registry/basis.inc"
};

Case random_case(Random& random, int32_t dtype) {
  kan_layer_spec s = layer_spec(int32_t(random.below(4) ? KAN_LAYER_KAN : 1 + random.below(7)), dtype, 0, 0);
  const bool kan = s.kind == KAN_LAYER_KAN;
  if (kan)
    s.basis = random.below(3) ? kBases[random.below(std::size(kBases))] : KAN_BASIS_BSPLINE,
    s.base = int32_t(random.below(7));
  const bool polynomial = s.basis == KAN_BASIS_CHEBYSHEV || s.basis == KAN_BASIS_JACOBI;
  s.grid = int32_t(1 + random.below(polynomial ? 12 : random.below(2) ? 8 : 40));
  s.order = int32_t(1 + random.below(5));
  s.outside = int32_t(random.below(3)), s.activation = int32_t(1 + random.below(6)),
  s.wavelet = int32_t(random.below(5));
  s.flags = int32_t(random.bits() & random.bits() & 127);
  if (s.basis == KAN_BASIS_WAVELET) s.base = 0, s.flags &= KAN_FLAG_BIAS;
  if (s.basis == KAN_BASIS_BSPLINE) s.flags &= KAN_FLAG_SCALE | KAN_FLAG_MASK | KAN_FLAG_BIAS;
  else if (kan) s.flags &= ~(KAN_FLAG_SCALE | KAN_FLAG_MASK | KAN_FLAG_RUNNING_STATS);
  else
    s.flags &= s.kind == KAN_LAYER_LINEAR ? KAN_FLAG_BIAS : s.kind == KAN_LAYER_BATCHNORM ? KAN_FLAG_RUNNING_STATS : 0;
  if (polynomial) s.shape[0] = random.uniform(-0.9, 2), s.shape[1] = random.uniform(-0.9, 2);
  return {s,
          "random kind " + std::to_string(s.kind) + " basis " + std::to_string(s.basis) + " grid " +
              std::to_string(s.grid) + " order " + std::to_string(s.order) + " base " + std::to_string(s.base) +
              " outside " + std::to_string(s.outside) + " flags " + std::to_string(s.flags),
          Knots(random.below(s.grid >= 5 ? 3 : 2))};
}

struct Size {
  int64_t in, out, batch;
};
// Around every vector length (4, 8, 16), the output tile (64) and likely batch blocks.
constexpr Size kSizes[] = {{1, 1, 1},    {3, 5, 2},   {7, 64, 17},  {5, 65, 33}, {13, 130, 3},
                           {33, 17, 16}, {2, 63, 64}, {17, 1, 100}, {4, 16, 31}, {6, 31, 65},
                           {9, 8, 7},    {40, 3, 5},  {1, 72, 15},  {12, 33, 1}, {8, 4, 130}};

// What one program compares: all cases whose names begin as wanted; a part of it all, if quick.
struct Plan {
  Parity& parity;
  const int32_t dtype;
  const bool quick, cuda;
  const std::string implementation, names_wanted;
  uint64_t seed = 1;

  bool wanted(const Case& c) const { return c.name.rfind(names_wanted, 0) == 0; }

  // One layer of each family of kernels.
  std::vector<Case> families() const {
    std::vector<Case> families;
    for (const Case& c :
         cases_named(dtype, {"bspline order 3 grid 5 outside 0 knots 0", "bspline order 3 grid 20 outside 0 knots 0",
                             "bspline order 2 grid 5 outside 1 knots 1", "rbf grid 8 base 2 flags 44",
                             "wavelet 0 flags 4", "linear flags 4", "layernorm", "batchnorm", "activation 2"})) {
      if (wanted(c)) families.push_back(c);
    }
    return families;
  }

  void every_case() {
    size_t next = 0;
    const size_t count = sizeof kSizes / sizeof kSizes[0];
    size_t picked = 0;
    for (const Case& c : all_cases(dtype)) {
      if (!wanted(c)) continue;
      ++picked;
      for (int repeat = 0; repeat < (quick ? int(next % 3 == 0) : 2); ++repeat) {
        const Size s = kSizes[next % count];
        parity.check_case(c, s.in, s.out, s.batch, seed++);
        next += !quick;
      }
      next += quick;
    }
    CHECK_TEXT(picked > 0, "no case has a name that begins with '" + names_wanted + "'");
  }

  // Every tail.
  void every_width() {
    for (const Case& c : families()) {
      for (int64_t width = 1; width <= 35; width += quick ? 6 : 1) {
        parity.check_case(c, 3 + width % 5, width, 1 + (width * 7) % 35, seed++);
        parity.check_case(c, width, 5 + width % 4, 35 - width + 1, seed++);
      }
    }
  }

  // Layers as chance makes them: any grid, order, flags, size and batch.
  void random_layers() {
    Random random(20240417);
    int made = 0;
    for (int i = 0; names_wanted.empty() && i < (quick ? 60 : 400); ++i) {
      Case c = random_case(random, dtype);
      const int64_t in = 1 + random.below(random.below(3) ? 12 : 90),
                    out = 1 + random.below(random.below(3) ? 20 : 150);
      c = sized(c, in, out);
      if (!parity.valid(c)) continue;
      ++made;
      parity.check_case(c, in, out, 1 + random.below(random.below(4) ? 40 : 260), seed++);
    }
    CHECK(made >= (quick ? 20 : 150) || !names_wanted.empty());
  }

  // Layers and batches larger than any block, on as many threads as a context may have, too.
  void large_layers() {
    for (const Case& c : families()) {
      if (cuda && quick && c.spec.basis == KAN_BASIS_BSPLINE && c.spec.grid == 20)
        parity.check_case(c, 2, 70, 1300, seed++);  // several chunks, pieces and bands of taps
      if (quick) break;
      parity.check_case(c, 70, 200, 150, seed++);
      parity.check_case(c, 150, 20, 515, seed++);
      parity.check_case(c, 60, 4, 60, seed++);  // of few outputs: fewer columns than workers
      // Sums that pieces cut: over samples where inputs are few, over inputs where samples are few, of few outputs too.
      parity.check_case(c, 2, 70, 1300, seed++);
      parity.check_case(c, 3, 2, 1100, seed++);
      parity.check_case(c, 1100, 9, 40, seed++);
      parity.check_case(c, 600, 3, 70, seed++);
    }
    for (const Case& c : all_cases(dtype)) {  // each order with and without scale and mask
      if (!cuda || !wanted(c) || c.spec.basis != KAN_BASIS_BSPLINE || c.spec.grid != 20 || c.spec.outside != 1)
        continue;
      if (implementation == "bspline_taps") parity.check_case(c, 17, 70, 40, seed++);  // bands that one block takes
      else parity.check_case(c, 3, 5, 140, seed++);  // under emulation more samples than are folded in shared memory
    }
    for (const Case& c : families()) parity.check_empty(c);
  }

  // More windows of a spline than kernels hold at once.
  void many_windows() {
    for (const char* name : {"bspline order 1 grid 20 outside 0 knots 0", "bspline order 2 grid 20 outside 1 knots 1",
                             "bspline order 3 grid 20 outside 0 knots 0", "bspline order 4 grid 20 outside 2 knots 0",
                             "bspline order 5 grid 20 outside 1 knots 1"}) {
      for (Case c : cases_named(dtype, {name})) {
        if (cuda || !wanted(c)) continue;
        c.spec.grid = 100;
        parity.check_case(c, 2, 70, 120, seed++);  // by one block of samples, and by several
        parity.check_case(c, 2, 37, 600, seed++);
      }
    }
  }

  // Gradients too large for caches.
  void streamed() {
    for (const Case& c :
         cases_named(dtype, {"bspline order 3 grid 5 outside 0 knots 0", "bspline order 3 grid 20 outside 0 knots 0",
                             "rbf grid 8 base 2 flags 44", "linear flags 4"})) {
      if (!quick && !cuda && wanted(c)) parity.check_streamed(c, seed++);
    }
  }
};

const char* const kTiers[] = {"auto", "reference", "baseline", "avx2", "avx512"};

// The tiers named by `list`, between commas, that this processor and build have; the others are said. False: no such name.
bool parse_tiers(const std::string& list, std::vector<int32_t>& tiers) {
  std::stringstream names(list);
  for (std::string name; std::getline(names, name, ',');) {
    const auto* const end = std::end(kTiers);
    const auto* const found = std::find(std::begin(kTiers) + 1, end, name);
    if (found == end) return false;
    const auto tier = int32_t(found - std::begin(kTiers));
    if (tier <= highest_tier()) tiers.push_back(tier);
    else std::printf("parity: NOT RUN for %s: this processor or build has no such tier\n", name.c_str());
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const bool cuda = argc >= 3 && std::string(argv[1]) == "cuda";
  std::vector<int32_t> tiers;
  if (argc < 3 || (!cuda && !parse_tiers(argv[1], tiers))) {
    std::printf(
        "usage: parity reference|baseline|avx2|avx512[,…] f32|f64 [quick], or parity cuda f32 all|quick|small "
        "[IMPLEMENTATION|chosen [NAMES]]\n");
    return 2;
  }
  if (!cuda && tiers.empty()) return 77;
  const int32_t dtype = std::string(argv[2]) == "f64" ? KAN_F64 : KAN_F32;
  const std::string part = argc > 3 ? argv[3] : "";
  const bool small = part == "small";           // for emulated devices: every case once, no large sizes
  const bool quick = part == "quick" || small;  // a part of it all, for builds with a sanitizer
  std::vector<Kernels> tested;
  if (cuda) {
    const char* implementation = argc > 4 && std::string(argv[4]) != "chosen" ? argv[4] : "";
    kan_context kernel = make_cuda_context(implementation);
    if (!kernel) return 77;
    tested.push_back({"cuda", kernel, {make_cuda_context(implementation)}});
  }
  for (int32_t tier : tiers) {
    tested.push_back({kTiers[tier], make_context(tier, 1), {}});
    for (int32_t threads : {2, 3, 5}) tested.back().threaded.push_back(make_context(tier, threads));
  }
  Parity parity(dtype, tested);
  Plan plan{parity, dtype, quick, cuda, argc > 4 ? argv[4] : "", argc > 5 ? argv[5] : ""};
  plan.every_case();
  plan.every_width();
  plan.random_layers();
  if (!cuda) parity.also_on_most_threads();
  plan.large_layers();
  plan.many_windows();
  plan.streamed();
  parity.finish();
  return check::finish("parity");
}
