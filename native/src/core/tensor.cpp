// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Single tensors out of and into the flat arrays, between natural row-major order and the kernels' layout.
#include <cfloat>
#include <cmath>

#include "core/error.hpp"
#include "core/layer.hpp"

namespace kan {
namespace {

// Calls f(natural index, flat index) for every number of the tensor.
template <class F>
void for_each_pair(const Layer& l, const TensorEntry& e, F&& f) {
  switch (e.layout) {
    case TensorEntry::kFlat:
      for (int64_t i = 0; i < e.info.count; ++i) f(i, e.offset + i);
      break;
    case TensorEntry::kKnots:
      for (int64_t i = 0; i < e.info.count; ++i) f(i, e.offset + 2 * l.in + i);
      break;
    case TensorEntry::kMask:
    case TensorEntry::kTiled: {
      const bool mask = e.layout == TensorEntry::kMask;
      const int64_t rows = mask ? 1 : e.rows, row = mask ? 0 : e.row, n = e.info.shape[2];
      for (int64_t o = 0; o < l.out; ++o) {
        const int64_t tile = o / kTile, width = l.tile_width(tile), tile_start = e.offset + tile * kTile * l.in * rows;
        for (int64_t i = 0; i < l.in; ++i) {
          for (int64_t r = 0; r < n; ++r) {
            f((o * l.in + i) * n + r, tile_start + (i * rows + row + r) * width + (o - tile * kTile));
          }
        }
      }
      break;
    }
  }
}

// t_0 and 1/h of each row; 1/h is 0 for a row that is not evenly spaced to within rounding.
template <class T>
void set_knots(const Layer& l, const TensorEntry& e, const T* natural, T* flat) {
  constexpr double kEps = sizeof(T) == 4 ? FLT_EPSILON : DBL_EPSILON;
  const int64_t count = l.knots_per_input(), k = l.spec.order, grid = l.spec.grid;
  for (int64_t i = 0; i < l.in; ++i) {
    const T* t = natural + i * count;
    for (int64_t j = 0; j < count; ++j) {
      if (!std::isfinite(t[j])) {
        throw Error(KAN_INVALID_ARGUMENT, "knots[", i, "][", j, "]: expected a finite number, given ", double(t[j]));
      }
      if (j > 0 && t[j] < t[j - 1]) {
        throw Error(KAN_INVALID_ARGUMENT, "knots[", i, "][", j, "]: expected at least the knot before it, ",
                    double(t[j - 1]), ", given ", double(t[j]));
      }
    }
    if (!(t[k] < t[grid + k])) {
      throw Error(KAN_INVALID_ARGUMENT, "knots[", i, "]: expected t_k < t_{G+k}, the ends of the grid; given ",
                  double(t[k]), " and ", double(t[grid + k]));
    }
  }
  for (int64_t i = 0; i < l.in; ++i) {
    const T* t = natural + i * count;
    const double first = t[0], last = t[count - 1], h = (last - first) / double(count - 1);
    const double slack = 4 * kEps * std::fmax(std::fabs(first), std::fabs(last));
    // Where rounding moves knots by more than a small part of a cell (a fine grid far from 0), the knots count, not h.
    bool even = slack < h / 256;
    for (int64_t j = 0; j < count; ++j) even = even && std::fabs(t[j] - (first + double(j) * h)) <= slack;
    const T inverse = even ? T(1 / h) : T(0);
    flat[e.offset + i] = t[0];
    flat[e.offset + l.in + i] = std::isfinite(inverse) ? inverse : T(0);
  }
  for_each_pair(l, e, [&](int64_t from, int64_t to) { flat[to] = natural[from]; });
}

}  // namespace

void tensor_get(const Layer& l, const TensorEntry& e, const void* flat, void* natural) {
  const auto copy = [&](const auto* from, auto* to) {
    for_each_pair(l, e, [&](int64_t n, int64_t f) { to[n] = from[f]; });
  };
  if (l.f64) copy(static_cast<const double*>(flat), static_cast<double*>(natural));
  else copy(static_cast<const float*>(flat), static_cast<float*>(natural));
}

void tensor_set(const Layer& l, const TensorEntry& e, const void* natural, void* flat) {
  const auto copy = [&](const auto* from, auto* to) {
    if (e.layout == TensorEntry::kKnots) set_knots(l, e, from, to);
    else for_each_pair(l, e, [&](int64_t n, int64_t f) { to[f] = from[n]; });
  };
  if (l.f64) copy(static_cast<const double*>(natural), static_cast<double*>(flat));
  else copy(static_cast<const float*>(natural), static_cast<float*>(flat));
}

}  // namespace kan
