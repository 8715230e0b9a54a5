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
// and pulled back by the products of the backward passes. No (batch, out, in) tensor. Pieces are groups of inputs times parts of
// the samples: a fixed number of parts for the statistics, nodes of a sum over the blocks of samples for the gradients.
#pragma once
#include "cpu/edge_families.hpp"

namespace KAN_NS {

// Of |phi|, of phi, and of the squared distance from its mean, over some samples of an edge.
struct EdgeMoments {
  double size, mean, square;
};

// How an edge pass is cut, and its working memory.
template <class S>
struct EdgeWork {
  int64_t blocks, held;  // of samples; inputs that a piece holds
  int64_t parts;         // of the samples of a statistic
  int64_t per_input;     // numbers of the gradient of an input
  SumTree tree;          // of the gradients, over the blocks
  EdgeMoments* moments;  // [part][in][out]
  S* nodes;              // [node][in][per_input]: of sums that are cut
  struct Worker {
    S* phi;        // [samples][64]
    double* sums;  // [inputs][3][out]: of |phi|, of phi - pivot, of (phi - pivot)^2
    S* pivot;      // [inputs][out]
    S* gradient;   // [level][inputs]: [tile][rows][w], and what the family adds
  } worker[kMaxThreads];

  template <class Family>
  EdgeWork(Carver& c, const EdgePass<S>& pass, const Family& family, int threads)
      : blocks(max64(1, ceil_div(pass.batch, Family::block_samples))),
        held(edge_inputs(pass, family.inputs(), threads)),
        parts(pass.backward ? 1 : min64(blocks, max64(1, kParts / pass.layer.in))),
        per_input(pass.layer.rows * pass.layer.out + family.extra()),
        tree(blocks, ceil_div(pass.layer.in, held), pass.backward ? wanted_pieces(threads) : 1) {
    const Layer& layer = pass.layer;
    const bool statistics = !pass.backward;
    moments = c.take<EdgeMoments>(statistics && parts > 1 ? parts * layer.in * layer.out : 0);
    nodes = c.take<S>(tree.nodes() > 1 ? tree.nodes() * layer.in * per_input : 0);
    for (int t = 0; t < threads; ++t) {
      worker[t].phi = c.take<S>(round_up(min64(pass.batch, Family::block_samples), 64) * min64(kTile, layer.out));
      worker[t].sums = c.take<double>(statistics ? held * 3 * layer.out : 0);
      worker[t].pivot = c.take<S>(statistics ? held * layer.out : 0);
      worker[t].gradient = c.take<S>(statistics ? 0 : (1 + SumTree::levels(blocks)) * held * per_input);
    }
  }

 private:
  static constexpr int64_t kParts = 64;

  // Their sums or gradients take 256 KB at most, or one input's: every scratch of a layer has room for this pass. Pieces are as many
  // for each thread.
  static int64_t edge_inputs(const EdgePass<S>& pass, int64_t most, int threads) {
    const int64_t element = int64_t(sizeof(S)), each = pass.backward ? pass.layer.rows * element : 3 * 8 + element;
    const int64_t held = max64(1, min64(most, (1 << 18) / (each * pass.layer.out)));
    return ceil_div(pass.layer.in, round_up(ceil_div(pass.layer.in, held), threads));
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

template <class S, class Family>
struct EdgeStatisticsOf {
  using Worker = typename EdgeWork<S>::Worker;
  const Layer& layer;
  const EdgeStatisticsArgs& a;
  const EdgePass<S>& pass;
  const Family& family;
  const EdgeWork<S>& work;

  // Group u of inputs over part k of the samples.
  void piece(int worker, int64_t u, int64_t k) const {
    const Worker& own = work.worker[worker];
    const Range blocks = part(work.blocks, k, work.parts);
    const int64_t i0 = u * work.held, i1 = min64(layer.in, i0 + work.held),
                  first = blocks.begin * Family::block_samples,
                  end = min64(a.batch, blocks.end * Family::block_samples);
    fill_zero(own.sums, (i1 - i0) * 3 * layer.out);
    for (int64_t b0 = first; b0 < end; b0 += Family::block_samples) {
      const int64_t n = min64(Family::block_samples, end - b0);
      family.block(worker, b0, n, i0, i1);
      for (int64_t i = i0; i < i1; ++i)
        for (int64_t tile = 0; tile < ceil_div(layer.out, kTile); ++tile) {
          family.phi(worker, i, i - i0, tile, n, own.phi);
          add_moments(own.phi, n, layer.tile_width(tile), b0 == first, own.pivot + (i - i0) * layer.out + tile * kTile,
                      own.sums + (i - i0) * 3 * layer.out + tile * kTile, layer.out);
        }
    }
    const double n = double(end - first);
    for (int64_t i = i0; i < i1; ++i)
      for (int64_t o = 0; o < layer.out; ++o) {
        const double* s = own.sums + (i - i0) * 3 * layer.out + o;
        const double shift = s[layer.out] / n;
        const EdgeMoments of = {s[0], double(own.pivot[(i - i0) * layer.out + o]) + shift,
                                s[2 * layer.out] - shift * shift * n};
        if (work.parts == 1) give(i, o, of);
        else work.moments[(k * layer.in + i) * layer.out + o] = of;
      }
  }

  // Those of the parts of input i together. (Chan, Golub and LeVeque 1983)
  void fold(int64_t i) const {
    const auto samples = [&](int64_t k) {
      const Range blocks = part(work.blocks, k, work.parts);
      return double(min64(a.batch, blocks.end * Family::block_samples) - blocks.begin * Family::block_samples);
    };
    for (int64_t o = 0; o < layer.out; ++o) {
      const EdgeMoments* const of = work.moments + i * layer.out + o;
      EdgeMoments all = *of;
      double n = samples(0);
      for (int64_t k = 1; k < work.parts; ++k) {
        const EdgeMoments& next = of[k * layer.in * layer.out];
        const double m = samples(k), apart = next.mean - all.mean;
        all.size += next.size;
        all.mean += apart * m / (n + m);
        all.square += next.square + apart * apart * n * m / (n + m);
        n += m;
      }
      give(i, o, all);
    }
  }

 private:
  void give(int64_t i, int64_t o, EdgeMoments of) const {
    const int64_t e = o * layer.in + i;
    const double batch = double(a.batch), variance = of.square / batch;
    if (a.mean_abs) a.mean_abs[e] = of.size / batch;
    if (a.mean) a.mean[e] = of.mean;
    if (a.deviation) a.deviation[e] = variance < 0 ? 0 : __builtin_sqrt(variance);  // NaN stays
  }
};

template <class S, class Family>
inline void edge_pass(Pool& pool, const Layer& layer, const EdgeStatisticsArgs& a) {
  const EdgePass<S> pass(layer, a);
  Carver carver(a.scratch);
  const Family family(carver, pass, pool.threads());
  const EdgeWork<S> work(carver, pass, family, pool.threads());
  const EdgeStatisticsOf<S, Family> statistics{layer, a, pass, family, work};
  const int workers = workers_for(pool, double(a.batch) * double(layer.in) * family.cost());
  Shares pieces(pool, ceil_div(layer.in, work.held) * work.parts, workers), folding(pool, layer.in, workers);
  for_workers(pool, workers, [&](int worker) {
    family.begin(pool, worker, workers);
    pieces.each(worker, [&](int64_t u) { statistics.piece(worker, u / work.parts, u % work.parts); });
    if (work.parts == 1) return;
    if (workers > 1) pool.barrier();
    folding.each(worker, [&](int64_t i) { statistics.fold(i); });
  });
}

template <class S, class Family>
struct EdgeGradients {
  const Layer& layer;
  const EdgeBackwardArgs& a;
  const EdgePass<S>& pass;
  const Family& family;
  const EdgeWork<S>& work;
  const SumTree tree;  // of the blocks of samples
  const GradientSink<S> sink;

  // Group u of inputs over node k of the sum.
  void piece(int worker, int64_t u, int64_t k) const {
    const int64_t i0 = u * work.held, count = min64(layer.in, i0 + work.held) - i0;
    S* const own = work.worker[worker].gradient;
    S* const whole = tree.nodes() > 1 ? node(i0, k) : own;
    const auto level = [&](int l) { return l > 0 ? own + l * work.held * work.per_input : whole; };
    pairwise(
        tree.node(k), 0,
        [&](int64_t block, int l) {
          samples(worker, block, {i0, i0 + count}, level(l));
        },
        [&](int l) {
          if (pass.want_params) add_numbers(level(l), level(l + 1), count * work.per_input);
        });
    for (int64_t j = 0; tree.nodes() == 1 && pass.want_params && j < count; ++j)
      give(i0 + j, whole + j * work.per_input);
  }

  void fold(int64_t i) const {
    S* const g = node(i, 0);
    for_registers<S>(0, work.per_input, [&](int64_t j, auto lanes) {
      folded(g + j, layer.in * work.per_input, tree.nodes(), lanes).store(g + j, lanes);
    });
    give(i, g);
  }

 private:
  S* node(int64_t i, int64_t k) const { return work.nodes + (k * layer.in + i) * work.per_input; }

  // Of a block of samples: d_x, and the gradients of some inputs into `to`.
  void samples(int worker, int64_t block, Range inputs, S* to) const {
    const int64_t b0 = block * Family::block_samples, n = min64(Family::block_samples, pass.batch - b0),
                  i0 = inputs.begin;
    S* const phi = work.worker[worker].phi;
    if (pass.want_params) fill_zero(to, (inputs.end - i0) * work.per_input);
    if (n <= 0) return;
    family.block(worker, b0, n, i0, inputs.end);
    for (int64_t i = i0; i < inputs.end; ++i) {
      S* const g = to + (i - i0) * work.per_input;
      for (int64_t tile = 0; tile < ceil_div(layer.out, kTile); ++tile) {
        family.phi(worker, i, i - i0, tile, n, phi);
        cotangent_of(layer, a, i, tile, n, phi);
        family.pull(worker, i, i - i0, tile, n, phi, g + tile * kTile * layer.rows);
      }
      family.end_input(worker, i, i - i0, b0, n, g + layer.rows * layer.out);
    }
  }

  // The finished gradient of an input.
  void give(int64_t i, S* g) const {
    for (int64_t tile = 0; tile < ceil_div(layer.out, kTile); ++tile) {
      const int64_t size = layer.rows * layer.tile_width(tile);
      S* const d_w = g + tile * kTile * layer.rows;
      family.end_weights(i, tile, d_w);
      sink.put(layer.tile_offset(tile) + i * size, d_w, size);
    }
    family.give(i, g + layer.rows * layer.out);
  }
};

template <class S, class Family>
inline void edge_pass(Pool& pool, const Layer& layer, const EdgeBackwardArgs& a) {
  const EdgePass<S> pass(layer, a);
  Carver carver(a.pass.scratch);
  const Family family(carver, pass, pool.threads());
  const EdgeWork<S> work(carver, pass, family, pool.threads());
  const int workers = workers_for(pool, 3 * double(pass.batch) * double(layer.in) * family.cost());
  const int64_t groups = ceil_div(layer.in, work.held);
  const EdgeGradients<S, Family> gradients{layer,
                                           a,
                                           pass,
                                           family,
                                           work,
                                           SumTree(work.blocks, groups, wanted_pieces(workers)),
                                           GradientSink<S>(a.pass, nullptr)};
  const int64_t nodes = gradients.tree.nodes();
  Shares pieces(pool, groups * nodes, workers), folding(pool, layer.in, workers);
  for_workers(pool, workers, [&](int worker) {
    family.begin(pool, worker, workers);
    pieces.each(worker, [&](int64_t u) { gradients.piece(worker, u / nodes, u % nodes); });
    if (nodes > 1 && pass.want_params) {
      if (workers > 1) pool.barrier();
      folding.each(worker, [&](int64_t i) { gradients.fold(i); });
    }
    family.end(pool, worker, workers, gradients.sink);
  });
}

// ------------------------------------------------------------------------------------------------------------- dispatch

template <class S, class Args>
inline void edge_statistics_any(Pool& pool, const Layer& layer, const Args& a) {
  switch (layer.spec.basis) {
    case KAN_BASIS_BSPLINE: return edge_pass<S, SplineEdges<S>>(pool, layer, a);
    case KAN_BASIS_WAVELET: return edge_pass<S, WaveletEdges<S>>(pool, layer, a);
    default: return edge_pass<S, DenseEdges<S>>(pool, layer, a);
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
    const auto add = [&](const auto& family) {
      EdgeWork<S>(c, pass, family, threads);
      most = max64(most, c.used());
    };
    switch (layer.spec.basis) {
      case KAN_BASIS_BSPLINE: add(SplineEdges<S>(c, pass, threads)); break;
      case KAN_BASIS_WAVELET: add(WaveletEdges<S>(c, pass, threads)); break;
      default: add(DenseEdgeScratch<S>(c, pass, threads)); break;
    }
  }
  return most;
}

}  // namespace KAN_NS
