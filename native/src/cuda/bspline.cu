// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The entry bspline_taps: B-spline layers by the k + 1 coefficients that a sample touches, float32 throughout.
//
//   y[b][o] = bias_o + sum_i m_oi ( w_oi a(x_bi) + s_oi sum_{r=0..k} c_oi,f+r B_f+r(x_bi) ),   f = window of x_bi
//
// What binds taps is not arithmetic but getting weights to the multipliers: with samples in their given order every
// sample fetches its own k + 1 rows. So a kernel of its own makes, once for each input and chunk of up to 512 samples, a
// *record* in scratch: the samples sorted by window (a counting sort, bit by bit), each with its taps, 32 bytes; and where
// each window starts. What follows streams records, rows of equal windows staying in registers meanwhile.
//   forward   block = 64 outputs x a chunk x a range of inputs, half a warp a sample, four outputs a lane. Each input's
//             sorted samples are dealt evenly; a window further on costs one row, not k + 1. Sums live in shared memory
//             (their order changes from input to input); partial sums of the ranges are added in a second stage, in order.
//   d_params  block = 64 outputs x 16 inputs x a band of at most 16 windows x a range of chunks, a warp an input, two outputs
//             a lane. The band's sums stay in registers over all chunks, so that nothing grows with the grid; bands and
//             ranges meet in the second stage (edge_totals). One band alone goes to the sink (AdamW fused), and so do, one after
//             the other in one block, all bands of a single chunk where there are blocks enough.
//   d_x       block = a chunk x up to 32 inputs x a range of tiles, half a warp an input (or a part of its samples);
//             derivative rows are combined first, then multiplied with d_y and summed over the lanes four samples at once.
// With V = k + 1 + base, each pass: flops 2 V batch in out (d_x: 2 V + 2); bytes 4 rows in out for the weights, d_params
// another 4 rows in out (24 with AdamW), 32 batch in for the records, written once and read for every 64 outputs, mostly
// from caches. Words of shared memory a sample and output: forward 2, d_x and d_params 1 (128 a clock and multiprocessor).
// Floor: the larger of flops over the float32 rate and bytes over copy bandwidth.
#include "cuda/bspline_records.cuh"
#include "cuda/copy.cuh"
#include "cuda/edge_sink.cuh"

#include <algorithm>

namespace kan::cuda {
namespace {

constexpr int kHalf = kWarp / 2;  // lanes that work on a sample, four outputs each
constexpr int kThreads = 512, kWarps = kThreads / kWarp;
constexpr int kBand = 16;  // windows whose weight gradients a warp keeps at most
#ifndef KAN_MOST_RECORDS
#define KAN_MOST_RECORDS (int64_t(1) << 30)
#endif
constexpr int64_t kMostRecords = KAN_MOST_RECORDS;  // bytes; larger batches go piece by piece

// ---------------------------------------------------------------------------------------------------------------- pieces

// p + n stride in one instruction: the compiler, which knows the stride early, widens it and takes three.
__device__ __forceinline__ const char* after(const char* p, int32_t n, int32_t stride) {
#if defined(__CUDA_ARCH__)
  asm("mad.wide.s32 %0, %1, %2, %0;" : "+l"(p) : "r"(n), "r"(stride));
  return p;
#else
  return p + int64_t(n) * stride;
#endif
}
__device__ __forceinline__ void add(float4& sum, float a, const float4& v) {
  sum.x = fma(a, v.x, sum.x);
  sum.y = fma(a, v.y, sum.y);
  sum.z = fma(a, v.z, sum.z);
  sum.w = fma(a, v.w, sum.w);
}
__device__ __forceinline__ float4 times(const float4& a, const float4& b) {
  return make_float4(a.x * b.x, a.y * b.y, a.z * b.z, a.w * b.w);
}

// The rows of an input in a tile that the present window touches, times what multiplies the whole edge, for four outputs of
// a lane; 0 past the tile.
template <int K>
struct Rows {
  const char* first = nullptr;  // coefficient of the lane's outputs
  int stride = 0, there = 0;    // bytes of a row; outputs from this lane's first on
  bool whole = false;           // four at once
  float4 factor = {}, base = {}, coef[K + 1] = {};
  uint32_t limit = 0;  // the first key beyond the window
  int32_t window = 0;

  __device__ __forceinline__ float4 four(const float* from, bool at_once) const {
    if (at_once) return *reinterpret_cast<const float4*>(from);
    return make_float4(there > 0 ? from[0] : 0.0f, there > 1 ? from[1] : 0.0f, there > 2 ? from[2] : 0.0f,
                       there > 3 ? from[3] : 0.0f);
  }
  __device__ __forceinline__ float4 row(int32_t r) const {
    return times(four(reinterpret_cast<const float*>(after(first, r, stride)), whole), factor);
  }

  __device__ __forceinline__ void open(const LayerView& l, int64_t tile, int64_t i) {
    const int o = int(threadIdx.x) % kHalf * 4;
    const int width = int(l.tile_width(tile));
    stride = width * int(sizeof(float));
    there = width - o;
    whole = width == kTile && aligned_16(l.params);
    const float* const p = l.params + tile * kTile * l.in * l.rows + i * l.rows * width + o;
    first = reinterpret_cast<const char*>(p + l.coef_row * width);
    factor = make_float4(1, 1, 1, 1);
    if (l.mask >= 0) factor = four(l.buffers + l.mask + tile * kTile * l.in + i * width + o, false);
    base = l.base_row >= 0 ? times(four(p + l.base_row * width, whole), factor) : make_float4(0, 0, 0, 0);
    if (l.scale_row >= 0) factor = times(factor, four(p + l.scale_row * width, whole));
    limit = 0;
    window = -2;
  }
  __device__ __forceinline__ void move(uint32_t key) {
    const int32_t to = window_of(key);
    if (to == window + 1) {
#pragma unroll
      for (int r = 0; r < K; ++r) coef[r] = coef[r + 1];
      coef[K] = row(to + K);
    } else {
#pragma unroll
      for (int r = 0; r <= K; ++r) coef[r] = row(to + r);
    }
    window = to;
    limit = uint32_t(to + 1) << kWindowShift;
  }
};

// The samples that number `part` of `parts` gets of n, a multiple of `step` each.
struct Deal {
  int begin, end, each;
  __device__ Deal(int n, int part, int parts, int step) : each((n + parts * step - 1) / (parts * step) * step) {
    begin = part * each < n ? part * each : n;
    end = begin + each < n ? begin + each : n;
  }
};

// --------------------------------------------------------------------------------------------------------------- forward

// Grid (tiles chunks, splits), half a warp for every 16 samples of a chunk. Shared: sums [samples][kTile].
template <int K>
__global__ void __launch_bounds__(kMostSamples, 1)
    forward_kernel(const LayerView l, const Task t, const Records records, float* __restrict__ to, bool last_stage) {
  KAN_SHARED_MEMORY(float, sums);
  const int64_t tile = blockIdx.x % t.tiles, chunk = blockIdx.x / t.tiles;
  const int n = t.samples_of(chunk), width = int(l.tile_width(tile));
  for (int e = int(threadIdx.x); e < n * kTile; e += int(blockDim.x)) sums[e] = 0;
  const Deal deal(n, int(threadIdx.x) / kHalf, int(blockDim.x) / kHalf, 1);
  const Place own = place_of(sums + threadIdx.x % kHalf * 4);
  const int64_t first = blockIdx.y * t.share, last = first + t.share < l.in ? first + t.share : l.in;
  for (int64_t i = first; i < last; ++i) {
    const float4* slots = records.of(i, chunk) + deal.begin * (kSlot / 4);
    Slot next(slots);
    Rows<K> w;
    w.open(l, tile, i);
    if (deal.begin < deal.end) w.move(next.key());
    __syncthreads();  // the samples are dealt anew: their sums are there
#pragma unroll 2
    for (int p = deal.begin; p < deal.end; ++p) {
      const Slot slot = next;
      slots += kSlot / 4;
      next = Slot(slots);
      if (slot.key() >= w.limit) w.move(slot.key());
      float4& sum = at<float4>(own + (slot.key() & kRowMask));
      float4 v = sum;
      add(v, slot.base(), w.base);
#pragma unroll
      for (int r = 0; r <= K; ++r) add(v, slot.tap(r), w.coef[r]);
      sum = v;
    }
  }
  __syncthreads();
  float* y = to + (last_stage ? 0 : blockIdx.y * t.batch * l.out) + chunk * t.samples * l.out + tile * kTile;
  for (int e = int(threadIdx.x); e < n * kTile; e += int(blockDim.x)) {
    const int s = e / kTile, o = e % kTile;
    if (o < width)
      y[s * l.out + o] = last_stage && l.bias >= 0 ? sums[e] + l.params[l.bias + tile * kTile + o] : sums[e];
  }
}

// A chunk's tile of d_y on its way into shared memory, 0 past the outputs.
__device__ __forceinline__ void fetch_tile(const LayerView& l, const Task& t, const float* d_y, int64_t chunk,
                                           int64_t tile, float* to) {
  const int n = t.samples_of(chunk), width = int(l.tile_width(tile));
  const float* const from = d_y + chunk * t.samples * l.out + tile * kTile;
  const bool aligned = l.out % 4 == 0 && aligned_16(d_y);
  for (int u = int(threadIdx.x); u < n * kHalf; u += int(blockDim.x)) {
    const int s = u / kHalf, o = u % kHalf * 4;
    const float* const source = from + s * l.out + o;
    if (aligned) {
      copy_async_16(to + s * kTile + o, o < width ? source : d_y, o < width);
    } else {
#pragma unroll
      for (int e = 0; e < 4; ++e) copy_async_4(to + s * kTile + o + e, o + e < width ? source + e : d_y, o + e < width);
    }
  }
}

// -------------------------------------------------------------------------------------------------------------- d_params

// Weight gradients of a band of windows for two outputs of a lane: its coefficients' and its share of the base weight's.
template <int K>
struct BandSums {
  float2 coef[kBand + K], base;

  __device__ BandSums() : base(make_float2(0, 0)) {
#pragma unroll
    for (int r = 0; r < kBand + K; ++r) coef[r] = make_float2(0, 0);
  }
  // Of the chunk whose d_y is the tile at `own`, this lane's part of it.
  __device__ __forceinline__ void add(const Records& records, const Bands& bands, int64_t i, int64_t chunk,
                                      int32_t first, Place own) {
    const int32_t w = first + int(threadIdx.x) % kWarp, last = least(first + bands.windows, records.windows);
    const int32_t start = records.starts_of(i, chunk)[w < last ? w : last];
    int p = __shfl_sync(kAllLanes, start, 0);
    const float4* slots = records.of(i, chunk) + p * (kSlot / 4);
    Slot next(slots);
#pragma unroll
    for (int j = 0; j < kBand; ++j) {  // those beyond the band's are empty
      const int end = __shfl_sync(kAllLanes, start, j + 1);
      const auto one = [&] {
        const Slot slot = next;
        slots += kSlot / 4;
        next = Slot(slots);
        const float2 d = at<const float2>(own + (slot.key() & kRowMask));
        base.x = fma(slot.base(), d.x, base.x);
        base.y = fma(slot.base(), d.y, base.y);
#pragma unroll
        for (int r = 0; r <= K; ++r) {
          coef[j + r].x = fma(slot.tap(r), d.x, coef[j + r].x);
          coef[j + r].y = fma(slot.tap(r), d.y, coef[j + r].y);
        }
      };
      if constexpr (K == 1) {
#pragma unroll 1  // the compiler's own choice spills here, and here alone
        for (; p < end; ++p) one();
      } else {
        for (; p < end; ++p) one();
      }
    }
  }
  // use(row of the band, its two numbers)
  template <class Use>
  __device__ __forceinline__ void for_rows(const Bands& bands, Use&& use) const {
#pragma unroll
    for (int r = 0; r < kBand + K; ++r)
      if (r < bands.windows + K) use(r, coef[r]);
    use(bands.windows + K, base);
  }
};

// A band's sums, with what the one before left of the rows that they share, to the sink: the rows that no further band touches;
// with the last of them base weight and scale too. `room` of a warp: [rows of a band + 1][kTile], the last for scale's sums.
template <int K>
__device__ __forceinline__ void finish_band(const LayerView& l, const BandSums<K>& sums, const Bands& bands,
                                            int32_t band, const Sink::Writer& writer, int64_t tile, int64_t i,
                                            float* room) {
  const int lane = int(threadIdx.x) % kWarp, width = int(l.tile_width(tile));
  const int32_t windows = bands.windows, first = band * windows, base = bands.rows() - 1;
  const bool last = band + 1 == bands.count;
  sums.for_rows(bands, [&](int r, float2 v) {
    if (band > 0 && (r < K || r == base)) {
      const float2 before = *reinterpret_cast<const float2*>(room + (r < K ? windows + r : r) * kTile + 2 * lane);
      v.x += before.x, v.y += before.y;
    }
    *reinterpret_cast<float2*>(room + r * kTile + 2 * lane) = v;
  });
  __syncwarp();
  const int32_t rows = last ? l.n - first : windows;
  for (int o = lane; o < width; o += kWarp) {
    const int64_t at = tile * kTile * l.in * l.rows + i * l.rows * width + o;
    const int64_t coef = at + int64_t(l.coef_row + first) * width;
    const float mask = l.mask >= 0 ? l.buffers[l.mask + tile * kTile * l.in + i * width + o] : 1.0f;
    const auto raw = [&](int32_t r) { return room[r * kTile + o]; };
    float factor = mask, scale = band > 0 ? raw(base + 1) : 0.0f;
    if (l.scale_row >= 0) {
      factor = mask * l.params[at + l.scale_row * width];
#pragma unroll 4
      for (int32_t r = 0; r < rows; ++r) scale = fma(l.params[coef + int64_t(r) * width], raw(r), scale);
    }
    writer.put_rows(coef, width, rows, [&](int32_t r) { return factor * raw(r); });
    room[(base + 1) * kTile + o] = scale;
    if (!last) continue;
    if (l.base_row >= 0) writer.put(at + l.base_row * width, mask * raw(base));
    if (l.scale_row >= 0) writer.put(at + l.scale_row * width, mask * scale);
  }
  __syncwarp();
}

// Grid (tiles [bands] groups of inputs, splits of the chunks), a warp an input. Shared: two tiles of d_y. `parts` NULL: this is the
// last stage, and a block takes all bands, one after the other where there are several, of one chunk then; their rooms take the
// place of what has been read.
template <int K>
__global__ void __launch_bounds__(kThreads, 1)
    weights_kernel(const LayerView l, const Task t, const Records records, const Bands bands,
                   const float* __restrict__ d_y, const Sink sink, float* __restrict__ parts) {
  KAN_SHARED_MEMORY(float, tiles);
  const int warp = int(threadIdx.x) / kWarp, lane = int(threadIdx.x) % kWarp;
  const int32_t shared_out = parts ? bands.count : 1;
  const int64_t tile = blockIdx.x % t.tiles, rest = blockIdx.x / t.tiles, i = rest / shared_out * kWarps + warp;
  const int32_t from = int32_t(rest % shared_out), to = parts ? from + 1 : bands.count;
  const int width = int(l.tile_width(tile)), length = t.samples * int(kTile);
  const int64_t first = blockIdx.y * t.share, last = first + t.share < t.chunks ? first + t.share : t.chunks;
  float* const room = tiles + (to > 1 ? length : 0) + warp * (bands.rows() + 1) * int(kTile);
  fetch_tile(l, t, d_y, first, tile, tiles);
#pragma unroll 1
  for (int32_t band = from; band < to; ++band) {
    BandSums<K> sums;
    for (int64_t chunk = first; chunk < last; ++chunk) {
      float* const now = tiles + (chunk - first) % 2 * length;
      if (band == from) {
        copy_wait();
        __syncthreads();  // this tile is there, the one before has been read
        if (chunk + 1 < last) fetch_tile(l, t, d_y, chunk + 1, tile, tiles + (chunk + 1 - first) % 2 * length);
      }
      if (i < l.in) sums.add(records, bands, i, chunk, band * bands.windows, place_of(now + 2 * lane));
    }
    if (parts) {
      if (i >= l.in) return;
      const int32_t rows = bands.rows();
      float* const part = parts + (blockIdx.y * l.in * l.out + tile * kTile * l.in + i * width) * (bands.count * rows) +
                          band * rows * width + 2 * lane;
      sums.for_rows(bands, [&](int r, float2 v) {
        if (2 * lane < width) part[r * width] = v.x;
        if (2 * lane + 1 < width) part[r * width + 1] = v.y;
      });
      return;
    }
    if (bands.count == 1) __syncthreads();  // the last tile has been read
    if (i < l.in) finish_band(l, sums, bands, band, Sink::Writer(sink), tile, i, room);
  }
}

// ------------------------------------------------------------------------------------------------------------------ d_x

// v[k] summed over half a warp for k = 0 .. 3; lane returns that of k = lane % kHalf / 4.
__device__ __forceinline__ float sum_four(float (&v)[4]) {
  const int lane = int(threadIdx.x) % kWarp;
#pragma unroll
  for (int half = 2; half >= 1; half /= 2) {
    const bool upper = (lane & (half * 4)) != 0;
#pragma unroll
    for (int k = 0; k < half; ++k) {
      const float give = upper ? v[k] : v[k + half], keep = upper ? v[k + half] : v[k];
      v[k] = keep + __shfl_xor_sync(kAllLanes, give, half * 4);
    }
  }
  float sum = v[0];
  sum += __shfl_xor_sync(kAllLanes, sum, 2);
  return sum + __shfl_xor_sync(kAllLanes, sum, 1);
}

// The samples of an input that half a warp has, over one tile: d_x is added to own[sample], where `there`. Slots beyond the batch
// are read and not used.
template <int K>
__device__ __forceinline__ void add_inputs(Rows<K>& w, const float4* record, const Deal& deal, bool there, Place d_tile,
                                           float* own) {
  const float4* slots = record + deal.begin * (kSlot / 4);
  const int part = int(threadIdx.x) % kHalf / 4;
  Slot next(slots);
  for (int p = deal.begin; p < deal.begin + deal.each; p += 4) {  // as often for every lane of a warp
    float v[4];
    uint32_t mine = 0;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const Slot slot = next;
      slots += kSlot / 4;
      next = Slot(slots);
      if (slot.key() >= w.limit) w.move(slot.key());
      if (part == k) mine = slot.key();
      const float4 d = at<const float4>(d_tile + (slot.key() & kRowMask));
      float4 slope = make_float4(0, 0, 0, 0);
      add(slope, slot.base(), w.base);
#pragma unroll
      for (int r = 0; r <= K; ++r) add(slope, slot.tap(r), w.coef[r]);
      v[k] = fma(slope.w, d.w, fma(slope.z, d.z, fma(slope.y, d.y, slope.x * d.x)));
    }
    const float sum = sum_four(v);
    if (there && threadIdx.x % 4 == 0 && p + part < deal.end) own[sample_of(mine)] += sum;
  }
}

// Grid (chunks groups of inputs, splits of the tiles); `dealt` halves of warps share an input's samples. Shared: a tile of d_y
// (32 inputs multiply with it long enough), sums [input][samples].
template <int K>
__global__ void __launch_bounds__(kThreads, 1)
    inputs_kernel(const LayerView l, const Task t, const Records records, const float* __restrict__ d_y, int dealt,
                  int32_t mode, float* __restrict__ to) {
  KAN_SHARED_MEMORY(float, tiles);
  const int inputs = kThreads / kHalf / dealt, half = int(threadIdx.x) / kHalf, length = t.samples * int(kTile);
  float* const sums = tiles + length;
  const int64_t chunk = blockIdx.x % t.chunks, i0 = blockIdx.x / t.chunks * inputs;
  const bool there = i0 + half / dealt < l.in;
  const int64_t i = there ? i0 + half / dealt : l.in - 1;
  const int n = t.samples_of(chunk);
  const Deal deal(n, half % dealt, dealt, 4);
  const Place own = place_of(tiles + threadIdx.x % kHalf * 4);
  for (int e = int(threadIdx.x); e < inputs * t.samples; e += kThreads) sums[e] = 0;
  const int64_t first = blockIdx.y * t.share, last = first + t.share < t.tiles ? first + t.share : t.tiles;
  for (int64_t tile = first; tile < last; ++tile) {
    __syncthreads();  // the tile before has been read
    fetch_tile(l, t, d_y, chunk, tile, tiles);
    Rows<K> w;
    w.open(l, tile, i);
    copy_wait();
    __syncthreads();
    add_inputs<K>(w, records.of(i, chunk), deal, there, own, sums + half / dealt * t.samples);
  }
  __syncthreads();
  float* d_x = to + (mode == KAN_GRAD_NONE ? blockIdx.y * t.batch * l.in : 0) + chunk * t.samples * l.in + i0;
  for (int e = int(threadIdx.x); e < n * inputs; e += kThreads) {
    const int s = e / inputs, j = e % inputs;
    // mode NONE: a share for the second stage.
    if (i0 + j < l.in) put_by_mode(mode, d_x[s * l.in + j], sums[j * t.samples + s]);
  }
}

// ------------------------------------------------------------------------------------------------------------------ host

// How a pass is cut. Splits add a second stage and its bytes, so there are no more than fill the device.
struct Plan {
  Task task,
      inputs_task;  // of a piece of the batch, so large that its records are at most kMostRecords; the d_x kernel's
  int64_t pieces;
  Bands bands;
  bool band_by_band;             // all bands of an input are one block's, and their sums meet there
  int64_t groups, input_groups;  // of inputs, in the d_params and the d_x kernel
  int dealt;
  int64_t forward_splits, weights_splits, inputs_splits;
  size_t forward_shared, weights_shared, inputs_shared;

  Plan(const CudaDevice& d, const Layer& l, int64_t batch, int32_t pass) {
    dealt = 1;
    while (dealt < kThreads / kHalf && 2 * dealt * l.in <= kThreads / kHalf) dealt *= 2;
    const int64_t inputs = kThreads / kHalf / dealt, row = kTile * 4;
    // Samples of a chunk: forward a row of sums each, d_params two of d_y (of which one is on its way), d_x one and d_x.
    const auto samples_of = [&](int64_t bytes, int64_t most) {
      return least(least(most, d.shared_per_block / bytes / 128 * 128), ratio_up(batch, 128) * 128);
    };
    const bool forward = pass == KAN_PASS_FORWARD;
    const int64_t samples = forward ? samples_of(row, kMostSamples) : samples_of(2 * row, kMostSamples / 4 * 3);
    const int64_t inputs_samples = forward ? samples : samples_of(row + inputs * 4, kMostSamples);
    const int64_t chunk_bytes = l.in * (samples * kSlot * 4 + (l.spec.grid + 1) * 4);
    const int64_t fit = kMostRecords / chunk_bytes > 1 ? kMostRecords / chunk_bytes : 1;
    const int64_t piece = least(batch, ratio_up(fit * samples, kMostSamples) * kMostSamples),
                  tiles = ratio_up(l.out, kTile);
    task = {piece, tiles, ratio_up(piece, samples), 0, int32_t(samples)};
    inputs_task = {piece, tiles, ratio_up(piece, inputs_samples), 0, int32_t(inputs_samples)};
    pieces = ratio_up(batch, piece);
    bands.count = int32_t(ratio_up(l.spec.grid, kBand));
    bands.windows = int32_t(ratio_up(l.spec.grid, bands.count));
    bands.count = int32_t(ratio_up(l.spec.grid, bands.windows));  // none is empty
    bands.order = l.spec.order;
    groups = ratio_up(l.in, kWarps);
    input_groups = ratio_up(l.in, inputs);
    const int64_t want = 2 * int64_t(d.multiprocessors), rooms = kWarps * (bands.rows() + 1) * row;
    // With few blocks, or several chunks, bands are blocks of their own and meet in a second stage.
    band_by_band =
        pieces * task.chunks == 1 && tiles * groups >= d.multiprocessors && samples * row + rooms <= d.shared_per_block;
    forward_splits = splits(want * kMostSamples / samples, tiles * task.chunks, ratio_up(l.in, 8));
    weights_splits = splits(want, weights_blocks(), task.chunks);
    inputs_splits = splits(want, inputs_task.chunks * input_groups, tiles);
    forward_shared = size_t(samples * row);
    weights_shared = size_t(2 * samples * row);
    if (!by_parts()) weights_shared = std::max(weights_shared, size_t((bands.count > 1 ? samples * row : 0) + rooms));
    inputs_shared = size_t(inputs_samples * (row + inputs * 4));
  }
  // Parts of `pieces` so that `blocks` of each come near `want` from below (a few blocks more would cost a whole second
  // round); none is empty.
  static int64_t splits(int64_t want, int64_t blocks, int64_t pieces) {
    int64_t parts = want / blocks;
    if (parts > pieces) parts = pieces;
    if (parts > 64) parts = 64;
    return parts <= 1 ? 1 : ratio_up(pieces, ratio_up(pieces, parts));
  }
  // A piece of the batch as a task whose `count` of the split dimension is dealt to `parts`.
  static Task at(const Task& task, int64_t number, int64_t batch, int64_t count, int64_t parts) {
    Task t = task;
    t.batch = least(task.batch, batch - number * task.batch);
    t.chunks = ratio_up(t.batch, t.samples);
    t.share = ratio_up(count, parts);
    return t;
  }
  bool by_parts() const { return (bands.count > 1 && !band_by_band) || pieces * weights_splits > 1; }
  int64_t weights_blocks() const { return task.tiles * (band_by_band ? 1 : bands.count) * groups; }
  int64_t slots(const Layer& l) const {
    return (l.in * std::max(task.chunks * task.samples, inputs_task.chunks * inputs_task.samples) + 1) * kSlot;
  }
  int64_t starts(const Layer& l) const { return l.in * std::max(task.chunks, inputs_task.chunks) * (l.spec.grid + 1); }
  int64_t forward_parts(const Layer& l) const { return forward_splits > 1 ? forward_splits * task.batch * l.out : 0; }
  int64_t weights_parts(const Layer& l) const {
    return by_parts() ? pieces * weights_splits * l.in * l.out * bands.count * bands.rows() : 0;
  }
  int64_t inputs_parts(const Layer& l) const { return inputs_splits > 1 ? inputs_splits * task.batch * l.in : 0; }
};

struct Scratch {
  float4* slots;
  int32_t* starts;
  float *parts, *inputs_parts, *bias;  // parts: of sums y, or of weights

  Scratch(Carver& c, const CudaDevice& d, const Layer& l, const Plan& plan, int64_t batch, int32_t pass)
      : slots(reinterpret_cast<float4*>(c.take<float>(plan.slots(l)))), starts(c.take<int32_t>(plan.starts(l))),
        parts(c.take<float>(pass == KAN_PASS_FORWARD ? plan.forward_parts(l) : plan.weights_parts(l))),
        inputs_parts(c.take<float>(pass == KAN_PASS_FORWARD ? 0 : plan.inputs_parts(l))),
        bias(c.take<float>(pass == KAN_PASS_FORWARD ? 0 : column_sums_scratch(d, batch, l.out))) {}
  Records records(const Layer& l, const Task& t) const { return {slots, starts, t.chunks, t.samples, l.spec.grid}; }
};

bool can(const Problem& p) {
  const Layer& l = p.layer;
  if (l.spec.kind != KAN_LAYER_KAN || l.spec.basis != KAN_BASIS_BSPLINE) return false;
  if (l.spec.grid >= (1 << (32 - kWindowShift)) - 1) return false;  // windows have the rest of a key
  const Plan plan(p.device, l, p.batch, p.pass);
  const int64_t blocks = int64_t(1) << 31;
  return int64_t(plan.weights_shared) <= p.device.shared_per_block && plan.task.tiles * plan.task.chunks < blocks &&
         plan.weights_blocks() < blocks && plan.task.chunks * ratio_up(l.in, kRecordInputs) < blocks &&
         plan.inputs_task.chunks * ratio_up(l.in, kRecordInputs) < blocks;
}

int64_t scratch_bytes(const Problem& p) {
  Carver carver(nullptr);
  Scratch(carver, p.device, p.layer, Plan(p.device, p.layer, p.batch, p.pass), p.batch, p.pass);
  return carver.used();
}

void forward(CudaDevice& d, const Layer& l, const ForwardArgs& a) {
  const Plan plan(d, l, a.batch, KAN_PASS_FORWARD);
  const LayerView view(l, a.params, a.buffers);
  const bool split = plan.forward_splits > 1;
  const float* bias = l.bias >= 0 ? static_cast<const float*>(a.params) + l.bias : nullptr;
  Carver carver(a.scratch);
  const Scratch scratch(carver, d, l, plan, a.batch, KAN_PASS_FORWARD);
  for (int64_t piece = 0; piece < plan.pieces; ++piece) {
    const Task t = plan.at(plan.task, piece, a.batch, l.in, plan.forward_splits);
    const Records records = scratch.records(l, t);
    float* y = static_cast<float*>(a.y) + piece * plan.task.batch * l.out;
    make_records(d, l, view, t, static_cast<const float*>(a.x) + piece * plan.task.batch * l.in, false, records);
    with_order(l, [&](auto order) {
      launch(d, forward_kernel<order()>, dim3(unsigned(t.tiles * t.chunks), unsigned(plan.forward_splits)), t.samples,
             plan.forward_shared, view, t, records, split ? scratch.parts : y, !split);
    });
    const int64_t n = t.batch * l.out;
    if (split) sum_parts(d, n, scratch.parts, int(plan.forward_splits), n, bias, l.out, KAN_GRAD_OVERWRITE, y);
  }
}

void backward_inputs(CudaDevice& d, const Layer& l, const BackwardArgs& a, const LayerView& view, const Plan& plan,
                     const Scratch& scratch, int64_t piece) {
  const Task t = plan.at(plan.inputs_task, piece, a.batch, plan.task.tiles, plan.inputs_splits);
  const Records records = scratch.records(l, t);
  const int64_t first = piece * plan.task.batch;
  float* d_x = static_cast<float*>(a.d_x) + first * l.in;
  const bool split = plan.inputs_splits > 1;
  make_records(d, l, view, t, static_cast<const float*>(a.x) + first * l.in, true, records);
  with_order(l, [&](auto order) {
    launch(d, inputs_kernel<order()>, dim3(unsigned(t.chunks * plan.input_groups), unsigned(plan.inputs_splits)),
           kThreads, plan.inputs_shared, view, t, records, static_cast<const float*>(a.d_y) + first * l.out, plan.dealt,
           split ? int32_t(KAN_GRAD_NONE) : a.d_x_mode, split ? scratch.inputs_parts : d_x);
  });
  const int64_t n = t.batch * l.in;
  if (split) sum_parts(d, n, scratch.inputs_parts, int(plan.inputs_splits), n, nullptr, 1, a.d_x_mode, d_x);
}

void backward_weights(CudaDevice& d, const Layer& l, const BackwardArgs& a, const LayerView& view, const Plan& plan,
                      const Scratch& scratch, const Sink& sink, int64_t piece) {
  const Task t = plan.at(plan.task, piece, a.batch, plan.task.chunks, plan.weights_splits);
  const Records records = scratch.records(l, t);
  const int64_t first = piece * plan.task.batch;
  float* parts = plan.by_parts() ? scratch.parts + piece * (plan.weights_parts(l) / plan.pieces) : nullptr;
  make_records(d, l, view, t, static_cast<const float*>(a.x) + first * l.in, false, records);
  with_order(l, [&](auto order) {
    launch(d, weights_kernel<order()>, dim3(unsigned(plan.weights_blocks()), unsigned(plan.weights_splits)), kThreads,
           plan.weights_shared, view, t, records, plan.bands, static_cast<const float*>(a.d_y) + first * l.out, sink,
           parts);
  });
}

void backward(CudaDevice& d, const Layer& l, const BackwardArgs& a) {
  const Plan plan(d, l, a.batch, KAN_PASS_BACKWARD);
  const LayerView view(l, a.params, a.buffers);
  const Sink sink(a);
  Carver carver(a.scratch);
  const Scratch scratch(carver, d, l, plan, a.batch, KAN_PASS_BACKWARD);
  for (int64_t piece = 0; a.d_x_mode != KAN_GRAD_NONE && piece < plan.pieces; ++piece) {
    backward_inputs(d, l, a, view, plan, scratch, piece);  // all of them first: the sink may move the weights
  }
  if (!sink.wanted()) return;
  for (int64_t piece = 0; piece < plan.pieces; ++piece) backward_weights(d, l, a, view, plan, scratch, sink, piece);
  if (plan.by_parts()) {
    edge_totals(d, view, scratch.parts, int(plan.pieces * plan.weights_splits), plan.bands, sink);
  }
  if (l.bias >= 0) column_sums(d, a.batch, l.out, static_cast<const float*>(a.d_y), sink, l.bias, scratch.bias);
}

}  // namespace

extern const Implementation kBsplineTaps;
const Implementation kBsplineTaps = {"bspline_taps", can, nullptr, scratch_bytes, forward, backward};

}  // namespace kan::cuda
