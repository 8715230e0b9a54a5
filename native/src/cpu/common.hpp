// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// What the kernel families of a tier share: partition of work, scratch carving, tile packing, the write-out of a
// finished weight gradient.
#pragma once
#include "core/kernels.hpp"
#include "cpu/adamw.hpp"
#include "cpu/elementary.hpp"
#include "cpu/families.hpp"

namespace KAN_NS {

using kan::for_workers;
using kan::kTile;

#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int kRegisters = 32;
#else
constexpr int kRegisters = 16;
#endif

// Of a lambda in an inner loop, which captures what must stay in registers.
#define KAN_INLINE __attribute__((always_inline))

constexpr int kMaxThreads = KAN_MAX_THREADS;
constexpr int64_t kNarrowOutputs = 4;  // up to so many outputs lanes are samples
constexpr int64_t kStreamBytes = 16 << 20;

KAN_HD int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
KAN_HD int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }
KAN_HD int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
KAN_HD int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }

// [begin, end) of part `index` of `count` equal contiguous parts of n.
struct Range {
  int64_t begin, end;
};
KAN_HD Range part(int64_t n, int64_t index, int64_t count) { return {n * index / count, n * (index + 1) / count}; }

// Hands out 64-byte aligned pieces of a caller's scratch; with a null base it only counts.
class Carver {
 public:
  explicit Carver(void* base) : base_(static_cast<char*>(base)), used_(0) {}
  template <class E>
  E* take(int64_t count) {
    char* p = base_ ? base_ + used_ : nullptr;
    used_ += round_up(count * int64_t(sizeof(E)), 64);
    return reinterpret_cast<E*>(p);
  }
  int64_t used() const { return used_; }

 private:
  char* base_;
  int64_t used_;
};

template <class S>
KAN_HD void fill_zero(S* p, int64_t n) {
  __builtin_memset(p, 0, size_t(n) * sizeof(S));
}

// Calls f(i, lanes) for the registers of numbers begin .. end-1: whole ones, and what is left.
template <class S, class F>
KAN_HD void for_registers(int64_t begin, int64_t end, F&& f) {
  constexpr int64_t W = vec<S>::W;
  int64_t i = begin;
  for (; i + W <= end; i += W) f(i, AllLanes{});
  if (i < end) f(i, int(end - i));
}

// Workers worth waking for about `cycles` of work, each for about ten microseconds at least: a wake-up and a barrier cost a few
// thousand.
KAN_HD int workers_for(const Pool& pool, double cycles) {
  constexpr double kWorth = 30000;
  return cycles < kWorth * kMaxThreads ? int(min64(pool.threads(), 1 + int64_t(cycles / kWorth))) : pool.threads();
}

// d_y (batch, out) as tiles [tile][batch][w], the form in which the weight and input gradients stream it: this worker's rows of
// them, before a barrier. One tile is that already, and `packed` is not used.
template <class S>
KAN_HD void pack_tiles(int worker, int workers, const Layer& layer, int64_t batch, const S* d_y, S* packed) {
  if (layer.out <= kTile) return;
  const Range rows = part(batch, worker, workers);
  const int64_t tiles = ceil_div(layer.out, kTile);
  for (int64_t b = rows.begin; b < rows.end; ++b)
    for (int64_t t = 0; t < tiles; ++t) {
      const int64_t w = layer.tile_width(t);
      __builtin_memcpy(packed + t * kTile * batch + b * w, d_y + b * layer.out + t * kTile, size_t(w) * sizeof(S));
    }
}

// Where a run of finished gradient numbers goes: into d_params (overwriting or adding) or straight into AdamW.
template <class S>
struct GradientSink {
  int32_t mode;
  S* d_params;
  const AdamW<S>* adam;
  S *p, *m, *v;
  bool streams;  // gradients of more bytes than caches hold go past them

  GradientSink(const BackwardArgs& a, const AdamW<S>* adam, int64_t params = 0)
      : mode(a.d_params_mode), d_params(static_cast<S*>(a.d_params)), adam(adam), p(static_cast<S*>(a.params_out)),
        m(static_cast<S*>(a.m)), v(static_cast<S*>(a.v)),
        streams(!adam && mode == KAN_GRAD_OVERWRITE && params * int64_t(sizeof(S)) > kStreamBytes &&
                reinterpret_cast<uintptr_t>(d_params) % kVectorBytes == 0) {}
  bool wanted() const { return adam || mode != KAN_GRAD_NONE; }
  // Whether put() does no more than store.
  bool overwrites() const { return !adam && !streams && mode == KAN_GRAD_OVERWRITE; }

  // Asks for what put() will touch while the gradient is still being computed from `work` numbers.
  KAN_HD void prefetch(int64_t offset, int64_t n, int64_t work) const {
    if (n > work) return;
    for (int64_t i = 0; i < n; i += 64 / int64_t(sizeof(S))) prefetch(offset + i);
  }
  KAN_HD void prefetch(int64_t offset) const {
    if (adam) {
      __builtin_prefetch(p + offset, 1);
      __builtin_prefetch(m + offset, 1);
      __builtin_prefetch(v + offset, 1);
    } else if (!streams) {
      __builtin_prefetch(d_params + offset, 1);
    }
  }

  // Moves the register of numbers at `offset` of params by their gradients g.
  KAN_HD void update(int64_t offset, vec<S> g) const {
    using T = vec<S>;
    T tp = T::load(p + offset), tm = T::load(m + offset), tv = T::load(v + offset);
    adam->update(tp, g, tm, tv);
    tp.store(p + offset);
    tm.store(m + offset);
    tv.store(v + offset);
  }

  // The gradients g of the register of numbers at `offset` of params.
  KAN_HD void put(int64_t offset, vec<S> g) const {
    using T = vec<S>;
    if (streams && offset % T::W == 0) {
      stream(d_params + offset, g);
    } else if (adam) {
      update(offset, g);
    } else {
      S* d = d_params + offset;
      (mode == KAN_GRAD_ACCUMULATE ? T::load(d) + g : g).store(d);
    }
  }

  // The same of the first `lanes` of them.
  KAN_HD void put(int64_t offset, vec<S> g, int lanes) const {
    using T = vec<S>;
    if (lanes == T::W) return put(offset, g);
    alignas(64) S numbers[T::W];
    g.store(numbers);
    put(offset, numbers, int64_t(lanes));
  }

  // n gradients g of the numbers that start at `offset` of params.
  KAN_HD void put(int64_t offset, const S* g, int64_t n) const {
    using T = vec<S>;
    int64_t i = 0;
    if (adam) {
      S *pp = p + offset, *pm = m + offset, *pv = v + offset;
      for (; i + T::W <= n; i += T::W) put(offset + i, T::load(g + i));
      for (; i < n; ++i) adam->update(pp[i], g[i], pm[i], pv[i]);
    } else if (mode == KAN_GRAD_ACCUMULATE) {
      S* d = d_params + offset;
      for (; i + T::W <= n; i += T::W) (T::load(d + i) + T::load(g + i)).store(d + i);
      for (; i < n; ++i) d[i] += g[i];
    } else if (mode == KAN_GRAD_OVERWRITE) {
      __builtin_memcpy(d_params + offset, g, size_t(n) * sizeof(S));
    }
  }
};

}  // namespace KAN_NS
