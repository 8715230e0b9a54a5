// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Pieces: how a pass is cut, so that many workers have enough to do and any number of them gives the same bits.
//
// A long sum (over the samples of a batch for the gradients of weights, over the inputs of a layer for its outputs) is a binary
// tree: short chains are its leaves, everything above them is added pairwise, so that its error grows with the logarithm of
// its length. The shape alone fixes the tree. Where it is cut is free, because a node is the same number whoever makes it: a
// piece makes one node, and the nodes are folded by what is left of the tree. One worker cuts nothing and pays for nothing.
#pragma once
#include "cpu/common.hpp"

namespace KAN_NS {

// Pieces that so many workers should have: two each, so that what is unequal or late evens out. Memory for partial sums grows
// with them, hence the limit.
KAN_HD int64_t wanted_pieces(int64_t workers) { return workers == 1 ? 1 : min64(2 * workers, 128); }

// The largest power of two up to n >= 1.
KAN_HD int64_t power_of_two(int64_t n) {
  int64_t p = 1;
  while (2 * p <= n) p *= 2;
  return p;
}

KAN_HD Range lower(Range r) { return {r.begin, r.begin + (r.end - r.begin + 1) / 2}; }
KAN_HD Range upper(Range r) { return {lower(r).end, r.end}; }

// A sum of `leaves` short ones, cut into 2^depth nodes.
struct SumTree {
  int64_t leaves;
  int depth;

  // Cut until `pieces` to a node are as many as wanted, or nodes are leaves.
  SumTree(int64_t leaves, int64_t pieces, int64_t wanted) : leaves(leaves), depth(0) {
    while (pieces << depth < wanted && int64_t(2) << depth <= leaves) ++depth;
  }
  int64_t nodes() const { return int64_t(1) << depth; }
  // The leaves of node k.
  Range node(int64_t k) const {
    Range r{0, leaves};
    for (int d = depth - 1; d >= 0; --d) r = k >> d & 1 ? upper(r) : lower(r);
    return r;
  }
  // Sums that pairwise() holds at once beside the one that it makes, whatever the depth of the cut.
  static int64_t levels(int64_t leaves) {
    int64_t n = 0;
    while (int64_t(1) << n < leaves) ++n;
    return n;
  }
};

// The sum of some leaves in buffer number `level`, with those after it as working memory: leaf(index, level) makes that of a
// leaf, add(level) adds buffer level + 1 to buffer level.
template <class Leaf, class Add>
inline void pairwise(Range leaves, int level, Leaf&& leaf, Add&& add) {
  if (leaves.end - leaves.begin == 1) return leaf(leaves.begin, level);
  pairwise(lower(leaves), level, leaf, add);
  pairwise(upper(leaves), level + 1, leaf, add);
  add(level);
}

// to += from, n numbers.
template <class S>
inline void add_numbers(S* to, const S* from, int64_t n) {
  using T = vec<S>;
  for_registers<S>(
      0, n, [&](int64_t j, auto lanes) { (T::load(to + j, lanes) + T::load(from + j, lanes)).store(to + j, lanes); });
}

// The sum of 2^depth nodes that lie `stride` numbers apart, in the order of their tree.
template <class S, class Lanes>
inline vec<S> folded(const S* node, int64_t stride, int64_t nodes, Lanes lanes) {
  if (nodes == 1) return vec<S>::load(node, lanes);
  return folded(node, stride, nodes / 2, lanes) + folded(node + nodes / 2 * stride, stride, nodes / 2, lanes);
}

// The pieces 0 .. count-1 of a phase. Each worker takes those of its own part, one after the other, and then what is left of
// the others', for processors of a shared machine are not equally fast. A crowded pool keeps to the parts: there the workers
// that happen to run would only leave nothing to the rest.
class Shares {
 public:
  Shares(const Pool& pool, int64_t count, int workers)
      : count_(count), workers_(workers), turns_(pool.crowded() ? 1 : workers) {
    for (int w = 0; w < workers; ++w) next_[w] = part(count, w, workers).begin;
  }

  template <class F>
  void each(int worker, F&& piece) {
    for (int turn = 0; turn < turns_;) {
      const int whose = (worker + turn) % workers_;
      const int64_t q = __atomic_fetch_add(&next_[whose], 1, __ATOMIC_RELAXED);
      if (q < part(count_, whose, workers_).end) piece(q);
      else ++turn;
    }
  }

 private:
  int64_t count_;
  int workers_, turns_;
  int64_t next_[kMaxThreads];
};

}  // namespace KAN_NS
