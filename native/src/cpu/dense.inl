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
//   d_params   dW = Phi^T dY        each worker its own panels
//   d_Phi      W dY^T               never stored beyond a panel: contracted with the basis derivatives to d_x, d_theta
//
// Flops 2 batch in R out each; bytes: the weights once per block of samples. Inner loops: 6 rows x 4 registers of sums.
#pragma once
#include "basis/activation.hpp"
#include "basis/all.hpp"
#include "basis/view.hpp"
#include "cpu/common.hpp"
#include "cpu/norm.hpp"

namespace KAN_NS {

constexpr int kMR = 6;
constexpr int kNV = kRegisters == 32 ? 4 : 2;
constexpr int64_t kNarrowOut = 4;  // up to here lanes are samples, not outputs

template <class S>
struct DensePlan {
  static constexpr int64_t kSamples = 1024 / int64_t(sizeof(S));  // 256 float, 128 double
  int64_t batch, blocks, slots;
  int64_t rows;                    // of an input
  int64_t forward_inputs, backward_inputs;  // of a panel

  DensePlan(const Layer& layer, int64_t batch) : batch(batch), rows(layer.rows) {
    blocks = ceil_div(batch, kSamples);
    slots = round_up(min64(batch, kSamples), vec<S>::W);
    forward_inputs = min64(layer.in, max64(1, 128 / rows));
    backward_inputs = min64(layer.in, max64(1, (blocks > 1 ? 64 : 128) / rows));
  }
  int64_t block_size(int64_t block) const { return min64(kSamples, batch - block * kSamples); }
};

// ------------------------------------------------------------------------------------------------------- expansion

// Transposes columns i0 .. i1-1 of n rows of x (n, in) into [input][slots]; the slots past n repeat sample 0.
template <class S>
inline void columns(const S* x, int64_t in, int64_t n, int64_t i0, int64_t i1, int64_t slots, S* to) {
  for (int64_t i = i0; i < i1; i += 16) {
    const int64_t e = min64(i1, i + 16);
    for (int64_t s = 0; s < n; ++s)
      for (int64_t j = i; j < e; ++j) to[(j - i0) * slots + s] = x[s * in + j];
    for (int64_t j = i; j < e; ++j)
      for (int64_t s = n; s < slots; ++s) to[(j - i0) * slots + s] = to[(j - i0) * slots];
  }
}

// Rows of input i for all slots: base a(x), then phi_r(z). panel is [R][slots].
template <class S, class Policy>
inline void expand(const Layer& layer, const BasisView<S>& view, const S* x, const S* z, int64_t slots, S* panel) {
  using T = vec<S>;
  const int64_t coef = layer.coef_row;
  for (int64_t s = 0; s < slots; s += T::W) {
    if (layer.base_row >= 0)
      activation(layer.spec.base, T::load(x + s)).store(panel + layer.base_row * slots + s);
    Policy::eval(view, T::load(z + s), [&](int32_t r, T value) { value.store(panel + (coef + r) * slots + s); });
  }
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

template <class S, int NV>
KAN_HD void product_rows(int64_t m, int64_t k, const S* a, int64_t slots, const S* w, int64_t width, int lanes,
                         bool first, const S* bias, S* y, int64_t ld) {
  for (; m >= kMR; m -= kMR, a += kMR, y += kMR * ld)
    product_tile<S, kMR, NV>(k, a, slots, w, width, lanes, first, bias, y, ld);
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
                            const S* bias, S* y, int64_t ld) {
  using T = vec<S>;
  int64_t c = 0;
  for (; c + kNV * T::W <= width; c += kNV * T::W)
    product_rows<S, kNV>(m, k, a, slots, w + c, width, T::W, first, bias ? bias + c : nullptr, y + c, ld);
  if (kNV == 4 && c + 2 * T::W <= width) {
    product_rows<S, 2>(m, k, a, slots, w + c, width, T::W, first, bias ? bias + c : nullptr, y + c, ld);
    c += 2 * T::W;
  }
  for (; c < width; c += T::W)
    product_rows<S, 1>(m, k, a, slots, w + c, width, int(min64(T::W, width - c)), first, bias ? bias + c : nullptr,
                       y + c, ld);
}

// The same for few outputs: lanes are samples. yt is [width][slots].
template <class S>
inline void forward_product_narrow(int64_t k, const S* a, int64_t slots, const S* w, int64_t width, S* yt) {
  using T = vec<S>;
  for (int64_t c = 0; c < width; ++c)
    for (int64_t s = 0; s < slots; s += T::W) {
      T acc(S(0));
      for (int64_t r = 0; r < k; ++r) acc = fma(w[r * width + c], T::load(a + r * slots + s), acc);
      (acc + T::load(yt + c * slots + s)).store(yt + c * slots + s);
    }
}

// g[k][c] (stride ld) += sum_s a[k][s] d[s][c] (d stride width): MR rows by NV registers.
template <class S, int MR, int NV>
KAN_HD void weight_tile(int64_t n, const S* a, int64_t slots, const S* d, int64_t width, int lanes, bool first, S* g,
                        int64_t ld) {
  using T = vec<S>;
  T acc[MR][NV];
#pragma GCC unroll 6
  for (int m = 0; m < MR; ++m)
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v)
      acc[m][v] = first ? T(S(0)) : NV > 1 ? T::load(g + m * ld + v * T::W) : T::load(g + m * ld, lanes);
  for (int64_t s = 0; s < n; ++s) {
    T b[NV];
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) b[v] = NV > 1 ? T::load(d + v * T::W) : T::load(d, lanes);
#pragma GCC unroll 6
    for (int m = 0; m < MR; ++m) {
      const T x(a[m * slots + s]);
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) acc[m][v] = fma(x, b[v], acc[m][v]);
    }
    d += width;
  }
#pragma GCC unroll 6
  for (int m = 0; m < MR; ++m)
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) {
      if (NV > 1) acc[m][v].store(g + m * ld + v * T::W);
      else acc[m][v].store(g + m * ld, lanes);
    }
}

template <class S, int NV>
KAN_HD void weight_rows(int64_t k, int64_t n, const S* a, int64_t slots, const S* d, int64_t width, int lanes,
                        bool first, S* g, int64_t ld) {
  for (; k >= kMR; k -= kMR, a += kMR * slots, g += kMR * ld)
    weight_tile<S, kMR, NV>(n, a, slots, d, width, lanes, first, g, ld);
  switch (k) {
    case 5: return weight_tile<S, 5, NV>(n, a, slots, d, width, lanes, first, g, ld);
    case 4: return weight_tile<S, 4, NV>(n, a, slots, d, width, lanes, first, g, ld);
    case 3: return weight_tile<S, 3, NV>(n, a, slots, d, width, lanes, first, g, ld);
    case 2: return weight_tile<S, 2, NV>(n, a, slots, d, width, lanes, first, g, ld);
    case 1: return weight_tile<S, 1, NV>(n, a, slots, d, width, lanes, first, g, ld);
  }
}

// g [k][width] (+)= a d, a [k][slots], d (n, width).
template <class S>
inline void weight_product(int64_t k, int64_t n, const S* a, int64_t slots, const S* d, int64_t width, bool first,
                           S* g) {
  using T = vec<S>;
  int64_t c = 0;
  for (; c + kNV * T::W <= width; c += kNV * T::W)
    weight_rows<S, kNV>(k, n, a, slots, d + c, width, T::W, first, g + c, width);
  if (kNV == 4 && c + 2 * T::W <= width) {
    weight_rows<S, 2>(k, n, a, slots, d + c, width, T::W, first, g + c, width);
    c += 2 * T::W;
  }
  for (; c < width; c += T::W)
    weight_rows<S, 1>(k, n, a, slots, d + c, width, int(min64(T::W, width - c)), first, g + c, width);
}

// Few outputs: dt is d transposed, [width][slots], zero past the samples.
template <class S>
inline void weight_product_narrow(int64_t k, const S* a, int64_t slots, const S* dt, int64_t width, bool first, S* g) {
  using T = vec<S>;
  for (int64_t r = 0; r < k; ++r)
    for (int64_t c = 0; c < width; ++c) {
      T acc(S(0));
      for (int64_t s = 0; s < slots; s += T::W) acc = fma(T::load(a + r * slots + s), T::load(dt + c * slots + s), acc);
      const S value = sum(acc);
      g[r * width + c] = first ? value : g[r * width + c] + value;
    }
}

// p[r][s] (+)= sum over the outputs o of one tile of w[r][o] dt[o][s], for MR rows and NV registers of samples.
template <class S, int MR, int NV>
KAN_HD void cotangent_tile(const S* w, int64_t width, const S* dt, int64_t slots, bool first, S* p) {
  using T = vec<S>;
  T acc[MR][NV];
#pragma GCC unroll 6
  for (int m = 0; m < MR; ++m)
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) acc[m][v] = first ? T(S(0)) : T::load(p + m * slots + v * T::W);
  for (int64_t o = 0; o < width; ++o) {
    T b[NV];
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) b[v] = T::load(dt + v * T::W);
#pragma GCC unroll 6
    for (int m = 0; m < MR; ++m) {
      const T x(w[m * width + o]);
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) acc[m][v] = fma(x, b[v], acc[m][v]);
    }
    dt += slots;
  }
#pragma GCC unroll 6
  for (int m = 0; m < MR; ++m)
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) acc[m][v].store(p + m * slots + v * T::W);
}

template <class S, int NV>
KAN_HD void cotangent_rows(int64_t k, const S* w, int64_t width, const S* dt, int64_t slots, bool first, S* p) {
  for (; k >= kMR; k -= kMR, w += kMR * width, p += kMR * slots)
    cotangent_tile<S, kMR, NV>(w, width, dt, slots, first, p);
  switch (k) {
    case 5: return cotangent_tile<S, 5, NV>(w, width, dt, slots, first, p);
    case 4: return cotangent_tile<S, 4, NV>(w, width, dt, slots, first, p);
    case 3: return cotangent_tile<S, 3, NV>(w, width, dt, slots, first, p);
    case 2: return cotangent_tile<S, 2, NV>(w, width, dt, slots, first, p);
    case 1: return cotangent_tile<S, 1, NV>(w, width, dt, slots, first, p);
  }
}

// p [k][slots] (+)= d Phi of k weight rows w [k][width] of one tile; dt [width][slots] is its d_y transposed.
template <class S>
inline void cotangent_tile_product(const S* w, int64_t width, int64_t k, const S* dt, int64_t slots, bool first, S* p) {
  using T = vec<S>;
  int64_t s = 0;
  for (; s + kNV * T::W <= slots; s += kNV * T::W) cotangent_rows<S, kNV>(k, w, width, dt + s, slots, first, p + s);
  switch ((slots - s) / T::W) {
    case 3: cotangent_rows<S, 3>(k, w, width, dt + s, slots, first, p + s); break;
    case 2: cotangent_rows<S, 2>(k, w, width, dt + s, slots, first, p + s); break;
    case 1: cotangent_rows<S, 1>(k, w, width, dt + s, slots, first, p + s); break;
  }
}

// p [k][slots] = d Phi of weight rows row .. row+k-1; dt is d_y transposed, [out][slots]. Tile by tile of outputs: the
// tile's part of dt stays in L1 for all rows.
template <class S>
inline void cotangent_product(const Layer& layer, const S* params, int64_t row, int64_t k, const S* dt, int64_t slots,
                              S* p) {
  for (int64_t t = 0; t < ceil_div(layer.out, kTile); ++t) {
    const int64_t width = layer.tile_width(t);
    cotangent_tile_product(params + layer.tile_offset(t) + row * width, width, k, dt + t * kTile * slots, slots, t == 0,
                           p);
  }
}

// ----------------------------------------------------------------------------------------------------------- forward

template <class S>
struct DenseForwardScratch {
  S* z;        // (batch, in) with KAN_FLAG_NORM
  S* panel[2]; // [forward_inputs R][slots]
  S* narrow;   // [out][slots] where out <= kNarrowOut
  struct Worker {
    S *x, *z;  // [1][slots] columns
  } worker[kMaxThreads];

  DenseForwardScratch(Carver& c, const Layer& layer, const DensePlan<S>& plan, int threads) {
    z = c.take<S>(layer.flag(KAN_FLAG_NORM) ? plan.batch * layer.in : 0);
    for (auto& p : panel) p = c.take<S>(plan.forward_inputs * plan.rows * plan.slots);
    narrow = c.take<S>(layer.out <= kNarrowOut ? layer.out * plan.slots : 0);
    for (int t = 0; t < threads; ++t) {
      worker[t].x = c.take<S>(16 * plan.slots);
      worker[t].z = c.take<S>(16 * plan.slots);
    }
  }
};

// Expands inputs i0 .. i1-1 (samples b0 ..) into panel rows that start with input `origin`.
template <class S, template <class> class Policy>
inline void expand_inputs(const Layer& layer, const S* params, const S* buffers, const S* x, const S* z, int64_t b0,
                          int64_t n, int64_t i0, int64_t i1, int64_t origin, int64_t slots, S* column_x, S* column_z,
                          S* panel) {
  for (int64_t i = i0; i < i1; i += 16) {
    const int64_t e = min64(i1, i + 16);
    columns(z + b0 * layer.in, layer.in, n, i, e, slots, column_z);
    const bool base_apart = layer.base_row >= 0 && x != z && !layer.flag(KAN_FLAG_BASE_NORM);
    if (base_apart) columns(x + b0 * layer.in, layer.in, n, i, e, slots, column_x);
    for (int64_t j = i; j < e; ++j)
      expand<S, Policy<vec<S>>>(layer, basis_view(layer, params, buffers, j),
                                (base_apart ? column_x : column_z) + (j - i) * slots, column_z + (j - i) * slots, slots,
                                panel + (j - origin) * layer.rows * slots);
  }
}

template <class S, template <class> class Policy>
inline void dense_forward(Pool& pool, const Layer& layer, const ForwardArgs& a) {
  if (a.batch == 0) return;
  using T = vec<S>;
  const DensePlan<S> plan(layer, a.batch);
  const S* x = static_cast<const S*>(a.x);
  const S* params = static_cast<const S*>(a.params);
  const S* buffers = static_cast<const S*>(a.buffers);
  S* y = static_cast<S*>(a.y);
  Carver carver(a.scratch);
  const DenseForwardScratch<S> scratch(carver, layer, plan, pool.threads());
  const bool norm = layer.flag(KAN_FLAG_NORM);
  const LayerNorm<S> input_norm(layer.in, layer.spec.shape[2], params + layer.norm_weight, params + layer.norm_bias);
  const S* z = norm ? scratch.z : x;
  const S* bias = layer.bias >= 0 ? params + layer.bias : nullptr;
  const int64_t tiles = ceil_div(layer.out, kTile), panels = ceil_div(layer.in, plan.forward_inputs);
  const int64_t slots = plan.slots;
  const int workers = workers_for(
      pool, double(a.batch) * double(layer.in) * double(plan.rows) * (1 + double(ceil_div(layer.out, T::W)) / 2));

  for_workers(pool, workers, [&](int worker) {
    if (norm) {
      const Range rows = part(a.batch, worker, workers);
      input_norm.rows(x, rows.begin, rows.end, scratch.z, nullptr);
      if (workers > 1) pool.barrier();
    }
    int64_t step = 0;
    for (int64_t block = 0; block < plan.blocks; ++block) {
      const int64_t b0 = block * plan.kSamples, n = plan.block_size(block);
      for (int64_t q = 0; q < panels; ++q, ++step) {
        const int64_t i0 = q * plan.forward_inputs, i1 = min64(layer.in, i0 + plan.forward_inputs);
        S* panel = scratch.panel[step & 1];
        const Range mine = part(i1 - i0, worker, workers);
        expand_inputs<S, Policy>(layer, params, buffers, x, z, b0, n, i0 + mine.begin, i0 + mine.end, i0, slots,
                                 scratch.worker[worker].x, scratch.worker[worker].z, panel);
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
          forward_product(s1 - s0, k, panel + s0, slots, params + layer.tile_offset(tile) + i0 * plan.rows * width,
                          width, q == 0, bias ? bias + tile * kTile : nullptr,
                          y + (b0 + s0) * layer.out + tile * kTile, layer.out);
        }
      }
    }
  });
}

// ---------------------------------------------------------------------------------------------------------- backward

template <class S>
struct DenseBackwardScratch {
  S *z, *dz, *moments;  // KAN_FLAG_NORM: (batch, in), (batch, in), (batch, 2)
  S* packed;            // d_y in tiles
  S* transposed;        // d_y^T, [block][out][slots]
  S* theta;             // (in, theta_per_input)
  S* sums;              // small gradients: bias, norm weights, theta
  struct Worker {
    S *x, *z, *panel, *cotangent, *gradient;
  } worker[kMaxThreads];

  DenseBackwardScratch(Carver& c, const Layer& layer, const DensePlan<S>& plan, int threads) {
    const int64_t square = layer.flag(KAN_FLAG_NORM) ? plan.batch * layer.in : 0;
    z = c.take<S>(square);
    dz = c.take<S>(square);
    moments = c.take<S>(square ? 2 * plan.batch : 0);
    packed = c.take<S>(layer.out > kTile ? plan.batch * layer.out : 0);
    transposed = c.take<S>(plan.blocks * layer.out * plan.slots);
    theta = c.take<S>(layer.theta_trained ? layer.in * theta_per_input(layer) : 0);
    sums = c.take<S>(max64(max64(layer.out, 2 * layer.in), layer.theta_trained ? layer.theta_count : 0));
    const int64_t rows = plan.backward_inputs * plan.rows;
    for (int t = 0; t < threads; ++t) {
      worker[t].x = c.take<S>(16 * plan.slots);
      worker[t].z = c.take<S>(16 * plan.slots);
      worker[t].panel = c.take<S>(rows * plan.slots);
      worker[t].cotangent = c.take<S>(rows * plan.slots);
      worker[t].gradient = c.take<S>(rows * (plan.blocks > 1 ? layer.out : min64(kTile, layer.out)));
    }
  }
};

// d_y^T per block, [out][slots], zero past the samples.
template <class S>
inline void transpose_cotangents(const Layer& layer, const DensePlan<S>& plan, const S* d_y, int64_t o0, int64_t o1,
                                 S* to) {
  for (int64_t block = 0; block < plan.blocks; ++block) {
    const int64_t n = plan.block_size(block);
    const S* from = d_y + block * plan.kSamples * layer.out;
    S* t = to + block * layer.out * plan.slots;
    for (int64_t o = o0; o < o1; o += 16) {
      const int64_t e = min64(o1, o + 16);
      for (int64_t s = 0; s < n; ++s)
        for (int64_t c = o; c < e; ++c) t[c * plan.slots + s] = from[s * layer.out + c];
      for (int64_t c = o; c < e; ++c)
        for (int64_t s = n; s < plan.slots; ++s) t[c * plan.slots + s] = S(0);
    }
  }
}

// The cotangents g [R][slots] of the rows of input i, samples b0 .. b0+n-1, pulled back through its basis: to d_x (may be
// NULL), or behind a LayerNorm to d_z, d_x taking the base branch's own part. Adds those of the basis' own parameters to t
// (may be NULL). column_x, column_z: [slots] each.
template <class S, template <class> class Policy>
inline void pull_back(const Layer& layer, const S* params, const S* buffers, const S* x, const S* z, int64_t b0,
                      int64_t n, int64_t i, int64_t slots, const S* g, S* column_x, S* column_z, S* t, S* d_z, S* d_x,
                      bool add_x) {
  using T = vec<S>;
  using P = Policy<T>;
  const bool norm = layer.flag(KAN_FLAG_NORM);
  const BasisView<S> view = basis_view(layer, params, buffers, i);
  columns(z + b0 * layer.in, layer.in, n, i, i + 1, slots, column_z);
  if (norm) columns(x + b0 * layer.in, layer.in, n, i, i + 1, slots, column_x);
  for (int64_t s = 0; s < n; s += T::W) {
    const auto cotangent = [&](int32_t r) { return T::load(g + (layer.coef_row + r) * slots + s); };
    const auto accumulate = [&](int32_t r, T value) { t[r] += sum(value); };
    const T at = T::load(column_z + s);
    T dz = t ? P::template vjp<true>(view, at, cotangent, accumulate)
             : P::template vjp<false>(view, at, cotangent, accumulate);
    T db(S(0));
    if (layer.base_row >= 0) {
      const bool of_z = !norm || layer.flag(KAN_FLAG_BASE_NORM);
      const T d = activation_derivative(layer.spec.base, of_z ? at : T::load(column_x + s)) *
                  T::load(g + layer.base_row * slots + s);
      if (of_z) dz += d;
      else db = d;
    }
    const int lanes = int(min64(T::W, n - s));
    if (norm)
      for (int l = 0; l < lanes; ++l) d_z[(b0 + s + l) * layer.in + i] = dz.v[l];
    const T dx = norm ? db : dz;
    if (d_x)
      for (int l = 0; l < lanes; ++l) {
        S& to = d_x[(b0 + s + l) * layer.in + i];
        to = add_x ? to + dx.v[l] : dx.v[l];
      }
  }
}

template <class S, template <class> class Policy>
inline void dense_backward(Pool& pool, const Layer& layer, const BackwardArgs& a) {
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
  const GradientSink<S> sink(a, a.adam ? &adam : nullptr);
  const bool norm = layer.flag(KAN_FLAG_NORM), want_x = a.d_x_mode != KAN_GRAD_NONE;
  const bool add_x = a.d_x_mode == KAN_GRAD_ACCUMULATE;
  const bool theta = layer.theta_trained && sink.wanted();
  const bool cotangents = want_x || ((norm || theta) && sink.wanted());
  const LayerNorm<S> input_norm(layer.in, layer.spec.shape[2], params + layer.norm_weight, params + layer.norm_bias);
  const S* z = norm ? scratch.z : x;
  const int64_t tiles = ceil_div(layer.out, kTile), slots = plan.slots, per_input = theta_per_input(layer);
  const int64_t panels = ceil_div(layer.in, plan.backward_inputs);
  const int workers = workers_for(
      pool, double(a.batch) * double(layer.in) * double(plan.rows) * (1 + double(ceil_div(layer.out, T::W))) / 2 +
                double(layer.params) * (a.adam ? 0.5 : 0.1));

  for_workers(pool, workers, [&](int worker) {
    const typename DenseBackwardScratch<S>::Worker& w = scratch.worker[worker];
    const bool narrow = layer.out <= kNarrowOut;
    if (cotangents || narrow) {
      const Range o = part(layer.out, worker, workers);
      transpose_cotangents(layer, plan, d_y, o.begin, o.end, scratch.transposed);
    }
    if (norm) {
      const Range rows = part(a.batch, worker, workers);
      input_norm.rows(x, rows.begin, rows.end, scratch.z, scratch.moments);
    }
    const S* packed = pack_tiles(pool, worker, workers, layer, a.batch, d_y, scratch.packed);
    if (workers > 1) pool.barrier();

    const Range mine = part(panels, worker, workers);
    for (int64_t q = mine.begin; q < mine.end; ++q) {
      const int64_t i0 = q * plan.backward_inputs, i1 = min64(layer.in, i0 + plan.backward_inputs);
      const int64_t k = (i1 - i0) * plan.rows;
      if (theta) fill_zero(scratch.theta + i0 * per_input, (i1 - i0) * per_input);
      if (plan.blocks == 0) fill_zero(w.gradient, k * min64(kTile, layer.out));
      for (int64_t block = 0; block < plan.blocks; ++block) {
        const int64_t b0 = block * plan.kSamples, n = plan.block_size(block);
        const S* dt = scratch.transposed + block * layer.out * slots;
        if (sink.wanted())
          expand_inputs<S, Policy>(layer, params, buffers, x, z, b0, n, i0, i1, i0, slots, w.x, w.z, w.panel);
        if (cotangents) {
          cotangent_product(layer, params, i0 * plan.rows, k, dt, slots, w.cotangent);
          for (int64_t i = i0; i < i1; ++i) {
            pull_back<S, Policy>(layer, params, buffers, x, z, b0, n, i, slots, w.cotangent + (i - i0) * plan.rows * slots,
                                 w.x, w.z, theta ? scratch.theta + i * per_input : nullptr, scratch.dz,
                                 want_x ? d_x : nullptr, add_x);
          }
        }
        if (!sink.wanted()) continue;
        for (int64_t tile = 0; tile < tiles; ++tile) {
          const int64_t width = layer.tile_width(tile);
          S* g = w.gradient + (plan.blocks > 1 ? tile * kTile * plan.backward_inputs * plan.rows : 0);
          if (narrow)
            weight_product_narrow(k, w.panel, slots, dt, width, block == 0, g);
          else
            weight_product(k, n, w.panel, slots, packed + tile * kTile * a.batch + b0 * width, width, block == 0, g);
          if (plan.blocks == 1) sink.put(layer.tile_offset(tile) + i0 * plan.rows * width, g, k * width);
        }
      }
      if (sink.wanted() && plan.blocks != 1)
        for (int64_t tile = 0; tile < tiles; ++tile) {
          const int64_t width = layer.tile_width(tile);
          const S* g = w.gradient + (plan.blocks > 1 ? tile * kTile * plan.backward_inputs * plan.rows : 0);
          sink.put(layer.tile_offset(tile) + i0 * plan.rows * width, g, k * width);
        }
    }
    if (workers > 1) pool.barrier();
    if (norm && want_x) {
      const Range rows = part(a.batch, worker, workers);
      input_norm.template input_gradient<true>(x, scratch.moments, scratch.dz, rows.begin, rows.end, d_x);
      if (workers > 1) pool.barrier();
    }
    if (worker != 0 || !sink.wanted()) return;
    // The small gradients, in one order.
    bias_gradient(layer, a.batch, d_y, scratch.sums, sink);
    if (norm) {
      input_norm.weight_gradient(a.batch, x, scratch.moments, scratch.dz, scratch.sums);
      sink.put(layer.norm_weight, scratch.sums, layer.in);
      sink.put(layer.norm_bias, scratch.sums + layer.in, layer.in);
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
inline int64_t dense_scratch_bytes(const Layer& layer, int64_t batch, int32_t mode, int threads) {
  const DensePlan<S> plan(layer, batch);
  Carver forward(nullptr), backward(nullptr);
  DenseForwardScratch<S>(forward, layer, plan, threads);
  if (mode == KAN_MODE_TRAIN) DenseBackwardScratch<S>(backward, layer, plan, threads);
  return max64(forward.used(), backward.used());
}

}  // namespace KAN_NS
