// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "core/edge_ranges.hpp"

#include <algorithm>
#include <cmath>

namespace kan {

namespace {

// Whether the edge of an input to output c of a tile of width w adds 0 whatever its basis gives: `rows` are the input's. (A NaN does not.)
template <class S>
bool is_zero(const Layer& layer, const S* rows, const S* mask, int64_t w, int64_t c) {
  const S m = mask ? mask[c] : S(1), factor = layer.scale_row >= 0 ? m * rows[layer.scale_row * w + c] : m;
  if (layer.base_row >= 0 && !(m * rows[layer.base_row * w + c] == S(0))) return false;
  for (int32_t r = layer.coef_row; r < layer.coef_row + layer.n; ++r)
    if (!(factor * rows[r * w + c] == S(0))) return false;
  return true;
}

template <class S>
bool are_moderate(const S* p, int64_t n) {
  bool moderate = true;
  for (int64_t j = 0; j < n; ++j) moderate &= std::fabs(p[j]) <= S(kModerate);
  return moderate;
}

template <class S>
std::vector<EdgeRange> find(const Layer& layer, const S* params, const S* buffers) {
  const int64_t tiles = (layer.out + kTile - 1) / kTile, edges = layer.in * layer.out;
  if (!are_moderate(params + layer.tile_offset(0), edges * layer.rows)) return {};
  if (layer.mask >= 0 && !are_moderate(buffers + layer.mask, edges)) return {};
  std::vector<EdgeRange> found;
  found.reserve(size_t(tiles * layer.in));
  int64_t used = 0;
  for (int64_t t = 0; t < tiles; ++t) {
    const int64_t w = layer.tile_width(t);
    for (int64_t i = 0; i < layer.in; ++i) {
      const S* const rows = params + layer.tile_offset(t) + i * layer.rows * w;
      const S* const mask = layer.mask >= 0 ? buffers + layer.mask + t * kTile * layer.in + i * w : nullptr;
      int64_t begin = 0, end = w;
      while (begin < w && is_zero(layer, rows, mask, w, begin)) ++begin;
      while (end > begin && is_zero(layer, rows, mask, w, end - 1)) --end;
      if (begin == end) begin = end = 0;
      begin -= begin % kEdgeGroup;
      end = std::min(w, (end + kEdgeGroup - 1) / kEdgeGroup * kEdgeGroup);
      used += end - begin;
      found.push_back({uint8_t(begin), uint8_t(end)});
    }
  }
  if (4 * used > 3 * edges)  // runs of inputs with as many edges would be short, for little
    for (size_t k = 0; k < found.size(); ++k) found[k] = {0, uint8_t(layer.tile_width(int64_t(k) / layer.in))};
  return found;
}

}  // namespace

std::vector<EdgeRange> edge_ranges(const Layer& layer, const void* params, const void* buffers) {
  constexpr int64_t kSmall = 1024;  // edges that take no longer than asking whether they are there
  if (layer.spec.kind != KAN_LAYER_KAN || layer.spec.basis != KAN_BASIS_BSPLINE || layer.in * layer.out < kSmall)
    return {};
  return layer.f64 ? find(layer, static_cast<const double*>(params), static_cast<const double*>(buffers))
                   : find(layer, static_cast<const float*>(params), static_cast<const float*>(buffers));
}

}  // namespace kan
