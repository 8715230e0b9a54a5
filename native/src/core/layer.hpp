// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kan/kan.h"

namespace kan {

// Weights of a KAN or LINEAR layer are stored in tiles of kTile outputs: tile t holds outputs 64 t .. 64 t + w - 1
// (w = 64, less in the last tile) as [input][row][w], so that one input's rows of one tile are one run of memory. The
// rows of an input: base weight, coefficient scale (each if present), then the n coefficients. LINEAR has one row,
// WAVELET three (weight, scale, translation). No padding: every number is a parameter.
constexpr int64_t kTile = 64;

// Bytes of the largest array taken: what a process can address with four levels of page tables. Scratch of any layer and
// batch within it, some thousand times a sample's numbers for each of 256 threads, is then counted without overflow.
constexpr int64_t kAddressable = int64_t(1) << 47;

struct TensorEntry {
  enum Layout : int32_t {
    kTiled,  // natural (out, in[, row count]): rows `row`.. of the tiled block at `offset`, `rows` rows an input
    kFlat,   // natural order, at `offset`
    kKnots,  // (in, G+2k+1): at `offset` t_0 (in), 1/h (in; 0 where the row is not evenly spaced), then the knots
    kMask,   // natural (out, in): tiled with one row an input, at `offset`
  };
  kan_tensor_info info;
  Layout layout;
  int64_t offset;
  int32_t row;   // first row, kTiled
  int32_t rows;  // rows an input of the tiled block, kTiled
};

// A tensor of numbers that the basis is made of (centres, frequencies, knots, …): `count` numbers for each holder, which is
// the layer, an input, or a group of neighbouring inputs.
struct OwnTensor {
  enum Scope : int32_t { kShared, kInput, kGroup };
  int32_t scope;
  int32_t count;    // 0: there is no such tensor
  bool trained;     // in params, else in buffers
  int64_t offset;   // of the first holder's numbers
  int64_t inputs;   // of one holder
  int64_t numbers;  // of all holders
};
constexpr int kOwnTensors = 3;  // at most, those that may be trained first

// An immutable, validated layer. Offsets count numbers from the start of params or buffers; -1 where absent.
struct Layer {
  kan_layer_spec spec;
  uint64_t id;  // unique in the process; stamped into `saved`
  int64_t in, out;
  bool f64;
  int32_t n;     // basis functions of an edge (0 for LINEAR and the rest)
  int32_t rows;  // rows an input of the tiled block: base + scale + n; 1 LINEAR, 3 WAVELET; 0 without weights
  int32_t base_row, scale_row, coef_row;
  // params
  int64_t bias;         // (out)
  int64_t norm_weight;  // (in), then norm_bias (in)
  int64_t norm_bias;
  OwnTensor own[kOwnTensors];  // what the basis is made of
  int64_t theta;               // the block of those that may be trained: in params with TRAIN_BASIS, else in buffers
  int64_t theta_count;         // its numbers
  int64_t theta_per_input;     // those that one input has
  bool theta_trained;
  int64_t affine_weight, affine_bias;  // LAYERNORM, BATCHNORM, AFFINE: (in) each
  // buffers
  int64_t knots;  // kKnots block
  int64_t mask;   // kMask block
  int64_t running_mean, running_var;
  int64_t params, buffers;  // totals
  int32_t tensors;
  TensorEntry tensor[12];

  bool flag(int32_t f) const { return (spec.flags & f) != 0; }
  int64_t knots_per_input() const { return int64_t(spec.grid) + 2 * spec.order + 1; }
  // Start of a tile and of one input's rows in it.
  int64_t tile_width(int64_t tile) const { return out - tile * kTile < kTile ? out - tile * kTile : kTile; }
  int64_t tile_offset(int64_t tile) const { return tile * kTile * in * rows; }
};

// Checks the whole specification and lays the layer out; throws Error.
Layer make_layer(const kan_layer_spec& spec);

// One tensor out of and into a flat array (params, grads or a moment; buffers). Setting knots checks them first.
void tensor_get(const Layer& layer, const TensorEntry& tensor, const void* flat, void* natural);
void tensor_set(const Layer& layer, const TensorEntry& tensor, const void* natural, void* flat);

}  // namespace kan
