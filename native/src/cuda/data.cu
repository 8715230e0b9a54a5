// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Mini-batches of a data set on the device: gather of rows, shuffled indices, the counter that a graph advances.
//   gather   bytes 2 rows row_bytes + 4 rows; a warp a row, 16, 4 or 1 bytes a lane by the alignment of the rows
//   shuffle  bytes 4 n; index i is a pseudo-random permutation of i, each computed alone: a Feistel network over the next
//            power of four, walked until it falls below n (Black and Rogaway, Ciphers with Arbitrary Finite Domains, 2002)
#include "cuda/device.cuh"

namespace kan::cuda {
namespace {

constexpr int kDataThreads = 256;

template <class Unit>
__global__ void gather_kernel(int64_t rows, int64_t units, const Unit* from, int64_t from_rows, const int32_t* indices,
                              int64_t count, const int64_t* position, Unit* to) {
  const int64_t start = position ? *position : 0, warps = index_step() / kWarp;
  const int lane = int(threadIdx.x % kWarp);
  for (int64_t r = first_index() / kWarp; r < rows; r += warps) {
    const int64_t place = start + r;
    const int64_t source = place >= 0 && place < count ? indices[place] : -1;
    const bool good = source >= 0 && source < from_rows;
    for (int64_t u = lane; u < units; u += kWarp) {
      Unit value;
      if (good) value = from[source * units + u];
      else memset(&value, 0xff, sizeof value);
      to[r * units + u] = value;
    }
  }
}

__global__ void advance_kernel(int64_t* counter, int64_t step) { *counter += step; }

__device__ __forceinline__ uint32_t mix(uint32_t v, uint64_t key) {
  uint64_t z = (v + key) * 0x9e3779b97f4a7c15ull;  // SplitMix64's finaliser
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ z >> 27) * 0x94d049bb133111ebull;
  return uint32_t(z >> 32);
}

__global__ void shuffle_kernel(int64_t n, uint64_t seed, int half_bits, int32_t* indices) {
  constexpr int kRounds = 6;
  const uint32_t half = (1u << half_bits) - 1;
  for (int64_t i = first_index(); i < n; i += index_step()) {
    uint64_t v = uint64_t(i);
    do {
      uint32_t left = uint32_t(v >> half_bits), right = uint32_t(v) & half;
      for (int round = 0; round < kRounds; ++round) {
        const uint32_t next = left ^ (mix(right, seed + uint64_t(round) * 0xd1b54a32d192ed03ull) & half);
        left = right;
        right = next;
      }
      v = uint64_t(left) << half_bits | right;
    } while (v >= uint64_t(n));
    indices[i] = int32_t(v);
  }
}

template <class Unit>
void gather_units(CudaDevice& d, int64_t rows, int64_t row_bytes, const void* from, int64_t from_rows,
                  const int32_t* indices, int64_t count, const int64_t* position, void* to) {
  launch(d, gather_kernel<Unit>, grid_for(d, rows * kWarp, kDataThreads), kDataThreads, 0, rows,
         row_bytes / int64_t(sizeof(Unit)), static_cast<const Unit*>(from), from_rows, indices, count, position,
         static_cast<Unit*>(to));
}

}  // namespace

void gather(CudaDevice& d, int64_t rows, int64_t row_bytes, const void* from, int64_t from_rows, const int32_t* indices,
            int64_t count, const int64_t* position, void* to) {
  const uintptr_t together = uintptr_t(row_bytes) | reinterpret_cast<uintptr_t>(from) | reinterpret_cast<uintptr_t>(to);
  if (together % 16 == 0) gather_units<uint4>(d, rows, row_bytes, from, from_rows, indices, count, position, to);
  else if (together % 4 == 0) gather_units<uint32_t>(d, rows, row_bytes, from, from_rows, indices, count, position, to);
  else gather_units<unsigned char>(d, rows, row_bytes, from, from_rows, indices, count, position, to);
}

void advance(CudaDevice& d, int64_t* counter, int64_t step) { launch(d, advance_kernel, dim3(1), 1, 0, counter, step); }

void shuffle(CudaDevice& d, int64_t n, int64_t seed, int32_t* indices) {
  int half_bits = 1;
  while (int64_t(1) << 2 * half_bits < n) ++half_bits;
  launch(d, shuffle_kernel, grid_for(d, n, kDataThreads), kDataThreads, 0, n, uint64_t(seed), half_bits, indices);
}

}  // namespace kan::cuda
