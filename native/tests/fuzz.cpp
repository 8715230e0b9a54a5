// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// A million calls of the C ABI, valid and not, as a seeded generator makes them: any field, handle, pointer and size may
// be wrong, alone or together. The library must answer each with a status and touch nothing beyond the arrays it was
// given. Usage: fuzz [CALLS [SEED]]
#include <climits>

#include "tests/model.hpp"

namespace {

class Fuzz {
 public:
  explicit Fuzz(uint64_t seed) : random_(seed), room_(1 << 20, 64) { std::memset(room_.get(), 0, 1 << 20); }
  ~Fuzz() {
    for (kan_layer l : layers_) kan_layer_destroy(l);
    for (kan_context c : contexts_) kan_context_destroy(c);
  }

  void call() {
    switch (random_.below(16)) {
      case 0: return make_context();
      case 1: return destroy_context();
      case 2:
      case 3: return make_layer();
      case 4: return destroy_layer();
      case 5: return count(kan_layer_query(context(), layer(), number(), small(), sizes()));
      case 6: return count(kan_layer_tensor(context(), layer(), number(), info()));
      case 7: return tensor();
      case 8:
      case 9:
      case 10: return passes();
      case 11: return loss();
      case 12: return optimizer();
      case 13:
        return count(
            kan_vector_dot(context(), small(), length(), pointer(), pointer(), static_cast<double*>(pointer())));
      case 14:
        count(kan_vector_axpy(context(), small(), length(), real(), pointer(), pointer()));
        count(kan_vector_clamp(context(), small(), length(), real(), pointer()));
        return count(kan_vector_scale(context(), small(), length(), real(), pointer()));
      default: return texts();
    }
  }

  long long accepted = 0, refused = 0;
  bool intact() const { return room_.intact(); }

 private:
  void count(kan_status status) {
    ++(status == KAN_OK ? accepted : refused);
    CHECK_TEXT(status >= KAN_OK && status < KAN_INTERNAL, "status " + std::to_string(status));
  }
  bool rarely() { return random_.below(12) == 0; }
  int32_t small() { return rarely() ? int32_t(random_.bits()) : int32_t(random_.below(5)); }
  double real() { return rarely() ? random_.pick({NAN, INFINITY, -INFINITY, 0, -1, 1e300}) : random_.uniform(0, 0.99); }
  // A number of things; never so many that valid arrays would not hold them, unless absurd.
  long long number() { return rarely() ? static_cast<long long>(random_.bits()) : random_.below(9); }
  long long length() { return rarely() ? (random_.below(2) ? LLONG_MAX : -1) : random_.below(1000); }
  // Into the one large array all calls share, so that arguments overlap, too; half of the array stays free after it.
  void* pointer() {
    if (rarely()) return nullptr;
    return room_.as<char>() + random_.below(16) * (1 << 15) + (rarely() ? random_.below(64) : 0);
  }
  // Its own place in the array, rarely another's: a call refuses arrays that overlap what it writes.
  void* apart(int64_t slot) {
    if (rarely())
      return rarely() ? nullptr
                      : room_.as<char>() + (rarely() ? slot : random_.below(14)) * (1 << 16) + random_.below(64);
    return room_.as<char>() + slot * (1 << 16);
  }
  kan_context context() {
    if (contexts_.empty() || rarely()) return reinterpret_cast<kan_context>(rarely() ? random_.bits() : 0);
    return contexts_[size_t(random_.below(int64_t(contexts_.size())))];
  }
  kan_layer layer() {
    if (layers_.empty() || rarely()) return reinterpret_cast<kan_layer>(rarely() ? random_.bits() : 0);
    return layers_[size_t(random_.below(int64_t(layers_.size())))];
  }
  template <class S>
  S* structure(S& s) {
    s = make_struct<S>();
    if (rarely())
      s.struct_size = random_.below(2) ? int32_t(random_.bits()) : int32_t(random_.below(int64_t(sizeof s)));
    if (rarely()) s.struct_version = int32_t(random_.below(3)) - 1;
    if (s.struct_size > int32_t(sizeof s)) s.struct_size |= 1 << 30;  // never beyond the struct that is really there
    return rarely() ? nullptr : &s;
  }
  kan_layer_sizes* sizes() { return structure(sizes_); }
  kan_tensor_info* info() { return structure(info_); }

  void make_context() {
    if (contexts_.size() >= 6) return destroy_context();
    kan_context_spec spec;
    const kan_context_spec* given = structure(spec);
    spec.threads = rarely() ? int32_t(random_.bits()) | INT_MIN : int32_t(random_.below(4));
    spec.tier = small();
    if (rarely()) spec.device = small();
    kan_context made = nullptr;
    count(kan_context_create(given, rarely() ? nullptr : &made));
    if (made) contexts_.push_back(made);
  }
  void destroy_context() {
    if (contexts_.empty()) return;
    const size_t i = size_t(random_.below(int64_t(contexts_.size())));
    count(kan_context_destroy(contexts_[i]));
    if (!rarely()) contexts_.erase(contexts_.begin() + int64_t(i));  // else it stays and is used again
  }
  void make_layer() {
    if (layers_.size() >= 30) return destroy_layer();
    kan_layer_spec s;
    const kan_layer_spec* given = structure(s);
    s.kind = random_.below(3) ? KAN_LAYER_KAN : int32_t(random_.below(9)),
    s.dtype = rarely() ? small() : int32_t(1 + random_.below(2));
    s.in_features = number(), s.out_features = random_.below(3) ? number() : s.in_features;
    s.basis = s.kind == KAN_LAYER_KAN ? int32_t(random_.below(13)) : 0,
    s.base = s.kind == KAN_LAYER_KAN ? int32_t(random_.below(8)) : 0;
    s.grid = small(), s.order = small(), s.outside = int32_t(random_.below(4)),
    s.activation = int32_t(random_.below(8)), s.wavelet = int32_t(random_.below(6));
    s.flags = random_.below(3) ? int32_t(random_.bits() & random_.bits() & random_.bits() & 127) : 0;
    for (double& v : s.shape) v = real();
    kan_layer made = nullptr;
    count(kan_layer_create(context(), given, rarely() ? nullptr : &made));
    if (made) layers_.push_back(made), dtype_[made] = s.dtype;
  }
  void destroy_layer() {
    if (layers_.empty()) return;
    const size_t i = size_t(random_.below(int64_t(layers_.size())));
    count(kan_layer_destroy(layers_[i]));
    if (!rarely()) layers_.erase(layers_.begin() + int64_t(i));
  }
  // Whether the layer's arrays fit where pointer() points; the ABI cannot know how much memory is behind a pointer.
  bool fits(kan_context c, kan_layer l, long long batch) {
    auto s = make_struct<kan_layer_sizes>();
    return kan_layer_query(c, l, batch, KAN_MODE_TRAIN, &s) != KAN_OK ||
           (s.params < 7000 && s.buffers < 7000 && s.saved_bytes < 60000 && s.scratch_bytes < 60000 && batch < 500);
  }
  void tensor() {
    kan_context c = context();
    kan_layer l = layer();
    if (!fits(c, l, 1)) return;
    random_.below(2) ? count(kan_layer_tensor_get(c, l, number(), pointer(), pointer()))
                     : count(kan_layer_tensor_set(c, l, number(), pointer(), pointer()));
  }
  void passes() {
    kan_context c = context();
    kan_layer l = layer();
    const long long batch = number();
    if (!fits(c, l, batch)) return;
    // Buffers as their owner fills them; what they hold is the caller's word.
    const long long tensors = knots(c, l);
    void *x = apart(0), *params = apart(1), *buffers = apart(2), *y = apart(3), *saved = apart(4), *scratch = apart(5);
    const bool train = random_.below(4) != 0;
    count(kan_layer_forward(c, l, rarely() ? small() : train, batch, x, params, buffers, y, saved, scratch));
    if (train) {
      const bool mixed = rarely();  // another layer's or batch's pass: refused by what `saved` remembers
      count(kan_layer_backward(c, mixed ? layer() : l, mixed ? number() : batch, x, params, buffers, saved, apart(6),
                               small(), apart(7), small(), apart(8), scratch));
      kan_adamw adam;
      count(kan_layer_backward_adamw(c, l, batch, x, params, buffers, saved, apart(6), small(), apart(7),
                                     optimizer_struct(adam), apart(9), apart(10), scratch));
    }
    if (tensors == 0) return;
    count(kan_layer_edge_statistics(c, l, batch, x, params, buffers, static_cast<double*>(apart(11)), nullptr,
                                    static_cast<double*>(apart(12)), scratch));
    count(kan_layer_edge_backward(c, l, batch, x, params, buffers, static_cast<double*>(apart(9)),
                                  static_cast<double*>(apart(10)), nullptr, small(), apart(7), small(), apart(8),
                                  scratch));
    count(kan_layer_basis(c, l, batch, x, params, buffers, apart(13)));
  }
  // Sets even knots for a layer that has them; returns its number of tensors.
  long long knots(kan_context c, kan_layer l) {
    auto s = make_struct<kan_layer_sizes>();
    if (kan_layer_query(c, l, 1, KAN_MODE_INFER, &s) != KAN_OK) return 0;
    for (long long t = 0; t < s.tensors; ++t) {
      auto i = make_struct<kan_tensor_info>();
      if (kan_layer_tensor(c, l, t, &i) != KAN_OK || std::strcmp(i.name, "knots") != 0) continue;
      Vector v;
      for (long long k = 0; k < i.count; ++k) v.push_back(double(k % i.shape[1]));
      count(kan_layer_tensor_set(c, l, t, guarded(dtype_.at(l), v).get(), room_.as<char>() + 2 * (1 << 16)));
    }
    return s.tensors;
  }
  const kan_adamw* optimizer_struct(kan_adamw& o) {
    const kan_adamw* given = structure(o);
    o.learning_rate = real(), o.beta1 = real(), o.beta2 = real(), o.eps = real(), o.weight_decay = real(),
    o.step = number();
    return given;
  }
  void optimizer() {
    kan_adamw adam;
    const kan_adamw* a = optimizer_struct(adam);
    count(kan_adamw_step(context(), a, small(), length(), pointer(), pointer(), pointer(), pointer()));
    kan_sgd sgd;
    const kan_sgd* s = structure(sgd);
    sgd.learning_rate = real(), sgd.momentum = real(), sgd.weight_decay = real(), sgd.nesterov = small() & 1;
    const kan_adamw* adams[] = {a, a};
    const kan_sgd* sgds[] = {s, s};
    count(kan_adamw_step_groups(context(), adams, small() & 1, static_cast<const uint8_t*>(pointer()), small(),
                                length(), pointer(), pointer(), pointer(), pointer()));
    count(kan_sgd_step_groups(context(), sgds, small() & 1, static_cast<const uint8_t*>(pointer()), small(), length(),
                              pointer(), pointer(), pointer()));
    count(kan_sgd_step(context(), s, small(), length(), pointer(), pointer(), pointer()));
  }
  void loss() {
    const long long batch = rarely() ? static_cast<long long>(random_.bits()) : random_.below(30);
    count(kan_loss(context(), small(), small(), batch, number(), pointer(), pointer(),
                   random_.below(2) ? nullptr : pointer(), real(), pointer(), static_cast<double*>(pointer())));
  }
  void texts() {
    char text[64];
    std::memset(text, 'x', sizeof text);
    const long long capacity = random_.below(40) - 3,
                    length = kan_last_error(context(), rarely() ? nullptr : text, capacity);
    CHECK(length >= 0 && text[capacity > 0 ? capacity : 0] == 'x');
    auto found = make_struct<kan_context_info>();
    count(kan_context_query(context(), rarely() ? nullptr : &found));
  }

  Random random_;
  Guarded room_;
  std::vector<kan_context> contexts_;
  std::vector<kan_layer> layers_;
  std::map<kan_layer, int32_t> dtype_;
  kan_layer_sizes sizes_;
  kan_tensor_info info_;
};

}  // namespace

int main(int argc, char** argv) {
  const long long calls = argc > 1 ? std::atoll(argv[1]) : 1000000;
  const uint64_t seed = argc > 2 ? uint64_t(std::atoll(argv[2])) : 1;
  {
    Fuzz fuzz(seed);
    for (long long i = 0; i < calls; ++i) fuzz.call();
    CHECK(fuzz.intact());
    std::printf("fuzz: seed %llu, %lld calls accepted, %lld refused\n", static_cast<unsigned long long>(seed),
                fuzz.accepted, fuzz.refused);
    CHECK(fuzz.accepted > calls / 20 && fuzz.refused > calls / 20);  // neither side is idle
  }
  CHECK(kan_debug_live(0) == 0 && kan_debug_live(1) == 0);
  return check::finish("fuzz");
}
