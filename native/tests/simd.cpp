// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The words of a tier's registers (cpu/simd.hpp, cpu/elementary.hpp), lane by lane against the scalar ones of <cmath>: all that differs between
// tiers, which share every other source. Compiled once a tier, with its flags.
#include "cpu/elementary.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "tests/check.hpp"

#if defined(__x86_64__)
#define KAN_RUNS_HERE __builtin_cpu_supports(KAN_NEEDS)
#else
#define KAN_RUNS_HERE true
#endif

namespace {

using namespace KAN_NS;

template <class S>
bool same(S a, S b) {
  return a == b || (a != a && b != b);
}

template <class S>
std::vector<S> numbers() {
  using L = std::numeric_limits<S>;
  std::vector<S> v = {S(0),         S(-0.0),       S(0.5),         S(-0.5),         S(1.5),   S(2.5),
                      S(-2.5),      S(3),          S(1e-3),        S(-7.75),        S(1e6),   S(-123456.5),
                      S(1) / 3,     S(-20),        L::min(),       L::denorm_min(), L::max(), L::lowest(),
                      L::epsilon(), L::infinity(), -L::infinity(), L::quiet_NaN()};
  for (int i = -40; i <= 40; ++i) v.push_back(S(i) * S(0.3719));
  return v;
}

// f of registers holding x (and y, z of other lanes) against g of numbers: equal, or within `ulps` units in the last place.
template <class S, class F, class G>
void each(const char* what, double ulps, F&& f, G&& g) {
  using V = vec<S>;
  const std::vector<S> all = numbers<S>();
  const size_t n = all.size();
  for (size_t shift = 0; shift < n; ++shift) {
    for (size_t i = 0; i < n; i += size_t(V::W)) {
      S x[V::W], y[V::W], z[V::W], given[V::W];
      for (size_t l = 0; l < size_t(V::W); ++l)
        x[l] = all[(i + l) % n], y[l] = all[(i + l + shift) % n], z[l] = all[(i + l + 5 * shift) % n];
      f(V::load(x), V::load(y), V::load(z)).store(given);
      for (int l = 0; l < V::W; ++l) {
        const S expected = g(x[l], y[l], z[l]);
        const bool near = std::fabs(double(given[l]) - double(expected)) <=
                          ulps * std::numeric_limits<S>::epsilon() * std::fabs(double(expected));
        CHECK_TEXT(same(given[l], expected) || near, std::string(what) + "(" + std::to_string(x[l]) + ", " +
                                                         std::to_string(y[l]) + ", " + std::to_string(z[l]) +
                                                         "): expected " + std::to_string(expected) + ", given " +
                                                         std::to_string(given[l]));
      }
    }
  }
}

// Results under the smallest normal number are 0 by design.
template <class S>
S flushed(S v) {
  return v > 0 && v < std::numeric_limits<S>::min() ? S(0) : v;
}

template <class S>
void arithmetic() {
  using V = vec<S>;
  each<S>(
      "+", 0, [](V x, V y, V) { return x + y; }, [](S x, S y, S) { return x + y; });
  each<S>(
      "/", 0, [](V x, V y, V) { return x / y; }, [](S x, S y, S) { return x / y; });
#if defined(__FMA__) || defined(__aarch64__)
  each<S>(
      "fma", 0, [](V x, V y, V z) { return fma(x, y, z); }, [](S x, S y, S z) { return std::fma(x, y, z); });
#else
  // clang-format off
  each<S>("fma", 0, [](V x, V y, V z) { return fma(x, y, z); }, [](S x, S y, S z) { volatile S product = x * y; return product + z; });
#endif
  each<S>("sqrt", 0, [](V x, V, V) { return sqrt(x); }, [](S x, S, S) { return std::sqrt(x); });
  each<S>("round_even", 0, [](V x, V, V) { return round_even(x); }, [](S x, S, S) { return std::nearbyint(x); });
  each<S>("floor", 0, [](V x, V, V) { return floor(x); }, [](S x, S, S) { return std::floor(x); });
  each<S>("max", 0, [](V x, V y, V) { return max(x, y); }, [](S x, S y, S) { return x < y ? y : x; });
  each<S>("min", 0, [](V x, V y, V) { return min(x, y); }, [](S x, S y, S) { return y < x ? y : x; });
  each<S>("abs", 0, [](V x, V, V) { return abs(x); }, [](S x, S, S) { return std::fabs(x); });
  each<S>("select", 0, [](V x, V y, V z) { return select(x < y, y, z); }, [](S x, S y, S z) { return x < y ? y : z; });
  each<S>("exp", 4, [](V x, V, V) { return exp(x); }, [](S x, S, S) { return flushed(std::exp(x)); });
  each<S>(
      "gaussian", 256,  // of 2^-z, z up to 233, the rounding of z is as much
      [](V x, V, V) {
        const V e = gaussian_of_square(min(x * x, V(S(324))));
        return select(x == x, select(e < V(std::numeric_limits<S>::min()), V(S(0)), e), x);
      },
      [](S x, S, S) { return flushed(x == x ? std::exp(-std::fmin(S(162), x * x / 2)) : x); });
#if defined(__AVX512F__)
  constexpr double kUlps = sizeof(S) == 4 ? 90 : 4;  // of 2^-z, z up to 126, the rounding of z is as much
#else
  constexpr double kUlps = 4;
#endif
  each<S>("exp_of_negative", kUlps, [](V x, V, V) { return exp_of_negative(max(-abs(x), V(S(-87)))); },
          [](S x, S, S) { return x == x ? std::exp(std::fmax(-std::fabs(x), S(-87))) : x; });
  each<S>("exp_of_negative", 4, [](V x, V, V) { return exp_of_negative(max(-abs(x), V(S(-0.7)))); },
          [](S x, S, S) { return x == x ? std::exp(std::fmax(-std::fabs(x), S(-0.7))) : x; });
  each<S>("exp_of_negative", 0, [](V x, V, V) { const V e = exp_of_negative(-abs(x)); return select((abs(x) > V(S(88))) & (e < V(S(1.2e-38))), V(S(0)), V(S(1))); },
          [](S x, S, S) { return std::fabs(x) > 88 ? S(0) : S(1); });
  each<S>("log1p", 4, [](V x, V, V) { return log1p(min(max(abs(x), V(S(1e-30))), V(S(1e21)))); },
          [](S x, S, S) { return x == x ? std::log1p(std::fmin(std::fmax(std::fabs(x), S(1e-30)), S(1e21))) : x; });
  each<S>("negative", 0, [](V x, V, V) { return negative(x); }, [](S x, S, S) { return -std::fabs(x); });
  each<S>("limited", 0, [](V x, V, V) { return select(x == x, limited(x, S(3)), x); },
          [](S x, S, S) { return x == x ? std::fmin(std::fmax(x, S(-3)), S(3)) : x; });
  each<S>("tanh", 4, [](V x, V, V) { return tanh(x); }, [](S x, S, S) { return std::tanh(x); });
  // clang-format on
}

// The first n lanes and no byte more; the sum of the lanes; gathering; whether any lane is set.
template <class S>
void lanes() {
  using V = vec<S>;
  S from[V::W + 1], to[V::W + 1];
  for (int n = 0; n <= V::W; ++n) {
    for (int l = 0; l <= V::W; ++l) from[l] = S(l + 1), to[l] = S(-1);
    V::load(from, n).store(to);
    for (int l = 0; l < V::W; ++l) CHECK(to[l] == (l < n ? from[l] : S(0)));
    for (S& value : to) value = S(-1);
    V::load(from).store(to, n);
    for (int l = 0; l <= V::W; ++l) CHECK(to[l] == (l < n ? from[l] : S(-1)));
    CHECK(sum(V::load(from, n)) == S(n * (n + 1) / 2));
    CHECK(any<S>(V::load(from, n) > V(S(0))) == (n > 0));
  }
  typename V::Mask index;
  for (int l = 0; l < V::W; ++l) index[l] = V::W - 1 - l;
  gather(from, index).store(to);
  for (int l = 0; l < V::W; ++l) CHECK(to[l] == from[V::W - 1 - l]);
  alignas(64) S streamed[V::W];
  stream(streamed, V::load(from));
  stream_fence();
  CHECK(std::memcmp(streamed, from, sizeof streamed) == 0);
}

}  // namespace

int main() {
  if (!KAN_RUNS_HERE) return std::printf("simd: this processor has no such tier\n"), 77;
  arithmetic<float>();
  arithmetic<double>();
#if defined(__AVX512F__)
  each<float>(
      "above_floor", 2,
      [](auto x, auto, auto) { return select(abs(x) < vec<float>(1e30f), above_floor(x), vec<float>(0.0f)); },
      [](float x, float, float) { return std::fabs(x) < 1e30f ? x - std::floor(x) : 0.0f; });
#endif
  lanes<float>();
  lanes<double>();
  return check::finish("simd");
}
