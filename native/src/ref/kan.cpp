// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Reference of KAN_LAYER_KAN: y_o = bias_o + sum_i mask_oi (base_oi b(x_i) + scale_oi sum_r coef_oir phi_r(z_i)), z = x or
// LayerNorm(x); wavelets y_o = bias_o + sum_i weight_oi psi((x_i - translation_oi) / scale_oi). Row by row, edge by edge.
#include "ref/numbers.hpp"
#include "ref/spline.hpp"

#include "basis/activation.hpp"
#include "basis/all.hpp"
#include "basis/view.hpp"

#include <vector>

namespace KAN_REF_NS {
namespace {

struct Work {
  Real* own[kOwnTensors];   // what the basis is made of, as doubles
  Real *x, *z, *d_z, *d_x;  // (in), one row
  Real *phi, *d_phi, *g;    // (n), one input
  Real* sum;                // (out), one row

  Work(const Layer& l, Bump bump)
      : own{bump.take(l.own[0].numbers), bump.take(l.own[1].numbers), bump.take(l.own[2].numbers)}, x(bump.take(l.in)),
        z(bump.take(l.in)), d_z(bump.take(l.in)), d_x(bump.take(l.in)), phi(bump.take(l.n)), d_phi(bump.take(l.n)),
        g(bump.take(l.n)), sum(bump.take(l.out)), used(bump.used) {}

  int64_t used;
};

// A layer with its numbers for one call.
struct Net {
  const Layer& l;
  Reader params, buffers;
  Work w;

  Net(const Layer& layer, const void* p, const void* b, void* scratch)
      : l(layer), params{p, layer.f64}, buffers{b, layer.f64}, w(layer, Bump{static_cast<char*>(scratch)}) {
    for (int t = 0; t < kOwnTensors; ++t) {
      const Reader& from = l.own[t].trained ? params : buffers;
      for (int64_t k = 0; k < l.own[t].numbers; ++k) w.own[t][k] = from[l.own[t].offset + k];
    }
  }

  Reader at(int64_t offset) const { return {static_cast<const char*>(params.data) + offset * (l.f64 ? 8 : 4), l.f64}; }
  int64_t index(int64_t row, int64_t o, int64_t i) const { return tiled_index(l, l.rows, row, o, i); }
  Real weight(int64_t row, int64_t o, int64_t i) const { return params[index(row, o, i)]; }
  Real mask(int64_t o, int64_t i) const { return l.mask >= 0 ? buffers[l.mask + tiled_index(l, 1, 0, o, i)] : 1; }
  Real scale(int64_t o, int64_t i) const { return l.scale_row >= 0 ? weight(l.scale_row, o, i) : 1; }
  Real bias(int64_t o) const { return l.bias >= 0 ? params[l.bias + o] : 0; }
  Real wavelet_factor(int64_t i) const { return Real(wavelet_window(l.spec.wavelet, i, l.in)); }

  // Reads a row into w.x and what its basis sees into w.z.
  Norm read_row(const Reader& x, int64_t b) const {
    for (int64_t i = 0; i < l.in; ++i) w.x[i] = w.z[i] = x[b * l.in + i];
    if (!l.flag(KAN_FLAG_NORM)) return {};
    return normalise(l.in, w.x, l.spec.shape[2], at(l.norm_weight), at(l.norm_bias), w.z);
  }
  const Real* base_input() const { return l.flag(KAN_FLAG_BASE_NORM) ? w.z : w.x; }

  BasisView<Real> view(int64_t i) const {
    BasisView<Real> v{};
    v.n = l.n;
    v.grid = l.spec.grid;
    v.order = l.spec.order;
    v.shape_a = l.spec.shape[0];
    v.shape_b = l.spec.shape[1];
    for (int t = 0; t < kOwnTensors; ++t)
      v.own[t] = l.own[t].count ? w.own[t] + holder(l.own[t], i) * l.own[t].count : nullptr;
    return v;
  }
  // The knots are a spline's only tensor, and the last of BSRBF's.
  const Real* knots(int64_t i) const { return view(i).own[l.spec.basis == KAN_BASIS_BSPLINE ? 0 : 2]; }

  // w.phi and, for the splines, w.d_phi of input i at z.
  void evaluate(int64_t i, Real z) const {
    const auto store = [&](int64_t r, Real value) { w.phi[r] = value; };
    switch (l.spec.basis) {
// clang-format off
#define KAN_GLOBAL_BASIS(name, constant, policy) \
  case constant: policy<Real>::eval(view(i), z, store); break;
#include "registry/basis.inc"
        // clang-format on
      default: break;
    }
    if (l.spec.basis == KAN_BASIS_BSPLINE || l.spec.basis == KAN_BASIS_BSRBF) {
      const bool sum = l.spec.basis == KAN_BASIS_BSRBF;  // not the policy's own recurrence: this is its oracle
      spline(knots(i), l.spec.grid, l.spec.order, sum ? KAN_OUTSIDE_ZERO : l.spec.outside, z, w.phi, w.d_phi);
      if (sum) {
        Rbf<Real>::eval(view(i), z, [&](int64_t r, Real value) { w.phi[r] += value; });
      }
    }
  }

  // dL/dz of input i from w.g = dL/dphi, after evaluate(); adds dL/dtheta to gradient.
  Real pull_back(int64_t i, Real z, Real* gradient) const {
    const auto g = [&](int64_t r) { return w.g[r]; };
    const auto accumulate = [&](int64_t k, Real value) {
      if (l.theta_trained) gradient[l.theta + theta_index(l.own, i, k)] += value;
    };
    Real d_spline = 0;
    if (l.spec.basis == KAN_BASIS_BSPLINE || l.spec.basis == KAN_BASIS_BSRBF) {
      for (int64_t r = 0; r < l.n; ++r) d_spline += w.g[r] * w.d_phi[r];
    }
    if (l.spec.basis == KAN_BASIS_BSPLINE) return d_spline;
    if (l.spec.basis == KAN_BASIS_BSRBF)
      return d_spline + Rbf<Real>::vjp<true>(view(i), z, g, accumulate, [](int32_t, Real) {});
// clang-format off
#define KAN_GLOBAL_BASIS(name, constant, policy) \
  if (l.spec.basis == constant) return policy<Real>::vjp<true>(view(i), z, g, accumulate, [](int32_t, Real) {});
#include "registry/basis.inc"
    // clang-format on
    return 0;
  }

  // psi and its derivative at u.
  void psi(Real u, Real& value, Real& derivative) const {
    switch (l.spec.wavelet) {
      case KAN_WAVELET_HAT: wavelet<KAN_WAVELET_HAT>(u, value, derivative); break;
      case KAN_WAVELET_MORLET: wavelet<KAN_WAVELET_MORLET>(u, value, derivative); break;
      case KAN_WAVELET_DOG: wavelet<KAN_WAVELET_DOG>(u, value, derivative); break;
      case KAN_WAVELET_MEYER: wavelet<KAN_WAVELET_MEYER>(u, value, derivative); break;
      default: wavelet<KAN_WAVELET_SHANNON>(u, value, derivative); break;
    }
  }

  // phi_oi of the current row, after evaluate(i, .) unless it is a wavelet.
  Real edge(int64_t o, int64_t i, Real base) const {
    Real value, derivative;
    if (l.spec.basis == KAN_BASIS_WAVELET) {
      psi((w.x[i] - weight(2, o, i)) / weight(1, o, i), value, derivative);
      return weight(0, o, i) * wavelet_factor(i) * value;
    }
    const Real branch = l.base_row >= 0 ? weight(l.base_row, o, i) * base : 0;
    return mask(o, i) * (branch + scale(o, i) * spline_sum(o, i));
  }
  Real spline_sum(int64_t o, int64_t i) const {
    Real sum = 0;
    for (int64_t r = 0; r < l.n; ++r) sum += weight(l.coef_row + r, o, i) * w.phi[r];
    return sum;
  }
};

}  // namespace

int64_t kan_scratch(const Layer& l, int64_t) { return Work(l, Bump{}).used; }

void kan_forward(const Layer& l, const ForwardArgs& a) {
  const Net net(l, a.params, a.buffers, a.scratch);
  const Reader x{a.x, l.f64};
  const Writer y{a.y, l.f64};
  for (int64_t b = 0; b < a.batch; ++b) {
    net.read_row(x, b);
    for (int64_t o = 0; o < l.out; ++o) net.w.sum[o] = net.bias(o);
    for (int64_t i = 0; i < l.in; ++i) {
      const Real base = activation(l.spec.base, net.base_input()[i]);
      if (l.spec.basis != KAN_BASIS_WAVELET) net.evaluate(i, net.w.z[i]);
      for (int64_t o = 0; o < l.out; ++o) net.w.sum[o] += net.edge(o, i, base);
    }
    for (int64_t o = 0; o < l.out; ++o) y.set(b * l.out + o, net.w.sum[o]);
  }
}

namespace {

// The gradients by input and params from dL/dphi_oi of every row, cotangent(b, o, i, base) after evaluate(i, .).
template <class Cotangent>
void backward_rows(const Net& net, const BackwardArgs& a, Real* gradient, Cotangent&& cotangent) {
  const Layer& l = net.l;
  const Work& w = net.w;
  const Reader x{a.x, l.f64};
  const Writer d_x{a.d_x, l.f64};
  for (int64_t b = 0; b < a.batch; ++b) {
    const Norm norm = net.read_row(x, b);
    for (int64_t i = 0; i < l.in; ++i) {
      w.d_x[i] = w.d_z[i] = 0;
      if (l.spec.basis == KAN_BASIS_WAVELET) {
        for (int64_t o = 0; o < l.out; ++o) {
          // y = w psi(u), u = (x - tau) / s
          const Real s = net.weight(1, o, i), u = (w.x[i] - net.weight(2, o, i)) / s;
          const Real dy = cotangent(b, o, i, Real(0)) * net.wavelet_factor(i);
          Real value, derivative;
          net.psi(u, value, derivative);
          const Real d_u = dy * net.weight(0, o, i) * derivative;
          gradient[net.index(0, o, i)] += dy * value;
          gradient[net.index(1, o, i)] += -d_u * u / s;
          gradient[net.index(2, o, i)] += -d_u / s;
          w.d_x[i] += d_u / s;
        }
        continue;
      }
      const Real base = activation(l.spec.base, net.base_input()[i]);
      Real base_sum = 0;
      net.evaluate(i, w.z[i]);
      for (int64_t r = 0; r < l.n; ++r) w.g[r] = 0;
      for (int64_t o = 0; o < l.out; ++o) {
        const Real dy = cotangent(b, o, i, base) * net.mask(o, i), scale = net.scale(o, i);
        if (l.base_row >= 0) {
          gradient[net.index(l.base_row, o, i)] += dy * base;
          base_sum += dy * net.weight(l.base_row, o, i);
        }
        if (l.scale_row >= 0) gradient[net.index(l.scale_row, o, i)] += dy * net.spline_sum(o, i);
        for (int64_t r = 0; r < l.n; ++r) {
          gradient[net.index(l.coef_row + r, o, i)] += dy * scale * w.phi[r];
          w.g[r] += dy * scale * net.weight(l.coef_row + r, o, i);
        }
      }
      if (l.base_row >= 0)
        (l.flag(KAN_FLAG_BASE_NORM) ? w.d_z : w.d_x)[i] +=
            base_sum * activation_derivative(l.spec.base, net.base_input()[i]);
      w.d_z[i] += net.pull_back(i, w.z[i], gradient);
    }
    if (l.flag(KAN_FLAG_NORM)) {
      normalise_backward(l.in, w.x, norm, net.at(l.norm_weight), w.d_z, w.d_x, gradient + l.norm_weight,
                         gradient + l.norm_bias);
    } else {
      for (int64_t i = 0; i < l.in; ++i) w.d_x[i] += w.d_z[i];
    }
    for (int64_t i = 0; i < l.in; ++i) d_x.put(a.d_x_mode, b * l.in + i, w.d_x[i]);
  }
}

}  // namespace

void kan_backward(const Layer& l, const BackwardArgs& a, Real* gradient, void* scratch) {
  const Net net(l, a.params, a.buffers, scratch);
  const Reader d_y{a.d_y, l.f64};
  for (int64_t b = 0; l.bias >= 0 && b < a.batch; ++b) {
    for (int64_t o = 0; o < l.out; ++o) gradient[l.bias + o] += d_y[b * l.out + o];
  }
  backward_rows(net, a, gradient, [&](int64_t b, int64_t o, int64_t, Real) { return d_y[b * l.out + o]; });
}

void kan_edge_backward(const Layer& l, const EdgeBackwardArgs& a, Real* gradient, void* scratch) {
  const Net net(l, a.pass.params, a.pass.buffers, scratch);
  backward_rows(net, a.pass, gradient, [&](int64_t, int64_t o, int64_t i, Real base) {
    const Real phi = net.edge(o, i, base);
    const int64_t e = o * l.in + i;
    Real g = 0;
    if (a.d_mean_abs) g += Real(a.d_mean_abs[e]) * (phi > 0 ? 1 : phi < 0 ? -1 : phi);  // 0 at 0; NaN stays
    if (a.d_mean) g += Real(a.d_mean[e]);
    if (a.d_mean_square) g += 2 * Real(a.d_mean_square[e]) * phi;
    return g / Real(a.pass.batch);
  });
}

void kan_edge_statistics(const Layer& l, const EdgeStatisticsArgs& a) {
  const Net net(l, a.params, a.buffers, a.scratch);
  const Reader x{a.x, l.f64};
  const Real batch = Real(a.batch);
  // Two passes over the batch for every input: sums, then squared distances from the mean.
  for (int64_t i = 0; i < l.in; ++i) {
    const auto for_each_edge = [&](auto&& f) {
      for (int64_t b = 0; b < a.batch; ++b) {
        if (l.flag(KAN_FLAG_NORM)) net.read_row(x, b);
        else net.w.x[i] = net.w.z[i] = x[b * l.in + i];
        const Real base = activation(l.spec.base, net.base_input()[i]);
        if (l.spec.basis != KAN_BASIS_WAVELET) net.evaluate(i, net.w.z[i]);
        for (int64_t o = 0; o < l.out; ++o) f(o, net.edge(o, i, base));
      }
    };
    for (int64_t o = 0; o < l.out; ++o) {
      net.w.sum[o] = 0;
      if (a.mean_abs) a.mean_abs[o * l.in + i] = 0;
      if (a.deviation) a.deviation[o * l.in + i] = 0;
    }
    for_each_edge([&](int64_t o, Real phi) {
      net.w.sum[o] += phi;
      if (a.mean_abs) a.mean_abs[o * l.in + i] += (phi < 0 ? -phi : phi) / batch;
    });
    if (a.deviation) {
      for_each_edge([&](int64_t o, Real phi) {
        const Real d = phi - net.w.sum[o] / batch;
        a.deviation[o * l.in + i] += d * d;
      });
    }
    for (int64_t o = 0; o < l.out; ++o) {
      if (a.mean) a.mean[o * l.in + i] = net.w.sum[o] / batch;
      if (a.deviation) a.deviation[o * l.in + i] = sqrt(a.deviation[o * l.in + i] / batch);
    }
  }
}

// The one reference operation that allocates: it has no scratch argument, and no training or inference path uses it.
void kan_basis_values(const Layer& l, int64_t batch, const void* x, const void* params, const void* buffers,
                      void* phi) {
  std::vector<Real> scratch(size_t(kan_scratch(l, batch)) / sizeof(Real));
  const Net net(l, params, buffers, scratch.data());
  const Reader in{x, l.f64};
  const Writer out{phi, l.f64};
  for (int64_t p = 0; p < batch * l.in; ++p) {
    net.evaluate(p % l.in, in[p]);
    for (int64_t r = 0; r < l.n; ++r) out.set(p * l.n + r, net.w.phi[r]);
  }
}

}  // namespace KAN_REF_NS
