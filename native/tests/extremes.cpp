// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Large finite inputs: where double arithmetic has a result that a float can hold, the float kernels have one too, and so have the
// gradients. One NaN of a gradient ends a training.
#include "tests/model.hpp"

namespace {

// y, d_x and d_params of one row whose first entry is `value`, on a context of the layer's dtype.
std::vector<Vector> pass(kan_context context, const Model& m, double value) {
  const int64_t in = m.spec.in_features, out = m.spec.out_features, size = size_of(m.spec.dtype);
  Vector x(size_t(in), 0.25);
  x[0] = value;
  const Guarded xs = guarded(m.spec.dtype, x), y(out * size, size), d_y = guarded(m.spec.dtype, Vector(size_t(out), 1)),
                d_x(in * size, size), d_params(m.params_count * size, size);
  const kan_layer_sizes sizes = m.query(context, 1, KAN_MODE_TRAIN);
  const Guarded saved(sizes.saved_bytes, 64), scratch(sizes.scratch_bytes, 64);
  Arrays at(context);
  MUST(context, kan_layer_forward(context, m.layer, KAN_MODE_TRAIN, 1, at(xs), at(m.params), at(m.buffers), at(y),
                                  at(saved), at(scratch)));
  MUST(context,
       kan_layer_backward(context, m.layer, 1, at.at(xs), at.at(m.params), at.at(m.buffers), at.at(saved), at(d_y),
                          KAN_GRAD_OVERWRITE, at(d_x), KAN_GRAD_OVERWRITE, at(d_params), at.at(scratch)));
  at.back();
  std::vector<Vector> all = {load(m.spec.dtype, y.get(), out), load(m.spec.dtype, d_x.get(), in)};
  for (size_t t = 0; t < m.tensors.size(); ++t) {
    if (m.tensors[t].role == KAN_ROLE_PARAM) all.push_back(m.get(context, int64_t(t), d_params.get()));
  }
  return all;
}

void finite(kan_context context, kan_context reference, kan_layer_spec spec, const std::string& name) {
  spec.in_features = 3, spec.out_features = 2, spec.dtype = KAN_F32;
  const Model m(context, {spec, name}, 4);
  spec.dtype = KAN_F64;
  Model exact(reference, {spec, name}, 4);
  for (size_t t = 0; t < m.natural.size(); ++t) exact.set(reference, int64_t(t), m.natural[t]);
  for (const double value : {1e5, -1e7, 1e9, -1e10, 7e12, -1e14, 2e19, -1e25, 3e38}) {
    if (value > 1e30 && spec.basis != KAN_BASIS_WAVELET) continue;  // others multiply it by what is above 1
    const std::vector<Vector> ours = pass(context, m, value), theirs = pass(reference, exact, value);
    for (size_t i = 0; i < ours.size(); ++i) {
      for (size_t j = 0; j < ours[i].size(); ++j) {
        if (!(std::fabs(theirs[i][j]) < 1e30)) continue;
        // Continued along a tangent, a spline multiplies the rounding of its knots by the distance: a number is all that can be asked.
        const bool value_too = !(spec.basis == KAN_BASIS_BSPLINE && spec.outside == KAN_OUTSIDE_LINEAR);
        const double bound = 1e-4 * std::fabs(theirs[i][j]) + 1e-3;
        CHECK_TEXT(std::isfinite(ours[i][j]) && (!value_too || std::fabs(ours[i][j] - theirs[i][j]) <= bound),
                   name + " at " + std::to_string(value) + ", result " + std::to_string(i) + ": " +
                       std::to_string(ours[i][j]) + ", expected " + std::to_string(theirs[i][j]));
      }
    }
  }
}

// Of the layers whose formulas hold powers of their input.
void finite(kan_context context, kan_context reference) {
  kan_layer_spec spec = layer_spec(KAN_LAYER_KAN, KAN_F32, 3, 2);
  spec.basis = KAN_BASIS_RATIONAL, spec.grid = 1, spec.flags = KAN_FLAG_TRAIN_BASIS;
  finite(context, reference, spec, "rational");
  for (const int32_t wavelet : {KAN_WAVELET_HAT, KAN_WAVELET_MORLET, KAN_WAVELET_DOG, KAN_WAVELET_MEYER}) {
    spec = layer_spec(KAN_LAYER_KAN, KAN_F32, 3, 2);
    spec.basis = KAN_BASIS_WAVELET, spec.wavelet = wavelet;
    finite(context, reference, spec, "wavelet " + std::to_string(wavelet));
  }
  for (const int32_t outside : {KAN_OUTSIDE_ZERO, KAN_OUTSIDE_CLAMP, KAN_OUTSIDE_LINEAR}) {
    spec = layer_spec(KAN_LAYER_KAN, KAN_F32, 3, 2);
    spec.basis = KAN_BASIS_BSPLINE, spec.grid = 5, spec.order = 3, spec.outside = outside;
    finite(context, reference, spec, "bspline outside " + std::to_string(outside));
  }
}

}  // namespace

// Usage: extremes, of every CPU tier, or extremes cuda.
int main(int argc, char**) {
  kan_context reference = make_context(KAN_TIER_REFERENCE, 1);
  if (argc > 1) {
    kan_context context = make_cuda_context();
    if (!context) return 77;
    finite(context, reference);
    kan_context_destroy(context);
  }
  for (int32_t tier = KAN_TIER_BASELINE; argc == 1 && tier <= highest_tier(); ++tier) {
    auto of = make_struct<kan_context_spec>();
    of.tier = tier, of.threads = 1;
    kan_context context;
    if (kan_context_create(&of, &context) != KAN_OK) continue;  // a tier that this build leaves out
    finite(context, reference);
    kan_context_destroy(context);
  }
  kan_context_destroy(reference);
  return check::finish("extremes");
}
