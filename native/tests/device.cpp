// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// A CUDA device through the C ABI: memory, stream, events, graphs, mini-batches, losses, optimizers, refusals, and the same
// bits run after run. On a GPU, or on the emulated device. Usage: device [RUNS], or device fault
// (emulated: what follows an illegal address).
#include <dlfcn.h>

#include <algorithm>

#include "tests/cases.hpp"

namespace {

kan_context context;

#define REFUSED(call, expected, word)                                                                              \
  do {                                                                                                             \
    const kan_status status_ = (call);                                                                             \
    const std::string text_ = last_error(context);                                                                 \
    CHECK_TEXT(status_ == (expected), std::string(#call) + " gave " + std::to_string(status_) + ": " + text_);     \
    CHECK_TEXT(text_.find(word) != std::string::npos, std::string(#call) + ": \"" + text_ + "\" lacks " + (word)); \
  } while (false)

// Device memory that holds numbers of T.
template <class T>
class On {
 public:
  explicit On(const std::vector<T>& values) : count_(values.size()) {
    MUST(context, kan_device_allocate(context, bytes(), &address_));
    MUST(context, kan_device_write(context, address_, values.data(), bytes()));
  }
  ~On() { kan_device_free(context, address_); }
  On(const On&) = delete;
  On& operator=(const On&) = delete;
  std::vector<T> read() const {
    std::vector<T> values(count_);
    MUST(context, kan_device_read(context, values.data(), address_, bytes()));
    return values;
  }
  void write(const std::vector<T>& values) {
    MUST(context, kan_device_write(context, address_, values.data(), bytes()));
  }
  void* get() const { return reinterpret_cast<void*>(uintptr_t(address_)); }
  unsigned long long address() const { return address_; }
  long long bytes() const { return (long long)(count_ * sizeof(T)); }

 private:
  size_t count_;
  unsigned long long address_ = 0;
};

std::vector<float> random_floats(size_t n, uint64_t seed, double low = -1, double high = 1) {
  Random random(seed);
  std::vector<float> v(n);
  for (float& x : v) x = float(random.uniform(low, high));
  return v;
}

bool emulated() {
  auto info = make_struct<kan_context_info>();
  MUST(context, kan_context_query(context, &info));
  CHECK(info.device == KAN_DEVICE_CUDA && info.memory_total > 0 && info.memory_free <= info.memory_total);
  CHECK(info.compute_capability >= 80 && info.multiprocessors > 0);
  std::printf("device: %s, compute capability %d\n", info.device_name, info.compute_capability);
  return std::strstr(info.device_name, "emulation") != nullptr;
}

void memory() {
  auto info = make_struct<kan_context_info>();
  MUST(context, kan_context_query(context, &info));
  const long long held = info.memory_held;
  for (size_t n : {1u, 3u, 1000003u, 12u << 20}) {  // the last three chunks of the pinned ring
    std::vector<unsigned char> bytes(n);
    for (size_t i = 0; i < n; ++i) bytes[i] = (unsigned char)(i * 31 + i / 251);
    const On<unsigned char> a(bytes), b(std::vector<unsigned char>(n, 0));
    CHECK(a.address() % 256 == 0);
    CHECK(a.read() == bytes);
    MUST(context, kan_device_copy(context, b.address(), a.address(), a.bytes()));
    CHECK(b.read() == bytes);
    MUST(context, kan_device_fill(context, b.address(), 0x1a5, b.bytes()));
    CHECK(b.read() == std::vector<unsigned char>(n, 0xa5));
    MUST(context, kan_context_query(context, &info));
    CHECK(info.memory_held == held + 2 * (long long)n);
  }
  unsigned long long address = 1;
  MUST(context, kan_device_allocate(context, 0, &address));
  CHECK(address == 0);
  MUST(context, kan_device_free(context, 0));
  REFUSED(kan_device_allocate(context, 1ll << 46, &address), KAN_DEVICE_OUT_OF_MEMORY,
          "asked for 70368744177664 bytes");
  CHECK(address == 0);
  REFUSED(kan_device_allocate(context, -1, &address), KAN_INVALID_ARGUMENT, "bytes");
  REFUSED(kan_device_free(context, 4096), KAN_INVALID_ARGUMENT, "was not allocated");
  REFUSED(kan_device_write(context, 0, &address, 8), KAN_INVALID_ARGUMENT, "to");
  REFUSED(kan_device_read(context, nullptr, 4096, 8), KAN_INVALID_ARGUMENT, "to");
  MUST(context, kan_synchronize(context));  // it goes on after all this
}

void events() {
  double milliseconds = -1;
  REFUSED(kan_event_elapsed(context, 0, 1, &milliseconds), KAN_INVALID_ARGUMENT, "never recorded");
  MUST(context, kan_event_record(context, 0));
  const On<float> some(random_floats(1000, 1));
  MUST(context, kan_event_record(context, 1));
  MUST(context, kan_event_synchronize(context, 1));
  MUST(context, kan_event_elapsed(context, 0, 1, &milliseconds));
  CHECK(milliseconds >= 0 && milliseconds < 60000);
  REFUSED(kan_event_record(context, KAN_EVENTS), KAN_INVALID_ARGUMENT, "event");
}

// Copies cross on a stream of their own: each reaches its place after the kernels before it and before those behind, however
// large, and its source may change meanwhile.
void copies() {
  const size_t n = 700001;
  std::vector<float> wanted(n), values(n);
  const On<float> sum(wanted);
  On<float> batch(wanted);
  for (int k = 1; k <= 9; ++k) {
    for (size_t i = 0; i < n; ++i) values[i] = float(k) + float(i % 7);
    for (size_t i = 0; i < n; ++i) wanted[i] += values[i];
    batch.write(values);
    std::fill(values.begin(), values.end(), -1.0f);
    MUST(context, kan_vector_axpy(context, KAN_F32, (long long)n, 1, batch.get(), sum.get()));
  }
  CHECK(sum.read() == wanted);
}

void batches() {
  for (long long n : {1ll, 2ll, 5ll, 64ll, 1000ll, 70001ll}) {
    std::vector<int32_t> nothing(size_t(n), -1);
    const On<int32_t> first(nothing), again(nothing), other(nothing);
    MUST(context, kan_shuffle(context, n, 7, first.get()));
    MUST(context, kan_shuffle(context, n, 7, again.get()));
    MUST(context, kan_shuffle(context, n, 8, other.get()));
    const std::vector<int32_t> order = first.read();
    std::vector<bool> seen(size_t(n), false);
    for (int32_t i : order) {
      if (CHECK(i >= 0 && i < n)) seen[size_t(i)] = true;
    }
    CHECK(std::count(seen.begin(), seen.end(), true) == n);
    CHECK(order == again.read());
    CHECK(n < 64 || order != other.read());
    long long fixed = 0;
    for (long long i = 0; i < n; ++i) fixed += order[size_t(i)] == i;
    CHECK_TEXT(n < 64 || fixed < 12, std::to_string(fixed) + " of " + std::to_string(n) + " did not move");
  }
  for (long long width : {1ll, 3ll, 4ll, 8ll, 33ll}) {  // numbers a row; 1 byte, 4 byte and 16 byte copies
    const std::vector<float> data = random_floats(size_t(10 * width), 3);
    const On<float> from(data), to(std::vector<float>(size_t(4 * width), 0));
    const On<int32_t> indices({3, 9, 0, 10, 5, -1});
    const On<long long> position({0});
    const auto rows = [&] {
      MUST(context, kan_gather(context, 4, width * 4, from.get(), 10, indices.get(), 6, position.get(), to.get()));
      return to.read();
    };
    const auto is = [&](const std::vector<float>& got, int r, int source) {
      for (long long j = 0; j < width; ++j) {
        const float v = got[size_t(r * width + j)];
        if (source < 0 ? v == v : v != data[size_t(source * width + j)]) return false;
      }
      return true;
    };
    const std::vector<float> first = rows();
    CHECK(is(first, 0, 3) && is(first, 1, 9) && is(first, 2, 0) && is(first, 3, -1));
    MUST(context, kan_advance(context, position.get(), 3));
    const std::vector<float> second = rows();
    CHECK(is(second, 0, -1) && is(second, 1, 5) && is(second, 2, -1) && is(second, 3, -1));
    CHECK(position.read()[0] == 3);
  }
  const On<unsigned char> odd({1, 2, 3, 4, 5, 6, 7, 8, 9}), to({0, 0, 0});
  const On<int32_t> index({2});
  MUST(context, kan_gather(context, 1, 3, odd.get(), 3, index.get(), 1, nullptr, to.get()));
  CHECK((to.read() == std::vector<unsigned char>{7, 8, 9}));
}

// Losses against the reference, with and without weights, the gradient in place or apart.
void losses() {
  kan_context cpu = make_context(KAN_TIER_REFERENCE, 1);
  for (int32_t kind = KAN_LOSS_MSE; kind <= KAN_LOSS_HUBER; ++kind) {
    for (long long out : {1ll, 10ll, 33ll, 200ll}) {
      for (long long batch : {1ll, 9ll, 300ll}) {
        for (bool weighted : {false, true}) {
          const size_t n = size_t(batch * out);
          const std::vector<float> p = random_floats(n, 5, -3, 3), weights = random_floats(size_t(batch), 6, 0, 2);
          const std::vector<float> t =
              kind == KAN_LOSS_BCE_LOGITS ? random_floats(n, 7, 0, 1) : random_floats(n, 7, -3, 3);
          std::vector<int32_t> labels(static_cast<size_t>(batch));
          for (size_t b = 0; b < labels.size(); ++b) labels[b] = int32_t((b * 7) % size_t(out));
          const bool classes = kind == KAN_LOSS_CROSS_ENTROPY;
          const void* target = classes ? static_cast<const void*>(labels.data()) : t.data();
          std::vector<float> expected(n);
          double value = 0;
          MUST(cpu, kan_loss(cpu, kind, KAN_F32, batch, out, p.data(), target, weighted ? weights.data() : nullptr, 1.5,
                             expected.data(), &value));
          const On<float> on_p(p), on_t(t), on_weights(weights), on_d(std::vector<float>(n, NAN));
          const On<int32_t> on_labels(labels);
          const On<double> on_value({NAN});
          const void* on_target = classes ? on_labels.get() : on_t.get();
          for (bool in_place : {false, true}) {
            const On<float>& d = in_place ? on_p : on_d;
            MUST(context,
                 kan_loss(context, kind, KAN_F32, batch, out, on_p.get(), on_target,
                          weighted ? on_weights.get() : nullptr, 1.5, d.get(), static_cast<double*>(on_value.get())));
            const double got = on_value.read()[0];
            const std::string name =
                "loss " + std::to_string(kind) + ", " + std::to_string(batch) + " x " + std::to_string(out);
            CHECK_TEXT(std::fabs(got - value) <= 2e-6 * (1 + std::fabs(value)),
                       name + ": " + std::to_string(got) + " " + std::to_string(value));
            const std::vector<float> gradient = d.read();
            double worst = 0, largest = 0;
            for (size_t i = 0; i < n; ++i) {
              worst = std::fmax(worst, std::fabs(double(gradient[i]) - expected[i]));
              largest = std::fmax(largest, std::fabs(double(expected[i])));
              if (gradient[i] != gradient[i]) worst = HUGE_VAL;
            }
            CHECK_TEXT(worst <= 4e-6 * largest + 1e-12, name + ": gradient off by " + std::to_string(worst));
          }
        }
      }
    }
  }
  // What the CPU refuses is NaN here.
  const On<float> p({1, 2, 3, 4}), d({0, 0, 0, 0}), bad_weights({1, -1});
  const On<int32_t> labels({0, 7});
  const On<double> value({0});
  double* at = static_cast<double*>(value.get());
  MUST(context,
       kan_loss(context, KAN_LOSS_CROSS_ENTROPY, KAN_F32, 2, 2, p.get(), labels.get(), nullptr, 0, d.get(), at));
  CHECK(std::isnan(value.read()[0]));
  MUST(context, kan_loss(context, KAN_LOSS_BCE_LOGITS, KAN_F32, 2, 2, p.get(), p.get(), nullptr, 0, d.get(), at));
  CHECK(std::isnan(value.read()[0]));
  MUST(context, kan_loss(context, KAN_LOSS_MSE, KAN_F32, 2, 2, p.get(), p.get(), bad_weights.get(), 0, d.get(), at));
  CHECK(std::isnan(value.read()[0]));
  MUST(context, kan_loss(context, KAN_LOSS_MSE, KAN_F32, 0, 2, nullptr, nullptr, nullptr, 0, nullptr, at));
  CHECK(value.read()[0] == 0);
  // Ties count for the first; NaN is the largest.
  const On<float> scores({1, 5, 5, NAN, 2, 9, 0, 0, 0});
  const On<int32_t> answers({1, 0, 2});
  const On<double> correct({10});
  MUST(context, kan_count_correct(context, KAN_F32, 3, 3, scores.get(), answers.get(), correct.get()));
  CHECK(correct.read()[0] == 12);
  kan_context_destroy(cpu);
}

void vectors() {
  kan_context cpu = make_context(KAN_TIER_REFERENCE, 1);
  const size_t n = 100003;
  const std::vector<float> a = random_floats(n, 1), b = random_floats(n, 2);
  const On<float> on_a(a), on_b(b);
  const On<double> value({0, 0});
  double expected = 0;
  MUST(cpu, kan_vector_dot(cpu, KAN_F32, (long long)n, a.data(), b.data(), &expected));
  MUST(context,
       kan_vector_dot(context, KAN_F32, (long long)n, on_a.get(), on_b.get(), static_cast<double*>(value.get())));
  CHECK(std::fabs(value.read()[0] - expected) <= 1e-10 * double(n));
  MUST(context, kan_vector_axpy(context, KAN_F32, (long long)n, 0.5, on_a.get(), on_b.get()));
  MUST(context, kan_vector_scale(context, KAN_F32, (long long)n, -2, on_b.get()));
  const std::vector<float> got = on_b.read();
  bool same = true;
  for (size_t i = 0; i < n; ++i) same = same && got[i] == (b[i] + 0.5f * a[i]) * -2;
  CHECK(same);
  for (bool nesterov : {false, true}) {
    for (bool state : {false, true}) {
      auto sgd = make_struct<kan_sgd>();
      sgd.learning_rate = 0.1, sgd.momentum = 0.9, sgd.weight_decay = 0.01, sgd.nesterov = nesterov;
      std::vector<float> p = a, v = random_floats(n, 4);
      const On<float> on_p(p), on_v(v);
      MUST(cpu, kan_sgd_step(cpu, &sgd, KAN_F32, (long long)n, p.data(), b.data(), v.data()));
      kan_optimizer_state host{};
      host.learning_rate = sgd.learning_rate;
      const On<kan_optimizer_state> on_state({host});
      const On<float> gradient(b);
      if (state) sgd.state = on_state.address(), sgd.learning_rate = 77;
      MUST(context, kan_sgd_step(context, &sgd, KAN_F32, (long long)n, on_p.get(), gradient.get(), on_v.get()));
      const std::vector<float> moved = on_p.read(), velocity = on_v.read();
      double worst = 0;
      for (size_t i = 0; i < n; ++i)
        worst = std::fmax(worst, std::fmax(std::fabs(moved[i] - p[i]), std::fabs(velocity[i] - v[i])));
      CHECK_TEXT(worst < 1e-6, "sgd off by " + std::to_string(worst));
    }
  }
  kan_context_destroy(cpu);
}

kan_layer_spec spline_spec(int64_t in, int64_t out) {
  kan_layer_spec s = layer_spec(KAN_LAYER_KAN, KAN_F32, in, out);
  s.basis = KAN_BASIS_BSPLINE, s.grid = 5, s.order = 3, s.base = KAN_ACTIVATION_SILU, s.flags = KAN_FLAG_BIAS;
  return s;
}

// A graph of what `step` queues, which uses `x`; meanwhile the host reads nothing, and what a graph uses is not freed.
template <class Step>
int32_t captured(Step&& step, const On<float>& x) {
  int32_t graph = -1;
  MUST(context, kan_graph_begin(context));
  step();
  REFUSED(kan_synchronize(context), KAN_INVALID_ARGUMENT, "kan_graph_begin");
  std::vector<float> no(1);
  REFUSED(kan_device_read(context, no.data(), x.address(), 4), KAN_INVALID_ARGUMENT, "kan_graph_begin");
  REFUSED(kan_graph_begin(context), KAN_INVALID_ARGUMENT, "kan_graph_begin");
  MUST(context, kan_graph_end(context, &graph));
  CHECK(graph >= 0);
  REFUSED(kan_device_free(context, x.address()), KAN_INVALID_ARGUMENT, "destroy the graph first");
  return graph;
}

// A training step of one layer on a data set that is on the device, queued or captured: the same bits either way, with
// the learning rate changed and the step counted between replays.
void training(int runs) {
  const long long rows = 40, batch = 10, in = 9, out = 70, steps = 4;
  const Case spline{spline_spec(in, out), "a training step"};
  const Model model(context, spline, 11);
  const auto sizes = model.query(context, batch, KAN_MODE_TRAIN);
  const size_t params = size_t(sizes.params);
  std::vector<float> initial(params);
  std::memcpy(initial.data(), model.params.get(), params * 4);
  std::vector<float> knots(size_t(sizes.buffers));
  std::memcpy(knots.data(), model.buffers.get(), knots.size() * 4);
  const On<float> data(random_floats(size_t(rows * in), 21)), target(random_floats(size_t(rows * out), 22)),
      buffers(knots);
  const On<float> x(std::vector<float>(size_t(batch * in))), t(std::vector<float>(size_t(batch * out)));
  const On<float> y(std::vector<float>(size_t(batch * out))), d_x(std::vector<float>(size_t(batch * in)));
  const On<unsigned char> saved(std::vector<unsigned char>(size_t(sizes.saved_bytes))),
      scratch(std::vector<unsigned char>(size_t(sizes.scratch_bytes)));
  const On<int32_t> indices(std::vector<int32_t>(static_cast<size_t>(rows)));
  const On<double> loss({0}), total({0});
  std::vector<float> result;
  double first_total = 0;
  for (int way = 0; way < 2 + runs; ++way) {  // 0: learning rate and step of the call, 1: of the state, then: captured
    const On<float> p(initial), m(std::vector<float>(params, 0)), v(std::vector<float>(params, 0));
    const On<long long> position({0});
    kan_optimizer_state host{};
    host.learning_rate = 0.01;
    On<kan_optimizer_state> state({host});
    MUST(context, kan_device_fill(context, total.address(), 0, 8));
    auto adam = make_struct<kan_adamw>();
    adam.beta1 = 0.9, adam.beta2 = 0.999, adam.eps = 1e-8, adam.weight_decay = 0.1;
    if (way > 0) adam.state = state.address();
    MUST(context, kan_shuffle(context, rows, 5, indices.get()));
    const auto step = [&](double rate, long long number) {
      adam.learning_rate = rate, adam.step = number;
      MUST(context, kan_gather(context, batch, in * 4, data.get(), rows, indices.get(), rows, position.get(), x.get()));
      MUST(context,
           kan_gather(context, batch, out * 4, target.get(), rows, indices.get(), rows, position.get(), t.get()));
      MUST(context, kan_advance(context, position.get(), batch));
      if (adam.state) MUST(context, kan_adamw_advance(context, &adam));
      MUST(context, kan_layer_forward(context, model.layer, KAN_MODE_TRAIN, batch, x.get(), p.get(), buffers.get(),
                                      y.get(), saved.get(), scratch.get()));
      MUST(context, kan_loss(context, KAN_LOSS_MSE, KAN_F32, batch, out, y.get(), t.get(), nullptr, 1, y.get(),
                             static_cast<double*>(loss.get())));
      MUST(context, kan_vector_axpy(context, KAN_F64, 1, double(batch), loss.get(), total.get()));
      MUST(context,
           kan_layer_backward_adamw(context, model.layer, batch, x.get(), p.get(), buffers.get(), saved.get(), y.get(),
                                    KAN_GRAD_OVERWRITE, d_x.get(), &adam, m.get(), v.get(), scratch.get()));
    };
    const auto rate_of = [&](long long number) { return 0.01 / double(number); };
    const int32_t graph = way >= 2 ? captured([&] { step(1, 1); }, x) : -1;
    if (way >= 2) CHECK(p.read() == initial);  // recorded, not run
    for (long long number = 1; number <= steps; ++number) {
      host.learning_rate = rate_of(number);
      if (way > 0) MUST(context, kan_device_write(context, state.address(), &host.learning_rate, 8));
      if (way < 2) step(way == 0 ? rate_of(number) : 1, way == 0 ? number : 1);
      else MUST(context, kan_graph_launch(context, graph));
    }
    if (way > 0) CHECK(state.read()[0].step == steps);
    const std::vector<float> after = p.read();
    if (way == 0) {
      result = after;
      first_total = total.read()[0];
      CHECK(after != initial && std::isfinite(first_total) && first_total > 0);
    }
    CHECK_TEXT(after == result, "parameters after " + std::to_string(steps) + " steps, way " + std::to_string(way));
    CHECK_TEXT(total.read()[0] == first_total,
               "loss of " + std::to_string(steps) + " steps, way " + std::to_string(way));
    if (graph >= 0) {
      MUST(context, kan_graph_destroy(context, graph));
      REFUSED(kan_graph_launch(context, graph), KAN_INVALID_ARGUMENT, "graph");
    }
  }
  int32_t none = 0;
  REFUSED(kan_graph_end(context, &none), KAN_INVALID_ARGUMENT, "without kan_graph_begin");
  CHECK(none == -1);
}

// The same bits as the first time, for one layer of every family.
void determinism(int runs) {
  for (const Case& c : cases_named(KAN_F32, {"bspline order 3 grid 5 outside 0 knots 0", "rbf grid 8 base 2 flags 44",
                                             "wavelet 0 flags 4", "linear flags 4", "layernorm", "batchnorm"})) {
    const Model m(context, sized(c, 20, 30), 9);
    Random random(3);
    const Vector x = random_input(random, c, 40 * m.spec.in_features),
                 d_y = random_cotangent(random, KAN_F32, 40 * m.spec.out_features);
    const Results first = run_passes(context, m, 40, x, d_y);
    for (int run = 1; run < runs; ++run) {
      const Results again = run_passes(context, m, 40, x, d_y);
      CHECK_TEXT(first.y == again.y && first.d_x == again.d_x && first.gradient == again.gradient,
                 c.name + ", run " + std::to_string(run));
    }
  }
}

void refusals() {
  kan_layer layer;
  kan_layer_spec f64 = layer_spec(KAN_LAYER_LINEAR, KAN_F64, 3, 2);
  REFUSED(kan_layer_create(context, &f64, &layer), KAN_UNSUPPORTED, "KAN_F32");
  double value = 0;
  REFUSED(kan_loss(context, KAN_LOSS_MSE, KAN_F64, 1, 1, &value, &value, nullptr, 1, nullptr, &value), KAN_UNSUPPORTED,
          "KAN_F64");
  auto spec = make_struct<kan_context_spec>();
  kan_context made;
  const auto refused = [&](kan_status expected, const char* word) {
    const kan_status status = kan_context_create(&spec, &made);
    const std::string text = last_error(nullptr);
    CHECK_TEXT(status == expected && made == nullptr && text.find(word) != std::string::npos,
               std::to_string(status) + ": " + text);
  };
  spec.device = KAN_DEVICE_CUDA, spec.threads = 1;
  spec.device_index = 99, refused(KAN_NOT_BUILT_WITH_CUDA, "given 99"), spec.device_index = 0;
  spec.products = 3, refused(KAN_INVALID_ARGUMENT, "spec.products"), spec.products = 0;
  spec.tier = KAN_TIER_AVX2, refused(KAN_INVALID_ARGUMENT, "spec.tier"), spec.tier = KAN_TIER_AUTO;
  std::strcpy(spec.implementation, "no such"), refused(KAN_INVALID_ARGUMENT, "bspline_taps");
  std::memset(spec.implementation, 'x', sizeof spec.implementation), refused(KAN_INVALID_ARGUMENT, "31 characters");
  kan_context cpu = make_context(KAN_TIER_AUTO, 1);
  CHECK(kan_synchronize(cpu) == KAN_UNSUPPORTED && kan_graph_begin(cpu) == KAN_UNSUPPORTED);
  auto adam = make_struct<kan_adamw>();
  adam.eps = 1e-8, adam.step = 1, adam.state = 64;
  CHECK(kan_adamw_advance(cpu, &adam) == KAN_INVALID_ARGUMENT);
  kan_context_destroy(cpu);
}

// The kernels in the order of preference: which one a layer takes, and forcing another.
void implementations() {
  char name[64];
  const kan_layer_spec spline = spline_spec(20, 30);
  kan_layer layer;
  MUST(context, kan_layer_create(context, &spline, &layer));
  MUST(context, kan_layer_implementation(context, layer, 100, KAN_PASS_FORWARD, name, sizeof name));
  CHECK_TEXT(std::string(name) != "reference" && std::string(name) != "", name);
  for (const char* forced : {"reference", "bspline_taps"}) {
    kan_context other = make_cuda_context(forced);
    for (int32_t pass : {KAN_PASS_FORWARD, KAN_PASS_BACKWARD}) {
      MUST(other, kan_layer_implementation(other, layer, 100, pass, name, sizeof name));
      CHECK_TEXT(std::string(name) == forced, name);
    }
    MUST(other, kan_context_destroy(other));
  }
  REFUSED(kan_layer_implementation(context, layer, 1, 2, name, sizeof name), KAN_INVALID_ARGUMENT, "pass");
  kan_layer_destroy(layer);
}

// The thread's CUDA context is what it was before a call: other libraries on it go on with their own device.
void leaves_the_thread_as_it_was() {
  void* const plugin = dlopen(std::getenv("KAN4J_CUDA_PLUGIN"), RTLD_LAZY | RTLD_NOLOAD);
  if (!CHECK(plugin)) return;
  const auto of_thread = reinterpret_cast<void** (*)()>(dlsym(plugin, "emulated_context"));
  if (!CHECK(of_thread)) return;
  int others = 0;
  for (void* before : {static_cast<void*>(nullptr), static_cast<void*>(&others)}) {
    *of_thread() = before;
    MUST(context, kan_synchronize(context));
    CHECK(*of_thread() == before);
    REFUSED(kan_device_free(context, 4096), KAN_INVALID_ARGUMENT, "was not allocated");
    CHECK(*of_thread() == before);
  }
}

// An illegal address ends all CUDA work of the process: the context says so, and so does every one that is opened later.
int fault() {
  setenv("KAN4J_EMULATION", "fault", 1);
  REFUSED(kan_synchronize(context), KAN_DEVICE_ERROR, "restart it");
  unsetenv("KAN4J_EMULATION");
  REFUSED(kan_synchronize(context), KAN_DEVICE_ERROR, "700");
  kan_context_destroy(context);
  for (int again = 0; again < 2; ++again) {
    auto spec = make_struct<kan_context_spec>();
    spec.device = KAN_DEVICE_CUDA, spec.threads = 1;
    kan_context made;
    CHECK(kan_context_create(&spec, &made) == KAN_DEVICE_ERROR);
    const std::string text = last_error(nullptr);
    CHECK_TEXT(
        text.find("kan_synchronize") != std::string::npos && text.find("restart the process") != std::string::npos,
        text);
  }
  return check::finish("device fault");
}

// What a machine without a driver, device or recent enough GPU says; the emulation can play each.
void absences() {
  struct {
    const char *role, *one, *two;
  } const roles[] = {{"no-driver", "no NVIDIA driver", ""},
                     {"old-driver", "CUDA 12.4", "CUDA 13.0"},
                     {"no-device", "no CUDA device", ""},
                     {"old-gpu", "7.0", "8.0"}};
  for (const auto& role : roles) {
    setenv("KAN4J_EMULATION", role.role, 1);
    auto spec = make_struct<kan_context_spec>();
    spec.device = KAN_DEVICE_CUDA, spec.threads = 1;
    kan_context made;
    const kan_status status = kan_context_create(&spec, &made);
    const std::string text = last_error(nullptr);
    CHECK_TEXT(status == KAN_NOT_BUILT_WITH_CUDA && text.find(role.one) != std::string::npos &&
                   text.find(role.two) != std::string::npos,
               text);
  }
  unsetenv("KAN4J_EMULATION");
}

}  // namespace

int main(int argc, char** argv) {
  context = make_cuda_context();
  if (!context) return 77;
  if (argc > 1 && std::string(argv[1]) == "fault") return fault();
  const int runs = argc > 1 ? std::atoi(argv[1]) : 3;
  const bool emulation = emulated();
  memory();
  events();
  copies();
  batches();
  losses();
  vectors();
  training(runs);
  determinism(runs);
  refusals();
  implementations();
  if (emulation) leaves_the_thread_as_it_was(), absences();
  MUST(nullptr, kan_context_destroy(context));
  CHECK(kan_synchronize(context) == KAN_INVALID_ARGUMENT);  // closed
  return check::finish("device");
}
