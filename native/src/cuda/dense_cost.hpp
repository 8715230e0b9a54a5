// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// B-splines by taps or by dense products: a model of what each costs, in cycles of one scheduler of a multiprocessor, one
// instruction a cycle. Its numbers are those of the machine code (bench/sass prints them) and docs/cuda.md explains it. Taps
// do k + 1 multiply-adds where products do R, but samples are sorted by window first, and where windows change rows do.
#pragma once
#include "cuda/dense_plan.hpp"

namespace kan::cuda {

struct CostModel {
  // Taps, of one input and 64 outputs: by sample; by window that samples touch, or half a warp begins with; once a warp.
  static constexpr double kForwardSample = 16.5, kWeightsSample = 15.6, kInputsSample = 21.5;
  static constexpr double kWindowRows = 36, kWindowSums = 35, kOnce = 70;
  static constexpr double kRecord = 16,
                          kRecordBit = 0.7;  // of one input and sample, once for all outputs; by bit of its window
  static constexpr double kBand = 16;        // windows of a block of weight gradients
  // Products: a warp's 64 x 32 numbers and product_step rows of the reduction. The tensor cores' time is the longer one:
  // 48 (16) instructions of 6.7 cycles, 0.6 of the rate of Hopper's asynchronous form.
  static constexpr double kTf32x3Step = 322, kStep = 107;
  static constexpr double kPhi = 60, kPhiRow = 3;    // 32 samples of one input, from taps made once
  static constexpr double kTaps = 5;                 // of one input and sample, made once a pass
  static constexpr double kFold = 20, kFoldRow = 3;  // of few samples: in shared memory, of one input and 64 outputs
  static constexpr double kBytes = 3.7;              // of device memory, of a scheduler's share
};

inline double taps_cost(const Layer& l, int64_t batch, int32_t pass, int multiprocessors) {
  using M = CostModel;
  const double in = double(l.in), tiles = double(ratio_up(l.out, kTile)), grid = l.spec.grid;
  const auto chunk = [&](int64_t most) { return double(batch < most ? ratio_up(batch, 128) * 128 : most); };
  double bits = 0;
  while (double(int64_t(1) << int(bits)) < grid) ++bits;
  const double record = double(batch) * (M::kRecord + bits * M::kRecordBit);
  // Of chunks of `samples`, whose windows are touched by `halves` halves of warps.
  const auto windows = [&](double samples, double halves) {
    const double n = double(batch) < samples ? double(batch) : samples;
    return double(batch) / n * ((n < grid ? n : grid) + halves);
  };
  if (pass == KAN_PASS_FORWARD) {
    const double samples = chunk(512), warps = samples / 32;
    return in * (record + tiles * (double(batch) * M::kForwardSample + windows(samples, 2 * warps) * M::kWindowRows +
                                   double(batch) / samples * warps * M::kOnce));
  }
  const double bands = double(ratio_up(l.spec.grid, int64_t(M::kBand)));
  const double weights = double(batch) * M::kWeightsSample + windows(chunk(384), 0) * M::kWindowSums +
                         double(batch) / chunk(384) * bands * M::kOnce;
  const double inputs = double(batch) * M::kInputsSample + windows(chunk(512), 1) * M::kWindowRows +
                        double(batch) / chunk(512) * M::kOnce / 2;
  // Sums of several bands go through memory, written and read, unless one block has them all.
  const bool one_block = batch <= 384 && tiles * double(ratio_up(l.in, 16)) >= multiprocessors;
  const double parts =
      bands > 1 && !one_block ? in * double(l.out) * 8 * (grid + bands * (l.spec.order + 1)) / M::kBytes : 0;
  return in * (2 * record + tiles * (weights + inputs)) + parts;
}

// l: the layer as products see it (folded). `folded`: numbers that folding reads and writes before.
inline double products_cost(const Layer& l, int64_t batch, int32_t pass, int32_t products, bool folds) {
  using M = CostModel;
  const double blocks = double(ratio_up(batch, kBlockRows)), tiles = double(ratio_up(l.out, kTile));
  const double rows = products == KAN_PRODUCTS_BF16 ? 16 : 8,
               step = products == KAN_PRODUCTS_FP32 ? M::kTf32x3Step : M::kStep;
  // 128 samples, 64 outputs, one input: four warps' worth; phi is made once for 128 outputs.
  const double product = 4 * step * l.rows / rows, phi = 4 * (M::kPhi + M::kPhiRow * l.rows);
  const bool unfolded = products == KAN_PRODUCTS_FP32 && blocks <= 8;
  const double fold = !folds     ? 0
                      : unfolded ? blocks * double(l.in) * tiles * (M::kFold + M::kFoldRow * l.rows)
                                 : double(l.in) * double(l.out) * 4 * (2 * l.rows + 1) / M::kBytes;
  const double wide = (tiles + 1) / 2, taps = double(batch) * double(l.in) * M::kTaps;
  if (pass == KAN_PASS_FORWARD) return fold + taps + blocks * double(l.in) * (tiles * product + wide * phi);
  return fold + 2 * taps + blocks * double(l.in) * (2 * tiles * product + (wide + 1) * phi);
}

}  // namespace kan::cuda
