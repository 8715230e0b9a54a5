// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#include "core/layer.hpp"

#include <atomic>
#include <cmath>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace kan {
namespace {

constexpr int64_t kMaxBasis = int64_t(1) << 24;    // functions of one edge
constexpr int64_t kMaxNumbers = kAddressable / 8;  // of a layer

[[noreturn]] void refuse(const char* field, const char* expected, int64_t given) {
  throw Error(KAN_INVALID_ARGUMENT, "spec.", field, ": expected ", expected, ", given ", given);
}

void require(bool good, const char* field, const char* expected, int64_t given) {
  if (!good) refuse(field, expected, given);
}

int64_t times(int64_t a, int64_t b) {
  int64_t product;
  if (__builtin_mul_overflow(a, b, &product) || product > kMaxNumbers) {
    throw Error(KAN_INVALID_ARGUMENT, "spec: a tensor of ", a, " x ", b, " numbers does not fit into memory");
  }
  return product;
}

int64_t plus(int64_t a, int64_t b) {
  if (a + b > kMaxNumbers) throw Error(KAN_INVALID_ARGUMENT, "spec: the layer's numbers do not fit into memory");
  return a + b;
}

// A tensor of numbers that a basis is made of.
struct BasisTensor {
  static constexpr int32_t kFunctions = -1, kKnots = -2;  // as many numbers as functions; G + 2k + 1 knots
  const char* name;                                       // NULL: none
  OwnTensor::Scope scope;
  int32_t count;  // of a holder
  bool trainable;
};

// THE table of bases: what each is called in messages and made of, those that may be trained first. (A wavelet's scale and
// translation belong to the edge: they are rows of weights.)
struct BasisTraits {
  int32_t basis;
  const char* name;
  BasisTensor tensor[kOwnTensors];

  bool trainable() const { return tensor[0].name && tensor[0].trainable; }
};
constexpr auto kShared = OwnTensor::kShared, kInput = OwnTensor::kInput, kGroup = OwnTensor::kGroup;
constexpr int32_t kFunctions = BasisTensor::kFunctions;
constexpr BasisTensor kNone = {nullptr, kShared, 0, false}, kCentres = {"centres", kShared, kFunctions, true},
                      kInvWidth = {"inv_width", kShared, 1, true},
                      kKnots = {"knots", kInput, BasisTensor::kKnots, false};
constexpr BasisTraits kBases[] = {
    {KAN_BASIS_BSPLINE, "BSPLINE", {kKnots, kNone, kNone}},
    {KAN_BASIS_RBF, "RBF", {kCentres, kInvWidth, kNone}},
    {KAN_BASIS_RSWAF, "RSWAF", {kCentres, kInvWidth, kNone}},
    {KAN_BASIS_FOURIER, "FOURIER", {kNone, kNone, kNone}},
    {KAN_BASIS_CHEBYSHEV, "CHEBYSHEV", {kNone, kNone, kNone}},
    {KAN_BASIS_JACOBI, "JACOBI", {kNone, kNone, kNone}},
    {KAN_BASIS_SINE, "SINE", {{"freq", kShared, kFunctions, true}, {"phase", kInput, kFunctions, false}, kNone}},
    {KAN_BASIS_WAVELET, "WAVELET", {kNone, kNone, kNone}},
    {KAN_BASIS_RELU,
     "RELU",
     {{"phase_low", kInput, kFunctions, true}, {"phase_high", kInput, kFunctions, true}, kNone}},
    {KAN_BASIS_RATIONAL, "RATIONAL", {{"numerator", kShared, 6, true}, {"denominator", kGroup, 4, true}, kNone}},
    {KAN_BASIS_BSRBF, "BSRBF", {kCentres, kInvWidth, kKnots}},
};

// Bindings tell by a tensor's name whose numbers are in it.
constexpr bool each_name_has_one_scope() {
  for (const BasisTraits& a : kBases)
    for (const BasisTensor& x : a.tensor)
      for (const BasisTraits& b : kBases)
        for (const BasisTensor& y : b.tensor)
          if (x.name && y.name && std::string_view(x.name) == y.name && x.scope != y.scope) return false;
  return true;
}
static_assert(each_name_has_one_scope(), "a tensor of another scope needs a name of its own");

const BasisTraits& traits(int32_t basis) {
  for (const BasisTraits& t : kBases) {
    if (t.basis == basis) return t;
  }
  throw Error(KAN_INVALID_ARGUMENT, "spec.basis: expected a KAN_BASIS_* constant, 1 to ", std::size(kBases),
              ", for KAN_LAYER_KAN, given ", basis);
}

// Checks the fields a basis reads; returns n, the number of its functions on an edge.
int64_t check_basis(const kan_layer_spec& s) {
  const int64_t grid = s.grid;
  const bool spline = s.basis == KAN_BASIS_BSPLINE || s.basis == KAN_BASIS_BSRBF;
  if (spline) {
    require(s.order >= 1 && s.order <= 5, "order", "1 to 5 for a B-spline", s.order);
    require(grid >= 1, "grid", "at least 1 interval", grid);
  }
  require(grid <= kMaxBasis, "grid", "at most 16777216", grid);
  switch (s.basis) {
    case KAN_BASIS_BSPLINE:
      require(s.outside >= KAN_OUTSIDE_ZERO && s.outside <= KAN_OUTSIDE_LINEAR, "outside",
              "KAN_OUTSIDE_ZERO (0), _CLAMP (1) or _LINEAR (2)", s.outside);
      return grid + s.order;
    case KAN_BASIS_BSRBF: return grid + s.order;
    case KAN_BASIS_RBF:
    case KAN_BASIS_RSWAF: require(grid >= 2, "grid", "at least 2 centres", grid); return grid;
    case KAN_BASIS_FOURIER: require(grid >= 1, "grid", "at least 1 frequency", grid); return 2 * grid;
    case KAN_BASIS_SINE: require(grid >= 1, "grid", "at least 1 frequency", grid); return grid;
    case KAN_BASIS_CHEBYSHEV: require(grid >= 1, "grid", "a degree of at least 1", grid); return grid + 1;
    case KAN_BASIS_JACOBI:
      require(grid >= 1, "grid", "a degree of at least 1", grid);
      for (int i = 0; i < 2; ++i) {
        if (!(s.shape[i] > -1 && s.shape[i] <= 1e6)) {
          throw Error(KAN_INVALID_ARGUMENT, "spec.shape[", i, "]: expected the Jacobi parameter ", i == 0 ? "a" : "b",
                      " > -1 and at most 1e6, given ", s.shape[i]);
        }
      }
      return grid + 1;
    case KAN_BASIS_WAVELET:
      require(s.wavelet >= KAN_WAVELET_HAT && s.wavelet <= KAN_WAVELET_SHANNON, "wavelet",
              "a KAN_WAVELET_* constant, 0 to 4", s.wavelet);
      return 1;
    case KAN_BASIS_RELU:
      require(grid >= 1, "grid", "at least 1 interval", grid);
      require(s.order >= 1 && s.order <= 1024, "order", "1 to 1024 for RELU", s.order);
      return grid + s.order;
    case KAN_BASIS_RATIONAL:
      require(grid >= 1, "grid", "at least 1 group", grid);
      if (s.in_features % grid != 0) {
        throw Error(KAN_SHAPE_MISMATCH, "spec.grid: the number of groups must divide in_features ", s.in_features,
                    ", given ", grid);
      }
      return 1;
    default: refuse("basis", "a KAN_BASIS_* constant", s.basis);
  }
}

// Names of flags, "none" where there are none.
std::string flag_names(int32_t flags) {
  static constexpr const char* kNames[] = {"SCALE",     "MASK",        "BIAS",         "NORM",
                                           "BASE_NORM", "TRAIN_BASIS", "RUNNING_STATS"};
  std::string names;
  for (size_t bit = 0; bit < sizeof kNames / sizeof kNames[0]; ++bit) {
    if (flags & (1 << bit)) names += std::string(names.empty() ? "KAN_FLAG_" : ", KAN_FLAG_") + kNames[bit];
    flags &= ~(1 << bit);
  }
  if (flags != 0) names += (names.empty() ? "" : ", ") + std::to_string(flags);
  return names.empty() ? "none" : names;
}

void check_flags(const kan_layer_spec& s, int32_t allowed, const char* what) {
  if (const int32_t extra = s.flags & ~allowed) {
    throw Error(KAN_INVALID_ARGUMENT, "spec.flags: expected of ", what, " none but ", flag_names(allowed), " (",
                allowed, "), given ", flag_names(extra), " too (", s.flags, ")");
  }
}

void check_kan(const kan_layer_spec& s) {
  const BasisTraits& basis = traits(s.basis);
  int32_t allowed = KAN_FLAG_BIAS;
  if (s.basis == KAN_BASIS_BSPLINE) allowed |= KAN_FLAG_SCALE | KAN_FLAG_MASK;
  // A wavelet's argument is built per edge from x itself; a B-spline's grid is where x lies (a LAYERNORM layer may stand
  // before either).
  if (s.basis != KAN_BASIS_WAVELET && s.basis != KAN_BASIS_BSPLINE) allowed |= KAN_FLAG_NORM | KAN_FLAG_BASE_NORM;
  if (basis.trainable()) allowed |= KAN_FLAG_TRAIN_BASIS;
  check_flags(s, allowed, basis.name);
  require(s.base >= KAN_ACTIVATION_NONE && s.base <= KAN_ACTIVATION_SIGMOID, "base",
          "a KAN_ACTIVATION_* constant, 0 to 6", s.base);
  if (s.basis == KAN_BASIS_WAVELET && s.base != KAN_ACTIVATION_NONE) {
    refuse("base", "KAN_ACTIVATION_NONE (0) for WAVELET, which has no base branch", s.base);
  }
  if ((s.flags & KAN_FLAG_BASE_NORM) && (!(s.flags & KAN_FLAG_NORM) || s.base == KAN_ACTIVATION_NONE)) {
    refuse("flags", "KAN_FLAG_BASE_NORM (16) only with KAN_FLAG_NORM (8) and a base branch", s.flags);
  }
}

void check_eps(const kan_layer_spec& s) {
  if (!(s.shape[2] > 0 && std::isfinite(s.shape[2]))) {
    throw Error(KAN_INVALID_ARGUMENT, "spec.shape[2]: expected eps > 0 of the normalisation, given ", s.shape[2]);
  }
}

void check_same_width(const kan_layer_spec& s, const char* what) {
  if (s.in_features != s.out_features) {
    throw Error(KAN_SHAPE_MISMATCH, "spec.out_features: expected in_features ", s.in_features, " for ", what,
                ", given ", s.out_features);
  }
}

void check_spec(const kan_layer_spec& s) {
  require(s.kind >= KAN_LAYER_KAN && s.kind <= KAN_LAYER_AFFINE, "kind", "a KAN_LAYER_* constant, 1 to 7", s.kind);
  require(s.dtype == KAN_F32 || s.dtype == KAN_F64, "dtype", "KAN_F32 (1) or KAN_F64 (2)", s.dtype);
  require(s.in_features >= 1, "in_features", "at least 1", s.in_features);
  require(s.out_features >= 1, "out_features", "at least 1", s.out_features);
  times(s.in_features, 1);
  times(s.out_features, 1);
  if (s.kind != KAN_LAYER_KAN) {
    require(s.basis == KAN_BASIS_NONE, "basis", "KAN_BASIS_NONE (0): only KAN_LAYER_KAN has a basis", s.basis);
    require(s.base == KAN_ACTIVATION_NONE, "base", "KAN_ACTIVATION_NONE (0): only KAN_LAYER_KAN has a base branch",
            s.base);
    check_flags(s,
                s.kind == KAN_LAYER_LINEAR      ? KAN_FLAG_BIAS
                : s.kind == KAN_LAYER_BATCHNORM ? KAN_FLAG_RUNNING_STATS
                                                : 0,
                "this kind of layer");
  }
  switch (s.kind) {
    case KAN_LAYER_KAN:
      check_kan(s);
      if (s.flags & KAN_FLAG_NORM) {
        require(s.in_features >= 2, "in_features",
                "at least 2 with KAN_FLAG_NORM: LayerNorm of one feature is constant", s.in_features);
        check_eps(s);
      }
      break;
    case KAN_LAYER_LAYERNORM:
      check_same_width(s, "LAYERNORM");
      require(s.in_features >= 2, "in_features", "at least 2: LayerNorm of one feature is constant", s.in_features);
      check_eps(s);
      break;
    case KAN_LAYER_BATCHNORM:
      check_same_width(s, "BATCHNORM");
      check_eps(s);
      if (!(s.shape[3] >= 0 && s.shape[3] <= 1)) {
        throw Error(KAN_INVALID_ARGUMENT, "spec.shape[3]: expected a momentum of 0 to 1, given ", s.shape[3]);
      }
      break;
    case KAN_LAYER_ACTIVATION:
      check_same_width(s, "ACTIVATION");
      require(s.activation >= KAN_ACTIVATION_IDENTITY && s.activation <= KAN_ACTIVATION_SIGMOID, "activation",
              "a KAN_ACTIVATION_* constant, 1 to 6", s.activation);
      break;
    case KAN_LAYER_MULTIPLY:
      require(s.order >= 2, "order", "an arity of at least 2", s.order);
      require(s.grid >= 0 && s.grid <= s.in_features, "grid", "0 to in_features inputs that pass", s.grid);
      if ((s.in_features - s.grid) % s.order != 0 || s.out_features != s.grid + (s.in_features - s.grid) / s.order) {
        throw Error(KAN_SHAPE_MISMATCH, "spec: MULTIPLY of arity ", s.order, " with ", s.grid,
                    " passing inputs expects in_features = grid + order m and out_features = grid + m, given ",
                    s.in_features, " and ", s.out_features);
      }
      break;
    case KAN_LAYER_AFFINE: check_same_width(s, "AFFINE"); break;
    default: break;
  }
}

// Lays the tensors out one after the other.
class Layout {
 public:
  explicit Layout(Layer& layer) : l_(layer) {}

  void tiled(const char* name, int32_t row, int32_t rows, int64_t n) {
    TensorEntry& e = add(name, KAN_ROLE_PARAM, TensorEntry::kTiled, 0, l_.out, l_.in, n);
    e.row = row;
    e.rows = rows;
  }
  // Takes the room of the tiled block, which comes first in params.
  void tiled_block(int64_t rows) { l_.params = times(times(l_.in, l_.out), rows); }

  int64_t flat(const char* name, int32_t role, int64_t a, int64_t b = 0) {
    const int64_t offset = take(role, b ? times(a, b) : a);
    add(name, role, TensorEntry::kFlat, offset, a, b, 0);
    return offset;
  }
  int64_t knots() {
    const int64_t offset = take(KAN_ROLE_BUFFER, times(l_.in, l_.knots_per_input() + 2));
    add("knots", KAN_ROLE_BUFFER, TensorEntry::kKnots, offset, l_.in, l_.knots_per_input(), 0);
    return offset;
  }
  int64_t mask() {
    const int64_t offset = take(KAN_ROLE_BUFFER, times(l_.in, l_.out));
    add("mask", KAN_ROLE_BUFFER, TensorEntry::kMask, offset, l_.out, l_.in, 0);
    return offset;
  }

 private:
  int64_t take(int32_t role, int64_t count) {
    int64_t& total = role == KAN_ROLE_PARAM ? l_.params : l_.buffers;
    const int64_t offset = total;
    total = plus(total, count);
    return offset;
  }

  // Axes of length 0 are absent.
  TensorEntry& add(const char* name, int32_t role, TensorEntry::Layout layout, int64_t offset, int64_t a, int64_t b,
                   int64_t c) {
    if (l_.tensors == int32_t(sizeof l_.tensor / sizeof l_.tensor[0])) throw Error(KAN_INTERNAL, "too many tensors");
    TensorEntry& e = l_.tensor[l_.tensors++];
    e.layout = layout;
    e.offset = offset;
    kan_tensor_info& info = e.info;
    info.struct_size = sizeof info;
    info.struct_version = 1;
    info.role = role;
    info.rank = b == 0 ? 1 : c == 0 ? 2 : 3;
    info.shape[0] = a;
    info.shape[1] = b == 0 ? 1 : b;
    info.shape[2] = c == 0 ? 1 : c;
    info.shape[3] = 1;
    info.count = times(times(a, info.shape[1]), info.shape[2]);
    std::strncpy(info.name, name, sizeof info.name - 1);
    return e;
  }

  Layer& l_;
};

void lay_out_own(Layer& l, Layout& layout, const BasisTensor& tensor, OwnTensor& own) {
  const int64_t holders = tensor.scope == kShared ? 1 : tensor.scope == kInput ? l.in : l.spec.grid;
  own.scope = tensor.scope;
  own.trained = tensor.trainable && l.flag(KAN_FLAG_TRAIN_BASIS);
  own.inputs = l.in / holders;
  if (tensor.count == BasisTensor::kKnots) {
    own.count = int32_t(l.knots_per_input());
    l.knots = layout.knots();
    own.offset = l.knots + 2 * l.in;
  } else {
    own.count = tensor.count == kFunctions ? l.n : tensor.count;
    const int32_t role = own.trained ? KAN_ROLE_PARAM : KAN_ROLE_BUFFER;
    own.offset = tensor.scope == kShared ? layout.flat(tensor.name, role, own.count)
                                         : layout.flat(tensor.name, role, holders, own.count);
  }
  own.numbers = holders * own.count;
  if (!tensor.trainable) return;
  if (l.theta < 0) l.theta = own.offset;
  l.theta_count += own.numbers;
  l.theta_per_input += own.count;
}

void lay_out_kan(Layer& l, Layout& layout) {
  const bool base = l.spec.base != KAN_ACTIVATION_NONE;
  if (l.spec.basis == KAN_BASIS_WAVELET) {
    l.rows = 3;
    l.coef_row = 0;
    layout.tiled_block(l.rows);
    layout.tiled("weight", 0, l.rows, 0);
  } else {
    if (base) l.base_row = l.rows++;
    if (l.flag(KAN_FLAG_SCALE)) l.scale_row = l.rows++;
    l.coef_row = l.rows;
    l.rows += l.n;
    layout.tiled_block(l.rows);
    layout.tiled("coef", l.coef_row, l.rows, l.n);
    if (base) layout.tiled("base_weight", l.base_row, l.rows, 0);
    if (l.scale_row >= 0) layout.tiled("coef_scale", l.scale_row, l.rows, 0);
  }
  if (l.flag(KAN_FLAG_BIAS)) l.bias = layout.flat("bias", KAN_ROLE_PARAM, l.out);
  if (l.flag(KAN_FLAG_NORM)) {
    l.norm_weight = layout.flat("norm_weight", KAN_ROLE_PARAM, l.in);
    l.norm_bias = layout.flat("norm_bias", KAN_ROLE_PARAM, l.in);
  }
  if (l.spec.basis == KAN_BASIS_WAVELET) {
    layout.tiled("scale", 1, l.rows, 0);
    layout.tiled("translation", 2, l.rows, 0);
  }
  const BasisTraits& basis = traits(l.spec.basis);
  for (int t = 0; t < kOwnTensors && basis.tensor[t].name; ++t) lay_out_own(l, layout, basis.tensor[t], l.own[t]);
  l.theta_trained = l.theta >= 0 && l.flag(KAN_FLAG_TRAIN_BASIS);
  if (l.flag(KAN_FLAG_MASK)) l.mask = layout.mask();
}

}  // namespace

Layer make_layer(const kan_layer_spec& spec) {
  static std::atomic<uint64_t> next_id{1};
  check_spec(spec);
  Layer l;
  std::memset(&l, 0, sizeof l);
  l.spec = spec;
  l.id = next_id.fetch_add(1, std::memory_order_relaxed);
  l.in = spec.in_features;
  l.out = spec.out_features;
  l.f64 = spec.dtype == KAN_F64;
  l.base_row = l.scale_row = l.coef_row = -1;
  l.bias = l.norm_weight = l.norm_bias = l.theta = l.affine_weight = l.affine_bias = -1;
  l.knots = l.mask = l.running_mean = l.running_var = -1;
  Layout layout(l);
  switch (spec.kind) {
    case KAN_LAYER_KAN:
      l.n = int32_t(check_basis(spec));
      lay_out_kan(l, layout);
      break;
    case KAN_LAYER_LINEAR:
      l.rows = 1;
      l.coef_row = 0;
      layout.tiled_block(1);
      layout.tiled("weight", 0, 1, 0);
      if (l.flag(KAN_FLAG_BIAS)) l.bias = layout.flat("bias", KAN_ROLE_PARAM, l.out);
      break;
    case KAN_LAYER_LAYERNORM:
    case KAN_LAYER_BATCHNORM:
    case KAN_LAYER_AFFINE:
      l.affine_weight = layout.flat(spec.kind == KAN_LAYER_AFFINE ? "scale" : "weight", KAN_ROLE_PARAM, l.in);
      l.affine_bias = layout.flat("bias", KAN_ROLE_PARAM, l.in);
      if (spec.kind == KAN_LAYER_BATCHNORM) {
        l.running_mean = layout.flat("running_mean", KAN_ROLE_BUFFER, l.in);
        l.running_var = layout.flat("running_var", KAN_ROLE_BUFFER, l.in);
      }
      break;
    default: break;
  }
  return l;
}

}  // namespace kan
