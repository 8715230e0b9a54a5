// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The walk over the windows of a record: the weight rows of each in registers.
#pragma once
#include "core/edge_ranges.hpp"
#include "cpu/spline_records.hpp"

namespace KAN_NS {

using kan::EdgeRange;

// Orders 3 and 1, which most layers have, are compiled with a base branch and without: V rows of a window. For the others V counts a base
// row, and whether there is one is asked: half the code, and a branch a sample.
template <int K>
constexpr bool kApart = K == 3 || K == 1;

// Whether row r < V of a window is one, of a layer with or without a base branch.
template <int K>
KAN_HD bool has_row(int r, bool base) {
  return r <= K || kApart<K> || base;
}

// The V weight rows of a window, and what multiplies them where the layer has scales or masks.
template <class S>
struct RowView {
  const S* row[7];  // k + 1 coefficient rows, then the base row or NULL
  const S* factor;  // [2][64]: of the coefficient rows (scale * mask), of the base row (mask); or NULL

  template <int K>
  KAN_HD vec<S> load(int r, int64_t c, int lanes) const {
    using T = vec<S>;
    const T a = lanes == T::W ? T::load(row[r] + c) : T::load(row[r] + c, lanes);
    return factor ? a * T::load(factor + (r <= K ? 0 : kTile) + c, lanes) : a;
  }
};

// Rows of the inputs of a tile of width w.
template <class S>
struct TileView {
  const S* weights;  // [in][rows][w]
  const S* mask;     // [in][w] or NULL
  int64_t w;
  int32_t rows, base_row, scale_row, coef_row, functions;

  TileView(const Layer& layer, const S* params, const S* buffers, int64_t tile)
      : weights(params + layer.tile_offset(tile)),
        mask(layer.mask >= 0 ? buffers + layer.mask + tile * kTile * layer.in : nullptr), w(layer.tile_width(tile)),
        rows(layer.rows), base_row(layer.base_row), scale_row(layer.scale_row), coef_row(layer.coef_row),
        functions(layer.n) {}

  bool factored() const { return scale_row >= 0 || mask; }

  // The factors of input i, [2][64], made in `to`; NULL where there are none.
  KAN_HD const S* factors(int64_t i, S* to) const {
    if (!factored()) return nullptr;
    using T = vec<S>;
    const S* scale = weights + (i * rows + scale_row) * w;
    for (int64_t c = 0; c < w; c += T::W) {
      const int lanes = int(min64(T::W, w - c));
      const T m = mask ? T::load(mask + i * w + c, lanes) : T(S(1));
      m.store(to + kTile + c);
      (scale_row >= 0 ? m * T::load(scale + c, lanes) : m).store(to + c);
    }
    return to;
  }

  template <int K>
  KAN_HD RowView<S> window(int64_t i, int32_t first, const S* factor) const {
    const S* p = weights + i * rows * w;
    RowView<S> v;
    for (int r = 0; r <= K; ++r) v.row[r] = p + (coef_row + first + r) * w;
    v.row[K + 1] = base_row >= 0 ? p + base_row * w : nullptr;
    v.factor = factor;
    return v;
  }

  // Asks for the rows of input i ahead of their use: the runs read them in an order no hardware prefetcher follows.
  KAN_HD void prefetch(int64_t i, int64_t in, int64_t samples) const {
    if (i >= in || rows > 4 * samples) return;
    const char* p = reinterpret_cast<const char*>(weights + i * rows * w);
    const int64_t bytes = rows * w * int64_t(sizeof(S));
    for (int64_t at = 0; at < bytes; at += 64) __builtin_prefetch(p + at);
  }
};

// The gradient of the effective coefficients becomes that of coefficients, scale and base weights, in place.
template <class S>
KAN_HD void edge_factors(const TileView<S>& tile, int64_t i, S* g) {
  if (!tile.factored()) return;
  using T = vec<S>;
  const int64_t w = tile.w;
  const S* weights = tile.weights + i * tile.rows * w;
  // Row by row, the order of memory, for which the hardware reads ahead.
  const auto columns = [&](int64_t c, auto lanes, auto registers) {
    constexpr int NV = decltype(registers)::value;
    T mask[NV], scale[NV], d_scale[NV];
    for (int v = 0; v < NV; ++v) {
      const int64_t at = c + v * T::W;
      mask[v] = tile.mask ? T::load(tile.mask + i * w + at, lanes) : T(S(1));
      scale[v] = tile.scale_row >= 0 ? mask[v] * T::load(weights + tile.scale_row * w + at, lanes) : mask[v];
      d_scale[v] = T(S(0));
    }
    S* d = g + tile.coef_row * w + c;
    const S* coef = weights + tile.coef_row * w + c;
    for (int32_t r = 0; r < tile.functions; ++r, d += w, coef += w)
      for (int v = 0; v < NV; ++v) {
        const T of_row = T::load(d + v * T::W, lanes);
        d_scale[v] = fma(of_row, T::load(coef + v * T::W, lanes), d_scale[v]);
        (of_row * scale[v]).store(d + v * T::W, lanes);
      }
    for (int v = 0; v < NV; ++v) {
      const int64_t at = c + v * T::W;
      if (tile.scale_row >= 0) (d_scale[v] * mask[v]).store(g + tile.scale_row * w + at, lanes);
      if (tile.base_row >= 0 && tile.mask) {
        S* b = g + tile.base_row * w + at;
        (T::load(b, lanes) * mask[v]).store(b, lanes);
      }
    }
  };
  int64_t c = 0;
  for (; c + 4 * T::W <= w; c += 4 * T::W) columns(c, AllLanes(), Constant<4>());
  for (; c + T::W <= w; c += T::W) columns(c, AllLanes(), Constant<1>());
  if (c < w) columns(c, int(w - c), Constant<1>());
}

// Columns that the widest inner loops take at once, in registers.
template <int V>
constexpr int kWide = kRegisters == 32 && V <= 6 ? 4 : 2;

// f(Constant<registers>(), c, lanes) for w columns from left to right: NV registers at once, then one by one, the last
// perhaps with fewer lanes. (Two of what four leave over are not faster at once, and a third more to compile.)
template <int NV, int W, class F>
KAN_HD void for_columns(int64_t w, F&& f) {
  int64_t c = 0;
  for (; c + NV * W <= w; c += NV * W) f(Constant<NV>(), c, W);
  for (; c < w; c += W) f(Constant<1>(), c, int(min64(W, w - c)));
}

// f(Constant<0>()), f(Constant<1>()), … until one returns true.
template <int N, int I = 0, class F>
KAN_HD bool any_index(F&& f) {
  if constexpr (I < N) return f(Constant<I>()) || any_index<N, I + 1>(f);
  else return false;
}

// Calls sample(p, a) for every position p of a run, where a(r, v) is a register of the rows of its window that it has.
template <class S, int K, int V, int NV, class F>
KAN_HD void walk_run(const RowView<S>& rows, int64_t c, int lanes, int64_t p0, int64_t p1, F&& sample) {
  using T = vec<S>;
  T a[V][NV];
#pragma GCC unroll 8
  for (int r = 0; r < V; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v)
      a[r][v] = has_row<K>(r, rows.row[K + 1]) ? rows.template load<K>(r, c + v * T::W, lanes) : T(S(0));
  for (int64_t p = p0; p < p1; ++p) sample(p, [&](int r, int v) KAN_INLINE { return a[r][v]; });
}

// The same for all runs of a record sorted by window. Neighbouring windows share k rows: row j lives in ring[j % (k + 1)]
// and each is read once, in the order of memory; that of the next input is asked for meanwhile.
template <class S, int K, int V, int NV, class F>
KAN_HD void walk_windows(const TileView<S>& tile, int64_t i, const Record<S>& record, int64_t c, const S* factor,
                         F&& sample) {
  using T = vec<S>;
  constexpr int M = K + 1;
  const Run *run = record.runs + 1, *last = record.runs + record.count();
  const int64_t input = tile.rows * tile.w;
  const S* own = tile.weights + i * input + c;
  const auto load = [&](T* to, int32_t row, const S* by) KAN_INLINE {
    const S* from = own + row * tile.w;
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) {
      to[v] = T::load(from + v * T::W);
      if (factor) to[v] = to[v] * T::load(by + v * T::W);
      __builtin_prefetch(from + v * T::W + input);
    }
  };
  T ring[M][NV], base[NV];
  if (V > M && has_row<K>(M, tile.base_row >= 0)) load(base, tile.base_row, factor + kTile + c);
  int32_t f = run->first - run->first % M;
#pragma GCC unroll 5
  for (int r = 0; r < K; ++r) load(ring[r], tile.coef_row + f + r, factor + c);
  int64_t p = 0;
  const auto window = [&](auto phase) KAN_INLINE {
    constexpr int s = decltype(phase)::value;
    load(ring[(s + K) % M], tile.coef_row + f + K, factor + c);
    if (run->first == f++) {
      for (; p < run->end; ++p)
        sample(p, [&](int r, int v) KAN_INLINE { return r < M ? ring[(s + r) % M][v] : base[v]; });
      return run++ == last;
    }
    return false;
  };
  while (!any_index<M>(window)) {}
}

// f.operator()<order, V>() of the layer.
template <class F>
inline auto with_order(const Layer& layer, F&& f) {
  switch (layer.spec.order) {
    case 1: return layer.base_row >= 0 ? f.template operator()<1, 3>() : f.template operator()<1, 2>();
    case 2: return f.template operator()<2, 4>();
    case 3: return layer.base_row >= 0 ? f.template operator()<3, 5>() : f.template operator()<3, 4>();
    case 4: return f.template operator()<4, 6>();
    default: return f.template operator()<5, 7>();
  }
}

}  // namespace KAN_NS
