// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// tf32 and bf16 products of the dense CUDA entries against the double-precision reference: within what 10 and 7 bits of
// mantissa leave of a sum, and not as good as fp32 either, so that the products asked for are those made; and the error of
// one fp32 product. A GPU or the
// emulation is needed; without either the test says so and is not run.
#include "tests/cases.hpp"

namespace {

double largest(const Vector& v) {
  double m = 0;
  for (double a : v) m = std::fmax(m, std::fabs(a));
  return m;
}

// Largest distance over the largest number; NaN stays.
double error(const Vector& expected, const Vector& actual) {
  double m = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double d = std::fabs(actual[i] - expected[i]);
    m = !(d <= m) ? d : m;
  }
  return m / largest(expected);
}

struct Products {
  int32_t products;
  double low, high;  // of the error: more than fp32 leaves, no more than the rounding of two factors does
};

void check_case(kan_context reference, const Case& base, int64_t in, int64_t out, int64_t batch, const char* entry,
                const Products& p) {
  kan_context device = make_cuda_context(entry, p.products);
  const Case c = sized(base, in, out);
  const Model m(reference, c, 7, Guarded::kEnd);
  char taken[64];
  MUST(device, kan_layer_implementation(device, m.layer, batch, KAN_PASS_BACKWARD, taken, sizeof taken));
  CHECK_TEXT(std::string(taken) == entry, c.name + " by " + taken + " instead of " + entry);
  Random random(11);
  const Vector x = random_input(random, c, batch * c.spec.in_features);
  const Vector d_y = random_cotangent(random, KAN_F32, batch * c.spec.out_features);
  const Results expected = run_passes(reference, m, batch, x, d_y), actual = run_passes(device, m, batch, x, d_y);
  const auto check = [&](const std::string& what, const Vector& e, const Vector& a) {
    const double found = error(e, a);
    CHECK_TEXT(found > p.low && found < p.high, c.name + ", " + entry + ", products " + std::to_string(p.products) +
                                                    ": " + what + " is off by " + std::to_string(found));
  };
  for (const char* name : {"coef_scale", "base_weight"}) {
    if (expected.gradient.count(name)) check(name, expected.gradient.at(name), actual.gradient.at(name));
  }
  check("y", expected.y, actual.y);
  check("d_x", expected.d_x, actual.d_x);
  const std::string weights = c.spec.kind == KAN_LAYER_LINEAR ? "weight" : "coef";
  check(weights, expected.gradient.at(weights), actual.gradient.at(weights));
  kan_context_destroy(device);
}

// One fp32 product by three tf32 ones is off by at most 2^-19 (product.cuh): random mantissas, and the worst, whose 13 low
// bits are all ones, which must come near the bound, so that the split is the one described.
void check_split(kan_context reference) {
  kan_context device = make_cuda_context("dense_mma");
  const Case c = sized(cases_named(KAN_F32, {"linear flags 0"}).front(), 1, 64);
  Model m(reference, c, 7, Guarded::kEnd);
  Random random(3);
  Vector w(64), x(64);
  for (Vector* v : {&w, &x})
    for (double& a : *v) a = double(float(random.uniform(1, 2)));
  const double worst_number = 1 + (0x1p13 - 1) * 0x1p-23;
  w[0] = x[0] = worst_number;
  m.set(reference, m.find("weight"), w);
  const Results r = run_passes(device, m, 64, x, Vector(64 * 64, 1.0));
  double worst = 0;
  for (size_t b = 0; b < 64; ++b)
    for (size_t o = 0; o < 64; ++o) worst = std::fmax(worst, std::fabs(r.y[b * 64 + o] / (x[b] * w[o]) - 1));
  CHECK_TEXT(worst < 0x1p-19, "a product is off by " + std::to_string(worst / 0x1p-24) + " x 2^-24");
  CHECK_TEXT(std::fabs(r.y[0] / (worst_number * worst_number) - 1) > 0x1.8p-20,
             "the worst product is off by less than the split");
  kan_context_destroy(device);
}

}  // namespace

int main() {
  kan_context reference = make_context(KAN_TIER_REFERENCE, 1);
  kan_context device = make_cuda_context();
  if (!device) return 77;
  kan_context_destroy(device);
  const Products ways[] = {{KAN_PRODUCTS_TF32, 1e-5, 3e-3}, {KAN_PRODUCTS_BF16, 2e-4, 3e-2}};
  std::vector<Case> cases =
      cases_named(KAN_F32, {"linear flags 4", "rbf grid 8 base 2 flags 44", "chebyshev grid 4 base 2 flags 24"});
  for (const Case& c : cases_named(KAN_F32, {"bspline order 3 grid 5"})) {
    if (!(c.spec.flags & KAN_FLAG_SCALE) || !(c.spec.flags & KAN_FLAG_MASK)) continue;
    cases.push_back(c);
    break;
  }
  CHECK(cases.size() == 4);
  for (const Products& p : ways) {
    for (const Case& c : cases) {
      for (const char* entry : {"dense_mma", "dense_cublas"}) check_case(reference, c, 9, 70, 37, entry, p);
    }
  }
  // More weight rows an input than a block has: scale's gradient goes through memory.
  for (Case c : cases) {
    if (c.spec.basis != KAN_BASIS_BSPLINE) continue;
    c.spec.grid = 150;
    c.name += ", 150 intervals";
    for (const char* entry : {"dense_mma", "dense_cublas"})
      check_case(reference, c, 3, 70, 37, entry, {KAN_PRODUCTS_FP32, -1, 1e-5});
  }
  check_split(reference);
  kan_context_destroy(reference);
  return check::finish("cuda_products");
}
