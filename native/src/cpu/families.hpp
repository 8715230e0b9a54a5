// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// What the families of layers of a tier offer to its list of implementations (kernels.cpp). Each is defined in the .inl of
// its name and instantiated, for the dtype of its build, by the translation unit of its name in units/: an edit of one
// family compiles that family alone.
#pragma once
#include "core/kernels.hpp"

namespace KAN_NS {

using kan::BackwardArgs;
using kan::EdgeBackwardArgs;
using kan::EdgeStatisticsArgs;
using kan::ForwardArgs;
using kan::Layer;
using kan::Pool;

// What an implementation is asked about.
struct Problem {
  enum Pass { kInfer, kTrain, kBackward };  // the forward pass in either mode; the backward pass
  const Layer& layer;
  int64_t batch;
  Pass pass;
};

// B-splines: an edge touches k + 1 of its coefficients. By records of sorted samples, or a few rows at a time.
template <class S>
int64_t spline_saved_bytes(const Layer& layer, int64_t batch);
template <class S>
int64_t spline_forward_scratch_bytes(const Problem& problem, int threads);
template <class S>
int64_t spline_backward_scratch_bytes(const Problem& problem, int threads);
template <class S>
void spline_forward(Pool& pool, const Layer& layer, const ForwardArgs& a);
template <class S>
void spline_backward(Pool& pool, const Layer& layer, const BackwardArgs& a);
template <class S>
int64_t spline_rows_scratch_bytes(const Problem& problem, int threads);
template <class S>
void spline_rows_forward(Pool& pool, const Layer& layer, const ForwardArgs& a);

// The bases of registry/basis.inc of which an edge touches every function, and LINEAR: products.
template <class S>
int64_t dense_forward_scratch_bytes(const Problem& problem, int threads);
template <class S>
int64_t dense_backward_scratch_bytes(const Problem& problem, int threads);
template <class S>
void dense_forward(Pool& pool, const Layer& layer, const ForwardArgs& a);
template <class S>
void dense_backward(Pool& pool, const Layer& layer, const BackwardArgs& a);
constexpr int64_t kDenseRows = 8;  // rows that are a few
template <class S>
int64_t dense_rows_scratch_bytes(const Problem& problem, int threads);
template <class S>
void dense_rows_forward(Pool& pool, const Layer& layer, const ForwardArgs& a);

// Wavelets with scale and translation of the edge's own.
template <class S>
int64_t wavelet_scratch_bytes(const Problem& problem, int threads);
template <class S>
void wavelet_forward(Pool& pool, const Layer& layer, const ForwardArgs& a);
template <class S>
void wavelet_backward(Pool& pool, const Layer& layer, const BackwardArgs& a);

// Layers without edges: normalisations, activations, products of features.
template <class S>
int64_t elementwise_scratch_bytes(const Problem& problem, int threads);
template <class S>
void elementwise_forward(Pool& pool, const Layer& layer, const ForwardArgs& a);
template <class S>
void elementwise_backward(Pool& pool, const Layer& layer, const BackwardArgs& a);

// Statistics of the edges of any KAN layer, and the gradients of what is computed from them.
template <class S>
int64_t edge_statistics_scratch_bytes(const Layer& layer, int64_t batch, int32_t mode, int threads);
template <class S>
void edge_statistics(Pool& pool, const Layer& layer, const EdgeStatisticsArgs& a);
template <class S>
void edge_statistics_backward(Pool& pool, const Layer& layer, const EdgeBackwardArgs& a);

}  // namespace KAN_NS
