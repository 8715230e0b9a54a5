// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Sums over the rows of a batch: of a gradient that every row adds to, of a statistic of a column. A batch may have millions of
// rows, so nothing is one long chain: 64 rows are added one after the other, everything above that pairwise, and the error grows
// with the logarithm of the number of rows. Work is cut into pieces that the shape alone fixes (part of the rows x group of
// columns), so any number of workers gives the same bits.
//
// Lanes are columns. One pass reads what the terms read, once: Q sums over (batch, n) numbers are 2 Q flops a number.
#pragma once
#include "basis/view.hpp"
#include "cpu/common.hpp"

namespace KAN_NS {

// Q sums a column at once, of n columns.
template <class S, int Q>
struct RowSums {
  using T = vec<S>;
  static constexpr int64_t kChain = 64;      // rows added one after the other
  static constexpr int64_t kPartRows = 512;  // rows worth a piece of their own
  static constexpr int64_t kMaxParts = 64;
  static constexpr int kGroup = 4;  // registers of columns a piece walks at once: 256 bytes of a row

  int64_t batch, n;
  S* partial;  // (parts, Q, n): the sums are in the first part once fold() has run

  static int64_t parts(int64_t batch) { return max64(1, min64(kMaxParts, batch / kPartRows)); }
  static int64_t numbers(int64_t batch, int64_t n) { return parts(batch) * Q * n; }

  RowSums(Carver& c, int64_t batch, int64_t n) : batch(batch), n(n), partial(c.take<S>(numbers(batch, n))) {}
  RowSums(S* partial, int64_t batch, int64_t n) : batch(batch), n(n), partial(partial) {}

  const S* sum(int q) const { return partial + q * n; }

  // This worker's pieces. term(b, j, lanes, v) gives the Q terms v of row b in the columns from j on; lanes past the last column
  // come out of masked loads as 0 and are not stored.
  template <class Term>
  void add(int worker, int workers, Term&& term) const {
    const int64_t count = parts(batch), groups = ceil_div(n, kGroup * T::W);
    const Range mine = part(count * groups, worker, workers);
    for (int64_t piece = mine.begin; piece < mine.end; ++piece) {
      const Range rows = part(batch, piece / groups, count);
      S* to = partial + piece / groups * Q * n;
      const int64_t begin = piece % groups * kGroup * T::W;
      if (begin + kGroup * T::W <= n) {
        T sums[kGroup][Q];
        over_rows<kGroup>(rows.begin, rows.end, begin, AllLanes{}, term, sums);
        for (int g = 0; g < kGroup; ++g)
          for (int q = 0; q < Q; ++q) sums[g][q].store(to + q * n + begin + g * T::W);
        continue;
      }
      for (int64_t j = begin; j < n; j += T::W) {
        const int lanes = int(min64(T::W, n - j));
        T sums[1][Q];
        over_rows<1>(rows.begin, rows.end, j, lanes, term, sums);
        for (int q = 0; q < Q; ++q) sums[0][q].store(to + q * n + j, lanes);
      }
    }
  }

  // The sums of G registers of columns, from j on, over rows b0 .. b1-1. A call: inlined in itself it is many times the code.
  template <int G, class Lanes, class Term>
  __attribute__((noinline)) static void over_rows(int64_t b0, int64_t b1, int64_t j, Lanes lanes, Term&& term,
                                                  T (&sums)[G][Q]) {
    if (b1 - b0 <= kChain) {
      for (int g = 0; g < G; ++g)
        for (int q = 0; q < Q; ++q) sums[g][q] = T(S(0));
      for (int64_t b = b0; b < b1; ++b)
        for (int g = 0; g < G; ++g) {
          T v[Q];
          term(b, j + g * T::W, lanes, v);
          for (int q = 0; q < Q; ++q) sums[g][q] += v[q];
        }
      return;
    }
    const int64_t middle = b0 + round_up((b1 - b0) / 2, kChain);
    T upper[G][Q];
    over_rows<G>(b0, middle, j, lanes, term, sums);
    over_rows<G>(middle, b1, j, lanes, term, upper);
    for (int g = 0; g < G; ++g)
      for (int q = 0; q < Q; ++q) sums[g][q] += upper[g][q];
  }

  // Adds the parts up, this worker's columns: part(n, worker, workers) of each sum. Between add() and fold() stands a barrier, and
  // another before the sums of other columns are read.
  void fold(int worker, int workers) const {
    const int64_t count = parts(batch);
    if (count == 1) return;
    const Range mine = part(n, worker, workers);
    for (int q = 0; q < Q; ++q)
      for_registers<S>(q * n + mine.begin, q * n + mine.end,
                       [&](int64_t j, auto lanes) { folded(0, count, j, lanes).store(partial + j, lanes); });
  }

  // All of it by one worker.
  template <class Term>
  void alone(Term&& term) const {
    add(0, 1, term);
    fold(0, 1);
  }

 private:
  template <class Lanes>
  T folded(int64_t p0, int64_t p1, int64_t j, Lanes lanes) const {
    if (p1 - p0 == 1) return T::load(partial + p0 * Q * n + j, lanes);
    const int64_t middle = (p0 + p1 + 1) / 2;
    return folded(p0, middle, j, lanes) + folded(middle, p1, j, lanes);
  }
};

// Scratch of bias_gradient, in numbers.
template <class S>
inline int64_t bias_numbers(const Layer& layer, int64_t batch) {
  return layer.bias < 0 ? 0 : RowSums<S, 1>::numbers(batch, layer.out);
}

// Gradient of the bias: the column sums of d_y. `partial` holds bias_numbers(). Each worker adds its pieces; after a barrier each
// puts its columns of the gradient.
template <class S>
struct BiasGradient {
  const Layer& layer;
  const RowSums<S, 1> sums;

  BiasGradient(const Layer& layer, int64_t batch, S* partial) : layer(layer), sums(partial, batch, layer.out) {}
  void add(int worker, int workers, const S* d_y) const {
    if (layer.bias < 0) return;
    sums.add(worker, workers, [&](int64_t b, int64_t o, auto lanes, vec<S>(&v)[1]) {
      v[0] = vec<S>::load(d_y + b * layer.out + o, lanes);
    });
  }
  void put(int worker, int workers, const GradientSink<S>& sink) const {
    if (layer.bias < 0) return;
    sums.fold(worker, workers);
    const Range mine = part(layer.out, worker, workers);
    sink.put(layer.bias + mine.begin, sums.sum(0) + mine.begin, mine.end - mine.begin);
  }
};

// Gradients of the basis' own numbers: those of each input, (in, theta_per_input), summed over the inputs that share them. `sums`
// holds theta_count numbers. This worker's share, after a barrier.
template <class S>
inline void put_theta(int worker, int workers, const Layer& layer, const S* each, S* sums,
                      const GradientSink<S>& sink) {
  using T = vec<S>;
  int64_t first = 0, start = 0;  // of the tensor: among an input's numbers, among all
  for (int t = 0; first < layer.theta_per_input; first += layer.own[t].count, start += layer.own[t].numbers, ++t) {
    const kan::OwnTensor& tensor = layer.own[t];
    const int64_t count = tensor.count;
    const Range holders = part(tensor.numbers / count, worker, workers);
    for (int64_t h = holders.begin; h < holders.end; ++h)
      for_registers<S>(0, count, [&](int64_t j, auto lanes) {
        const auto number = [&](int64_t i, int64_t k, auto some, T(&v)[1]) {
          v[0] = T::load(each + i * layer.theta_per_input + k, some);
        };
        T sum[1][1];
        RowSums<S, 1>::template over_rows<1>(h * tensor.inputs, (h + 1) * tensor.inputs, first + j, lanes, number, sum);
        sum[0][0].store(sums + start + h * count + j, lanes);
      });
    const int64_t begin = start + holders.begin * count;
    sink.put(layer.theta + begin, sums + begin, (holders.end - holders.begin) * count);
  }
}

}  // namespace KAN_NS
