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
#include "cpu/pieces.hpp"
#include "cpu/row_sums.hpp"

namespace KAN_NS {

// 1 / s, and 0 in the lanes past the row, which would otherwise bring NaN into the sums over lanes.
template <class S>
KAN_HD vec<S> inverse_scale(vec<S> scale, int lanes) {
  vec<S> r = S(1) / scale;
  for (int l = lanes; l < vec<S>::W; ++l) r.v[l] = S(0);
  return r;
}

// The edges of one input to a register of outputs. `weight` has the wavelet's own factor in it, `inverse` is 1 / scale.
template <class S, int32_t kWavelet>
class WaveletLanes {
  using T = vec<S>;
  const T weight_, inverse_, translation_;
  T d_weight_{S(0)}, d_scale_{S(0)}, d_translation_{S(0)};

 public:
  WaveletLanes(T weight, T inverse, T translation) : weight_(weight), inverse_(inverse), translation_(translation) {}

  // y + their outputs
  T add(S x, T y) const {
    T value, derivative;
    wavelet_shape<kWavelet>((x - translation_) * inverse_, value, derivative);
    return fma(weight_, value, y);
  }
  // Adds a sample to the sums; returns d with dL/dx = d slope().
  T pull(S x, T d_y) {
    const T u = (x - translation_) * inverse_;
    T envelope, value, derivative;
    wavelet_parts<kWavelet>(u, envelope, value, derivative);
    const T t = d_y * envelope, d = t * derivative;
    d_weight_ = fma(t, value, d_weight_);
    d_translation_ += d;
    d_scale_ = fma(d, u, d_scale_);
    return d;
  }
  T slope() const { return weight_ * inverse_; }
  // The gradients; the weight's lacks the wavelet's factor.
  T d_weight() const { return d_weight_; }
  T d_scale() const { return -d_scale_ * slope(); }
  T d_translation() const { return -d_translation_ * slope(); }
};

// The hat is (u^2 - 1) 2^z for z = -u^2 log2(e) / 2. Of z all is made: with r = 2 ln 2, u^2 = -r z, and its derivative is u (3 - u^2) 2^z.
// u itself is made times sqrt(1 / r). So constants are factors of edges and of sums, not of samples.
template <class S>
class WaveletLanes<S, KAN_WAVELET_HAT> {
  using T = vec<S>;
  static constexpr S kR = S(1.3862943611198906188), kRoot = S(0.84932180028801904272);  // 2 ln 2, sqrt(1 / (2 ln 2))
  static constexpr S kLeast = sizeof(S) == 4 ? S(-234) : S(-1155), kReach = sizeof(S) == 4 ? S(16) : S(34);
  const T weight_, inverse_, translation_, of_z_;
  T d_weight_{S(0)}, d_scale_{S(0)}, d_translation_{S(0)};

  // 2^z is 0 at kLeast, which infinity is taken for.
  T root(S x) const { return (x - translation_) * inverse_; }
  static T z_of(T root) { return max(fma(-root, root, T(S(0))), T(kLeast)); }

 public:
  WaveletLanes(T weight, T inverse, T translation)
      : weight_(weight), inverse_(inverse * kRoot), translation_(translation), of_z_(weight * -kR) {}

  T add(S x, T y) const {
    const T z = z_of(root(x));
    return fma(power_of_two(z), fma(of_z_, z, -weight_), y);
  }
  T pull(S x, T d_y) {
    const T u = root(x), z = z_of(u), t = d_y * power_of_two(z);
    const T a = t * fma(z, T(-kR), T(S(-1))), b = fma(t, T(S(2)), -a);  // t (u^2 - 1), t (3 - u^2)
    const T d = b * limited(u, kReach);
    d_weight_ += a;
    d_translation_ += d;
    d_scale_ = fma(b, z, d_scale_);
    return d;
  }
  T slope() const { return weight_ * inverse_ * (1 / (kRoot * kRoot)); }
  T d_weight() const { return d_weight_; }
  T d_scale() const { return d_scale_ * slope() * (kRoot * kR); }
  T d_translation() const { return -d_translation_ * slope(); }
};

template <class S>
struct WaveletScratch {
  static constexpr int64_t kSamples = 128;  // of a leaf of the sums over the batch
  S* packed;                                // d_y in tiles
  S* bias;
  S* nodes;  // [node][params]: of sums that are cut
  struct Worker {
    S* partial;   // [samples][W]: d_x of one input
    S* column;    // [samples]: x of one input, of which each sample is on a page of memory of its own
    S* gradient;  // [level][3][out], tile by tile
  } worker[kMaxThreads];

  static int64_t leaves(int64_t batch) { return max64(1, ceil_div(batch, kSamples)); }

  WaveletScratch(Carver& c, const Layer& layer, int64_t batch, int threads) {
    packed = c.take<S>(layer.out > kTile ? batch * layer.out : 0);
    bias = c.take<S>(bias_numbers<S>(layer, batch));
    const SumTree tree(leaves(batch), layer.in, wanted_pieces(threads));
    nodes = c.take<S>(tree.nodes() > 1 ? tree.nodes() * 3 * layer.in * layer.out : 0);
    for (int t = 0; t < threads; ++t) {
      worker[t].partial = c.take<S>(min64(batch, kSamples) * vec<S>::W);
      worker[t].column = c.take<S>(min64(batch, kSamples));
      worker[t].gradient = c.take<S>((1 + SumTree::levels(tree.leaves)) * 3 * layer.out);
    }
  }
};

template <class S, int32_t kWavelet>
inline void wavelet_forward_of(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  using T = vec<S>;
  const S* x = static_cast<const S*>(a.x);
  const S* params = static_cast<const S*>(a.params);
  S* y = static_cast<S*>(a.y);
  const int64_t registers = ceil_div(layer.out, T::W);
  const int workers = workers_for(pool, double(a.batch) * double(layer.in) * double(registers) * 20);
  // Pieces: registers of outputs times blocks of samples, by register so that its weights are read by one worker.
  const int64_t wanted = ceil_div(wanted_pieces(workers), registers);
  const int64_t blocks = min64(max64(ceil_div(a.batch, 64), wanted), ceil_div(a.batch, 16));
  Shares pieces(pool, registers * blocks, workers);
  for_workers(pool, workers, [&](int worker) {
    pieces.each(worker, [&](int64_t u) {
      const int64_t o = u / blocks * T::W, tile = o / kTile, c = o % kTile, w = layer.tile_width(tile);
      const int lanes = int(min64(T::W, w - c));
      const auto [b0, b1] = part(a.batch, u % blocks, blocks);
      const S* row = params + layer.tile_offset(tile) + c;
      T acc[64];
      const T bias = layer.bias >= 0 ? T::load(params + layer.bias + o, lanes) : T(S(0));
      for (int64_t b = b0; b < b1; ++b) acc[b - b0] = bias;
      for (int64_t i = 0; i < layer.in; ++i, row += 3 * w) {
        const WaveletLanes<S, kWavelet> edges(T::load(row, lanes) * S(wavelet_factor(kWavelet, i, layer.in)),
                                              inverse_scale(T::load(row + w, lanes), lanes),
                                              T::load(row + 2 * w, lanes));
        for (int64_t b = b0; b < b1; ++b) acc[b - b0] = edges.add(x[b * layer.in + i], acc[b - b0]);
      }
      for (int64_t b = b0; b < b1; ++b) acc[b - b0].store(y + b * layer.out + o, lanes);
    });
  });
}

// The backward pass: pieces are inputs times nodes of the sums over the samples.
template <class S, int32_t kWavelet>
struct WaveletBackward {
  using T = vec<S>;
  using Scratch = WaveletScratch<S>;
  using Worker = typename Scratch::Worker;
  Pool& pool;
  const Layer& layer;
  const BackwardArgs& a;
  Carver carver;
  const Scratch scratch;
  const S *const x, *const params, *const d_y, *const packed;
  S* const d_x;
  const AdamW<S> adam;
  const GradientSink<S> sink;
  const BiasGradient<S> bias;
  const bool want_x;
  const int64_t tiles, size;  // numbers of the gradient of an input
  const int workers;
  const SumTree tree;

  WaveletBackward(Pool& pool, const Layer& layer, const BackwardArgs& a)
      : pool(pool), layer(layer), a(a), carver(a.scratch), scratch(carver, layer, a.batch, pool.threads()),
        x(static_cast<const S*>(a.x)), params(static_cast<const S*>(a.params)), d_y(static_cast<const S*>(a.d_y)),
        packed(layer.out > kTile ? scratch.packed : d_y), d_x(static_cast<S*>(a.d_x)), adam(a.adam),
        sink(a, a.adam ? &adam : nullptr), bias(layer, a.batch, scratch.bias), want_x(a.d_x_mode != KAN_GRAD_NONE),
        tiles(ceil_div(layer.out, kTile)), size(3 * layer.out),
        workers(workers_for(pool, double(a.batch) * double(layer.in) * double(ceil_div(layer.out, T::W)) * 40)),
        tree(Scratch::leaves(a.batch), layer.in, wanted_pieces(workers)) {}
  WaveletBackward(const WaveletBackward&) = delete;  // the sink points at adam

  void run() const {
    Shares pieces(pool, layer.in * tree.nodes(), workers), folding(pool, layer.in, workers);
    for_workers(pool, workers, [&](int worker) {
      pack_tiles(worker, workers, layer, a.batch, d_y, scratch.packed);
      if (sink.wanted()) bias.add(worker, workers, d_y);
      if (workers > 1 && prepares()) pool.barrier();
      if (sink.wanted()) bias.put(worker, workers, sink);
      pieces.each(worker, [&](int64_t u) { piece(u / tree.nodes(), u % tree.nodes(), scratch.worker[worker]); });
      if (tree.nodes() == 1 || !sink.wanted()) return;
      if (workers > 1) pool.barrier();
      folding.each(worker, [&](int64_t i) {
        S* const g = node(i, 0);
        for_registers<S>(0, size, [&](int64_t j, auto lanes) {
          folded(g + j, layer.in * size, tree.nodes(), lanes).store(g + j, lanes);
        });
        give(i, g);
      });
    });
  }

 private:
  // Whether workers read what others wrote in the first phase.
  bool prepares() const { return layer.out > kTile || (sink.wanted() && layer.bias >= 0); }
  S* node(int64_t i, int64_t k) const { return scratch.nodes + (k * layer.in + i) * size; }

  void piece(int64_t i, int64_t k, const Worker& w) const {
    S* const whole = tree.nodes() > 1 ? node(i, k) : w.gradient;
    const auto level = [&](int l) { return l > 0 ? w.gradient + l * size : whole; };
    pairwise(
        tree.node(k), 0, [&](int64_t leaf, int l) { samples(i, part(a.batch, leaf, tree.leaves), level(l), w); },
        [&](int l) { add_numbers(level(l), level(l + 1), size); });
    if (tree.nodes() == 1 && sink.wanted()) give(i, whole);
  }

  void give(int64_t i, const S* g) const {
    for (int64_t tile = 0; tile < tiles; ++tile) {
      const int64_t w = layer.tile_width(tile);
      sink.put(layer.tile_offset(tile) + i * 3 * w, g + 3 * tile * kTile, 3 * w);
    }
  }

  // The gradients of input i over some samples: d_x of them, and those of its weights into `to`.
  void samples(int64_t i, Range some, S* to, const Worker& own) const {
    const S factor = S(wavelet_factor(kWavelet, i, layer.in));
    const int64_t count = some.end - some.begin;
    if (want_x) fill_zero(own.partial, count * T::W);
    for (int64_t b = 0; b < count; ++b) own.column[b] = x[(some.begin + b) * layer.in + i];
    for (int64_t tile = 0; tile < tiles; ++tile) {
      const int64_t w = layer.tile_width(tile);
      const int64_t offset = layer.tile_offset(tile) + i * 3 * w;
      const S* row = params + offset;
      S* const gradient = to + 3 * tile * kTile;
      if (sink.wanted() && some.end == a.batch) sink.prefetch(offset, 3 * w, 3 * w);  // give() comes soon
      for (int64_t c = 0; c < w; c += T::W) {
        const int lanes = int(min64(T::W, w - c));
        WaveletLanes<S, kWavelet> edges(T::load(row + c, lanes) * factor,
                                        inverse_scale(T::load(row + w + c, lanes), lanes),
                                        T::load(row + 2 * w + c, lanes));
        const S* d_y = packed + tile * kTile * a.batch + some.begin * w + c;
        if (want_x) {
          const T slope = edges.slope();
          for (int64_t b = 0; b < count; ++b) {
            S* const at = own.partial + b * T::W;
            fma(edges.pull(own.column[b], T::load(d_y + b * w, lanes)), slope, T::load(at)).store(at);
          }
        } else {
          for (int64_t b = 0; b < count; ++b) edges.pull(own.column[b], T::load(d_y + b * w, lanes));
        }
        (edges.d_weight() * factor).store(gradient + c, lanes);
        edges.d_scale().store(gradient + w + c, lanes);
        edges.d_translation().store(gradient + 2 * w + c, lanes);
      }
    }
    if (!want_x) return;
    for (int64_t b = some.begin; b < some.end; ++b) {
      const S value = sum(T::load(own.partial + (b - some.begin) * T::W));
      S& at = d_x[b * layer.in + i];
      at = a.d_x_mode == KAN_GRAD_ACCUMULATE ? at + value : value;
    }
  }
};

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
  if (a.batch == 0) return;
  with_wavelet(layer, [&]<int32_t kWavelet>() { wavelet_forward_of<S, kWavelet>(pool, layer, a); });
}

template <class S>
void wavelet_backward(Pool& pool, const Layer& layer, const BackwardArgs& a) {
  with_wavelet(layer, [&]<int32_t kWavelet>() { WaveletBackward<S, kWavelet>(pool, layer, a).run(); });
}

}  // namespace KAN_NS
