// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Prepared chains: the bits of the layers one by one, for every batch up to the largest, on every tier, with numbers that are fixed
// too; what they refuse.
#include <array>
#include <memory>

#include "tests/cases.hpp"

namespace {

// Three layers of a case, or of the first width where a layer has one width only.
struct Three {
  std::vector<std::unique_ptr<Model>> models;
  std::vector<kan_layer> layers;
  std::vector<const void*> params;
  std::vector<void*> buffers;

  Three(kan_context context, const Case& c, std::array<int64_t, 4> widths = {5, 9, 6, 3}) {
    if (c.spec.kind != KAN_LAYER_KAN && c.spec.kind != KAN_LAYER_LINEAR) widths.fill(widths[0]);
    for (size_t l = 0; l < 3; ++l) {
      Case of = c;
      of.spec.in_features = widths[l], of.spec.out_features = widths[l + 1];
      models.push_back(std::make_unique<Model>(context, of, uint64_t(l + 1)));
      layers.push_back(models.back()->layer);
      params.push_back(models.back()->params.get());
      buffers.push_back(models.back()->buffers.get());
    }
  }
};

void same_bits(kan_context context, const Case& c) {
  const Three three(context, c);
  constexpr int64_t kMost = 70;
  const int64_t size = size_of(c.spec.dtype), in = 5, out = three.models[2]->spec.out_features;
  long long bytes = 0;
  MUST(context, kan_chain_bytes(context, 3, three.layers.data(), kMost, &bytes));
  const Guarded memory(bytes, 64);
  kan_chain chain;
  MUST(context, kan_chain_create(context, 3, three.layers.data(), three.params.data(), three.buffers.data(), kMost,
                                 memory.get(), bytes, &chain));
  Random random(5);
  for (const int64_t batch : {int64_t(1), int64_t(2), int64_t(7), int64_t(33), kMost}) {
    Vector numbers;
    for (int64_t i = 0; i < batch * in; ++i) numbers.push_back(random.uniform(-1.2, 1.2));
    const Guarded x = guarded(c.spec.dtype, numbers), y(batch * out * size, size);
    MUST(context, kan_chain_forward(chain, batch, x.get(), y.get()));
    const void* from = x.get();
    std::vector<Guarded> kept;
    kept.reserve(3);
    for (const auto& m : three.models) {
      kept.emplace_back(batch * m->spec.out_features * size, size);
      const Guarded scratch(m->query(context, batch, KAN_MODE_INFER).scratch_bytes, 64);
      MUST(context, kan_layer_forward(context, m->layer, KAN_MODE_INFER, batch, from, m->params.get(), m->buffers.get(),
                                      kept.back().get(), nullptr, scratch.get()));
      from = kept.back().get();
    }
    CHECK_TEXT(std::memcmp(from, y.get(), size_t(batch * out * size)) == 0,
               c.name + ", batch " + std::to_string(batch));
  }
  CHECK(kan_chain_destroy(chain) == KAN_OK);
}

// The mean of three networks as one: of the second layer the edges between them are 0, by coefficients or by the mask, of the third
// those of every second run of ten inputs. Zeros that are fixed are left out, and nobody sees it.
struct SideBySide {
  static constexpr int64_t kIn = 24, kWide = 48, kHidden = 350, kOut = 3, kMost = 40;
  kan_context context;
  const Case c;
  const Three three;
  const int64_t size = size_of(c.spec.dtype);
  Guarded memory{0, 64};
  kan_chain chain = nullptr;

  SideBySide(kan_context context, const Case& c)
      : context(context), c(c), three(context, c, {kIn, kWide, kHidden, kOut}) {
    absent(0);
    long long bytes = 0;
    MUST(context, kan_chain_bytes(context, 3, three.layers.data(), kMost, &bytes));
    memory = Guarded(bytes, 64);
    MUST(context, kan_chain_create(context, 3, three.layers.data(), three.params.data(), three.buffers.data(), kMost,
                                   memory.get(), bytes, &chain));
  }
  ~SideBySide() { CHECK(kan_chain_destroy(chain) == KAN_OK); }

  static bool is_absent(int l, int64_t o, int64_t i) {
    return l == 1 ? o * 3 / kHidden != i * 3 / kWide : l == 2 && i / 10 % 2 == 1;
  }
  // Whether an input has no edges to the group of outputs at all.
  static bool is_left_out(int l, int64_t o, int64_t i) {
    const int64_t first = o - o % 16, out = l == 1 ? kHidden : kOut;
    for (o = first; o < std::min(out, first + 16); ++o)
      if (!is_absent(l, o, i)) return false;
    return true;
  }
  // Gives the edges that are not there a value, or those of them that are left out.
  void absent(double value, bool (*which)(int, int64_t, int64_t) = is_absent) {
    for (int l = 1; l < 3; ++l) {
      Model& m = *three.models[size_t(l)];
      const bool masked = m.find("mask") >= 0;
      for (const char* name : {"mask", "coef", "base_weight"}) {
        const int64_t t = m.find(name);
        if (t < 0 || masked != (std::string(name) == "mask")) continue;
        Vector numbers = m.natural[size_t(t)];
        const int64_t in = m.spec.in_features, width = m.tensors[size_t(t)].count / (in * m.spec.out_features);
        for (int64_t j = 0; j < int64_t(numbers.size()); ++j)
          if (which(l, j / (in * width), j / width % in)) numbers[size_t(j)] = value;
        m.set(context, t, numbers);
      }
    }
  }
  Vector forward(int32_t fixed, int64_t batch, const Vector& numbers) const {
    MUST(context, kan_chain_fix(chain, fixed));
    return forward(batch, numbers);
  }
  Vector forward(int64_t batch, const Vector& numbers) const {
    const Guarded x = guarded(c.spec.dtype, numbers), y(batch * kOut * size, size);
    MUST(context, kan_chain_forward(chain, batch, x.get(), y.get()));
    return load(c.spec.dtype, y.get(), batch * kOut);
  }
};

// The same numbers, a zero's sign aside; NaN in the same places.
bool alike(const Vector& a, const Vector& b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (!(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])))) return false;
  return a.size() == b.size();
}

void zeros_left_out(kan_context context, const Case& c, bool leaves_out) {
  SideBySide side(context, c);
  Random random(7);
  for (const int64_t batch : {int64_t(1), int64_t(5), int64_t(17), SideBySide::kMost}) {
    const Model& first = *side.three.models[0];
    const Vector& knots = first.natural[size_t(first.find("knots"))];
    Vector x;  // anywhere, at knots, and 0: of these some values of the basis are 0
    for (int64_t j = 0; j < batch * SideBySide::kIn; ++j) {
      const int64_t each = int64_t(knots.size()) / SideBySide::kIn, i = j % SideBySide::kIn;
      const double places[] = {random.uniform(-1.2, 1.2), knots[size_t(i * each + random.below(each))], 0};
      x.push_back(places[random.below(3)]);
    }
    const auto named = [&](const char* what) { return c.name + ", batch " + std::to_string(batch) + ": " + what; };
    const Vector all = side.forward(0, batch, x);
    CHECK_TEXT(alike(all, side.forward(1, batch, x)), named("numbers that are fixed"));
    // Edges that are left out have no say, whatever became of them meanwhile.
    side.absent(0.5, SideBySide::is_left_out);
    const Vector changed = side.forward(batch, x);
    CHECK_TEXT(alike(all, changed) == leaves_out, named("what is left out"));
    const Vector other = side.forward(0, batch, x);
    CHECK_TEXT(!alike(all, other) && alike(other, side.forward(1, batch, x)), named("fixed anew"));
    for (const double bad : {double(NAN), double(INFINITY), 1e30}) {
      side.absent(bad);
      CHECK_TEXT(alike(side.forward(0, batch, x), side.forward(1, batch, x)), named("weights beyond the moderate"));
    }
    side.absent(0);
    // What is no moderate number is computed in full.
    for (const double large : {double(NAN), double(INFINITY), 1e30}) {
      Vector y = x;
      y[size_t(SideBySide::kIn * (batch - 1) + 2)] = large;
      CHECK_TEXT(alike(side.forward(0, batch, y), side.forward(1, batch, y)), named("beyond the moderate"));
    }
  }
}

// Whoever has memory for some rows runs fewer in it, on any number of threads: chains do, and Java's passes.
void fewer_rows_need_no_more() {
  for (const int32_t threads : {1, 3, 16, 256}) {
    kan_context context = make_context(KAN_TIER_AUTO, threads);
    for (const Case& c : cases_named(KAN_F32, {"bspline order 3 grid 5 outside 0 knots 0", "rbf grid 8 base 2 flags 44",
                                               "wavelet 0 flags 4", "linear flags 4", "layernorm", "batchnorm"})) {
      for (const auto& [in, out] : {std::pair<int64_t, int64_t>{2, 70}, {3, 3}, {70, 10}, {1000, 20}, {130, 300}}) {
        const Case layer = sized(c, in, out);
        const Model m(context, layer, 1);
        for (const int32_t mode : {KAN_MODE_INFER, KAN_MODE_TRAIN}) {
          int64_t most = 0;
          for (int64_t batch = 0; batch < 9000; batch += 1 + batch / 7) {
            const int64_t bytes = m.query(context, batch, mode).scratch_bytes;
            CHECK_TEXT(bytes >= most, c.name + " " + std::to_string(in) + " -> " + std::to_string(out) + ", mode " +
                                          std::to_string(mode) + ", " + std::to_string(threads) + " threads, batch " +
                                          std::to_string(batch));
            most = bytes;
          }
        }
      }
    }
    kan_context_destroy(context);
  }
}

// A row has the same bits alone, among a few and in a batch, on any number of threads: wide layers, whose sums are cut, too.
void rows_alone(const std::vector<int32_t>& dtypes, bool threads_alone) {
  constexpr int64_t kRows = 40;
  for (int32_t tier = KAN_TIER_BASELINE; tier <= highest_tier(); ++tier) {
    for (const int32_t dtype : dtypes) {
      auto spec = make_struct<kan_context_spec>();
      spec.tier = tier, spec.threads = 1;
      kan_context context, threaded;
      if (kan_context_create(&spec, &context) != KAN_OK) continue;  // a tier that this build leaves out
      spec.threads = 7;
      MUST(nullptr, kan_context_create(&spec, &threaded));
      for (const Case& c : cases_named(
               dtype, {"bspline order 3 grid 5 outside 0 knots 0", "bspline order 2 grid 5 outside 1 knots 1",
                       "rbf grid 8 base 2 flags 44", "rational", "sine", "wavelet 0 flags 4", "linear flags 4"})) {
        for (const auto& sizes : {std::pair<int64_t, int64_t>{1096, 9}, {600, 3}, {136, 72}, {64, 200}}) {
          const int64_t in = sizes.first, out = sizes.second;
          const Case layer = sized(c, in, out);
          const Model m(context, layer, 1);
          const int64_t size = size_of(dtype);
          Random random(5);
          Vector numbers;
          for (int64_t i = 0; i < kRows * in; ++i) numbers.push_back(random.uniform(-1.2, 1.2));
          const Guarded scratch(m.query(threaded, kRows, KAN_MODE_INFER).scratch_bytes, 64);
          const Guarded x = guarded(dtype, numbers), all(kRows * out * size, size), some(kRows * out * size, size);
          const auto forward = [&](kan_context on, int64_t first, int64_t rows, const Guarded& y) {
            MUST(on, kan_layer_forward(on, m.layer, KAN_MODE_INFER, rows,
                                       static_cast<char*>(x.get()) + first * in * size, m.params.get(), m.buffers.get(),
                                       static_cast<char*>(y.get()) + first * out * size, nullptr, scratch.get()));
          };
          forward(context, 0, kRows, all);
          for (const int64_t rows : {1, 5, 8, 9, 33}) {
            for (const kan_context on : {context, threaded}) {
              if (threads_alone && on == context) continue;
              for (int64_t first = 0; first < kRows; first += rows)
                forward(on, first, std::min(rows, kRows - first), some);
              CHECK_TEXT(std::memcmp(all.get(), some.get(), size_t(kRows * out * size)) == 0,
                         c.name + " " + std::to_string(in) + " -> " + std::to_string(out) + ", rows by " +
                             std::to_string(rows));
            }
          }
        }
      }
      kan_context_destroy(threaded);
      kan_context_destroy(context);
    }
  }
}

#define REFUSED(call, status, word) \
  CHECK_TEXT((call) == (status) && last_error(context).find(word) != std::string::npos, last_error(context))

void refusals() {
  kan_context context = make_context(KAN_TIER_AUTO, 1);
  Case c;
  c.spec = layer_spec(KAN_LAYER_LINEAR, KAN_F32, 0, 0);
  const Three three(context, c);
  long long bytes = 0;
  const auto count = [&](int32_t layers, const kan_layer* layer, long long most) {
    return kan_chain_bytes(context, layers, layer, most, &bytes);
  };
  REFUSED(count(0, three.layers.data(), 4), KAN_INVALID_ARGUMENT, "layers");
  REFUSED(count(3, nullptr, 4), KAN_INVALID_ARGUMENT, "layer");
  REFUSED(count(3, three.layers.data(), 0), KAN_INVALID_ARGUMENT, "max_batch");
  REFUSED(count(3, three.layers.data(), INT64_MAX / 2), KAN_INVALID_ARGUMENT, "memory");
  const kan_layer turned[2] = {three.layers[1], three.layers[0]};
  REFUSED(count(2, turned, 4), KAN_SHAPE_MISMATCH, "layer[1]");
  REFUSED(kan_chain_bytes(context, 3, three.layers.data(), 4, nullptr), KAN_INVALID_ARGUMENT, "bytes");
  MUST(context, count(3, three.layers.data(), 4));
  const Guarded memory(bytes, 64);
  kan_chain chain = nullptr;
  const auto create = [&](void* at, long long size, const void* const* params) {
    return kan_chain_create(context, 3, three.layers.data(), params, three.buffers.data(), 4, at, size, &chain);
  };
  REFUSED(create(memory.get(), bytes - 1, three.params.data()), KAN_SHAPE_MISMATCH, "bytes");
  REFUSED(create(nullptr, bytes, three.params.data()), KAN_INVALID_ARGUMENT, "memory");
  REFUSED(create(memory.get(), bytes, nullptr), KAN_INVALID_ARGUMENT, "params");
  CHECK(chain == nullptr);
  MUST(context, create(memory.get(), bytes, three.params.data()));
  const Guarded x(4 * 5 * 4, 4), y(4 * 3 * 4, 4);
  std::memset(x.get(), 0, 4 * 5 * 4);
  REFUSED(kan_chain_forward(chain, 5, x.get(), y.get()), KAN_INVALID_ARGUMENT, "batch");
  REFUSED(kan_chain_forward(chain, -1, x.get(), y.get()), KAN_INVALID_ARGUMENT, "batch");
  REFUSED(kan_chain_forward(chain, 4, nullptr, y.get()), KAN_INVALID_ARGUMENT, "x");
  REFUSED(kan_chain_forward(chain, 4, x.get(), nullptr), KAN_INVALID_ARGUMENT, "y");
  REFUSED(kan_chain_forward(chain, 4, x.get(), x.get()), KAN_INVALID_ARGUMENT, "overlap");
  REFUSED(kan_chain_forward(chain, 4, x.get(), memory.get()), KAN_INVALID_ARGUMENT, "overlap");
  CHECK(kan_chain_forward(chain, 0, nullptr, nullptr) == KAN_OK);
  CHECK(kan_chain_forward(chain, 4, x.get(), y.get()) == KAN_OK);
  REFUSED(kan_chain_fix(chain, 2), KAN_INVALID_ARGUMENT, "fixed");
  for (const kan_chain bad : {kan_chain(nullptr), reinterpret_cast<kan_chain>(three.layers[0]),
                              reinterpret_cast<kan_chain>(context), reinterpret_cast<kan_chain>(~uintptr_t(0))}) {
    CHECK(kan_chain_forward(bad, 1, x.get(), y.get()) == KAN_INVALID_ARGUMENT);
    CHECK(last_error(nullptr).find("chain") != std::string::npos);
    CHECK(kan_chain_fix(bad, 1) == KAN_INVALID_ARGUMENT);
    if (bad) CHECK(kan_chain_destroy(bad) == KAN_INVALID_ARGUMENT);
  }
  CHECK(kan_chain_destroy(nullptr) == KAN_OK);
  kan_context_destroy(context);
  CHECK(kan_chain_forward(chain, 4, x.get(), y.get()) == KAN_INVALID_ARGUMENT);  // its context is gone
  CHECK(kan_chain_destroy(chain) == KAN_OK);
  CHECK(kan_chain_destroy(chain) == KAN_INVALID_ARGUMENT);
}

}  // namespace

// Usage: chain [f32 [threads]]    (both dtypes by default; threads: without what has one thread only, for ThreadSanitizer)
int main(int argc, char** argv) {
  std::vector<int32_t> dtypes{KAN_F32};
  const bool threads_alone = argc == 3 && std::strcmp(argv[2], "threads") == 0;
  if (argc < 2) {
    dtypes.push_back(KAN_F64);
  } else if (std::strcmp(argv[1], "f32") != 0 || argc > 2 + threads_alone) {
    std::printf("chain: expected f32, f32 threads or nothing, given %s%s%s\n", argv[1], argc > 2 ? " " : "",
                argc > 2 ? argv[2] : "");
    return 2;
  }
  for (int32_t tier = KAN_TIER_REFERENCE; tier <= highest_tier(); ++tier) {
    auto spec = make_struct<kan_context_spec>();
    spec.tier = tier, spec.threads = 2;
    kan_context context;
    if (kan_context_create(&spec, &context) != KAN_OK) continue;  // a tier that this build leaves out
    for (const int32_t dtype : dtypes) {
      int splines = 0;
      for (const Case& c : all_cases(dtype)) {
        if (c.spec.kind != KAN_LAYER_MULTIPLY) same_bits(context, c);
        const bool spline = c.spec.kind == KAN_LAYER_KAN && c.spec.basis == KAN_BASIS_BSPLINE;
        if (spline && c.spec.grid == 5 && c.centre == 0 &&
            splines++ % (tier == KAN_TIER_REFERENCE || threads_alone ? 45 : 7) == 0)
          // of each order and kind of knots; the reference has one code for all and leaves nothing out
          zeros_left_out(context, c, tier != KAN_TIER_REFERENCE);
      }
    }
    kan_context_destroy(context);
  }
  if (!threads_alone) fewer_rows_need_no_more();
  rows_alone(dtypes, threads_alone);
  refusals();
  CHECK(kan_debug_live(2) == 0);
  return check::finish("chain");
}
