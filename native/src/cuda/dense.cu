// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The entries dense_mma and dense_fma: every global basis, LINEAR and B-splines by the kernels of dense.cuh,
// with tensor cores (the way follows the context's products: three tf32 for fp32) or with float32 multiply-add.
#include "cuda/dense_kernels.hpp"

#include "basis/view.hpp"

namespace kan::cuda {
namespace {

// Sums of theta's partial gradients: one block a number. partials (slots, in, per_input); a number of theta gets those of
// `inputs` inputs from first(at) on, as their own number k(at). Bytes 4 slots in per_input; floor bytes over bandwidth.
constexpr int kThetaThreads = 256;
__global__ void __launch_bounds__(kThetaThreads)
    theta_sums_kernel(const LayerView l, const float* partials, int64_t slots, int64_t per_input, const Sink sink) {
  __shared__ float room[kThetaThreads / kWarp];
  const int64_t at = blockIdx.x;
  int64_t place = at, before = 0;  // in the tensor that it is of; numbers of an input in the tensors before
  int t = 0;
  for (; place >= l.own[t].numbers; ++t) {
    place -= l.own[t].numbers;
    before += l.own[t].count;
  }
  const int64_t inputs = l.own[t].inputs, first = place / l.own[t].count * inputs, k = before + place % l.own[t].count;
  float sum = 0;
  for (int64_t u = threadIdx.x; u < slots * inputs; u += kThetaThreads)
    sum += partials[(u / inputs * l.in + first + u % inputs) * per_input + k];
  sum = block_sum(sum, room);
  if (threadIdx.x == 0) Sink::Writer(sink).put(l.theta + at, sum);
}

}  // namespace

DenseInput dense_input(CudaDevice& d, const Layer& l, int64_t batch, const void* x, const void* params,
                       const void* buffers, const float* weights, float* moments, float* taps) {
  const float* rows = static_cast<const float*>(x);
  if (l.flag(KAN_FLAG_NORM)) {
    layer_norm_forward(d, batch, l.in, l.spec.shape[2], rows, nullptr, nullptr, nullptr, moments);
  }
  LayerView view(l, params, buffers);
  view.weights = weights;
  return {view, batch, rows, l.flag(KAN_FLAG_NORM) ? moments : nullptr, taps, taps_length(batch)};
}

void dense_finish(CudaDevice& d, const Layer& l, const BackwardArgs& a, const Sink& sink, const InputPasses& passes,
                  const DenseInput& input, const float* theta, int64_t slots, const float* d_z, float* sums) {
  if (sink.wanted() && l.bias >= 0)
    column_sums(d, a.batch, l.out, static_cast<const float*>(a.d_y), sink, l.bias, sums);
  if (passes.theta) {
    launch(d, theta_sums_kernel, dim3(unsigned(l.theta_count)), kThetaThreads, 0, input.layer, theta, slots,
           l.theta_per_input, sink);
  }
  if (passes.norm && (a.d_x_mode != KAN_GRAD_NONE || sink.wanted())) {
    layer_norm_backward(d, a.batch, l.in, input.x, input.moments, static_cast<const float*>(a.params) + l.norm_weight,
                        d_z, passes.norm_mode, static_cast<float*>(a.d_x), sink, l.norm_weight, l.norm_bias, sums);
  }
}

namespace {

ProductWay tensor_way(const CudaDevice& d) {
  return d.products == KAN_PRODUCTS_BF16 ? kBf16 : d.products == KAN_PRODUCTS_TF32 ? kTf32 : kTf32x3;
}

// l: as products see it.
DensePlan plan_of(const CudaDevice& d, ProductWay way, const Layer& l, int64_t batch) {
  // Wide blocks make phi half as often; narrow ones are twice as many.
  const int64_t wide = ratio_up(batch, kBlockRows) * ratio_up(least(l.out, l.in * l.rows), 128);
  const bool narrow =
      way == kFma ||
      (way == kTf32x3 && (l.out <= kTile || wide < d.multiprocessors || kernel_basis(way, l) == kOtherBasis));
  return {l, batch, {narrow ? 64 : 128, product_step(way)}, d.multiprocessors, d.shared_per_block};
}

bool fits(const Problem& p, ProductWay way) {
  if (!dense_family(p.layer)) return false;
  const DensePlan plan = plan_of(p.device, way, folded(p.layer), p.batch);
  return plan.column_blocks <= 65535 && plan.forward_shared() <= p.device.shared_per_block &&
         plan.weights_shared() <= p.device.shared_per_block && plan.inputs_shared() <= p.device.shared_per_block;
}

struct ForwardScratch {
  float *moments, *partials, *weights, *taps;

  ForwardScratch(Carver& c, const Layer& l, const DensePlan& plan)
      : moments(c.take<float>(l.flag(KAN_FLAG_NORM) ? 2 * plan.batch : 0)),
        partials(c.take<float>(plan.forward_partials())), weights(c.take<float>(folded_numbers(l))),
        taps(c.take<float>(taps_numbers(l, plan.batch))) {}
};

// The weights' sums go through memory where the batch is split, or where scale's gradient needs more rows than a block has.
bool by_parts(const Layer& l, const DensePlan& plan) {
  return plan.weights.splits > 1 || (folds(l) && plan.groups.parts > 1);
}

struct BackwardScratch {
  float *moments, *d_z, *theta, *taps,
      *sums;  // sums: the folded weights, then those of one second stage after the other

  BackwardScratch(Carver& c, const CudaDevice& d, const Layer& l, const DensePlan& plan)
      : moments(c.take<float>(l.flag(KAN_FLAG_NORM) ? 2 * plan.batch : 0)),
        d_z(c.take<float>(l.flag(KAN_FLAG_NORM) ? plan.batch * l.in : 0)),
        theta(c.take<float>(l.theta_trained ? plan.theta_slots() * l.in * l.theta_per_input : 0)),
        taps(c.take<float>(taps_numbers(l, plan.batch))) {
    int64_t most = by_parts(l, plan) ? plan.weights.splits * l.in * folded(l).rows * l.out : folded_numbers(l);
    if (l.bias >= 0)
      most = most > column_sums_scratch(d, plan.batch, l.out) ? most : column_sums_scratch(d, plan.batch, l.out);
    if (l.flag(KAN_FLAG_NORM)) {
      const int64_t norm = layer_norm_scratch(d, plan.batch, l.in);
      most = most > norm ? most : norm;
    }
    sums = c.take<float>(most);
  }
};

template <class WayOf>
int64_t scratch_bytes(const Problem& p, WayOf&& way_of) {
  const DensePlan plan = plan_of(p.device, way_of(p.device), folded(p.layer), p.batch);
  Carver c(nullptr);
  if (p.pass == KAN_PASS_FORWARD) ForwardScratch(c, p.layer, plan);
  else BackwardScratch(c, p.device, p.layer, plan);
  return c.used();
}

// Whether scale and mask are left to the product kernels.
bool leaves_unfolded(ProductWay way, const Layer& l, const DensePlan& plan) {
  return folds(l) && way == kTf32x3 && kernel_basis(way, l) == KAN_BASIS_BSPLINE && plan.row_blocks <= kUnfoldedBlocks;
}

void forward(CudaDevice& d, ProductWay way, const Layer& l, const ForwardArgs& a) {
  const Layer product = folded(l);
  const DensePlan plan = plan_of(d, way, product, a.batch);
  Carver carver(a.scratch);
  const ForwardScratch scratch(carver, l, plan);
  const bool split = plan.forward.splits > 1;
  const float* bias = l.bias >= 0 ? static_cast<const float*>(a.params) + l.bias : nullptr;
  float* y = static_cast<float*>(a.y);
  const bool unfolded = leaves_unfolded(way, l, plan);
  const float* weights = static_cast<const float*>(a.params);
  if (!unfolded) weights = product_weights(d, l, a.params, a.buffers, scratch.weights);
  const DenseInput input =
      dense_input(d, product, a.batch, a.x, a.params, a.buffers, weights, scratch.moments, scratch.taps);
  make_taps(d, input, false);
  launch_dense_forward(d, way, kernel_basis(way, l), plan,
                       {input, plan.reduction, plan.forward, plan.depth(), split ? nullptr : bias,
                        split ? scratch.partials : y, unfolded, LayerView(l, a.params, a.buffers)});
  if (split) {
    const int64_t n = a.batch * l.out;
    sum_parts(d, n, scratch.partials, int(plan.forward.splits), n, bias, l.out, KAN_GRAD_OVERWRITE, y);
  }
}

// The input gradient comes first, then the weights': the fused AdamW changes what the former reads. What every product
// reads (LayerNorm's and the basis' own parameters) changes last.
void backward(CudaDevice& d, ProductWay way, const Layer& l, const BackwardArgs& a) {
  const Layer product = folded(l);
  const DensePlan plan = plan_of(d, way, product, a.batch);
  Carver carver(a.scratch);
  const BackwardScratch scratch(carver, d, l, plan);
  const Sink sink(a);
  const InputPasses passes(l, a.d_x_mode, sink.wanted());
  const float* d_y = static_cast<const float*>(a.d_y);
  const float* weights = static_cast<const float*>(a.params);
  const bool unfolded = leaves_unfolded(way, l, plan);
  if (passes.cotangents && !unfolded) weights = product_weights(d, l, a.params, a.buffers, scratch.sums);
  const DenseInput input =
      dense_input(d, product, a.batch, a.x, a.params, a.buffers, weights, scratch.moments, scratch.taps);
  if (passes.cotangents) {
    make_taps(d, input, true);
    launch_dense_inputs(d, way, kernel_basis(way, l), plan,
                        {input, plan.inputs, plan.input_groups, d_y, passes.direct_mode, static_cast<float*>(a.d_x),
                         passes.norm ? scratch.d_z : nullptr, passes.theta ? scratch.theta : nullptr, l.theta_per_input,
                         unfolded, LayerView(l, a.params, a.buffers)});
  }
  if (sink.wanted()) {
    const bool parts = by_parts(l, plan);
    make_taps(d, input, false);
    const LayerView edges(l, a.params, a.buffers);
    launch_dense_weights(d, way, kernel_basis(way, l), plan,
                         {input, plan.groups, plan.weights, plan.sample_chunks, d_y, parts ? scratch.sums : nullptr,
                          sink, folds(l), edges});
    const int64_t n = product.in * product.rows * product.out;
    if (parts && folds(l)) edge_totals(d, edges, scratch.sums, int(plan.weights.splits), Bands(), sink);
    else if (parts) sink_gradient(d, n, scratch.sums, int(plan.weights.splits), n, sink, 0);
  }
  dense_finish(d, l, a, sink, passes, input, scratch.theta, plan.theta_slots(), scratch.d_z, scratch.sums);
}

ProductWay fma_way(const CudaDevice&) { return kFma; }

}  // namespace

const Implementation kDenseMma = {
    "dense_mma",
    [](const Problem& p) { return fits(p, tensor_way(p.device)); },
    dense_suits,
    [](const Problem& p) { return scratch_bytes(p, tensor_way); },
    [](CudaDevice& d, const Layer& l, const ForwardArgs& a) { forward(d, tensor_way(d), l, a); },
    [](CudaDevice& d, const Layer& l, const BackwardArgs& a) { backward(d, tensor_way(d), l, a); },
};

const Implementation kDenseFma = {
    "dense_fma",
    [](const Problem& p) { return fits(p, kFma); },
    [](const Problem& p) { return p.layer.spec.basis != KAN_BASIS_BSPLINE; },
    [](const Problem& p) { return scratch_bytes(p, fma_way); },
    [](CudaDevice& d, const Layer& l, const ForwardArgs& a) { forward(d, kFma, l, a); },
    [](CudaDevice& d, const Layer& l, const BackwardArgs& a) { backward(d, kFma, l, a); },
};

}  // namespace kan::cuda
