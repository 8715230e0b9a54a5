// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Kernels through the C ABI, without a JVM around them.
//
//   driver cases   the names of all cases, one a line, in the order in which they are measured
//   driver count   runs every case once inside kan_bench_measured, for bench/instructions (callgrind, AVX2 tier)
//   driver calls   what calls of the C ABI cost from C, in ns: beside org.kan4j.bench.FfmBenchmark
//   driver scaling what many threads could gain at most, on a machine with few: bench/scaling
//
// Built by bench/instructions; by hand: c++ -std=c++20 -O2 -I native/include bench/native/driver.cpp -L build -lkan4j

#include <kan/kan.h>

#include <dirent.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace {

struct Case {
  const char* name;
  int32_t kind, dtype, basis, base, grid, order, flags;
};

constexpr int kScaled = KAN_FLAG_SCALE;
constexpr int kFast = KAN_FLAG_BIAS | KAN_FLAG_NORM;
const Case kCases[] = {
    {"bspline", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_BSPLINE, KAN_ACTIVATION_SILU, 5, 3, kScaled},
    {"bspline_f64", KAN_LAYER_KAN, KAN_F64, KAN_BASIS_BSPLINE, KAN_ACTIVATION_SILU, 5, 3, kScaled},
    {"bspline_grid50", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_BSPLINE, KAN_ACTIVATION_SILU, 50, 3, kScaled},
    {"bspline_order1", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_BSPLINE, KAN_ACTIVATION_SILU, 5, 1, 0},
    {"rbf", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_RBF, KAN_ACTIVATION_SILU, 8, 0, kFast},
    {"rswaf", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_RSWAF, KAN_ACTIVATION_NONE, 8, 0, KAN_FLAG_NORM},
    {"fourier", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_FOURIER, KAN_ACTIVATION_NONE, 5, 0, KAN_FLAG_BIAS},
    {"chebyshev", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_CHEBYSHEV, KAN_ACTIVATION_NONE, 9, 0, 0},
    {"chebyshev_f64", KAN_LAYER_KAN, KAN_F64, KAN_BASIS_CHEBYSHEV, KAN_ACTIVATION_NONE, 9, 0, 0},
    {"jacobi", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_JACOBI, KAN_ACTIVATION_NONE, 9, 0, 0},
    {"sine", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_SINE, KAN_ACTIVATION_NONE, 8, 0, KAN_FLAG_BIAS | KAN_FLAG_TRAIN_BASIS},
    {"wavelet", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_WAVELET, KAN_ACTIVATION_NONE, 0, 0, 0},
    {"relu", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_RELU, KAN_ACTIVATION_NONE, 5, 3, KAN_FLAG_BIAS},
    {"rational", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_RATIONAL, KAN_ACTIVATION_NONE, 8, 0,
     KAN_FLAG_BIAS | KAN_FLAG_TRAIN_BASIS},
    {"bsrbf", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_BSRBF, KAN_ACTIVATION_SILU, 5, 3, KAN_FLAG_NORM | KAN_FLAG_BASE_NORM},
    {"linear", KAN_LAYER_LINEAR, KAN_F32, KAN_BASIS_NONE, KAN_ACTIVATION_NONE, 0, 0, KAN_FLAG_BIAS},
};
const char* const kOperations[] = {"forward", "backward", "step"};
constexpr long long kFeatures = 64;
constexpr long long kBatch = 64;

[[noreturn]] void fail(const char* what, kan_context context) {
  char text[512] = "";
  kan_last_error(context, text, sizeof text);
  std::fprintf(stderr, "driver: %s: %s\n", what, text);
  std::exit(1);
}

void check(kan_status status, const char* what, kan_context context) {
  if (status != KAN_OK) fail(what, context);
}

template <class S>
S sized() {
  S s;
  std::memset(&s, 0, sizeof s);
  s.struct_size = sizeof s;
  s.struct_version = 1;
  return s;
}

// A fixed sequence in -1..1: the counts must not depend on the day.
struct Random {
  uint64_t state = 88172645463325252ull;
  double operator()() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return static_cast<double>(state >> 11) * 0x1p-52 - 1;
  }
};

struct Memory {  // 64-byte aligned numbers of either type
  std::vector<double> raw;
  void* data = nullptr;
  explicit Memory(long long bytes) : raw(static_cast<size_t>(bytes / 8 + 10)) {
    data = reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(raw.data()) + 63) & ~uintptr_t{63});
  }
};

void store(void* at, int32_t dtype, long long i, double value) {
  if (dtype == KAN_F32) {
    static_cast<float*>(at)[i] = static_cast<float>(value);
  } else {
    static_cast<double*>(at)[i] = value;
  }
}

// A sensible value of element i of a named tensor.
double initial(const kan_tensor_info& t, long long i, const Case& c, Random& random) {
  const std::string name = t.name;
  const double last = static_cast<double>(i % t.shape[t.rank - 1]);
  if (name == "knots") return -1 + (last - c.order) * 2 / c.grid;
  if (name == "centres") return -2 + last * 4 / static_cast<double>(t.count - 1);
  if (name == "inv_width") return 1.75;
  if (name == "freq") return last + 1;
  if (name == "phase_low") return (last - c.order) / c.grid;
  if (name == "phase_high") return (last + 1) / c.grid;
  if (name == "norm_weight" || name == "scale" || name == "mask" || name == "coef_scale" || name == "running_var")
    return 1;
  return 0.1 * random();
}

struct Layer {
  const Case& c;
  kan_context context;
  long long batch;
  kan_layer layer = nullptr;
  kan_layer_sizes sizes = sized<kan_layer_sizes>();
  Memory *params, *grads, *m, *v, *buffers, *saved, *scratch, *x, *y, *d_x, *d_y;

  Layer(kan_context ctx, const Case& which, long long in = kFeatures, long long out = kFeatures,
        long long rows = kBatch)
      : c(which), context(ctx), batch(rows) {
    auto spec = sized<kan_layer_spec>();
    spec.kind = c.kind;
    spec.dtype = c.dtype;
    spec.in_features = in;
    spec.out_features = out;
    spec.basis = c.basis;
    spec.base = c.base;
    spec.grid = c.grid;
    spec.order = c.order;
    spec.flags = c.flags;
    spec.shape[2] = 1e-5;
    if (c.basis == KAN_BASIS_JACOBI) spec.shape[0] = spec.shape[1] = 1;
    check(kan_layer_create(ctx, &spec, &layer), c.name, ctx);
    check(kan_layer_query(ctx, layer, batch, KAN_MODE_TRAIN, &sizes), c.name, ctx);
    params = new Memory(8 * sizes.params);
    grads = new Memory(8 * sizes.params);
    m = new Memory(8 * sizes.params);
    v = new Memory(8 * sizes.params);
    buffers = new Memory(8 * sizes.buffers);
    saved = new Memory(sizes.saved_bytes);
    scratch = new Memory(sizes.scratch_bytes);
    x = new Memory(8 * batch * in);
    y = new Memory(8 * batch * out);
    d_x = new Memory(8 * batch * in);
    d_y = new Memory(8 * batch * out);
    Random random;
    for (long long i = 0; i < batch * std::max(in, out); ++i) {
      const double first = random(), second = random();
      if (i < batch * in) store(x->data, c.dtype, i, first);
      if (i < batch * out) store(d_y->data, c.dtype, i, second);
    }
    for (long long t = 0; t < sizes.tensors; ++t) {
      auto info = sized<kan_tensor_info>();
      check(kan_layer_tensor(ctx, layer, t, &info), c.name, ctx);
      Memory natural(8 * info.count);
      for (long long i = 0; i < info.count; ++i) store(natural.data, c.dtype, i, initial(info, i, c, random));
      check(
          kan_layer_tensor_set(ctx, layer, t, natural.data, info.role == KAN_ROLE_PARAM ? params->data : buffers->data),
          c.name, ctx);
    }
  }

  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  ~Layer() {
    kan_layer_destroy(layer);
    for (Memory* memory : {params, grads, m, v, buffers, saved, scratch, x, y, d_x, d_y}) delete memory;
  }

  kan_status forward() {
    return kan_layer_forward(context, layer, KAN_MODE_TRAIN, batch, x->data, params->data, buffers->data, y->data,
                             saved->data, scratch->data);
  }

  kan_status backward() {
    return kan_layer_backward(context, layer, batch, x->data, params->data, buffers->data, saved->data, d_y->data,
                              KAN_GRAD_OVERWRITE, d_x->data, KAN_GRAD_OVERWRITE, grads->data, scratch->data);
  }

  kan_status step() {
    auto adamw = sized<kan_adamw>();
    adamw.learning_rate = 1e-6;
    adamw.beta1 = 0.9;
    adamw.beta2 = 0.999;
    adamw.eps = 1e-8;
    adamw.step = 1;
    return kan_layer_backward_adamw(context, layer, batch, x->data, params->data, buffers->data, saved->data, d_y->data,
                                    KAN_GRAD_NONE, nullptr, &adamw, m->data, v->data, scratch->data);
  }

  kan_status run(int operation) { return operation == 0 ? forward() : operation == 1 ? backward() : step(); }
};

kan_context open(int32_t tier, int32_t threads = 1) {
  auto spec = sized<kan_context_spec>();
  spec.threads = threads;
  spec.tier = tier;
  kan_context context = nullptr;
  check(kan_context_create(&spec, &context), "a context of the tier", nullptr);
  return context;
}

}  // namespace

// What callgrind counts; a name it can find.
extern "C" __attribute__((noinline, visibility("default"))) int kan_bench_measured(void* layer, int operation) {
  return static_cast<Layer*>(layer)->run(operation);
}

namespace {

void count() {
  kan_context context = open(KAN_TIER_AVX2);
  for (const Case& c : kCases) {
    Layer layer(context, c);
    for (int operation = 0; operation < 3; ++operation) {
      check(layer.run(operation), c.name, context);  // what happens only the first time
      check(layer.forward(), c.name, context);
      check(kan_bench_measured(&layer, operation), c.name, context);
    }
  }
  kan_context_destroy(context);
}

template <class F>
double nanoseconds(F&& call) {
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    constexpr int kCalls = 1000000;
    for (int i = 0; i < kCalls; ++i) call();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    best = took.count() / kCalls < best ? took.count() / kCalls : best;
  }
  return best;
}

void calls() {
  kan_context context = open(KAN_TIER_AUTO);
  float one = 1.5f;
  std::printf("empty    %6.1f ns  kan_abi_version()\n", nanoseconds([] { return kan_abi_version(); }));
  std::printf("segment  %6.1f ns  kan_vector_scale of one number\n",
              nanoseconds([&] { return kan_vector_scale(context, KAN_F32, 1, -1, &one); }));
  std::printf("refused  %6.1f ns  kan_vector_scale of an unknown type\n",
              nanoseconds([&] { return kan_vector_scale(context, -1, 1, -1, &one); }));
  if (one != 1.5f && one != -1.5f) fail("the calls did not flip a sign", context);
  kan_context_destroy(context);
}

// Time on a processor so far of each thread of this process, in ms, as the kernel counts it.
std::map<int, double> on_cpu() {
  std::map<int, double> times;
  DIR* tasks = opendir("/proc/self/task");
  if (!tasks) return times;
  while (const dirent* entry = readdir(tasks)) {
    double ns = -1;
    std::ifstream("/proc/self/task/" + std::string(entry->d_name) + "/schedstat") >> ns;
    if (ns >= 0) times[std::atoi(entry->d_name)] = ns * 1e-6;
  }
  closedir(tasks);
  return times;
}

struct Shape {
  const char* name;
  Case layer;
  long long in, out, batch;
};
const Shape kShapes[] = {
    // clang-format off
    {"bspline G5 784 -> 64", {"bspline", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_BSPLINE, KAN_ACTIVATION_SILU, 5, 3, 0}, 784, 64, 64},
    {"bspline G5 1000 -> 1000", {"bspline", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_BSPLINE, KAN_ACTIVATION_SILU, 5, 3, 0}, 1000, 1000, 100},
    {"bspline G5 2 -> 64", {"bspline", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_BSPLINE, KAN_ACTIVATION_SILU, 5, 3, 0}, 2, 64, 32768},
    {"bspline G5 64 -> 10", {"bspline", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_BSPLINE, KAN_ACTIVATION_SILU, 5, 3, 0}, 64, 10, 4096},
    // clang-format on
    {"rbf G8 784 -> 64", {"rbf", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_RBF, KAN_ACTIVATION_SILU, 8, 0, kFast}, 784, 64, 64},
    {"rbf G8 64 -> 10", {"rbf", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_RBF, KAN_ACTIVATION_SILU, 8, 0, kFast}, 64, 10, 4096},
    {"rbf G200 64 -> 64", {"rbf", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_RBF, KAN_ACTIVATION_SILU, 200, 0, 0}, 64, 64, 1024},
    // clang-format off
    {"rbf G8 1000 -> 1000", {"rbf", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_RBF, KAN_ACTIVATION_SILU, 8, 0, kFast}, 1000, 1000, 100},
    {"linear 1000 -> 1000", {"linear", KAN_LAYER_LINEAR, KAN_F32, KAN_BASIS_NONE, KAN_ACTIVATION_NONE, 0, 0, KAN_FLAG_BIAS}, 1000, 1000, 100},
    {"linear 64 -> 64", {"linear", KAN_LAYER_LINEAR, KAN_F32, KAN_BASIS_NONE, KAN_ACTIVATION_NONE, 0, 0, KAN_FLAG_BIAS}, 64, 64, 8192},
    {"wavelet 64 -> 64", {"wavelet", KAN_LAYER_KAN, KAN_F32, KAN_BASIS_WAVELET, KAN_ACTIVATION_NONE, 0, 0, 0}, 64, 64, 1024},
    {"layernorm 1024", {"layernorm", KAN_LAYER_LAYERNORM, KAN_F32, KAN_BASIS_NONE, KAN_ACTIVATION_NONE, 0, 0, 0}, 1024, 1024, 2048},
    // clang-format on
};

// The bound on the speed-up with T threads: the time of one thread over that of the busiest of T. Workers of a pool with more
// threads than processors neither spin nor take each other's pieces, so what each has to do shows on a machine with few.
void scaling(const char* only) {
  std::printf("%-24s %6s %-9s %10s %8s %8s %8s %8s\n", "layer", "batch", "pass", "1 thread", "T = 4", "T = 8", "T = 16",
              "T = 64");
  for (const Shape& shape : kShapes) {
    if (!std::strstr(shape.name, only)) continue;
    for (int operation = 0; operation < 2; ++operation) {
      double alone = 0;
      std::printf("%-24s %6lld %-9s", shape.name, shape.batch, kOperations[operation]);
      for (const int32_t threads : {1, 4, 8, 16, 64}) {
        kan_context context = open(KAN_TIER_AUTO, threads);
        double least = 1e9;
        {
          Layer layer(context, shape.layer, shape.in, shape.out, shape.batch);
          check(layer.forward(), shape.name, context);
          for (int round = 0; round < 5; ++round) {
            constexpr int kRuns = 5;
            const auto before = on_cpu();
            for (int run = 0; run < kRuns; ++run) check(layer.run(operation), shape.name, context);
            double most = 0;
            for (const auto& [thread, ms] : on_cpu())
              most = std::max(most, (ms - (before.count(thread) ? before.at(thread) : 0)) / kRuns);
            least = std::min(least, most);
          }
        }
        kan_context_destroy(context);
        if (threads == 1) std::printf(" %7.3f ms", alone = least);
        else std::printf(" %8.1f", alone / least);
        std::fflush(stdout);
      }
      std::printf("\n");
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc == 2 || (argc == 3 && std::strcmp(argv[1], "scaling") == 0) ? argv[1] : "";
  if (mode == "count") {
    count();
  } else if (mode == "calls") {
    calls();
  } else if (mode == "scaling") {
    scaling(argc == 3 ? argv[2] : "");
  } else if (mode == "cases") {
    for (const Case& c : kCases) {
      for (const char* operation : kOperations) std::printf("%s/%s\n", c.name, operation);
    }
  } else {
    std::fprintf(stderr, "usage: driver cases | count | calls | scaling [NAME]\n");
    return 2;
  }
  return 0;
}
