// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Layers: creation, tensors, forward, backward, edges.
#include <algorithm>
#include <memory>

#include "abi/check.hpp"
#include "abi/guard.hpp"

using namespace kan;
using namespace kan::abi;

namespace {

// The first kSavedHeader bytes of `saved`: whose forward pass filled the rest.
struct SavedHeader {
  uint64_t magic, layer;
  int64_t batch;
  int64_t tier;
};
static_assert(sizeof(SavedHeader) <= kSavedHeader);
constexpr uint64_t kMagic = 0x6b616e3473617665;  // "kan4save"

// On a device the header is not written either: only kernels touch what is there.
void check_saved(const Context& c, const Layer& l, int64_t batch, const void* saved) {
  if (c.device()) return;
  SavedHeader h;
  std::memcpy(&h, saved, sizeof h);
  if (h.magic != kMagic) {
    throw Error(KAN_INVALID_ARGUMENT, "saved: not filled by kan_layer_forward in KAN_MODE_TRAIN");
  }
  if (h.layer != l.id) throw Error(KAN_INVALID_ARGUMENT, "saved: filled by the forward pass of another layer");
  if (h.batch != batch) {
    throw Error(KAN_INVALID_ARGUMENT, "saved: filled by a forward pass of batch ", h.batch, ", this backward is of ",
                batch);
  }
  if (h.tier != c.tier) {
    throw Error(KAN_INVALID_ARGUMENT, "saved: filled on a context of tier ", h.tier, ", this context is of tier ",
                c.tier);
  }
}

void* past_header(void* saved) { return saved ? static_cast<char*>(saved) + kSavedHeader : nullptr; }
const void* past_header(const void* saved) { return saved ? static_cast<const char*>(saved) + kSavedHeader : nullptr; }

int64_t scratch_bytes(const Context& c, const Layer& l, int64_t batch, int32_t mode) {
  return c.kernels.scratch_bytes(c.pool, l, batch, mode);
}

// Byte counts and checks that every pass over a batch shares.
struct Pass {
  const Layer& l;
  int64_t batch, element, in_bytes, out_bytes, param_bytes, buffer_bytes;

  Pass(const Context& c, kan_layer layer, int64_t batch_) : l(layer_of(layer)), batch(batch_), element(l.f64 ? 8 : 4) {
    check_device_dtype(c, l.spec.dtype);
    check_range("batch", batch, 0, INT64_MAX);
    in_bytes = product("x", batch, l.in, element);
    out_bytes = product("y", batch, l.out, element);
    param_bytes = l.params * element;
    buffer_bytes = l.buffers * element;
  }

  void check(const char* name, const void* p, int64_t bytes) const { check_pointer(name, p, bytes, element); }
  void check_inputs(const void* x, const void* params, const void* buffers) const {
    check("x", x, in_bytes);
    check("params", params, param_bytes);
    check("buffers", buffers, buffer_bytes);
  }
  // All that a pass works on; its results are added by the caller.
  Arrays check_scratch(const Context& c, void* scratch, int32_t mode, const void* x, const void* buffers) const {
    const int64_t bytes = scratch_bytes(c, l, batch, mode);
    check_pointer("scratch", scratch, bytes, 64);
    return Arrays().reads("x", x, in_bytes).reads("buffers", buffers, buffer_bytes).writes("scratch", scratch, bytes);
  }
  // The gradient of an empty batch.
  void clear_gradient(Context& c, int32_t mode, void* d_params) const {
    if (mode != KAN_GRAD_OVERWRITE || !d_params) return;
    if (c.device()) c.plugin->fill(*c.device(), d_params, 0, param_bytes);
    else std::memset(d_params, 0, size_t(param_bytes));
  }
  void add_gradients(Arrays& arrays, int32_t d_x_mode, const void* d_x, int32_t d_params_mode,
                     const void* d_params) const {
    if (d_x_mode != KAN_GRAD_NONE) arrays.writes("d_x", d_x, in_bytes);
    if (d_params_mode != KAN_GRAD_NONE) arrays.writes("d_params", d_params, param_bytes);
  }
  // The bytes of an (out, in) array of doubles.
  int64_t edge_bytes() const { return product("edges", l.out, l.in, 8); }
  void check_kan(const char* what) const {
    if (l.spec.kind != KAN_LAYER_KAN) {
      throw Error(KAN_UNSUPPORTED, "layer: ", what, " are defined for KAN_LAYER_KAN only, given kind ", l.spec.kind);
    }
  }
  void check_gradient(const char* name, const char* mode_name, int32_t mode, const void* p, int64_t bytes) const {
    check_range(mode_name, mode, KAN_GRAD_NONE, KAN_GRAD_ACCUMULATE);
    if (mode != KAN_GRAD_NONE) check(name, p, bytes);
  }
};

const TensorEntry& tensor_at(const Layer& l, int64_t index) {
  if (l.tensors == 0) throw Error(KAN_INVALID_ARGUMENT, "index: this layer has no tensors, given ", index);
  check_range("index", index, 0, l.tensors - 1);
  return l.tensor[index];
}

}  // namespace

namespace kan::abi {
kan_adamw read_adamw(const Context& c, const kan_adamw* optimizer);  // abi/math.cpp
}

kan_status kan_layer_create(kan_context context, const kan_layer_spec* spec, kan_layer* layer) {
  return run(context, [&](Context& c) {
    check_pointer("layer", layer, sizeof(kan_layer), alignof(kan_layer));
    *layer = nullptr;
    auto made = std::make_unique<const Layer>(make_layer(read_struct("spec", spec)));
    check_device_dtype(c, made->spec.dtype);
    *layer = reinterpret_cast<kan_layer>(layers().add(made.get()));
    static_cast<void>(made.release());
  });
}

kan_status kan_layer_destroy(kan_layer layer) {
  if (!layer) return KAN_OK;
  return guard(thread_error(), [&] {
    const Layer* l = layers().remove(reinterpret_cast<uint64_t>(layer));
    if (!l) throw Error(KAN_INVALID_ARGUMENT, "layer: not a live layer handle (destroyed twice or never created)");
    delete l;
  });
}

kan_status kan_layer_query(kan_context context, kan_layer layer, long long batch, int32_t mode,
                           kan_layer_sizes* sizes) {
  return run(context, [&](Context& c) {
    check_output_struct("sizes", sizes);
    const Pass pass(c, layer, batch);
    check_range("mode", mode, KAN_MODE_INFER, KAN_MODE_TRAIN);
    kan_layer_sizes found{};
    found.params = pass.l.params;
    found.buffers = pass.l.buffers;
    found.tensors = pass.l.tensors;
    found.saved_bytes = mode == KAN_MODE_TRAIN ? kSavedHeader + c.kernels.saved_bytes(pass.l, batch) : 0;
    found.scratch_bytes = scratch_bytes(c, pass.l, batch, mode);
    write_struct(sizes, found);
  });
}

kan_status kan_layer_tensor(kan_context context, kan_layer layer, long long index, kan_tensor_info* info) {
  return run(context, [&](Context&) {
    check_output_struct("info", info);
    write_struct(info, tensor_at(layer_of(layer), index).info);
  });
}

kan_status kan_layer_tensor_get(kan_context context, kan_layer layer, long long index, const void* flat,
                                void* natural) {
  return run(context, [&](Context&) {
    const Layer& l = layer_of(layer);
    const TensorEntry& t = tensor_at(l, index);
    const int64_t element = l.f64 ? 8 : 4,
                  flat_bytes = element * (t.info.role == KAN_ROLE_PARAM ? l.params : l.buffers);
    check_pointer("flat", flat, flat_bytes, element);
    check_pointer("natural", natural, t.info.count * element, element);
    check_apart("natural", natural, t.info.count * element, "flat", flat, flat_bytes);
    tensor_get(l, t, flat, natural);
  });
}

kan_status kan_layer_tensor_set(kan_context context, kan_layer layer, long long index, const void* natural,
                                void* flat) {
  return run(context, [&](Context&) {
    const Layer& l = layer_of(layer);
    const TensorEntry& t = tensor_at(l, index);
    const int64_t element = l.f64 ? 8 : 4,
                  flat_bytes = element * (t.info.role == KAN_ROLE_PARAM ? l.params : l.buffers);
    check_pointer("flat", flat, flat_bytes, element);
    check_pointer("natural", natural, t.info.count * element, element);
    check_apart("natural", natural, t.info.count * element, "flat", flat, flat_bytes);
    tensor_set(l, t, natural, flat);
  });
}

kan_status kan_layer_forward(kan_context context, kan_layer layer, int32_t mode, long long batch, const void* x,
                             const void* params, void* buffers, void* y, void* saved, void* scratch) {
  return run(context, [&](Context& c) {
    const Pass pass(c, layer, batch);
    check_range("mode", mode, KAN_MODE_INFER, KAN_MODE_TRAIN);
    if (batch == 0) return;
    const bool train = mode == KAN_MODE_TRAIN;
    pass.check_inputs(x, params, buffers);
    pass.check("y", y, pass.out_bytes);
    const int64_t saved_bytes = train ? kSavedHeader + c.kernels.saved_bytes(pass.l, batch) : 0;
    if (train) check_pointer("saved", saved, saved_bytes, 64);
    Arrays arrays = pass.check_scratch(c, scratch, mode, x, buffers);
    arrays.reads("params", params, pass.param_bytes).writes("y", y, pass.out_bytes).writes("saved", saved, saved_bytes);
    if (train && batch == 1 && pass.l.spec.kind == KAN_LAYER_BATCHNORM && !pass.l.flag(KAN_FLAG_RUNNING_STATS)) {
      throw Error(KAN_INVALID_ARGUMENT, "batch: BATCHNORM in KAN_MODE_TRAIN expects at least 2 rows, given 1");
    }
    c.kernels.forward(c.pool, pass.l,
                      {mode, batch, x, params, buffers, y, train ? past_header(saved) : nullptr, scratch});
    if (train && !c.device()) {
      const SavedHeader header{kMagic, pass.l.id, batch, c.tier};
      std::memcpy(saved, &header, sizeof header);
    }
  });
}

kan_status kan_layer_backward(kan_context context, kan_layer layer, long long batch, const void* x, const void* params,
                              const void* buffers, const void* saved, const void* d_y, int32_t d_x_mode, void* d_x,
                              int32_t d_params_mode, void* d_params, void* scratch) {
  return run(context, [&](Context& c) {
    const Pass pass(c, layer, batch);
    pass.check_gradient("d_x", "d_x_mode", d_x_mode, d_x, pass.in_bytes);
    pass.check_gradient("d_params", "d_params_mode", d_params_mode, d_params, pass.param_bytes);
    if (batch == 0) return pass.clear_gradient(c, d_params_mode, d_params);
    pass.check_inputs(x, params, buffers);
    pass.check("d_y", d_y, pass.out_bytes);
    check_pointer("saved", saved, kSavedHeader, 64);
    check_saved(c, pass.l, batch, saved);
    Arrays arrays = pass.check_scratch(c, scratch, KAN_MODE_TRAIN, x, buffers);
    arrays.reads("params", params, pass.param_bytes)
        .reads("d_y", d_y, pass.out_bytes)
        .reads("saved", saved, kSavedHeader + c.kernels.saved_bytes(pass.l, batch));
    pass.add_gradients(arrays, d_x_mode, d_x, d_params_mode, d_params);
    BackwardArgs args{};
    args.batch = batch, args.x = x, args.params = params, args.buffers = buffers, args.saved = past_header(saved);
    args.d_y = d_y, args.d_x_mode = d_x_mode, args.d_x = d_x;
    args.d_params_mode = d_params_mode, args.d_params = d_params, args.scratch = scratch;
    c.kernels.backward(c.pool, pass.l, args);
  });
}

kan_status kan_layer_backward_adamw(kan_context context, kan_layer layer, long long batch, const void* x, void* params,
                                    const void* buffers, const void* saved, const void* d_y, int32_t d_x_mode,
                                    void* d_x, const kan_adamw* optimizer, void* m, void* v, void* scratch) {
  return run(context, [&](Context& c) {
    const kan_adamw adam = read_adamw(c, optimizer);
    const Pass pass(c, layer, batch);
    pass.check_gradient("d_x", "d_x_mode", d_x_mode, d_x, pass.in_bytes);
    pass.check("m", m, pass.param_bytes);
    pass.check("v", v, pass.param_bytes);
    pass.check_inputs(x, params, buffers);  // of an empty batch, too: its step moves the parameters
    if (batch > 0) {
      pass.check("d_y", d_y, pass.out_bytes);
      check_pointer("saved", saved, kSavedHeader, 64);
      check_saved(c, pass.l, batch, saved);
    }
    Arrays arrays = pass.check_scratch(c, scratch, KAN_MODE_TRAIN, x, buffers);
    arrays.reads("d_y", d_y, pass.out_bytes)
        .reads("saved", saved, batch > 0 ? kSavedHeader + c.kernels.saved_bytes(pass.l, batch) : 0);
    pass.add_gradients(arrays, d_x_mode, d_x, KAN_GRAD_NONE, nullptr);
    arrays.writes("params", params, pass.param_bytes).writes("m", m, pass.param_bytes).writes("v", v, pass.param_bytes);
    BackwardArgs args{};
    args.batch = batch, args.x = x, args.params = params, args.buffers = buffers, args.saved = past_header(saved);
    args.d_y = d_y, args.d_x_mode = d_x_mode, args.d_x = d_x, args.scratch = scratch;
    args.adam = &adam, args.params_out = params, args.m = m, args.v = v;
    c.kernels.backward(c.pool, pass.l, args);
  });
}

kan_status kan_layer_edge_statistics(kan_context context, kan_layer layer, long long batch, const void* x,
                                     const void* params, const void* buffers, double* mean_abs, double* mean,
                                     double* deviation, void* scratch) {
  return run(context, [&](Context& c) {
    const Pass pass(c, layer, batch);
    pass.check_kan("edge statistics");
    for (const double* result : {mean_abs, mean, deviation}) check_aligned("statistics", result, 8);
    if (batch == 0) return;
    pass.check_inputs(x, params, buffers);
    Arrays arrays = pass.check_scratch(c, scratch, KAN_MODE_INFER, x, buffers);
    arrays.reads("params", params, pass.param_bytes)
        .writes("mean_abs", mean_abs, pass.edge_bytes())
        .writes("mean", mean, pass.edge_bytes())
        .writes("deviation", deviation, pass.edge_bytes());
    c.kernels.edge_statistics(c.pool, pass.l, {batch, x, params, buffers, mean_abs, mean, deviation, scratch});
  });
}

kan_status kan_layer_edge_backward(kan_context context, kan_layer layer, long long batch, const void* x,
                                   const void* params, const void* buffers, const double* d_mean_abs,
                                   const double* d_mean, const double* d_mean_square, int32_t d_x_mode, void* d_x,
                                   int32_t d_params_mode, void* d_params, void* scratch) {
  return run(context, [&](Context& c) {
    const Pass pass(c, layer, batch);
    pass.check_kan("gradients of edge statistics");
    if (!c.kernels.edge_backward)
      throw Error(KAN_UNSUPPORTED, "context: gradients of edge statistics are computed on the CPU only");
    pass.check_gradient("d_x", "d_x_mode", d_x_mode, d_x, pass.in_bytes);
    pass.check_gradient("d_params", "d_params_mode", d_params_mode, d_params, pass.param_bytes);
    check_aligned("d_mean_abs", d_mean_abs, 8);
    check_aligned("d_mean", d_mean, 8);
    check_aligned("d_mean_square", d_mean_square, 8);
    if (batch == 0) return pass.clear_gradient(c, d_params_mode, d_params);
    pass.check_inputs(x, params, buffers);
    Arrays arrays = pass.check_scratch(c, scratch, KAN_MODE_TRAIN, x, buffers);
    arrays.reads("params", params, pass.param_bytes)
        .reads("d_mean_abs", d_mean_abs, pass.edge_bytes())
        .reads("d_mean", d_mean, pass.edge_bytes())
        .reads("d_mean_square", d_mean_square, pass.edge_bytes());
    pass.add_gradients(arrays, d_x_mode, d_x, d_params_mode, d_params);
    EdgeBackwardArgs args{};
    args.pass.batch = batch, args.pass.x = x, args.pass.params = params, args.pass.buffers = buffers;
    args.pass.d_x_mode = d_x_mode, args.pass.d_x = d_x, args.pass.d_params_mode = d_params_mode,
    args.pass.d_params = d_params;
    args.pass.scratch = scratch;
    args.d_mean_abs = d_mean_abs, args.d_mean = d_mean, args.d_mean_square = d_mean_square;
    c.kernels.edge_backward(c.pool, pass.l, args);
  });
}

kan_status kan_layer_basis(kan_context context, kan_layer layer, long long batch, const void* x, const void* params,
                           const void* buffers, void* phi) {
  return run(context, [&](Context& c) {
    const Pass pass(c, layer, batch);
    if (pass.l.spec.kind != KAN_LAYER_KAN || pass.l.spec.basis == KAN_BASIS_WAVELET) {
      throw Error(KAN_UNSUPPORTED, "layer: basis values exist for KAN_LAYER_KAN but WAVELET, given kind ",
                  pass.l.spec.kind, ", basis ", pass.l.spec.basis);
    }
    const int64_t phi_bytes = product("phi", product("phi", batch, pass.l.in, 1), pass.l.n, pass.element);
    if (batch == 0) return;
    pass.check_inputs(x, params, buffers);
    pass.check("phi", phi, phi_bytes);
    Arrays()
        .reads("x", x, pass.in_bytes)
        .reads("params", params, pass.param_bytes)
        .reads("buffers", buffers, pass.buffer_bytes)
        .writes("phi", phi, phi_bytes);
    c.kernels.basis(c.pool, pass.l, batch, x, params, buffers, phi);
  });
}
