// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Matrices to and from the order in which samples are neighbours: squares of registers, transposed in them.
#pragma once
#include "cpu/common.hpp"

namespace KAN_NS {

// Of a pair of registers N apart: squares of N lanes change places across the diagonal.
template <int N, class S, int... I>
KAN_HD void swap_squares(vec<S>& a, vec<S>& b, Lanes<I...>) {
  constexpr int W = vec<S>::W;
  const vec<S> low(__builtin_shufflevector(a.v, b.v, (I & N ? W + I - N : I)...));
  b = vec<S>(__builtin_shufflevector(a.v, b.v, (I & N ? W + I : I + N)...));
  a = low;
}

// Lane j of register i becomes lane i of register j, of W registers.
template <class S, int N = 1>
KAN_HD void transpose(vec<S>* r) {
  constexpr int W = vec<S>::W;
  if constexpr (N < W) {
#pragma GCC unroll 16
    for (int i = 0; i < W; ++i)
      if (!(i & N)) swap_squares<N>(r[i], r[i + N], typename LanesUpTo<W>::type());
    transpose<S, 2 * N>(r);
  }
}

// to[c][r] = from[r][c], or += it, of `rows` rows and `columns` columns.
template <class S>
inline void transpose(const S* from, int64_t from_stride, int64_t rows, int64_t columns, S* to, int64_t to_stride,
                      bool add = false) {
  using T = vec<S>;
  constexpr int64_t W = T::W;
  for (int64_t c = 0; c < columns; c += W)
    for (int64_t r = 0; r < rows; r += W) {
      const int64_t high = min64(W, rows - r), wide = min64(W, columns - c);
      const S* const p = from + r * from_stride + c;
      S* const q = to + c * to_stride + r;
      if (4 * high < W || 4 * wide < W) {  // not worth registers
        for (int64_t i = 0; i < high; ++i)
          for (int64_t j = 0; j < wide; ++j)
            q[j * to_stride + i] = add ? q[j * to_stride + i] + p[i * from_stride + j] : p[i * from_stride + j];
        continue;
      }
      T square[W];
      const auto copy = [&](auto in, auto out) KAN_INLINE {
#pragma GCC unroll 16
        for (int64_t i = 0; i < W; ++i) square[i] = i < high ? T::load(p + i * from_stride, in) : T(S(0));
        transpose<S>(square);
#pragma GCC unroll 16
        for (int64_t j = 0; j < W; ++j)
          if (j < wide) {
            S* const at = q + j * to_stride;
            (add ? T::load(at, out) + square[j] : square[j]).store(at, out);
          }
      };
      if (high == W && wide == W) copy(AllLanes(), AllLanes());
      else copy(int(wide), int(high));
    }
}

}  // namespace KAN_NS
