// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Sums over a million rows, against what they are and not against another float: a million equal cotangents of 0.1, as a saturated
// Huber loss gives them, once summed to 1 % less than their sum. Sums over many inputs. And the tails of GELU, the losses far from 0, runs of groups of
// parameters. Usage: sums [short]    (short: of 65536 rows, for builds with a sanitizer, which watch memory and not digits)
#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/model.hpp"

namespace {

constexpr double kBound = 0x1p-20;

int64_t million = 1 << 20;  // rows

constexpr double kProductBound = 0x1p-18;  // products and walks add up to 256 rows one after the other

// The natural gradients and buffers of a layer after one forward and backward pass over `batch` rows of x = `value`, d_y = 0.1.
std::map<std::string, Vector> gradients(kan_context context, const kan_layer_spec& spec, int64_t batch, float value) {
  const Model m(context, {spec, "long"}, 1);
  const kan_layer_sizes sizes = m.query(context, batch, KAN_MODE_TRAIN);
  const Guarded saved(sizes.saved_bytes, 64), scratch(sizes.scratch_bytes, 64);
  std::vector<float> x(size_t(batch * spec.in_features), value), y(size_t(batch * spec.out_features)),
      d_y(y.size(), 0.1f);
  const Guarded d_params(m.params_count * 4, 4);
  MUST(context, kan_layer_forward(context, m.layer, KAN_MODE_TRAIN, batch, x.data(), m.params.get(), m.buffers.get(),
                                  y.data(), saved.get(), scratch.get()));
  MUST(context,
       kan_layer_backward(context, m.layer, batch, x.data(), m.params.get(), m.buffers.get(), saved.get(), d_y.data(),
                          KAN_GRAD_NONE, nullptr, KAN_GRAD_OVERWRITE, d_params.get(), scratch.get()));
  std::map<std::string, Vector> named;
  for (size_t t = 0; t < m.tensors.size(); ++t) {
    const bool param = m.tensors[t].role == KAN_ROLE_PARAM;
    named[m.tensors[t].name] = m.get(context, int64_t(t), param ? d_params.get() : m.buffers.get());
  }
  return named;
}

void near(const std::map<std::string, Vector>& named, const char* name, double expected, const char* of) {
  const auto found = named.find(name);
  CHECK_TEXT(found != named.end(), std::string(of) + " " + name);
  if (found == named.end()) return;
  for (const double v : found->second) {
    CHECK_TEXT(std::fabs(v - expected) <= kBound * std::fabs(expected),
               std::string(of) + " " + name + " " + std::to_string(v) + ", expected " + std::to_string(expected));
  }
}

// All gradients of a layer over a million equal rows are those of one row, a million times.
void long_gradients(kan_context context, const kan_layer_spec& spec, float value, const char* of) {
  const int64_t kRows = million + 77;
  const auto one = gradients(context, spec, 1, value), all = gradients(context, spec, kRows, value);
  const Model m(context, {spec, "long"}, 1);
  double largest = 0;
  for (const kan_tensor_info& t : m.tensors) {
    if (t.role != KAN_ROLE_PARAM) continue;
    const Vector &sums = all.at(t.name), &terms = one.at(t.name);
    for (size_t i = 0; i < sums.size(); ++i) {
      const double expected = terms[i] * double(kRows);
      largest = std::max(largest, std::fabs(expected));
      // That of a scale is a sum of sums, of either sign.
      const double size = std::string(t.name) == "coef_scale" ? 0.1 * double(kRows) : std::fabs(expected);
      CHECK_TEXT(
          std::fabs(sums[i] - expected) <= kProductBound * size,
          std::string(of) + " " + t.name + " " + std::to_string(sums[i]) + ", expected " + std::to_string(expected));
    }
  }
  CHECK(largest > 1000);
}

void long_weights(kan_context context) {
  for (const int64_t out : {int64_t(3), int64_t(17)}) {  // lanes are samples, or outputs
    kan_layer_spec spec = layer_spec(KAN_LAYER_LINEAR, KAN_F32, 1, out);
    long_gradients(context, spec, 0.7f, "linear");
    spec = layer_spec(KAN_LAYER_KAN, KAN_F32, 1, out);
    spec.basis = KAN_BASIS_BSPLINE, spec.grid = 3, spec.order = 3, spec.base = KAN_ACTIVATION_SILU,
    spec.flags = KAN_FLAG_SCALE;
    long_gradients(context, spec, 0.45f, "bspline");
    spec.grid = 1000;
    long_gradients(context, spec, 0.45f, "bspline of many intervals");
    spec.basis = KAN_BASIS_RBF, spec.grid = 5, spec.order = 0, spec.flags = KAN_FLAG_BIAS;
    long_gradients(context, spec, 0.45f, "rbf");
    spec.basis = KAN_BASIS_SINE, spec.base = KAN_ACTIVATION_NONE, spec.flags = KAN_FLAG_TRAIN_BASIS;
    long_gradients(context, spec, 0.45f, "sine");
    spec.basis = KAN_BASIS_WAVELET, spec.grid = 0, spec.flags = 0;
    long_gradients(context, spec, 0.45f, "wavelet");
  }
}

void long_batches(kan_context context) {
  const int64_t kRows = million;
  const double sum = double(0.1f) * double(kRows);
  kan_layer_spec spec = layer_spec(KAN_LAYER_LINEAR, KAN_F32, 1, 3);
  spec.flags = KAN_FLAG_BIAS;
  near(gradients(context, spec, kRows, 1), "bias", sum, "linear");
  spec = layer_spec(KAN_LAYER_KAN, KAN_F32, 1, 3);
  spec.basis = KAN_BASIS_BSPLINE, spec.grid = 3, spec.order = 3, spec.flags = KAN_FLAG_BIAS;
  near(gradients(context, spec, kRows, 0.5f), "bias", sum, "bspline");
  spec = layer_spec(KAN_LAYER_AFFINE, KAN_F32, 18, 18);
  const auto affine = gradients(context, spec, kRows, 0.75f);
  near(affine, "bias", sum, "affine");
  near(affine, "scale", 0.75 * sum, "affine");
  spec = layer_spec(KAN_LAYER_LAYERNORM, KAN_F32, 18, 18);
  near(gradients(context, spec, kRows, 0.75f), "bias", sum, "layernorm");
  spec = layer_spec(KAN_LAYER_BATCHNORM, KAN_F32, 18, 18);
  spec.shape[3] = 1;  // the running mean becomes the batch's
  const auto norm = gradients(context, spec, kRows, 0.1f);
  near(norm, "bias", sum, "batchnorm");
  near(norm, "running_mean", double(0.1f), "batchnorm");
}

// Means, deviations and gradients of edges over a million equal rows are those of one row. Returns them.
Vector long_edges(kan_context context, const kan_layer_spec& spec, const char* of) {
  const int64_t kRows = million + 77;
  const Model m(context, {spec, of}, 1);
  const size_t edges = size_t(spec.in_features * spec.out_features);
  Vector statistics[2], gradient[2];
  for (const int which : {0, 1}) {
    const int64_t rows = which == 0 ? 1 : kRows;
    const Guarded scratch(m.query(context, rows, KAN_MODE_TRAIN).scratch_bytes, 64), d_params(m.params_count * 4, 4);
    const std::vector<float> x(size_t(rows * spec.in_features), 0.45f);
    Vector& of_edges = statistics[which];
    of_edges.resize(3 * edges);
    MUST(context,
         kan_layer_edge_statistics(context, m.layer, rows, x.data(), m.params.get(), m.buffers.get(), of_edges.data(),
                                   of_edges.data() + edges, of_edges.data() + 2 * edges, scratch.get()));
    const Vector one(edges, 1.0);
    MUST(context, kan_layer_edge_backward(context, m.layer, rows, x.data(), m.params.get(), m.buffers.get(), one.data(),
                                          one.data(), one.data(), KAN_GRAD_NONE, nullptr, KAN_GRAD_OVERWRITE,
                                          d_params.get(), scratch.get()));
    gradient[which] = load(KAN_F32, d_params.get(), m.params_count);
  }
  for (size_t i = 0; i < 3 * edges; ++i)
    CHECK_TEXT(std::fabs(statistics[0][i] - statistics[1][i]) <=
                   (i < 2 * edges ? kBound : 1e-6) * (1 + std::fabs(statistics[0][i])),
               std::string(of) + " statistic " + std::to_string(statistics[1][i]) + ", expected " +
                   std::to_string(statistics[0][i]));
  double largest = 0;
  for (const double g : gradient[0]) largest = std::max(largest, std::fabs(g));
  CHECK(largest > 0.01);
  for (size_t i = 0; i < gradient[0].size(); ++i)
    CHECK_TEXT(std::fabs(gradient[0][i] - gradient[1][i]) <= kProductBound * largest,
               std::string(of) + " edge gradient " + std::to_string(gradient[1][i]) + ", expected " +
                   std::to_string(gradient[0][i]));
  Vector all = statistics[1];
  all.insert(all.end(), gradient[1].begin(), gradient[1].end());
  return all;
}

// The same bits on another number of threads.
void long_edges(kan_context context, kan_context other) {
  const auto on_both = [&](const kan_layer_spec& spec, const char* of) {
    CHECK_TEXT(long_edges(context, spec, of) == long_edges(other, spec, of), std::string(of) + " differ by threads");
  };
  kan_layer_spec spec = layer_spec(KAN_LAYER_KAN, KAN_F32, 1, 3);
  spec.basis = KAN_BASIS_BSPLINE, spec.grid = 3, spec.order = 3, spec.base = KAN_ACTIVATION_SILU;
  on_both(spec, "bspline edges");
  spec.basis = KAN_BASIS_SINE, spec.grid = 5, spec.order = 0, spec.base = KAN_ACTIVATION_NONE;
  spec.flags = KAN_FLAG_TRAIN_BASIS;
  on_both(spec, "sine edges");
  spec.basis = KAN_BASIS_WAVELET, spec.grid = 0, spec.flags = 0;
  on_both(spec, "wavelet edges");
}

// A float network of 784 inputs, at each row alone and at all, beside the same numbers in double: outputs are sums of 784 x 5 terms.
void wide(kan_context context) {
  constexpr int64_t kRows = 129;
  const int64_t widths[] = {784, 64, 10};
  Random random(5);
  Vector x[2];
  for (int64_t i = 0; i < kRows * widths[0]; ++i) x[0].push_back(rounded(KAN_F32, random.uniform(-1, 1)));
  x[1] = x[0];
  for (int layer = 0; layer < 2; ++layer) {
    Vector y[2];
    std::vector<Vector> numbers;
    for (const int32_t dtype : {KAN_F32, KAN_F64}) {
      kan_layer_spec spec = layer_spec(KAN_LAYER_KAN, dtype, widths[layer], widths[layer + 1]);
      spec.basis = KAN_BASIS_BSPLINE, spec.grid = 5, spec.order = 3, spec.base = KAN_ACTIVATION_SILU;
      Model m(context, {spec, "wide"}, 7);
      for (size_t t = 0; t < m.tensors.size(); ++t) {
        if (dtype == KAN_F32) {
          Vector scaled = m.natural[t];
          for (double& v : scaled) v *= m.tensors[t].role == KAN_ROLE_PARAM ? 2 / std::sqrt(double(widths[layer])) : 1;
          m.set(context, int64_t(t), scaled);
          numbers.push_back(m.natural[t]);
        } else {
          m.set(context, int64_t(t), numbers[t]);
        }
      }
      const int which = dtype == KAN_F64;
      const auto infer = [&](int64_t rows, const Vector& in) {
        const Guarded gx = guarded(dtype, in), out(rows * widths[layer + 1] * size_of(dtype), size_of(dtype));
        const Guarded scratch(m.query(context, rows, KAN_MODE_INFER).scratch_bytes, 64);
        MUST(context, kan_layer_forward(context, m.layer, KAN_MODE_INFER, rows, gx.get(), m.params.get(),
                                        m.buffers.get(), out.get(), nullptr, scratch.get()));
        return load(dtype, out.get(), rows * widths[layer + 1]);
      };
      y[which] = infer(kRows, x[which]);
      const Vector alone = infer(1, Vector(x[which].begin(), x[which].begin() + widths[layer]));
      CHECK(std::equal(alone.begin(), alone.end(), y[which].begin()));
    }
    x[0] = y[0], x[1] = y[1];
  }
  double error = 0, size = 0;
  for (size_t i = 0; i < x[0].size(); ++i)
    error += (x[0][i] - x[1][i]) * (x[0][i] - x[1][i]), size += x[1][i] * x[1][i];
  std::printf("[784,64,10]: relative error %.2g\n", std::sqrt(error / size));
  CHECK_TEXT(std::sqrt(error / size) <= 5e-7,
             "a wide network's relative error is " + std::to_string(1e6 * std::sqrt(error / size)) + "e-6");
}

// x Phi(x) keeps its digits where Phi is 1e-20: the kernels' own erfc.
void gelu(kan_context context, int32_t dtype) {
  kan_layer_spec spec = layer_spec(KAN_LAYER_ACTIVATION, dtype, 1, 1);
  spec.activation = KAN_ACTIVATION_GELU;
  const Model m(context, {spec, "gelu"}, 1);
  constexpr int64_t kPoints = 20000;
  Vector x(kPoints);
  for (int64_t i = 0; i < kPoints; ++i) x[size_t(i)] = rounded(dtype, -12 + 20 * double(i) / kPoints);
  const Guarded in = guarded(dtype, x), out(kPoints * size_of(dtype), size_of(dtype));
  const Guarded scratch(m.query(context, kPoints, KAN_MODE_INFER).scratch_bytes, 64);
  MUST(context, kan_layer_forward(context, m.layer, KAN_MODE_INFER, kPoints, in.get(), nullptr, nullptr, out.get(),
                                  nullptr, scratch.get()));
  const Vector y = load(dtype, out.get(), kPoints);
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double expected = x[i] / 2 * std::erfc(-x[i] / std::sqrt(2.0));
    if (expected != 0) worst = std::max(worst, std::fabs(y[i] / expected - 1));
  }
  // On the lowest tier the square's rounding error is not seen (no fused multiply-add): 72 of its ulps at x = -12.
  CHECK_TEXT(worst < (dtype == KAN_F64 ? 1e-13 : 2e-5), "GELU's relative error is " + std::to_string(worst));
}

// Losses of logits up to +-90 and their gradients, in runs and with weights, against double arithmetic.
void losses(kan_context context, int64_t out) {
  constexpr int64_t kRows = 301;
  Random random(3);
  std::vector<float> p, t, w(kRows), d(kRows * out);
  for (int64_t i = 0; i < kRows * out; ++i) {
    p.push_back(float(random.uniform(-1, 1) * random.pick({0.1, 3, 90})));
    t.push_back(float(random.pick({0, 1, 0.25})));
  }
  for (float& v : w) v = float(random.uniform(0.1, 2));
  for (const int32_t kind : {KAN_LOSS_BCE_LOGITS, KAN_LOSS_BCE_POSITIVE, KAN_LOSS_MSE, KAN_LOSS_HUBER}) {
    for (const bool weighted : {false, true}) {
      double value = 0, expected = 0, weights = 0;
      MUST(context, kan_loss(context, kind, KAN_F32, kRows, out, p.data(), t.data(), weighted ? w.data() : nullptr, 2.5,
                             d.data(), &value));
      for (int64_t b = 0; b < kRows; ++b) weights += weighted ? double(w[size_t(b)]) : 1;
      for (int64_t b = 0; b < kRows; ++b) {
        for (int64_t o = 0; o < out; ++o) {
          const double pi = p[size_t(b * out + o)], ti = t[size_t(b * out + o)], e = pi - ti;
          const double factor = (weighted ? double(w[size_t(b)]) : 1) / (weights * out);
          const double up = std::fmax(pi, 0) + std::log1p(std::exp(-std::fabs(pi))), down = up - pi,
                       s = 1 / (1 + std::exp(-pi));
          double loss, slope;
          if (kind == KAN_LOSS_MSE) loss = e * e, slope = 2 * e;
          else if (kind == KAN_LOSS_HUBER)
            loss = std::fabs(e) <= 2.5 ? e * e / 2 : 2.5 * (std::fabs(e) - 1.25),
            slope = std::fmax(-2.5, std::fmin(2.5, e));
          else if (kind == KAN_LOSS_BCE_LOGITS) loss = up - pi * ti, slope = s - ti;
          else loss = 2.5 * ti * down + (1 - ti) * up, slope = (1 - ti) * s - 2.5 * ti * (1 - s);
          expected += factor * loss;
          CHECK(std::fabs(d[size_t(b * out + o)] - factor * slope) <= 1e-6 * factor * (1 + std::fabs(slope)));
        }
      }
      CHECK_TEXT(
          std::fabs(value - expected) <= 1e-6 * expected,
          "loss " + std::to_string(kind) + ": " + std::to_string(value) + ", expected " + std::to_string(expected));
    }
  }
}

// Groups in runs of every length give the bits of one optimizer each; frozen numbers stay.
void groups(kan_context context) {
  constexpr int64_t kCount = 5000;
  Random random(4);
  std::vector<uint8_t> group;
  while (int64_t(group.size()) < kCount)
    group.insert(group.end(), size_t(1 + random.below(group.size() < 1000 ? 70 : 700)),
                 uint8_t(random.pick({0, 1, KAN_FROZEN})));
  group.resize(kCount);
  std::vector<float> p(kCount), g(kCount), m(kCount), v(kCount);
  for (int64_t i = 0; i < kCount; ++i) {
    p[size_t(i)] = float(random.uniform(-1, 1)), g[size_t(i)] = float(random.uniform(-1, 1));
    m[size_t(i)] = float(random.uniform(-1, 1)), v[size_t(i)] = float(random.uniform(0, 1));
  }
  kan_adamw options[2] = {make_struct<kan_adamw>(), make_struct<kan_adamw>()};
  const kan_adamw* const both[2] = {options, options + 1};
  options[0].learning_rate = 0.01, options[1].learning_rate = 0.3;
  for (kan_adamw& o : options) o.beta1 = 0.9, o.beta2 = 0.99, o.eps = 1e-8, o.weight_decay = 0.1, o.step = 3;
  std::vector<float> grouped = p, gm = m, gv = v;
  MUST(context, kan_adamw_step_groups(context, both, 2, group.data(), KAN_F32, kCount, grouped.data(), g.data(),
                                      gm.data(), gv.data()));
  for (int of = 0; of < 2; ++of) {
    std::vector<float> alone = p, am = m, av = v;
    MUST(context, kan_adamw_step(context, options + of, KAN_F32, kCount, alone.data(), g.data(), am.data(), av.data()));
    for (size_t i = 0; i < size_t(kCount); ++i) {
      if (group[i] == of) CHECK(grouped[i] == alone[i] && gm[i] == am[i] && gv[i] == av[i]);
    }
  }
  int frozen = 0;
  for (size_t i = 0; i < size_t(kCount); ++i) {
    if (group[i] != KAN_FROZEN) continue;
    ++frozen;
    CHECK(grouped[i] == p[i] && gm[i] == m[i] && gv[i] == v[i]);
  }
  CHECK(frozen > 0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    if (argc > 2 || std::strcmp(argv[1], "short") != 0) return std::printf("usage: sums [short]\n"), 2;
    million = 1 << 16;
  }
  for (int32_t tier = KAN_TIER_BASELINE; tier <= highest_tier(); ++tier) {
    auto spec = make_struct<kan_context_spec>();
    spec.tier = tier, spec.threads = 2;
    kan_context context;
    if (kan_context_create(&spec, &context) != KAN_OK) continue;  // a tier that this build leaves out
    long_batches(context);
    long_weights(context);
    spec.threads = 7;
    kan_context other;
    MUST(nullptr, kan_context_create(&spec, &other));
    long_edges(context, other);
    kan_context_destroy(other);
    wide(context);
    for (const int32_t dtype : {KAN_F32, KAN_F64}) gelu(context, dtype);
    for (const int64_t out : {1, 7, 40}) losses(context, out);  // rows of weights within a register and over several
    groups(context);
    kan_context_destroy(context);
  }
  return check::finish("sums");
}
