// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The index maps and partitions of the dense CUDA kernels, which are plain functions: every number of a tile belongs to one
// lane, shared memory is read without bank conflicts, chunks and splits cover what they divide exactly once, and blocks fit
// into the shared memory of every supported device.
#include "cuda/dense_cost.hpp"

#include <set>
#include <vector>

#include "check.hpp"

using namespace kan;
using namespace kan::cuda;

namespace {

// Lanes of a warp and their fragment numbers: every (row, column) of rows x 32 once.
void test_fragments_are_a_bijection(bool by_depth_a, bool by_depth_b, int rows) {
  std::vector<int> seen(size_t(rows) * 32);
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < rows / 16; ++i)
      for (int h = 0; h < 2; ++h)
        for (int j = 0; j < 4; ++j)
          for (int e = 0; e < 2; ++e) {
            const int row = fragment_row(by_depth_a, lane, i, h), column = fragment_column(by_depth_b, lane, j, e);
            CHECK(row >= 0 && row < rows && column >= 0 && column < 32);
            ++seen[size_t(row) * 32 + size_t(column)];
          }
  for (int count : seen) CHECK(count == 1);
}

// The instruction's rows g and g + 8 of m-step i hold A's rows fragment_row(i, 0) and (i, 1) of the lanes 4 g ..: what a
// lane loads for its part of A must be the rows that its sums belong to, which differ between lanes by lane / 4 alone.
void test_rows_of_a_depend_on_the_group(bool by_depth) {
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i)
      for (int h = 0; h < 2; ++h) CHECK(fragment_row(by_depth, lane, i, h) == fragment_row(by_depth, lane & ~3, i, h));
}

// B is loaded at the columns whose instruction column is lane / 4 (product.cuh, load_b): column 2 t + e of the sums of
// lane t is what the lanes of group 2 t + e load.
void test_columns_of_b_match_the_sums() {
  for (int lane = 0; lane < 32; ++lane)
    for (int j = 0; j < 4; ++j)
      for (int e = 0; e < 2; ++e) {
        const int group = 2 * (lane & 3) + e;
        CHECK(fragment_column(true, lane, j, e) == group * 4 + j);   // 16 bytes at 4 group, number j
        CHECK(fragment_column(false, lane, j, e) == j * 8 + group);  // row 8 j + group of [n][k]
      }
}

void test_no_bank_conflicts() {
  // [k][m]: 16 bytes a lane at (k = t, 4 g), eight lanes at a time.
  for (int columns : {64, kBlockRows}) {
    const int length = columns + kByDepthPad;
    CHECK(length % 4 == 0);
    for (int phase = 0; phase < 32; phase += 8) {
      std::set<int> banks;
      for (int lane = phase; lane < phase + 8; ++lane)
        for (int word = 0; word < 4; ++word) banks.insert(((lane & 3) * length + (lane >> 2) * 4 + word) % 32);
      CHECK(banks.size() == 32);
    }
  }
  // [m][k]: one word a lane at (m = g, k = t).
  std::set<int> banks;
  for (int lane = 0; lane < 32; ++lane) banks.insert(((lane >> 2) * kByRowLength + (lane & 3)) % 32);
  CHECK(banks.size() == 32);
  CHECK(kByRowLength % 4 == 0 && kByRowLength >= kByRowDepth);
}

void test_chunks_cover_every_row_once() {
  for (int64_t in : {1, 2, 7, 64, 1000})
    for (int32_t rows : {1, 2, 5, 9, 16, 33, 48, 49, 128, 129, 1000})
      for (int32_t limit : {16, 48, 64, 128})
        for (int32_t step : {1, 8, 16}) {
          const Chunks c = Chunks::of(in, rows, limit, step);
          int64_t next = 0;
          for (int64_t q = 0; q < c.count; ++q) {
            const Chunk chunk = c.at(q);
            CHECK(chunk.i0 < chunk.i1 && chunk.i1 <= in && chunk.r0 < chunk.r1 && chunk.r1 <= rows);
            CHECK(chunk.i1 - chunk.i0 <= c.inputs && chunk.count() <= c.most());
            CHECK(chunk.i1 - chunk.i0 == 1 || (chunk.r0 == 0 && chunk.r1 == rows));
            CHECK(c.first_row(chunk) == next);
            next += chunk.count();
          }
          CHECK(next == in * rows);
          CHECK(c.most() <= limit + step - 1);
          CHECK(c.count % c.parts == 0);
        }
}

void test_splits_cover_every_chunk_once() {
  for (int64_t count : {1, 2, 3, 17, 64, 257})
    for (int64_t blocks : {1, 3, 100, 1000})
      for (int64_t wanted : {1, 8, 264})
        for (int64_t most : {1, 8, 64}) {
          const Split s = Split::of(count, blocks, wanted, most);
          CHECK(s.splits >= 1 && s.splits <= most && s.share >= 1);
          CHECK((s.splits - 1) * s.share < count && s.splits * s.share >= count);  // none is empty
        }
}

Layer layer_of(int32_t basis, int32_t grid, int64_t in, int64_t out) {
  kan_layer_spec s{};
  s.struct_size = sizeof s;
  s.struct_version = 1;
  s.kind = basis ? KAN_LAYER_KAN : KAN_LAYER_LINEAR;
  s.dtype = KAN_F32;
  s.basis = basis;
  s.grid = grid;
  s.base = basis ? KAN_ACTIVATION_SILU : KAN_ACTIVATION_NONE;
  s.in_features = in;
  s.out_features = out;
  return make_layer(s);
}

// 99 KB (8.6, 8.9, 12.0), 163 KB (8.0), 227 KB (9.0).
void test_blocks_fit_into_shared_memory() {
  for (int64_t limit : {99 * 1024, 163 * 1024, 227 * 1024})
    for (int32_t basis : {int32_t(KAN_BASIS_NONE), int32_t(KAN_BASIS_CHEBYSHEV), int32_t(KAN_BASIS_FOURIER)})
      for (int32_t grid : {1, 2, 3, 8, 15, 50, 500})
        for (int64_t in : {1, 3, 784, 4096})
          for (int32_t columns : {64, 128})
            for (int32_t step : {8, 16}) {
              const Layer l = layer_of(basis, basis ? grid : 0, in, 1000);
              const DensePlan plan(l, 1000, {columns, step}, 132, limit);
              CHECK(plan.forward_shared() <= limit && plan.weights_shared() <= limit && plan.inputs_shared() <= limit);
              CHECK(plan.depth() % step == 0 && plan.depth() >= plan.reduction.most());
              CHECK(plan.groups.most() <= kBlockRows && plan.inputs.most() <= columns);
              CHECK(plan.input_groups * plan.inputs.parts == plan.inputs.count);
            }
}

// Blocks enough for the device: [1000, 1000], batch 100, of the issue.
void test_small_batches_still_fill_the_device() {
  const Layer l = layer_of(KAN_BASIS_RBF, 8, 1000, 1000);
  const DensePlan plan(l, 100, {64, 8}, 132, 227 * 1024);
  CHECK(plan.row_blocks * plan.column_blocks * plan.forward.splits >= 132);
  CHECK(plan.groups.count * plan.column_blocks * plan.weights.splits >= 132);
  CHECK(plan.input_groups * plan.row_blocks >= 100);
  CHECK(plan.forward_partials() * 4 <= 16 << 20);
}

Layer splines(int32_t grid, int64_t in, int64_t out, int32_t flags) {
  kan_layer_spec s{};
  s.struct_size = sizeof s;
  s.struct_version = 1;
  s.kind = KAN_LAYER_KAN;
  s.dtype = KAN_F32;
  s.basis = KAN_BASIS_BSPLINE;
  s.grid = grid;
  s.order = 3;
  s.base = KAN_ACTIVATION_SILU;
  s.flags = flags;
  s.in_features = in;
  s.out_features = out;
  return make_layer(s);
}

// Layers with default splines go by products where batches are large or products are cheap; many intervals, small batches in fp32
// and single rows by taps, whose cost hardly grows with the grid.
void test_the_model_chooses() {
  const auto products_win = [](int32_t grid, int64_t in, int64_t out, int64_t batch, int32_t products) {
    Layer l = splines(grid, in, out, KAN_FLAG_SCALE);
    const Layer seen = splines(grid, in, out, 0);
    for (int32_t pass : {KAN_PASS_FORWARD, KAN_PASS_BACKWARD}) {
      if (!(products_cost(seen, batch, pass, products, true) < taps_cost(l, batch, pass, 132))) return false;
    }
    return true;
  };
  for (int32_t products : {KAN_PRODUCTS_FP32, KAN_PRODUCTS_TF32, KAN_PRODUCTS_BF16}) {
    CHECK(products_win(5, 1024, 1024, 8192, products));
  }
  for (int32_t products : {KAN_PRODUCTS_TF32, KAN_PRODUCTS_BF16}) {
    CHECK(products_win(5, 1000, 1000, 100, products));
    CHECK(products_win(5, 784, 64, 64, products));
  }
  CHECK(!products_win(50, 1024, 1024, 8192, KAN_PRODUCTS_FP32));
  for (int32_t pass : {KAN_PASS_FORWARD, KAN_PASS_BACKWARD}) {
    const auto cost = [&](int32_t grid) { return taps_cost(splines(grid, 1024, 1024, 0), 8192, pass, 132); };
    CHECK(cost(50) < 1.5 * cost(5) && cost(200) < 2.5 * cost(5));
  }
  CHECK(!products_win(1000, 1024, 1024, 8192, KAN_PRODUCTS_FP32));
  CHECK(!products_win(5, 1000, 1000, 1, KAN_PRODUCTS_FP32));
}

}  // namespace

int main() {
  for (bool a : {false, true})
    for (bool b : {false, true})
      for (int rows : {32, 64}) test_fragments_are_a_bijection(a, b, rows);
  for (bool a : {false, true}) test_rows_of_a_depend_on_the_group(a);
  test_columns_of_b_match_the_sums();
  test_no_bank_conflicts();
  test_chunks_cover_every_row_once();
  test_splits_cover_every_chunk_once();
  test_blocks_fit_into_shared_memory();
  test_small_batches_still_fill_the_device();
  test_the_model_chooses();
  return check::finish("cuda_plan");
}
