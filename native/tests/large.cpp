// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Past 2^31 numbers: indices must be 64 bits wide everywhere. An array has memory at its ends and where the one thread of this test is.
// Usage: large TIER
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <vector>

#include "tests/model.hpp"

namespace {

constexpr int64_t kBeyond = (int64_t(1) << 31) + 77;
constexpr size_t kPiece = size_t(1) << 21, kMoving = 32;

struct Followed {
  char *begin, *end, *moving[kMoving];
  int moves = 0;
};

std::vector<Followed*>& arrays() {
  static std::vector<Followed*> all;
  return all;
}

void follow(int, siginfo_t* info, void*) {
  char* at = static_cast<char*>(info->si_addr);
  for (Followed* a : arrays()) {
    if (at < a->begin || at >= a->end) continue;
    at -= (at - a->begin) % std::ptrdiff_t(kPiece);
    char*& piece = a->moving[a->moves++ % kMoving];
    if (mremap(piece, kPiece, kPiece, MREMAP_MAYMOVE | MREMAP_FIXED, at) == MAP_FAILED) _exit(138);
    piece = at;
    return;
  }
  _exit(139);
}

char* map(char* at, size_t bytes, int protection) {
  void* p = mmap(at, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED : 0), -1, 0);
  if (p == MAP_FAILED) {
    std::printf("large: cannot map %zu bytes\n", bytes);
    std::exit(1);
  }
  return static_cast<char*>(p);
}

// Zeros, which stay zeros but in the pieces of the first number, of number 2^31 and of the last: between them a few pieces of memory
// follow what is read and written (a fault says where).
template <class T>
class Sparse {
 public:
  explicit Sparse(int64_t count) : bytes_((size_t(count) * sizeof(T) / kPiece + 1) * kPiece) {
    at_.begin = map(nullptr, bytes_, PROT_NONE);
    at_.end = at_.begin + bytes_;
    for (size_t kept : {size_t(0), (size_t(1) << 31) * sizeof(T), bytes_ - 1})
      if (kept < bytes_) map(at_.begin + kept / kPiece * kPiece, kPiece, PROT_READ | PROT_WRITE);
    for (char*& piece : at_.moving) piece = map(nullptr, kPiece, PROT_READ | PROT_WRITE);
    arrays().push_back(&at_);
    data = reinterpret_cast<T*>(at_.begin);
  }
  ~Sparse() {
    std::erase(arrays(), &at_);
    for (char* piece : at_.moving) munmap(piece, kPiece);
    munmap(at_.begin, bytes_);
  }
  Sparse(const Sparse&) = delete;
  int moves() const { return at_.moves; }
  T* data;

 private:
  size_t bytes_;
  Followed at_;
};

void vectors(kan_context c) {
  Sparse<float> a(kBeyond), b(kBeyond);
  for (int64_t i : {int64_t(0), int64_t(1) << 31, kBeyond - 1}) a.data[i] = 3, b.data[i] = 5;
  double value = 0;
  MUST(c, kan_vector_dot(c, KAN_F32, kBeyond, a.data, b.data, &value));
  CHECK_TEXT(value == 45, std::to_string(value));
}

// Writes every number.
void scale_in_place(kan_context c) {
  Sparse<float> a(kBeyond);
  const int64_t ends[] = {0, int64_t(1) << 31, kBeyond - 1};
  for (int i = 0; i < 3; ++i) a.data[ends[i]] = float(i + 1);
  MUST(c, kan_vector_scale(c, KAN_F32, kBeyond, 4, a.data));
  for (int i = 0; i < 3; ++i) CHECK(a.data[ends[i]] == float(4 * (i + 1)));
  CHECK(a.data[5] == 0);
  CHECK_TEXT(a.moves() == 4095, std::to_string(a.moves()));
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

// More than 2^31 numbers of input, of many rows.
void batch(kan_context c) {
  kan_layer_spec s = layer_spec(KAN_LAYER_MULTIPLY, KAN_F32, 64, 1);
  s.order = 64;
  constexpr int64_t rows = (int64_t(1) << 25) + 3;
  kan_layer layer;
  MUST(c, kan_layer_create(c, &s, &layer));
  auto sizes = make_struct<kan_layer_sizes>();
  MUST(c, kan_layer_query(c, layer, rows, KAN_MODE_INFER, &sizes));
  Sparse<float> x(rows * 64), y(rows);
  Guarded scratch(sizes.scratch_bytes, 64);
  for (int i = 0; i < 64; ++i) x.data[i] = 1, x.data[rows * 64 - 1 - i] = i < 2 ? 3 : 1;
  MUST(c, kan_layer_forward(c, layer, KAN_MODE_INFER, rows, x.data, nullptr, nullptr, y.data, nullptr, scratch.get()));
  CHECK(y.data[0] == 1 && y.data[1] == 0 && y.data[rows - 2] == 0 && y.data[rows - 1] == 9);
  kan_layer_destroy(layer);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> names = {"auto", "reference", "baseline", "avx2", "avx512"};
  int32_t tier = -1;
  for (size_t t = 0; argc == 2 && t < names.size(); ++t)
    if (names[t] == argv[1]) tier = int32_t(t);
  if (tier < 0) return std::printf("usage: large auto|reference|baseline|avx2|avx512\n"), 2;
  kan_context c = make_context(tier, 1);
  struct sigaction action = {};
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = follow;
  sigaction(SIGSEGV, &action, nullptr);
  vectors(c);
  linear(c);
  spline(c);
  batch(c);
  scale_in_place(c);
  kan_context_destroy(c);
  return check::finish("large");
}
