// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// What of the passes is an order's own evaluation of B-splines: records of sorted samples, and the derivatives of their values
// (spline_records.hpp).
#pragma once
#include "basis/activation.hpp"
#include "cpu/spline_eval.hpp"
#include "cpu/spline_records.hpp"
#include "cpu/transpose.hpp"

namespace KAN_NS {

// Four numbers, where a register would be too many.
template <class S>
using Four __attribute__((vector_size(4 * sizeof(S)))) = S;

// The knots t_{f+1} .. t_{f+2K} of each sample's window f, [2K][stride], of a record whose last run is taken to end at n. A store a run
// and knot, which the next run writes over where it is too long: of few samples, as runs on fine grids are, a small one, for large ones
// lie across two lines of a cache.
template <class S, int K>
KAN_HD void window_knots(const S* kn, const Record<S>& record, int64_t n, int64_t stride, S* knots) {
  using T = vec<S>;
  int64_t p = 0;
  const Run *run = record.runs + 1, *const last = record.runs + record.count();
  for (; run <= last; ++run) {
    const S* const own = kn + run->first + 1;
    const int64_t end = run < last ? run->end : n;
    if (T::W > 4 && end - p <= 4) {
#pragma GCC unroll 10
      for (int j = 0; j < 2 * K; ++j) {
        // A copy, as the place has no alignment: clang overlooks one that is said of a template's vector type.
        const Four<S> knot = {own[j], own[j], own[j], own[j]};
        __builtin_memcpy(knots + j * stride + p, &knot, sizeof knot);
      }
    } else {
      for (int64_t s = p; s < end; s += T::W)
#pragma GCC unroll 10
        for (int j = 0; j < 2 * K; ++j) T(own[j]).store(knots + j * stride + s);
    }
    p = end;
  }
}

// The V values, or derivatives, of n sorted samples x of a record; x has record.slots readable numbers. values is [V][slots].
template <class S, int K, bool kDerivative>
KAN_HD void fill_values(const GridView<S>& g, int32_t base, const S* x, const Record<S>& record, int64_t n, S* values) {
  using T = vec<S>;
  T out[K + 1];
  const int64_t slots = record.slots;
  const LaneGrid<S> grid = lane_grid(g);
  if (g.inv_h != S(0)) {
    for (int64_t p = 0; p < n; p += T::W) {
      bspline_even<S, K, kDerivative>(grid, T::load(x + p), out);
      for (int r = 0; r <= K; ++r) out[r].store(values + r * slots + p);
    }
  } else {
    constexpr int64_t kRow = SplinePlan<S>::kMost + T::W;
    alignas(64) S knots[2 * K * kRow];
    window_knots<S, K>(g.kn, record, round_up(n, T::W), kRow, knots);
    for (int64_t p = 0; p < n; p += T::W) {
      const T v = T::load(x + p);
      const auto tails = bspline_uneven<S, K, kDerivative>(
          grid, [&](int j) KAN_INLINE { return T::load(knots + (j - 1) * kRow + p); }, v, out);
      if (__builtin_expect(any<S>(tails), 0)) bspline_tails<S, K, kDerivative>(g, v, tails, out);
      for (int r = 0; r <= K; ++r) out[r].store(values + r * slots + p);
    }
  }
  if (base != KAN_ACTIVATION_NONE)
    for (int64_t p = 0; p < n; p += T::W) {
      const T v = T::load(x + p);
      (kDerivative ? activation_derivative(base, v) : activation(base, v)).store(values + (K + 1) * slots + p);
    }
}

// Sorts n samples x of one input by window and writes their record. x has record.slots readable numbers.
template <class S, int K>
inline void make_record(const Layer& layer, const GridView<S>& g, const S* x, int64_t n, const RecordScratch<S>& w,
                        const Record<S>& record) {
  windows<S, K>(g, x, n, w.first);
  int32_t runs = 0;
  const bool sorted = g.grid <= 2 * n && n > 1;
  if (sorted) {
    // Counting sort; stable, so equal inputs give equal records.
    int32_t* count = w.count;
    for (int32_t c = 0; c < g.grid; ++c) count[c] = 0;
    for (int64_t s = 0; s < n; ++s) ++count[w.first[s]];
    int32_t at = 0;
    for (int32_t c = 0; c < g.grid; ++c) {
      const int32_t here = count[c];
      count[c] = at;
      at += here;
      if (here) record.runs[++runs] = {c, at};
    }
    for (int64_t s = 0; s < n; ++s) {
      const int32_t p = count[w.first[s]]++;
      record.index[p] = uint16_t(s);
      w.sorted[p] = x[s];
    }
  } else {
    // More cells than samples: sorting would bring few of them together.
    for (int64_t s = 0; s < n; ++s) {
      record.index[s] = uint16_t(s);
      w.sorted[s] = x[s];
      if (runs && record.runs[runs].first == w.first[s]) record.runs[runs].end = int32_t(s + 1);
      else record.runs[++runs] = {w.first[s], int32_t(s + 1)};
    }
  }
  record.runs[0] = {runs, sorted};
  for (int64_t s = n; s < record.slots; ++s) w.sorted[s] = x[0];
  fill_values<S, K, false>(g, layer.base_row >= 0 ? layer.spec.base : KAN_ACTIVATION_NONE, w.sorted, record, n,
                           record.values);
}

template <class S, int K>
inline void make_records(const Layer& layer, const S* buffers, const S* x, int64_t n, Range inputs,
                         const RecordScratch<S>& w, const BlockRecords<S>& records) {
  const int64_t slots = records.plan.slots, i0 = inputs.begin, i1 = inputs.end;
  transpose(x + i0, layer.in, n, i1 - i0, w.columns, slots);
  for (int64_t i = i0; i < i1; ++i) {
    S* column = w.columns + (i - i0) * slots;
    for (int64_t s = n; s < slots; ++s) column[s] = column[0];
    make_record<S, K>(layer, grid_view(layer, buffers, i), column, n, w, records.of(i));
  }
}

template <class S, int K>
inline void derivatives(const Layer& layer, const S* buffers, const S* x, int64_t n, int64_t i, const Record<S>& record,
                        S* sorted, S* to) {
  for (int64_t p = 0; p < n; ++p) sorted[p] = x[record.index[p] * layer.in + i];
  for (int64_t p = n; p < record.slots; ++p) sorted[p] = sorted[0];
  fill_values<S, K, true>(grid_view(layer, buffers, i), layer.base_row >= 0 ? layer.spec.base : KAN_ACTIVATION_NONE,
                          sorted, record, n, to);
}

template <class S>
SplineBasis<S> spline_basis(const Layer& layer) {
  switch (layer.spec.order) {
    case 1: return {make_records<S, 1>, derivatives<S, 1>};
    case 2: return {make_records<S, 2>, derivatives<S, 2>};
    case 3: return {make_records<S, 3>, derivatives<S, 3>};
    case 4: return {make_records<S, 4>, derivatives<S, 4>};
    default: return {make_records<S, 5>, derivatives<S, 5>};
  }
}

}  // namespace KAN_NS
