// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The entry dense_cublas: the dense family panel by panel. The phi of a few inputs are written to scratch once, [row]
// [sample], and multiplied by cuBLAS; the kernels of dense.cuh make them again for every block of outputs instead. That
// pays where products are much faster than basis values (tf32, bf16), layers wide and batches large.
//
//   forward   Y (+)= Phi_p W_p        weights: dW_p = Phi_p^T dY        inputs: dPhi_p = dY W_p^T, then the policies' vjp
//
// W_p is the panel's weights out of their tiles, row-major (in bf16 for bf16 products). Panels are bounded (kPanel numbers),
// so scratch does not grow with in or n. Bytes beside the products': 8 batch in R (4 with bf16) for Phi and as much for
// dPhi, 8 in R out for W_p. Floor: flops over cuBLAS's rate.
#include "cuda/cublas.hpp"
#include "cuda/dense.cuh"
#include "cuda/dense_kernels.hpp"

#include "basis/view.hpp"

namespace kan::cuda {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / kWarp;
constexpr int64_t kPanel = int64_t(1) << 24;  // numbers of Phi at a time

struct PanelPlan {
  int64_t batch, inputs, rows;  // of a panel: inputs, and their weight rows
  int64_t length;               // of a row of Phi: batch, padded
  int64_t out_length;           // of a row of W_p: out, padded
  bool bf16;

  PanelPlan(const CudaDevice& d, const Layer& l, int64_t batch)
      : batch(batch), length(ratio_up(batch, 8) * 8), out_length(ratio_up(l.out, 8) * 8),
        bf16(d.products == KAN_PRODUCTS_BF16) {
    const int64_t most = kPanel / (length * l.rows);
    inputs = least(l.in, most < 1 ? 1 : most);
    rows = inputs * l.rows;
  }
  int64_t panels(const Layer& l) const { return ratio_up(l.in, inputs); }
  int64_t bytes() const { return bf16 ? 2 : 4; }
};

__device__ __forceinline__ void store_number(void* to, bool bf16, int64_t at, float value) {
  if (bf16) static_cast<uint16_t*>(to)[at] = uint16_t(to_bf16x2(value, 0.0f));
  else static_cast<float*>(to)[at] = value;
}

// phi[(i - i0) R + row][b]: blocks of 32 samples by 32 inputs, lanes are samples.
__global__ void __launch_bounds__(kThreads)
    panel_expand_kernel(const DenseInput in, int64_t i0, int64_t i1, int64_t length, bool bf16, void* phi) {
  __shared__ float xs[kWarp][kWarp + 1], table_room[3 * kTableDegrees];
  const BasisTable table(in.layer, table_room);
  const int lane = int(threadIdx.x) % kWarp, warp = int(threadIdx.x) / kWarp;
  for (int64_t block = blockIdx.y; block < ratio_up(in.batch, kWarp); block += gridDim.y) {
    const int64_t b0 = block * kWarp, b = b0 + lane, first = i0 + int64_t(blockIdx.x) * kWarp;
    __syncthreads();
    for (int s = warp; s < kWarp; s += kWarps)
      xs[s][lane] = b0 + s < in.batch && first + lane < i1 ? in.x[(b0 + s) * in.layer.in + first + lane] : 0.0f;
    __syncthreads();
    const RowNorm norm = row_norm(in, b);
    for (int j = warp; j < kWarp && first + j < i1; j += kWarps) {
      expand<kAnyBasis>(in, table, norm, first + j, b, xs[lane][j], [&](int32_t row, float value) {
        if (b < in.batch) store_number(phi, bf16, ((first + j - i0) * in.layer.rows + row) * length + b, value);
      });
    }
  }
}

// d_x, d_z and theta's partial gradients of inputs i0 .. i1-1 from g[(i - i0) R + row][b].
struct PanelPullBack {
  DenseInput input;
  int64_t i0, i1, length;
  const float* g;
  int32_t d_x_mode;  // as in DenseInputs
  float *d_x, *d_z, *theta;
  int64_t per_input;
};

__global__ void __launch_bounds__(kThreads) panel_pull_back_kernel(const PanelPullBack p) {
  __shared__ float xs[kWarp][kWarp + 1], d_zs[kWarp][kWarp + 1], d_xs[kWarp][kWarp + 1], table_room[3 * kTableDegrees];
  const DenseInput& in = p.input;
  const BasisTable table(in.layer, table_room);
  const int64_t width = in.layer.in;
  const int lane = int(threadIdx.x) % kWarp, warp = int(threadIdx.x) / kWarp;
  for (int64_t block = blockIdx.y; block < ratio_up(in.batch, kWarp); block += gridDim.y) {
    const int64_t b0 = block * kWarp, b = b0 + lane, first = p.i0 + int64_t(blockIdx.x) * kWarp;
    const bool there = b < in.batch;
    __syncthreads();
    for (int s = warp; s < kWarp; s += kWarps)
      xs[s][lane] = b0 + s < in.batch && first + lane < p.i1 ? in.x[(b0 + s) * width + first + lane] : 0.0f;
    __syncthreads();
    const RowNorm norm = row_norm(in, b);
    for (int j = warp; j < kWarp && first + j < p.i1; j += kWarps) {
      const int64_t i = first + j;
      const float* g = p.g + (i - p.i0) * in.layer.rows * p.length + (there ? b : 0);
      const auto row = [&](int32_t r) { return there ? g[r * p.length] : 0.0f; };
      float* const theta = p.theta ? p.theta + (block * width + i) * p.per_input : nullptr;
      const auto accumulate = [&](int32_t k, float value) {
        value = warp_sum(there ? value : 0.0f);
        if (lane == 0) theta[k] = value;
      };
      float d_x = 0;
      const float d_z = theta ? pull_back<kAnyBasis, true>(in, table, norm, i, b, xs[lane][j], row, d_x, accumulate)
                              : pull_back<kAnyBasis, false>(in, table, norm, i, b, xs[lane][j], row, d_x, accumulate);
      d_zs[lane][j] = p.d_z ? d_z : d_z + d_x;
      d_xs[lane][j] = d_x;
    }
    __syncthreads();
    for (int s = warp; s < kWarp && b0 + s < in.batch; s += kWarps) {
      if (first + lane >= p.i1) continue;
      const int64_t at = (b0 + s) * width + first + lane;
      if (p.d_z) p.d_z[at] = d_zs[s][lane];
      if (p.d_x_mode != KAN_GRAD_NONE) put_by_mode(p.d_x_mode, p.d_x[at], p.d_z ? d_xs[s][lane] : d_zs[s][lane]);
    }
  }
}

// Weight rows first .. first + rows - 1 out of the tiles: to[k][o], `length` numbers a row.
__global__ void __launch_bounds__(kThreads)
    panel_weights_kernel(const LayerView l, int64_t first, int64_t rows, int64_t length, bool bf16, void* to) {
  for (int64_t u = first_index(); u < rows * l.out; u += index_step()) {
    const int64_t k = u / l.out, o = u - k * l.out, tile = o / kTile;
    store_number(to, bf16, k * length + o,
                 l.weights[tile_offset(l, tile) + (first + k) * l.tile_width(tile) + o - tile * kTile]);
  }
}

// The way back: gradients g[k][o] into the sink.
__global__ void __launch_bounds__(kThreads)
    panel_sink_kernel(const LayerView l, int64_t first, int64_t rows, const float* g, const Sink sink) {
  const Sink::Writer writer(sink);
  for (int64_t u = first_index(); u < rows * l.out; u += index_step()) {
    const int64_t k = u / l.out, o = u - k * l.out, tile = o / kTile;
    writer.put(tile_offset(l, tile) + (first + k) * l.tile_width(tile) + o - tile * kTile, g[u]);
  }
}

// The same where scale and mask were folded into the weights: the edges of inputs i0 ..
__global__ void __launch_bounds__(kThreads)
    panel_edges_kernel(const LayerView l, int64_t i0, int64_t inputs, const float* g, const Sink sink) {
  const Sink::Writer writer(sink);
  const int32_t rows = product_rows(l);
  for (int64_t u = first_index(); u < inputs * l.out; u += index_step()) {
    const int64_t j = u / l.out, o = u - j * l.out, tile = o / kTile;
    const float* const own = g + j * rows * l.out + o;
    finish_edge(l, writer, tile, int(l.tile_width(tile)), i0 + j, int(o % kTile),
                [&](int r) { return own[r * l.out]; });
  }
}

// to[b][o], `length` numbers a row, in bf16.
__global__ void __launch_bounds__(kThreads)
    round_rows_kernel(int64_t rows, int64_t n, int64_t length, const float* from, void* to) {
  for (int64_t u = first_index(); u < rows * n; u += index_step()) {
    const int64_t b = u / n;
    store_number(to, true, b * length + u - b * n, from[u]);
  }
}

__global__ void __launch_bounds__(kThreads) fill_rows_kernel(int64_t rows, int64_t n, const float* row, float* to) {
  for (int64_t u = first_index(); u < rows * n; u += index_step()) to[u] = row[u % n];
}

struct PanelScratch {
  float *moments, *d_z, *theta;
  char *phi, *weights, *d_y;  // dPhi (float) takes the place of Phi
  float *gradient, *folded, *taps, *sums;
  char* workspace;

  PanelScratch(Carver& c, const CudaDevice& d, const Layer& l, const PanelPlan& plan, int32_t pass) {
    const bool back = pass == KAN_PASS_BACKWARD, norm = l.flag(KAN_FLAG_NORM);
    moments = c.take<float>(norm ? 2 * plan.batch : 0);
    d_z = c.take<float>(back && norm ? plan.batch * l.in : 0);
    theta = c.take<float>(back && l.theta_trained ? ratio_up(plan.batch, kWarp) * l.in * l.theta_per_input : 0);
    phi = c.take<char>(plan.rows * plan.length * (back ? 4 : plan.bytes()));
    weights = c.take<char>(plan.rows * plan.out_length * plan.bytes());
    d_y = c.take<char>(back && plan.bf16 ? plan.batch * plan.out_length * 2 : 0);
    gradient = c.take<float>(back ? plan.rows * l.out : 0);
    folded = c.take<float>(folded_numbers(l));
    taps = c.take<float>(taps_numbers(l, plan.batch));
    int64_t most = 0;
    if (back && l.bias >= 0) most = column_sums_scratch(d, plan.batch, l.out);
    if (back && norm) {
      const int64_t n = layer_norm_scratch(d, plan.batch, l.in);
      most = most > n ? most : n;
    }
    sums = c.take<float>(most);
    workspace = c.take<char>(kBlasWorkspace + 256);
  }
  void open_workspace(CudaDevice& d) const {
    const uintptr_t at = (reinterpret_cast<uintptr_t>(workspace) + 255) & ~uintptr_t(255);
    blas_workspace(d, reinterpret_cast<void*>(at), kBlasWorkspace);
  }
};

dim3 panel_grid(int64_t inputs, int64_t batch) {
  return dim3(unsigned(ratio_up(inputs, kWarp)), grid_rows(ratio_up(batch, kWarp)));
}

// One panel's weights, column-major (out, rows).
BlasMatrix panel_weights(CudaDevice& d, const LayerView& view, const PanelPlan& plan, int64_t first, int64_t rows,
                         void* room) {
  if (view.out <= kTile && !plan.bf16)
    return {view.weights + first * view.out, view.out, false};  // one tile: as it lies
  launch(d, panel_weights_kernel, grid_for(d, rows * view.out, kThreads), kThreads, 0, view, first, rows,
         plan.out_length, plan.bf16, room);
  return {room, plan.out_length, false};
}

int64_t scratch_bytes(const Problem& p) {
  const PanelPlan plan(p.device, folded(p.layer), p.batch);
  Carver c(nullptr);
  PanelScratch(c, p.device, p.layer, plan, p.pass);
  return c.used();
}

void forward(CudaDevice& d, const Layer& l, const ForwardArgs& a) {
  const Layer product = folded(l);
  const PanelPlan plan(d, product, a.batch);
  Carver carver(a.scratch);
  const PanelScratch scratch(carver, d, l, plan, KAN_PASS_FORWARD);
  const float* weights = product_weights(d, l, a.params, a.buffers, scratch.folded);
  const DenseInput input =
      dense_input(d, product, a.batch, a.x, a.params, a.buffers, weights, scratch.moments, scratch.taps);
  make_taps(d, input, false);
  float* y = static_cast<float*>(a.y);
  scratch.open_workspace(d);
  if (l.bias >= 0) {
    launch(d, fill_rows_kernel, grid_for(d, a.batch * l.out, kThreads), kThreads, 0, a.batch, l.out,
           static_cast<const float*>(a.params) + l.bias, y);
  }
  for (int64_t i0 = 0; i0 < l.in; i0 += plan.inputs) {
    const int64_t i1 = least(l.in, i0 + plan.inputs), rows = (i1 - i0) * product.rows;
    launch(d, panel_expand_kernel, panel_grid(i1 - i0, a.batch), kThreads, 0, input, i0, i1, plan.length, plan.bf16,
           scratch.phi);
    const BlasMatrix w = panel_weights(d, input.layer, plan, i0 * product.rows, rows, scratch.weights);
    blas_product(d, l.out, a.batch, rows, w, {scratch.phi, plan.length, true}, i0 > 0 || l.bias >= 0, y, l.out);
  }
}

// The order of dense.cu, for its reasons.
void backward(CudaDevice& d, const Layer& l, const BackwardArgs& a) {
  const Layer product = folded(l);
  const PanelPlan plan(d, product, a.batch);
  Carver carver(a.scratch);
  const PanelScratch scratch(carver, d, l, plan, KAN_PASS_BACKWARD);
  const Sink sink(a);
  const InputPasses passes(l, a.d_x_mode, sink.wanted());
  const float* weights = static_cast<const float*>(a.params);
  if (passes.cotangents) weights = product_weights(d, l, a.params, a.buffers, scratch.folded);
  const DenseInput input =
      dense_input(d, product, a.batch, a.x, a.params, a.buffers, weights, scratch.moments, scratch.taps);
  if (passes.cotangents) make_taps(d, input, true);
  const float* d_y = static_cast<const float*>(a.d_y);
  scratch.open_workspace(d);
  BlasMatrix outputs{d_y, l.out, false};  // column-major (out, batch)
  if (plan.bf16) {
    launch(d, round_rows_kernel, grid_for(d, a.batch * l.out, kThreads), kThreads, 0, a.batch, l.out, plan.out_length,
           d_y, scratch.d_y);
    outputs = {scratch.d_y, plan.out_length, false};
  }
  for (int64_t i0 = 0; passes.cotangents && i0 < l.in; i0 += plan.inputs) {
    const int64_t i1 = least(l.in, i0 + plan.inputs), rows = (i1 - i0) * product.rows;
    float* g = reinterpret_cast<float*>(scratch.phi);
    const BlasMatrix w = panel_weights(d, input.layer, plan, i0 * product.rows, rows, scratch.weights);
    blas_product(d, a.batch, rows, l.out, {outputs.data, outputs.length, true}, w, false, g, plan.length);
    launch(
        d, panel_pull_back_kernel, panel_grid(i1 - i0, a.batch), kThreads, 0,
        PanelPullBack{input, i0, i1, plan.length, g, passes.direct_mode, static_cast<float*>(a.d_x),
                      passes.norm ? scratch.d_z : nullptr, passes.theta ? scratch.theta : nullptr, l.theta_per_input});
  }
  if (sink.wanted()) make_taps(d, input, false);
  for (int64_t i0 = 0; sink.wanted() && i0 < l.in; i0 += plan.inputs) {
    const int64_t i1 = least(l.in, i0 + plan.inputs), rows = (i1 - i0) * product.rows;
    launch(d, panel_expand_kernel, panel_grid(i1 - i0, a.batch), kThreads, 0, input, i0, i1, plan.length, plan.bf16,
           scratch.phi);
    blas_product(d, l.out, rows, a.batch, outputs, {scratch.phi, plan.length, false}, false, scratch.gradient, l.out);
    if (folds(l)) {
      launch(d, panel_edges_kernel, grid_for(d, (i1 - i0) * l.out, kThreads), kThreads, 0,
             LayerView(l, a.params, a.buffers), i0, i1 - i0, scratch.gradient, sink);
    } else {
      launch(d, panel_sink_kernel, grid_for(d, rows * l.out, kThreads), kThreads, 0, input.layer, i0 * l.rows, rows,
             scratch.gradient, sink);
    }
  }
  dense_finish(d, l, a, sink, passes, input, scratch.theta, ratio_up(a.batch, kWarp), scratch.d_z, scratch.sums);
}

bool can(const Problem& p) {
  return p.device.blas && dense_family(p.layer) && p.batch <= INT32_MAX / 8 && p.layer.out <= INT32_MAX / 8;
}

// fp32: the three tf32 products of dense_mma are faster than cuBLAS's float32 multiply-add.
bool suits(const Problem& p) {
  if (p.device.products == KAN_PRODUCTS_FP32) return false;
  return p.batch >= 512 && p.layer.out >= 256 && p.layer.in * p.layer.rows >= 512 && dense_suits(p);
}

}  // namespace

const Implementation kDenseCublas = {"dense_cublas", can, suits, scratch_bytes, forward, backward};

}  // namespace kan::cuda
