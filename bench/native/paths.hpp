// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Paths beside the kernels of the default models, each with the path that it may take a certain number of times as long as.
#pragma once
#include <time.h>

#include <functional>
#include <memory>

#include "layer.hpp"

namespace {

struct Work {
  std::string name;
  std::function<void()> run;
};

struct Path {
  Work path, standard;
  double limit;  // times the standard's
};

// Layers one after the other, as a network of a training step; the first one's input needs no gradient.
struct Network {
  std::vector<std::unique_ptr<Layer>> layers;

  void add(kan_context context, const Case& c, long long in, long long out, long long batch) {
    layers.push_back(std::make_unique<Layer>(context, c, in, out, batch));
  }
  void step() {
    for (auto& layer : layers) check(layer->forward(), layer->c.name, layer->context);
    for (auto& layer : layers)
      check(layer->step(layer == layers.front() ? KAN_GRAD_NONE : KAN_GRAD_OVERWRITE), layer->c.name, layer->context);
  }
};

// Layers of B-splines prepared for predictions of single rows, their numbers fixed. Of several members side by side, as the mean of
// networks has them: all see the inputs, and between the members there are no edges.
struct Prediction {
  std::vector<std::unique_ptr<Layer>> layers;
  std::unique_ptr<Memory> memory;
  kan_chain chain = nullptr;

  Prediction(kan_context context, const Case& c, std::vector<long long> widths, long long members) {
    for (size_t l = 1; l + 1 < widths.size(); ++l) widths[l] *= members;
    std::vector<kan_layer> handles;
    std::vector<const void*> params;
    std::vector<void*> buffers;
    for (size_t l = 0; l + 1 < widths.size(); ++l) {
      layers.push_back(std::make_unique<Layer>(context, c, widths[l], widths[l + 1], 1));
      if (l > 0 && l + 2 < widths.size())
        for (const char* name : {"coef", "base_weight"}) apart(*layers.back(), name, widths[l], widths[l + 1], members);
      handles.push_back(layers.back()->layer);
      params.push_back(layers.back()->params->data);
      buffers.push_back(layers.back()->buffers->data);
    }
    const auto count = static_cast<int32_t>(layers.size());
    long long bytes = 0;
    check(kan_chain_bytes(context, count, handles.data(), 1, &bytes), c.name, context);
    memory = std::make_unique<Memory>(bytes);
    check(
        kan_chain_create(context, count, handles.data(), params.data(), buffers.data(), 1, memory->data, bytes, &chain),
        c.name, context);
    check(kan_chain_fix(chain, 1), c.name, context);
  }
  Prediction(const Prediction&) = delete;
  Prediction& operator=(const Prediction&) = delete;
  ~Prediction() { kan_chain_destroy(chain); }

  // Leaves no edges between the members.
  static void apart(Layer& layer, const char* name, long long in, long long out, long long members) {
    long long t = 0;
    auto info = sized<kan_tensor_info>();
    do check(kan_layer_tensor(layer.context, layer.layer, t++, &info), name, layer.context);
    while (std::strcmp(info.name, name) != 0);
    Memory natural(8 * info.count);
    check(kan_layer_tensor_get(layer.context, layer.layer, t - 1, layer.params->data, natural.data), name,
          layer.context);
    const long long width = info.count / (in * out);
    for (long long j = 0; j < info.count; ++j)
      if (j / (in * width) * members / out != j / width % in * members / in) store(natural.data, layer.c.dtype, j, 0);
    check(kan_layer_tensor_set(layer.context, layer.layer, t - 1, natural.data, layer.params->data), name,
          layer.context);
  }
  void run() const {
    const Layer &first = *layers.front(), &last = *layers.back();
    check(kan_chain_forward(chain, 1, first.x->data, last.y->data), first.c.name, first.context);
  }
};

// Of optimizers and losses: flat arrays of numbers.
struct Flat {
  kan_context context;
  long long n;
  Memory p, g, m, v;
  std::vector<uint8_t> group;

  Flat(kan_context context, long long n)
      : context(context), n(n), p(4 * n), g(4 * n), m(4 * n), v(4 * n), group(static_cast<size_t>(n)) {
    Random random;
    for (long long i = 0; i < n; ++i) {
      store(p.data, KAN_F32, i, random());
      store(g.data, KAN_F32, i, 0.5 * random() + 0.5);
      group[static_cast<size_t>(i)] = i % (n / 16) > n / 20;  // tensors of two groups
    }
  }
  void adamw() {
    const kan_adamw o = adamw_of_a_step();
    check(kan_adamw_step(context, &o, KAN_F32, n, p.data, g.data, m.data, v.data), "adamw", context);
  }
  void adamw_groups() {
    const kan_adamw o = adamw_of_a_step();
    const kan_adamw* both[] = {&o, &o};
    check(kan_adamw_step_groups(context, both, 2, group.data(), KAN_F32, n, p.data, g.data, m.data, v.data),
          "adamw_groups", context);
  }
  static kan_sgd sgd_of_a_step() {
    auto o = sized<kan_sgd>();
    o.learning_rate = 1e-6;
    o.momentum = 0.9;
    return o;
  }
  void sgd() {
    const kan_sgd o = sgd_of_a_step();
    check(kan_sgd_step(context, &o, KAN_F32, n, p.data, g.data, m.data), "sgd", context);
  }
  void sgd_groups() {
    const kan_sgd o = sgd_of_a_step();
    const kan_sgd* both[] = {&o, &o};
    check(kan_sgd_step_groups(context, both, 2, group.data(), KAN_F32, n, p.data, g.data, m.data), "sgd_groups",
          context);
  }
  // Of rows of ten numbers; the weights, where wanted, are the moments' first ones.
  void loss(int32_t kind, bool weighted = false) {
    double value;
    if (weighted) std::fill_n(static_cast<float*>(v.data), n / 10, 1.0f);
    check(kan_loss(context, kind, KAN_F32, n / 10, 10, p.data, g.data, weighted ? v.data : nullptr, 1, m.data, &value),
          "loss", context);
  }
};

class Paths {
 public:
  // Networks have `width` inputs, fine grids get `rows` rows.
  Paths(kan_context context, long long width, long long rows) : context_(context), width_(width), rows_(rows) {
    elementwise();
    flat();
    knots();
    members();
    networks();
  }
  const std::vector<Path>& all() const { return paths_; }

  // Each once: standards serve several paths.
  std::vector<Work> works() const {
    std::vector<Work> works;
    for (const Path& path : paths_)
      for (const Work* work : {&path.standard, &path.path})
        if (std::none_of(works.begin(), works.end(), [&](const Work& w) { return w.name == work->name; }))
          works.push_back(*work);
    return works;
  }

 private:
  kan_context context_;
  long long width_, rows_;
  std::vector<Path> paths_;

  // Both passes of a layer; d_x is wanted.
  Work both(const Case& c, long long in, long long out, long long batch) const {
    auto layer = std::make_shared<Layer>(context_, c, in, out, batch);
    return {c.name, [layer] {
              check(layer->forward(), layer->c.name, layer->context);
              check(layer->backward(), layer->c.name, layer->context);
            }};
  }

  void elementwise() {
    constexpr long long kWidth = 256, kRows = 256;
    const auto layer = [&](const char* name, int32_t kind, int32_t activation = KAN_ACTIVATION_NONE) {
      return both({name, kind, KAN_F32, KAN_BASIS_NONE, KAN_ACTIVATION_NONE, 0, 0, 0, activation}, kWidth, kWidth,
                  kRows);
    };
    const Work norm = layer("layernorm", KAN_LAYER_LAYERNORM);
    paths_.push_back({layer("batchnorm", KAN_LAYER_BATCHNORM), norm, 1.5});
    paths_.push_back({layer("affine", KAN_LAYER_AFFINE), norm, 1.5});
    const Work silu = layer("silu", KAN_LAYER_ACTIVATION, KAN_ACTIVATION_SILU);
    paths_.push_back({layer("gelu", KAN_LAYER_ACTIVATION, KAN_ACTIVATION_GELU), silu, 4});
  }

  void flat() {
    const auto numbers = std::make_shared<Flat>(context_, 100000);
    const Work adamw{"adamw", [numbers] { numbers->adamw(); }}, sgd{"sgd", [numbers] { numbers->sgd(); }},
        mse{"mse", [numbers] { numbers->loss(KAN_LOSS_MSE); }};
    paths_.push_back({{"adamw_groups", [numbers] { numbers->adamw_groups(); }}, adamw, 1.3});
    paths_.push_back({sgd, adamw, 1});
    paths_.push_back({{"sgd_groups", [numbers] { numbers->sgd_groups(); }}, sgd, 1.3});
    const Work weighted{"mse_weighted", [numbers] { numbers->loss(KAN_LOSS_MSE, true); }};
    paths_.push_back({{"bce", [numbers] { numbers->loss(KAN_LOSS_BCE_LOGITS); }}, mse, 2});
    paths_.push_back({{"bce_weighted", [numbers] { numbers->loss(KAN_LOSS_BCE_LOGITS, true); }}, weighted, 2});
  }

  static Case spline(const char* name, int32_t grid, bool uneven) {
    return {name, KAN_LAYER_KAN,       KAN_F32, KAN_BASIS_BSPLINE, KAN_ACTIVATION_SILU, grid, 3,
            0,    KAN_ACTIVATION_NONE, uneven};
  }

  // Uneven knots beside even ones, pass by pass.
  void knots() {
    struct Shape {
      const char *even, *uneven;
      long long in, out, batch;
      int32_t grid;
    };
    static const Shape kShapes[] = {{"knots_wide", "uneven_wide", 784, 64, 64, 5},
                                    {"knots_row", "uneven_row", 784, 64, 1, 5},
                                    {"knots_grid50", "uneven_grid50", 64, 64, 64, 50},
                                    {"knots_grid200", "uneven_grid200", 64, 64, 256, 200}};
    struct Pass {
      const char* name;
      std::function<kan_status(Layer&)> run;
    };
    static const Pass kPasses[] = {{"/forward", [](Layer& l) { return l.forward(); }},
                                   {"/infer", [](Layer& l) { return l.infer(); }},
                                   {"/backward", [](Layer& l) { return l.backward(); }}};
    for (const Shape& shape : kShapes) {
      const auto layer = [&](const char* name, bool uneven) {
        auto made =
            std::make_shared<Layer>(context_, spline(name, shape.grid, uneven), shape.in, shape.out, shape.batch);
        check(made->forward(), name, context_);
        return made;
      };
      const auto even = layer(shape.even, false), uneven = layer(shape.uneven, true);
      for (const Pass& pass : kPasses) {
        if (shape.batch == 1 && &pass != kPasses + 1) continue;  // a row is predicted
        const auto work = [&](const std::shared_ptr<Layer>& l) {
          return Work{std::string(l->c.name) + pass.name, [l, &pass] { check(pass.run(*l), l->c.name, l->context); }};
        };
        paths_.push_back({work(uneven), work(even), 1.3});
      }
    }
    const auto step = [&](const Case& c) {
      auto network = std::make_shared<Network>();
      network->add(context_, c, 64, 64, rows_);
      network->add(context_, c, 64, 64, rows_);
      return Work{c.name, [network] { network->step(); }};
    };
    paths_.push_back({step(spline("grid200", 200, false)), step(spline("grid20", 20, false)), 1.6});
  }

  // A row through the mean of three networks, as tables get them, beside a row through each; of few inputs, and of many.
  void members() {
    constexpr int kMembers = 3;
    struct Shape {
      const char *mean, *each;
      std::vector<long long> widths;
    };
    for (const Shape& shape : {Shape{"mean_row", "members_row", {26, 64, 32, 1}},
                               Shape{"mean_wide_row", "members_wide_row", {308, 32, 16, 1}}}) {
      const Case c = spline(shape.mean, 10, false);
      const auto mean = std::make_shared<Prediction>(context_, c, shape.widths, kMembers);
      std::vector<std::shared_ptr<Prediction>> each;
      for (int m = 0; m < kMembers; ++m) each.push_back(std::make_shared<Prediction>(context_, c, shape.widths, 1));
      paths_.push_back({{shape.mean, [mean] { mean->run(); }},
                        {shape.each,
                         [each] {
                           for (const auto& member : each) member->run();
                         }},
                        1});
    }
  }

  // Training steps of networks of as many parameters, as ./kan4j bench has them.
  void networks() {
    constexpr long long kRows = 100;
    const Case linear{"mlp", KAN_LAYER_LINEAR, KAN_F32, KAN_BASIS_NONE, KAN_ACTIVATION_NONE, 0, 0, KAN_FLAG_BIAS};
    const Case silu{"silu", KAN_LAYER_ACTIVATION, KAN_F32, KAN_BASIS_NONE, KAN_ACTIVATION_NONE, 0, 0,
                    0,      KAN_ACTIVATION_SILU};
    const Case wavelet{"wavelets", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_WAVELET, KAN_ACTIVATION_NONE, 0, 0, KAN_FLAG_BIAS};
    const Case rational{"rational",
                        KAN_LAYER_KAN,
                        KAN_F32,
                        KAN_BASIS_RATIONAL,
                        KAN_ACTIVATION_NONE,
                        8,
                        0,
                        KAN_FLAG_BIAS | KAN_FLAG_TRAIN_BASIS};
    const auto network = [&](const Case& c, long long hidden) {
      auto made = std::make_shared<Network>();
      made->add(context_, c, width_, hidden, kRows);
      if (c.kind == KAN_LAYER_LINEAR) made->add(context_, silu, hidden, hidden, kRows);
      made->add(context_, c, hidden, 1, kRows);
      return Work{std::string(c.name) + "_step", [made] { made->step(); }};
    };
    const Work mlp = network(linear, 10 * width_);
    paths_.push_back({network(wavelet, 3 * width_), mlp, 3});
    paths_.push_back({network(rational, 10 * width_), mlp, 1.2});
  }
};

double cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// Time on the processor of a run, of as many as take ten milliseconds.
double seconds(const Work& work) {
  const double begin = cpu_seconds();
  for (int runs = 1;; ++runs) {
    work.run();
    const double took = cpu_seconds() - begin;
    if (took > 0.01) return took / runs;
  }
}

// Both in turns, so that what else the machine does hits both alike: the median of the ratios.
void print_paths(kan_context context, const char* only) {
  std::printf("%-24s %12s   %-24s %12s %8s %8s\n", "path", "us", "beside", "us", "ratio", "at most");
  const Paths paths(context, 1000, 4096);
  for (const Path& path : paths.all()) {
    if (path.path.name.find(only) == std::string::npos) continue;
    constexpr int kRounds = 15;
    std::vector<double> ratios, times, standards;
    seconds(path.path);
    seconds(path.standard);
    for (int round = 0; round < kRounds; ++round) {
      times.push_back(seconds(path.path));
      standards.push_back(seconds(path.standard));
      ratios.push_back(times.back() / standards.back());
    }
    for (auto* sample : {&ratios, &times, &standards}) std::sort(sample->begin(), sample->end());
    const double ratio = ratios[kRounds / 2];
    std::printf("%-24s %12.1f   %-24s %12.1f %8.2f %8.1f%s\n", path.path.name.c_str(), 1e6 * times[kRounds / 2],
                path.standard.name.c_str(), 1e6 * standards[kRounds / 2], ratio, path.limit,
                ratio > path.limit ? "  above" : "");
    std::fflush(stdout);
  }
}

}  // namespace
