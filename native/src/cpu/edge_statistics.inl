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
#include "cpu/edge_families.hpp"

namespace KAN_NS {

// Working memory of a worker for the inputs it holds.
template <class S>
struct EdgeWork {
  struct Worker {
    S* phi;        // [samples][64]
    double* sums;  // [inputs][3][out]: of |phi|, of phi - pivot, of (phi - pivot)^2
    S* pivot;      // [inputs][out]
    S* gradient;   // [inputs][tile][rows][w]
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
            family.pull(worker, i, i - i0, tile, n, own.phi,
                        own.gradient + (i - i0) * per_input + tile * kTile * layer.rows);
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
    case KAN_BASIS_BSPLINE: return edge_pass<S, SplineEdges<S>>(pool, layer, a);
    case KAN_BASIS_WAVELET:
      return with_wavelet(layer, [&]<int32_t kWavelet>() { edge_pass<S, WaveletEdges<S, kWavelet>>(pool, layer, a); });
// clang-format off
#define KAN_GLOBAL_BASIS(name, constant, policy) \
  case constant: return edge_pass<S, DenseEdges<S, policy>>(pool, layer, a);
#include "registry/basis.inc"
      // clang-format on
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
      case KAN_BASIS_BSPLINE: add(SplineEdges<S>(c, pass, threads), SplineEdges<S>::block_samples); break;
      case KAN_BASIS_WAVELET:
        add(WaveletEdges<S, KAN_WAVELET_HAT>(c, pass, threads), WaveletEdgeScratch<S>::block_samples);
        break;
      default: add(DenseEdgeScratch<S>(c, pass, threads), DensePlan<S>::kSamples); break;
    }
  }
  return most;
}

}  // namespace KAN_NS
