// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// B-splines by taps or by dense products: a model of what each costs, in cycles of one scheduler of a multiprocessor, one
// instruction a cycle. Its numbers are those of the machine code (bench/sass prints them) and docs/cuda.md explains it. Taps
// do k + 1 multiply-adds where products do R, but with 35 instructions for 10 of them, and sort samples by window first.
#pragma once
#include "cuda/dense_plan.hpp"

namespace kan::cuda {

struct CostModel {
  // Taps, a warp of one input: by sample; by window that samples touch; once.
  static constexpr double kRecord = 10, kForwardSample = 35, kWeightsSample = 36, kInputsSample = 68;
  static constexpr double kWindowRows = 148, kWindowSums = 60, kOnce = 640;
  static constexpr double kTile = 32768, kRecordBytes = 4624,
                          kShared = 116224;  // bytes: d_y, a record, half a multiprocessor's
  // Products: a warp's 64 x 32 numbers and product_step rows of the reduction. The tensor cores' time is the longer one:
  // 48 (16) instructions of 6.7 cycles, 0.6 of the rate of Hopper's asynchronous form.
  static constexpr double kTf32x3Step = 322, kStep = 107;
  static constexpr double kPhi = 60, kPhiRow = 3;  // 32 samples of one input, from taps made once
  static constexpr double kBytes = 3.7;            // of device memory, of a scheduler's share
};

inline double taps_cost(const Layer& l, int64_t batch, int32_t pass) {
  using M = CostModel;
  const double chunks = double(ratio_up(batch, 128)), tiles = double(ratio_up(l.out, kTile)),
               n = double(batch) / chunks;
  const double windows = n < l.spec.grid ? n : l.spec.grid;
  if (pass == KAN_PASS_FORWARD) {
    return chunks * tiles * double(l.in) * (n * (M::kRecord + M::kForwardSample) + windows * M::kWindowRows + M::kOnce);
  }
  // Each warp keeps sums for all rows in shared memory: with many, few warps are left to hide one another's waiting.
  int warps = 8;
  while (warps > 1 && M::kTile + warps * (M::kRecordBytes + 256.0 * (l.n + 1)) > M::kShared) warps /= 2;
  const double alone = warps < 4 ? 4.0 / warps : 1;
  const double weights = alone * (n * (M::kRecord + M::kWeightsSample) + windows * M::kWindowSums + M::kOnce);
  const double inputs = n * M::kInputsSample + windows * M::kWindowRows;
  return chunks * double(l.in) * (tiles * (weights + inputs) + n * M::kRecord + M::kOnce);
}

// l: the layer as products see it (folded). `folded`: numbers that folding reads and writes before.
inline double products_cost(const Layer& l, int64_t batch, int32_t pass, int32_t products, bool folds) {
  using M = CostModel;
  const double blocks = double(ratio_up(batch, kBlockRows)), tiles = double(ratio_up(l.out, kTile));
  const double rows = products == KAN_PRODUCTS_BF16 ? 16 : 8,
               step = products == KAN_PRODUCTS_FP32 ? M::kTf32x3Step : M::kStep;
  // 128 samples, 64 outputs, one input: four warps' worth; phi is made once for 128 outputs.
  const double product = 4 * step * l.rows / rows, phi = 4 * (M::kPhi + M::kPhiRow * l.rows);
  const double fold = folds ? double(l.in) * double(l.out) * 4 * (2 * l.rows + 1) / M::kBytes : 0;
  const double wide = (tiles + 1) / 2;
  if (pass == KAN_PASS_FORWARD) return fold + blocks * double(l.in) * (tiles * product + wide * phi);
  return fold + blocks * double(l.in) * (2 * tiles * product + (wide + 1) * phi);
}

}  // namespace kan::cuda
