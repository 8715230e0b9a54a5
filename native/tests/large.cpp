// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Past 2^31 numbers: indices must be 64 bits wide everywhere. Arrays are sparse mappings, so only the pages a kernel
// writes take memory: the test says what it needs and, where the machine has less, what it leaves out.
// Usage: large TIER
#include <sys/mman.h>

#include <fstream>

#include "tests/model.hpp"

namespace {

constexpr int64_t kBeyond = (int64_t(1) << 31) + 77;
constexpr double kGiB = 1024.0 * 1024 * 1024;

// MemAvailable, or what is left of the container's limit if that is less.
double available_gib() {
  double found = 0;
  std::ifstream info("/proc/meminfo");
  for (std::string key, unit; info >> key;) {
    double kib = 0;
    if (key == "MemAvailable:") info >> kib, found = kib / 1024 / 1024;
    std::getline(info, unit);
  }
  double limit = 0, used = 0;
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> limit && std::ifstream("/sys/fs/cgroup/memory.current") >> used) {
    found = std::fmin(found, (limit - used) / kGiB);
  }
  return found;
}

// Zeros without memory behind them until they are written.
template <class T>
class Sparse {
 public:
  explicit Sparse(int64_t count) : bytes_(size_t(count) * sizeof(T)) {
    void* p = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
      std::printf("large: cannot map %.1f GiB of address space\n", double(bytes_) / kGiB);
      std::exit(1);
    }
    madvise(p, bytes_, MADV_HUGEPAGE);  // fewer page faults, where the system allows it
    data = static_cast<T*>(p);
  }
  ~Sparse() { munmap(data, bytes_); }
  Sparse(const Sparse&) = delete;
  T* data;

 private:
  size_t bytes_;
};

void vectors(kan_context c) {
  Sparse<float> a(kBeyond), b(kBeyond);
  for (int64_t i : {int64_t(0), int64_t(1) << 31, kBeyond - 1}) a.data[i] = 3, b.data[i] = 5;
  double value = 0;
  MUST(c, kan_vector_dot(c, KAN_F32, kBeyond, a.data, b.data, &value));
  CHECK_TEXT(value == 45, std::to_string(value));
}

// Writes every number: 8 GiB of memory.
void scale_in_place(kan_context c) {
  Sparse<float> a(kBeyond);
  a.data[0] = 1, a.data[int64_t(1) << 31] = 2, a.data[kBeyond - 1] = 3;
  MUST(c, kan_vector_scale(c, KAN_F32, kBeyond, 4, a.data));
  CHECK(a.data[0] == 4 && a.data[int64_t(1) << 31] == 8 && a.data[kBeyond - 1] == 12 && a.data[5] == 0);
}

// A layer of more than 2^31 weights: sizes, tensors, and one row through the forward pass (reads only).
void linear(kan_context c) {
  constexpr int64_t in = 65537, out = 32771;
  const kan_layer_spec s = layer_spec(KAN_LAYER_LINEAR, KAN_F32, in, out);
  kan_layer layer;
  MUST(c, kan_layer_create(c, &s, &layer));
  auto sizes = make_struct<kan_layer_sizes>();
  MUST(c, kan_layer_query(c, layer, 1, KAN_MODE_INFER, &sizes));
  CHECK(sizes.params == in * out && sizes.params > kBeyond);
  auto info = make_struct<kan_tensor_info>();
  MUST(c, kan_layer_tensor(c, layer, 0, &info));
  CHECK(info.count == in * out && info.shape[0] == out && info.shape[1] == in);
  Sparse<float> params(sizes.params), x(in), y(out);
  Guarded scratch(sizes.scratch_bytes, 64);
  // The last weight of all belongs to the last input of the last output of the last tile.
  params.data[sizes.params - 1] = 2;
  params.data[0] = 7;
  x.data[in - 1] = 3, x.data[0] = 1;
  MUST(c, kan_layer_forward(c, layer, KAN_MODE_INFER, 1, x.data, params.data, nullptr, y.data, nullptr, scratch.get()));
  CHECK_TEXT(y.data[out - 1] == 6 && y.data[0] == 7 && y.data[1] == 0,
             std::to_string(y.data[out - 1]) + " " + std::to_string(y.data[0]));
  kan_layer_destroy(layer);
}

// A B-spline layer of 2.4e9 parameters; one row again. Its last parameter of all is the last coefficient of the last
// input for the last output.
void spline(kan_context c) {
  constexpr int64_t in = 16385, out = 16387;
  kan_layer_spec s = layer_spec(KAN_LAYER_KAN, KAN_F32, in, out);
  s.basis = KAN_BASIS_BSPLINE, s.grid = 5, s.order = 3, s.base = KAN_ACTIVATION_SILU;
  kan_layer layer;
  MUST(c, kan_layer_create(c, &s, &layer));
  auto sizes = make_struct<kan_layer_sizes>();
  MUST(c, kan_layer_query(c, layer, 1, KAN_MODE_INFER, &sizes));
  CHECK(sizes.params == in * out * 9 && sizes.params > kBeyond);
  Sparse<float> params(sizes.params), buffers(sizes.buffers), x(in), y(out), knots(in * 12), phi(in * 8);
  for (int64_t i = 0; i < in * 12; ++i) knots.data[i] = -1 + 0.4f * float(i % 12 - 3);
  MUST(c, kan_layer_tensor_set(c, layer, 2, knots.data, buffers.data));
  Guarded scratch(sizes.scratch_bytes, 64);
  params.data[sizes.params - 1] = 2;
  x.data[in - 1] = 0.95f;
  MUST(c, kan_layer_basis(c, layer, 1, x.data, params.data, buffers.data, phi.data));
  MUST(c, kan_layer_forward(c, layer, KAN_MODE_INFER, 1, x.data, params.data, buffers.data, y.data, nullptr,
                            scratch.get()));
  const double expected = 2 * double(phi.data[in * 8 - 1]);
  CHECK_TEXT(expected > 0.01 && std::fabs(y.data[out - 1] - expected) < 1e-6 && y.data[0] == 0,
             std::to_string(y.data[out - 1]));
  kan_layer_destroy(layer);
}

// More than 2^31 numbers of input: a batch, one feature each, into one output.
void batch(kan_context c) {
  const kan_layer_spec s = [] {
    kan_layer_spec a = layer_spec(KAN_LAYER_MULTIPLY, KAN_F32, 4, 2);
    a.order = 2;
    return a;
  }();
  constexpr int64_t rows = (int64_t(1) << 29) + 3;
  kan_layer layer;
  MUST(c, kan_layer_create(c, &s, &layer));
  auto sizes = make_struct<kan_layer_sizes>();
  MUST(c, kan_layer_query(c, layer, rows, KAN_MODE_INFER, &sizes));
  Sparse<float> x(rows * 4), y(rows * 2);
  Guarded scratch(sizes.scratch_bytes, 64);
  for (int i = 0; i < 4; ++i) x.data[rows * 4 - 4 + i] = float(i + 2), x.data[i] = 1;
  MUST(c, kan_layer_forward(c, layer, KAN_MODE_INFER, rows, x.data, nullptr, nullptr, y.data, nullptr, scratch.get()));
  CHECK(y.data[0] == 1 && y.data[1] == 1 && y.data[2] == 0 && y.data[rows * 2 - 2] == 6 && y.data[rows * 2 - 1] == 20);
  kan_layer_destroy(layer);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> names = {"auto", "reference", "baseline", "avx2", "avx512"};
  int32_t tier = -1;
  for (size_t t = 0; argc == 2 && t < names.size(); ++t)
    if (names[t] == argv[1]) tier = int32_t(t);
  if (tier < 0) return std::printf("usage: large auto|reference|baseline|avx2|avx512\n"), 2;
  kan_context c = make_context(tier, 2);
  const double memory = available_gib();
  struct {
    const char* what;
    double gib;
    void (*run)(kan_context);
  } parts[] = {{"a dot product of 2^31 + 77 numbers, read from empty pages", 0.5, vectors},
               {"a LINEAR layer of 2.1e9 weights, read from empty pages", 0.5, linear},
               {"a BSPLINE layer of 2.4e9 parameters, read from empty pages", 0.5, spline},
               {"a batch of 2^31 input numbers", 5.5, batch},
               {"scaling 2^31 + 77 numbers in place", 9, scale_in_place}};
  for (const auto& p : parts) {
    const bool enough = memory >= p.gib;
    std::printf("large: %s needs %.1f GiB, %.1f available: %s\n", p.what, p.gib, memory, enough ? "run" : "LEFT OUT");
    if (enough) p.run(c);
  }
  kan_context_destroy(c);
  return check::finish("large");
}
