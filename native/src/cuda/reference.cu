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

constexpr int kThreads = 128;

__device__ void psi(int32_t kind, float u, float& value, float& derivative) {
  switch (kind) {
    case KAN_WAVELET_HAT: return wavelet<KAN_WAVELET_HAT>(u, value, derivative);
    case KAN_WAVELET_MORLET: return wavelet<KAN_WAVELET_MORLET>(u, value, derivative);
    case KAN_WAVELET_DOG: return wavelet<KAN_WAVELET_DOG>(u, value, derivative);
    case KAN_WAVELET_MEYER: return wavelet<KAN_WAVELET_MEYER>(u, value, derivative);
    default: return wavelet<KAN_WAVELET_SHANNON>(u, value, derivative);
  }
}

// out(r, phi_r(z)) for input i.
template <class Out>
__device__ void evaluate(const LayerView& l, int64_t i, float z, Out&& out) {
  switch (l.basis) {
    case KAN_BASIS_NONE: return out(0, z);  // LINEAR
    case KAN_BASIS_BSPLINE: {
      float taps[kMaxTaps];
      const int32_t first = bspline_taps_any<false>(l, i, z, taps);
      for (int32_t r = 0; r <= l.order; ++r) out(first + r, taps[r]);
      return;
    }
// clang-format off
#define KAN_GLOBAL_BASIS(name, constant, policy) \
  case constant: return policy<float>::eval(l.view(i), z, out);
#include "registry/basis.inc"
      // clang-format on
    default: return;
  }
}

// dL/dz of input i from cotangents g(r) = dL/dphi_r; acc(k, dL/dtheta_k).
template <class Cotangent, class Accumulate>
__device__ float pull_back(const LayerView& l, int64_t i, float z, Cotangent&& g, Accumulate&& acc) {
  switch (l.basis) {
    case KAN_BASIS_NONE: return g(0);
    case KAN_BASIS_BSPLINE: {
      float taps[kMaxTaps], sum = 0;
      const int32_t first = bspline_taps_any<true>(l, i, z, taps);
      for (int32_t r = 0; r <= l.order; ++r) sum += g(first + r) * taps[r];
      return sum;
    }
// clang-format off
#define KAN_GLOBAL_BASIS(name, constant, policy) \
  case constant: return policy<float>::template vjp<true>(l.view(i), z, g, acc, [](int32_t, float) {});
#include "registry/basis.inc"
      // clang-format on
    default: return 0;
  }
}

// phi_oi: the edge's whole output. z is what the basis sees, base what the base branch sees.
__device__ double edge(const LayerView& l, int64_t o, int64_t i, float z, float base) {
  if (l.basis == KAN_BASIS_WAVELET) {
    float value, derivative;
    psi(l.wavelet, (z - l.weight(2, o, i)) / l.weight(1, o, i), value, derivative);
    return double(l.weight(0, o, i)) * wavelet_window(l.wavelet, i, l.in) * value;
  }
  double sum = 0;
  evaluate(l, i, z, [&](int32_t r, float phi) { sum += double(l.weight(l.coef_row + r, o, i)) * phi; });
  if (l.scale_row >= 0) sum *= l.weight(l.scale_row, o, i);
  if (l.base_row >= 0) sum += double(l.weight(l.base_row, o, i)) * activation(l.base, base);
  return l.mask >= 0 ? sum * l.mask_of(o, i) : sum;
}

// x, z (batch, in): z is x or its LayerNorm.
struct Inputs {
  const float *x, *z;
  __device__ float base_of(const LayerView& l, int64_t j) const { return l.base_norm ? z[j] : x[j]; }
};

// dL/dphi_oi of a sample: that of its output ...
struct OfOutputs {
  const float* d_y;
  __device__ double operator()(const LayerView& l, int64_t b, int64_t o, int64_t, float, float) const {
    return d_y[b * l.out + o];
  }
};
// ... or that of a scalar of the edge's mean |phi|, mean phi and mean phi^2, whose derivatives are (out, in) or NULL.
struct OfStatistics {
  const double *mean_abs, *mean, *mean_square;
  double share;  // of a sample
  __device__ double operator()(const LayerView& l, int64_t, int64_t o, int64_t i, float z, float base) const {
    const double phi = edge(l, o, i, z, base);
    const int64_t e = o * l.in + i;
    double g = mean ? mean[e] : 0;
    if (mean_abs) g += phi > 0 ? mean_abs[e] : phi < 0 ? -mean_abs[e] : 0;
    if (mean_square) g += 2 * mean_square[e] * phi;
    return g * share;
  }
};

__global__ void forward_kernel(LayerView l, int64_t batch, Inputs in, float* y) {
  for (int64_t j = first_index(); j < batch * l.out; j += index_step()) {
    const int64_t b = j / l.out, o = j % l.out;
    double sum = l.bias >= 0 ? l.params[l.bias + o] : 0;
    for (int64_t i = 0; i < l.in; ++i) sum += edge(l, o, i, in.z[b * l.in + i], in.base_of(l, b * l.in + i));
    y[j] = float(sum);
  }
}

// d_z (batch, in) of the basis; d_b of the base branch, times its derivative, into d_b or, being the same, added to d_z.
__global__ void input_kernel(LayerView l, int64_t batch, Inputs in, const float* d_y, float* d_z, float* d_b) {
  for (int64_t j = first_index(); j < batch * l.in; j += index_step()) {
    const int64_t b = j / l.in, i = j % l.in;
    const float* dy = d_y + b * l.out;
    const float z = in.z[j];
    double sum = 0;
    if (l.basis == KAN_BASIS_WAVELET) {
      for (int64_t o = 0; o < l.out; ++o) {
        const float s = l.weight(1, o, i);
        float value, derivative;
        psi(l.wavelet, (z - l.weight(2, o, i)) / s, value, derivative);
        sum += double(dy[o]) * l.weight(0, o, i) * derivative / s;
      }
      sum *= wavelet_window(l.wavelet, i, l.in);
    } else {
      sum = pull_back(
          l, i, z,
          [&](int32_t r) {
            double g = 0;
            for (int64_t o = 0; o < l.out; ++o)
              g += double(dy[o]) * l.mask_of(o, i) * l.scale_of(o, i) * l.weight(l.coef_row + r, o, i);
            return float(g);
          },
          [](int32_t, float) {});
    }
    double base = 0;
    if (l.base_row >= 0) {
      for (int64_t o = 0; o < l.out; ++o) base += double(dy[o]) * l.mask_of(o, i) * l.weight(l.base_row, o, i);
      base *= activation_derivative(l.base, in.base_of(l, j));
    }
    if (d_b == d_z) {
      d_z[j] = float(sum + base);
    } else {
      d_z[j] = float(sum);
      d_b[j] = float(base);
    }
  }
}

// The same from cotangents that are each edge's own; and shares of dL/dtheta (theta_kernel), a thread an input, if not NULL.
__global__ void edge_input_kernel(LayerView l, int64_t batch, Inputs in, OfStatistics cotangent, float* d_z, float* d_b,
                                  int32_t count, double* share) {
  for (int64_t i = first_index(); i < l.in; i += index_step()) {
    for (int32_t k = 0; share && k < count; ++k) share[i * count + k] = 0;
    for (int64_t b = 0; b < batch; ++b) {
      const int64_t j = b * l.in + i;
      const float z = in.z[j], x = in.base_of(l, j);
      const double slope = l.base_row >= 0 ? activation_derivative(l.base, x) : 0;
      double sum = 0, base = 0;
      for (int64_t o = 0; o < l.out; ++o) {
        const double g = cotangent(l, b, o, i, z, x) * l.mask_of(o, i);
        if (l.base_row >= 0) base += g * l.weight(l.base_row, o, i) * slope;
        if (l.basis == KAN_BASIS_WAVELET) {
          const float s = l.weight(1, o, i);
          float value, derivative;
          psi(l.wavelet, (z - l.weight(2, o, i)) / s, value, derivative);
          sum += g * l.weight(0, o, i) * derivative / s * wavelet_window(l.wavelet, i, l.in);
          continue;
        }
        const double scaled = g * l.scale_of(o, i);
        sum += pull_back(
            l, i, z, [&](int32_t r) { return float(scaled * l.weight(l.coef_row + r, o, i)); },
            [&](int32_t k, float v) {
              if (share) share[i * count + k] += v;
            });
      }
      d_z[j] = float(d_b == d_z ? sum + base : sum);
      if (d_b != d_z) d_b[j] = float(base);
    }
  }
}

// All gradients of the edge's own numbers, a thread an edge, into `gradient` (like params), to which rows are added.
template <class Cotangent>
__global__ void edge_kernel(LayerView l, int64_t batch, Inputs in, Cotangent cotangent, float* gradient) {
  for (int64_t j = first_index(); j < l.in * l.out; j += index_step()) {
    const int64_t o = j % l.out, i = j / l.out;
    for (int32_t r = 0; r < l.rows; ++r) gradient[l.index(r, o, i)] = 0;
    const float mask = l.mask_of(o, i), scale = l.basis == KAN_BASIS_WAVELET ? 1 : l.scale_of(o, i);
    const double window = l.basis == KAN_BASIS_WAVELET ? wavelet_window(l.wavelet, i, l.in) : 1;
    double own[3] = {0, 0, 0};  // wavelets: weight, scale, translation; else base, scale
    for (int64_t b = 0; b < batch; ++b) {
      const float z = in.z[b * l.in + i];
      const float dy = float(cotangent(l, b, o, i, z, in.base_of(l, b * l.in + i))) * mask;
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
      if (l.base_row >= 0) own[0] += double(dy) * activation(l.base, in.base_of(l, b * l.in + i));
      evaluate(l, i, z, [&](int32_t r, float phi) {
        const int64_t at = l.index(l.coef_row + r, o, i);
        gradient[at] += dy * scale * phi;
        if (l.scale_row >= 0) own[1] += double(dy) * l.params[at] * phi;
      });
    }
    if (l.basis == KAN_BASIS_WAVELET) {
      for (int32_t r = 0; r < 3; ++r) gradient[l.index(r, o, i)] = float(own[r]);
    } else {
      if (l.base_row >= 0) gradient[l.index(l.base_row, o, i)] = float(own[0]);
      if (l.scale_row >= 0) gradient[l.index(l.scale_row, o, i)] = float(own[1]);
    }
  }
}

// Shares of dL/dtheta, a thread an input: share[i][k].
__global__ void theta_kernel(LayerView l, int64_t batch, int32_t count, Inputs in, const float* d_y, double* share) {
  for (int64_t i = first_index(); i < l.in; i += index_step()) {
    double* own = share + i * count;
    for (int32_t k = 0; k < count; ++k) own[k] = 0;
    for (int64_t b = 0; b < batch; ++b) {
      const float* dy = d_y + b * l.out;
      pull_back(
          l, i, in.z[b * l.in + i],
          [&](int32_t r) {
            double g = 0;
            for (int64_t o = 0; o < l.out; ++o) g += double(dy[o]) * l.weight(l.coef_row + r, o, i);
            return float(g);
          },
          [&](int32_t k, float v) { own[k] += v; });
    }
  }
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

__global__ void statistics_kernel(LayerView l, int64_t batch, Inputs in, double* mean_abs, double* mean,
                                  double* deviation) {
  for (int64_t j = first_index(); j < l.in * l.out; j += index_step()) {
    const int64_t o = j / l.in, i = j % l.in;
    double sum = 0, sum_abs = 0, squares = 0;
    for (int64_t b = 0; b < batch; ++b) {
      const double phi = edge(l, o, i, in.z[b * l.in + i], in.base_of(l, b * l.in + i));
      sum += phi;
      sum_abs += ::fabs(phi);
    }
    for (int64_t b = 0; deviation && b < batch; ++b) {
      const double d = edge(l, o, i, in.z[b * l.in + i], in.base_of(l, b * l.in + i)) - sum / double(batch);
      squares += d * d;
    }
    if (mean_abs) mean_abs[j] = sum_abs / double(batch);
    if (mean) mean[j] = sum / double(batch);
    if (deviation) deviation[j] = ::sqrt(squares / double(batch));
  }
}

__global__ void values_kernel(LayerView l, int64_t batch, const float* x, float* phi) {
  for (int64_t j = first_index(); j < batch * l.in; j += index_step()) {
    float* to = phi + j * l.n;
    if (l.basis == KAN_BASIS_BSPLINE)
      for (int32_t r = 0; r < l.n; ++r) to[r] = x[j] != x[j] ? x[j] : 0;
    evaluate(l, j % l.in, x[j], [&](int32_t r, float v) { to[r] = v; });
  }
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
  launch(d, forward_kernel, grid_for(d, a.batch * l.out, kThreads), kThreads, 0, LayerView(l, a.params, a.buffers),
         a.batch, in, static_cast<float*>(a.y));
}

// The gradients of all outputs, or with `edges` of a scalar of the edges' statistics.
void pull_back_layer(CudaDevice& d, const Layer& l, const BackwardArgs& a, const OfStatistics* edges) {
  Carver carver(a.scratch);
  const Scratch s(carver, d, l, a.batch, KAN_PASS_BACKWARD);
  const Sink sink(a);
  const Inputs in = inputs(d, l, a.batch, a.x, a.params, s);
  const LayerView view(l, a.params, a.buffers);
  const OfOutputs outputs = {static_cast<const float*>(a.d_y)};
  const bool norm = l.flag(KAN_FLAG_NORM), want_x = a.d_x_mode != KAN_GRAD_NONE;
  const int64_t n = a.batch * l.in;
  const int32_t count = int32_t(l.theta_per_input);
  float* d_b = norm && !l.flag(KAN_FLAG_BASE_NORM) ? s.d_b : s.d_z;
  const dim3 by_edge = grid_for(d, l.in * l.out, kThreads), by_input = grid_for(d, l.in, kThreads);
  if (edges) {
    launch(d, edge_input_kernel, by_input, kThreads, 0, view, a.batch, in, *edges, s.d_z, d_b, count,
           l.theta_trained ? s.theta : nullptr);
  } else if (want_x || norm) {
    launch(d, input_kernel, grid_for(d, n, kThreads), kThreads, 0, view, a.batch, in, outputs.d_y, s.d_z, d_b);
  }
  if (sink.wanted()) {
    if (edges) launch(d, edge_kernel<OfStatistics>, by_edge, kThreads, 0, view, a.batch, in, *edges, s.gradient);
    else launch(d, edge_kernel<OfOutputs>, by_edge, kThreads, 0, view, a.batch, in, outputs, s.gradient);
    if (l.theta_trained) {
      if (!edges) launch(d, theta_kernel, by_input, kThreads, 0, view, a.batch, count, in, outputs.d_y, s.theta);
      launch(d, theta_total_kernel, grid_for(d, l.theta_count, kThreads), kThreads, 0, view, count,
             static_cast<const double*>(s.theta), s.gradient);
    }
  }
  if (norm) {
    const float* p = static_cast<const float*>(a.params);
    layer_norm_backward(d, a.batch, l.in, in.x, s.moments, p + l.norm_weight, s.d_z, KAN_GRAD_OVERWRITE, s.d_z, sink,
                        l.norm_weight, l.norm_bias, s.norm);
  }
  if (want_x) {
    const bool apart = norm && !l.flag(KAN_FLAG_BASE_NORM) && l.base_row >= 0;
    launch(d, add_kernel, grid_for(d, n, kThreads), kThreads, 0, n, static_cast<const float*>(s.d_z),
           static_cast<const float*>(apart ? s.d_b : nullptr), a.d_x_mode, static_cast<float*>(a.d_x));
  }
  if (!sink.wanted()) return;
  if (l.bias >= 0 && edges) {  // no edge has it
    launch(d, zero_kernel, grid_for(d, l.out, kThreads), kThreads, 0, l.out, s.gradient + l.bias);
    sink_gradient(d, l.out, s.gradient + l.bias, 1, 0, sink, l.bias);
  } else if (l.bias >= 0) {
    column_sums(d, a.batch, l.out, outputs.d_y, sink, l.bias, s.norm);
  }
  sink_gradient(d, l.in * l.out * l.rows, s.gradient, 1, 0, sink, 0);
  if (l.theta_trained) sink_gradient(d, l.theta_count, s.gradient + l.theta, 1, 0, sink, l.theta);
}

void backward(CudaDevice& d, const Layer& l, const BackwardArgs& a) {
  if (a.batch > 0) return pull_back_layer(d, l, a, nullptr);
  // AdamW with gradients of 0.
  Carver carver(a.scratch);
  const Scratch s(carver, d, l, a.batch, KAN_PASS_BACKWARD);
  launch(d, zero_kernel, grid_for(d, l.params, kThreads), kThreads, 0, l.params, s.gradient);
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
  launch(d, statistics_kernel, grid_for(d, l.in * l.out, kThreads), kThreads, 0, LayerView(l, a.params, a.buffers),
         a.batch, in, a.mean_abs, a.mean, a.deviation);
}

void edge_statistics_backward(CudaDevice& d, const Layer& l, const EdgeBackwardArgs& a) {
  const OfStatistics cotangent = {a.d_mean_abs, a.d_mean, a.d_mean_square, 1 / double(a.pass.batch)};
  pull_back_layer(d, l, a.pass, &cotangent);
}

void basis_values(CudaDevice& d, const Layer& l, int64_t batch, const void* x, const void* params, const void* buffers,
                  void* phi) {
  launch(d, values_kernel, grid_for(d, batch * l.in, kThreads), kThreads, 0, LayerView(l, params, buffers), batch,
         static_cast<const float*>(x), static_cast<float*>(phi));
}

}  // namespace kan::cuda
