// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The reference tier: every operation in double, on the calling thread, in the plainest code. The oracle of the tests;
// never optimised.
#include <cmath>

#include "ref/numbers.hpp"

namespace kan::ref {
namespace {

// Scratch: the layer's own work, then for the backward pass the gradient of all params in double, and for the fused
// step its rounding to T.
int64_t layer_scratch(const Layer& l, int64_t batch) {
  return l.spec.kind == KAN_LAYER_KAN ? kan_scratch(l, batch) : plain_scratch(l);
}

int64_t saved_bytes(const Layer&, int64_t) { return 0; }  // backward recomputes everything from x

int64_t scratch_bytes(const Layer& l, int64_t batch, int32_t mode, int) {
  return layer_scratch(l, batch) + (mode == KAN_MODE_TRAIN ? 2 * l.params * int64_t(sizeof(double)) : 0);
}

void forward(Pool&, const Layer& l, const ForwardArgs& a) {
  if (l.spec.kind == KAN_LAYER_KAN) kan_forward(l, a);
  else plain_forward(l, a);
}

void adamw(Pool&, const kan_adamw& o, int32_t dtype, int64_t n, void* p_, const void* g_, void* m_, void* v_) {
  const bool f64 = dtype == KAN_F64;
  const Reader p{p_, f64}, g{g_, f64}, m{m_, f64}, v{v_, f64};
  const Writer p_out{p_, f64}, m_out{m_, f64}, v_out{v_, f64};
  const double correction1 = 1 - std::pow(o.beta1, double(o.step)), correction2 = 1 - std::pow(o.beta2, double(o.step));
  for (int64_t i = 0; i < n; ++i) {
    const double m_new = o.beta1 * m[i] + (1 - o.beta1) * g[i];
    const double v_new = o.beta2 * v[i] + (1 - o.beta2) * g[i] * g[i];
    const double decayed = p[i] * (1 - o.learning_rate * o.weight_decay);
    const double step = m_new / correction1 / (std::sqrt(v_new / correction2) + o.eps);
    m_out.set(i, m_new);
    v_out.set(i, v_new);
    p_out.set(i, decayed - o.learning_rate * step);
  }
}

void backward(Pool& pool, const Layer& l, const BackwardArgs& a) {
  const int64_t own = layer_scratch(l, a.batch);
  double* gradient = reinterpret_cast<double*>(static_cast<char*>(a.scratch) + own);
  for (int64_t p = 0; p < l.params; ++p) gradient[p] = 0;
  if (l.spec.kind == KAN_LAYER_KAN) kan_backward(l, a, gradient, a.scratch);
  else plain_backward(l, a, gradient, a.scratch);
  if (a.adam) {
    const Writer rounded{gradient + l.params, l.f64};
    for (int64_t p = 0; p < l.params; ++p) rounded.set(p, gradient[p]);
    adamw(pool, *a.adam, l.spec.dtype, l.params, a.params_out, rounded.data, a.m, a.v);
    return;
  }
  const Writer d_params{a.d_params, l.f64};
  for (int64_t p = 0; p < l.params; ++p) d_params.put(a.d_params_mode, p, gradient[p]);
}

void sgd(Pool&, const kan_sgd& o, int32_t dtype, int64_t n, void* p_, const void* g_, void* v_) {
  const bool f64 = dtype == KAN_F64;
  const Reader p{p_, f64}, g{g_, f64}, v{v_, f64};
  const Writer p_out{p_, f64}, v_out{v_, f64};
  for (int64_t i = 0; i < n; ++i) {
    const double step = g[i] + o.weight_decay * p[i];
    const double velocity = v_ ? o.momentum * v[i] + step : step;
    if (v_) v_out.set(i, velocity);
    p_out.set(i, p[i] - o.learning_rate * (o.nesterov ? step + o.momentum * velocity : velocity));
  }
}

double dot(Pool&, int32_t dtype, int64_t n, const void* a_, const void* b_) {
  const Reader a{a_, dtype == KAN_F64}, b{b_, dtype == KAN_F64};
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

void axpy(Pool&, int32_t dtype, int64_t n, double alpha, const void* x_, void* y_) {
  const Reader x{x_, dtype == KAN_F64}, y{y_, dtype == KAN_F64};
  const Writer y_out{y_, dtype == KAN_F64};
  for (int64_t i = 0; i < n; ++i) y_out.set(i, y[i] + alpha * x[i]);
}

void scale(Pool&, int32_t dtype, int64_t n, double alpha, void* x_) {
  const Reader x{x_, dtype == KAN_F64};
  const Writer x_out{x_, dtype == KAN_F64};
  for (int64_t i = 0; i < n; ++i) x_out.set(i, x[i] * alpha);
}

// The loss of one output and its derivative in the prediction.
void element_loss(int32_t kind, double delta, double p, double t, double& value, double& derivative) {
  const double d = p - t;
  switch (kind) {
    case KAN_LOSS_BCE_LOGITS:  // -t log s(p) - (1 - t) log(1 - s(p)) = max(p, 0) - p t + log(1 + exp(-|p|))
      value = (p > 0 ? p : 0) - p * t + std::log1p(std::exp(-std::fabs(p)));
      derivative = 1 / (1 + std::exp(-p)) - t;
      break;
    case KAN_LOSS_HUBER:
      value = std::fabs(d) <= delta ? d * d / 2 : delta * (std::fabs(d) - delta / 2);
      derivative = std::fabs(d) <= delta ? d : std::copysign(delta, d);
      break;
    default:
      value = d * d;
      derivative = 2 * d;
      break;
  }
}

double loss(Pool&, const LossArgs& a) {
  const bool f64 = a.dtype == KAN_F64;
  const Reader p{a.p, f64}, t{a.target, f64}, weights{a.weights, f64};
  const Writer d_p{a.d_p, f64};
  double total = 0, value = 0;
  for (int64_t b = 0; b < a.batch; ++b) total += a.weights ? weights[b] : 1;
  for (int64_t b = 0; b < a.batch; ++b) {
    const double weight = (a.weights ? weights[b] : 1) / total;
    const int64_t row = b * a.out;
    if (a.kind == KAN_LOSS_CROSS_ENTROPY) {
      const int64_t label = static_cast<const int32_t*>(a.target)[b];
      double highest = p[row], sum = 0;
      for (int64_t o = 1; o < a.out; ++o) highest = p[row + o] > highest ? p[row + o] : highest;
      for (int64_t o = 0; o < a.out; ++o) sum += std::exp(p[row + o] - highest);
      value += weight * (std::log(sum) + highest - p[row + label]);
      for (int64_t o = 0; a.d_p && o < a.out; ++o) {
        d_p.set(row + o, weight * (std::exp(p[row + o] - highest) / sum - (o == label ? 1 : 0)));
      }
      continue;
    }
    for (int64_t o = 0; o < a.out; ++o) {
      double l, d;
      element_loss(a.kind, a.delta, p[row + o], t[row + o], l, d);
      value += weight / double(a.out) * l;
      if (a.d_p) d_p.set(row + o, weight / double(a.out) * d);
    }
  }
  return value;
}

void edge_statistics(Pool&, const Layer& l, const EdgeStatisticsArgs& a) { kan_edge_statistics(l, a); }

void basis(Pool&, const Layer& l, int64_t batch, const void* x, const void* params, const void* buffers, void* phi) {
  kan_basis_values(l, batch, x, params, buffers, phi);
}

}  // namespace
}  // namespace kan::ref

namespace kan {

const Kernels& reference_kernels() {
  static constexpr Kernels kernels = {"reference", ref::saved_bytes, ref::scratch_bytes, ref::forward,
                                      ref::backward, ref::adamw, ref::sgd, ref::dot, ref::axpy, ref::scale,
                                      ref::loss, ref::edge_statistics, ref::basis};
  return kernels;
}

}  // namespace kan
