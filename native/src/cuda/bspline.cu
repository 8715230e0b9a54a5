// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The entry bspline_taps: B-spline layers by the k + 1 coefficients that a sample touches, float32 throughout.
//
//   y[b][o] = bias_o + sum_i m_oi ( w_oi a(x_bi) + s_oi sum_{r=0..k} c_oi,f+r B_f+r(x_bi) ),   f = window of x_bi
//
// What binds taps is not arithmetic but getting weights to the multipliers: with samples in their given order every
// sample fetches its own k + 1 rows. So a warp makes, for one input and 128 samples, a *record* in shared memory: the
// samples sorted by window, each with its taps. Within a run of equal windows the rows (times scale and mask) stay in
// registers, two outputs a lane, while the samples stream by.
//   forward   block = 64 outputs x 128 samples x a range of inputs. Sums live in shared memory (their order changes from
//             input to input); partial sums of the ranges are added in a second stage, in order.
//   d_params  block = 64 outputs x 8 inputs x a range of samples, a warp an input; a run's sums go to the input's rows in
//             shared memory, finished rows to the sink (AdamW fused) or, of several ranges, to the second stage.
//   d_x       block = 128 samples x 8 inputs x a range of outputs; derivative rows are combined first, then multiplied
//             with d_y; eight samples are summed over the lanes together.
// With V = k + 1 + base, each pass: flops 2 V batch in out (d_x: 2 V + 2); bytes 4 rows in out for the weights, d_params
// another 4 rows in out (24 with AdamW), x once a 64 outputs or d_y once 8 inputs, mostly from caches. Words of shared
// memory a sample and output: forward 2 + 16/64 + V / run, d_x and d_params 1 + 16/64 + V / run (128 a clock and
// multiprocessor); run is the number of samples that share a window, about 128/G. Floor: the larger of flops over the
// float32 rate and bytes over copy bandwidth. The cost does not depend on G beyond touching the parameters and shorter
// runs.
#include "cuda/bspline.cuh"
#include "cuda/edge_sink.cuh"

namespace kan::cuda {
namespace {

constexpr int kSamples = 128;                             // of a record
constexpr int kSlot = 8;                                  // numbers a sample: k + 1 taps, at 6 the base branch
constexpr int kRecord = kSamples * kSlot + kSamples + 4;  // slots, keys, and room for a key read ahead
constexpr int kWarps = 8, kThreads = kWarps * kWarp;
constexpr int kGroup = 8;       // inputs a block works on at a time: a sector of x
constexpr int kMostRows = 512;  // of an input, in the d_params kernel's shared memory

// A sample's key: its window, then its number in the record.
__device__ __forceinline__ int sample_of(uint32_t key) { return int(key & (kSamples - 1)); }
__device__ __forceinline__ int32_t window_of(uint32_t key) { return int32_t(key / kSamples); }

__device__ __forceinline__ uint32_t* keys_of(float* record) {
  return reinterpret_cast<uint32_t*>(record + kSamples * kSlot);
}

// A warp's keys in ascending order, number lane + 32 q in key[q]: Batcher's bitonic sort in registers, 28 steps of which 25
// exchange with other lanes. Keys differ, so there is one order.
__device__ __forceinline__ void sort_keys(uint32_t (&key)[kSamples / kWarp]) {
  const int lane = int(threadIdx.x) % kWarp;
#pragma unroll
  for (int size = 2; size <= kSamples; size *= 2) {
#pragma unroll
    for (int step = size / 2; step > 0; step /= 2) {
#pragma unroll
      for (int q = 0; q < kSamples / kWarp; ++q) {
        const bool up = ((q * kWarp + lane) & size) == 0;
        if (step < kWarp) {
          const uint32_t other = __shfl_xor_sync(kAllLanes, key[q], step);
          key[q] = up == ((lane & step) == 0) ? (key[q] < other ? key[q] : other) : (key[q] > other ? key[q] : other);
        } else if ((q & (step / kWarp)) == 0) {
          uint32_t &low = key[q], &high = key[q + step / kWarp];
          if ((low > high) == up) {
            const uint32_t moved = low;
            low = high;
            high = moved;
          }
        }
      }
    }
  }
}

// The record of n <= kSamples numbers x, `stride` apart, made by a warp: a slot a sample in their order, with the values, or
// derivatives, of the taps and of the base branch; then the keys in ascending order, the order of work.
template <int K, bool kDerivative>
__device__ void make_record(const LayerView& l, int64_t i, const float* x, int64_t stride, int n, float* record) {
  const Grid g = grid_of(l, i);
  const int lane = int(threadIdx.x) % kWarp;
  uint32_t* keys = keys_of(record);
#pragma unroll 1
  for (int s = lane; s < kSamples; s += kWarp) {
    keys[s] = 0xffffffffu;
    if (s >= n) continue;
    const float v = x[s * stride];
    float taps[K + 1];
    keys[s] = uint32_t(bspline_taps<K, kDerivative>(g, v, taps)) * kSamples + uint32_t(s);
    float* slot = record + s * kSlot;
#pragma unroll
    for (int r = 0; r <= K; ++r) slot[r] = taps[r];
    slot[6] = l.base_row < 0 ? 0.0f : kDerivative ? activation_derivative(l.base, v) : activation(l.base, v);
  }
  __syncwarp();
  uint32_t key[kSamples / kWarp];
#pragma unroll
  for (int q = 0; q < kSamples / kWarp; ++q) key[q] = keys[lane + q * kWarp];
  sort_keys(key);
  __syncwarp();
#pragma unroll
  for (int q = 0; q < kSamples / kWarp; ++q) keys[lane + q * kWarp] = key[q];
  __syncwarp();
}

// One sample of a record, the same for all lanes.
struct Slot {
  float4 low, high;
  __device__ __forceinline__ Slot(const float* record, int sample)
      : low(*reinterpret_cast<const float4*>(record + sample * kSlot)),
        high(*reinterpret_cast<const float4*>(record + sample * kSlot + 4)) {}
  __device__ __forceinline__ float base() const { return high.z; }
  __device__ __forceinline__ float tap(int r) const {
    return r == 0 ? low.x : r == 1 ? low.y : r == 2 ? low.z : r == 3 ? low.w : r == 4 ? high.x : high.y;
  }
};

// The rows of input i in a tile, for outputs lane and lane + 32.
template <int K>
struct Rows {
  float coef[K + 1][2], base[2];

  // The window's rows, times what multiplies the whole edge. Outputs past the tile are 0.
  __device__ __forceinline__ void load(const LayerView& l, int64_t tile, int width, int64_t i, int32_t window) {
    const float* p = l.params + tile * kTile * l.in * l.rows + i * l.rows * width;
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const int o = int(threadIdx.x) % kWarp + h * kWarp;
      const bool here = o < width;
      const float mask = l.mask >= 0 && here ? l.buffers[l.mask + tile * kTile * l.in + i * width + o] : 1.0f;
      const float factor = l.scale_row >= 0 && here ? mask * p[l.scale_row * width + o] : mask;
#pragma unroll
      for (int r = 0; r <= K; ++r) coef[r][h] = here ? p[int64_t(l.coef_row + window + r) * width + o] * factor : 0.0f;
      base[h] = l.base_row >= 0 && here ? p[l.base_row * width + o] * mask : 0.0f;
    }
  }
};

struct Task {
  int64_t batch, tiles, chunks, groups;
  int64_t share;  // of the dimension that is split: groups, chunks or tiles a split
  __device__ int samples(int64_t chunk) const {
    return int(batch - chunk * kSamples < kSamples ? batch - chunk * kSamples : kSamples);
  }
};

// --------------------------------------------------------------------------------------------------------------- forward

// Grid (tiles chunks, splits). Shared: sums [kSamples][kTile], records [kGroup].
template <int K>
__global__ void __launch_bounds__(kThreads, 3)
    forward_kernel(LayerView l, Task t, const float* x, float* to, bool last_stage) {
  KAN_SHARED_MEMORY(float, sums);
  float* records = sums + kSamples * kTile;
  const int64_t tile = blockIdx.x % t.tiles, chunk = blockIdx.x / t.tiles;
  const int warp = int(threadIdx.x) / kWarp, lane = int(threadIdx.x) % kWarp, n = t.samples(chunk);
  const int width = int(l.tile_width(tile));
  const float* rows = x + chunk * kSamples * l.in;
  for (int e = int(threadIdx.x); e < kSamples * kTile; e += kThreads) sums[e] = 0;
  const int64_t first = blockIdx.y * t.share, last = first + t.share < t.groups ? first + t.share : t.groups;
  const int part = (n + kWarps - 1) / kWarps, begin = warp * part < n ? warp * part : n,
            end = begin + part < n ? begin + part : n;
  for (int64_t group = first; group < last; ++group) {
    const int64_t own = group * kGroup + warp;
    if (own < l.in) make_record<K, false>(l, own, rows + own, l.in, n, records + warp * kRecord);
    __syncthreads();
    for (int j = 0; j < kGroup && group * kGroup + j < l.in; ++j) {
      float* record = records + j * kRecord;
      const uint32_t* keys = keys_of(record);
      Rows<K> w;
      int32_t window = -1;
      uint32_t next = keys[begin];
      for (int p = begin; p < end; ++p) {
        const uint32_t key = next;
        next = keys[p + 1];
        const Slot slot(record, sample_of(key));
        if (window_of(key) != window) {
          window = window_of(key);
          w.load(l, tile, width, group * kGroup + j, window);
        }
        float* sum = sums + sample_of(key) * kTile + lane;
#pragma unroll
        for (int h = 0; h < 2; ++h) {
          float v = fma(slot.base(), w.base[h], sum[h * kWarp]);
#pragma unroll
          for (int r = 0; r <= K; ++r) v = fma(slot.tap(r), w.coef[r][h], v);
          sum[h * kWarp] = v;
        }
      }
      __syncthreads();  // the next input deals the samples to the warps anew
    }
  }
  float* y = to + (last_stage ? 0 : blockIdx.y * t.batch * l.out) + chunk * kSamples * l.out + tile * kTile;
  for (int e = int(threadIdx.x); e < n * kTile; e += kThreads) {
    const int s = e / kTile, o = e % kTile;
    if (o < width)
      y[s * l.out + o] = last_stage && l.bias >= 0 ? sums[e] + l.params[l.bias + tile * kTile + o] : sums[e];
  }
}

// A tile of d_y in shared memory, 0 past its ends.
__device__ __forceinline__ void load_tile(const LayerView& l, const float* d_y, int64_t chunk, int n, int64_t tile,
                                          int width, float* to) {
  const float* from = d_y + chunk * kSamples * l.out + tile * kTile;
  for (int e = int(threadIdx.x); e < kSamples * kTile; e += int(blockDim.x)) {
    const int s = e / kTile, o = e % kTile;
    to[e] = s < n && o < width ? from[s * l.out + o] : 0.0f;
  }
}

// -------------------------------------------------------------------------------------------------------------- d_params

// Grid (tiles groups', splits), a warp an input: blockDim / 32 inputs a block. Shared: d_y [kSamples][kTile], records and
// sums [product row][kTile] a warp. `parts` NULL: this is the last stage.
template <int K>
__global__ void __launch_bounds__(kThreads, 2)
    weights_kernel(LayerView l, Task t, const float* x, const float* d_y, Sink sink, float* parts) {
  KAN_SHARED_MEMORY(float, d_tile);
  const int warps = int(blockDim.x) / kWarp, warp = int(threadIdx.x) / kWarp, lane = int(threadIdx.x) % kWarp;
  float* record = d_tile + kSamples * kTile + warp * kRecord;
  float* raw = d_tile + kSamples * kTile + warps * kRecord + int64_t(warp) * product_rows(l) * kTile;
  const int32_t first_row = l.base_row < 0 ? 0 : 1;  // of the coefficients
  const int64_t tile = blockIdx.x % t.tiles, i = blockIdx.x / t.tiles * warps + warp;
  const int width = int(l.tile_width(tile));
  for (int e = lane; e < product_rows(l) * kTile; e += kWarp) raw[e] = 0;
  const int64_t first = blockIdx.y * t.share, last = first + t.share < t.chunks ? first + t.share : t.chunks;
  for (int64_t chunk = first; chunk < last; ++chunk) {
    const int n = t.samples(chunk);
    __syncthreads();  // the tile before has been read
    load_tile(l, d_y, chunk, n, tile, width, d_tile);
    if (i < l.in) make_record<K, false>(l, i, x + chunk * kSamples * l.in + i, l.in, n, record);
    __syncthreads();
    if (i >= l.in) continue;
    float sum[K + 1][2], base[2] = {0, 0};
    int32_t window = -1;
    const auto flush = [&] {
#pragma unroll
      for (int r = 0; r <= K; ++r) {
#pragma unroll
        for (int h = 0; h < 2; ++h) {
          if (window >= 0) raw[(first_row + window + r) * kTile + lane + h * kWarp] += sum[r][h];
          sum[r][h] = 0;
        }
      }
    };
    const uint32_t* keys = keys_of(record);
    uint32_t next = keys[0];
    for (int p = 0; p < n; ++p) {
      const uint32_t key = next;
      next = keys[p + 1];
      const Slot slot(record, sample_of(key));
      if (window_of(key) != window) {
        flush();
        window = window_of(key);
      }
      const float* d = d_tile + sample_of(key) * kTile + lane;
#pragma unroll
      for (int h = 0; h < 2; ++h) {
        const float v = d[h * kWarp];
        base[h] = fma(slot.base(), v, base[h]);
#pragma unroll
        for (int r = 0; r <= K; ++r) sum[r][h] = fma(slot.tap(r), v, sum[r][h]);
      }
    }
    flush();
    for (int h = 0; h < 2 && l.base_row >= 0; ++h) raw[lane + h * kWarp] += base[h];
  }
  if (i >= l.in) return;
  const Sink::Writer writer(sink);
  for (int o = lane; o < width; o += kWarp) {
    if (!parts) {
      finish_edge(l, writer, tile, width, i, o, [&](int r) { return raw[r * kTile + o]; });
    } else {
      const int32_t rows = product_rows(l);
      float* to = parts + (blockIdx.y * l.in * l.out + tile * kTile * l.in + i * width) * rows + o;
      for (int r = 0; r < rows; ++r) to[r * width] = raw[r * kTile + o];
    }
  }
}

// ------------------------------------------------------------------------------------------------------------------ d_x

// v[k] summed over the lanes for k = 0 .. 7; lane returns that of k = lane / 4.
__device__ __forceinline__ float sum_eight(float (&v)[8]) {
  const int lane = int(threadIdx.x) % kWarp;
#pragma unroll
  for (int half = 4; half >= 1; half /= 2) {
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

// Grid (chunks groups, splits), a warp an input. Shared: d_y [kSamples][kTile], records and sums [kSamples] a warp.
template <int K>
__global__ void __launch_bounds__(kThreads, 2)
    inputs_kernel(LayerView l, Task t, const float* x, const float* d_y, int32_t mode, float* to) {
  KAN_SHARED_MEMORY(float, d_tile);
  const int warp = int(threadIdx.x) / kWarp, lane = int(threadIdx.x) % kWarp;
  float* record = d_tile + kSamples * kTile + warp * kRecord;
  float* sums = d_tile + kSamples * kTile + kWarps * kRecord;  // [kWarps][kSamples]
  float* own = sums + warp * kSamples;
  const int64_t group = blockIdx.x % t.groups, chunk = blockIdx.x / t.groups, i = group * kGroup + warp;
  const int n = t.samples(chunk);
  if (i < l.in) make_record<K, true>(l, i, x + chunk * kSamples * l.in + i, l.in, n, record);
  for (int s = lane; s < kSamples; s += kWarp) own[s] = 0;
  const int64_t first = blockIdx.y * t.share, last = first + t.share < t.tiles ? first + t.share : t.tiles;
  for (int64_t tile = first; tile < last; ++tile) {
    const int width = int(l.tile_width(tile));
    __syncthreads();
    load_tile(l, d_y, chunk, n, tile, width, d_tile);
    __syncthreads();
    if (i >= l.in) continue;
    const uint32_t* keys = keys_of(record);
    Rows<K> w;
    int32_t window = -1;
    for (int p = 0; p < n; p += 8) {
      float v[8];
#pragma unroll
      for (int k = 0; k < 8; ++k) {
        v[k] = 0;
        if (p + k >= n) continue;
        const uint32_t key = keys[p + k];
        const Slot slot(record, sample_of(key));
        if (window_of(key) != window) {
          window = window_of(key);
          w.load(l, tile, width, i, window);
        }
        const float* d = d_tile + sample_of(key) * kTile + lane;
#pragma unroll
        for (int h = 0; h < 2; ++h) {
          float slope = slot.base() * w.base[h];
#pragma unroll
          for (int r = 0; r <= K; ++r) slope = fma(slot.tap(r), w.coef[r][h], slope);
          v[k] = fma(slope, d[h * kWarp], v[k]);
        }
      }
      const float sum = sum_eight(v);
      const int mine = p + lane / 4;
      if (lane % 4 == 0 && mine < n) own[sample_of(keys[mine])] += sum;
    }
  }
  __syncthreads();
  float* d_x =
      to + (mode == KAN_GRAD_NONE ? blockIdx.y * t.batch * l.in : 0) + chunk * kSamples * l.in + group * kGroup;
  for (int e = int(threadIdx.x); e < n * kGroup; e += kThreads) {
    const int s = e / kGroup, j = e % kGroup;
    // mode NONE: a share for the second stage.
    if (group * kGroup + j < l.in) put_by_mode(mode, d_x[s * l.in + j], sums[j * kSamples + s]);
  }
}

// ------------------------------------------------------------------------------------------------------------------ host

int64_t ratio_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// How a problem is cut. Splits add a second stage and its bytes, so there are no more than fill the device.
struct Plan {
  Task task;
  int64_t forward_splits, weights_splits, inputs_splits;
  int warps;  // of the d_params kernel
  size_t forward_shared, weights_shared, inputs_shared;

  Plan(const CudaDevice& d, const Layer& l, int64_t batch) {
    task = {batch, ratio_up(l.out, kTile), ratio_up(batch, kSamples), ratio_up(l.in, kGroup), 0};
    const int64_t tile_bytes = kSamples * kTile * 4, record_bytes = kRecord * 4,
                  rows_bytes = int64_t(l.n + 1) * kTile * 4;
    warps = kWarps;
    while (warps > 1 && tile_bytes + warps * (record_bytes + rows_bytes) > d.shared_per_block / 2) warps /= 2;
    forward_shared = size_t(tile_bytes + kGroup * record_bytes);
    weights_shared = size_t(tile_bytes + warps * (record_bytes + rows_bytes));
    inputs_shared = size_t(tile_bytes + kWarps * (record_bytes + kSamples * 4));
    const int64_t want = 3 * int64_t(d.multiprocessors);  // blocks: so many fit on a multiprocessor
    forward_splits = splits(want, task.tiles * task.chunks, task.groups);
    weights_splits = splits(want, task.tiles * ratio_up(l.in, warps), task.chunks);
    inputs_splits = splits(want, task.chunks * task.groups, task.tiles);
  }
  // Parts of `pieces` so that `blocks` of each come near `want` from below (a few blocks more would cost a whole second
  // round); none is empty.
  static int64_t splits(int64_t want, int64_t blocks, int64_t pieces) {
    int64_t parts = want / blocks;
    if (parts > pieces) parts = pieces;
    if (parts > 64) parts = 64;
    return parts <= 1 ? 1 : ratio_up(pieces, ratio_up(pieces, parts));
  }
  Task of(int64_t pieces, int64_t parts) const {
    Task t = task;
    t.share = ratio_up(pieces, parts);
    return t;
  }
  int64_t forward_parts(const Layer& l) const { return forward_splits > 1 ? forward_splits * task.batch * l.out : 0; }
  int64_t weights_parts(const Layer& l) const {
    return weights_splits > 1 ? weights_splits * l.in * l.out * folded(l).rows : 0;
  }
  int64_t inputs_parts(const Layer& l) const { return inputs_splits > 1 ? inputs_splits * task.batch * l.in : 0; }
};

bool can(const Problem& p) {
  const Layer& l = p.layer;
  if (l.spec.kind != KAN_LAYER_KAN || l.spec.basis != KAN_BASIS_BSPLINE || l.n + 1 > kMostRows) return false;
  const Plan plan(p.device, l, p.batch);
  const int64_t most = p.device.shared_per_block, blocks = int64_t(1) << 31;
  return int64_t(plan.weights_shared) <= most && int64_t(plan.inputs_shared) <= most &&
         plan.task.tiles * plan.task.chunks < blocks && plan.task.tiles * l.in < blocks &&
         plan.task.chunks * plan.task.groups < blocks;
}

int64_t scratch_bytes(const Problem& p) {
  const Plan plan(p.device, p.layer, p.batch);
  Carver carver(nullptr);
  if (p.pass == KAN_PASS_FORWARD) {
    carver.take<float>(plan.forward_parts(p.layer));
  } else {
    carver.take<float>(plan.weights_parts(p.layer));
    carver.take<float>(plan.inputs_parts(p.layer));
    carver.take<float>(column_sums_scratch(p.device, p.batch, p.layer.out));
  }
  return carver.used();
}

// f(integral_constant of the order)
template <class F>
void with_order(const Layer& l, F&& f) {
  switch (l.spec.order) {
    case 1: return f(std::integral_constant<int, 1>());
    case 2: return f(std::integral_constant<int, 2>());
    case 3: return f(std::integral_constant<int, 3>());
    case 4: return f(std::integral_constant<int, 4>());
    default: return f(std::integral_constant<int, 5>());
  }
}

void forward(CudaDevice& d, const Layer& l, const ForwardArgs& a) {
  const Plan plan(d, l, a.batch);
  const LayerView view(l, a.params, a.buffers);
  const bool split = plan.forward_splits > 1;
  float* y = static_cast<float*>(a.y);
  Carver carver(a.scratch);
  float* parts = carver.take<float>(plan.forward_parts(l));
  with_order(l, [&](auto order) {
    launch(d, forward_kernel<order()>,
           dim3(unsigned(plan.task.tiles * plan.task.chunks), unsigned(plan.forward_splits)), kThreads,
           plan.forward_shared, view, plan.of(plan.task.groups, plan.forward_splits), static_cast<const float*>(a.x),
           split ? parts : y, !split);
  });
  if (!split) return;
  const float* bias = l.bias >= 0 ? static_cast<const float*>(a.params) + l.bias : nullptr;
  sum_parts(d, a.batch * l.out, parts, int(plan.forward_splits), a.batch * l.out, bias, l.out, KAN_GRAD_OVERWRITE, y);
}

void backward(CudaDevice& d, const Layer& l, const BackwardArgs& a) {
  const Plan plan(d, l, a.batch);
  const LayerView view(l, a.params, a.buffers);
  const Sink sink(a);
  const float *x = static_cast<const float*>(a.x), *d_y = static_cast<const float*>(a.d_y);
  float* d_x = static_cast<float*>(a.d_x);
  Carver carver(a.scratch);
  float* weights_parts = carver.take<float>(plan.weights_parts(l));
  float* inputs_parts = carver.take<float>(plan.inputs_parts(l));
  float* bias_scratch = carver.take<float>(column_sums_scratch(d, a.batch, l.out));
  if (a.d_x_mode != KAN_GRAD_NONE) {  // first: the sink may move the weights
    const bool split = plan.inputs_splits > 1;
    with_order(l, [&](auto order) {
      launch(d, inputs_kernel<order()>,
             dim3(unsigned(plan.task.chunks * plan.task.groups), unsigned(plan.inputs_splits)), kThreads,
             plan.inputs_shared, view, plan.of(plan.task.tiles, plan.inputs_splits), x, d_y,
             split ? int32_t(KAN_GRAD_NONE) : a.d_x_mode, split ? inputs_parts : d_x);
    });
    if (split) {
      sum_parts(d, a.batch * l.in, inputs_parts, int(plan.inputs_splits), a.batch * l.in, nullptr, 1, a.d_x_mode, d_x);
    }
  }
  if (!sink.wanted()) return;
  const bool split = plan.weights_splits > 1;
  with_order(l, [&](auto order) {
    launch(d, weights_kernel<order()>,
           dim3(unsigned(plan.task.tiles * ratio_up(l.in, plan.warps)), unsigned(plan.weights_splits)),
           plan.warps * kWarp, plan.weights_shared, view, plan.of(plan.task.chunks, plan.weights_splits), x, d_y, sink,
           split ? weights_parts : nullptr);
  });
  if (split) edge_totals(d, view, weights_parts, int(plan.weights_splits), sink);
  if (l.bias >= 0) column_sums(d, a.batch, l.out, d_y, sink, l.bias, bias_scratch);
}

}  // namespace

extern const Implementation kBsplineTaps;
const Implementation kBsplineTaps = {"bspline_taps", can, nullptr, scratch_bytes, forward, backward};

}  // namespace kan::cuda
