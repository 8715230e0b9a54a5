// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Statistics of each edge's output phi_oi(x_i) over a batch, and the gradients of what is computed from them.
//
// The edges of one input, a block of samples and one tile of outputs are expanded into cache, [sample][output], by the
// matrix products of the dense family: for B-splines run by run of equal window over sorted samples, for the other bases
// from the panel of their values, for wavelets edge by edge. There they are summed up, or turned into their cotangents
//
//   g = (d_mean_abs sign(phi) + d_mean + 2 d_mean_square phi) / batch
//
// and pulled back by the products of the backward passes. No (batch, out, in) tensor. A worker has inputs of its own and
// sees all samples of them in one order: the same bits for any number of threads.
#pragma once
#include "cpu/dense.inl"
#include "cpu/wavelet.inl"
#include "cpu/local.inl"

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

// A family shows its edges to the passes below:
//
//   block_samples, inputs()                 samples of a block; most inputs a worker holds at a time
//   begin(pool, worker, workers)            what needs all inputs
//   block(worker, b0, n, i0, i1)            makes samples b0 .. b0+n-1 of inputs i0 .. i1-1 ready
//   phi(worker, i, j, tile, n, to)          to [n][w], the samples in an order of the family's own; j = i - i0
//   pull(worker, i, j, tile, n, g, d_w)     after phi: g = dL/dphi [n][w] adds to d_w [rows][w] and to d_x's sums
//   end_input(worker, i, j, b0, n)          after the last tile: d_x of the block
//   end_weights(i, tile, d_w)               after the last block: what d_w lacks to be the gradient
//   end(pool, worker, workers, sink)        after all inputs: the gradients that are not of weights
//
// ------------------------------------------------------------------------------------------------------------ B-splines

template <class S>
struct LocalEdges {
  static constexpr int64_t block_samples = LocalPlan<S>::kBlock;
  const EdgePass<S>& pass;
  const Layer& layer;
  const LocalPlan<S> plan;
  S* zeros;  // (out), the bias' gradient
  struct Worker {
    RecordScratch<S> maker;
    char* records;      // of the inputs held
    S* derivatives;     // [inputs][taps][slots]
    S* factored;        // [rows][64]: weights times scale and mask
    S* slope;           // [samples][64]: phi'
    S* d_x;             // [slots], by sorted position
    const S* weights;   // of the current input and tile
  };
  mutable Worker workers[kMaxThreads];

  LocalEdges(Carver& c, const EdgePass<S>& pass, int threads) : pass(pass), layer(pass.layer), plan(layer, pass.batch) {
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
  double cost() const { return 60 + 2.0 * double(plan.taps) * double(ceil_div(layer.out, vec<S>::W)); }

  void begin(Pool&, int, int) const {}

  template <int K>
  void records(Worker& w, int64_t b0, int64_t n, int64_t i0, int64_t i1) const {
    make_records<S, K>(layer, pass.buffers, pass.x + b0 * layer.in, n, i0, i1, plan, w.maker, w.records, -i0);
    if (!pass.d_x) return;
    for (int64_t i = i0; i < i1; ++i) {
      const Record<S> record = plan.record(w.records, i - i0);
      S* sorted = w.maker.sorted;
      for (int64_t p = 0; p < n; ++p) sorted[p] = pass.x[(b0 + record.index[p]) * layer.in + i];
      for (int64_t p = n; p < plan.slots; ++p) sorted[p] = sorted[0];
      fill_values<S, K, true>(grid_view(layer, pass.buffers, i), layer.base_row >= 0 ? layer.spec.base : KAN_ACTIVATION_NONE,
                              sorted, record.runs, n, plan.slots, w.derivatives + (i - i0) * plan.taps * plan.slots);
    }
  }
  void block(int worker, int64_t b0, int64_t n, int64_t i0, int64_t i1) const {
    Worker& w = workers[worker];
    switch (layer.spec.order) {
      case 1: return records<1>(w, b0, n, i0, i1);
      case 2: return records<2>(w, b0, n, i0, i1);
      case 3: return records<3>(w, b0, n, i0, i1);
      case 4: return records<4>(w, b0, n, i0, i1);
      case 5: return records<5>(w, b0, n, i0, i1);
    }
  }

  // to [n][w] = values [taps][slots] times the weights of each run's window, and the base row.
  void product(const Record<S>& record, const S* values, const S* weights, int64_t width, int64_t n, S* to) const {
    const int64_t k = layer.spec.order + 1, slots = plan.slots;
    const bool base = layer.base_row >= 0;
    if (base) forward_product(n, 1, values + k * slots, slots, weights + layer.base_row * width, width, true, static_cast<const S*>(nullptr), to, width);
    int64_t p = 0;
    for (int32_t q = 1; q <= record.runs[0].first; ++q) {
      const Run run = record.runs[q];
      forward_product(run.end - p, k, values + p, slots, weights + (layer.coef_row + run.first) * width, width, !base,
                      static_cast<const S*>(nullptr), to + p * width, width);
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
        weight_product(1, n, record.values + k * slots, slots, g, width, false, d_w + layer.base_row * width);
      int64_t p = 0;
      for (int32_t q = 1; q <= record.runs[0].first; ++q) {
        const Run run = record.runs[q];
        weight_product(k, run.end - p, record.values + p, slots, g + p * width, width, false,
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
  void end_input(int worker, int64_t i, int64_t j, int64_t b0, int64_t n) const {
    const Worker& w = workers[worker];
    const Record<S> record = plan.record(w.records, j);
    for (int64_t p = 0; pass.d_x && p < n; ++p) {
      S& to = pass.d_x[(b0 + record.index[p]) * layer.in + i];
      to = pass.add_x ? to + w.d_x[p] : w.d_x[p];
    }
  }
  void end_weights(int64_t i, int64_t tile, S* d_w) const {
    edge_factors(layer, TileView<S>(layer, pass.params, pass.buffers, tile), i, d_w);
  }
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
  S* moments;           // InputNorm
  S* dz;                // (batch, in) where the LayerNorm's d_x is asked for
  S* theta;             // (in, theta_per_input)
  S* norm_sums;         // (2, in): gradients of the LayerNorm
  S* sums;              // bias, theta
  struct Worker {
    Columns<S> columns; // [inputs][slots]
    S *dz, *dx;         // [slots]
    S* panel;           // [inputs][R][slots]
    S* transposed;      // [64][slots]: g^T
    S* cotangent;       // [R][slots]
  } workers[kMaxThreads];

  DenseEdgeScratch(Carver& c, const EdgePass<S>& pass, int threads) : plan(pass.layer, pass.batch) {
    const Layer& layer = pass.layer;
    const bool norm = layer.flag(KAN_FLAG_NORM), backward = pass.backward;
    moments = c.take<S>(InputNorm<S>::numbers(layer, plan));
    dz = c.take<S>(norm && backward ? pass.batch * layer.in : 0);
    norm_sums = c.take<S>(norm && backward ? 2 * layer.in : 0);
    theta = c.take<S>(layer.theta_trained && backward ? layer.in * theta_per_input(layer) : 0);
    sums = c.take<S>(backward ? max64(layer.out, layer.theta_trained ? layer.theta_count : 0) : 0);
    for (int t = 0; t < threads; ++t) {
      workers[t].columns = take_columns<S>(c, layer, plan.backward_inputs, plan.slots);
      workers[t].dz = c.take<S>(backward ? plan.slots : 0);
      workers[t].dx = c.take<S>(backward ? plan.slots : 0);
      workers[t].panel = c.take<S>(plan.backward_inputs * plan.rows * plan.slots);
      workers[t].transposed = c.take<S>(backward ? min64(kTile, layer.out) * plan.slots : 0);
      workers[t].cotangent = c.take<S>(backward ? plan.rows * plan.slots : 0);
    }
  }
  int64_t inputs() const { return plan.backward_inputs; }
};

template <class S, template <class> class Policy>
struct DenseEdges : DenseEdgeScratch<S> {
  static constexpr int64_t block_samples = DensePlan<S>::kSamples;
  using DenseEdgeScratch<S>::plan;
  using DenseEdgeScratch<S>::dz;
  using DenseEdgeScratch<S>::theta;
  using DenseEdgeScratch<S>::norm_sums;
  using DenseEdgeScratch<S>::sums;
  using DenseEdgeScratch<S>::workers;
  const EdgePass<S>& pass;
  const Layer& layer;
  const InputNorm<S> norm;
  const bool train_theta, cotangents;
  const CotangentRows which;
  const int64_t per_input;

  DenseEdges(Carver& c, const EdgePass<S>& pass, int threads)
      : DenseEdgeScratch<S>(c, pass, threads), pass(pass), layer(pass.layer),
        norm(layer, plan, pass.params, DenseEdgeScratch<S>::moments), train_theta(layer.theta_trained && pass.want_params),
        cotangents(pass.d_x || (pass.want_params && (norm.on || train_theta))), which(layer, pass.d_x != nullptr),
        per_input(theta_per_input(layer)) {}
  double cost() const { return double(plan.rows) * (2 + double(ceil_div(layer.out, vec<S>::W))); }

  void begin(Pool& pool, int worker, int count) const {
    if (!norm.on) return;
    norm.prepare(pass.x, worker, count);
    if (count > 1) pool.barrier();
  }
  void block(int worker, int64_t b0, int64_t n, int64_t i0, int64_t i1) const {
    if (train_theta && b0 == 0) fill_zero(theta + i0 * per_input, (i1 - i0) * per_input);
    if (norm.on && pass.backward && b0 == 0) {
      fill_zero(norm_sums + i0, i1 - i0);
      fill_zero(norm_sums + layer.in + i0, i1 - i0);
    }
    const auto& w = workers[worker];
    fill_columns(norm, pass.x, layer.in, b0, n, i0, i1, plan.slots, w.columns);
    expand_inputs<S, Policy>(layer, pass.params, pass.buffers, w.columns, i0, i1, plan.slots, w.panel);
  }
  const S* weights(int64_t i, int64_t tile) const {
    return pass.params + layer.tile_offset(tile) + i * plan.rows * layer.tile_width(tile);
  }
  void phi(int worker, int64_t i, int64_t j, int64_t tile, int64_t n, S* to) const {
    const int64_t width = layer.tile_width(tile);
    forward_product(n, plan.rows, workers[worker].panel + j * plan.rows * plan.slots, plan.slots, weights(i, tile), width, true,
                    static_cast<const S*>(nullptr), to, width);
  }
  void pull(int worker, int64_t i, int64_t j, int64_t tile, int64_t n, const S* g, S* d_w) const {
    const auto& w = workers[worker];
    const int64_t width = layer.tile_width(tile), slots = plan.slots;
    if (pass.want_params) weight_product(plan.rows, n, w.panel + j * plan.rows * slots, slots, g, width, false, d_w);
    if (!cotangents) return;
    const Transposed<S> dt{w.transposed, width};
    dt.fill(g, width, n, 0, width);
    cotangent_product(layer, pass.params, which, i * plan.rows, which.count, {tile, tile + 1}, dt, n, n,
                      static_cast<const S*>(nullptr), 0, 0, slots, tile == 0, w.cotangent);
  }
  void end_input(int worker, int64_t i, int64_t j, int64_t b0, int64_t n) const {
    const auto& w = workers[worker];
    if (!cotangents) return;
    pull_back<S, Policy>(layer, pass.params, pass.buffers, which, norm, b0, n, i, plan.slots, w.cotangent,
                         w.columns.at(j * plan.slots), train_theta ? theta + i * per_input : nullptr,
                         norm.on ? norm_sums + i : nullptr, w.dz, w.dx, static_cast<S*>(nullptr));
    if (!pass.d_x) return;
    S* d_x = pass.d_x + b0 * layer.in;
    if (norm.on) put_columns(w.dz, plan.slots, false, n, i, i + 1, dz + b0 * layer.in, layer.in);
    if (!norm.on || !layer.flag(KAN_FLAG_BASE_NORM))
      put_columns(norm.on ? w.dx : w.dz, plan.slots, pass.add_x, n, i, i + 1, d_x, layer.in);
  }
  void end_weights(int64_t, int64_t, S*) const {}
  void end(Pool& pool, int worker, int count, const GradientSink<S>& sink) const {
    if (count > 1) pool.barrier();
    if (norm.on && pass.d_x) {
      const Range rows = part(pass.batch, worker, count);
      if (pass.add_x || !layer.flag(KAN_FLAG_BASE_NORM))
        norm.template input_gradient<true>(pass.x, norm.moments, dz, rows.begin, rows.end, pass.d_x);
      else
        norm.template input_gradient<false>(pass.x, norm.moments, dz, rows.begin, rows.end, pass.d_x);
    }
    if (worker != 0 || !pass.want_params) return;
    if (layer.bias >= 0) {
      fill_zero(sums, layer.out);
      sink.put(layer.bias, sums, layer.out);
    }
    if (norm.on) {
      sink.put(layer.norm_weight, norm_sums, layer.in);
      sink.put(layer.norm_bias, norm_sums + layer.in, layer.in);
    }
    if (train_theta) {
      fill_zero(sums, layer.theta_count);
      for (int64_t i = 0; i < layer.in; ++i)
        for (int64_t r = 0; r < per_input; ++r) sums[theta_index(layer, i, r)] += theta[i * per_input + r];
      sink.put(layer.theta, sums, layer.theta_count);
    }
  }
};

// ------------------------------------------------------------------------------------------------------------- wavelets

template <class S>
struct WaveletEdgeScratch {
  static constexpr int64_t block_samples = 128;
  S* zeros;  // (out), the bias' gradient
  S* partial[kMaxThreads];  // [samples][W]: d_x of one input

  WaveletEdgeScratch(Carver& c, const EdgePass<S>& pass, int threads) {
    zeros = c.take<S>(pass.backward && pass.layer.bias >= 0 ? pass.layer.out : 0);
    for (int t = 0; t < threads; ++t) partial[t] = c.take<S>(pass.backward ? block_samples * vec<S>::W : 0);
  }
};

template <class S, int32_t kWavelet>
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
  double cost() const { return 30.0 * double(ceil_div(layer.out, T::W)); }

  // Its three rows and window for a register of outputs.
  struct Edges {
    T weight, inverse, translation;
    S window;
  };
  Edges edges(int64_t i, int64_t tile, int64_t c, int lanes) const {
    const int64_t w = layer.tile_width(tile);
    const S* row = pass.params + layer.tile_offset(tile) + i * 3 * w + c;
    return {T::load(row, lanes), inverse_scale(T::load(row + w, lanes), lanes), T::load(row + 2 * w, lanes),
            S(wavelet_window(kWavelet, i, layer.in))};
  }
  void begin(Pool&, int, int) const {}
  void block(int worker, int64_t b0, int64_t n, int64_t, int64_t) const {
    b0s[worker] = b0;
    if (pass.d_x) fill_zero(partial[worker], n * T::W);
  }
  void phi(int worker, int64_t i, int64_t, int64_t tile, int64_t n, S* to) const {
    const int64_t w = layer.tile_width(tile);
    for (int64_t c = 0; c < w; c += T::W) {
      const int lanes = int(min64(T::W, w - c));
      const Edges e = edges(i, tile, c, lanes);
      for (int64_t s = 0; s < n; ++s) {
        T value, derivative;
        wavelet<kWavelet>((pass.x[(b0s[worker] + s) * layer.in + i] - e.translation) * e.inverse, value, derivative);
        (e.weight * e.window * value).store(to + s * w + c, lanes);
      }
    }
  }
  void pull(int worker, int64_t i, int64_t, int64_t tile, int64_t n, const S* g, S* d_w) const {
    const int64_t w = layer.tile_width(tile);
    for (int64_t c = 0; c < w; c += T::W) {
      const int lanes = int(min64(T::W, w - c));
      const Edges e = edges(i, tile, c, lanes);
      T d_weight = T::load(d_w + c, lanes), d_scale = T::load(d_w + w + c, lanes), d_translation = T::load(d_w + 2 * w + c, lanes);
      for (int64_t s = 0; s < n; ++s) {
        const T u = (pass.x[(b0s[worker] + s) * layer.in + i] - e.translation) * e.inverse;
        T value, derivative;
        wavelet<kWavelet>(u, value, derivative);
        const T t = T::load(g + s * w + c, lanes) * e.window;
        d_weight = fma(t, value, d_weight);
        const T d = t * e.weight * derivative * e.inverse;
        d_translation -= d;
        d_scale = fma(-d, u, d_scale);
        if (pass.d_x) (T::load(partial[worker] + s * T::W) + d).store(partial[worker] + s * T::W);
      }
      d_weight.store(d_w + c, lanes);
      d_scale.store(d_w + w + c, lanes);
      d_translation.store(d_w + 2 * w + c, lanes);
    }
  }
  void end_input(int worker, int64_t i, int64_t, int64_t b0, int64_t n) const {
    for (int64_t s = 0; pass.d_x && s < n; ++s) {
      const S value = sum(T::load(partial[worker] + s * T::W));
      S& to = pass.d_x[(b0 + s) * layer.in + i];
      to = pass.add_x ? to + value : value;
    }
  }
  void end_weights(int64_t, int64_t, S*) const {}
  void end(Pool&, int worker, int, const GradientSink<S>& sink) const {
    if (worker != 0 || layer.bias < 0) return;
    fill_zero(zeros, layer.out);
    sink.put(layer.bias, zeros, layer.out);
  }
};

// ------------------------------------------------------------------------------------------------------------ the passes

// Working memory of a worker for the inputs it holds.
template <class S>
struct EdgeWork {
  struct Worker {
    S* phi;         // [samples][64]
    double* sums;   // [inputs][3][out]: of |phi|, of phi - pivot, of (phi - pivot)^2
    S* pivot;       // [inputs][out]
    S* gradient;    // [inputs][tile][rows][w]
  } worker[kMaxThreads];

  EdgeWork(Carver& c, const EdgePass<S>& pass, int64_t block_samples, int64_t inputs, int threads) {
    const Layer& layer = pass.layer;
    for (int t = 0; t < threads; ++t) {
      worker[t].phi = c.take<S>(round_up(min64(pass.batch, block_samples), 64) * min64(kTile, layer.out));
      worker[t].sums = c.take<double>(pass.backward ? 0 : inputs * 3 * layer.out);
      worker[t].pivot = c.take<S>(pass.backward ? 0 : inputs * layer.out);
      worker[t].gradient = c.take<S>(pass.backward ? inputs * layer.rows * layer.out : 0);
    }
  }
};

// Adds phi [n][w] to the sums [3][..] (stride `out`). The pivot is the first sample's phi: with it the squares lose no
// digits to a mean much larger than the deviation.
template <class S>
inline void add_moments(const S* phi, int64_t n, int64_t w, bool first, S* pivot, double* sums, int64_t out) {
  using T = vec<S>;
  for (int64_t c = 0; c < w; c += T::W) {
    const int lanes = int(min64(T::W, w - c));
    if (first) T::load(phi + c, lanes).store(pivot + c, lanes);
    const T p = T::load(pivot + c, lanes);
    T sizes(S(0)), total(S(0)), squares(S(0));
    for (int64_t s = 0; s < n; ++s) {
      const T v = T::load(phi + s * w + c, lanes), d = v - p;
      sizes += abs(v);
      total += d;
      squares = fma(d, d, squares);
    }
    for (int l = 0; l < lanes; ++l) {
      sums[c + l] += double(sizes.v[l]);
      sums[out + c + l] += double(total.v[l]);
      sums[2 * out + c + l] += double(squares.v[l]);
    }
  }
}

// phi [n][w] of input i becomes its cotangent.
template <class S>
inline void cotangent_of(const Layer& layer, const EdgeBackwardArgs& a, int64_t i, int64_t tile, int64_t n, S* phi) {
  using T = vec<S>;
  const int64_t w = layer.tile_width(tile);
  alignas(64) S size[kTile], constant[kTile], slope[kTile];
  for (int64_t c = 0; c < w; ++c) {
    const int64_t e = (tile * kTile + c) * layer.in + i;
    size[c] = S(a.d_mean_abs ? a.d_mean_abs[e] / double(a.pass.batch) : 0);
    constant[c] = S(a.d_mean ? a.d_mean[e] / double(a.pass.batch) : 0);
    slope[c] = S(a.d_mean_square ? 2 * a.d_mean_square[e] / double(a.pass.batch) : 0);
  }
  const T zero(S(0));
  for (int64_t c = 0; c < w; c += T::W) {
    const int lanes = int(min64(T::W, w - c));
    const T up = T::load(size + c, lanes), b = T::load(constant + c, lanes), k = T::load(slope + c, lanes);
    for (int64_t s = 0; s < n; ++s) {
      const T v = T::load(phi + s * w + c, lanes);
      const T sign = select(v > zero, up, select(v < zero, -up, select(v != v, v, zero)));
      (fma(k, v, b) + sign).store(phi + s * w + c, lanes);
    }
  }
}

// Inputs a worker holds at a time. Their sums or gradients take 256 KB at most, or one input's: every scratch of a layer has
// room for this pass.
template <class S, class Family>
inline int64_t edge_inputs(const Family& family, const EdgePass<S>& pass, int threads) {
  const int64_t element = int64_t(sizeof(S)), each = pass.backward ? pass.layer.rows * element : 3 * 8 + element;
  return max64(1, min64(min64(family.inputs(), (1 << 18) / (each * pass.layer.out)), ceil_div(pass.layer.in, threads)));
}

template <class S, class Family>
inline void edge_pass(Pool& pool, const Layer& layer, const EdgeStatisticsArgs& a) {
  const EdgePass<S> pass(layer, a);
  Carver carver(a.scratch);
  const Family family(carver, pass, pool.threads());
  const int64_t held = edge_inputs(family, pass, pool.threads()), groups = ceil_div(layer.in, held);
  const EdgeWork<S> work(carver, pass, Family::block_samples, held, pool.threads());
  const int workers = workers_for(pool, double(a.batch) * double(layer.in) * family.cost());
  for_workers(pool, workers, [&](int worker) {
    const typename EdgeWork<S>::Worker& own = work.worker[worker];
    family.begin(pool, worker, workers);
    const Range mine = part(groups, worker, workers);
    for (int64_t u = mine.begin; u < mine.end; ++u) {
      const int64_t i0 = u * held, i1 = min64(layer.in, i0 + held);
      fill_zero(own.sums, (i1 - i0) * 3 * layer.out);
      for (int64_t b0 = 0; b0 < a.batch; b0 += Family::block_samples) {
        const int64_t n = min64(Family::block_samples, a.batch - b0);
        family.block(worker, b0, n, i0, i1);
        for (int64_t i = i0; i < i1; ++i)
          for (int64_t tile = 0; tile < ceil_div(layer.out, kTile); ++tile) {
            family.phi(worker, i, i - i0, tile, n, own.phi);
            add_moments(own.phi, n, layer.tile_width(tile), b0 == 0, own.pivot + (i - i0) * layer.out + tile * kTile,
                        own.sums + (i - i0) * 3 * layer.out + tile * kTile, layer.out);
          }
      }
      const double batch = double(a.batch);
      for (int64_t i = i0; i < i1; ++i)
        for (int64_t o = 0; o < layer.out; ++o) {
          const double* s = own.sums + (i - i0) * 3 * layer.out + o;
          const double pivot = double(own.pivot[(i - i0) * layer.out + o]);
          const double shift = s[layer.out] / batch, variance = s[2 * layer.out] / batch - shift * shift;
          const int64_t e = o * layer.in + i;
          if (a.mean_abs) a.mean_abs[e] = s[0] / batch;
          if (a.mean) a.mean[e] = pivot + shift;
          if (a.deviation) a.deviation[e] = variance < 0 ? 0 : __builtin_sqrt(variance);  // NaN stays
        }
    }
  });
}

template <class S, class Family>
inline void edge_pass(Pool& pool, const Layer& layer, const EdgeBackwardArgs& a) {
  const EdgePass<S> pass(layer, a);
  Carver carver(a.pass.scratch);
  const Family family(carver, pass, pool.threads());
  const int64_t held = edge_inputs(family, pass, pool.threads()), groups = ceil_div(layer.in, held);
  const EdgeWork<S> work(carver, pass, Family::block_samples, held, pool.threads());
  const GradientSink<S> sink(a.pass, nullptr);
  const int64_t per_input = layer.rows * layer.out;
  const int workers = workers_for(pool, 3 * double(pass.batch) * double(layer.in) * family.cost());
  for_workers(pool, workers, [&](int worker) {
    const typename EdgeWork<S>::Worker& own = work.worker[worker];
    family.begin(pool, worker, workers);
    const Range mine = part(groups, worker, workers);
    for (int64_t u = mine.begin; u < mine.end; ++u) {
      const int64_t i0 = u * held, i1 = min64(layer.in, i0 + held);
      if (pass.want_params) fill_zero(own.gradient, (i1 - i0) * per_input);
      for (int64_t b0 = 0; b0 < pass.batch; b0 += Family::block_samples) {
        const int64_t n = min64(Family::block_samples, pass.batch - b0);
        family.block(worker, b0, n, i0, i1);
        for (int64_t i = i0; i < i1; ++i) {
          for (int64_t tile = 0; tile < ceil_div(layer.out, kTile); ++tile) {
            family.phi(worker, i, i - i0, tile, n, own.phi);
            cotangent_of(layer, a, i, tile, n, own.phi);
            family.pull(worker, i, i - i0, tile, n, own.phi, own.gradient + (i - i0) * per_input + tile * kTile * layer.rows);
          }
          family.end_input(worker, i, i - i0, b0, n);
        }
      }
      if (!pass.want_params) continue;
      for (int64_t i = i0; i < i1; ++i)
        for (int64_t tile = 0; tile < ceil_div(layer.out, kTile); ++tile) {
          const int64_t size = layer.rows * layer.tile_width(tile);
          S* d_w = own.gradient + (i - i0) * per_input + tile * kTile * layer.rows;
          family.end_weights(i, tile, d_w);
          sink.put(layer.tile_offset(tile) + i * size, d_w, size);
        }
    }
    family.end(pool, worker, workers, sink);
  });
}

// ------------------------------------------------------------------------------------------------------------- dispatch

template <class S, class Args>
inline void edge_statistics_any(Pool& pool, const Layer& layer, const Args& a) {
  switch (layer.spec.basis) {
    case KAN_BASIS_BSPLINE: return edge_pass<S, LocalEdges<S>>(pool, layer, a);
    case KAN_BASIS_WAVELET:
      return with_wavelet(layer, [&]<int32_t kWavelet>() { edge_pass<S, WaveletEdges<S, kWavelet>>(pool, layer, a); });
#define KAN_GLOBAL_BASIS(name, constant, policy) \
  case constant: return edge_pass<S, DenseEdges<S, policy>>(pool, layer, a);
#include "registry/basis.inc"
  }
}

template <class S>
void edge_statistics(Pool& pool, const Layer& layer, const EdgeStatisticsArgs& a) {
  edge_statistics_any<S>(pool, layer, a);
}

template <class S>
void edge_statistics_backward(Pool& pool, const Layer& layer, const EdgeBackwardArgs& a) {
  edge_statistics_any<S>(pool, layer, a);
}

template <class S>
int64_t edge_statistics_scratch_bytes(const Layer& layer, int64_t batch, int32_t mode, int threads) {
  if (layer.spec.kind != KAN_LAYER_KAN) return 0;
  int64_t most = 0;
  for (int backward = 0; backward <= (mode == KAN_MODE_TRAIN ? 1 : 0); ++backward) {
    const EdgePass<S> pass(layer, batch, backward == 1);
    Carver c(nullptr);
    const auto add = [&](const auto& family, int64_t block_samples) {
      EdgeWork<S>(c, pass, block_samples, edge_inputs(family, pass, threads), threads);
      most = max64(most, c.used());
    };
    switch (layer.spec.basis) {
      case KAN_BASIS_BSPLINE: add(LocalEdges<S>(c, pass, threads), LocalEdges<S>::block_samples); break;
      case KAN_BASIS_WAVELET: add(WaveletEdges<S, KAN_WAVELET_HAT>(c, pass, threads), WaveletEdgeScratch<S>::block_samples); break;
      default: add(DenseEdgeScratch<S>(c, pass, threads), DensePlan<S>::kSamples); break;
    }
  }
  return most;
}

}  // namespace KAN_NS
