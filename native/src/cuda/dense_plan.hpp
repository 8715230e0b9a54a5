// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// How the dense products of a layer are cut into blocks, and where the numbers of a fragment lie: plain functions of the
// shape, for the host (launches, scratch sizes, tests) and the device alike.
#pragma once
#include "cuda/device.hpp"

#include "basis/basis.hpp"

namespace kan::cuda {

// ---------------------------------------------------------------------------------------------------------- fragments
//
// A block of kBlockThreads threads makes kBlockRows x (64 or 128) numbers of a product C = A B; a warp 64 x 32 or 32 x 32
// of them with m16n8k8 (tf32) or m16n8k16 (bf16) steps. Fragments are loaded from shared memory, where an operand lies
// either by k, [k][m], or by row, [m][k]. Which row of the tile is which row of an instruction is free as long as loading
// and storing agree, so the [k][m] form deals four neighbours to a lane: one 16-byte load, and 8 neighbouring outputs.
//   [k][m]  rows of 8 mod 32 words: the eight lanes of a 16-byte phase (k = t, words 4 g ..) touch every bank once
//   [m][k]  rows of 36 words, m as in the instruction: lanes touch word 36 g + t, every bank once

constexpr int kBlockThreads = 256;
constexpr int kBlockRows = 128;
constexpr int kByRowDepth = 32;  // reduction numbers of a chunk of [m][k] operands
constexpr int kByRowLength = 36;
constexpr int kByDepthPad = 8;  // [k][m] rows are m + 8 words long

// Row in the warp's tile of A's fragment number (m-step i, half h): the instruction's row 16 i + 8 h + lane / 4.
KAN_HD int fragment_row(bool by_depth, int lane, int i, int h) {
  const int g = lane >> 2;
  return by_depth ? (i >> 1) * 32 + g * 4 + (i & 1) * 2 + h : i * 16 + h * 8 + g;
}
// Column in the warp's 32 of a sum (n-step j, element e): the instruction's column 8 j + 2 (lane % 4) + e.
KAN_HD int fragment_column(bool by_depth, int lane, int j, int e) {
  const int c = 2 * (lane & 3) + e;
  return by_depth ? c * 4 + j : j * 8 + c;
}

// ---------------------------------------------------------------------------------------------------------- partition

KAN_HD int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
KAN_HD int64_t ratio_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Weight rows r0 .. r1-1 of the inputs i0 .. i1-1; several inputs only with all their rows. One run of weight rows from
// first_row on.
struct Chunk {
  int64_t i0, i1;
  int32_t r0, r1;

  KAN_HD int count() const { return int(i1 - i0) * (r1 - r0); }
};

// The weight rows of a layer in chunks of at most `limit`: whole inputs, or parts of one where it has more rows.
struct Chunks {
  int64_t in, count;
  int32_t rows, inputs, parts, part_rows;

  // `step`: chunks are padded to a multiple of it, so the number of inputs is the one that wastes least.
  static Chunks of(int64_t in, int32_t rows, int32_t limit, int32_t step) {
    Chunks c{};
    c.in = in;
    c.rows = rows;
    c.parts = int32_t(ratio_up(rows, limit));
    if (c.parts > 1) {
      c.inputs = 1;
      c.part_rows = int32_t(ratio_up(ratio_up(rows, c.parts), step) * step);
      c.parts = int32_t(ratio_up(rows, c.part_rows));
      c.count = in * c.parts;
      return c;
    }
    c.part_rows = rows;
    c.inputs = 1;
    double best = 0;
    for (int32_t inputs = 1; inputs <= least(in, limit / rows); ++inputs) {
      const double filled = double(inputs) * rows, padded = double(ratio_up(inputs * int64_t(rows), step) * step);
      const double worth = filled / padded + 0.1 * filled / limit;  // a longer chunk has fewer barriers
      if (worth > best) {
        best = worth;
        c.inputs = inputs;
      }
    }
    c.count = ratio_up(in, c.inputs);
    return c;
  }

  KAN_HD int32_t most() const { return inputs * part_rows; }  // rows of the largest chunk
  KAN_HD Chunk at(int64_t q) const {
    if (parts == 1) return {q * inputs, least(in, (q + 1) * inputs), 0, rows};
    const int64_t i = q / parts;
    const int32_t r0 = int32_t(q - i * parts) * part_rows;
    return {i, i + 1, r0, int32_t(least(rows, r0 + part_rows))};
  }
  KAN_HD int64_t first_row(const Chunk& c) const { return c.i0 * rows + c.r0; }
};

// Deals `count` chunks of a reduction to at most `most` blocks so that `blocks` other blocks times these fill `wanted`.
struct Split {
  int64_t splits, share;  // chunks of one split

  static Split of(int64_t count, int64_t blocks, int64_t wanted, int64_t most) {
    int64_t n = least(least(ratio_up(wanted, blocks), most), count);
    if (n < 1) n = 1;
    const int64_t share = ratio_up(count, n);
    return {share > 0 ? ratio_up(count, share) : 1, share};
  }
};

constexpr int kForwardDepth = 48;  // rows of a forward chunk at most; less where shared memory is short
constexpr int kBlocksWanted = 2;   // blocks a multiprocessor
constexpr int kMostSplits = 64;

// One way to multiply: columns of a block and the padding of its reductions.
struct DenseTile {
  int32_t columns;  // 64 or 128
  int32_t step;     // 8, or 16 with bf16 products
};

struct DensePlan {
  DenseTile tile;
  int64_t batch, out;
  int64_t row_blocks;     // of samples
  int64_t column_blocks;  // of outputs
  Chunks reduction;       // forward: its k
  Split forward;
  Chunks groups;          // weight gradient: rows of a block
  int64_t sample_chunks;  // its k
  Split weights;
  Chunks inputs;  // input gradient: columns of a block, which loops over the parts
  int64_t input_groups;

  // shared_limit: bytes of shared memory that a block of the device may have.
  DensePlan(const Layer& l, int64_t batch, DenseTile tile, int multiprocessors, int64_t shared_limit)
      : tile(tile), batch(batch), out(l.out), row_blocks(ratio_up(batch, kBlockRows)),
        column_blocks(ratio_up(l.out, tile.columns)), sample_chunks(ratio_up(batch, kByRowDepth)),
        inputs(Chunks::of(l.in, l.rows, tile.columns, 1)) {
    int32_t depth_limit = kForwardDepth, rows_limit = kBlockRows;
    do {
      reduction = Chunks::of(l.in, l.rows, depth_limit, tile.step);
      depth_limit -= 16;
    } while (forward_shared() > shared_limit && depth_limit > 0);
    do {
      groups = Chunks::of(l.in, l.rows, rows_limit, 1);
      rows_limit -= 32;
    } while (weights_shared() > shared_limit && rows_limit > 0);
    const int64_t wanted = int64_t(kBlocksWanted) * multiprocessors;
    forward = Split::of(reduction.count, row_blocks * column_blocks, wanted, kMostSplits);
    weights = Split::of(sample_chunks, groups.count * column_blocks, wanted, kMostSplits);
    input_groups = inputs.count / inputs.parts;
  }

  int32_t depth() const { return int32_t(ratio_up(reduction.most(), tile.step) * tile.step); }
  int64_t forward_shared() const {
    return 4 * (2 * int64_t(depth()) * (kBlockRows + kByDepthPad + tile.columns + kByDepthPad) +
                2 * int64_t(kBlockRows) * (reduction.inputs | 1));
  }
  int64_t weights_shared() const {
    // The sums take the place of the stages, which are larger.
    return 4 * (2 * (int64_t(kBlockRows) * kByRowLength + kByRowDepth * int64_t(tile.columns + kByDepthPad)) +
                2 * int64_t(kByRowDepth) * (groups.inputs | 1));
  }
  int64_t inputs_shared() const {
    const int64_t operands = 2 * int64_t(kBlockRows + tile.columns) * kByRowLength;
    const int64_t sums = int64_t(tile.columns) * (kBlockRows + 4);
    return 4 * (operands > sums ? operands : sums);
  }
  int64_t forward_partials() const { return forward.splits > 1 ? forward.splits * batch * out : 0; }
  int64_t theta_slots() const { return row_blocks * (kBlockRows / 32); }
};

}  // namespace kan::cuda
