// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The reference's gradients against central differences of its own forward pass (4 points, double precision), for every
// kind of layer, basis and flag: of every input and every trainable number. For KAN layers those of the edges' statistics too.
#include "tests/cases.hpp"

namespace {

constexpr double kStep = 1e-4;
int64_t edges_with_size = 0;  // whose |phi| was differentiated

// L = d_y . y
double objective(kan_context context, const Model& m, int64_t batch, const Vector& x, const Vector& d_y) {
  const auto sizes = m.query(context, batch, KAN_MODE_TRAIN);
  const Guarded saved(sizes.saved_bytes, 64), scratch(sizes.scratch_bytes, 64);
  Guarded buffers(m.buffers.bytes(), 8);
  std::memcpy(buffers.get(), m.buffers.get(), size_t(buffers.bytes()));
  Vector y(d_y.size());
  MUST(context, kan_layer_forward(context, m.layer, KAN_MODE_TRAIN, batch, x.data(), m.params.get(), buffers.get(),
                                  y.data(), saved.get(), scratch.get()));
  double sum = 0;
  for (size_t i = 0; i < y.size(); ++i) sum += y[i] * d_y[i];
  return sum;
}

// (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12 h
template <class F>
double difference(F&& f, double h) {
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}

bool near_kink(const Model& m, int64_t i, double x, double h) {
  if (m.spec.basis == KAN_BASIS_WAVELET || m.spec.kind == KAN_LAYER_ACTIVATION || m.spec.basis == KAN_BASIS_RATIONAL) {
    return std::fabs(x) < 4 * h;
  }
  const int64_t knots = m.find("knots");
  if (knots < 0) return false;
  const int64_t count = m.tensors[size_t(knots)].shape[1];
  for (int64_t j = 0; j < count; ++j) {
    if (std::fabs(m.natural[size_t(knots)][size_t(i * count + j)] - x) < 4 * h) return true;
  }
  return false;
}

// The gradients of f() by every number of x, which it reads, and of the layer's trainable tensors.
template <class F>
void check_gradients(kan_context context, Model& m, const std::string& name, Vector& x, const Results& r, F&& f) {
  constexpr double tolerance = 2e-7;
  for (size_t i = 0; i < x.size(); ++i) {
    const double before = x[i];
    const double expected = difference(
        [&](double step) {
          x[i] = before + step;
          return f();
        },
        kStep);
    x[i] = before;
    CHECK_TEXT(std::fabs(expected - r.d_x[i]) <= tolerance * (1 + std::fabs(expected)),
               name + " d_x[" + std::to_string(i) + "] " + std::to_string(r.d_x[i]) + " difference " +
                   std::to_string(expected));
  }
  for (size_t t = 0; t < m.tensors.size(); ++t) {
    if (m.tensors[t].role != KAN_ROLE_PARAM) continue;
    const Vector before = m.natural[t];
    const Vector& gradient = r.gradient.at(m.tensors[t].name);
    const int64_t stride = before.size() > 60 ? 7 : 1;
    for (size_t i = 0; i < before.size(); i += size_t(stride)) {
      const double expected = difference(
          [&](double step) {
            Vector moved = before;
            moved[i] += step;
            m.set(context, int64_t(t), moved);
            return f();
          },
          kStep);
      CHECK_TEXT(std::fabs(expected - gradient[i]) <= tolerance * (1 + std::fabs(expected)),
                 name + " " + m.tensors[t].name + "[" + std::to_string(i) + "] " + std::to_string(gradient[i]) +
                     " difference " + std::to_string(expected));
    }
    m.set(context, int64_t(t), before);
  }
}

void check_case(kan_context context, const Case& c, uint64_t seed) {
  constexpr int64_t batch = 3;
  Model m(context, c, seed);
  Random random(seed + 1);
  const int64_t in = m.spec.in_features;
  Vector x = random_input(random, c, batch * in);
  for (size_t i = 0; i < x.size(); ++i) {
    while (near_kink(m, int64_t(i) % in, x[i], kStep)) x[i] += 7 * kStep;
  }
  const Vector d_y = random_cotangent(random, KAN_F64, batch * m.spec.out_features);
  check_gradients(context, m, c.name, x, run_passes(context, m, batch, x, d_y),
                  [&] { return objective(context, m, batch, x, d_y); });
  if (m.spec.kind != KAN_LAYER_KAN) return;
  const EdgeCotangents e = random_edge_cotangents(context, m, batch, x, random, 0.01);
  for (double a : e.mean_abs) edges_with_size += a != 0;
  const Guarded scratch(m.query(context, batch, KAN_MODE_INFER).scratch_bytes, 64);
  Vector mean_abs(e.mean.size()), mean(e.mean.size()), deviation(e.mean.size());
  check_gradients(context, m, c.name + ", edges", x, run_edge_backward(context, m, batch, x, e), [&] {
    MUST(context, kan_layer_edge_statistics(context, m.layer, batch, x.data(), m.params.get(), m.buffers.get(),
                                            mean_abs.data(), mean.data(), deviation.data(), scratch.get()));
    double sum = 0;
    for (size_t j = 0; j < mean.size(); ++j) {
      sum += e.mean_abs[j] * mean_abs[j] + e.mean[j] * mean[j] +
             e.mean_square[j] * (deviation[j] * deviation[j] + mean[j] * mean[j]);
    }
    return sum;
  });
}

}  // namespace

int main() {
  kan_context context = make_context(KAN_TIER_REFERENCE, 1);
  uint64_t seed = 1;
  for (const Case& c : all_cases(KAN_F64)) check_case(context, sized(c, 3, 2), seed++);
  kan_context_destroy(context);
  CHECK(edges_with_size > 1000);
  return check::finish("gradient");
}
