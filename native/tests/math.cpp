// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Optimizers, vector kernels and losses of one tier: against PyTorch's published results (constants from torch 2, in
// double), against the reference at every tail length between guard pages, with special values, and the same bits for
// any number of threads. Usage: math TIER f32|f64
#include <cfloat>

#include "tests/model.hpp"

namespace {

int32_t dtype;
kan_context kernel, reference;
std::vector<kan_context> threaded;

double eps() { return dtype == KAN_F32 ? FLT_EPSILON : DBL_EPSILON; }

void fail(double expected, double given, double tolerance, const std::string& what) {
  char text[200];
  std::snprintf(text, sizeof text, "%s: expected %.17g, given %.17g, allowed %.3g", what.c_str(), expected, given,
                tolerance);
  check::that(false, text, __FILE__, __LINE__);
}

// `what` is a string, or makes one when it is needed: there are millions of checks.
template <class What>
void close(double expected, double given, double tolerance, const What& what) {
  if (std::fabs(expected - given) <= tolerance) {
    ++check::checks;
    return;
  }
  if constexpr (std::is_invocable_v<What>) return close(expected, given, tolerance, what());
  else fail(expected, given, tolerance, what);
}

Vector numbers(Random& random, int64_t n, double low, double high) {
  Vector v(static_cast<size_t>(n));
  for (double& a : v) a = rounded(dtype, random.uniform(low, high));
  return v;
}

kan_adamw adamw() {
  auto o = make_struct<kan_adamw>();
  o.learning_rate = 0.05, o.beta1 = 0.85, o.beta2 = 0.97, o.eps = 1e-6, o.weight_decay = 0.3;
  return o;
}

// The same three steps as torch.optim.AdamW and SGD.
void against_torch() {
  const Vector start = {0.5, -1.25, 2.0};
  const Vector steps[] = {{0.1, -2.0, 0.003}, {0.4, 0.5, -0.001}, {-0.3, 0.25, 0.02}};
  const double tolerance = 8 * eps();
  kan_adamw adam = adamw();
  const Guarded p = guarded(dtype, start), m = guarded(dtype, {0, 0, 0}), v = guarded(dtype, {0, 0, 0});
  for (const Vector& g : steps) {
    ++adam.step;
    MUST(kernel, kan_adamw_step(kernel, &adam, dtype, 3, p.get(), guarded(dtype, g).get(), m.get(), v.get()));
  }
  const Vector adam_expected = {0.37795679097458146, -1.1113559450381847, 1.8093566344361873};
  for (int i = 0; i < 3; ++i)
    close(adam_expected[size_t(i)], load(dtype, p.get(), 3)[size_t(i)], 4 * tolerance, "AdamW");
  struct {
    double momentum;
    int32_t nesterov;
    Vector expected;
  } cases[] = {{0.9, 0, {0.436029, -0.97301375, 1.887451685}},
               {0.9, 1, {0.418785441, -0.90804433625, 1.839521071115}},
               {0.0, 0, {0.475449, -1.15211375, 1.939500485}}};
  for (const auto& c : cases) {
    auto sgd = make_struct<kan_sgd>();
    sgd.learning_rate = 0.05, sgd.momentum = c.momentum, sgd.weight_decay = 0.2, sgd.nesterov = c.nesterov;
    const Guarded q = guarded(dtype, start), velocity = guarded(dtype, {0, 0, 0});
    for (const Vector& g : steps) {
      MUST(kernel, kan_sgd_step(kernel, &sgd, dtype, 3, q.get(), guarded(dtype, g).get(),
                                c.momentum > 0 ? velocity.get() : nullptr));
    }
    for (int i = 0; i < 3; ++i) close(c.expected[size_t(i)], load(dtype, q.get(), 3)[size_t(i)], tolerance, "SGD");
  }

  const Vector x = {0.3, -1.2, 2.5, 40.0, -700.0, 1.0}, t = {0.0, 1.0, 0.25, 1.0, 0.0, 0.75};
  const int32_t labels[] = {1, 2};
  struct {
    int32_t kind;
    double value;
    Vector gradient;
    // clang-format off
  } losses[] = {
      {KAN_LOSS_MSE, 81921.84250000001, {0.1, -0.7333333333333334, 0.75, 13.0, -233.33333333333331, 0.08333333333333333}},
      {KAN_LOSS_CROSS_ENTROPY, 21.413548291400243, {0.04878932386281233, -0.4891136303529571, 0.4403243064901447, 0.5, 0, -0.5}},
      {KAN_LOSS_BCE_LOGITS, 0.8057981889362219, {0.09574041946860984, -0.12808746391650294, 0.11235696999645943, 0, 0, -0.0031569035616658505}},
      // torch.nn.functional.binary_cross_entropy_with_logits, pos_weight 1.5
      {KAN_LOSS_BCE_POSITIVE, 0.948960786148708, {0.09574041946860984, -0.19213119587475438, 0.11077659124601687, 0, 0, -0.019965742397290542}},
      {KAN_LOSS_HUBER, 185.12520833333335, {0.05, -0.25, 0.25, 0.25, -0.25, 0.041666666666666664}}};
  // clang-format on
  for (const auto& l : losses) {
    for (bool in_place : {false, true}) {
      const Guarded px = guarded(dtype, x), tx = guarded(dtype, t), d = guarded(dtype, Vector(6, NAN));
      void* d_p = in_place ? px.get() : d.get();
      double value = NAN;
      MUST(kernel, kan_loss(kernel, l.kind, dtype, 2, 3, px.get(),
                            l.kind == KAN_LOSS_CROSS_ENTROPY ? static_cast<const void*>(labels) : tx.get(), nullptr,
                            1.5, d_p, &value));
      const std::string name = "loss " + std::to_string(l.kind);
      close(l.value, value, 8 * eps() * (1 + l.value), name);
      for (int i = 0; i < 6; ++i)
        close(l.gradient[size_t(i)], load(dtype, d_p, 6)[size_t(i)],
              8 * eps() * (0.1 + std::fabs(l.gradient[size_t(i)])), name + " gradient");
    }
  }
}

struct Buffers {
  std::vector<Guarded> arrays;
  bool intact() const {
    for (const Guarded& g : arrays)
      if (!g.intact()) return false;
    return true;
  }
};

// Runs `call` on fresh copies of `inputs` for one context; returns them afterwards.
std::vector<Vector> run(kan_context context, const std::vector<Vector>& inputs, Guarded::Edge edge,
                        const std::function<void(kan_context, const std::vector<Guarded>&)>& call) {
  Buffers b;
  for (const Vector& v : inputs) b.arrays.push_back(guarded(dtype, v, edge));
  call(context, b.arrays);
  CHECK(b.intact());
  std::vector<Vector> results;
  for (size_t i = 0; i < inputs.size(); ++i)
    results.push_back(load(dtype, b.arrays[i].get(), int64_t(inputs[i].size())));
  return results;
}

bool same_bits(const std::vector<Vector>& a, const std::vector<Vector>& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::memcmp(a[i].data(), b[i].data(), a[i].size() * sizeof(double)) != 0) return false;
  }
  return true;
}

// An operation over vectors of n: tier against reference, element by element, and the same bits on any thread count.
void compare(const std::string& name, const std::vector<Vector>& inputs, double units, double scale,
             const std::function<void(kan_context, const std::vector<Guarded>&)>& call) {
  const Guarded::Edge edge = inputs[0].size() % 2 == 0 ? Guarded::kEnd : Guarded::kBegin;
  const auto expected = run(reference, inputs, edge, call), actual = run(kernel, inputs, edge, call);
  for (size_t i = 0; i < inputs.size(); ++i) {
    for (size_t j = 0; j < inputs[i].size(); ++j) {
      close(expected[i][j], actual[i][j], units * eps() * (scale + std::fabs(expected[i][j])),
            [&] { return name + " n " + std::to_string(inputs[0].size()); });
    }
  }
  for (kan_context c : threaded)
    CHECK_TEXT(same_bits(actual, run(c, inputs, edge, call)), name + ": other bits with more threads");
}

void vectors(int64_t n, uint64_t seed) {
  Random random(seed);
  const Vector a = numbers(random, n, -2, 2), b = numbers(random, n, -2, 2), m = numbers(random, n, -0.1, 0.1),
               v = numbers(random, n, 0, 0.1);
  kan_adamw adam = adamw();
  adam.step = 1 + int64_t(seed % 5);
  compare("adamw", {a, b, m, v}, 8, 0.1, [&](kan_context c, const std::vector<Guarded>& g) {
    MUST(c, kan_adamw_step(c, &adam, dtype, n, g[0].get(), g[1].get(), g[2].get(), g[3].get()));
  });
  for (int32_t nesterov : {0, 1}) {
    auto sgd = make_struct<kan_sgd>();
    sgd.learning_rate = 0.05, sgd.momentum = 0.9, sgd.weight_decay = 0.2, sgd.nesterov = nesterov;
    compare("sgd", {a, b, m}, 4, 1, [&](kan_context c, const std::vector<Guarded>& g) {
      MUST(c, kan_sgd_step(c, &sgd, dtype, n, g[0].get(), g[1].get(), g[2].get()));
    });
  }
  // In groups: each number as the plain step of its group has it, bit by bit; a frozen one and its moments stay.
  kan_adamw fast = adam;
  fast.learning_rate = 0.5, fast.weight_decay = 0, fast.step = 1;
  const Guarded group(n, 1);
  for (int64_t i = 0; i < n; ++i) group.as<uint8_t>()[i] = i % 3 == 2 ? KAN_FROZEN : uint8_t(i % 3);
  const kan_adamw* adams[] = {&adam, &fast};
  compare("adamw_groups", {a, b, m, v}, 8, 1, [&](kan_context c, const std::vector<Guarded>& g) {
    MUST(c, kan_adamw_step_groups(c, adams, 2, group.as<uint8_t>(), dtype, n, g[0].get(), g[1].get(), g[2].get(),
                                  g[3].get()));
  });
  const auto grouped = [&](bool sgd, int which) {  // params after a plain step of one group, or after one in groups
    const Guarded p = guarded(dtype, a), d = guarded(dtype, b), first = guarded(dtype, m), second = guarded(dtype, v);
    auto slow = make_struct<kan_sgd>(), still = slow;
    slow.learning_rate = 0.05, slow.momentum = 0.9, slow.weight_decay = 0.2, still.learning_rate = 1;
    const kan_sgd* sgds[] = {&slow, &still};
    if (!sgd && which < 2)
      MUST(kernel, kan_adamw_step(kernel, adams[which], dtype, n, p.get(), d.get(), first.get(), second.get()));
    if (sgd && which < 2)
      MUST(kernel, kan_sgd_step(kernel, sgds[which], dtype, n, p.get(), d.get(), which == 0 ? first.get() : nullptr));
    if (!sgd && which == 3)
      MUST(kernel, kan_adamw_step_groups(kernel, adams, 2, group.as<uint8_t>(), dtype, n, p.get(), d.get(), first.get(),
                                         second.get()));
    if (sgd && which == 3)
      MUST(kernel, kan_sgd_step_groups(kernel, sgds, 2, group.as<uint8_t>(), dtype, n, p.get(), d.get(), first.get()));
    return std::pair(load(dtype, p.get(), n), load(dtype, first.get(), n));
  };
  for (bool sgd : {false, true}) {
    const auto all = grouped(sgd, 3);
    for (int64_t i = 0; i < n; ++i) {
      const auto alone = grouped(sgd, int(i % 3));  // of 2: as given
      CHECK_TEXT(all.first[size_t(i)] == alone.first[size_t(i)] && all.second[size_t(i)] == alone.second[size_t(i)],
                 "groups");
      if (i > 40) break;
    }
  }
  compare("clamp", {a}, 0, 0, [&](kan_context c, const std::vector<Guarded>& g) {
    MUST(c, kan_vector_clamp(c, dtype, n, 1.25, g[0].get()));
  });

  compare("axpy", {a, b}, 2, 1, [&](kan_context c, const std::vector<Guarded>& g) {
    MUST(c, kan_vector_axpy(c, dtype, n, 0.375, g[0].get(), g[1].get()));
  });
  compare("scale", {a}, 2, 0, [&](kan_context c, const std::vector<Guarded>& g) {
    MUST(c, kan_vector_scale(c, dtype, n, -1.7, g[0].get()));
  });

  long double exact = 0, size = 0;
  for (int64_t i = 0; i < n; ++i) {
    exact += static_cast<long double>(a[size_t(i)]) * static_cast<long double>(b[size_t(i)]);
    size += std::fabs(a[size_t(i)] * b[size_t(i)]);
  }
  const Guarded ga = guarded(dtype, a), gb = guarded(dtype, b);
  double first = NAN;
  MUST(kernel, kan_vector_dot(kernel, dtype, n, ga.get(), gb.get(), &first));
  close(double(exact), first, DBL_EPSILON * double(n + 1) * double(size) / 4 + 1e-300,
        "dot n " + std::to_string(n));  // double sums, either dtype
  for (kan_context c : threaded) {
    double again = NAN;
    MUST(c, kan_vector_dot(c, dtype, n, ga.get(), gb.get(), &again));
    CHECK(std::memcmp(&first, &again, 8) == 0);
  }
}

void losses(int64_t batch, int64_t out, uint64_t seed) {
  Random random(seed);
  const Vector p = numbers(random, batch * out, -4, 4), target = numbers(random, batch * out, 0, 1);
  Vector weights = numbers(random, batch, 0, 2);
  weights[0] = rounded(dtype, 0.7);
  const Guarded labels(batch * 4, 4);
  for (int64_t b = 0; b < batch; ++b) labels.as<int32_t>()[b] = int32_t(random.below(out));
  for (int32_t kind = KAN_LOSS_MSE; kind <= KAN_LOSS_BCE_POSITIVE; ++kind) {
    for (bool weighted : {false, true}) {
      double expected = NAN;
      const auto call = [&](kan_context c, const std::vector<Guarded>& g) {
        double value = NAN, alone = NAN;
        const void* t = kind == KAN_LOSS_CROSS_ENTROPY ? labels.get() : g[1].get();
        const void* w = weighted ? g[2].get() : nullptr;
        MUST(c, kan_loss(c, kind, dtype, batch, out, g[0].get(), t, w, 0.9, nullptr, &alone));
        MUST(c, kan_loss(c, kind, dtype, batch, out, g[0].get(), t, w, 0.9, g[3].get(), &value));
        CHECK_TEXT(alone == value, "loss without and with gradient differ");
        const std::string name =
            "loss " + std::to_string(kind) + " " + std::to_string(batch) + " x " + std::to_string(out);
        if (c == reference) expected = value;
        else close(expected, value, (16 + std::sqrt(double(batch * out))) * eps() * (1 + std::fabs(expected)), name);
        CHECK(labels.intact());
      };
      // Gradients are of size 1 / (batch out); cross-entropy's of 1 / batch.
      const double scale = 1.0 / double(batch) / (kind == KAN_LOSS_CROSS_ENTROPY ? 1 : double(out));
      compare("loss gradient " + std::to_string(kind), {p, target, weights, Vector(p.size(), NAN)}, 16, 4 * scale,
              call);
    }
  }
}

// Gradients of the losses by differences, in double.
void loss_gradients() {
  constexpr int64_t batch = 3, out = 4;
  Random random(3);
  Vector p = numbers(random, batch * out, -3, 3);
  const Vector target = numbers(random, batch * out, 0, 1), weights = {0.5, 2, 0};
  const int32_t labels[batch] = {0, 3, 1};
  for (int32_t kind = KAN_LOSS_MSE; kind <= KAN_LOSS_BCE_POSITIVE; ++kind) {
    const void* t = kind == KAN_LOSS_CROSS_ENTROPY ? static_cast<const void*>(labels) : target.data();
    Vector d(p.size());
    double value;
    MUST(kernel, kan_loss(kernel, kind, KAN_F64, batch, out, p.data(), t, weights.data(), 0.8, d.data(), &value));
    for (size_t i = 0; i < p.size(); ++i) {
      const auto at = [&](double step) {
        Vector moved = p;
        moved[i] += step;
        MUST(kernel,
             kan_loss(kernel, kind, KAN_F64, batch, out, moved.data(), t, weights.data(), 0.8, nullptr, &value));
        return value;
      };
      const double h = 1e-4;
      close((8 * (at(h) - at(-h)) - at(2 * h) + at(-2 * h)) / (12 * h), d[i], 1e-9,
            "loss gradient " + std::to_string(kind));
      if (i >= 8) CHECK(d[i] == 0);  // a row of weight 0
    }
  }
}

void special_values() {
  const double big = dtype == KAN_F32 ? 1e38 : 1e300, nan = NAN;
  double value;
  Vector d;
  const auto loss = [&](int32_t kind, const Vector& p, const Vector& t, int32_t label = 0) {
    const Guarded gp = guarded(dtype, p), gt = guarded(dtype, t), gd = guarded(dtype, Vector(p.size(), 9));
    MUST(kernel, kan_loss(kernel, kind, dtype, 1, int64_t(p.size()), gp.get(),
                          kind == KAN_LOSS_CROSS_ENTROPY ? static_cast<const void*>(&label) : gt.get(), nullptr, 1,
                          gd.get(), &value));
    d = load(dtype, gd.get(), int64_t(p.size()));
    return value;
  };
  // Extreme logits: finite losses, saturated gradients.
  close(0, loss(KAN_LOSS_CROSS_ENTROPY, {1000, -1000, 0}, {}), 1e-30, "ce");
  CHECK(d[0] == 0 && d[1] == 0 && d[2] == 0);
  close(2000, loss(KAN_LOSS_CROSS_ENTROPY, {1000, -1000, 0}, {}, 1), 1e-3, "ce");
  close(1, d[0], 1e-6, "ce"), close(-1, d[1], 1e-6, "ce");
  CHECK(std::isfinite(loss(KAN_LOSS_CROSS_ENTROPY, {-big, -big}, {})));
  close(500, loss(KAN_LOSS_BCE_LOGITS, {1000, 1000}, {0, 1}), 1e-3, "bce");
  close(500, loss(KAN_LOSS_BCE_LOGITS, {-1000, -1000}, {0, 1}), 1e-3, "bce");
  close(std::log(2.0), loss(KAN_LOSS_BCE_LOGITS, {0.0, -0.0}, {0, 1}), 1e-6, "bce");
  CHECK(std::isfinite(loss(KAN_LOSS_HUBER, {1e30}, {0})) && d[0] == 1);
  // NaN is never lost: not in the loss, not in the gradient.
  for (int32_t kind = KAN_LOSS_MSE; kind <= KAN_LOSS_BCE_POSITIVE; ++kind) {
    for (size_t where : {size_t(0), size_t(1), size_t(17)}) {
      Vector p(18, 0.25);
      p[where] = nan;
      CHECK_TEXT(std::isnan(loss(kind, p, Vector(18, 0.5))),
                 "loss " + std::to_string(kind) + " lost a NaN at " + std::to_string(where));
      CHECK_TEXT(std::isnan(d[where]), "gradient of loss " + std::to_string(kind) + " lost a NaN");
    }
  }
  // AdamW: zero gradients decay only; denormal and huge gradients stay finite; NaN spoils its own number alone.
  kan_adamw adam = adamw();
  adam.step = 1;
  const Vector g = {0, -0.0, dtype == KAN_F32 ? 1e-42 : 1e-310, 1e15, nan};
  const auto after = run(kernel, {Vector(5, 1), g, Vector(5, 0), Vector(5, 0)}, Guarded::kEnd,
                         [&](kan_context c, const std::vector<Guarded>& a) {
                           MUST(c, kan_adamw_step(c, &adam, dtype, 5, a[0].get(), a[1].get(), a[2].get(), a[3].get()));
                         });
  for (int i : {0, 1, 2}) close(1 - 0.05 * 0.3, after[0][size_t(i)], 4 * eps(), "AdamW without a gradient");
  CHECK(std::isfinite(after[0][3]) && std::isnan(after[0][4]));
  const Guarded with_nan = guarded(dtype, {1, nan, 2}), ones = guarded(dtype, {1, 1, 1});
  MUST(kernel, kan_vector_dot(kernel, dtype, 3, with_nan.get(), ones.get(), &value));
  CHECK(std::isnan(value));
}

// Binary losses that are nearly 0 have their digits, and their logarithms are taken together: of both ends of their product.
// `chained`: the reference adds one number after the other.
void confident(bool chained) {
  for (const double logit : {0.0, 1e-3, 0.7, 5.0, 14.0, 30.0, 80.0}) {
    for (const int64_t n : {1, 15, 16, 300, 5000}) {
      Vector p(static_cast<size_t>(n)), t(p.size());
      for (size_t i = 0; i < p.size(); ++i) t[i] = double(i % 2), p[i] = rounded(dtype, t[i] > 0 ? logit : -logit);
      const Guarded gp = guarded(dtype, p), gt = guarded(dtype, t), gd = guarded(dtype, Vector(p.size(), 9));
      const double expected = std::log1p(std::exp(-std::fabs(p[0])));
      for (kan_context c : {kernel, threaded.back()}) {
        double value = NAN;
        MUST(c, kan_loss(c, KAN_LOSS_BCE_LOGITS, dtype, n, 1, gp.get(), gt.get(), nullptr, 1, gd.get(), &value));
        close(expected, value, (16 + chained * double(n)) * eps() * expected,
              [&] { return "the loss of logits of " + std::to_string(logit); });
      }
    }
  }
}

// A target or weight out of bounds is found wherever it is, and what is at a bound is none.
void outside() {
  const double inf = HUGE_VAL, nan = NAN, low = dtype == KAN_F32 ? -1e-42 : -1e-310;
  for (const int64_t n : {1, 16, 17, 1100, 61000}) {  // the last by two workers
    Vector good(static_cast<size_t>(n), 0.5);
    good[0] = n % 2 ? 0.0 : -0.0, good.back() = n % 2 ? 1 : -0.0;
    const Guarded p = guarded(dtype, Vector(good.size(), 0.25)), d = guarded(dtype, good);
    for (const double bad : {low, 1 + 2 * eps(), -3.0, inf, -inf, nan}) {
      for (const int64_t at : {int64_t(0), n / 3, n - 1}) {
        Vector t = good, weights(good.size(), 1);
        t[size_t(at)] = bad, weights[size_t(at)] = 0;
        if (at < n / 2) t[size_t(n / 2)] = -7;  // the first is named
        const Guarded gt = guarded(dtype, t);
        double value = -5;
        for (kan_context c : {reference, kernel, threaded.back()}) {
          const auto loss = [&](int32_t kind, const Guarded& target, const void* weights) {
            return kan_loss(c, kind, dtype, n, 1, p.get(), target.get(), weights, 1, nullptr, &value);
          };
          CHECK(loss(KAN_LOSS_BCE_LOGITS, gt, nullptr) == KAN_INVALID_ARGUMENT && value == -5);
          const std::string text = last_error(c), name = "[" + std::to_string(at) + "]: expected a ";
          CHECK_TEXT(text.find("target" + name + "number of 0 to 1, given ") != std::string::npos, text);
          for (const int32_t kind : {KAN_LOSS_BCE_LOGITS, KAN_LOSS_BCE_POSITIVE}) {
            // Predictions that were to be overwritten stay; rows that weigh nothing have targets too.
            const Guarded in_place = guarded(dtype, Vector(good.size(), 0.25)), none = guarded(dtype, weights);
            CHECK(kan_loss(c, kind, dtype, n, 1, in_place.get(), gt.get(), nullptr, 1, in_place.get(), &value) ==
                  KAN_INVALID_ARGUMENT);
            CHECK(load(dtype, in_place.get(), n) == Vector(good.size(), 0.25));
            if (n == 1) continue;
            CHECK(kan_loss(c, kind, dtype, n, 1, p.get(), gt.get(), none.get(), 1, d.get(), &value) ==
                  KAN_INVALID_ARGUMENT);
            CHECK(value == -5 && last_error(c).find("target" + name) != std::string::npos);
          }
          if (bad > 1 && bad < inf) continue;  // a weight like another
          CHECK(loss(KAN_LOSS_MSE, p, gt.get()) == KAN_INVALID_ARGUMENT && value == -5);
          CHECK_TEXT(last_error(c).find("weights" + name + "finite number >= 0") != std::string::npos, last_error(c));
        }
      }
    }
    double value;
    const Guarded gt = guarded(dtype, good);
    for (kan_context c : {reference, kernel, threaded.back()})
      MUST(c, kan_loss(c, KAN_LOSS_BCE_LOGITS, dtype, n, 1, p.get(), gt.get(), nullptr, 1, nullptr, &value));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> names = {"auto", "reference", "baseline", "avx2", "avx512"};
  int32_t tier = -1;
  for (size_t t = 1; argc == 3 && t < names.size(); ++t)
    if (names[t] == argv[1]) tier = int32_t(t);
  if (tier < 0) return std::printf("usage: math reference|baseline|avx2|avx512 f32|f64\n"), 2;
  if (tier > highest_tier()) return std::printf("math: this processor or build has no tier %s\n", argv[1]), 77;
  dtype = std::string(argv[2]) == "f64" ? KAN_F64 : KAN_F32;
  reference = make_context(KAN_TIER_REFERENCE, 1);
  kernel = make_context(tier, 1);
  for (int32_t t : {2, 3, 5}) threaded.push_back(make_context(tier, t));
  against_torch();
  uint64_t seed = 1;
  for (int64_t n = 1; n <= 70; ++n) vectors(n, seed++);
  // The last is what five threads share, and so are the losses of 300 x 103 and 40000 rows by two: 30000 a worker.
  for (int64_t n : {127, 1000, 4099, 121003}) vectors(n, seed++);
  for (int64_t out = 1; out <= 37; ++out) losses(1 + out * 5 % 11, out, seed++);
  losses(700, 10, seed++), losses(300, 103, seed++), losses(40000, 1, seed++);
  if (dtype == KAN_F64) loss_gradients();
  special_values();
  confident(tier == KAN_TIER_REFERENCE);
  outside();
  for (kan_context c : threaded) kan_context_destroy(c);
  kan_context_destroy(kernel);
  kan_context_destroy(reference);
  return check::finish("math");
}
