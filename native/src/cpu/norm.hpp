// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "cpu/row_sums.hpp"

namespace KAN_NS {

// Mean and 1 / sqrt(var + eps) of each row.
template <class S>
struct Moments {
  S *mean, *rstd;
};

// Layer normalisation of rows of n features (Ba et al., arXiv 1607.06450), as torch.nn.LayerNorm:
//   z = xhat weight + bias,  xhat = (x - mean) / sqrt(var + eps),  var the biased variance of the row.
// Two passes over a row for the moments (numerically safe).
template <class S>
struct LayerNorm {
  using T = vec<S>;
  int64_t n;
  S eps;
  const S *weight, *bias;

  LayerNorm(int64_t n, double eps, const S* weight, const S* bias) : n(n), eps(S(eps)), weight(weight), bias(bias) {}

  // Of rows b0 .. b1-1.
  void moments(const S* x, int64_t b0, int64_t b1, Moments<S> m) const {
    for (int64_t b = b0; b < b1; ++b) {
      const S* row = x + b * n;
      T total(S(0));
      for (int64_t i = 0; i < n; i += T::W) total += T::load(row + i, int(min64(T::W, n - i)));
      const S mean = sum(total) / S(n);
      T squares(S(0));
      for (int64_t i = 0; i < n; i += T::W) {
        const int lanes = int(min64(T::W, n - i));
        const T d = leading(T::load(row + i, lanes) - mean, lanes);
        squares = fma(d, d, squares);
      }
      m.mean[b] = mean;
      m.rstd[b] = S(1) / sqrt(sum(squares) / S(n) + eps);
    }
  }

  // z of rows b0 .. b1-1.
  void rows(const S* x, Moments<S> m, int64_t b0, int64_t b1, S* z) const {
    for (int64_t b = b0; b < b1; ++b)
      for (int64_t i = 0; i < n; i += T::W) {
        const int lanes = int(min64(T::W, n - i));
        fma((T::load(x + b * n + i, lanes) - m.mean[b]) * m.rstd[b], T::load(weight + i, lanes),
            T::load(bias + i, lanes))
            .store(z + b * n + i, lanes);
      }
  }

  // d_x (+)= 1/sd (g - mean(g) - xhat mean(g xhat)),  g = dz weight.
  template <bool kAdd>
  void input_gradient(const S* x, Moments<S> m, const S* dz, int64_t b0, int64_t b1, S* d_x) const {
    for (int64_t b = b0; b < b1; ++b) {
      const S mean = m.mean[b], rstd = m.rstd[b];
      const S *row = x + b * n, *d = dz + b * n;
      T sum_g(S(0)), sum_gx(S(0));
      for (int64_t i = 0; i < n; i += T::W) {
        const int lanes = int(min64(T::W, n - i));
        const T g = T::load(d + i, lanes) * T::load(weight + i, lanes);  // 0 in the lanes past the row
        sum_g += g;
        sum_gx = fma(g, (T::load(row + i, lanes) - mean) * rstd, sum_gx);
      }
      const S mean_g = sum(sum_g) / S(n), mean_gx = sum(sum_gx) / S(n);
      for (int64_t i = 0; i < n; i += T::W) {
        const int lanes = int(min64(T::W, n - i));
        const T xhat = (T::load(row + i, lanes) - mean) * rstd;
        const T g = T::load(d + i, lanes) * T::load(weight + i, lanes);
        T value = (g - mean_g - xhat * mean_gx) * rstd;
        if (kAdd) value += T::load(d_x + b * n + i, lanes);
        value.store(d_x + b * n + i, lanes);
      }
    }
  }

  // d weight and d bias: this worker's pieces of the sums over the rows.
  void weight_gradient(int worker, int workers, const S* x, Moments<S> m, const S* dz,
                       const RowSums<S, 2>& sums) const {
    sums.add(worker, workers, [&](int64_t b, int64_t i, auto lanes, T(&v)[2]) {
      const T d = T::load(dz + b * n + i, lanes);
      v[0] = d * ((T::load(x + b * n + i, lanes) - m.mean[b]) * m.rstd[b]);
      v[1] = d;
    });
  }

 private:
  static KAN_HD T leading(T a, int lanes) {
    if (lanes == T::W) return a;
    S t[T::W];
    a.store(t);
    for (int l = lanes; l < T::W; ++l) t[l] = S(0);
    return T::load(t);
  }
};

}  // namespace KAN_NS
