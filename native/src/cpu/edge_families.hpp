// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// How each family of KAN layers shows its edges to the passes of edge_statistics.inl.
#pragma once
#include "cpu/dense_panel.hpp"
#include "cpu/spline_windows.hpp"
#include "cpu/wavelet.inl"

namespace KAN_NS {

template <class S>
struct EdgePass {
  const Layer& layer;
  int64_t batch;
  bool backward;  // the gradients, not the statistics
  const S* x = nullptr;
  const S* params = nullptr;
  const S* buffers = nullptr;
  S* d_x = nullptr;  // NULL: not wanted
  bool add_x = false;
  bool want_params = false;

  EdgePass(const Layer& layer, int64_t batch, bool backward) : layer(layer), batch(batch), backward(backward) {}
  EdgePass(const Layer& layer, const EdgeStatisticsArgs& a)
      : layer(layer), batch(a.batch), backward(false), x(static_cast<const S*>(a.x)),
        params(static_cast<const S*>(a.params)), buffers(static_cast<const S*>(a.buffers)) {}
  EdgePass(const Layer& layer, const EdgeBackwardArgs& a)
      : layer(layer), batch(a.pass.batch), backward(true), x(static_cast<const S*>(a.pass.x)),
        params(static_cast<const S*>(a.pass.params)), buffers(static_cast<const S*>(a.pass.buffers)),
        d_x(a.pass.d_x_mode != KAN_GRAD_NONE ? static_cast<S*>(a.pass.d_x) : nullptr),
        add_x(a.pass.d_x_mode == KAN_GRAD_ACCUMULATE), want_params(a.pass.d_params_mode != KAN_GRAD_NONE) {}
};

// A family shows its edges to the passes:
//
//   block_samples, inputs()                 samples of a block; most inputs a worker holds at a time
//   begin(pool, worker, workers)            what needs all inputs
//   block(worker, b0, n, i0, i1)            makes samples b0 .. b0+n-1 of inputs i0 .. i1-1 ready
//   phi(worker, i, j, tile, n, to)          to [n][w], the samples in an order of the family's own; j = i - i0
//   pull(worker, i, j, tile, n, g, d_w)     after phi: g = dL/dphi [n][w] adds to d_w [rows][w] and to d_x's sums
//   extra()                                 numbers of the gradient of an input that are not of weights
//   end_input(worker, i, j, b0, n, extra)   after the last tile: d_x of the block; adds to the sums `extra`
//   end_weights(i, tile, d_w)               after the last block: what d_w lacks to be the gradient
//   give(i, extra)                          after the last block: takes the sums
//   end(pool, worker, workers, sink)        after all inputs: the gradients that are not of weights
//
// ------------------------------------------------------------------------------------------------------------ B-splines

template <class S>
struct SplineEdges {
  static constexpr int64_t block_samples = SplinePlan<S>::kBlock;
  const EdgePass<S>& pass;
  const Layer& layer;
  const SplineBasis<S> basis;
  const SplinePlan<S> plan;
  S* zeros;  // (out), the bias' gradient
  struct Worker {
    RecordScratch<S> maker;
    char* records;     // of the inputs held
    S* derivatives;    // [inputs][taps][slots]
    S* factored;       // [rows][64]: weights times scale and mask
    S* slope;          // [samples][64]: phi'
    S* d_x;            // [slots], by sorted position
    const S* weights;  // of the current input and tile
  };
  mutable Worker workers[kMaxThreads];

  SplineEdges(Carver& c, const EdgePass<S>& pass, int threads)
      : pass(pass), layer(pass.layer), basis(spline_basis<S>(layer)), plan(layer, pass.batch) {
    zeros = c.take<S>(pass.backward && layer.bias >= 0 ? layer.out : 0);
    const bool factors = layer.scale_row >= 0 || layer.mask >= 0;
    for (int t = 0; t < threads; ++t) {
      Worker& w = workers[t];
      w.maker.carve(c, layer);
      w.records = c.take<char>(inputs() * plan.record_bytes);
      w.derivatives = c.take<S>(pass.backward ? inputs() * plan.taps * plan.slots : 0);
      w.factored = c.take<S>(factors ? layer.rows * min64(kTile, layer.out) : 0);
      w.slope = c.take<S>(pass.backward ? plan.slots * min64(kTile, layer.out) : 0);
      w.d_x = c.take<S>(pass.backward ? plan.slots : 0);
    }
  }
  int64_t inputs() const { return min64(layer.in, RecordScratch<S>::kGroup); }
  int64_t extra() const { return 0; }
  double cost() const { return 60 + 2.0 * double(plan.taps) * double(ceil_div(layer.out, vec<S>::W)); }

  void begin(Pool&, int, int) const {}

  void block(int worker, int64_t b0, int64_t n, int64_t i0, int64_t i1) const {
    Worker& w = workers[worker];
    const S* const x = pass.x + b0 * layer.in;
    basis.make_records(layer, pass.buffers, x, n, Range{i0, i1}, w.maker, BlockRecords<S>{plan, w.records, -i0});
    for (int64_t i = i0; pass.d_x && i < i1; ++i)
      basis.derivatives(layer, pass.buffers, x, n, i, plan.record(w.records, i - i0), w.maker.sorted,
                        w.derivatives + (i - i0) * plan.taps * plan.slots);
  }

  // to [n][w] = values [taps][slots] times the weights of each run's window, and the base row.
  void product(const Record<S>& record, const S* values, const S* weights, int64_t width, int64_t n, S* to) const {
    const int64_t k = layer.spec.order + 1, slots = plan.slots;
    const bool base = layer.base_row >= 0;
    if (base)
      forward_product(n, Panel<S>{values + k * slots, 1, slots}, Factor<S>{weights + layer.base_row * width, width},
                      Outputs<S>{to, width, true, nullptr});
    int64_t p = 0;
    for (int32_t q = 1; q <= record.count(); ++q) {
      const Run run = record.runs[q];
      forward_product(run.end - p, Panel<S>{values + p, k, slots},
                      Factor<S>{weights + (layer.coef_row + run.first) * width, width},
                      Outputs<S>{to + p * width, width, !base, nullptr});
      p = run.end;
    }
  }
  void phi(int worker, int64_t i, int64_t j, int64_t tile, int64_t n, S* to) const {
    using T = vec<S>;
    Worker& w = workers[worker];
    const TileView<S> view(layer, pass.params, pass.buffers, tile);
    w.weights = view.weights + i * layer.rows * view.w;
    if (view.factored()) {
      alignas(64) S factor[2 * kTile];
      view.factors(i, factor);
      for (int64_t r = 0; r < layer.rows; ++r)
        for (int64_t c = 0; c < view.w; c += T::W) {
          const int lanes = int(min64(T::W, view.w - c));
          (T::load(w.weights + r * view.w + c, lanes) * T::load(factor + (r == layer.base_row ? kTile : 0) + c))
              .store(w.factored + r * view.w + c, lanes);
        }
      w.weights = w.factored;
    }
    const Record<S> record = plan.record(w.records, j);
    product(record, record.values, w.weights, view.w, n, to);
  }

  void pull(int worker, int64_t, int64_t j, int64_t tile, int64_t n, const S* g, S* d_w) const {
    using T = vec<S>;
    const Worker& w = workers[worker];
    const Record<S> record = plan.record(w.records, j);
    const int64_t width = layer.tile_width(tile), k = layer.spec.order + 1, slots = plan.slots;
    if (pass.want_params) {
      if (layer.base_row >= 0)
        weight_product(n, Panel<S>{record.values + k * slots, 1, slots}, Factor<S>{g, width}, false,
                       d_w + layer.base_row * width);
      int64_t p = 0;
      for (int32_t q = 1; q <= record.count(); ++q) {
        const Run run = record.runs[q];
        weight_product(run.end - p, Panel<S>{record.values + p, k, slots}, Factor<S>{g + p * width, width}, false,
                       d_w + (layer.coef_row + run.first) * width);
        p = run.end;
      }
    }
    if (!pass.d_x) return;
    product(record, w.derivatives + j * plan.taps * slots, w.weights, width, n, w.slope);
    for (int64_t p = 0; p < n; ++p) {
      T dot(S(0));
      for (int64_t c = 0; c < width; c += T::W) {
        const int lanes = int(min64(T::W, width - c));
        dot = fma(T::load(w.slope + p * width + c, lanes), T::load(g + p * width + c, lanes), dot);
      }
      w.d_x[p] = (tile == 0 ? S(0) : w.d_x[p]) + sum(dot);
    }
  }
  void end_input(int worker, int64_t i, int64_t j, int64_t b0, int64_t n, S*) const {
    const Worker& w = workers[worker];
    const Record<S> record = plan.record(w.records, j);
    for (int64_t p = 0; pass.d_x && p < n; ++p) {
      S& to = pass.d_x[(b0 + record.index[p]) * layer.in + i];
      to = pass.add_x ? to + w.d_x[p] : w.d_x[p];
    }
  }
  void end_weights(int64_t i, int64_t tile, S* d_w) const {
    edge_factors(TileView<S>(layer, pass.params, pass.buffers, tile), i, d_w);
  }
  void give(int64_t, const S*) const {}
  void end(Pool&, int worker, int, const GradientSink<S>& sink) const {
    if (worker != 0 || layer.bias < 0) return;
    fill_zero(zeros, layer.out);
    sink.put(layer.bias, zeros, layer.out);
  }
};

// ----------------------------------------------------------------------------------------------------- the dense family

template <class S>
struct DenseEdgeScratch {
  const DensePlan<S> plan;
  static constexpr int64_t block_samples = DensePlan<S>::kSamples;
  const int64_t held;               // inputs, as of many samples: fewer need no more memory
  const int64_t of_theta, of_norm;  // numbers of an input's sums
  S* moments;                       // InputNorm
  S* dz;                            // (batch, in) where the LayerNorm's d_x is asked for
  S* theta;                         // (in, theta_per_input)
  S* norm_sums;                     // (2, in): gradients of the LayerNorm
  S* sums;                          // theta
  S* zeros;                         // (out), the bias' gradient
  struct Worker {
    Columns<S> columns;  // [inputs][slots]
    S *dz, *dx;          // [slots]
    S* panel;            // [inputs][R][slots]
    S* transposed;       // [64][slots]: g^T
    S* cotangent;        // [R][slots]
    S* lanes;            // [theta_per_input] registers
  } workers[kMaxThreads];

  DenseEdgeScratch(Carver& c, const EdgePass<S>& pass, int threads)
      : plan(pass.layer, pass.batch), held(DensePlan<S>(pass.layer, DensePlan<S>::kSamples + 1).inputs),
        of_theta(pass.backward && pass.layer.theta_trained ? pass.layer.theta_per_input : 0),
        of_norm(pass.backward && pass.layer.flag(KAN_FLAG_NORM) ? 2 : 0) {
    const Layer& layer = pass.layer;
    const bool norm = layer.flag(KAN_FLAG_NORM), backward = pass.backward;
    moments = c.take<S>(InputNorm<S>::numbers(layer, plan.padded()));
    dz = c.take<S>(norm && backward ? pass.batch * layer.in : 0);
    norm_sums = c.take<S>(of_norm * layer.in);
    theta = c.take<S>(of_theta * layer.in);
    sums = c.take<S>(of_theta > 0 ? layer.theta_count : 0);
    zeros = c.take<S>(backward && layer.bias >= 0 ? layer.out : 0);
    for (int t = 0; t < threads; ++t) {
      workers[t].columns = take_columns<S>(c, layer, held, plan.slots);
      workers[t].dz = c.take<S>(backward ? plan.slots : 0);
      workers[t].dx = c.take<S>(backward ? plan.slots : 0);
      workers[t].panel = c.take<S>(held * plan.rows * plan.slots);
      workers[t].transposed = c.take<S>(backward ? min64(kTile, layer.out) * plan.slots : 0);
      workers[t].cotangent = c.take<S>(backward ? plan.rows * plan.slots : 0);
      workers[t].lanes = c.take<S>(of_theta * vec<S>::W);
    }
  }
  int64_t inputs() const { return held; }
  int64_t extra() const { return of_theta + of_norm; }
};

template <class S>
struct DenseEdges : DenseEdgeScratch<S> {
  using DenseEdgeScratch<S>::of_theta;
  using DenseEdgeScratch<S>::of_norm;
  using DenseEdgeScratch<S>::plan;
  using DenseEdgeScratch<S>::dz;
  using DenseEdgeScratch<S>::theta;
  using DenseEdgeScratch<S>::norm_sums;
  using DenseEdgeScratch<S>::sums;
  using DenseEdgeScratch<S>::zeros;
  using DenseEdgeScratch<S>::workers;
  const EdgePass<S>& pass;
  const Layer& layer;
  const DenseBasis<S> basis;
  const InputNorm<S> norm;
  const bool train_theta, cotangents;
  const CotangentRows rows;

  DenseEdges(Carver& c, const EdgePass<S>& pass, int threads)
      : DenseEdgeScratch<S>(c, pass, threads), pass(pass), layer(pass.layer), basis(dense_basis<S>(layer)),
        norm(layer, pass.batch, plan.padded(), pass.params, DenseEdgeScratch<S>::moments),
        train_theta(layer.theta_trained && pass.want_params),
        cotangents(pass.d_x || (pass.want_params && (norm.on || train_theta))), rows(layer, pass.d_x != nullptr) {}
  double cost() const { return double(plan.rows) * (2 + double(ceil_div(layer.out, vec<S>::W))); }

  void begin(Pool& pool, int worker, int count) const {
    if (!norm.on) return;
    norm.prepare(pass.x, worker, count);
    if (count > 1) pool.barrier();
  }
  void block(int worker, int64_t b0, int64_t n, int64_t i0, int64_t i1) const {
    const auto& w = workers[worker];
    fill_columns(norm, pass.x, Block{b0, n, plan.slots}, Range{i0, i1}, w.columns);
    basis.expand(layer, pass.params, pass.buffers, w.columns, Range{i0, i1}, plan.slots, w.panel);
  }
  // Of the j-th input held.
  Panel<S> panel(int worker, int64_t j) const {
    return {workers[worker].panel + j * plan.rows * plan.slots, plan.rows, plan.slots};
  }
  const S* weights(int64_t i, int64_t tile) const {
    return pass.params + layer.tile_offset(tile) + i * plan.rows * layer.tile_width(tile);
  }
  void phi(int worker, int64_t i, int64_t j, int64_t tile, int64_t n, S* to) const {
    const int64_t width = layer.tile_width(tile);
    forward_product(n, panel(worker, j), Factor<S>{weights(i, tile), width}, Outputs<S>{to, width, true, nullptr});
  }
  void pull(int worker, int64_t i, int64_t j, int64_t tile, int64_t n, const S* g, S* d_w) const {
    const auto& w = workers[worker];
    const int64_t width = layer.tile_width(tile);
    if (pass.want_params) weight_product(n, panel(worker, j), Factor<S>{g, width}, false, d_w);
    if (!cotangents) return;
    const Transposed<S> dt{w.transposed, width};
    dt.fill(g, width, n, 0, width);
    cotangent_product(layer, pass.params, rows, {i, i + 1}, {tile, tile + 1},
                      BlockCotangents<S>{dt, n, n, nullptr, 0, 0}, tile == 0,
                      PanelCotangents<S>{w.cotangent, plan.slots});
  }
  void end_input(int worker, int64_t i, int64_t j, int64_t b0, int64_t n, S* extra) const {
    const auto& w = workers[worker];
    if (!cotangents) return;
    const Block block{b0, n, plan.slots};
    basis.pull_back(InputPass<S>{layer, pass.params, pass.buffers, rows, norm}, block, i, w.cotangent,
                    w.columns.at(j * plan.slots),
                    {w.lanes, train_theta ? extra : nullptr, norm_wanted() ? extra + of_theta : nullptr,
                     norm_wanted() ? extra + of_theta + 1 : nullptr, w.dz, w.dx, nullptr});
    if (!pass.d_x) return;
    if (norm.on) put_columns(w.dz, block, Range{i, i + 1}, false, dz, layer.in);
    if (!norm.on || !layer.flag(KAN_FLAG_BASE_NORM))
      put_columns(norm.on ? w.dx : w.dz, block, Range{i, i + 1}, pass.add_x, pass.d_x, layer.in);
  }
  bool norm_wanted() const { return norm.on && pass.want_params; }
  void end_weights(int64_t, int64_t, S*) const {}
  void give(int64_t i, const S* extra) const {
    for (int64_t r = 0; r < of_theta; ++r) theta[i * of_theta + r] = extra[r];
    for (int64_t r = 0; r < of_norm; ++r) norm_sums[r * layer.in + i] = extra[of_theta + r];
  }
  void end(Pool& pool, int worker, int count, const GradientSink<S>& sink) const {
    if (count > 1) pool.barrier();
    if (norm.on && pass.d_x) {
      const Range rows = part(pass.batch, worker, count);
      if (pass.add_x || !layer.flag(KAN_FLAG_BASE_NORM))
        norm.template input_gradient<true>(pass.x, norm.moments, dz, rows.begin, rows.end, pass.d_x);
      else norm.template input_gradient<false>(pass.x, norm.moments, dz, rows.begin, rows.end, pass.d_x);
    }
    if (!pass.want_params) return;
    if (train_theta) put_theta(worker, count, layer, theta, sums, sink);
    if (worker != 0) return;
    if (layer.bias >= 0) {
      fill_zero(zeros, layer.out);
      sink.put(layer.bias, zeros, layer.out);
    }
    if (norm.on) {
      sink.put(layer.norm_weight, norm_sums, layer.in);
      sink.put(layer.norm_bias, norm_sums + layer.in, layer.in);
    }
  }
};

// ------------------------------------------------------------------------------------------------------------- wavelets

template <class S>
struct WaveletEdgeScratch {
  static constexpr int64_t block_samples = 128;
  S* zeros;                 // (out), the bias' gradient
  S* partial[kMaxThreads];  // [samples][W]: d_x of one input

  WaveletEdgeScratch(Carver& c, const EdgePass<S>& pass, int threads) {
    zeros = c.take<S>(pass.backward && pass.layer.bias >= 0 ? pass.layer.out : 0);
    for (int t = 0; t < threads; ++t) partial[t] = c.take<S>(pass.backward ? block_samples * vec<S>::W : 0);
  }
};

template <class S>
struct WaveletEdges : WaveletEdgeScratch<S> {
  using T = vec<S>;
  using WaveletEdgeScratch<S>::zeros;
  using WaveletEdgeScratch<S>::partial;
  const EdgePass<S>& pass;
  const Layer& layer;
  mutable int64_t b0s[kMaxThreads];  // first sample of each worker's block

  WaveletEdges(Carver& c, const EdgePass<S>& pass, int threads)
      : WaveletEdgeScratch<S>(c, pass, threads), pass(pass), layer(pass.layer) {}
  int64_t inputs() const { return 1; }
  int64_t extra() const { return 0; }
  double cost() const { return 30.0 * double(ceil_div(layer.out, T::W)); }

  // Its three rows for a register of outputs, and the wavelet's factor.
  struct Edges {
    T weight, inverse, translation;
    S factor;
  };
  Edges edges(int64_t i, int64_t tile, int64_t c, int lanes) const {
    const int64_t w = layer.tile_width(tile);
    const S* row = pass.params + layer.tile_offset(tile) + i * 3 * w + c;
    return {T::load(row, lanes), inverse_scale(T::load(row + w, lanes), lanes), T::load(row + 2 * w, lanes),
            S(wavelet_factor(layer.spec.wavelet, i, layer.in))};
  }
  void begin(Pool&, int, int) const {}
  void block(int worker, int64_t b0, int64_t n, int64_t, int64_t) const {
    b0s[worker] = b0;
    if (pass.d_x) fill_zero(partial[worker], n * T::W);
  }
  void phi(int worker, int64_t i, int64_t, int64_t tile, int64_t n, S* to) const {
    with_wavelet(layer, [&]<int32_t kWavelet>() { phi_of<kWavelet>(worker, i, tile, n, to); });
  }
  template <int32_t kWavelet>
  void phi_of(int worker, int64_t i, int64_t tile, int64_t n, S* to) const {
    const int64_t w = layer.tile_width(tile);
    for (int64_t c = 0; c < w; c += T::W) {
      const int lanes = int(min64(T::W, w - c));
      const Edges e = edges(i, tile, c, lanes);
      for (int64_t s = 0; s < n; ++s) {
        T value, derivative;
        wavelet_shape<kWavelet>((pass.x[(b0s[worker] + s) * layer.in + i] - e.translation) * e.inverse, value,
                                derivative);
        (e.weight * e.factor * value).store(to + s * w + c, lanes);
      }
    }
  }
  void pull(int worker, int64_t i, int64_t, int64_t tile, int64_t n, const S* g, S* d_w) const {
    with_wavelet(layer, [&]<int32_t kWavelet>() { pull_of<kWavelet>(worker, i, tile, n, g, d_w); });
  }
  template <int32_t kWavelet>
  void pull_of(int worker, int64_t i, int64_t tile, int64_t n, const S* g, S* d_w) const {
    const int64_t w = layer.tile_width(tile);
    for (int64_t c = 0; c < w; c += T::W) {
      const int lanes = int(min64(T::W, w - c));
      const Edges e = edges(i, tile, c, lanes);
      const T slope = e.weight * e.factor * e.inverse;
      T d_weight(S(0)), d_scale(S(0)), d_translation(S(0));
      for (int64_t s = 0; s < n; ++s) {
        const T u = (pass.x[(b0s[worker] + s) * layer.in + i] - e.translation) * e.inverse;
        T value, derivative;
        wavelet_shape<kWavelet>(u, value, derivative);
        const T t = T::load(g + s * w + c, lanes), d = t * derivative;
        d_weight = fma(t, value, d_weight);
        d_translation += d;
        d_scale = fma(d, u, d_scale);
        S* const at = partial[worker] + s * T::W;
        if (pass.d_x) fma(d, slope, T::load(at)).store(at);
      }
      fma(d_weight, T(e.factor), T::load(d_w + c, lanes)).store(d_w + c, lanes);
      (T::load(d_w + w + c, lanes) - d_scale * slope).store(d_w + w + c, lanes);
      (T::load(d_w + 2 * w + c, lanes) - d_translation * slope).store(d_w + 2 * w + c, lanes);
    }
  }
  void end_input(int worker, int64_t i, int64_t, int64_t b0, int64_t n, S*) const {
    for (int64_t s = 0; pass.d_x && s < n; ++s) {
      const S value = sum(T::load(partial[worker] + s * T::W));
      S& to = pass.d_x[(b0 + s) * layer.in + i];
      to = pass.add_x ? to + value : value;
    }
  }
  void end_weights(int64_t, int64_t, S*) const {}
  void give(int64_t, const S*) const {}
  void end(Pool&, int worker, int, const GradientSink<S>& sink) const {
    if (worker != 0 || layer.bias < 0) return;
    fill_zero(zeros, layer.out);
    sink.put(layer.bias, zeros, layer.out);
  }
};

}  // namespace KAN_NS
