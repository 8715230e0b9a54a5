// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Layers without products: ACTIVATION, AFFINE, LAYERNORM, BATCHNORM, MULTIPLY. All are bound by memory: one read of x
// and one write of y (backward: x and d_y in, d_x out); BATCHNORM reads x three times, its sums over the batch being two
// passes of their own. Rows are divided among the workers; sums over rows are cpu/row_sums.hpp's.
#pragma once
#include "basis/activation.hpp"
#include "cpu/families.hpp"
#include "cpu/norm.hpp"

namespace KAN_NS {

template <class S>
struct ElementwiseScratch {
  S* moments;  // LAYERNORM: (2, batch); BATCHNORM: mean and biased variance, (2, in)
  S* line;     // BATCHNORM: y = x line[i] + line[in + i]
  RowSums<S, 2> sums;

  Moments<S> rows(int64_t batch) const { return {moments, moments + batch}; }

  ElementwiseScratch(Carver& c, const Layer& layer, int64_t batch)
      : moments(c.take<S>(2 * max64(batch, layer.in))), line(c.take<S>(2 * layer.in)), sums(c, batch, layer.in) {}
};

// to = value, or to + value.
template <class S, class Lanes>
KAN_HD void put_register(int32_t mode, S* to, vec<S> value, Lanes lanes) {
  if (mode == KAN_GRAD_ACCUMULATE) value += vec<S>::load(to, lanes);
  value.store(to, lanes);
}

// Mean and biased variance of every column, in two passes. All workers, and a barrier after it.
template <class S>
inline void column_moments(Pool& pool, int worker, int workers, const S* x, const RowSums<S, 2>& room, S* moments) {
  using T = vec<S>;
  const int64_t batch = room.batch, in = room.n;
  const RowSums<S, 1> sums(room.partial, batch, in);
  const Range columns = part(in, worker, workers);
  for (int pass = 0; pass < 2; ++pass) {
    if (pass == 0) {
      sums.add(worker, workers,
               [&](int64_t b, int64_t i, auto lanes, T(&v)[1]) { v[0] = T::load(x + b * in + i, lanes); });
    } else {
      sums.add(worker, workers, [&](int64_t b, int64_t i, auto lanes, T(&v)[1]) {
        const T d = T::load(x + b * in + i, lanes) - T::load(moments + i, lanes);
        v[0] = d * d;
      });
    }
    pool.barrier();
    sums.fold(worker, workers);
    for (int64_t i = columns.begin; i < columns.end; ++i) moments[pass * in + i] = sums.sum(0)[i] / S(batch);
    pool.barrier();
  }
}

// In training the running statistics move towards the batch's; their momentum is PyTorch's, the variance unbiased.
template <class S>
inline void batch_norm_forward(Pool& pool, int worker, int workers, const Layer& layer, const ForwardArgs& a,
                               const ElementwiseScratch<S>& scratch) {
  using T = vec<S>;
  const int64_t in = layer.in, batch = a.batch;
  const S *x = static_cast<const S*>(a.x), *params = static_cast<const S*>(a.params);
  S *y = static_cast<S*>(a.y), *buffers = static_cast<S*>(a.buffers);
  S *mean = buffers + layer.running_mean, *var = buffers + layer.running_var;
  const bool train = a.mode == KAN_MODE_TRAIN && !layer.flag(KAN_FLAG_RUNNING_STATS);
  if (train) column_moments(pool, worker, workers, x, scratch.sums, scratch.moments);
  const Range columns = part(in, worker, workers);
  for (int64_t i = columns.begin; i < columns.end; ++i) {
    const S m = train ? scratch.moments[i] : mean[i], v = train ? scratch.moments[in + i] : var[i];
    if (train) {
      const S momentum = S(layer.spec.shape[3]);
      mean[i] += momentum * (m - mean[i]);
      var[i] += momentum * ((batch > 1 ? v * S(batch) / S(batch - 1) : v) - var[i]);
    }
    scratch.line[i] = params[layer.affine_weight + i] / sqrt(v + S(layer.spec.shape[2]));
    scratch.line[in + i] = m;
  }
  pool.barrier();
  const Range rows = part(batch, worker, workers);
  for (int64_t b = rows.begin; b < rows.end; ++b)
    for_registers<S>(0, in, [&](int64_t i, auto lanes) {
      ((T::load(x + b * in + i, lanes) - T::load(scratch.line + in + i, lanes)) * T::load(scratch.line + i, lanes) +
       T::load(params + layer.affine_bias + i, lanes))
          .store(y + b * in + i, lanes);
    });
}

template <class S>
inline void multiply_forward(const Layer& layer, const S* x, Range rows, S* y) {
  const int64_t sums = layer.spec.grid, arity = layer.spec.order;
  for (int64_t b = rows.begin; b < rows.end; ++b)
    for (int64_t o = 0; o < layer.out; ++o) {
      const S* from = x + b * layer.in + (o < sums ? o : sums + (o - sums) * arity);
      S v = from[0];
      if (o >= sums)
        for (int64_t k = 1; k < arity; ++k) v *= from[k];
      y[b * layer.out + o] = v;
    }
}

template <class S>
void elementwise_forward(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  using T = vec<S>;
  if (a.batch == 0) return;
  const S *x = static_cast<const S*>(a.x), *params = static_cast<const S*>(a.params);
  S* y = static_cast<S*>(a.y);
  Carver carver(a.scratch);
  const ElementwiseScratch<S> scratch(carver, layer, a.batch);
  const int64_t in = layer.in, batch = a.batch;
  const int workers = workers_for(pool, double(batch) * double(in) * 2);
  for_workers(pool, workers, [&](int worker) {
    const Range rows = part(batch, worker, workers);
    switch (layer.spec.kind) {
      case KAN_LAYER_ACTIVATION:
        for_registers<S>(rows.begin * in, rows.end * in, [&](int64_t i, auto lanes) {
          activation(layer.spec.activation, T::load(x + i, lanes)).store(y + i, lanes);
        });
        break;
      case KAN_LAYER_AFFINE:
        for (int64_t b = rows.begin; b < rows.end; ++b)
          for_registers<S>(0, in, [&](int64_t i, auto lanes) {
            fma(T::load(params + layer.affine_weight + i, lanes), T::load(x + b * in + i, lanes),
                T::load(params + layer.affine_bias + i, lanes))
                .store(y + b * in + i, lanes);
          });
        break;
      case KAN_LAYER_LAYERNORM: {
        const LayerNorm<S> norm(in, layer.spec.shape[2], params + layer.affine_weight, params + layer.affine_bias);
        norm.moments(x, rows.begin, rows.end, scratch.rows(batch));
        norm.rows(x, scratch.rows(batch), rows.begin, rows.end, y);
        break;
      }
      case KAN_LAYER_BATCHNORM: batch_norm_forward(pool, worker, workers, layer, a, scratch); break;
      case KAN_LAYER_MULTIPLY: multiply_forward(layer, x, rows, y); break;
    }
  });
}

// What the backward pass of one of these layers works on.
template <class S>
struct ElementwiseBackward {
  using T = vec<S>;
  Pool& pool;
  const Layer& layer;
  const BackwardArgs& a;
  const ElementwiseScratch<S>& scratch;
  int worker, workers;
  const S *x, *params, *d_y;
  S* d_x;
  bool want_x;
  int64_t in, batch;
  Range rows;

  // d weight = sum d_y x, d bias = sum d_y;  d_x = d_y weight.
  void affine() const {
    for (int64_t b = rows.begin; want_x && b < rows.end; ++b)
      for_registers<S>(0, in, [&](int64_t i, auto lanes) {
        put_register(a.d_x_mode, d_x + b * in + i,
                     T::load(d_y + b * in + i, lanes) * T::load(params + layer.affine_weight + i, lanes), lanes);
      });
    scratch.sums.add(worker, workers, [&](int64_t b, int64_t i, auto lanes, T(&v)[2]) {
      const T d = T::load(d_y + b * in + i, lanes);
      v[0] = d * T::load(x + b * in + i, lanes);
      v[1] = d;
    });
    pool.barrier();
    scratch.sums.fold(worker, workers);
  }

  void layer_norm() const {
    const LayerNorm<S> norm(in, layer.spec.shape[2], params + layer.affine_weight, params + layer.affine_bias);
    const Moments<S> moments = scratch.rows(batch);
    norm.moments(x, rows.begin, rows.end, moments);
    if (want_x) {
      if (a.d_x_mode == KAN_GRAD_ACCUMULATE)
        norm.template input_gradient<true>(x, moments, d_y, rows.begin, rows.end, d_x);
      else norm.template input_gradient<false>(x, moments, d_y, rows.begin, rows.end, d_x);
    }
    pool.barrier();
    norm.weight_gradient(worker, workers, x, moments, d_y, scratch.sums);
    pool.barrier();
    scratch.sums.fold(worker, workers);
  }

  // d weight = sum d_y xhat, d bias = sum d_y, xhat = (x - mean) rstd;  d_x = weight rstd (d_y - mean(d_y) - xhat mean(d_y xhat)),
  // without the means where statistics are given and not the batch's.
  void batch_norm() const {
    const bool running = layer.flag(KAN_FLAG_RUNNING_STATS);
    const S* buffers = static_cast<const S*>(a.buffers);
    const S *mean = scratch.moments, *var = scratch.moments + in;
    if (running || batch == 0) {
      mean = buffers + layer.running_mean;
      var = buffers + layer.running_var;
    } else {
      column_moments(pool, worker, workers, x, scratch.sums, scratch.moments);
    }
    S *rstd = scratch.line, *scale = scratch.line + in;
    const Range columns = part(in, worker, workers);
    for (int64_t i = columns.begin; i < columns.end; ++i) {
      rstd[i] = S(1) / sqrt(var[i] + S(layer.spec.shape[2]));
      scale[i] = params[layer.affine_weight + i] * rstd[i];
    }
    pool.barrier();
    const auto xhat = [&](int64_t b, int64_t i, auto lanes) {
      return (T::load(x + b * in + i, lanes) - T::load(mean + i, lanes)) * T::load(rstd + i, lanes);
    };
    scratch.sums.add(worker, workers, [&](int64_t b, int64_t i, auto lanes, T(&v)[2]) {
      const T d = T::load(d_y + b * in + i, lanes);
      v[0] = d * xhat(b, i, lanes);
      v[1] = d;
    });
    pool.barrier();
    scratch.sums.fold(worker, workers);
    pool.barrier();
    const S share = running ? S(0) : S(1) / S(batch);
    for (int64_t b = rows.begin; want_x && b < rows.end; ++b)
      for_registers<S>(0, in, [&](int64_t i, auto lanes) {
        const T mean_dx = T::load(scratch.sums.sum(0) + i, lanes) * share,
                mean_d = T::load(scratch.sums.sum(1) + i, lanes) * share;
        put_register(
            a.d_x_mode, d_x + b * in + i,
            T::load(scale + i, lanes) * (T::load(d_y + b * in + i, lanes) - mean_d - xhat(b, i, lanes) * mean_dx),
            lanes);
      });
  }

  void activation() const {
    for_registers<S>(rows.begin * in, want_x ? rows.end * in : rows.begin * in, [&](int64_t i, auto lanes) {
      put_register(a.d_x_mode, d_x + i,
                   activation_derivative(layer.spec.activation, T::load(x + i, lanes)) * T::load(d_y + i, lanes),
                   lanes);
    });
  }

  void multiply() const {
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
        S& to = d_x[b * in + i];
        to = a.d_x_mode == KAN_GRAD_ACCUMULATE ? to + d : d;
      }
  }
};

template <class S>
void elementwise_backward(Pool& pool, const Layer& layer, const BackwardArgs& a) {
  Carver carver(a.scratch);
  const ElementwiseScratch<S> scratch(carver, layer, a.batch);
  const AdamW<S> adam(a.adam);
  const GradientSink<S> sink(a, a.adam ? &adam : nullptr);
  const int workers = workers_for(pool, double(a.batch) * double(layer.in) * 4);
  for_workers(pool, workers, [&](int worker) {
    // clang-format off
    const ElementwiseBackward<S> pass{pool, layer, a, scratch, worker, workers, static_cast<const S*>(a.x),
                                      static_cast<const S*>(a.params), static_cast<const S*>(a.d_y), static_cast<S*>(a.d_x),
                                      a.d_x_mode != KAN_GRAD_NONE, layer.in, a.batch, part(a.batch, worker, workers)};
    // clang-format on
    switch (layer.spec.kind) {
      case KAN_LAYER_ACTIVATION: return pass.activation();
      case KAN_LAYER_MULTIPLY: return pass.multiply();
      case KAN_LAYER_AFFINE: pass.affine(); break;
      case KAN_LAYER_LAYERNORM: pass.layer_norm(); break;
      case KAN_LAYER_BATCHNORM: pass.batch_norm(); break;
    }
    if (!sink.wanted()) return;
    const Range columns = part(layer.in, worker, workers);  // of which this worker has folded the sums
    const int64_t count = columns.end - columns.begin;
    sink.put(layer.affine_weight + columns.begin, scratch.sums.sum(0) + columns.begin, count);
    sink.put(layer.affine_bias + columns.begin, scratch.sums.sum(1) + columns.begin, count);
  });
}

template <class S>
int64_t elementwise_scratch_bytes(const Problem& problem, int) {
  Carver c(nullptr);
  ElementwiseScratch<S>(c, problem.layer, problem.batch);
  return c.used();
}

}  // namespace KAN_NS
