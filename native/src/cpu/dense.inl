// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The dense family: layers whose edge touches every basis function of its input (RBF, RSWAF, Fourier, Chebyshev, …),
// and LINEAR, where phi(x) = x is the only one. All are one matrix product,
//
//   Y (batch, out) = Phi (batch, in R) W (in R, out) + bias,     R rows an input: base a(x), then phi_1 .. phi_n
//
// whose left factor is made on the fly: a panel of a few inputs' rows, [row][sample], is expanded into cache, multiplied
// and forgotten. The weights' tile layout (core/layer.hpp) is the packed form of the right factor already.
//
//   forward    Y += Phi W           panel shared by the workers, each with its own tiles; two panels alternate
//   d_params   dW = Phi^T dY        each worker its own panels, sums from registers into the gradient or AdamW
//   d_Phi      W dY^T               never stored beyond a panel: contracted with the basis derivatives to d_x, d_theta
//
// Flops 2 batch in R out each; bytes: the weights once per block of samples, asked for one product or a few rows ahead.
// Inner loops: 6 rows x 4 registers of sums; of d_Phi 8 x 3, so that a batch of 100 fills its registers.
#pragma once
#include "basis/activation.hpp"
#include "basis/all.hpp"
#include "basis/view.hpp"
#include "cpu/common.hpp"
#include "cpu/norm.hpp"

namespace KAN_NS {

constexpr int kMR = 6;
constexpr int kNV = kRegisters == 32 ? 4 : 2;
constexpr int kCotangentMR = kRegisters == 32 ? 8 : 6, kCotangentNV = kRegisters == 32 ? 3 : 2;
constexpr int64_t kNarrowOut = 4;  // up to here lanes are samples, not outputs

// Of n samples, those before a rest that is not worth a register of its own.
template <class S>
KAN_HD int64_t full_registers(int64_t n) {
  constexpr int64_t W = vec<S>::W;
  return kRegisters == 32 && n % W <= W / 2 ? n - n % W : n;
}

template <class S>
struct DensePlan {
  static constexpr int64_t kSamples = 1024 / int64_t(sizeof(S));  // 256 float, 128 double
  int64_t batch, blocks, slots;
  int64_t rows;                    // of an input
  int64_t forward_inputs, backward_inputs;  // of a panel

  DensePlan(const Layer& layer, int64_t batch) : batch(batch), rows(layer.rows) {
    blocks = max64(1, ceil_div(batch, kSamples));  // one without samples where the batch is empty
    slots = round_up(min64(batch, kSamples), vec<S>::W);
    forward_inputs = min64(layer.in, max64(1, 128 / rows));
    // Full groups of kCotangentMR rows, whatever rows an input has.
    backward_inputs = min64(layer.in, round_up(max64(1, (blocks > 1 ? 64 : 128) / rows), kCotangentMR));
  }
  int64_t block_size(int64_t block) const { return min64(kSamples, batch - block * kSamples); }
};

// ------------------------------------------------------------------------------------------------------- expansion

// Of some inputs and a block of samples, [input][slots]: x, and z = LayerNorm(x), which without one is x.
template <class S>
struct Columns {
  S *x, *z;

  const S* base(const Layer& layer) const { return layer.flag(KAN_FLAG_BASE_NORM) ? z : x; }
  Columns at(int64_t offset) const { return {x + offset, z + offset}; }
};

// The LayerNorm before a KAN layer's basis, its moments in scratch: of samples past the batch they are 0.
template <class S>
struct InputNorm : LayerNorm<S> {
  bool on;
  Moments<S> moments;
  int64_t batch, padded;

  static int64_t numbers(const Layer& layer, const DensePlan<S>& plan) {
    return layer.flag(KAN_FLAG_NORM) ? 2 * plan.blocks * plan.slots : 0;
  }
  InputNorm(const Layer& layer, const DensePlan<S>& plan, const S* params, S* scratch)
      : LayerNorm<S>(layer.in, layer.spec.shape[2], params + layer.norm_weight, params + layer.norm_bias),
        on(layer.flag(KAN_FLAG_NORM)), moments{scratch, scratch + plan.blocks * plan.slots}, batch(plan.batch),
        padded(plan.blocks * plan.slots) {}

  // Worker by worker its rows; a barrier follows.
  void prepare(const S* x, int worker, int workers) const {
    const Range rows = part(batch, worker, workers);
    LayerNorm<S>::moments(x, rows.begin, rows.end, moments);
    if (worker != 0) return;
    fill_zero(moments.mean + batch, padded - batch);
    fill_zero(moments.rstd + batch, padded - batch);
  }
};

template <class S>
inline Columns<S> take_columns(Carver& c, const Layer& layer, int64_t inputs, int64_t slots) {
  S* x = c.take<S>(inputs * slots);
  return {x, layer.flag(KAN_FLAG_NORM) ? c.take<S>(inputs * slots) : x};
}

// Columns i0 .. i1-1 of samples b0 .. b0+n-1; the slots past n have the x of sample 0.
template <class S>
inline void fill_columns(const InputNorm<S>& norm, const S* x, int64_t in, int64_t b0, int64_t n, int64_t i0, int64_t i1,
                         int64_t slots, Columns<S> to) {
  using T = vec<S>;
  x += b0 * in;
  for (int64_t i = i0; i < i1; i += 16) {
    const int64_t e = min64(i1, i + 16);
    for (int64_t s = 0; s < n; ++s)
      for (int64_t j = i; j < e; ++j) to.x[(j - i0) * slots + s] = x[s * in + j];
    for (int64_t j = i; j < e; ++j) {
      S* c = to.x + (j - i0) * slots;
      for (int64_t s = n; s < slots; ++s) c[s] = c[0];
      if (!norm.on) continue;
      for (int64_t s = 0; s < slots; s += T::W)
        fma((T::load(c + s) - T::load(norm.moments.mean + b0 + s)) * T::load(norm.moments.rstd + b0 + s), T(norm.weight[j]),
            T(norm.bias[j]))
            .store(to.z + (j - i0) * slots + s);
    }
  }
}

// Columns [input][slots] of n samples back to inputs i0 .. i1-1 of to (n, in), or added to what is there.
template <class S>
inline void put_columns(const S* from, int64_t slots, bool add, int64_t n, int64_t i0, int64_t i1, S* to, int64_t in) {
  for (int64_t i = i0; i < i1; i += 16) {
    const int64_t e = min64(i1, i + 16);
    for (int64_t s = 0; s < n; ++s)
      for (int64_t j = i; j < e; ++j) {
        const S value = from[(j - i0) * slots + s];
        to[s * in + j] = add ? to[s * in + j] + value : value;
      }
  }
}

// Rows of one input for all slots: base a(x), then phi_r(z). panel is [R][slots].
template <class S, class Policy>
inline void expand(const Layer& layer, const BasisView<S>& view, Columns<S> c, int64_t slots, S* panel) {
  using T = vec<S>;
  const int64_t coef = layer.coef_row;
  const S* base = c.base(layer);
  for (int64_t s = 0; s < slots; s += T::W) {
    if (layer.base_row >= 0)
      activation(layer.spec.base, T::load(base + s)).store(panel + layer.base_row * slots + s);
    Policy::eval(view, T::load(c.z + s), [&](int32_t r, T value) { value.store(panel + (coef + r) * slots + s); });
  }
}

// The same for inputs i0 .. i1-1, of which c has the columns.
template <class S, template <class> class Policy>
inline void expand_inputs(const Layer& layer, const S* params, const S* buffers, Columns<S> c, int64_t i0, int64_t i1,
                          int64_t slots, S* panel) {
  for (int64_t i = i0; i < i1; ++i)
    expand<S, Policy<vec<S>>>(layer, basis_view(layer, params, buffers, i), c.at((i - i0) * slots), slots,
                              panel + (i - i0) * layer.rows * slots);
}

// ---------------------------------------------------------------------------------------------------------- products

// y[s][c] (stride ld) = or += sum_k a[k][s] w[k][c], MR samples by NV registers of outputs. A panel is summed by itself
// and then added: short sums of sums round less than one long sum.
template <class S, int MR, int NV>
KAN_HD void product_tile(int64_t k, const S* a, int64_t slots, const S* w, int64_t width, int lanes, bool first,
                         const S* bias, S* y, int64_t ld) {
  using T = vec<S>;
  T acc[MR][NV];
#pragma GCC unroll 6
  for (int m = 0; m < MR; ++m)
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) acc[m][v] = T(S(0));
  for (int64_t r = 0; r < k; ++r) {
    T b[NV];
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) b[v] = NV > 1 ? T::load(w + v * T::W) : T::load(w, lanes);
#pragma GCC unroll 6
    for (int m = 0; m < MR; ++m) {
      const T s(a[m]);
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) acc[m][v] = fma(s, b[v], acc[m][v]);
    }
    a += slots;
    w += width;
  }
#pragma GCC unroll 6
  for (int m = 0; m < MR; ++m)
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) {
      const S* before = first ? bias : y + m * ld;
      if (before) acc[m][v] = acc[m][v] + (NV > 1 ? T::load(before + v * T::W) : T::load(before, lanes));
      if (NV > 1) acc[m][v].store(y + m * ld + v * T::W);
      else acc[m][v].store(y + m * ld, lanes);
    }
}

// Numbers that the next product reads, asked for in parts while this one runs.
template <class S>
struct Ahead {
  const S* at = nullptr;
  int64_t left = 0, part = 0;

  void in_parts(int64_t parts) { part = round_up(ceil_div(left, max64(parts, 1)), 64 / int64_t(sizeof(S))); }
  KAN_HD void ask() {
    const int64_t n = min64(part, left);
    for (int64_t i = 0; i < n; i += 64 / int64_t(sizeof(S))) __builtin_prefetch(at + i, 0, 2);
    at += n;
    left -= n;
  }
};

template <class S, int NV>
KAN_HD void product_rows(int64_t m, int64_t k, const S* a, int64_t slots, const S* w, int64_t width, int lanes,
                         bool first, const S* bias, S* y, int64_t ld, Ahead<S>& ahead) {
  for (; m >= kMR; m -= kMR, a += kMR, y += kMR * ld) {
    ahead.ask();
    product_tile<S, kMR, NV>(k, a, slots, w, width, lanes, first, bias, y, ld);
  }
  switch (m) {
    case 5: return product_tile<S, 5, NV>(k, a, slots, w, width, lanes, first, bias, y, ld);
    case 4: return product_tile<S, 4, NV>(k, a, slots, w, width, lanes, first, bias, y, ld);
    case 3: return product_tile<S, 3, NV>(k, a, slots, w, width, lanes, first, bias, y, ld);
    case 2: return product_tile<S, 2, NV>(k, a, slots, w, width, lanes, first, bias, y, ld);
    case 1: return product_tile<S, 1, NV>(k, a, slots, w, width, lanes, first, bias, y, ld);
  }
}

// y (m, ld) (+)= a^T w for one panel and one tile: a [k][slots] from sample s0 on, w [k][width].
template <class S>
inline void forward_product(int64_t m, int64_t k, const S* a, int64_t slots, const S* w, int64_t width, bool first,
                            const S* bias, S* y, int64_t ld, Ahead<S> ahead = {}) {
  using T = vec<S>;
  int64_t c = 0;
  ahead.in_parts((m / kMR) * (width / (kNV * T::W)));
  for (; c + kNV * T::W <= width; c += kNV * T::W)
    product_rows<S, kNV>(m, k, a, slots, w + c, width, T::W, first, bias ? bias + c : nullptr, y + c, ld, ahead);
  if (kNV == 4 && c + 2 * T::W <= width) {
    product_rows<S, 2>(m, k, a, slots, w + c, width, T::W, first, bias ? bias + c : nullptr, y + c, ld, ahead);
    c += 2 * T::W;
  }
  for (; c < width; c += T::W)
    product_rows<S, 1>(m, k, a, slots, w + c, width, int(min64(T::W, width - c)), first, bias ? bias + c : nullptr,
                       y + c, ld, ahead);
}

// The same for few outputs: lanes are samples. yt is [width][slots].
template <class S, int NV>
KAN_HD void narrow_tile(int64_t k, const S* a, int64_t slots, const S* w, int64_t width, S* yt) {
  using T = vec<S>;
  T acc[NV];
#pragma GCC unroll 8
  for (int v = 0; v < NV; ++v) acc[v] = T(S(0));
  for (int64_t r = 0; r < k; ++r)
#pragma GCC unroll 8
    for (int v = 0; v < NV; ++v) acc[v] = fma(w[r * width], T::load(a + r * slots + v * T::W), acc[v]);
#pragma GCC unroll 8
  for (int v = 0; v < NV; ++v) (acc[v] + T::load(yt + v * T::W)).store(yt + v * T::W);
}
template <class S>
inline void forward_product_narrow(int64_t k, const S* a, int64_t slots, const S* w, int64_t width, S* yt) {
  using T = vec<S>;
  for (int64_t c = 0; c < width; ++c) {
    int64_t s = 0;
    for (; s + 8 * T::W <= slots; s += 8 * T::W) narrow_tile<S, 8>(k, a + s, slots, w + c, width, yt + c * slots + s);
    for (; s + 3 * T::W <= slots; s += 3 * T::W) narrow_tile<S, 3>(k, a + s, slots, w + c, width, yt + c * slots + s);
    for (; s < slots; s += T::W) narrow_tile<S, 1>(k, a + s, slots, w + c, width, yt + c * slots + s);
  }
}

// g[k][c] (stride ld) = or += sum_s a[k][s] d[s][c] (d stride width): MR rows by NV registers, `rows` of them counting.
// Sums go to put(index in g, register), of which ask(index) tells ahead.
template <class S, int MR, int NV, class Ask, class Put>
KAN_HD void weight_tile(int64_t n, int rows, const S* a, int64_t slots, const S* d, int64_t width, int lanes,
                        const S* before, int64_t ld, Ask&& ask, Put&& put) {
  using T = vec<S>;
#pragma GCC unroll 6
  for (int m = 0; m < MR; ++m)
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) ask(m * ld + v * T::W);
  const S* from[MR];
#pragma GCC unroll 6
  for (int m = 0; m < MR; ++m) from[m] = a + min64(m, rows - 1) * slots;
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
    d += width;
  }
#pragma GCC unroll 6
  for (int m = 0; m < MR; ++m)
    if (m < rows)
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) put(m * ld + v * T::W, acc[m][v]);
}

template <class S, int NV, class Ask, class Put>
inline void weight_rows(int64_t k, int64_t n, const S* a, int64_t slots, const S* d, int64_t width, int lanes,
                        const S* before, int64_t ld, Ask&& ask, Put&& put) {
  const int count = NV > 1 ? vec<S>::W : lanes;
  for (int64_t r = 0; r < k; r += kMR)
    weight_tile<S, kMR, NV>(n, int(min64(kMR, k - r)), a + r * slots, slots, d, width, lanes,
                            before ? before + r * ld : nullptr, ld, [&](int64_t at) KAN_INLINE { ask(r * ld + at); },
                            [&](int64_t at, vec<S> value) KAN_INLINE { put(r * ld + at, value, count); });
}

template <class S, class Ask, class Put>
inline void weight_product_to(int64_t k, int64_t n, const S* a, int64_t slots, const S* d, int64_t width, const S* before,
                              Ask&& ask, Put&& put) {
  using T = vec<S>;
  const auto from = [&](int64_t c) { return before ? before + c : nullptr; };
  int64_t c = 0;
  const auto soon = [&](int64_t index) KAN_INLINE { ask(c + index); };
  const auto at = [&](int64_t index, T value, int lanes) KAN_INLINE { put(c + index, value, lanes); };
  for (; c + kNV * T::W <= width; c += kNV * T::W)
    weight_rows<S, kNV>(k, n, a, slots, d + c, width, T::W, from(c), width, soon, at);
  if (kNV == 4 && c + 2 * T::W <= width) {
    weight_rows<S, 2>(k, n, a, slots, d + c, width, T::W, from(c), width, soon, at);
    c += 2 * T::W;
  }
  for (; c < width; c += T::W)
    weight_rows<S, 1>(k, n, a, slots, d + c, width, int(min64(T::W, width - c)), from(c), width, soon, at);
}

// g [k][width] (+)= a d, a [k][slots], d (n, width).
template <class S>
inline void weight_product(int64_t k, int64_t n, const S* a, int64_t slots, const S* d, int64_t width, bool first,
                           S* g) {
  weight_product_to(k, n, a, slots, d, width, first ? static_cast<const S*>(nullptr) : g, [](int64_t) {},
                    [&](int64_t at, vec<S> value, int lanes) KAN_INLINE {
                      if (lanes == vec<S>::W) value.store(g + at);
                      else value.store(g + at, lanes);
                    });
}

// The same from registers into the sink, at `offset` of the parameters.
template <class S>
inline void weight_product(int64_t k, int64_t n, const S* a, int64_t slots, const S* d, int64_t width,
                           const GradientSink<S>& sink, int64_t offset) {
  weight_product_to(k, n, a, slots, d, width, static_cast<const S*>(nullptr),
                    [&](int64_t at) KAN_INLINE { sink.prefetch(offset + at); },
                    [&](int64_t at, vec<S> value, int lanes) KAN_INLINE { sink.put(offset + at, value, lanes); });
}

// Which weight rows of an input have their cotangents d Phi computed: `count` rows from `first` on. They stand in the
// result without gaps.
struct CotangentRows {
  int64_t rows, first, count;  // rows: all of an input

  // Behind a LayerNorm the base branch's cotangents serve the gradient of x alone.
  CotangentRows(const Layer& layer, bool want_x)
      : rows(layer.rows), first(layer.base_row >= 0 && base(layer, want_x) ? 0 : layer.coef_row), count(layer.rows - first) {}
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
      for (int64_t o = o0; o < o1; o += 16) {
        const int64_t last = min64(o1, o + 16);
        S* to = group(g) - g;
        for (int64_t s = g; s < e; ++s)
          for (int64_t c = o; c < last; ++c) to[c * wide + s] = from[s * ld + c];
        for (int64_t c = o; c < last; ++c)
          for (int64_t s = e; s < g + wide; ++s) to[c * wide + s] = S(0);
      }
    }
  }
};

// g [k][outputs] (+)= a d for few outputs: lanes are samples.
template <class S>
inline void weight_product_narrow(int64_t k, int64_t n, const S* a, int64_t slots, const Transposed<S>& dt, bool first,
                                  S* g) {
  using T = vec<S>;
  for (int64_t r = 0; r < k; ++r)
    for (int64_t c = 0; c < dt.outputs; ++c) {
      T acc(S(0));
      for (int64_t group = 0; group < n; group += Transposed<S>::kGroup) {
        const int64_t wide = Transposed<S>::width(group, n);
        for (int64_t s = 0; s < wide; s += T::W)
          acc = fma(T::load(a + r * slots + group + s), T::load(dt.group(group) + c * wide + s), acc);
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
inline void cotangent_tile(const WeightRows<S, MR>& w, bool ahead, const S* dt, int64_t stride, bool first, S* const* p) {
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

// The same for up to four samples (n) of a rest too small to fill a register: lanes are outputs. packed: d_y in tiles of
// `batch` samples, these from b0 on.
template <class S, int MR>
inline void cotangent_tail(const WeightRows<S, MR>& w, const S* packed, int64_t batch, int64_t b0, int64_t n, S* const* p) {
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
      const S *weights = w.params + w.layer.tile_offset(tile), *outputs = packed + tile * kTile * batch + b0 * width;
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

// p [k][slots] (+)= d Phi of k rows of weights, those of the inputs that start at weight row `row`, over a range of tiles;
// dt is d_y transposed, of n samples. A few rows of all outputs at a time: each weight is read once, dt stays in L2.
// Samples tail .. n-1 are left to cotangent_tail, with d_y in tiles (of the whole batch, these samples from b0 on).
template <class S>
inline void cotangent_product(const Layer& layer, const S* params, const CotangentRows& which, int64_t row, int64_t k,
                              Range tiles, const Transposed<S>& dt, int64_t n, int64_t tail, const S* packed, int64_t batch,
                              int64_t b0, int64_t slots, bool first, S* p) {
  using T = vec<S>;
  constexpr int MR = kCotangentMR;
  const auto nth = [&](int64_t c) { return row + c / which.count * which.rows + which.first + c % which.count; };
  for (int64_t c = 0; c < k; c += MR) {
    WeightRows<S, MR> w{layer, params, tiles.begin, tiles.end, {}, {}};
    S* to[MR];
    for (int m = 0; m < MR; ++m) {  // a last group that is not full has its last row several times
      const int64_t at = min64(c + m, k - 1);
      w.row[m] = nth(at);
      w.next[m] = nth(at + MR);
      to[m] = p + at * slots;
    }
    const auto advance = [&](int64_t s) {
      for (int m = 0; m < MR; ++m) to[m] += s;
    };
    for (int64_t s = 0; s < tail; s += Transposed<S>::kGroup) {
      const int64_t stride = Transposed<S>::width(s, n), wide = min64(Transposed<S>::kGroup, round_up(tail, T::W) - s);
      const bool ahead = s == 0;
      switch (wide / T::W) {
        case 3: if constexpr (kCotangentNV == 3) cotangent_tile<S, MR, 3>(w, ahead, dt.group(s), stride, first, to); break;
        case 2: cotangent_tile<S, MR, 2>(w, ahead, dt.group(s), stride, first, to); break;
        default: cotangent_tile<S, MR, 1>(w, ahead, dt.group(s), stride, first, to);
      }
      advance(wide);
    }
    if constexpr (kRegisters == 32) {
      if (tail == n) continue;
      for (int m = 0; m < MR; ++m) T(S(0)).store(to[m]);
      for (int64_t s = tail; s < n; s += 4, advance(4))
        cotangent_tail<S, MR>(w, packed, batch, b0 + s, min64(4, n - s), to);
    }
  }
}

// ----------------------------------------------------------------------------------------------------------- forward

template <class S>
struct DenseForwardScratch {
  S* moments;   // InputNorm
  S* panel[2];  // [forward_inputs R][slots]
  S* narrow;    // [out][slots] where out <= kNarrowOut
  Columns<S> columns[kMaxThreads];  // [16][slots]

  DenseForwardScratch(Carver& c, const Layer& layer, const DensePlan<S>& plan, int threads) {
    moments = c.take<S>(InputNorm<S>::numbers(layer, plan));
    for (auto& p : panel) p = c.take<S>(plan.forward_inputs * plan.rows * plan.slots);
    narrow = c.take<S>(layer.out <= kNarrowOut ? layer.out * plan.slots : 0);
    for (int t = 0; t < threads; ++t) columns[t] = take_columns<S>(c, layer, 16, plan.slots);
  }
};

template <class S, template <class> class Policy>
inline void dense_forward_of(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  if (a.batch == 0) return;
  using T = vec<S>;
  const DensePlan<S> plan(layer, a.batch);
  const S* x = static_cast<const S*>(a.x);
  const S* params = static_cast<const S*>(a.params);
  const S* buffers = static_cast<const S*>(a.buffers);
  S* y = static_cast<S*>(a.y);
  Carver carver(a.scratch);
  const DenseForwardScratch<S> scratch(carver, layer, plan, pool.threads());
  const InputNorm<S> norm(layer, plan, params, scratch.moments);
  const S* bias = layer.bias >= 0 ? params + layer.bias : nullptr;
  const int64_t tiles = ceil_div(layer.out, kTile), panels = ceil_div(layer.in, plan.forward_inputs);
  const int64_t slots = plan.slots;
  const int workers = workers_for(
      pool, double(a.batch) * double(layer.in) * double(plan.rows) * (1 + double(ceil_div(layer.out, T::W)) / 2));

  for_workers(pool, workers, [&](int worker) {
    if (norm.on) {
      norm.prepare(x, worker, workers);
      if (workers > 1) pool.barrier();
    }
    int64_t step = 0;
    for (int64_t block = 0; block < plan.blocks; ++block) {
      const int64_t b0 = block * plan.kSamples, n = plan.block_size(block);
      for (int64_t q = 0; q < panels; ++q, ++step) {
        const int64_t i0 = q * plan.forward_inputs, i1 = min64(layer.in, i0 + plan.forward_inputs);
        S* panel = scratch.panel[step & 1];
        const Range mine = part(i1 - i0, worker, workers);
        for (int64_t i = i0 + mine.begin; i < i0 + mine.end; i += 16) {
          const int64_t e = min64(i0 + mine.end, i + 16);
          fill_columns(norm, x, layer.in, b0, n, i, e, slots, scratch.columns[worker]);
          expand_inputs<S, Policy>(layer, params, buffers, scratch.columns[worker], i, e, slots,
                                   panel + (i - i0) * plan.rows * slots);
        }
        // The other panel is written next: whoever passes this barrier has finished multiplying it.
        if (workers > 1) pool.barrier();
        const int64_t k = (i1 - i0) * plan.rows;
        if (layer.out <= kNarrowOut) {
          if (worker == 0) {
            if (q == 0) fill_zero(scratch.narrow, layer.out * slots);
            forward_product_narrow(k, panel, slots, params + layer.tile_offset(0) + i0 * plan.rows * layer.out,
                                   layer.out, scratch.narrow);
            if (q == panels - 1)
              for (int64_t s = 0; s < n; ++s)
                for (int64_t c = 0; c < layer.out; ++c)
                  y[(b0 + s) * layer.out + c] = scratch.narrow[c * slots + s] + (bias ? bias[c] : S(0));
          }
          continue;
        }
        // By tiles where there are enough of them, else by samples: the sums have one order in either case.
        const bool by_tile = tiles >= 2 * workers;
        const Range t = by_tile ? part(tiles, worker, workers) : Range{0, tiles};
        const Range s = by_tile ? Range{0, n} : part(ceil_div(n, kMR), worker, workers);
        const int64_t s0 = by_tile ? 0 : s.begin * kMR, s1 = by_tile ? n : min64(n, s.end * kMR);
        for (int64_t tile = t.begin; tile < t.end; ++tile) {
          const int64_t width = layer.tile_width(tile);
          const bool more = tile + 1 < t.end;  // of this panel; else the next panel's first tile is next
          const int64_t next = more ? tile + 1 : t.begin, from = more ? i0 : i1;
          const int64_t to = min64(layer.in, from + plan.forward_inputs), row = plan.rows * layer.tile_width(next);
          forward_product(s1 - s0, k, panel + s0, slots, params + layer.tile_offset(tile) + i0 * plan.rows * width,
                          width, q == 0, bias ? bias + tile * kTile : nullptr,
                          y + (b0 + s0) * layer.out + tile * kTile, layer.out,
                          Ahead<S>{params + layer.tile_offset(next) + from * row, (to - from) * row});
        }
      }
    }
  });
}

// ---------------------------------------------------------------------------------------------------------- backward

template <class S>
struct DenseBackwardScratch {
  S* moments;     // InputNorm
  S* dz;          // (batch, in) where the LayerNorm's d_x is asked for
  S* packed;      // d_y in tiles
  S* transposed;  // d_y^T, by blocks
  S* theta;       // (in, theta_per_input)
  S* norm;        // (2, in): gradients of the LayerNorm
  S* sums;        // bias, theta
  struct Worker {
    Columns<S> columns;         // [backward_inputs][slots]
    S *dz, *dx;                 // [16][slots]
    S *panel, *cotangent, *gradient;
  } worker[kMaxThreads];

  DenseBackwardScratch(Carver& c, const Layer& layer, const DensePlan<S>& plan, int threads) {
    moments = c.take<S>(InputNorm<S>::numbers(layer, plan));
    dz = c.take<S>(layer.flag(KAN_FLAG_NORM) ? plan.batch * layer.in : 0);
    packed = c.take<S>(layer.out > kTile ? plan.batch * layer.out : 0);
    transposed = c.take<S>(plan.blocks * layer.out * plan.slots);
    theta = c.take<S>(layer.theta_trained ? layer.in * theta_per_input(layer) : 0);
    norm = c.take<S>(layer.flag(KAN_FLAG_NORM) ? 2 * layer.in : 0);
    sums = c.take<S>(max64(layer.out, layer.theta_trained ? layer.theta_count : 0));
    const int64_t rows = plan.backward_inputs * plan.rows;
    for (int t = 0; t < threads; ++t) {
      worker[t].columns = take_columns<S>(c, layer, plan.backward_inputs, plan.slots);
      worker[t].dz = c.take<S>(16 * plan.slots);
      worker[t].dx = c.take<S>(16 * plan.slots);
      worker[t].panel = c.take<S>(rows * plan.slots);
      worker[t].cotangent = c.take<S>(rows * plan.slots);
      worker[t].gradient = c.take<S>(rows * (plan.blocks > 1 ? layer.out : layer.out <= kNarrowOut ? layer.out : 0));
    }
  }
};

// The cotangents g [rows][slots] of the rows of input i, samples b0 .., pulled back through its basis, [slots]: d z, and of
// the base branch's own part d x (where it acts on x behind a LayerNorm). Adds those of the basis' own parameters to t, and
// of the LayerNorm's weight and bias to (norm_sums[0], norm_sums[in]); either may be NULL. Expands the input into panel
// [R][slots], if not NULL, on the way.
template <class S, template <class> class Policy>
inline void pull_back(const Layer& layer, const S* params, const S* buffers, const CotangentRows& which,
                      const InputNorm<S>& norm, int64_t b0, int64_t n, int64_t i, int64_t slots, const S* g,
                      Columns<S> c, S* t, S* norm_sums, S* d_z, S* d_x, S* panel) {
  using T = vec<S>;
  using P = Policy<T>;
  const BasisView<S> view = basis_view(layer, params, buffers, i);
  const bool base = layer.base_row >= which.first && layer.base_row >= 0, apart = norm.on && !layer.flag(KAN_FLAG_BASE_NORM);
  const S* at_base = c.base(layer);
  T d_weight(S(0)), d_bias(S(0));
  for (int64_t s = 0; s < n; s += T::W) {
    const auto cotangent = [&](int32_t r) { return T::load(g + (layer.coef_row - which.first + r) * slots + s); };
    const auto accumulate = [&](int32_t r, T value) { t[r] += sum(value); };
    const auto value = [&](int32_t r, T v) {
      if (panel) v.store(panel + (layer.coef_row + r) * slots + s);
    };
    const T z = T::load(c.z + s);
    T dz = t ? P::template vjp<true>(view, z, cotangent, accumulate, value)
             : P::template vjp<false>(view, z, cotangent, accumulate, value);
    T dx(S(0));
    if (panel && layer.base_row >= 0)
      activation(layer.spec.base, T::load(at_base + s)).store(panel + layer.base_row * slots + s);
    if (base) {
      const T d = activation_derivative(layer.spec.base, T::load(at_base + s)) * T::load(g + layer.base_row * slots + s);
      if (apart) dx = d;
      else dz += d;
    }
    if (norm_sums) {
      d_bias += dz;
      d_weight = fma(dz, (T::load(c.x + s) - T::load(norm.moments.mean + b0 + s)) * T::load(norm.moments.rstd + b0 + s),
                     d_weight);
    }
    dz.store(d_z + s);
    if (apart) dx.store(d_x + s);
  }
  if (!norm_sums) return;
  norm_sums[0] += sum(d_weight);
  norm_sums[layer.in] += sum(d_bias);
}

template <class S, template <class> class Policy>
inline void dense_backward_of(Pool& pool, const Layer& layer, const BackwardArgs& a) {
  using T = vec<S>;
  const DensePlan<S> plan(layer, a.batch);
  const S* x = static_cast<const S*>(a.x);
  const S* params = static_cast<const S*>(a.params);
  const S* buffers = static_cast<const S*>(a.buffers);
  const S* d_y = static_cast<const S*>(a.d_y);
  S* d_x = static_cast<S*>(a.d_x);
  Carver carver(a.scratch);
  const DenseBackwardScratch<S> scratch(carver, layer, plan, pool.threads());
  const AdamW<S> adam(a.adam);
  const GradientSink<S> sink(a, a.adam ? &adam : nullptr, layer.params);
  const bool want_x = a.d_x_mode != KAN_GRAD_NONE;
  const InputNorm<S> norm(layer, plan, params, scratch.moments);
  const bool add_x = a.d_x_mode == KAN_GRAD_ACCUMULATE;
  const bool theta = layer.theta_trained && sink.wanted();
  const CotangentRows which(layer, want_x);
  const bool cotangents = want_x || ((norm.on || theta) && sink.wanted());
  const int64_t tiles = ceil_div(layer.out, kTile), slots = plan.slots, per_input = theta_per_input(layer);
  const int64_t panels = ceil_div(layer.in, plan.backward_inputs);
  const int workers = workers_for(
      pool, double(a.batch) * double(layer.in) * double(plan.rows) * (1 + double(ceil_div(layer.out, T::W))) / 2 +
                double(layer.params) * (a.adam ? 0.5 : 0.1));
  int64_t next_panel[kMaxThreads];
  for (int w = 0; w < workers; ++w) next_panel[w] = part(panels, w, workers).begin;
  const auto transposed = [&](int64_t block) {
    return Transposed<S>{scratch.transposed + block * layer.out * slots, layer.out};
  };

  for_workers(pool, workers, [&](int worker) {
    const typename DenseBackwardScratch<S>::Worker& w = scratch.worker[worker];
    const bool narrow = layer.out <= kNarrowOut;
    if (cotangents || narrow) {
      const Range o = part(layer.out, worker, workers);
      for (int64_t block = 0; block < plan.blocks; ++block)
        transposed(block).fill(d_y + block * plan.kSamples * layer.out, layer.out, plan.block_size(block), o.begin, o.end);
    }
    if (norm.on) norm.prepare(x, worker, workers);
    const S* packed = pack_tiles(pool, worker, workers, layer, a.batch, d_y, scratch.packed);
    if (workers > 1) pool.barrier();

    // Each takes the panels of its own part, one after the other, and then what is left of the others': what a panel's
    // numbers are does not depend on who computes it.
    for (int64_t turn = 0, q; turn < workers;) {
      const int whose = int((worker + turn) % workers);
      q = __atomic_fetch_add(&next_panel[whose], 1, __ATOMIC_RELAXED);
      if (q >= part(panels, whose, workers).end) {
        ++turn;
        continue;
      }
      const int64_t i0 = q * plan.backward_inputs, i1 = min64(layer.in, i0 + plan.backward_inputs);
      const int64_t k = (i1 - i0) * plan.rows;
      if (theta) fill_zero(scratch.theta + i0 * per_input, (i1 - i0) * per_input);
      if (norm.on) {
        fill_zero(scratch.norm + i0, i1 - i0);
        fill_zero(scratch.norm + layer.in + i0, i1 - i0);
      }
      for (int64_t block = 0; block < plan.blocks; ++block) {
        const int64_t b0 = block * plan.kSamples, n = plan.block_size(block);
        fill_columns(norm, x, layer.in, b0, n, i0, i1, slots, w.columns);
        if (cotangents) {
          cotangent_product(layer, params, which, i0 * plan.rows, (i1 - i0) * which.count, {0, tiles}, transposed(block), n,
                            full_registers<S>(n), packed, a.batch, b0, slots, true, w.cotangent);
          for (int64_t i = i0; i < i1; i += 16) {
            const int64_t e = min64(i1, i + 16);
            for (int64_t j = i; j < e; ++j)
              pull_back<S, Policy>(layer, params, buffers, which, norm, b0, n, j, slots,
                                   w.cotangent + (j - i0) * which.count * slots, w.columns.at((j - i0) * slots),
                                   theta ? scratch.theta + j * per_input : nullptr, norm.on ? scratch.norm + j : nullptr,
                                   w.dz + (j - i) * slots, w.dx + (j - i) * slots,
                                   sink.wanted() ? w.panel + (j - i0) * plan.rows * slots : nullptr);
            if (!want_x) continue;
            if (norm.on) put_columns(w.dz, slots, false, n, i, e, scratch.dz + b0 * layer.in, layer.in);
            const bool own = !norm.on || !layer.flag(KAN_FLAG_BASE_NORM);
            if (own) put_columns(norm.on ? w.dx : w.dz, slots, add_x, n, i, e, d_x + b0 * layer.in, layer.in);
          }
        }
        if (!sink.wanted()) continue;
        if (!cotangents) expand_inputs<S, Policy>(layer, params, buffers, w.columns, i0, i1, slots, w.panel);
        for (int64_t tile = 0; tile < tiles; ++tile) {
          const int64_t width = layer.tile_width(tile);
          const S* d = packed + tile * kTile * a.batch + b0 * width;
          S* g = w.gradient + tile * kTile * plan.backward_inputs * plan.rows;
          if (narrow)
            weight_product_narrow(k, n, w.panel, slots, transposed(block), block == 0, g);
          else if (plan.blocks > 1)
            weight_product(k, n, w.panel, slots, d, width, block == 0, g);
          else
            weight_product(k, n, w.panel, slots, d, width, sink, layer.tile_offset(tile) + i0 * plan.rows * width);
        }
      }
      if (sink.wanted() && (narrow || plan.blocks > 1))
        for (int64_t tile = 0; tile < tiles; ++tile) {
          const int64_t width = layer.tile_width(tile);
          sink.put(layer.tile_offset(tile) + i0 * plan.rows * width,
                   w.gradient + tile * kTile * plan.backward_inputs * plan.rows, k * width);
        }
    }
    if (sink.streams) _mm_sfence();
    if (workers > 1) pool.barrier();
    if (norm.on && want_x) {
      const Range rows = part(a.batch, worker, workers);
      if (add_x || !layer.flag(KAN_FLAG_BASE_NORM))
        norm.template input_gradient<true>(x, norm.moments, scratch.dz, rows.begin, rows.end, d_x);
      else
        norm.template input_gradient<false>(x, norm.moments, scratch.dz, rows.begin, rows.end, d_x);
      if (workers > 1) pool.barrier();  // the LayerNorm's weights are read until here
    }
    if (worker != 0 || !sink.wanted()) return;
    // The small gradients, in one order.
    bias_gradient(layer, a.batch, d_y, scratch.sums, sink);
    if (norm.on) {
      sink.put(layer.norm_weight, scratch.norm, layer.in);
      sink.put(layer.norm_bias, scratch.norm + layer.in, layer.in);
    }
    if (theta) {
      fill_zero(scratch.sums, layer.theta_count);
      for (int64_t i = 0; i < layer.in; ++i)
        for (int64_t r = 0; r < per_input; ++r)
          scratch.sums[theta_index(layer, i, r)] += scratch.theta[i * per_input + r];
      sink.put(layer.theta, scratch.sums, layer.theta_count);
    }
  });
}

template <class S>
int64_t dense_scratch_bytes(const Layer& layer, int64_t batch, int32_t mode, int threads) {
  const DensePlan<S> plan(layer, batch);
  Carver forward(nullptr), backward(nullptr);
  DenseForwardScratch<S>(forward, layer, plan, threads);
  if (mode == KAN_MODE_TRAIN) DenseBackwardScratch<S>(backward, layer, plan, threads);
  return max64(forward.used(), backward.used());
}

// --------------------------------------------------------------------------------------------------------- dispatch

template <class S>
void dense_forward(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  if (layer.spec.kind == KAN_LAYER_LINEAR) return dense_forward_of<S, IdentityBasis>(pool, layer, a);
  switch (layer.spec.basis) {
#define KAN_GLOBAL_BASIS(name, constant, policy) \
  case constant: return dense_forward_of<S, policy>(pool, layer, a);
#include "registry/basis.inc"
  }
}

template <class S>
void dense_backward(Pool& pool, const Layer& layer, const BackwardArgs& a) {
  if (layer.spec.kind == KAN_LAYER_LINEAR) return dense_backward_of<S, IdentityBasis>(pool, layer, a);
  switch (layer.spec.basis) {
#define KAN_GLOBAL_BASIS(name, constant, policy) \
  case constant: return dense_backward_of<S, policy>(pool, layer, a);
#include "registry/basis.inc"
  }
}

}  // namespace KAN_NS
