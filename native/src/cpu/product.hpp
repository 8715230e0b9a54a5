// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The micro-kernels of matrix products whose left factor is a panel in cache: forward Y += Phi W, weights dW = Phi^T dY,
// cotangents dPhi = dY W^T. Inner loops: 6 rows x 4 registers of sums; of d_Phi 8 x 3, so that a batch of 100 fills its
// registers.
#pragma once
#include "cpu/common.hpp"
#include "cpu/transpose.hpp"

namespace KAN_NS {

constexpr int kMR = 6;
constexpr int kNV = kRegisters == 32 ? 4 : 2;
constexpr int kCotangentMR = kRegisters == 32 ? 8 : 6, kCotangentNV = kRegisters == 32 ? 3 : 2;

// The expanded rows of some inputs, [row][slots]: a sample a column. Where a row is an input itself x will do as it lies,
// [sample][apart] with slots 1, for the forward product of many outputs.
template <class S>
struct Panel {
  const S* at;
  int64_t rows, slots, apart = 1;

  KAN_HD Panel from_sample(int64_t s) const { return {at + s * apart, rows, slots, apart}; }
};

// What a panel is multiplied with: weights [row][width], or cotangents [sample][width].
template <class S>
struct Factor {
  const S* at;
  int64_t width;

  KAN_HD Factor from_column(int64_t c) const { return {at + c, width}; }
};

// Outputs [sample][stride]; the first panel of them adds the bias (which may be NULL), the others what is there.
template <class S>
struct Outputs {
  S* at;
  int64_t stride;
  bool first;
  const S* bias;

  KAN_HD Outputs from_column(int64_t c) const { return {at + c, stride, first, bias ? bias + c : nullptr}; }
  KAN_HD Outputs from_sample(int64_t s) const { return {at + s * stride, stride, first, bias}; }
};

// y[s][c] = or += sum_r panel[r][s] w[r][c], MR samples by NV registers of outputs. A panel is summed by itself and then
// added: short sums of sums round less than one long sum.
template <class S, int MR, int NV>
KAN_HD void product_tile(Panel<S> panel, Factor<S> weights, int lanes, Outputs<S> y) {
  using T = vec<S>;
  const S *a = panel.at, *w = weights.at;
  T acc[MR][NV];
#pragma GCC unroll 6
  for (int m = 0; m < MR; ++m)
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) acc[m][v] = T(S(0));
  for (int64_t r = 0; r < panel.rows; ++r) {
    T b[NV];
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) b[v] = NV > 1 ? T::load(w + v * T::W) : T::load(w, lanes);
#pragma GCC unroll 6
    for (int m = 0; m < MR; ++m) {
      const T s(a[m * panel.apart]);
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) acc[m][v] = fma(s, b[v], acc[m][v]);
    }
    a += panel.slots;
    w += weights.width;
  }
#pragma GCC unroll 6
  for (int m = 0; m < MR; ++m)
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) {
      const S* before = y.first ? y.bias : y.at + m * y.stride;
      if (before) acc[m][v] = acc[m][v] + (NV > 1 ? T::load(before + v * T::W) : T::load(before, lanes));
      if (NV > 1) acc[m][v].store(y.at + m * y.stride + v * T::W);
      else acc[m][v].store(y.at + m * y.stride, lanes);
    }
}

// As few groups of samples as there can be, as even as they can be: a last one of two would wait for its weights.
template <class S, int NV>
KAN_HD void product_rows(int64_t samples, Panel<S> panel, Factor<S> weights, int lanes, Outputs<S> y) {
  for (int64_t groups = ceil_div(samples, kMR); groups > 0; --groups) {
    const int64_t n = ceil_div(samples, groups);
    switch (n) {
      case kMR: product_tile<S, kMR, NV>(panel, weights, lanes, y); break;
      case 5: product_tile<S, 5, NV>(panel, weights, lanes, y); break;
      case 4: product_tile<S, 4, NV>(panel, weights, lanes, y); break;
      case 3: product_tile<S, 3, NV>(panel, weights, lanes, y); break;
      case 2: product_tile<S, 2, NV>(panel, weights, lanes, y); break;
      default: product_tile<S, 1, NV>(panel, weights, lanes, y);
    }
    samples -= n;
    panel = panel.from_sample(n);
    y = y.from_sample(n);
  }
}

// The same for one panel and one tile of weights.
template <class S>
inline void forward_product(int64_t samples, Panel<S> panel, Factor<S> weights, Outputs<S> y) {
  using T = vec<S>;
  const int64_t width = weights.width;
  int64_t c = 0;
  for (; c + kNV * T::W <= width; c += kNV * T::W)
    product_rows<S, kNV>(samples, panel, weights.from_column(c), T::W, y.from_column(c));
  if (kNV == 4 && c + 2 * T::W <= width) {
    product_rows<S, 2>(samples, panel, weights.from_column(c), T::W, y.from_column(c));
    c += 2 * T::W;
  }
  for (; c < width; c += T::W)
    product_rows<S, 1>(samples, panel, weights.from_column(c), int(min64(T::W, width - c)), y.from_column(c));
}

// The same for few outputs: lanes are samples. yt is [output][slots], and added to.
template <class S, int NV>
KAN_HD void narrow_tile(Panel<S> panel, Factor<S> weights, S* yt) {
  using T = vec<S>;
  const int64_t slots = panel.slots;
  T acc[NV];
#pragma GCC unroll 8
  for (int v = 0; v < NV; ++v) acc[v] = T(S(0));
  for (int64_t r = 0; r < panel.rows; ++r)
#pragma GCC unroll 8
    for (int v = 0; v < NV; ++v)
      acc[v] = fma(weights.at[r * weights.width], T::load(panel.at + r * slots + v * T::W), acc[v]);
#pragma GCC unroll 8
  for (int v = 0; v < NV; ++v) (acc[v] + T::load(yt + v * T::W)).store(yt + v * T::W);
}
template <class S>
inline void forward_product_narrow(Panel<S> panel, Factor<S> weights, S* yt) {
  using T = vec<S>;
  const int64_t slots = panel.slots;
  for (int64_t c = 0; c < weights.width; ++c, yt += slots) {
    const Factor<S> w = weights.from_column(c);
    int64_t s = 0;
    for (; s + 8 * T::W <= slots; s += 8 * T::W) narrow_tile<S, 8>(panel.from_sample(s), w, yt + s);
    for (; s + 3 * T::W <= slots; s += 3 * T::W) narrow_tile<S, 3>(panel.from_sample(s), w, yt + s);
    for (; s < slots; s += T::W) narrow_tile<S, 1>(panel.from_sample(s), w, yt + s);
  }
}

// g[r][c] = or += sum_s panel[r][s] d[s][c] over n samples, g [row][d.width]: MR rows by NV registers, of which the panel's
// count. `before` holds what is added to, or is NULL. ask(index in g) is called for each register before the sums are made,
// put(index in g, register) after.
template <class S, int MR, int NV, class Ask, class Put>
KAN_HD void weight_tile(int64_t n, Panel<S> panel, Factor<S> cotangents, int lanes, const S* before, Ask&& ask,
                        Put&& put) {
  using T = vec<S>;
  const int rows = int(panel.rows);
  const int64_t ld = cotangents.width;
  const S* d = cotangents.at;
#pragma GCC unroll 6
  for (int m = 0; m < MR; ++m)
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) ask(m * ld + v * T::W);
  const S* from[MR];
#pragma GCC unroll 6
  for (int m = 0; m < MR; ++m) from[m] = panel.at + min64(m, rows - 1) * panel.slots;
  T acc[MR][NV];
#pragma GCC unroll 6
  for (int m = 0; m < MR; ++m)
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v)
      acc[m][v] = !before || m >= rows ? T(S(0))
                  : NV > 1             ? T::load(before + m * ld + v * T::W)
                                       : T::load(before + m * ld, lanes);
  for (int64_t s = 0; s < n; ++s) {
    T b[NV];
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) b[v] = NV > 1 ? T::load(d + v * T::W) : T::load(d, lanes);
#pragma GCC unroll 6
    for (int m = 0; m < MR; ++m) {
      const T x(from[m][s]);
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) acc[m][v] = fma(x, b[v], acc[m][v]);
    }
    d += ld;
  }
#pragma GCC unroll 6
  for (int m = 0; m < MR; ++m)
    if (m < rows)
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) put(m * ld + v * T::W, acc[m][v]);
}

template <class S, int NV, class Ask, class Put>
inline void weight_rows(int64_t n, Panel<S> panel, Factor<S> d, int lanes, const S* before, Ask&& ask, Put&& put) {
  const int count = NV > 1 ? vec<S>::W : lanes;
  for (int64_t r = 0; r < panel.rows; r += kMR)
    weight_tile<S, kMR, NV>(
        n, Panel<S>{panel.at + r * panel.slots, min64(kMR, panel.rows - r), panel.slots}, d, lanes,
        before ? before + r * d.width : nullptr, [&](int64_t at) KAN_INLINE { ask(r * d.width + at); },
        [&](int64_t at, vec<S> value) KAN_INLINE { put(r * d.width + at, value, count); });
}

template <class S, class Ask, class Put>
inline void weight_product_to(int64_t n, Panel<S> panel, Factor<S> d, const S* before, Ask&& ask, Put&& put) {
  using T = vec<S>;
  const int64_t width = d.width;
  const auto from = [&](int64_t c) { return before ? before + c : nullptr; };
  int64_t c = 0;
  const auto soon = [&](int64_t index) KAN_INLINE { ask(c + index); };
  const auto at = [&](int64_t index, T value, int lanes) KAN_INLINE { put(c + index, value, lanes); };
  for (; c + kNV * T::W <= width; c += kNV * T::W)
    weight_rows<S, kNV>(n, panel, d.from_column(c), T::W, from(c), soon, at);
  if (kNV == 4 && c + 2 * T::W <= width) {
    weight_rows<S, 2>(n, panel, d.from_column(c), T::W, from(c), soon, at);
    c += 2 * T::W;
  }
  for (; c < width; c += T::W)
    weight_rows<S, 1>(n, panel, d.from_column(c), int(min64(T::W, width - c)), from(c), soon, at);
}

// g [row][width] (+)= panel times the cotangents of n samples.
template <class S>
inline void weight_product(int64_t n, Panel<S> panel, Factor<S> d, bool first, S* g) {
  weight_product_to(
      n, panel, d, first ? static_cast<const S*>(nullptr) : g, [](int64_t) {},
      [&](int64_t at, vec<S> value, int lanes) KAN_INLINE {
        if (lanes == vec<S>::W) value.store(g + at);
        else value.store(g + at, lanes);
      });
}

// The same from registers into the sink, at `offset` of the parameters.
template <class S>
inline void weight_product(int64_t n, Panel<S> panel, Factor<S> d, const GradientSink<S>& sink, int64_t offset) {
  weight_product_to(
      n, panel, d, static_cast<const S*>(nullptr), [&](int64_t at) KAN_INLINE { sink.prefetch(offset + at); },
      [&](int64_t at, vec<S> value, int lanes) KAN_INLINE { sink.put(offset + at, value, lanes); });
}

// Which weight rows of an input have their cotangents d Phi computed: `count` rows from `first` on. They stand in the
// result without gaps.
struct CotangentRows {
  int64_t rows, first, count;  // rows: all of an input

  // Behind a LayerNorm the base branch's cotangents serve the gradient of x alone.
  CotangentRows(const Layer& layer, bool want_x)
      : rows(layer.rows), first(layer.base_row >= 0 && base(layer, want_x) ? 0 : layer.coef_row),
        count(layer.rows - first) {}
  static bool base(const Layer& layer, bool want_x) {
    return layer.base_row >= 0 && (want_x || (layer.flag(KAN_FLAG_NORM) && layer.flag(KAN_FLAG_BASE_NORM)));
  }
};

// d_y^T of a block of samples: groups of kGroup of them (the last has what is left, in whole registers), each [out][group],
// zero past the samples. Of `outputs` outputs.
template <class S>
struct Transposed {
  static constexpr int64_t W = vec<S>::W, kGroup = kCotangentNV * W;
  S* at;
  int64_t outputs;

  S* group(int64_t s) const { return at + s * outputs; }
  static int64_t width(int64_t s, int64_t n) { return min64(kGroup, round_up(n, W) - s); }

  // Outputs o0 .. o1-1 of from (n, ld).
  void fill(const S* from, int64_t ld, int64_t n, int64_t o0, int64_t o1) const {
    for (int64_t g = 0; g < n; g += kGroup) {
      const int64_t wide = width(g, n), e = min64(n, g + wide);
      S* to = group(g) + o0 * wide;
      transpose(from + g * ld + o0, ld, e - g, o1 - o0, to, wide);
      for (int64_t c = o0; c < o1; ++c, to += wide)
        for (int64_t s = e - g; s < wide; ++s) to[s] = S(0);
    }
  }
};

// The weight product for few outputs: lanes are samples. g is [row][output].
template <class S>
inline void weight_product_narrow(int64_t n, Panel<S> panel, const Transposed<S>& dt, bool first, S* g) {
  using T = vec<S>;
  for (int64_t r = 0; r < panel.rows; ++r)
    for (int64_t c = 0; c < dt.outputs; ++c) {
      T acc(S(0));
      for (int64_t group = 0; group < n; group += Transposed<S>::kGroup) {
        const int64_t wide = Transposed<S>::width(group, n);
        for (int64_t s = 0; s < wide; s += T::W)
          acc = fma(T::load(panel.at + r * panel.slots + group + s), T::load(dt.group(group) + c * wide + s), acc);
      }
      const S value = sum(acc);
      g[r * dt.outputs + c] = first ? value : g[r * dt.outputs + c] + value;
    }
}

// Rows of weights, over the tiles begin .. end-1 of outputs, and those that come after them.
template <class S, int MR>
struct WeightRows {
  const Layer& layer;
  const S* params;
  int64_t begin, end;
  int64_t row[MR], next[MR];  // of a tile

  KAN_HD void of(int64_t tile, const S** to) const {
    const int64_t width = layer.tile_width(tile);
#pragma GCC unroll 8
    for (int m = 0; m < MR; ++m) to[m] = params + layer.tile_offset(tile) + row[m] * width;
  }
  KAN_HD void prefetch_next(int64_t tile, int64_t output) const {
    const S* from = params + layer.tile_offset(tile) + output;
    const int64_t width = layer.tile_width(tile);
#pragma GCC unroll 8
    for (int m = 0; m < MR; ++m) __builtin_prefetch(from + next[m] * width);
  }
};

// p[m][s] (+)= sum over the outputs o of w[m][o] dt[o][s], for MR rows and NV registers of samples; dt has `stride`
// samples an output. Asks for the next rows, if told so.
template <class S, int MR, int NV>
inline void cotangent_tile(const WeightRows<S, MR>& w, bool ahead, const S* dt, int64_t stride, bool first,
                           S* const* p) {
  using T = vec<S>;
  T acc[MR][NV];
#pragma GCC unroll 8
  for (int m = 0; m < MR; ++m)
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) acc[m][v] = first ? T(S(0)) : T::load(p[m] + v * T::W);
  for (int64_t tile = w.begin; tile < w.end; ++tile) {
    const int64_t width = w.layer.tile_width(tile);
    const S* row[MR];
    w.of(tile, row);
    for (int64_t o0 = 0; o0 < width; o0 += 16) {
      if (ahead) w.prefetch_next(tile, o0);
      const int64_t o1 = min64(width, o0 + 16);
      for (int64_t o = o0; o < o1; ++o) {
        T b[NV];
#pragma GCC unroll 4
        for (int v = 0; v < NV; ++v) b[v] = T::load(dt + v * T::W);
#pragma GCC unroll 8
        for (int m = 0; m < MR; ++m) {
          const T x(row[m][o]);
#pragma GCC unroll 4
          for (int v = 0; v < NV; ++v) acc[m][v] = fma(x, b[v], acc[m][v]);
        }
        dt += stride;
      }
    }
  }
#pragma GCC unroll 8
  for (int m = 0; m < MR; ++m)
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) acc[m][v].store(p[m] + v * T::W);
}

// d_y of a block of samples, as the products of cotangents read it: transposed, and in tiles of the whole batch, of which
// these samples start at `first`. The last of them, from `full` on, are too few for a register.
template <class S>
struct BlockCotangents {
  Transposed<S> transposed;
  int64_t samples, full;
  const S* tiles;  // where full < samples
  int64_t batch, first;
};

// The same for up to four samples, from sample s of the block on: lanes are outputs.
template <class S, int MR>
inline void cotangent_tail(const WeightRows<S, MR>& w, const BlockCotangents<S>& d_y, int64_t s0, S* const* p) {
  const int64_t n = min64(4, d_y.samples - s0);
  using T = vec<S>;
  constexpr int M = MR / 2, N = 4;
  for (int half = 0; half < MR; half += M) {
    T acc[M][N];
#pragma GCC unroll 4
    for (int m = 0; m < M; ++m)
#pragma GCC unroll 4
      for (int s = 0; s < N; ++s) acc[m][s] = T(S(0));
    for (int64_t tile = w.begin; tile < w.end; ++tile) {
      const int64_t width = w.layer.tile_width(tile);
      const S *weights = w.params + w.layer.tile_offset(tile),
              *outputs = d_y.tiles + tile * kTile * d_y.batch + (d_y.first + s0) * width;
      const S *row[M], *d[N];
#pragma GCC unroll 4
      for (int m = 0; m < M; ++m) row[m] = weights + w.row[half + m] * width;
#pragma GCC unroll 4
      for (int s = 0; s < N; ++s) d[s] = outputs + (s < n ? s : 0) * width;
      const auto add = [&](int64_t o, auto lanes) KAN_INLINE {
        T y[N];
#pragma GCC unroll 4
        for (int s = 0; s < N; ++s) y[s] = T::load(d[s] + o, lanes);
#pragma GCC unroll 4
        for (int m = 0; m < M; ++m) {
          const T x = T::load(row[m] + o, lanes);
#pragma GCC unroll 4
          for (int s = 0; s < N; ++s) acc[m][s] = fma(x, y[s], acc[m][s]);
        }
      };
      int64_t o = 0;
      for (; o + T::W <= width; o += T::W) add(o, AllLanes());
      if (o < width) add(o, int(width - o));
    }
#pragma GCC unroll 4
    for (int m = 0; m < M; ++m)
#pragma GCC unroll 4
      for (int s = 0; s < N; ++s)
        if (s < n) p[half + m][s] = sum(acc[m][s]);
  }
}

// The cotangents of some inputs' rows, [row][slots].
template <class S>
struct PanelCotangents {
  S* at;
  int64_t slots;
};

// to (+)= d Phi of the wanted rows of a range of inputs, over a range of tiles. A few rows of all outputs at a time: each
// weight is read once, d_y transposed stays in L2.
template <class S>
inline void cotangent_product(const Layer& layer, const S* params, const CotangentRows& wanted, Range inputs,
                              Range tiles, const BlockCotangents<S>& d_y, bool first, PanelCotangents<S> p) {
  using T = vec<S>;
  constexpr int MR = kCotangentMR;
  const int64_t k = (inputs.end - inputs.begin) * wanted.count, n = d_y.samples, tail = d_y.full;
  const Transposed<S>& dt = d_y.transposed;
  const auto nth = [&](int64_t c) {
    return (inputs.begin + c / wanted.count) * wanted.rows + wanted.first + c % wanted.count;
  };
  for (int64_t c = 0; c < k; c += MR) {
    WeightRows<S, MR> w{layer, params, tiles.begin, tiles.end, {}, {}};
    S* to[MR];
    for (int m = 0; m < MR; ++m) {  // a last group that is not full has its last row several times
      const int64_t at = min64(c + m, k - 1);
      w.row[m] = nth(at);
      w.next[m] = nth(at + MR);
      to[m] = p.at + at * p.slots;
    }
    const auto advance = [&](int64_t s) {
      for (int m = 0; m < MR; ++m) to[m] += s;
    };
    for (int64_t s = 0; s < tail; s += Transposed<S>::kGroup) {
      const int64_t stride = Transposed<S>::width(s, n), wide = min64(Transposed<S>::kGroup, round_up(tail, T::W) - s);
      const bool ahead = s == 0;
      switch (wide / T::W) {
        case 3:
          if constexpr (kCotangentNV == 3) cotangent_tile<S, MR, 3>(w, ahead, dt.group(s), stride, first, to);
          break;
        case 2: cotangent_tile<S, MR, 2>(w, ahead, dt.group(s), stride, first, to); break;
        default: cotangent_tile<S, MR, 1>(w, ahead, dt.group(s), stride, first, to);
      }
      advance(wide);
    }
    if constexpr (kRegisters == 32) {
      if (tail == n) continue;
      for (int m = 0; m < MR; ++m) T(S(0)).store(to[m]);
      for (int64_t s = tail; s < n; s += 4, advance(4)) cotangent_tail<S, MR>(w, d_y, s, to);
    }
  }
}

}  // namespace KAN_NS
