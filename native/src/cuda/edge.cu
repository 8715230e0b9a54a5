// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The entry edge: wavelet layers, whose scale and translation belong to the edge, so that there is no product form.
//
//   y[b][o] = bias_o + sum_i win_i w_oi psi(u),  u = (x_bi - tau_oi) / s_oi
//   with c = w win / s:  d_w = win sum_b dy psi,  d_tau = -c sum_b dy psi',  d_s = -c sum_b dy psi' u,  d_x = sum_o dy c psi'
//
// Forward: lanes are outputs; a thread keeps the sums of 16 samples while the inputs pass, its three weights read once for
// them. Backward: a block owns 4 inputs and a segment of the batch; lanes are outputs, 2 a lane, the nine sums of an edge
// stay in registers while the samples pass, and 32 values of d_x (8 samples, 4 inputs) are summed over the lanes through
// shared memory at once. psi is evaluated once an edge and sample in either pass. No (batch, out, in) tensor, no atomics.
//
// Exponentials, sines and reciprocals of an edge and sample, at 16 a clock and multiprocessor, the floor: HAT and DOG 1 either
// pass; MORLET 2, backward 3; MEYER 2 and 4; SHANNON 2 and 3.
// Bytes: forward 12 in out (from L2 again for every 64 samples) + 4 batch (in + out); backward 12 in out read, 12 in out
// written (72 more with the fused AdamW), dy from L2 for every 4 inputs.
#include "cuda/copy.cuh"
#include "cuda/dense_plan.hpp"
#include "cuda/special.cuh"

namespace kan::cuda {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / kWarp;
constexpr int kInputs = 32;   // of a forward stage
constexpr int kSamples = 16;  // of a forward thread
constexpr int kBlockSamples = kSamples * kThreads / int(kTile);
constexpr int kGroup = 4;     // inputs of a backward block
constexpr int kPiece = 1024;  // samples whose d_x a backward block holds
constexpr int kMostSegments = 8;

struct EdgePlan {
  int64_t batch, blocks, tiles, chunks;  // forward: blocks of samples, tiles of outputs, chunks of inputs
  Split inputs;
  int64_t groups, pieces;  // backward
  Split segments;

  EdgePlan(const CudaDevice& d, const Layer& l, int64_t batch)
      : batch(batch), blocks(ratio_up(batch, kBlockSamples)), tiles(ratio_up(l.out, kTile)),
        chunks(ratio_up(l.in, kInputs)), groups(ratio_up(l.in, kGroup)), pieces(ratio_up(batch, kPiece)) {
    inputs = Split::of(chunks, blocks * tiles, int64_t(d.multiprocessors) * kBlocksWanted, kMostSplits);
    segments = Split::of(pieces, groups, int64_t(d.multiprocessors) * kBlocksWanted, kMostSegments);
  }
  int64_t forward_partials(const Layer& l) const { return inputs.splits > 1 ? inputs.splits * batch * l.out : 0; }
  int64_t backward_partials(const Layer& l) const { return pieces > 1 ? segments.splits * 3 * l.in * l.out : 0; }
};

// ----------------------------------------------------------------------------------------------------------- wavelets

// What an edge's numbers are bounded by, so that u is a number without a look at each: |u| < 2^100, where psi is 0. Exact for all
// others: |x|, |tau| up to 10^15, |s| from 10^-15.
constexpr float kMostPlace = 0x1p50f, kMostInverse = 0x1p49f;

// psi and psi' (basis/wavelet.hpp) of w = kRate u, as multiples of an envelope: psi = envelope value, psi' = kSlope envelope slope.
template <int32_t kWavelet>
struct Mother {
  float envelope = 1, value, slope;

  static constexpr float kPi = 3.14159265358979323846f;
  static constexpr float kRate = kWavelet == KAN_WAVELET_MORLET ? 5.0f : kWavelet == KAN_WAVELET_MEYER ? kPi : 1.0f;
  static constexpr float kSlope = kWavelet == KAN_WAVELET_MORLET ? -0.2f : kWavelet == KAN_WAVELET_MEYER ? kPi : 1.0f;

  // factor exp(-q / 2 rate^2), log2_factor being the factor's logarithm: two instructions, where expf takes eight. Beside the
  // rounding of q the error is that of the exponent's rounding, 2^-24 of it.
  static __device__ __forceinline__ float gauss(float q, float log2_factor) {
    return power_of_2(fma(q, -0.72134752044448170368f / (kRate * kRate), log2_factor));
  }

  __device__ __forceinline__ explicit Mother(float w) {
    if constexpr (kWavelet == KAN_WAVELET_MEYER) meyer(w);
    else if constexpr (kWavelet == KAN_WAVELET_SHANNON) shannon(w);
    else if constexpr (kWavelet == KAN_WAVELET_MORLET) {
      envelope = gauss(w * w, 0);
      value = cosine(w);
      slope = fma(w, value, 25.0f * sine(w));
    } else {
      const float q = at_most(w * w, 1600.0f);
      envelope = gauss(q, kWavelet == KAN_WAVELET_HAT ? -0.20535531f : 0);  // 2 / (sqrt(3) pi^(1/4))
      value = kWavelet == KAN_WAVELET_HAT ? q - 1.0f : -w;
      slope = kWavelet == KAN_WAVELET_HAT ? w * (3.0f - q) : q - 1.0f;
    }
  }

 private:
  // sin(pi v) aux(v), v = |u|, aux = sin(pi/2 nu(r)) of r = 2 - 2 v within [0, 1], as nu(1 - r) = 1 - nu(r): exactly 0 from v = 1 on.
  __device__ __forceinline__ void meyer(float w) {
    constexpr float kHalfPi = kPi / 2;
    const float r = fma_within_1(fabsf(w), -2.0f / kPi, 2.0f), t = 1.0f - r, q = r * r;
    const float polynomial =
        fma(r, fma(r, fma(r, -20.0f * kHalfPi, 70.0f * kHalfPi), -84.0f * kHalfPi), 35.0f * kHalfPi);
    const float angle = q * q * polynomial, s = sine(w), tr = t * r;
    const uint32_t sign = __float_as_uint(w) & 0x80000000u;
    const float aux = __uint_as_float(__float_as_uint(sine(angle)) ^ sign);
    value = s * aux;
    slope = fma(s * cosine(angle) * (tr * tr * tr), -140.0f, w != 0.0f ? cosine(w) * aux : 0.0f);
  }
  // sin(u) / u, below 1 by its series: there the quotient's error, 2^-21 / u, would be too large, and that of the derivative
  // (cos u - sin(u) / u) / u.
  __device__ __forceinline__ void shannon(float u) {
    const float q = u * u, inverse = reciprocal(u), ratio = sine(u) * inverse;
    const bool small = q < 1.0f;
    value = small ? fma(q, fma(q, fma(q, fma(q, 1.0f / 362880, -1.0f / 5040), 1.0f / 120), -1.0f / 6), 1.0f) : ratio;
    const float series =
        fma(q, fma(q, fma(q, fma(q, -1.0f / 3991680, 1.0f / 45360), -1.0f / 840), 1.0f / 30), -1.0f / 3);
    slope = small ? u * series : (cosine(u) - ratio) * inverse;
  }
};

// w of x on an edge: (x - tau) kRate / s, its last factor.
template <int32_t kWavelet>
__device__ __forceinline__ float inverse_of(float scale) {
  return bounded(reciprocal(scale) * Mother<kWavelet>::kRate, kMostInverse);
}

// ------------------------------------------------------------------------------------------------------------ forward

struct EdgeForward {
  LayerView layer;
  int64_t batch;
  Split split;  // of the chunks of inputs
  const float* x;
  const float* bias;  // or NULL
  float* y;           // (batch, out), or (splits, batch, out) partial sums
};

// Grid: (blocks of samples, tiles of outputs, splits).
template <int32_t kWavelet>
__global__ void __launch_bounds__(kThreads) edge_forward_kernel(const EdgeForward p) {
  alignas(16) __shared__ float xs[kInputs][kBlockSamples + 4];
  __shared__ float windows[kInputs];
  const LayerView& l = p.layer;
  const int c = int(threadIdx.x) % int(kTile), first_sample = int(threadIdx.x) / int(kTile) * kSamples;
  const int64_t b0 = int64_t(blockIdx.x) * kBlockSamples;
  for (int64_t tile = blockIdx.y; tile * kTile < l.out; tile += gridDim.y) {
    const int64_t width = l.tile_width(tile), o = tile * kTile + c;
    const float* w = l.params + l.index(0, tile * kTile, 0);
    float sum[kSamples];
#pragma unroll
    for (int s = 0; s < kSamples; ++s) sum[s] = p.bias && o < l.out ? p.bias[o] : 0.0f;
    const int64_t first = int64_t(blockIdx.z) * p.split.share * kInputs;
    const int64_t last = least(l.in, first + p.split.share * kInputs);
    for (int64_t i0 = first; i0 < last; i0 += kInputs) {
      const int n = int(least(kInputs, last - i0));
      __syncthreads();
      for (int u = int(threadIdx.x); u < kBlockSamples * kInputs; u += kThreads) {
        const int s = u / kInputs, i = u % kInputs;
        xs[i][s] = i < n && b0 + s < p.batch ? bounded(p.x[(b0 + s) * l.in + i0 + i], kMostPlace) : 0.0f;
      }
      if (int(threadIdx.x) < n) windows[threadIdx.x] = float(wavelet_window(kWavelet, i0 + threadIdx.x, l.in));
      __syncthreads();
      if (o >= l.out) continue;
      for (int i = 0; i < n; ++i) {
        const float* edge = w + (i0 + i) * 3 * width + c;
        const float weight = edge[0] * windows[i], inverse = inverse_of<kWavelet>(edge[width]);
        const float translation = bounded(edge[2 * width], kMostPlace);
        float x[kSamples];
#pragma unroll
        for (int s = 0; s < kSamples; s += 4)
          *reinterpret_cast<float4*>(x + s) = *reinterpret_cast<const float4*>(xs[i] + first_sample + s);
#pragma unroll
        for (int s = 0; s < kSamples; ++s) {
          const Mother<kWavelet> psi((x[s] - translation) * inverse);
          sum[s] = fma(weight, psi.envelope * psi.value, sum[s]);
        }
      }
    }
    if (o >= l.out) continue;
#pragma unroll
    for (int s = 0; s < kSamples; ++s) {
      const int64_t b = b0 + first_sample + s;
      if (b < p.batch) p.y[(int64_t(blockIdx.z) * p.batch + b) * l.out + o] = sum[s];
    }
  }
}

// ----------------------------------------------------------------------------------------------------------- backward

struct EdgeBackward {
  LayerView layer;
  int64_t batch;
  Split split;  // of the pieces of the batch
  const float *x, *d_y;
  int32_t d_x_mode;
  float* d_x;
  float* partials;  // (segments, 3 in out), or NULL: straight into the sink
  Sink sink;
};

struct EdgeShared {
  float x[kPiece][kGroup];
  float d_x[kPiece][kGroup];
  union {
    float lanes[kWarps][kWarp][kWarp + 1];      // [8 samples x 4 inputs][lane] of a warp
    float sums[kWarps][3][kGroup][int(kTile)];  // of the warps' shares of the samples
  };
};

// What a lane keeps of its two outputs' edges to the inputs of a group; zeros where there is none.
template <int32_t kWavelet>
struct EdgeFactors {
  float inverse[kGroup][2], translation[kGroup][2], factor[kGroup][2];  // factor: c above, of what Mother calls slope

  __device__ __forceinline__ EdgeFactors(const LayerView& l, const float (&window)[kGroup], int64_t tile, int64_t i0,
                                         int inputs, int lane) {
    const int64_t width = l.tile_width(tile);
#pragma unroll
    for (int i = 0; i < kGroup; ++i)
#pragma unroll
      for (int h = 0; h < 2; ++h) {
        const int c = lane + h * kWarp;
        const bool there = c < width && i < inputs;
        const float* edge = l.params + l.index(0, tile * kTile, i0 + (i < inputs ? i : 0)) + (there ? c : 0);
        inverse[i][h] = there ? inverse_of<kWavelet>(edge[width]) : 0.0f;
        translation[i][h] = there ? bounded(edge[2 * width], kMostPlace) : 0.0f;
        factor[i][h] =
            there ? edge[0] * window[i] * inverse[i][h] * (Mother<kWavelet>::kSlope / Mother<kWavelet>::kRate) : 0.0f;
      }
  }
};

// Weight gradients of a tile, whose shares the warps hold: out to the sink, or to this segment's partial sums.
__device__ __forceinline__ void add_warps(const EdgeBackward& p, const float (*sums)[3][kGroup][int(kTile)],
                                          int64_t tile, int64_t i0, bool first) {
  const LayerView& l = p.layer;
  const Sink::Writer writer(p.sink);
  for (int u = int(threadIdx.x); u < 3 * kGroup * int(kTile); u += kThreads) {
    const int c = u % int(kTile), row = u / int(kTile) % 3, i = u / int(kTile) / 3;
    if (c >= l.tile_width(tile) || i0 + i >= l.in) continue;
    float sum = 0;
    for (int w = 0; w < kWarps; ++w) sum += sums[w][row][i][c];
    const int64_t at = l.index(row, tile * kTile + c, i0 + i);
    if (!p.partials) {
      writer.put(at, sum);
    } else {
      float& to = p.partials[int64_t(blockIdx.y) * 3 * l.in * l.out + at];
      to = first ? sum : to + sum;
    }
  }
}

// Grid: (groups of inputs, segments of the batch).
template <int32_t kWavelet>
__global__ void __launch_bounds__(kThreads) edge_backward_kernel(const EdgeBackward p) {
  KAN_SHARED_MEMORY(EdgeShared, shared);
  const LayerView& l = p.layer;
  const int lane = int(threadIdx.x) % kWarp, warp = int(threadIdx.x) / kWarp;
  const int64_t i0 = int64_t(blockIdx.x) * kGroup;
  const int inputs = int(least(kGroup, l.in - i0));
  const int64_t first = int64_t(blockIdx.y) * p.split.share * kPiece;
  const int64_t last = least(p.batch, first + p.split.share * kPiece);
  float window[kGroup];
#pragma unroll
  for (int i = 0; i < kGroup; ++i) window[i] = float(wavelet_window(kWavelet, i0 + i, l.in));

  for (int64_t b0 = first; b0 < last; b0 += kPiece) {
    const int samples = int(least(kPiece, last - b0));
    __syncthreads();
    for (int u = int(threadIdx.x); u < kPiece * kGroup; u += kThreads) {
      const int s = u / kGroup, i = u % kGroup;
      shared->x[s][i] = s < samples && i < inputs ? bounded(p.x[(b0 + s) * l.in + i0 + i], kMostPlace) : 0.0f;
      shared->d_x[s][i] = 0;
    }
    __syncthreads();
    for (int64_t tile = 0; tile * kTile < l.out; ++tile) {
      const int width = int(l.tile_width(tile));
      const EdgeFactors<kWavelet> edges(l, window, tile, i0, inputs, lane);
      float by_value[kGroup][2] = {}, by_slope[kGroup][2] = {}, by_place[kGroup][2] = {};
      for (int s0 = warp * 8; s0 < samples; s0 += kWarps * 8) {
        const float* row = p.d_y + (b0 + s0) * l.out + tile * kTile + lane;
        for (int s = s0; s < s0 + 8; ++s, row += l.out) {
          float d_y[2], x[kGroup];
#pragma unroll
          for (int h = 0; h < 2; ++h) d_y[h] = s < samples && lane + h * kWarp < width ? row[h * kWarp] : 0.0f;
          *reinterpret_cast<float4*>(x) = *reinterpret_cast<const float4*>(shared->x[s]);
#pragma unroll
          for (int i = 0; i < kGroup; ++i) {
            float d_x = 0;
#pragma unroll
            for (int h = 0; h < 2; ++h) {
              const float w = (x[i] - edges.translation[i][h]) * edges.inverse[i][h];
              const Mother<kWavelet> psi(w);
              const float g = d_y[h] * psi.envelope, slope = g * psi.slope;
              by_value[i][h] = fma(g, psi.value, by_value[i][h]);
              by_slope[i][h] += slope;
              by_place[i][h] = fma(slope, w, by_place[i][h]);
              d_x = fma(slope, edges.factor[i][h], d_x);
            }
            shared->lanes[warp][(s - s0) * kGroup + i][lane] = d_x;
          }
        }
        __syncwarp();
        float d_x = 0;
        for (int k = 0; k < kWarp; ++k) d_x += shared->lanes[warp][lane][k];
        shared->d_x[s0 + lane / kGroup][lane % kGroup] += d_x;
        __syncwarp();
      }
      __syncthreads();
#pragma unroll
      for (int i = 0; i < kGroup; ++i)
#pragma unroll
        for (int h = 0; h < 2; ++h) {
          const int c = lane + h * kWarp;
          shared->sums[warp][0][i][c] = window[i] * by_value[i][h];
          shared->sums[warp][1][i][c] = -edges.factor[i][h] * by_place[i][h] / Mother<kWavelet>::kRate;
          shared->sums[warp][2][i][c] = -edges.factor[i][h] * by_slope[i][h];
        }
      __syncthreads();
      if (p.partials || p.sink.mode != KAN_GRAD_NONE) add_warps(p, shared->sums, tile, i0, b0 == first);
      __syncthreads();
    }
    if (p.d_x_mode == KAN_GRAD_NONE) continue;
    for (int u = int(threadIdx.x); u < samples * kGroup; u += kThreads) {
      const int s = u / kGroup, i = u % kGroup;
      if (i < inputs) put_by_mode(p.d_x_mode, p.d_x[(b0 + s) * l.in + i0 + i], shared->d_x[s][i]);
    }
  }
}

template <class Use>
void with_wavelet(int32_t wavelet, Use&& use) {
  switch (wavelet) {
    case KAN_WAVELET_HAT: return use(std::integral_constant<int32_t, KAN_WAVELET_HAT>());
    case KAN_WAVELET_MORLET: return use(std::integral_constant<int32_t, KAN_WAVELET_MORLET>());
    case KAN_WAVELET_DOG: return use(std::integral_constant<int32_t, KAN_WAVELET_DOG>());
    case KAN_WAVELET_MEYER: return use(std::integral_constant<int32_t, KAN_WAVELET_MEYER>());
    default: return use(std::integral_constant<int32_t, KAN_WAVELET_SHANNON>());
  }
}

struct BackwardScratch {
  float *partials, *sums;

  BackwardScratch(Carver& c, const CudaDevice& d, const Layer& l, const EdgePlan& plan)
      : partials(c.take<float>(plan.backward_partials(l))),
        sums(c.take<float>(l.bias >= 0 ? column_sums_scratch(d, plan.batch, l.out) : 0)) {}
};

int64_t scratch_bytes(const Problem& p) {
  const EdgePlan plan(p.device, p.layer, p.batch);
  Carver c(nullptr);
  if (p.pass == KAN_PASS_FORWARD) c.take<float>(plan.forward_partials(p.layer));
  else BackwardScratch(c, p.device, p.layer, plan);
  return c.used();
}

void forward(CudaDevice& d, const Layer& l, const ForwardArgs& a) {
  const EdgePlan plan(d, l, a.batch);
  const bool split = plan.inputs.splits > 1;
  const float* bias = l.bias >= 0 ? static_cast<const float*>(a.params) + l.bias : nullptr;
  float *y = static_cast<float*>(a.y), *partials = static_cast<float*>(a.scratch);
  const dim3 grid(unsigned(plan.blocks), unsigned(least(plan.tiles, 65535)), unsigned(plan.inputs.splits));
  // clang-format off
  const EdgeForward p{LayerView(l, a.params, a.buffers), a.batch, plan.inputs, static_cast<const float*>(a.x),
                      split ? nullptr : bias, split ? partials : y};
  // clang-format on
  with_wavelet(l.spec.wavelet, [&](auto w) { launch(d, edge_forward_kernel<w()>, grid, kThreads, 0, p); });
  if (split) {
    const int64_t n = a.batch * l.out;
    sum_parts(d, n, partials, int(plan.inputs.splits), n, bias, l.out, KAN_GRAD_OVERWRITE, y);
  }
}

void backward(CudaDevice& d, const Layer& l, const BackwardArgs& a) {
  const EdgePlan plan(d, l, a.batch);
  Carver carver(a.scratch);
  const BackwardScratch scratch(carver, d, l, plan);
  const Sink sink(a);
  const bool partials = plan.pieces > 1 && sink.wanted();
  // clang-format off
  const EdgeBackward p{LayerView(l, a.params, a.buffers), a.batch, plan.segments, static_cast<const float*>(a.x),
                       static_cast<const float*>(a.d_y), a.d_x_mode, static_cast<float*>(a.d_x),
                       partials ? scratch.partials : nullptr, sink};
  // clang-format on
  const dim3 grid(unsigned(plan.groups), unsigned(plan.segments.splits));
  with_wavelet(l.spec.wavelet,
               [&](auto w) { launch(d, edge_backward_kernel<w()>, grid, kThreads, sizeof(EdgeShared), p); });
  const int64_t n = 3 * l.in * l.out;
  if (partials) sink_gradient(d, n, scratch.partials, int(plan.segments.splits), n, sink, 0);
  if (sink.wanted() && l.bias >= 0) column_sums(d, a.batch, l.out, p.d_y, sink, l.bias, scratch.sums);
}

}  // namespace

const Implementation kEdge = {
    "edge",
    [](const Problem& p) { return p.layer.spec.kind == KAN_LAYER_KAN && p.layer.spec.basis == KAN_BASIS_WAVELET; },
    nullptr,
    scratch_bytes,
    forward,
    backward,
};

}  // namespace kan::cuda
