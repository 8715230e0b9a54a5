// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Reference of LINEAR, LAYERNORM, BATCHNORM, ACTIVATION, MULTIPLY and AFFINE.
#include "ref/numbers.hpp"

#include "basis/activation.hpp"

namespace KAN_REF_NS {
namespace {

struct Work {
  Real *x, *y, *d_y, *d_x;  // one row, or one column for BATCHNORM

  Work(const Layer& l, Bump bump)
      : x(bump.take(l.in)), y(bump.take(l.out)), d_y(bump.take(l.out)), d_x(bump.take(l.in)), used(bump.used) {}

  int64_t used;
};

Reader at(const Layer& l, const void* params, int64_t offset) {
  return {static_cast<const char*>(params) + offset * (l.f64 ? 8 : 4), l.f64};
}

// Mean and biased variance of feature i over the batch.
void batch_moments(const Layer& l, int64_t batch, const Reader& x, int64_t i, Real& mean, Real& variance) {
  Real sum = 0, squares = 0;
  for (int64_t b = 0; b < batch; ++b) sum += x[b * l.in + i];
  mean = sum / Real(batch);
  for (int64_t b = 0; b < batch; ++b) squares += (x[b * l.in + i] - mean) * (x[b * l.in + i] - mean);
  variance = squares / Real(batch);
}

void batchnorm_forward(const Layer& l, const ForwardArgs& a) {
  const Reader x{a.x, l.f64}, params{a.params, l.f64}, buffers{a.buffers, l.f64};
  const Writer y{a.y, l.f64}, running{a.buffers, l.f64};
  const Real eps = Real(l.spec.shape[2]), momentum = Real(l.spec.shape[3]), n = Real(a.batch);
  for (int64_t i = 0; i < l.in; ++i) {
    Real mean = buffers[l.running_mean + i], variance = buffers[l.running_var + i];
    if (a.mode == KAN_MODE_TRAIN && !l.flag(KAN_FLAG_RUNNING_STATS)) {
      const Real old_mean = mean, old_variance = variance;
      batch_moments(l, a.batch, x, i, mean, variance);
      running.set(l.running_mean + i, (1 - momentum) * old_mean + momentum * mean);
      const Real unbiased = n > 1 ? variance * n / (n - 1) : variance;
      running.set(l.running_var + i, (1 - momentum) * old_variance + momentum * unbiased);
    }
    const Real inverse = 1 / sqrt(variance + eps);
    for (int64_t b = 0; b < a.batch; ++b) {
      y.set(b * l.in + i, (x[b * l.in + i] - mean) * inverse * params[l.affine_weight + i] + params[l.affine_bias + i]);
    }
  }
}

void batchnorm_backward(const Layer& l, const BackwardArgs& a, Real* gradient) {
  const Reader x{a.x, l.f64}, params{a.params, l.f64}, d_y{a.d_y, l.f64}, buffers{a.buffers, l.f64};
  const Writer d_x{a.d_x, l.f64};
  const Real n = Real(a.batch);
  const bool running = l.flag(KAN_FLAG_RUNNING_STATS);  // then mean and variance are constants
  for (int64_t i = 0; i < l.in; ++i) {
    Real mean = buffers[l.running_mean + i], variance = buffers[l.running_var + i], sum = 0, dot = 0;
    if (!running) batch_moments(l, a.batch, x, i, mean, variance);
    const Real inverse = 1 / sqrt(variance + Real(l.spec.shape[2]));
    for (int64_t b = 0; b < a.batch; ++b) {
      sum += d_y[b * l.in + i];
      dot += d_y[b * l.in + i] * (x[b * l.in + i] - mean) * inverse;
    }
    gradient[l.affine_weight + i] += dot;
    gradient[l.affine_bias + i] += sum;
    for (int64_t b = 0; b < a.batch; ++b) {
      const Real unit = (x[b * l.in + i] - mean) * inverse;
      d_x.put(a.d_x_mode, b * l.in + i,
              params[l.affine_weight + i] * inverse * (d_y[b * l.in + i] - (running ? 0 : sum / n + unit * dot / n)));
    }
  }
}

// y of one row in w.y from w.x; LINEAR, LAYERNORM, ACTIVATION, MULTIPLY, AFFINE.
void forward_row(const Layer& l, const Work& w, const void* params_) {
  const Reader params{params_, l.f64};
  switch (l.spec.kind) {
    case KAN_LAYER_LINEAR:
      for (int64_t o = 0; o < l.out; ++o) {
        w.y[o] = l.bias >= 0 ? params[l.bias + o] : 0;
        for (int64_t i = 0; i < l.in; ++i) w.y[o] += params[tiled_index(l, 1, 0, o, i)] * w.x[i];
      }
      break;
    case KAN_LAYER_LAYERNORM:
      normalise(l.in, w.x, l.spec.shape[2], at(l, params_, l.affine_weight), at(l, params_, l.affine_bias), w.y);
      break;
    case KAN_LAYER_ACTIVATION:
      for (int64_t i = 0; i < l.in; ++i) w.y[i] = activation(l.spec.activation, w.x[i]);
      break;
    case KAN_LAYER_MULTIPLY:
      for (int64_t o = 0; o < l.out; ++o) {
        if (o < l.spec.grid) {
          w.y[o] = w.x[o];
        } else {
          const Real* run = w.x + l.spec.grid + (o - l.spec.grid) * l.spec.order;
          w.y[o] = run[0];
          for (int64_t j = 1; j < l.spec.order; ++j) w.y[o] *= run[j];
        }
      }
      break;
    default:
      for (int64_t i = 0; i < l.in; ++i) w.y[i] = params[l.affine_weight + i] * w.x[i] + params[l.affine_bias + i];
      break;
  }
}

void backward_row(const Layer& l, const Work& w, const void* params_, Real* gradient) {
  const Reader params{params_, l.f64};
  for (int64_t i = 0; i < l.in; ++i) w.d_x[i] = 0;
  switch (l.spec.kind) {
    case KAN_LAYER_LINEAR:
      for (int64_t o = 0; o < l.out; ++o) {
        if (l.bias >= 0) gradient[l.bias + o] += w.d_y[o];
        for (int64_t i = 0; i < l.in; ++i) {
          const int64_t p = tiled_index(l, 1, 0, o, i);
          gradient[p] += w.d_y[o] * w.x[i];
          w.d_x[i] += w.d_y[o] * params[p];
        }
      }
      break;
    case KAN_LAYER_LAYERNORM: {
      const Reader weight = at(l, params_, l.affine_weight);
      const Norm norm = normalise(l.in, w.x, l.spec.shape[2], weight, at(l, params_, l.affine_bias), w.y);
      normalise_backward(l.in, w.x, norm, weight, w.d_y, w.d_x, gradient + l.affine_weight, gradient + l.affine_bias);
      break;
    }
    case KAN_LAYER_ACTIVATION:
      for (int64_t i = 0; i < l.in; ++i) w.d_x[i] = w.d_y[i] * activation_derivative(l.spec.activation, w.x[i]);
      break;
    case KAN_LAYER_MULTIPLY:
      for (int64_t o = 0; o < l.out; ++o) {
        if (o < l.spec.grid) {
          w.d_x[o] = w.d_y[o];
          continue;
        }
        const int64_t first = l.spec.grid + (o - l.spec.grid) * l.spec.order;
        for (int64_t j = 0; j < l.spec.order; ++j) {
          Real product = w.d_y[o];  // of all others: no division, which would lose zeros
          for (int64_t k = 0; k < l.spec.order; ++k)
            if (k != j) product *= w.x[first + k];
          w.d_x[first + j] = product;
        }
      }
      break;
    default:
      for (int64_t i = 0; i < l.in; ++i) {
        gradient[l.affine_weight + i] += w.d_y[i] * w.x[i];
        gradient[l.affine_bias + i] += w.d_y[i];
        w.d_x[i] = w.d_y[i] * params[l.affine_weight + i];
      }
      break;
  }
}

}  // namespace

Norm normalise(int64_t n, const Real* x, double eps, const Reader& weight, const Reader& bias, Real* z) {
  Real sum = 0, squares = 0;
  for (int64_t i = 0; i < n; ++i) sum += x[i];
  const Real mean = sum / Real(n);
  for (int64_t i = 0; i < n; ++i) squares += (x[i] - mean) * (x[i] - mean);
  const Real inverse = 1 / sqrt(squares / Real(n) + Real(eps));
  for (int64_t i = 0; i < n; ++i) z[i] = (x[i] - mean) * inverse * weight[i] + bias[i];
  return {mean, inverse};
}

void normalise_backward(int64_t n, const Real* x, const Norm& norm, const Reader& weight, const Real* d_z, Real* d_x,
                        Real* d_weight, Real* d_bias) {
  Real sum = 0, dot = 0;
  for (int64_t i = 0; i < n; ++i) {
    const Real unit = (x[i] - norm.mean) * norm.inverse;
    d_weight[i] += d_z[i] * unit;
    d_bias[i] += d_z[i];
    sum += d_z[i] * weight[i];
    dot += d_z[i] * weight[i] * unit;
  }
  for (int64_t i = 0; i < n; ++i) {
    const Real unit = (x[i] - norm.mean) * norm.inverse;
    d_x[i] += norm.inverse * (d_z[i] * weight[i] - sum / Real(n) - unit * dot / Real(n));
  }
}

int64_t plain_scratch(const Layer& l) { return Work(l, Bump{}).used; }

void plain_forward(const Layer& l, const ForwardArgs& a) {
  if (l.spec.kind == KAN_LAYER_BATCHNORM) return batchnorm_forward(l, a);
  const Work w(l, Bump{static_cast<char*>(a.scratch)});
  const Reader x{a.x, l.f64};
  const Writer y{a.y, l.f64};
  for (int64_t b = 0; b < a.batch; ++b) {
    for (int64_t i = 0; i < l.in; ++i) w.x[i] = x[b * l.in + i];
    forward_row(l, w, a.params);
    for (int64_t o = 0; o < l.out; ++o) y.set(b * l.out + o, w.y[o]);
  }
}

void plain_backward(const Layer& l, const BackwardArgs& a, Real* gradient, void* scratch) {
  if (l.spec.kind == KAN_LAYER_BATCHNORM) return batchnorm_backward(l, a, gradient);
  const Work w(l, Bump{static_cast<char*>(scratch)});
  const Reader x{a.x, l.f64}, d_y{a.d_y, l.f64};
  const Writer d_x{a.d_x, l.f64};
  for (int64_t b = 0; b < a.batch; ++b) {
    for (int64_t i = 0; i < l.in; ++i) w.x[i] = x[b * l.in + i];
    for (int64_t o = 0; o < l.out; ++o) w.d_y[o] = d_y[b * l.out + o];
    backward_row(l, w, a.params, gradient);
    for (int64_t i = 0; i < l.in; ++i) d_x.put(a.d_x_mode, b * l.in + i, w.d_x[i]);
  }
}

}  // namespace KAN_REF_NS
