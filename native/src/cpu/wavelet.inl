// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Wavelet KAN layers: scale and translation belong to the edge, so there is no product form and every (sample, edge)
// pair costs one exponential or sine.
//
//   y[b][o] = bias_o + sum_i win_i w_oi psi(u),  u = (x_bi - tau_oi) / s_oi
//   d_w = sum_b t psi,  d_tau = -sum_b t w psi' / s,  d_s = -sum_b t w psi' u / s,  d_x = sum_o t w psi' / s,  t = d_y win
//
// Lanes are outputs; an input's three weight registers stay put while the samples stream by. No (batch, out, in) tensor.
#pragma once
#include "basis/all.hpp"
#include "cpu/row_sums.hpp"

namespace KAN_NS {

// 1 / s, and 0 in the lanes past the row, which would otherwise bring NaN into the sums over lanes.
template <class S>
KAN_HD vec<S> inverse_scale(vec<S> scale, int lanes) {
  vec<S> r = S(1) / scale;
  for (int l = lanes; l < vec<S>::W; ++l) r.v[l] = S(0);
  return r;
}

template <class S>
struct WaveletScratch {
  S* packed;  // d_y in tiles
  S* bias;
  struct Worker {
    S* partial;   // [batch][W]: d_x of one input
    S* gradient;  // [3][64]
  } worker[kMaxThreads];

  WaveletScratch(Carver& c, const Layer& layer, int64_t batch, int threads) {
    packed = c.take<S>(layer.out > kTile ? batch * layer.out : 0);
    bias = c.take<S>(bias_numbers<S>(layer, batch));
    for (int t = 0; t < threads; ++t) {
      worker[t].partial = c.take<S>(batch * vec<S>::W);
      worker[t].gradient = c.take<S>(3 * kTile);
    }
  }
};

template <class S, int32_t kWavelet>
inline void wavelet_forward_of(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  using T = vec<S>;
  const S* x = static_cast<const S*>(a.x);
  const S* params = static_cast<const S*>(a.params);
  S* y = static_cast<S*>(a.y);
  const int64_t registers = ceil_div(layer.out, T::W), block = 64;
  const int64_t blocks = ceil_div(a.batch, block);
  const int workers = workers_for(pool, double(a.batch) * double(layer.in) * double(registers) * 20);
  for_workers(pool, workers, [&](int worker) {
    // Units: registers of outputs times blocks of samples, by register so that its weights are read by one worker.
    const Range mine = part(registers * blocks, worker, workers);
    for (int64_t u = mine.begin; u < mine.end; ++u) {
      const int64_t o = u / blocks * T::W, tile = o / kTile, c = o % kTile, w = layer.tile_width(tile);
      const int lanes = int(min64(T::W, w - c));
      const int64_t b0 = u % blocks * block, b1 = min64(a.batch, b0 + block);
      const S* row = params + layer.tile_offset(tile) + c;
      T acc[64];
      const T bias = layer.bias >= 0 ? T::load(params + layer.bias + o, lanes) : T(S(0));
      for (int64_t b = b0; b < b1; ++b) acc[b - b0] = bias;
      for (int64_t i = 0; i < layer.in; ++i, row += 3 * w) {
        const T weight = T::load(row, lanes) * S(wavelet_window(layer.spec.wavelet, i, layer.in));
        const T inverse = inverse_scale(T::load(row + w, lanes), lanes);
        const T translation = T::load(row + 2 * w, lanes);
        for (int64_t b = b0; b < b1; ++b) {
          T value, derivative;
          wavelet<kWavelet>((x[b * layer.in + i] - translation) * inverse, value, derivative);
          acc[b - b0] = fma(weight, value, acc[b - b0]);
        }
      }
      for (int64_t b = b0; b < b1; ++b) acc[b - b0].store(y + b * layer.out + o, lanes);
    }
  });
}

template <class S, int32_t kWavelet>
inline void wavelet_backward_of(Pool& pool, const Layer& layer, const BackwardArgs& a) {
  using T = vec<S>;
  const S* x = static_cast<const S*>(a.x);
  const S* params = static_cast<const S*>(a.params);
  S* d_x = static_cast<S*>(a.d_x);
  Carver carver(a.scratch);
  const WaveletScratch<S> scratch(carver, layer, a.batch, pool.threads());
  const AdamW<S> adam(a.adam);
  const GradientSink<S> sink(a, a.adam ? &adam : nullptr);
  const bool want_x = a.d_x_mode != KAN_GRAD_NONE;
  const int64_t tiles = ceil_div(layer.out, kTile);
  const int workers = workers_for(pool, double(a.batch) * double(layer.in) * double(ceil_div(layer.out, T::W)) * 40);
  for_workers(pool, workers, [&](int worker) {
    const typename WaveletScratch<S>::Worker& own = scratch.worker[worker];
    const S* packed = pack_tiles(pool, worker, workers, layer, a.batch, static_cast<const S*>(a.d_y), scratch.packed);
    if (worker == 0 && sink.wanted()) bias_gradient(layer, a.batch, static_cast<const S*>(a.d_y), scratch.bias, sink);
    const Range mine = part(layer.in, worker, workers);
    for (int64_t i = mine.begin; i < mine.end; ++i) {
      const S window = S(wavelet_window(layer.spec.wavelet, i, layer.in));
      if (want_x) fill_zero(own.partial, a.batch * T::W);
      for (int64_t tile = 0; tile < tiles; ++tile) {
        const int64_t w = layer.tile_width(tile);
        const S* row = params + layer.tile_offset(tile) + i * 3 * w;
        for (int64_t c = 0; c < w; c += T::W) {
          const int lanes = int(min64(T::W, w - c));
          const T weight = T::load(row + c, lanes);
          const T inverse = inverse_scale(T::load(row + w + c, lanes), lanes);
          const T translation = T::load(row + 2 * w + c, lanes);
          const S* d_y = packed + tile * kTile * a.batch + c;
          T d_weight(S(0)), d_scale(S(0)), d_translation(S(0));
          for (int64_t b = 0; b < a.batch; ++b) {
            const T u = (x[b * layer.in + i] - translation) * inverse;
            T value, derivative;
            wavelet<kWavelet>(u, value, derivative);
            const T t = T::load(d_y + b * w, lanes) * window;
            d_weight = fma(t, value, d_weight);
            const T d = t * weight * derivative * inverse;
            d_translation -= d;
            d_scale = fma(-d, u, d_scale);
            if (want_x) (T::load(own.partial + b * T::W) + d).store(own.partial + b * T::W);
          }
          d_weight.store(own.gradient + c, lanes);
          d_scale.store(own.gradient + w + c, lanes);
          d_translation.store(own.gradient + 2 * w + c, lanes);
        }
        if (sink.wanted()) sink.put(layer.tile_offset(tile) + i * 3 * w, own.gradient, 3 * w);
      }
      if (want_x)
        for (int64_t b = 0; b < a.batch; ++b) {
          const S value = sum(T::load(own.partial + b * T::W));
          S& to = d_x[b * layer.in + i];
          to = a.d_x_mode == KAN_GRAD_ACCUMULATE ? to + value : value;
        }
    }
  });
}

template <class S>
int64_t wavelet_scratch_bytes(const Problem& problem, int threads) {
  Carver c(nullptr);
  if (problem.pass == Problem::kBackward) WaveletScratch<S>(c, problem.layer, problem.batch, threads);
  return c.used();
}

// f.operator()<wavelet>() of the layer's.
template <class F>
inline void with_wavelet(const Layer& layer, F&& f) {
  switch (layer.spec.wavelet) {
    case KAN_WAVELET_HAT: return f.template operator()<KAN_WAVELET_HAT>();
    case KAN_WAVELET_MORLET: return f.template operator()<KAN_WAVELET_MORLET>();
    case KAN_WAVELET_DOG: return f.template operator()<KAN_WAVELET_DOG>();
    case KAN_WAVELET_MEYER: return f.template operator()<KAN_WAVELET_MEYER>();
    default: return f.template operator()<KAN_WAVELET_SHANNON>();
  }
}

template <class S>
void wavelet_forward(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  with_wavelet(layer, [&]<int32_t kWavelet>() { wavelet_forward_of<S, kWavelet>(pool, layer, a); });
}

template <class S>
void wavelet_backward(Pool& pool, const Layer& layer, const BackwardArgs& a) {
  with_wavelet(layer, [&]<int32_t kWavelet>() { wavelet_backward_of<S, kWavelet>(pool, layer, a); });
}

}  // namespace KAN_NS
