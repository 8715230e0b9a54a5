// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The reference tier: every operation in double, on the calling thread, in the plainest code. The oracle of the tests;
// never optimised.
#include <cmath>

#include "ref/numbers.hpp"

namespace KAN_REF_NS {
namespace {

// Scratch: the layer's own work, then for the backward pass the gradient of all params, and for the fused
// step its rounding to T.
int64_t layer_scratch(const Layer& l, int64_t batch) {
  return l.spec.kind == KAN_LAYER_KAN ? kan_scratch(l, batch) : plain_scratch(l);
}

int64_t saved_bytes(const Layer&, int64_t) { return 0; }  // backward recomputes everything from x

int64_t scratch_bytes(const Pool&, const Layer& l, int64_t batch, int32_t mode) {
  return layer_scratch(l, batch) + (mode == KAN_MODE_TRAIN ? 2 * l.params * int64_t(sizeof(Real)) : 0);
}

void forward(Pool&, const Layer& l, const ForwardArgs& a) {
  if (l.spec.kind == KAN_LAYER_KAN) kan_forward(l, a);
  else plain_forward(l, a);
}

void adamw(Pool&, const kan_adamw& o, int32_t dtype, int64_t n, void* p_, const void* g_, void* m_, void* v_) {
  const bool f64 = dtype == KAN_F64;
  const Reader p{p_, f64}, g{g_, f64}, m{m_, f64}, v{v_, f64};
  const Writer p_out{p_, f64}, m_out{m_, f64}, v_out{v_, f64};
  const Real rate = Real(o.learning_rate), decay = Real(1 - o.learning_rate * o.weight_decay), eps = Real(o.eps);
  const Real beta1 = Real(o.beta1), beta2 = Real(o.beta2);
  const Real correction1 = Real(1 - std::pow(o.beta1, double(o.step)));
  const Real correction2 = Real(1 - std::pow(o.beta2, double(o.step)));
  for (int64_t i = 0; i < n; ++i) {
    const Real m_new = beta1 * m[i] + (1 - beta1) * g[i];
    const Real v_new = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
    const Real step = m_new / correction1 / (std::sqrt(v_new / correction2) + eps);
    m_out.set(i, m_new);
    v_out.set(i, v_new);
    p_out.set(i, p[i] * decay - rate * step);
  }
}

void backward(Pool& pool, const Layer& l, const BackwardArgs& a) {
  const int64_t own = layer_scratch(l, a.batch);
  Real* gradient = reinterpret_cast<Real*>(static_cast<char*>(a.scratch) + own);
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
  const Real rate = Real(o.learning_rate), momentum = Real(o.momentum), decay = Real(o.weight_decay);
  for (int64_t i = 0; i < n; ++i) {
    const Real step = g[i] + decay * p[i];
    const Real velocity = v_ ? momentum * v[i] + step : step;
    if (v_) v_out.set(i, velocity);
    p_out.set(i, p[i] - rate * (o.nesterov ? step + momentum * velocity : velocity));
  }
}

void* number(void* base, int32_t dtype, int64_t i) {
  return base ? static_cast<char*>(base) + i * (dtype == KAN_F64 ? 8 : 4) : nullptr;
}
const void* number(const void* base, int32_t dtype, int64_t i) { return number(const_cast<void*>(base), dtype, i); }

void adamw_groups(Pool& pool, const kan_adamw* o, int32_t, const uint8_t* group, int32_t dtype, int64_t n, void* p,
                  const void* g, void* m, void* v) {
  for (int64_t i = 0; i < n; ++i) {
    if (group[i] == KAN_FROZEN) continue;
    adamw(pool, o[group[i]], dtype, 1, number(p, dtype, i), number(g, dtype, i), number(m, dtype, i),
          number(v, dtype, i));
  }
}

void sgd_groups(Pool& pool, const kan_sgd* o, int32_t, const uint8_t* group, int32_t dtype, int64_t n, void* p,
                const void* g, void* velocity) {
  for (int64_t i = 0; i < n; ++i) {
    if (group[i] == KAN_FROZEN) continue;
    const kan_sgd& mine = o[group[i]];
    sgd(pool, mine, dtype, 1, number(p, dtype, i), number(g, dtype, i),
        mine.momentum > 0 ? number(velocity, dtype, i) : nullptr);
  }
}

int64_t first_outside(Pool&, int32_t dtype, int64_t n, const void* x_, double high) {
  const Reader x{x_, dtype == KAN_F64};
  int64_t i = 0;
  while (i < n && x[i] >= 0 && x[i] <= Real(high)) ++i;
  return i;
}

void clamp(Pool&, int32_t dtype, int64_t n, double limit, void* x_) {
  const Reader x{x_, dtype == KAN_F64};
  const Writer x_out{x_, dtype == KAN_F64};
  for (int64_t i = 0; i < n; ++i)
    x_out.set(i, x[i] > Real(limit) ? Real(limit) : x[i] < -Real(limit) ? -Real(limit) : x[i]);
}

void dot(Pool&, int32_t dtype, int64_t n, const void* a_, const void* b_, double* result) {
  const Reader a{a_, dtype == KAN_F64}, b{b_, dtype == KAN_F64};
  Real sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
  *result = sum;
}

void axpy(Pool&, int32_t dtype, int64_t n, double alpha, const void* x_, void* y_) {
  const Reader x{x_, dtype == KAN_F64}, y{y_, dtype == KAN_F64};
  const Writer y_out{y_, dtype == KAN_F64};
  for (int64_t i = 0; i < n; ++i) y_out.set(i, y[i] + Real(alpha) * x[i]);
}

void scale(Pool&, int32_t dtype, int64_t n, double alpha, void* x_) {
  const Reader x{x_, dtype == KAN_F64};
  const Writer x_out{x_, dtype == KAN_F64};
  for (int64_t i = 0; i < n; ++i) x_out.set(i, x[i] * Real(alpha));
}

// The loss of one output and its derivative in the prediction.
void element_loss(int32_t kind, Real delta, Real p, Real t, Real& value, Real& derivative) {
  const Real d = p - t;
  switch (kind) {
    case KAN_LOSS_BCE_LOGITS:  // -t log s(p) - (1 - t) log(1 - s(p)) = max(p, 0) - p t + log(1 + exp(-|p|))
      value = (p > 0 ? p : 0) - p * t + std::log1p(std::exp(-std::fabs(p)));
      derivative = 1 / (1 + std::exp(-p)) - t;
      break;
    case KAN_LOSS_BCE_POSITIVE:  // -delta t log s(p) - (1 - t) log(1 - s(p))
      value = delta * t * (std::log1p(std::exp(-std::fabs(p))) + (p < 0 ? -p : 0)) +
              (1 - t) * (std::log1p(std::exp(-std::fabs(p))) + (p > 0 ? p : 0));
      derivative = (1 - t) / (1 + std::exp(-p)) - delta * t / (1 + std::exp(p));
      break;
    case KAN_LOSS_HUBER:
      value = std::fabs(d) <= delta ? d * d / 2 : delta * (std::fabs(d) - delta / 2);
      derivative = std::fabs(d) <= delta ? d : d > 0 ? delta : d < 0 ? -delta : d;  // NaN stays
      break;
    default:
      value = d * d;
      derivative = 2 * d;
      break;
  }
}

void loss(Pool&, const LossArgs& a, double* result) {
  const bool f64 = a.dtype == KAN_F64;
  const Reader p{a.p, f64}, t{a.target, f64}, weights{a.weights, f64};
  const Writer d_p{a.d_p, f64};
  Real total = 0, value = 0;
  for (int64_t b = 0; b < a.batch; ++b) total += a.weights ? weights[b] : 1;
  for (int64_t b = 0; b < a.batch; ++b) {
    const Real weight = (a.weights ? weights[b] : 1) / total;
    const int64_t row = b * a.out;
    if (a.kind == KAN_LOSS_CROSS_ENTROPY) {
      const int64_t label = static_cast<const int32_t*>(a.target)[b];
      Real highest = p[row], sum = 0;
      for (int64_t o = 1; o < a.out; ++o) highest = p[row + o] > highest ? p[row + o] : highest;
      for (int64_t o = 0; o < a.out; ++o) sum += std::exp(p[row + o] - highest);
      value += weight * (std::log(sum) + highest - p[row + label]);
      for (int64_t o = 0; a.d_p && o < a.out; ++o) {
        d_p.set(row + o, weight * (std::exp(p[row + o] - highest) / sum - (o == label ? 1 : 0)));
      }
      continue;
    }
    for (int64_t o = 0; o < a.out; ++o) {
      Real l, d;
      element_loss(a.kind, Real(a.delta), p[row + o], t[row + o], l, d);
      const bool binary = a.kind == KAN_LOSS_BCE_LOGITS || a.kind == KAN_LOSS_BCE_POSITIVE;
      if (binary && !(t[row + o] >= 0 && t[row + o] <= 1)) l = NAN;
      value += weight / Real(a.out) * l;
      if (a.d_p) d_p.set(row + o, weight / Real(a.out) * d);
    }
  }
  *result = value;
}

void edge_backward(Pool&, const Layer& l, const EdgeBackwardArgs& a) {
  Real* gradient = reinterpret_cast<Real*>(static_cast<char*>(a.pass.scratch) + layer_scratch(l, a.pass.batch));
  for (int64_t p = 0; p < l.params; ++p) gradient[p] = 0;
  kan_edge_backward(l, a, gradient, a.pass.scratch);
  const Writer d_params{a.pass.d_params, l.f64};
  for (int64_t p = 0; p < l.params; ++p) d_params.put(a.pass.d_params_mode, p, gradient[p]);
}

void edge_statistics(Pool&, const Layer& l, const EdgeStatisticsArgs& a) { kan_edge_statistics(l, a); }

void basis(Pool&, const Layer& l, int64_t batch, const void* x, const void* params, const void* buffers, void* phi) {
  kan_basis_values(l, batch, x, params, buffers, phi);
}

}  // namespace
}  // namespace KAN_REF_NS

namespace kan {

const Kernels& KAN_REF_KERNELS() {
  static constexpr Kernels kernels = {"reference",
                                      KAN_REF_NS::saved_bytes,
                                      KAN_REF_NS::scratch_bytes,
                                      KAN_REF_NS::forward,
                                      KAN_REF_NS::backward,
                                      KAN_REF_NS::adamw,
                                      KAN_REF_NS::sgd,
                                      KAN_REF_NS::dot,
                                      KAN_REF_NS::axpy,
                                      KAN_REF_NS::scale,
                                      KAN_REF_NS::adamw_groups,
                                      KAN_REF_NS::sgd_groups,
                                      KAN_REF_NS::clamp,
                                      KAN_REF_NS::loss,
                                      KAN_REF_NS::edge_statistics,
                                      KAN_REF_NS::basis,
                                      KAN_REF_NS::edge_backward,
                                      KAN_REF_NS::first_outside,
                                      nullptr};
  return kernels;
}

}  // namespace kan
