// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// vec<S>: one SIMD register of S (float or double) of this tier, W lanes, on the vector extension of GCC and Clang; intrinsics only
// where the extension has no word for it (fused multiply-add, masked loads). No standard header: see basis.hpp.
#pragma once
#include <stddef.h>

#if defined(__aarch64__)
#include <arm_neon.h>
#elif defined(__AVX2__)
#include <immintrin.h>
#else
#include <emmintrin.h>  // half a second less to read, for each unit
#endif

#include "basis/math.hpp"

namespace KAN_NS {

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif

// (GCC does not take vector_size on a dependent type.)
template <class S>
struct register_of;
template <>
struct register_of<float> {
  using I = int32_t;
  typedef float Native __attribute__((vector_size(kVectorBytes)));
  typedef int32_t Mask __attribute__((vector_size(kVectorBytes)));
  typedef uint32_t Bits __attribute__((vector_size(kVectorBytes)));
  typedef float Unaligned __attribute__((vector_size(kVectorBytes), aligned(4), may_alias));
};
template <>
struct register_of<double> {
  using I = long long;
  typedef double Native __attribute__((vector_size(kVectorBytes)));
  typedef long long Mask __attribute__((vector_size(kVectorBytes)));
  typedef unsigned long long Bits __attribute__((vector_size(kVectorBytes)));
  typedef double Unaligned __attribute__((vector_size(kVectorBytes), aligned(8), may_alias));
};

// As a lane count: a whole register, without a mask. (What a masked store wrote, a load cannot take from the store queue.)
struct AllLanes {};

// A number known to the compiler, as an argument of a generic lambda.
template <int N>
struct Constant {
  static constexpr int value = N;
};

template <class S>
struct vec {
  static constexpr int W = kVectorBytes / int(sizeof(S));
  using I = typename register_of<S>::I;
  using Native = typename register_of<S>::Native;
  using Mask = typename register_of<S>::Mask;
  using Bits = typename register_of<S>::Bits;
  using Unaligned = typename register_of<S>::Unaligned;
  Native v;

  vec() = default;
  KAN_HD vec(Native a) : v(a) {}
  KAN_HD vec(S a) : v(a - Native{}) {}

  KAN_HD static vec load(const S* p) { return vec(Native(*reinterpret_cast<const Unaligned*>(p))); }
  KAN_HD void store(S* p) const { *reinterpret_cast<Unaligned*>(p) = v; }
  KAN_HD static vec load(const S* p, AllLanes) { return load(p); }
  KAN_HD void store(S* p, AllLanes) const { store(p); }
  // The first `lanes` (0..W) numbers; the other lanes are 0. Touches no memory beyond them.
  KAN_HD static vec load(const S* p, int lanes);
  KAN_HD void store(S* p, int lanes) const;

  friend KAN_HD vec operator+(vec a, vec b) { return a.v + b.v; }
  friend KAN_HD vec operator-(vec a, vec b) { return a.v - b.v; }
  friend KAN_HD vec operator*(vec a, vec b) { return a.v * b.v; }
  friend KAN_HD vec operator/(vec a, vec b) { return a.v / b.v; }
  friend KAN_HD vec operator+(vec a, S b) { return a.v + b; }
  friend KAN_HD vec operator-(vec a, S b) { return a.v - b; }
  friend KAN_HD vec operator*(vec a, S b) { return a.v * b; }
  friend KAN_HD vec operator/(vec a, S b) { return a.v / b; }
  friend KAN_HD vec operator+(S a, vec b) { return a + b.v; }
  friend KAN_HD vec operator-(S a, vec b) { return a - b.v; }
  friend KAN_HD vec operator*(S a, vec b) { return a * b.v; }
  friend KAN_HD vec operator/(S a, vec b) { return a / b.v; }
  friend KAN_HD vec operator-(vec a) { return -a.v; }
  friend KAN_HD vec& operator+=(vec& a, vec b) { return a = a + b; }
  friend KAN_HD vec& operator-=(vec& a, vec b) { return a = a - b; }
  friend KAN_HD vec& operator*=(vec& a, vec b) { return a = a * b; }
  friend KAN_HD Mask operator<(vec a, vec b) { return a.v < b.v; }
  friend KAN_HD Mask operator<=(vec a, vec b) { return a.v <= b.v; }
  friend KAN_HD Mask operator>(vec a, vec b) { return a.v > b.v; }
  friend KAN_HD Mask operator>=(vec a, vec b) { return a.v >= b.v; }
  friend KAN_HD Mask operator==(vec a, vec b) { return a.v == b.v; }
  friend KAN_HD Mask operator!=(vec a, vec b) { return a.v != b.v; }
};

template <class S>
struct scalar_of_impl<vec<S>> {
  using type = S;
};

template <class S>
KAN_HD vec<S> select(typename vec<S>::Mask m, vec<S> a, vec<S> b) {
  return m ? a.v : b.v;
}
KAN_HD vec<float> select(vec<float>::Mask m, vec<float> a, vec<float> b) { return m ? a.v : b.v; }
KAN_HD vec<double> select(vec<double>::Mask m, vec<double> a, vec<double> b) { return m ? a.v : b.v; }

// max, min: a NaN first argument comes out. (The instructions return their second operand then, and for two zeros.)

template <class S>
KAN_HD bool any(typename vec<S>::Mask m) {
  typename vec<S>::I r = 0;
  for (int i = 0; i < vec<S>::W; ++i) r |= m[i];
  return r != 0;
}

// A store past the caches, of what is not read again soon; p is a multiple of the register's bytes. Other threads see it
// after a stream_fence(). (NEON has such stores for pairs of registers alone; there it is one like any other.)
KAN_HD void stream(float* p, vec<float> a) {
#if defined(__AVX512F__)
  _mm512_stream_ps(p, a.v);
#elif defined(__AVX2__)
  _mm256_stream_ps(p, a.v);
#elif defined(__aarch64__)
  a.store(p);
#else
  _mm_stream_ps(p, a.v);
#endif
}
KAN_HD void stream(double* p, vec<double> a) {
  stream(reinterpret_cast<float*>(p), vec<float>(vec<float>::Native(a.v)));
}
KAN_HD void stream_fence() {
#if !defined(__aarch64__)
  _mm_sfence();
#endif
}

#if defined(__AVX512F__)

template <>
KAN_HD vec<float> vec<float>::load(const float* p, int n) {
  return vec(Native(_mm512_maskz_loadu_ps(__mmask16((1u << n) - 1u), p)));
}
template <>
KAN_HD void vec<float>::store(float* p, int n) const {
  _mm512_mask_storeu_ps(p, __mmask16((1u << n) - 1u), __m512(v));
}
template <>
KAN_HD vec<double> vec<double>::load(const double* p, int n) {
  return vec(Native(_mm512_maskz_loadu_pd(__mmask8((1u << n) - 1u), p)));
}
template <>
KAN_HD void vec<double>::store(double* p, int n) const {
  _mm512_mask_storeu_pd(p, __mmask8((1u << n) - 1u), __m512d(v));
}
KAN_HD vec<float> fma(vec<float> a, vec<float> b, vec<float> c) {
  return vec<float>::Native(_mm512_fmadd_ps(__m512(a.v), __m512(b.v), __m512(c.v)));
}
KAN_HD vec<double> fma(vec<double> a, vec<double> b, vec<double> c) {
  return vec<double>::Native(_mm512_fmadd_pd(__m512d(a.v), __m512d(b.v), __m512d(c.v)));
}
KAN_HD vec<float> sqrt(vec<float> a) { return vec<float>::Native(_mm512_sqrt_ps(__m512(a.v))); }
KAN_HD vec<double> sqrt(vec<double> a) { return vec<double>::Native(_mm512_sqrt_pd(__m512d(a.v))); }
KAN_HD vec<float> round_even(vec<float> a) { return vec<float>::Native(_mm512_roundscale_ps(__m512(a.v), 8)); }
KAN_HD vec<double> round_even(vec<double> a) { return vec<double>::Native(_mm512_roundscale_pd(__m512d(a.v), 8)); }
KAN_HD vec<float> floor(vec<float> a) { return vec<float>::Native(_mm512_roundscale_ps(__m512(a.v), 9)); }
KAN_HD vec<double> floor(vec<double> a) { return vec<double>::Native(_mm512_roundscale_pd(__m512d(a.v), 9)); }
KAN_HD vec<float> max(vec<float> a, vec<float> b) {
  return vec<float>::Native(_mm512_max_ps(__m512(b.v), __m512(a.v)));
}
KAN_HD vec<double> max(vec<double> a, vec<double> b) {
  return vec<double>::Native(_mm512_max_pd(__m512d(b.v), __m512d(a.v)));
}
KAN_HD vec<float> min(vec<float> a, vec<float> b) {
  return vec<float>::Native(_mm512_min_ps(__m512(b.v), __m512(a.v)));
}
KAN_HD vec<double> min(vec<double> a, vec<double> b) {
  return vec<double>::Native(_mm512_min_pd(__m512d(b.v), __m512d(a.v)));
}
// a 2^n for whole n, rounded once.
KAN_HD vec<float> ldexp(vec<float> a, vec<float> n) {
  return vec<float>::Native(_mm512_scalef_ps(__m512(a.v), __m512(n.v)));
}
KAN_HD vec<double> ldexp(vec<double> a, vec<double> n) {
  return vec<double>::Native(_mm512_scalef_pd(__m512d(a.v), __m512d(n.v)));
}

// a - floor(a), rounded down.
KAN_HD vec<float> above_floor(vec<float> a) { return vec<float>::Native(_mm512_reduce_ps(__m512(a.v), 9)); }

#elif defined(__AVX2__)

alignas(32) constexpr int32_t kLaneMask[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

KAN_HD __m256i lane_mask32(int n) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kLaneMask + 8 - n)); }
KAN_HD __m256i lane_mask64(int n) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kLaneMask + 8 - 2 * n));
}
template <>
KAN_HD vec<float> vec<float>::load(const float* p, int n) {
  return vec(Native(_mm256_maskload_ps(p, lane_mask32(n))));
}
template <>
KAN_HD void vec<float>::store(float* p, int n) const {
  _mm256_maskstore_ps(p, lane_mask32(n), __m256(v));
}
template <>
KAN_HD vec<double> vec<double>::load(const double* p, int n) {
  return vec(Native(_mm256_maskload_pd(p, lane_mask64(n))));
}
template <>
KAN_HD void vec<double>::store(double* p, int n) const {
  _mm256_maskstore_pd(p, lane_mask64(n), __m256d(v));
}
KAN_HD vec<float> fma(vec<float> a, vec<float> b, vec<float> c) {
  return vec<float>::Native(_mm256_fmadd_ps(__m256(a.v), __m256(b.v), __m256(c.v)));
}
KAN_HD vec<double> fma(vec<double> a, vec<double> b, vec<double> c) {
  return vec<double>::Native(_mm256_fmadd_pd(__m256d(a.v), __m256d(b.v), __m256d(c.v)));
}
KAN_HD vec<float> sqrt(vec<float> a) { return vec<float>::Native(_mm256_sqrt_ps(__m256(a.v))); }
KAN_HD vec<double> sqrt(vec<double> a) { return vec<double>::Native(_mm256_sqrt_pd(__m256d(a.v))); }
KAN_HD vec<float> round_even(vec<float> a) { return vec<float>::Native(_mm256_round_ps(__m256(a.v), 8)); }
KAN_HD vec<double> round_even(vec<double> a) { return vec<double>::Native(_mm256_round_pd(__m256d(a.v), 8)); }
KAN_HD vec<float> floor(vec<float> a) { return vec<float>::Native(_mm256_round_ps(__m256(a.v), 9)); }
KAN_HD vec<double> floor(vec<double> a) { return vec<double>::Native(_mm256_round_pd(__m256d(a.v), 9)); }
KAN_HD vec<float> max(vec<float> a, vec<float> b) {
  return vec<float>::Native(_mm256_max_ps(__m256(b.v), __m256(a.v)));
}
KAN_HD vec<double> max(vec<double> a, vec<double> b) {
  return vec<double>::Native(_mm256_max_pd(__m256d(b.v), __m256d(a.v)));
}
KAN_HD vec<float> min(vec<float> a, vec<float> b) {
  return vec<float>::Native(_mm256_min_ps(__m256(b.v), __m256(a.v)));
}
KAN_HD vec<double> min(vec<double> a, vec<double> b) {
  return vec<double>::Native(_mm256_min_pd(__m256d(b.v), __m256d(a.v)));
}

#else

template <class S>
KAN_HD vec<S> vec<S>::load(const S* p, int n) {
  vec r(S(0));
  for (int i = 0; i < n; ++i) r.v[i] = p[i];
  return r;
}
template <class S>
KAN_HD void vec<S>::store(S* p, int n) const {
  for (int i = 0; i < n; ++i) p[i] = v[i];
}
#if defined(__aarch64__)
KAN_HD vec<float> fma(vec<float> a, vec<float> b, vec<float> c) { return vec<float>::Native(vfmaq_f32(c.v, a.v, b.v)); }
KAN_HD vec<double> fma(vec<double> a, vec<double> b, vec<double> c) {
  return vec<double>::Native(vfmaq_f64(c.v, a.v, b.v));
}
// The instructions return a NaN for one in either argument: compare and select.
template <class S>
KAN_HD vec<S> max(vec<S> a, vec<S> b) {
  return select(b > a, b, a);
}
template <class S>
KAN_HD vec<S> min(vec<S> a, vec<S> b) {
  return select(b < a, b, a);
}
KAN_HD vec<float> sqrt(vec<float> a) { return vec<float>::Native(vsqrtq_f32(a.v)); }
KAN_HD vec<double> sqrt(vec<double> a) { return vec<double>::Native(vsqrtq_f64(a.v)); }
KAN_HD vec<float> round_even(vec<float> a) { return vec<float>::Native(vrndnq_f32(a.v)); }
KAN_HD vec<double> round_even(vec<double> a) { return vec<double>::Native(vrndnq_f64(a.v)); }
KAN_HD vec<float> floor(vec<float> a) { return vec<float>::Native(vrndmq_f32(a.v)); }
KAN_HD vec<double> floor(vec<double> a) { return vec<double>::Native(vrndmq_f64(a.v)); }
#else
// No fused multiply-add on this tier: two roundings.
KAN_HD vec<float> fma(vec<float> a, vec<float> b, vec<float> c) { return a * b + c; }
KAN_HD vec<double> fma(vec<double> a, vec<double> b, vec<double> c) { return a * b + c; }
KAN_HD vec<float> max(vec<float> a, vec<float> b) { return vec<float>::Native(_mm_max_ps(__m128(b.v), __m128(a.v))); }
KAN_HD vec<double> max(vec<double> a, vec<double> b) {
  return vec<double>::Native(_mm_max_pd(__m128d(b.v), __m128d(a.v)));
}
KAN_HD vec<float> min(vec<float> a, vec<float> b) { return vec<float>::Native(_mm_min_ps(__m128(b.v), __m128(a.v))); }
KAN_HD vec<double> min(vec<double> a, vec<double> b) {
  return vec<double>::Native(_mm_min_pd(__m128d(b.v), __m128d(a.v)));
}
KAN_HD vec<float> sqrt(vec<float> a) { return vec<float>::Native(_mm_sqrt_ps(__m128(a.v))); }
KAN_HD vec<double> sqrt(vec<double> a) { return vec<double>::Native(_mm_sqrt_pd(__m128d(a.v))); }
// Adding and taking away 1.5 * 2^(mantissa bits) rounds to even; larger numbers are whole already.
KAN_HD vec<float> round_even(vec<float> a) {
  const vec<float> big(12582912.0f);
  const vec<float> r = (a + big) - big;
  return select((vec<float>(-4194304.0f) < a) & (a < vec<float>(4194304.0f)), r, a);
}
KAN_HD vec<double> round_even(vec<double> a) {
  const vec<double> big(6755399441055744.0);
  const vec<double> r = (a + big) - big;
  return select((vec<double>(-2251799813685248.0) < a) & (a < vec<double>(2251799813685248.0)), r, a);
}
template <class S>
KAN_HD vec<S> floor(vec<S> a) {
  const vec<S> r = round_even(a);
  return select(r > a, r - S(1), r);
}
#endif

#endif

// acc + a * b where the exact sum order matters less than one rounding: the word of the kernels' inner loops.
template <class S>
KAN_HD vec<S> fma(S a, vec<S> b, vec<S> c) {
  return fma(vec<S>(a), b, c);
}

template <class S>
KAN_HD vec<S> abs(vec<S> a) {
  return max(a, -a);
}

// -|a|
template <class S>
KAN_HD vec<S> negative(vec<S> a) {
  using I = typename vec<S>::Mask;
  return typename vec<S>::Native(I(a.v) | I(vec<S>(S(-0.0)).v));
}

// 1 where a has no sign (-0 has one), else 0.
template <class S>
KAN_HD vec<S> one_above(vec<S> a) {
  using I = typename vec<S>::Mask;
  return typename vec<S>::Native(~(I(a.v) >> (8 * sizeof(S) - 1)) & I(vec<S>(S(1)).v));
}

// -a where b has no sign, else a.
template <class S>
KAN_HD vec<S> minus_above(vec<S> a, vec<S> b) {
  using I = typename vec<S>::Mask;
  return typename vec<S>::Native(I(a.v) ^ (~I(b.v) & I(vec<S>(S(-0.0)).v)));
}

// a, or where it is further from 0 than `most` > 0 that with a's sign. NaN becomes some number or other.
template <class S>
KAN_HD vec<S> limited(vec<S> a, S most) {
#if defined(__AVX512F__)
  if constexpr (sizeof(S) == 4) return typename vec<S>::Native(_mm512_range_ps(__m512(a.v), __m512(vec<S>(most).v), 2));
#endif
  return min(max(a, vec<S>(-most)), vec<S>(most));
}

// Sum of the lanes, pairwise: halves are folded onto each other.
template <int... I>
struct Lanes {};
template <int N, int... I>
struct LanesUpTo : LanesUpTo<N - 1, N - 1, I...> {};
template <int... I>
struct LanesUpTo<0, I...> {
  using type = Lanes<I...>;
};
template <int N, class S, int... I>
KAN_HD vec<S> rotated(vec<S> a, Lanes<I...>) {
  return vec<S>(__builtin_shufflevector(a.v, a.v, (I + N) % vec<S>::W...));
}
template <int N, class S>
KAN_HD vec<S> fold(vec<S> a) {
  if constexpr (N == 0) return a;
  else return fold<N / 2>(a + rotated<N>(a, typename LanesUpTo<vec<S>::W>::type()));
}
template <class S>
KAN_HD S sum(vec<S> a) {
  return fold<vec<S>::W / 2>(a).v[0];
}

KAN_HD vec<float>::Mask to_int(vec<float> a) { return __builtin_convertvector(a.v, vec<float>::Mask); }
KAN_HD vec<double>::Mask to_int(vec<double> a) { return __builtin_convertvector(a.v, vec<double>::Mask); }
// The W whole numbers, of which those of doubles have 64 bits.
KAN_HD void store_int32(int32_t* p, vec<float>::Mask a) { __builtin_memcpy(p, &a, sizeof a); }
KAN_HD void store_int32(int32_t* p, vec<double>::Mask a) {
  for (int l = 0; l < vec<double>::W; ++l) p[l] = int32_t(a[l]);
}
KAN_HD vec<float> to_real(vec<float>::Mask a) { return __builtin_convertvector(a, vec<float>::Native); }
KAN_HD vec<double> to_real(vec<double>::Mask a) { return __builtin_convertvector(a, vec<double>::Native); }

// p[index] lane by lane.
KAN_HD vec<float> gather(const float* p, vec<float>::Mask index) {
#if defined(__AVX512F__)
  return vec<float>::Native(_mm512_i32gather_ps(__m512i(index), p, 4));
#elif defined(__AVX2__)
  return vec<float>::Native(_mm256_i32gather_ps(p, __m256i(index), 4));
#else
  vec<float> r;
  for (int l = 0; l < vec<float>::W; ++l) r.v[l] = p[index[l]];
  return r;
#endif
}
KAN_HD vec<double> gather(const double* p, vec<double>::Mask index) {
#if defined(__AVX512F__)
  return vec<double>::Native(_mm512_i64gather_pd(__m512i(index), p, 8));
#elif defined(__AVX2__)
  return vec<double>::Native(_mm256_i64gather_pd(p, __m256i(index), 8));
#else
  vec<double> r;
  for (int l = 0; l < vec<double>::W; ++l) r.v[l] = p[index[l]];
  return r;
#endif
}

#if !defined(__AVX512F__)
// a 2^n for whole n of results from the smallest normal number up, in two steps: 2^128 is not a number.
KAN_HD vec<float> ldexp(vec<float> a, vec<float> n) {
  using V = vec<float>;
  const V::Mask i = to_int(n), half = i >> 1;
  return a * V(V::Native((half + 127) << 23)) * V(V::Native((i - half + 127) << 23));
}
KAN_HD vec<double> ldexp(vec<double> a, vec<double> n) {
  using V = vec<double>;
  // n as an integer without a 64-bit conversion instruction: it sits in the low mantissa bits of n + 1.5 * 2^52.
  const V shifted = n + 6755399441055744.0;
  const V::Mask i = V::Mask(shifted.v) - V::Mask(V(6755399441055744.0).v), half = i >> 1;
  return a * V(V::Native((half + 1023) << 52)) * V(V::Native((i - half + 1023) << 52));
}
#endif

}  // namespace KAN_NS
