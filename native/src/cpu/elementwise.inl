// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Layers without products: ACTIVATION, AFFINE, LAYERNORM, BATCHNORM, MULTIPLY. All are bound by memory: one read of x
// and one write of y (backward: x and d_y in, d_x out).
#pragma once
#include "basis/activation.hpp"
#include "cpu/norm.hpp"

namespace KAN_NS {

KAN_HD void put_value(int32_t mode, float& to, float v) { to = mode == KAN_GRAD_ACCUMULATE ? to + v : v; }
KAN_HD void put_value(int32_t mode, double& to, double v) { to = mode == KAN_GRAD_ACCUMULATE ? to + v : v; }

template <class S>
struct ElementwiseScratch {
  S* moments;  // LAYERNORM: (2, batch); BATCHNORM: (in, 2)
  S* sums;     // (2, in)

  Moments<S> rows(int64_t batch) const { return {moments, moments + batch}; }

  ElementwiseScratch(Carver& c, const Layer& layer, int64_t batch) {
    moments = c.take<S>(2 * max64(batch, layer.in));
    sums = c.take<S>(2 * layer.in);
  }
};

// Features j0 .. j1-1 of the batch: (mean, biased variance) in two passes, lanes are features.
template <class S>
inline void column_moments(const S* x, int64_t batch, int64_t in, int64_t j0, int64_t j1, S* moments) {
  using T = vec<S>;
  for (int64_t j = j0; j < j1; j += T::W) {
    const int lanes = int(min64(T::W, j1 - j));
    T total(S(0)), squares(S(0));
    for (int64_t b = 0; b < batch; ++b) total += T::load(x + b * in + j, lanes);
    const T mean = total / S(batch);
    for (int64_t b = 0; b < batch; ++b) {
      const T d = T::load(x + b * in + j, lanes) - mean;
      squares = fma(d, d, squares);
    }
    const T var = squares / S(batch);
    for (int l = 0; l < lanes; ++l) {
      moments[2 * (j + l)] = mean.v[l];
      moments[2 * (j + l) + 1] = var.v[l];
    }
  }
}

template <class S>
void elementwise_forward(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  using T = vec<S>;
  if (a.batch == 0) return;
  const S* x = static_cast<const S*>(a.x);
  const S* params = static_cast<const S*>(a.params);
  S* buffers = static_cast<S*>(a.buffers);
  S* y = static_cast<S*>(a.y);
  Carver carver(a.scratch);
  const ElementwiseScratch<S> scratch(carver, layer, a.batch);
  const int64_t in = layer.in, batch = a.batch;
  const int workers = workers_for(pool, double(batch) * double(in) * 2);
  for_workers(pool, workers, [&](int worker) {
    const Range rows = part(batch, worker, workers);
    switch (layer.spec.kind) {
      case KAN_LAYER_ACTIVATION: {
        const int64_t e = rows.end * in;
        for (int64_t i = rows.begin * in; i < e; i += T::W) {
          const int lanes = int(min64(T::W, e - i));
          activation(layer.spec.activation, T::load(x + i, lanes)).store(y + i, lanes);
        }
        break;
      }
      case KAN_LAYER_AFFINE:
        for (int64_t b = rows.begin; b < rows.end; ++b)
          for (int64_t i = 0; i < in; i += T::W) {
            const int lanes = int(min64(T::W, in - i));
            fma(T::load(params + layer.affine_weight + i, lanes), T::load(x + b * in + i, lanes),
                T::load(params + layer.affine_bias + i, lanes))
                .store(y + b * in + i, lanes);
          }
        break;
      case KAN_LAYER_LAYERNORM: {
        const LayerNorm<S> norm(in, layer.spec.shape[2], params + layer.affine_weight, params + layer.affine_bias);
        norm.moments(x, rows.begin, rows.end, scratch.rows(batch));
        norm.rows(x, scratch.rows(batch), rows.begin, rows.end, y);
        break;
      }
      case KAN_LAYER_BATCHNORM: {
        const Range cols = part(in, worker, workers);
        const bool train = a.mode == KAN_MODE_TRAIN && !layer.flag(KAN_FLAG_RUNNING_STATS);
        S *mean = buffers + layer.running_mean, *var = buffers + layer.running_var;
        if (train) column_moments(x, batch, in, cols.begin, cols.end, scratch.moments);
        for (int64_t i = cols.begin; i < cols.end; ++i) {
          const S m = train ? scratch.moments[2 * i] : mean[i], v = train ? scratch.moments[2 * i + 1] : var[i];
          if (train) {
            const S momentum = S(layer.spec.shape[3]);
            mean[i] += momentum * (m - mean[i]);
            var[i] += momentum * ((batch > 1 ? v * S(batch) / S(batch - 1) : v) - var[i]);
          }
          const S scale = params[layer.affine_weight + i] / sqrt(v + S(layer.spec.shape[2]));
          const S bias = params[layer.affine_bias + i];
          for (int64_t b = 0; b < batch; ++b) y[b * in + i] = (x[b * in + i] - m) * scale + bias;
        }
        break;
      }
      case KAN_LAYER_MULTIPLY: {
        const int64_t sums = layer.spec.grid, arity = layer.spec.order;
        for (int64_t b = rows.begin; b < rows.end; ++b)
          for (int64_t o = 0; o < layer.out; ++o) {
            const S* from = x + b * in + (o < sums ? o : sums + (o - sums) * arity);
            S v = from[0];
            if (o >= sums)
              for (int64_t k = 1; k < arity; ++k) v *= from[k];
            y[b * layer.out + o] = v;
          }
        break;
      }
    }
  });
}

template <class S>
void elementwise_backward(Pool& pool, const Layer& layer, const BackwardArgs& a) {
  using T = vec<S>;
  const S* x = static_cast<const S*>(a.x);
  const S* params = static_cast<const S*>(a.params);
  const S* buffers = static_cast<const S*>(a.buffers);
  const S* d_y = static_cast<const S*>(a.d_y);
  S* d_x = static_cast<S*>(a.d_x);
  Carver carver(a.scratch);
  const ElementwiseScratch<S> scratch(carver, layer, a.batch);
  const AdamW<S> adam(a.adam);
  const GradientSink<S> sink(a, a.adam ? &adam : nullptr);
  const bool want_x = a.d_x_mode != KAN_GRAD_NONE;
  const int64_t in = layer.in, batch = a.batch;
  const int workers = workers_for(pool, double(batch) * double(in) * 4);
  for_workers(pool, workers, [&](int worker) {
    const Range rows = part(batch, worker, workers), cols = part(in, worker, workers);
    switch (layer.spec.kind) {
      case KAN_LAYER_ACTIVATION: {
        const int64_t e = rows.end * in;
        for (int64_t i = rows.begin * in; want_x && i < e; i += T::W) {
          const int lanes = int(min64(T::W, e - i));
          T d = activation_derivative(layer.spec.activation, T::load(x + i, lanes)) * T::load(d_y + i, lanes);
          if (a.d_x_mode == KAN_GRAD_ACCUMULATE) d += T::load(d_x + i, lanes);
          d.store(d_x + i, lanes);
        }
        return;
      }
      case KAN_LAYER_AFFINE:
        for (int64_t b = rows.begin; want_x && b < rows.end; ++b)
          for (int64_t i = 0; i < in; ++i)
            put_value(a.d_x_mode, d_x[b * in + i], d_y[b * in + i] * params[layer.affine_weight + i]);
        for (int64_t i = cols.begin; i < cols.end; ++i) {
          S dw(0), db(0);
          for (int64_t b = 0; b < batch; ++b) {
            dw += d_y[b * in + i] * x[b * in + i];
            db += d_y[b * in + i];
          }
          scratch.sums[i] = dw;
          scratch.sums[in + i] = db;
        }
        break;
      case KAN_LAYER_LAYERNORM: {
        const LayerNorm<S> norm(in, layer.spec.shape[2], params + layer.affine_weight, params + layer.affine_bias);
        const Moments<S> moments = scratch.rows(batch);
        norm.moments(x, rows.begin, rows.end, moments);
        if (want_x) {
          if (a.d_x_mode == KAN_GRAD_ACCUMULATE)
            norm.template input_gradient<true>(x, moments, d_y, rows.begin, rows.end, d_x);
          else
            norm.template input_gradient<false>(x, moments, d_y, rows.begin, rows.end, d_x);
        }
        if (workers > 1) pool.barrier();
        if (worker == 0) norm.weight_gradient(batch, x, moments, d_y, scratch.sums);
        break;
      }
      case KAN_LAYER_BATCHNORM: {
        const bool running = layer.flag(KAN_FLAG_RUNNING_STATS);
        if (!running && batch > 0) column_moments(x, batch, in, cols.begin, cols.end, scratch.moments);
        for (int64_t i = cols.begin; i < cols.end; ++i) {
          const S mean = running || batch == 0 ? buffers[layer.running_mean + i] : scratch.moments[2 * i];
          const S var = running || batch == 0 ? buffers[layer.running_var + i] : scratch.moments[2 * i + 1];
          const S rstd = S(1) / sqrt(var + S(layer.spec.shape[2]));
          S db(0), dw(0);
          for (int64_t b = 0; b < batch; ++b) {
            db += d_y[b * in + i];
            dw += d_y[b * in + i] * ((x[b * in + i] - mean) * rstd);
          }
          scratch.sums[i] = dw;
          scratch.sums[in + i] = db;
          if (!want_x || batch == 0) continue;
          const S scale = params[layer.affine_weight + i] * rstd;
          const S mean_d = running ? S(0) : db / S(batch), mean_dx = running ? S(0) : dw / S(batch);
          for (int64_t b = 0; b < batch; ++b)
            put_value(a.d_x_mode, d_x[b * in + i],
                      scale * (d_y[b * in + i] - mean_d - (x[b * in + i] - mean) * rstd * mean_dx));
        }
        break;
      }
      case KAN_LAYER_MULTIPLY: {
        const int64_t sums = layer.spec.grid, arity = layer.spec.order;
        for (int64_t b = rows.begin; want_x && b < rows.end; ++b)
          for (int64_t i = 0; i < in; ++i) {
            const int64_t o = i < sums ? i : sums + (i - sums) / arity;
            S d = d_y[b * layer.out + o];
            if (i >= sums)
              for (int64_t k = 0; k < arity; ++k) {
                const int64_t j = sums + (o - sums) * arity + k;
                if (j != i) d *= x[b * in + j];
              }
            put_value(a.d_x_mode, d_x[b * in + i], d);
          }
        return;
      }
    }
    if (!sink.wanted()) return;
    if (workers > 1) pool.barrier();
    if (worker == 0) {
      sink.put(layer.affine_weight, scratch.sums, in);
      sink.put(layer.affine_bias, scratch.sums + in, in);
    }
  });
}

template <class S>
int64_t elementwise_scratch_bytes(const Layer& layer, int64_t batch, int32_t, int) {
  Carver c(nullptr);
  ElementwiseScratch<S>(c, layer, batch);
  return c.used();
}

}  // namespace KAN_NS
