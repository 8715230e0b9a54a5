// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The reference's gradients against central differences of its own forward pass (4 points, double precision), for every
// kind of layer, basis and flag: of every input and every trainable number.
#include "tests/model.hpp"

namespace {

// L = d_y . y
double objective(kan_context context, const Model& m, int64_t batch, const Vector& x, const Vector& d_y) {
  const auto sizes = m.query(context, batch, KAN_MODE_TRAIN);
  const Guarded saved(sizes.saved_bytes, 64), scratch(sizes.scratch_bytes, 64);
  Guarded buffers(m.buffers.bytes(), 8);
  std::memcpy(buffers.get(), m.buffers.get(), size_t(buffers.bytes()));
  Vector y(d_y.size());
  MUST(context, kan_layer_forward(context, m.layer, KAN_MODE_TRAIN, batch, x.data(), m.params.get(), buffers.get(), y.data(),
                                  saved.get(), scratch.get()));
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

void check_case(kan_context context, const Case& c, uint64_t seed) {
  constexpr double h = 1e-4;
  constexpr int64_t batch = 3;
  Model m(context, c, seed);
  Random random(seed + 1);
  const int64_t in = m.spec.in_features;
  Vector x = random_input(random, c, batch * in);
  for (size_t i = 0; i < x.size(); ++i) {
    while (near_kink(m, int64_t(i) % in, x[i], h)) x[i] += 7 * h;
  }
  const Vector d_y = random_cotangent(random, KAN_F64, batch * m.spec.out_features);
  const Results r = run_passes(context, m, batch, x, d_y);
  const double tolerance = 2e-7;
  for (size_t i = 0; i < x.size(); ++i) {
    const double before = x[i];
    const double expected = difference([&](double step) {
      x[i] = before + step;
      return objective(context, m, batch, x, d_y);
    }, h);
    x[i] = before;
    CHECK_TEXT(std::fabs(expected - r.d_x[i]) <= tolerance * (1 + std::fabs(expected)),
               c.name + " d_x[" + std::to_string(i) + "] " + std::to_string(r.d_x[i]) + " difference " + std::to_string(expected));
  }
  for (size_t t = 0; t < m.tensors.size(); ++t) {
    if (m.tensors[t].role != KAN_ROLE_PARAM) continue;
    const Vector before = m.natural[t];
    const Vector& gradient = r.gradient.at(m.tensors[t].name);
    const int64_t stride = before.size() > 60 ? 7 : 1;
    for (size_t i = 0; i < before.size(); i += size_t(stride)) {
      const double expected = difference([&](double step) {
        Vector moved = before;
        moved[i] += step;
        m.set(context, int64_t(t), moved);
        return objective(context, m, batch, x, d_y);
      }, h);
      CHECK_TEXT(std::fabs(expected - gradient[i]) <= tolerance * (1 + std::fabs(expected)),
                 c.name + " " + m.tensors[t].name + "[" + std::to_string(i) + "] " + std::to_string(gradient[i]) + " difference " +
                     std::to_string(expected));
    }
    m.set(context, int64_t(t), before);
  }
}

}  // namespace

int main() {
  kan_context context = make_context(KAN_TIER_REFERENCE, 1);
  uint64_t seed = 1;
  for (const Case& c : all_cases(KAN_F64)) check_case(context, sized(c, 3, 2), seed++);
  kan_context_destroy(context);
  return check::finish("gradient");
}
