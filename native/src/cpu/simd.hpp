// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// vec<S>: one SIMD register of S (float or double) of this tier, W lanes, on the vector extension of GCC and Clang; intrinsics only
// where the extension has no word for it (fused multiply-add, masked loads). No standard header: see basis.hpp.
#pragma once
#include <stddef.h>

#if defined(__aarch64__)
#include <arm_neon.h>
#else
#include <immintrin.h>
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
  typedef float Unaligned __attribute__((vector_size(kVectorBytes), aligned(4), may_alias));
};
template <>
struct register_of<double> {
  using I = long long;
  typedef double Native __attribute__((vector_size(kVectorBytes)));
  typedef long long Mask __attribute__((vector_size(kVectorBytes)));
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

// exp by reduction to |r| <= ln 2 / 2 and a polynomial (coefficients of Cephes' expf; Taylor for double); relative error
// below 2 ulp; results under the smallest normal number become 0, those past the largest infinity.
KAN_HD vec<float> exp(vec<float> x0) {
  using V = vec<float>;
  const V x = min(max(x0, V(-87.33654f)), V(89.0f));
  const V n = round_even(x * 1.44269504088896341f);
  V r = fma(n, V(-0.693359375f), x);
  r = fma(n, V(2.12194440e-4f), r);
  V p(1.9875691500e-4f);
  p = fma(p, r, V(1.3981999507e-3f));
  p = fma(p, r, V(8.3334519073e-3f));
  p = fma(p, r, V(4.1665795894e-2f));
  p = fma(p, r, V(1.6666665459e-1f));
  p = fma(p, r, V(5.0000001201e-1f));
  p = fma(p * r, r, r) + 1.0f;
  return select(x0 < V(-87.33654f), V(0.0f), ldexp(p, n));
}

KAN_HD vec<double> exp(vec<double> x0) {
  using V = vec<double>;
  const V x = min(max(x0, V(-708.3964185322641)), V(710.0));
  const V n = round_even(x * 1.4426950408889634074);
  V r = fma(n, V(-6.93145751953125e-1), x);
  r = fma(n, V(-1.42860682030941723212e-6), r);
  V p(1.0 / 6227020800.0);
  p = fma(p, r, V(1.0 / 479001600.0));
  p = fma(p, r, V(1.0 / 39916800.0));
  p = fma(p, r, V(1.0 / 3628800.0));
  p = fma(p, r, V(1.0 / 362880.0));
  p = fma(p, r, V(1.0 / 40320.0));
  p = fma(p, r, V(1.0 / 5040.0));
  p = fma(p, r, V(1.0 / 720.0));
  p = fma(p, r, V(1.0 / 120.0));
  p = fma(p, r, V(1.0 / 24.0));
  p = fma(p, r, V(1.0 / 6.0));
  p = fma(p, r, V(0.5));
  p = fma(p * r, r, r) + 1.0;
  return select(x0 < V(-708.3964185322641), V(0.0), ldexp(p, n));
}

// tanh: an odd polynomial (rational for double; Cephes) below 0.625, 1 - 2 / (e^2x + 1) above.
KAN_HD vec<float> tanh(vec<float> x) {
  using V = vec<float>;
  const V a = abs(x), z = x * x;
  V p(-5.70498872745e-3f);
  p = fma(p, z, V(2.06390887954e-2f));
  p = fma(p, z, V(-5.37397155531e-2f));
  p = fma(p, z, V(1.33314422036e-1f));
  p = fma(p, z, V(-3.33332819422e-1f));
  const V small = fma(p * z, x, x);
  const V t = 1.0f - 2.0f / (exp(a + a) + 1.0f);
  return select(a < V(0.625f), small, select(x < V(0.0f), -t, t));
}

KAN_HD vec<double> tanh(vec<double> x) {
  using V = vec<double>;
  const V a = abs(x), z = x * x;
  V p(-9.64399179425052238628e-1);
  p = fma(p, z, V(-9.92877231001918586564e1));
  p = fma(p, z, V(-1.61468768441708447952e3));
  V q = z + 1.12811678491632931402e2;
  q = fma(q, z, V(2.23548839060100448583e3));
  q = fma(q, z, V(4.84406305325125486048e3));
  const V small = fma(x * z, p / q, x);
  const V t = 1.0 - 2.0 / (exp(a + a) + 1.0);
  return select(a < V(0.625), small, select(x < V(0.0), -t, t));
}

// exp(z^2) erfc(z) / t as a polynomial in t = 3 / (3 + z), z >= 0: errors of 1e-8 and 1e-17 (Chebyshev fits over all of [0, 1]).
KAN_HD vec<float> scaled_erfc(vec<float> t) {
  constexpr float kTerms[] = {0.024031660455f, -0.084185163107f, 0.064588958469f, 0.011986334486f,
                              0.048284430878f, 0.09968688443f,   0.12481917052f,  0.15707068827f,
                              0.17758999048f,  0.18806386265f,   0.18806319172f};
  vec<float> p(kTerms[0]);
  for (int i = 1; i < 11; ++i) p = fma(p, t, vec<float>(kTerms[i]));
  return p * t;
}
KAN_HD vec<double> scaled_erfc(vec<double> t) {
  constexpr double kTerms[] = {
      -0.0023621908483131259874, 0.027180796341603322683,   -0.14336713470518648107,   0.45733865303058832756,
      -0.98061991968855769436,   1.4886567511254004943,     -1.6508712691244601102,    1.3762153932635761699,
      -0.89273287903690200767,   0.45838469881330951291,    -0.17901881421613652709,   0.058909950860068131992,
      -0.020128735080886088994,  -0.0067180614156855595367, -0.0080365616189760506652, 0.0041086907131500161107,
      0.026212314753493993754,   0.056980309412099540445,   0.092290261239647571501,   0.12711678912477895496,
      0.15671932876050777786,    0.17761523926504225589,    0.18806319451591880285,    0.18806319451591876227};
  vec<double> p(kTerms[0]);
  for (int i = 1; i < 24; ++i) p = fma(p, t, vec<double>(kTerms[i]));
  return p * t;
}

// The normal distribution's Phi(x) = erfc(-x / sqrt 2) / 2; both tails keep their digits: exp(-x^2/2) is taken of the square and of
// its rounding error.
template <class S>
KAN_HD vec<S> normal_cdf(vec<S> x) {
  using T = vec<S>;
  const T v = min(abs(x), T(S(45)));  // 0 or 1 long before that, and its square is a number
  const T square = v * v, error = fma(v, v, -square);
  const T tail = scaled_erfc(T(S(3)) / (v * S(0.70710678118654752440) + S(3))) * exp(square * S(-0.5)) *
                 (S(0.5) - error * S(0.25));
  return select(x < T(S(0)), tail, S(1) - tail);
}

// log(1 + e) for e in [0, 1]: 2 atanh(e / (2 + e)) by its series, an argument of at most 1/3.
template <class S>
KAN_HD vec<S> log1p_of_fraction(vec<S> e) {
  using T = vec<S>;
  constexpr int kTerms = sizeof(S) == 4 ? 8 : 17;
  const T r = e / (e + S(2)), q = r * r;
  T sum(S(1.0 / (2 * kTerms + 1)));
  for (int i = kTerms - 1; i >= 0; --i) sum = fma(sum, q, T(S(1.0 / (2 * i + 1))));
  return (r + r) * sum;
}

// sin and cos together: Cody-Waite reduction by pi/2 in three parts, polynomials on |r| <= pi/4 (Cephes); arguments too
// large for the reduction, infinities and NaN go to libm, lane by lane.
KAN_HD void sincos(vec<float> x0, vec<float>& s, vec<float>& c) {
  using V = vec<float>;
  const V::Mask easy = abs(x0) <= V(8192.0f);
  const V x = select(easy, x0, V(0));
  const V n = round_even(x * 0.636619772367581343f);
  V r = fma(n, V(-1.5703125f), x);
  r = fma(n, V(-4.837512969970703125e-4f), r);
  r = fma(n, V(-7.549789948768648e-8f), r);
  const V z = r * r;
  V ps = fma(V(-1.9515295891e-4f), z, V(8.3321608736e-3f));
  ps = fma(ps, z, V(-1.6666654611e-1f));
  ps = fma(ps * z, r, r);
  V pc = fma(V(2.443315711809948e-5f), z, V(-1.388731625493765e-3f));
  pc = fma(pc, z, V(4.166664568298827e-2f));
  pc = fma(pc * z, z, fma(z, V(-0.5f), V(1.0f)));
  const V::Mask q = to_int(n);
  const V::Mask swap = (q & 1) != 0;
  const V a = select(swap, pc, ps), b = select(swap, ps, pc);
  s = select((q & 2) != 0, -a, a);
  c = select(((q + 1) & 2) != 0, -b, b);
  if (__builtin_expect(any<float>(~easy), 0)) {  // huge, infinite or NaN: lane by lane, the others untouched
    for (int i = 0; i < V::W; ++i) {
      if (easy[i]) continue;
      float si, ci;
      sincos(float(x0.v[i]), si, ci);
      s.v[i] = si;
      c.v[i] = ci;
    }
  }
}

KAN_HD void sincos(vec<double> x0, vec<double>& s, vec<double>& c) {
  using V = vec<double>;
  const V::Mask easy = abs(x0) <= V(1.0e5);
  const V x = select(easy, x0, V(0));
  const V n = round_even(x * 0.63661977236758134308);
  // pi/2 in three parts of 33, 33 and 53 bits: n times the first two is exact for |n| < 2^20.
  V r = fma(n, V(-1.57079632673412561417), x);
  r = fma(n, V(-6.07710050630396597660e-11), r);
  r = fma(n, V(-2.02226624879595063154e-21), r);
  const V z = r * r;
  V ps(1.58962301576546568060e-10);
  ps = fma(ps, z, V(-2.50507477628578072866e-8));
  ps = fma(ps, z, V(2.75573136213857245213e-6));
  ps = fma(ps, z, V(-1.98412698295895385996e-4));
  ps = fma(ps, z, V(8.33333333332211858878e-3));
  ps = fma(ps, z, V(-1.66666666666666307295e-1));
  ps = fma(ps * z, r, r);
  V pc(-1.13585365213876817300e-11);
  pc = fma(pc, z, V(2.08757008419747316778e-9));
  pc = fma(pc, z, V(-2.75573141792967388112e-7));
  pc = fma(pc, z, V(2.48015872888517045348e-5));
  pc = fma(pc, z, V(-1.38888888888730564116e-3));
  pc = fma(pc, z, V(4.16666666666665929218e-2));
  pc = fma(pc * z, z, fma(z, V(-0.5), V(1.0)));
  const V shifted = n + 6755399441055744.0;
  const V::Mask q = V::Mask(shifted.v) - V::Mask(V(6755399441055744.0).v);
  const V::Mask swap = (q & 1) != 0;
  const V a = select(swap, pc, ps), b = select(swap, ps, pc);
  s = select((q & 2) != 0, -a, a);
  c = select(((q + 1) & 2) != 0, -b, b);
  if (__builtin_expect(any<double>(~easy), 0)) {  // huge, infinite or NaN: lane by lane, the others untouched
    for (int i = 0; i < V::W; ++i) {
      if (easy[i]) continue;
      double si, ci;
      sincos(double(x0.v[i]), si, ci);
      s.v[i] = si;
      c.v[i] = ci;
    }
  }
}

}  // namespace KAN_NS
