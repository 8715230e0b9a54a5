// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Edges that need not be computed. The mean of networks is one network whose members stand side by side: of its hidden layers most
// edges are 0, in blocks. What is 0 is looked for once, and forward passes leave it out. It is left out of numbers of which 0 times
// one is 0: neither they nor what a basis makes of them is infinite.
#pragma once
#include <cstdint>
#include <vector>

#include "core/layer.hpp"

namespace kan {

// Of a tile of outputs: those that an input has edges to, from `begin` up to `end`, in whole groups of kEdgeGroup but for the tile's last.
struct EdgeRange {
  uint8_t begin, end;

  bool operator==(const EdgeRange&) const = default;
};
constexpr int64_t kEdgeGroup = 16;

// Up to so much, parameters and inputs leave room for the products of three of them.
constexpr int64_t kModerate = int64_t(1) << 32;

// [tile][in] of a B-spline layer with these numbers; empty of small and of other layers, and where numbers are not moderate.
std::vector<EdgeRange> edge_ranges(const Layer& layer, const void* params, const void* buffers);

}  // namespace kan
