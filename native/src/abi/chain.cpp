// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Prepared chains: the layers of a model one after the other, checked once. A small model's single row spends more time on checks
// than on arithmetic.
#include <algorithm>
#include <memory>
#include <vector>

#include "abi/check.hpp"
#include "abi/guard.hpp"

using namespace kan;
using namespace kan::abi;

namespace {

constexpr int32_t kMaxLayers = 4096;

// What the layers of a chain need beside parameters: two activations that take turns, and scratch.
struct Room {
  int64_t activation = 0, scratch = 0;

  Room(const Context& c, const std::vector<const Layer*>& chain, int64_t max_batch) {
    for (size_t l = 0; l < chain.size(); ++l) {
      const int64_t element = chain[l]->f64 ? 8 : 4;
      if (l + 1 < chain.size())
        activation = std::max(activation, product("activation", max_batch, chain[l]->out, element));
      scratch = std::max(scratch, c.kernels.scratch_bytes(c.pool, *chain[l], max_batch, KAN_MODE_INFER));
    }
    activation = (activation + 63) / 64 * 64;
  }
  int64_t bytes() const { return 2 * activation + scratch; }
};

std::vector<const Layer*> layers_of(const Context& c, int32_t count, const kan_layer* layer, int64_t max_batch) {
  check_range("layers", count, 1, kMaxLayers);
  check_range("max_batch", max_batch, 1, INT64_MAX);
  check_pointer("layer", layer, int64_t(count) * int64_t(sizeof(kan_layer)), alignof(kan_layer));
  if (c.device())
    throw Error(KAN_UNSUPPORTED, "context: chains are of the CPU; on a CUDA device a graph serves (kan_graph_begin)");
  std::vector<const Layer*> chain;
  for (int32_t l = 0; l < count; ++l) {
    const Layer& next = layer_of(layer[l]);
    if (!chain.empty() && chain.back()->out != next.in) {
      throw Error(KAN_SHAPE_MISMATCH, "layer[", l, "]: expected ", chain.back()->out,
                  " features, which the layer before it gives, takes ", next.in);
    }
    if (!chain.empty() && chain.back()->f64 != next.f64) {
      throw Error(KAN_INVALID_ARGUMENT, "layer[", l, "]: expected the dtype of the layers before it");
    }
    chain.push_back(&next);
  }
  return chain;
}

// Runs body(Context&, Chain&) with the chain's context held.
template <class Body>
kan_status run_on(kan_chain chain, Body&& body) noexcept {
  const ChainTable::Slot* slot = chains().find(reinterpret_cast<uint64_t>(chain));
  if (!slot) {
    thread_error().set("chain: not a live chain handle (null, destroyed or never created)");
    return KAN_INVALID_ARGUMENT;
  }
  Chain& made = *slot->object;
  return run(made.context, [&](Context& c) { body(c, made); });
}

}  // namespace

kan_status kan_chain_bytes(kan_context context, int32_t layers, const kan_layer* layer, long long max_batch,
                           long long* bytes) {
  return run(context, [&](Context& c) {
    check_pointer("bytes", bytes, sizeof *bytes, alignof(long long));
    *bytes = Room(c, layers_of(c, layers, layer, max_batch), max_batch).bytes();
  });
}

kan_status kan_chain_create(kan_context context, int32_t layers, const kan_layer* layer, const void* const* params,
                            void* const* buffers, long long max_batch, void* memory, long long bytes,
                            kan_chain* chain) {
  return run(context, [&](Context& c) {
    check_pointer("chain", chain, sizeof(kan_chain), alignof(kan_chain));
    *chain = nullptr;
    const std::vector<const Layer*> all = layers_of(c, layers, layer, max_batch);
    check_pointer("params", params, int64_t(layers) * int64_t(sizeof *params), alignof(void*));
    check_pointer("buffers", buffers, int64_t(layers) * int64_t(sizeof *buffers), alignof(void*));
    const Room room(c, all, max_batch);
    if (bytes < room.bytes())
      throw Error(KAN_SHAPE_MISMATCH, "bytes: expected at least ", room.bytes(), ", given ", bytes);
    check_pointer("memory", memory, room.bytes(), 64);
    auto made = std::make_unique<Chain>();
    made->context = context;
    made->max_batch = max_batch;
    made->element = all[0]->f64 ? 8 : 4;
    made->memory = static_cast<char*>(memory);
    made->activation = room.activation;
    made->bytes = room.bytes();
    for (int32_t l = 0; l < layers; ++l) {
      const Layer& of = *all[size_t(l)];
      check_pointer("params", params[l], of.params * made->element, made->element);
      check_pointer("buffers", buffers[l], of.buffers * made->element, made->element);
      check_apart("memory", memory, room.bytes(), "params", params[l], of.params * made->element);
      check_apart("memory", memory, room.bytes(), "buffers", buffers[l], of.buffers * made->element);
      made->links.push_back({of, params[l], buffers[l], {}});
    }
    *chain = reinterpret_cast<kan_chain>(chains().add(made.get()));
    static_cast<void>(made.release());
  });
}

kan_status kan_chain_fix(kan_chain chain, int32_t fixed) {
  return run_on(chain, [&](Context&, Chain& made) {
    check_range("fixed", fixed, 0, 1);
    for (Chain::Link& link : made.links)
      link.edges = fixed ? edge_ranges(link.layer, link.params, link.buffers) : std::vector<EdgeRange>();
  });
}

kan_status kan_chain_forward(kan_chain chain, long long batch, const void* x, void* y) {
  return run_on(chain, [&](Context& c, const Chain& made) {
    check_range("batch", batch, 0, made.max_batch);
    if (batch == 0) return;
    const Chain::Link& last = made.links.back();
    const int64_t in_bytes = batch * made.links[0].layer.in * made.element,
                  out_bytes = batch * last.layer.out * made.element;
    check_pointer("x", x, in_bytes, made.element);
    check_pointer("y", y, out_bytes, made.element);
    check_apart("y", y, out_bytes, "x", x, in_bytes);
    check_apart("memory", made.memory, made.bytes, "x", x, in_bytes);
    check_apart("memory", made.memory, made.bytes, "y", y, out_bytes);
    char* const scratch = made.memory + 2 * made.activation;
    const void* from = x;
    for (size_t l = 0; l < made.links.size(); ++l) {
      const Chain::Link& link = made.links[l];
      void* to = &link == &last ? y : made.memory + int64_t(l % 2) * made.activation;
      c.kernels.forward(c.pool, link.layer,
                        {KAN_MODE_INFER, batch, from, link.params, link.buffers, to, nullptr, scratch,
                         link.edges.empty() ? nullptr : link.edges.data()});
      from = to;
    }
  });
}

kan_status kan_chain_destroy(kan_chain chain) {
  if (!chain) return KAN_OK;
  return guard(thread_error(), [&] {
    const Chain* removed = chains().remove(reinterpret_cast<uint64_t>(chain));
    if (!removed)
      throw Error(KAN_INVALID_ARGUMENT, "chain: not a live chain handle (destroyed twice or never created)");
    delete removed;
  });
}
