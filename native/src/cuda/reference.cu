// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The last entry of the list: KAN of every basis and LINEAR in the plainest kernels, a thread a number, sums in double and
// in the order of their index. For checking and for what nothing else does; never fast. Also edge statistics and their
// gradients, for penalties on edges, and dense basis values.
//   y_o = bias_o + sum_i mask_oi (base_oi b(x_i) + scale_oi sum_r coef_oir phi_r(z_i)); wavelets and LINEAR as in kan.h.
// Forward flops about 2 n batch in out, and a basis evaluation for every batch, in and out; bytes: everything that often.
#include "cuda/bspline.cuh"
#include "cuda/device.cuh"

namespace kan::cuda {
namespace {

constexpr int kReferenceThreads = 128;

// All that evaluates a basis is one kernel, and what holds a switch over bases, wavelets or activations is called, not inlined:
// ptxas compiles what a kernel calls anew for every kernel, and a copy in each place was a third of what the plugin took to
// compile. Nothing here is in a hurry.
#define KAN_CALLED __device__ __attribute__((noinline))

KAN_CALLED void psi(int32_t kind, float u, float& value, float& derivative) {
  switch (kind) {
    case KAN_WAVELET_HAT: return wavelet<KAN_WAVELET_HAT>(u, value, derivative);
    case KAN_WAVELET_MORLET: return wavelet<KAN_WAVELET_MORLET>(u, value, derivative);
    case KAN_WAVELET_DOG: return wavelet<KAN_WAVELET_DOG>(u, value, derivative);
    case KAN_WAVELET_MEYER: return wavelet<KAN_WAVELET_MEYER>(u, value, derivative);
    default: return wavelet<KAN_WAVELET_SHANNON>(u, value, derivative);
  }
}
KAN_CALLED double window_of(const LayerView& l, int64_t i) { return wavelet_window(l.wavelet, i, l.in); }
KAN_CALLED float base_value(const LayerView& l, float x) { return activation(l.base, x); }
KAN_CALLED float base_slope(const LayerView& l, float x) { return activation_derivative(l.base, x); }

// What phi_r of an input are for: their sum with coefs, unless NULL, and `factor` times each added to `to`, unless NULL.
struct Terms {
  const float* coefs;
  float* to;
  int64_t stride;  // of both
  float factor;
  double sum;

  __device__ void operator()(int32_t r, float phi) {
    if (coefs) sum += double(coefs[r * stride]) * phi;
    if (to) to[r * stride] += factor * phi;
  }
};

// terms(r, phi_r(z)) for input i.
KAN_CALLED void evaluate(const LayerView& l, int64_t i, float z, Terms& terms) {
  switch (l.basis) {
    case KAN_BASIS_NONE: return terms(0, z);  // LINEAR
    case KAN_BASIS_BSPLINE: {
      float taps[kMaxTaps];
      const int32_t first = bspline_taps<false>(int(l.order), grid_of(l, i), z, taps);
      for (int32_t r = 0; r <= l.order; ++r) terms(first + r, taps[r]);
      return;
    }
// clang-format off
#define KAN_GLOBAL_BASIS(name, constant, policy) \
  case constant: return policy<float>::eval(l.view(i), z, terms);
#include "registry/basis.inc"
      // clang-format on
    default: return;
  }
}

// dL/dphi_r of input i: of edge (o, i) alone, whose dL/d(scale phi) is `factor`; or of all, from d_y of a sample.
struct Cotangent {
  const LayerView& l;
  int64_t i, o;
  double factor;
  const float* d_y;  // or NULL: the edge

  KAN_CALLED float operator()(int32_t r) const {
    if (!d_y) return float(factor * l.weight(l.coef_row + r, o, i));
    double g = 0;
    for (int64_t e = 0; e < l.out; ++e)
      g += double(d_y[e]) * l.mask_of(e, i) * l.scale_of(e, i) * l.weight(l.coef_row + r, e, i);
    return float(g);
  }
};

// dL/dz of input i; dL/dtheta_k is added to theta, unless NULL.
KAN_CALLED float pull_back(float z, const Cotangent& g, double* theta) {
  const LayerView& l = g.l;
  const auto add = [&](int32_t k, float v) {
    if (theta) theta[k] += v;
  };
  switch (l.basis) {
    case KAN_BASIS_NONE: return g(0);
    case KAN_BASIS_BSPLINE: {
      float taps[kMaxTaps], sum = 0;
      const int32_t first = bspline_taps<true>(int(l.order), grid_of(l, g.i), z, taps);
      for (int32_t r = 0; r <= l.order; ++r) sum += g(first + r) * taps[r];
      return sum;
    }
// clang-format off
#define KAN_GLOBAL_BASIS(name, constant, policy) \
  case constant: return policy<float>::template vjp<true>(l.view(g.i), z, g, add, [](int32_t, float) {});
#include "registry/basis.inc"
      // clang-format on
    default: return 0;
  }
}

// phi_oi: the edge's whole output. z is what the basis sees, base what the base branch sees.
KAN_CALLED double edge(const LayerView& l, int64_t o, int64_t i, float z, float base) {
  if (l.basis == KAN_BASIS_WAVELET) {
    float value, derivative;
    psi(l.wavelet, (z - l.weight(2, o, i)) / l.weight(1, o, i), value, derivative);
    return double(l.weight(0, o, i)) * window_of(l, i) * value;
  }
  Terms terms = {l.params + l.index(l.coef_row, o, i), nullptr, l.tile_width(o / kTile), 0, 0};
  evaluate(l, i, z, terms);
  double sum = terms.sum;
  if (l.scale_row >= 0) sum *= l.weight(l.scale_row, o, i);
  if (l.base_row >= 0) sum += double(l.weight(l.base_row, o, i)) * base_value(l, base);
  return l.mask >= 0 ? sum * l.mask_of(o, i) : sum;
}

// x, z (batch, in): z is x or its LayerNorm.
struct Inputs {
  const float *x, *z;
  __device__ float base_of(const LayerView& l, int64_t j) const { return l.base_norm ? z[j] : x[j]; }
};

// dL/dphi_oi of a sample where the loss is a scalar of the edge's mean |phi|, mean phi and mean phi^2, whose derivatives are
// (out, in) or NULL.
struct OfStatistics {
  const double *mean_abs, *mean, *mean_square;
  double share;  // of a sample

  __device__ double operator()(const LayerView& l, int64_t o, int64_t i, float z, float base) const {
    const double phi = edge(l, o, i, z, base);
    const int64_t e = o * l.in + i;
    double g = mean ? mean[e] : 0;
    if (mean_abs) g += phi > 0 ? mean_abs[e] : phi < 0 ? -mean_abs[e] : 0;
    if (mean_square) g += 2 * mean_square[e] * phi;
    return g * share;
  }
};

enum class Task : int32_t { kForward, kInputs, kInputsOfStatistics, kEdges, kTheta, kStatistics, kValues };

struct Work {
  Task task;
  LayerView l;
  int64_t batch;
  Inputs in;
  const float* d_y = nullptr;  // (batch, out), or NULL: `statistics` instead
  OfStatistics statistics = {};
  float *to = nullptr, *d_b = nullptr;
  int32_t count = 0;                                                  // of an input's own trained numbers
  double* theta = nullptr;                                            // shares of dL/dtheta, (in, count), or NULL
  double *mean_abs = nullptr, *mean = nullptr, *deviation = nullptr;  // (out, in) each, or NULL
};

// y into `to`.
__device__ __forceinline__ void forward_of(const Work& w) {
  const LayerView& l = w.l;
  for (int64_t j = first_index(); j < w.batch * l.out; j += index_step()) {
    const int64_t b = j / l.out, o = j % l.out;
    double sum = l.bias >= 0 ? l.params[l.bias + o] : 0;
    for (int64_t i = 0; i < l.in; ++i) sum += edge(l, o, i, w.in.z[b * l.in + i], w.in.base_of(l, b * l.in + i));
    w.to[j] = float(sum);
  }
}

// d_z (batch, in) of the basis into `to`; d_b of the base branch, times its derivative, into d_b or, being the same, added.
__device__ __forceinline__ void inputs_of(const Work& w) {
  const LayerView& l = w.l;
  for (int64_t j = first_index(); j < w.batch * l.in; j += index_step()) {
    const int64_t b = j / l.in, i = j % l.in;
    const float* dy = w.d_y + b * l.out;
    const float z = w.in.z[j];
    double sum = 0;
    if (l.basis == KAN_BASIS_WAVELET) {
      for (int64_t o = 0; o < l.out; ++o) {
        const float s = l.weight(1, o, i);
        float value, derivative;
        psi(l.wavelet, (z - l.weight(2, o, i)) / s, value, derivative);
        sum += double(dy[o]) * l.weight(0, o, i) * derivative / s;
      }
      sum *= window_of(l, i);
    } else {
      sum = pull_back(z, {l, i, 0, 0, dy}, nullptr);
    }
    double base = 0;
    if (l.base_row >= 0) {
      for (int64_t o = 0; o < l.out; ++o) base += double(dy[o]) * l.mask_of(o, i) * l.weight(l.base_row, o, i);
      base *= base_slope(l, w.in.base_of(l, j));
    }
    w.to[j] = float(w.d_b == w.to ? sum + base : sum);
    if (w.d_b != w.to) w.d_b[j] = float(base);
  }
}

// The same from cotangents that are each edge's own, with the shares of dL/dtheta, a thread an input.
__device__ __forceinline__ void inputs_of_statistics(const Work& w) {
  const LayerView& l = w.l;
  for (int64_t i = first_index(); i < l.in; i += index_step()) {
    double* const theta = w.theta ? w.theta + i * w.count : nullptr;
    for (int32_t k = 0; theta && k < w.count; ++k) theta[k] = 0;
    for (int64_t b = 0; b < w.batch; ++b) {
      const int64_t j = b * l.in + i;
      const float z = w.in.z[j], x = w.in.base_of(l, j);
      const double slope = l.base_row >= 0 ? base_slope(l, x) : 0;
      double sum = 0, base = 0;
      for (int64_t o = 0; o < l.out; ++o) {
        const double g = w.statistics(l, o, i, z, x) * l.mask_of(o, i);
        if (l.base_row >= 0) base += g * l.weight(l.base_row, o, i) * slope;
        if (l.basis == KAN_BASIS_WAVELET) {
          const float s = l.weight(1, o, i);
          float value, derivative;
          psi(l.wavelet, (z - l.weight(2, o, i)) / s, value, derivative);
          sum += g * l.weight(0, o, i) * derivative / s * window_of(l, i);
          continue;
        }
        sum += pull_back(z, {l, i, o, g * l.scale_of(o, i), nullptr}, theta);
      }
      w.to[j] = float(w.d_b == w.to ? sum + base : sum);
      if (w.d_b != w.to) w.d_b[j] = float(base);
    }
  }
}

// All gradients of the edge's own numbers, a thread an edge, into `to` (like params), to which rows are added.
__device__ __forceinline__ void edges_of(const Work& w) {
  const LayerView& l = w.l;
  float* const gradient = w.to;
  for (int64_t j = first_index(); j < l.in * l.out; j += index_step()) {
    const int64_t o = j % l.out, i = j / l.out;
    for (int32_t r = 0; r < l.rows; ++r) gradient[l.index(r, o, i)] = 0;
    const float mask = l.mask_of(o, i), scale = l.basis == KAN_BASIS_WAVELET ? 1 : l.scale_of(o, i);
    const double window = l.basis == KAN_BASIS_WAVELET ? window_of(l, i) : 1;
    double own[3] = {0, 0, 0};  // wavelets: weight, scale, translation; else base, scale
    for (int64_t b = 0; b < w.batch; ++b) {
      const float z = w.in.z[b * l.in + i], base = w.in.base_of(l, b * l.in + i);
      const float dy = (w.d_y ? w.d_y[b * l.out + o] : float(w.statistics(l, o, i, z, base))) * mask;
      if (l.basis == KAN_BASIS_WAVELET) {
        const float s = l.weight(1, o, i), u = (z - l.weight(2, o, i)) / s;
        float value, derivative;
        psi(l.wavelet, u, value, derivative);
        const double d_u = double(dy) * window * l.weight(0, o, i) * derivative;
        own[0] += double(dy) * window * value;
        own[1] -= d_u * u / s;
        own[2] -= d_u / s;
        continue;
      }
      if (l.base_row >= 0) own[0] += double(dy) * base_value(l, base);
      const int64_t at = l.index(l.coef_row, o, i);
      Terms terms = {l.scale_row < 0 ? nullptr : l.params + at, gradient + at, l.tile_width(o / kTile), dy * scale, 0};
      evaluate(l, i, z, terms);
      own[1] += double(dy) * terms.sum;
    }
    if (l.basis == KAN_BASIS_WAVELET) {
      for (int32_t r = 0; r < 3; ++r) gradient[l.index(r, o, i)] = float(own[r]);
    } else {
      if (l.base_row >= 0) gradient[l.index(l.base_row, o, i)] = float(own[0]);
      if (l.scale_row >= 0) gradient[l.index(l.scale_row, o, i)] = float(own[1]);
    }
  }
}

// Shares of dL/dtheta, a thread an input.
__device__ __forceinline__ void theta_of(const Work& w) {
  const LayerView& l = w.l;
  for (int64_t i = first_index(); i < l.in; i += index_step()) {
    double* const own = w.theta + i * w.count;
    for (int32_t k = 0; k < w.count; ++k) own[k] = 0;
    for (int64_t b = 0; b < w.batch; ++b) pull_back(w.in.z[b * l.in + i], {l, i, 0, 0, w.d_y + b * l.out}, own);
  }
}

__device__ __forceinline__ void statistics_of(const Work& w) {
  const LayerView& l = w.l;
  const auto phi_of = [&](int64_t b, int64_t o, int64_t i) {
    return edge(l, o, i, w.in.z[b * l.in + i], w.in.base_of(l, b * l.in + i));
  };
  for (int64_t j = first_index(); j < l.in * l.out; j += index_step()) {
    const int64_t o = j / l.in, i = j % l.in;
    double sum = 0, sum_abs = 0, squares = 0;
    for (int64_t b = 0; b < w.batch; ++b) {
      const double phi = phi_of(b, o, i);
      sum += phi;
      sum_abs += ::fabs(phi);
    }
    for (int64_t b = 0; w.deviation && b < w.batch; ++b) {
      const double d = phi_of(b, o, i) - sum / double(w.batch);
      squares += d * d;
    }
    if (w.mean_abs) w.mean_abs[j] = sum_abs / double(w.batch);
    if (w.mean) w.mean[j] = sum / double(w.batch);
    if (w.deviation) w.deviation[j] = ::sqrt(squares / double(w.batch));
  }
}

// phi_r(x) of every input, (batch, in, n), into `to`.
__device__ __forceinline__ void values_of(const Work& w) {
  const LayerView& l = w.l;
  for (int64_t j = first_index(); j < w.batch * l.in; j += index_step()) {
    const float x = w.in.x[j];
    Terms terms = {nullptr, w.to + j * l.n, 1, 1, 0};
    for (int32_t r = 0; r < l.n; ++r) terms.to[r] = x != x ? x : 0;
    evaluate(l, j % l.in, x, terms);
  }
}

__global__ void reference_kernel(const __grid_constant__ Work w) {
  switch (w.task) {
    case Task::kForward: return forward_of(w);
    case Task::kInputs: return inputs_of(w);
    case Task::kInputsOfStatistics: return inputs_of_statistics(w);
    case Task::kEdges: return edges_of(w);
    case Task::kTheta: return theta_of(w);
    case Task::kStatistics: return statistics_of(w);
    case Task::kValues: return values_of(w);
  }
}

void run(CudaDevice& d, Work& work, Task task, int64_t threads) {
  work.task = task;
  launch(d, reference_kernel, grid_for(d, threads, kReferenceThreads), kReferenceThreads, 0, work);
}

__global__ void theta_total_kernel(LayerView l, int32_t count, const double* share, float* gradient) {
  for (int64_t t = first_index(); t < l.theta_count; t += index_step()) {
    double sum = 0;
    for (int64_t i = 0; i < l.in; ++i)
      for (int32_t k = 0; k < count; ++k)
        if (theta_index(l.own, i, k) == t) sum += share[i * count + k];
    gradient[l.theta + t] = float(sum);
  }
}

__global__ void zero_kernel(int64_t n, float* to) {
  for (int64_t i = first_index(); i < n; i += index_step()) to[i] = 0;
}

__global__ void add_kernel(int64_t n, const float* a, const float* b, int32_t mode, float* to) {
  for (int64_t i = first_index(); i < n; i += index_step()) put_by_mode(mode, to[i], b ? a[i] + b[i] : a[i]);
}

struct Scratch {
  float *z, *moments;                  // with KAN_FLAG_NORM
  float *gradient, *d_z, *d_b, *norm;  // backward
  double* theta;

  Scratch(Carver& c, const CudaDevice& d, const Layer& l, int64_t batch, int32_t pass) {
    const bool norm_flag = l.flag(KAN_FLAG_NORM);
    z = c.take<float>(norm_flag ? batch * l.in : 0);
    moments = c.take<float>(norm_flag ? 2 * batch : 0);
    if (pass == KAN_PASS_FORWARD) return;
    gradient = c.take<float>(l.params);
    d_z = c.take<float>(batch * l.in);
    d_b = c.take<float>(norm_flag ? batch * l.in : 0);
    theta = c.take<double>(l.theta_trained ? l.in * int32_t(l.theta_per_input) : 0);
    norm = c.take<float>(norm_flag ? layer_norm_scratch(d, batch, l.in) : column_sums_scratch(d, batch, l.out));
    if (norm_flag) c.take<float>(column_sums_scratch(d, batch, l.out));
  }
};

Inputs inputs(CudaDevice& d, const Layer& l, int64_t batch, const void* x_, const void* params, const Scratch& s) {
  const float *x = static_cast<const float*>(x_), *p = static_cast<const float*>(params);
  if (!l.flag(KAN_FLAG_NORM)) return {x, x};
  layer_norm_forward(d, batch, l.in, l.spec.shape[2], x, p + l.norm_weight, p + l.norm_bias, s.z, s.moments);
  return {x, s.z};
}

int64_t scratch_bytes(const Problem& p) {
  Carver carver(nullptr);
  Scratch(carver, p.device, p.layer, p.batch, p.pass);
  return carver.used();
}

void forward(CudaDevice& d, const Layer& l, const ForwardArgs& a) {
  Carver carver(a.scratch);
  const Scratch s(carver, d, l, a.batch, KAN_PASS_FORWARD);
  const Inputs in = inputs(d, l, a.batch, a.x, a.params, s);
  Work work = {Task::kForward, LayerView(l, a.params, a.buffers), a.batch, in};
  work.to = static_cast<float*>(a.y);
  run(d, work, Task::kForward, a.batch * l.out);
}

// The gradients of all outputs, or with `edges` of a scalar of the edges' statistics.
void pull_back_layer(CudaDevice& d, const Layer& l, const BackwardArgs& a, const OfStatistics* edges) {
  Carver carver(a.scratch);
  const Scratch s(carver, d, l, a.batch, KAN_PASS_BACKWARD);
  const Sink sink(a);
  const Inputs in = inputs(d, l, a.batch, a.x, a.params, s);
  const bool norm = l.flag(KAN_FLAG_NORM), want_x = a.d_x_mode != KAN_GRAD_NONE;
  const int64_t n = a.batch * l.in;
  Work work = {Task::kInputs, LayerView(l, a.params, a.buffers), a.batch, in};
  if (edges) work.statistics = *edges;
  else work.d_y = static_cast<const float*>(a.d_y);
  work.to = s.d_z;
  work.d_b = norm && !l.flag(KAN_FLAG_BASE_NORM) ? s.d_b : s.d_z;
  work.count = int32_t(l.theta_per_input);
  work.theta = l.theta_trained ? s.theta : nullptr;
  if (edges) run(d, work, Task::kInputsOfStatistics, l.in);
  else if (want_x || norm) run(d, work, Task::kInputs, n);
  if (sink.wanted()) {
    work.to = s.gradient;
    run(d, work, Task::kEdges, l.in * l.out);
    if (l.theta_trained) {
      if (!edges) run(d, work, Task::kTheta, l.in);
      launch(d, theta_total_kernel, grid_for(d, l.theta_count, kReferenceThreads), kReferenceThreads, 0, work.l,
             work.count, static_cast<const double*>(s.theta), s.gradient);
    }
  }
  if (norm) {
    const float* p = static_cast<const float*>(a.params);
    layer_norm_backward(d, a.batch, l.in, in.x, s.moments, p + l.norm_weight, s.d_z, KAN_GRAD_OVERWRITE, s.d_z, sink,
                        l.norm_weight, l.norm_bias, s.norm);
  }
  if (want_x) {
    const bool apart = norm && !l.flag(KAN_FLAG_BASE_NORM) && l.base_row >= 0;
    launch(d, add_kernel, grid_for(d, n, kReferenceThreads), kReferenceThreads, 0, n, static_cast<const float*>(s.d_z),
           static_cast<const float*>(apart ? s.d_b : nullptr), a.d_x_mode, static_cast<float*>(a.d_x));
  }
  if (!sink.wanted()) return;
  if (l.bias >= 0 && edges) {  // no edge has it
    launch(d, zero_kernel, grid_for(d, l.out, kReferenceThreads), kReferenceThreads, 0, l.out, s.gradient + l.bias);
    sink_gradient(d, l.out, s.gradient + l.bias, 1, 0, sink, l.bias);
  } else if (l.bias >= 0) {
    column_sums(d, a.batch, l.out, work.d_y, sink, l.bias, s.norm);
  }
  sink_gradient(d, l.in * l.out * l.rows, s.gradient, 1, 0, sink, 0);
  if (l.theta_trained) sink_gradient(d, l.theta_count, s.gradient + l.theta, 1, 0, sink, l.theta);
}

void backward(CudaDevice& d, const Layer& l, const BackwardArgs& a) {
  if (a.batch > 0) return pull_back_layer(d, l, a, nullptr);
  // AdamW with gradients of 0.
  Carver carver(a.scratch);
  const Scratch s(carver, d, l, a.batch, KAN_PASS_BACKWARD);
  launch(d, zero_kernel, grid_for(d, l.params, kReferenceThreads), kReferenceThreads, 0, l.params, s.gradient);
  sink_gradient(d, l.params, s.gradient, 1, 0, Sink(a), 0);
}

}  // namespace

extern const Implementation kReference;
const Implementation kReference = {
    "reference",
    [](const Problem& p) { return p.layer.spec.kind == KAN_LAYER_KAN || p.layer.spec.kind == KAN_LAYER_LINEAR; },
    nullptr,
    scratch_bytes,
    forward,
    backward,
};

int64_t edge_statistics_scratch(const CudaDevice& d, const Layer& l, int64_t batch, int32_t pass) {
  if (l.spec.kind != KAN_LAYER_KAN) return 0;
  Carver carver(nullptr);
  Scratch(carver, d, l, batch, pass);
  return carver.used();
}

void edge_statistics(CudaDevice& d, const Layer& l, const EdgeStatisticsArgs& a) {
  Carver carver(a.scratch);
  const Scratch s(carver, d, l, a.batch, KAN_PASS_FORWARD);
  const Inputs in = inputs(d, l, a.batch, a.x, a.params, s);
  Work work = {Task::kStatistics, LayerView(l, a.params, a.buffers), a.batch, in};
  work.mean_abs = a.mean_abs, work.mean = a.mean, work.deviation = a.deviation;
  run(d, work, Task::kStatistics, l.in * l.out);
}

void edge_statistics_backward(CudaDevice& d, const Layer& l, const EdgeBackwardArgs& a) {
  const OfStatistics cotangent = {a.d_mean_abs, a.d_mean, a.d_mean_square, 1 / double(a.pass.batch)};
  pull_back_layer(d, l, a.pass, &cotangent);
}

void basis_values(CudaDevice& d, const Layer& l, int64_t batch, const void* x, const void* params, const void* buffers,
                  void* phi) {
  const float* const inputs = static_cast<const float*>(x);
  Work work = {Task::kValues, LayerView(l, params, buffers), batch, {inputs, inputs}};
  work.to = static_cast<float*>(phi);
  run(d, work, Task::kValues, batch * l.in);
}

}  // namespace kan::cuda
