// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The reference computes in Real, which is double whatever the layer's dtype: numbers are converted when read and
// rounded once, when written. The tests compile the same sources a second time with float, which is the naive
// single-precision evaluation that bounds what a kernel's rounding errors may be.
#pragma once
#include <cstdint>

#ifndef KAN_REF_REAL
#define KAN_REF_REAL double
#define KAN_REF_NS kan::ref
#define KAN_REF_KERNELS reference_kernels
#endif
#define KAN_NS KAN_REF_NS

#include "core/kernels.hpp"

namespace KAN_REF_NS {

using Real = KAN_REF_REAL;

struct Reader {
  const void* data;
  bool f64;
  Real operator[](int64_t i) const {
    return f64 ? Real(static_cast<const double*>(data)[i]) : Real(static_cast<const float*>(data)[i]);
  }
};

struct Writer {
  void* data;
  bool f64;
  void set(int64_t i, Real value) const {
    if (f64) static_cast<double*>(data)[i] = value;
    else static_cast<float*>(data)[i] = float(value);
  }
  // By gradient mode; ACCUMULATE adds what OVERWRITE would have written.
  void put(int32_t mode, int64_t i, Real value) const {
    if (mode == KAN_GRAD_OVERWRITE) {
      set(i, value);
    } else if (mode == KAN_GRAD_ACCUMULATE) {
      if (f64) static_cast<double*>(data)[i] += value;
      else static_cast<float*>(data)[i] += float(value);
    }
  }
};

// Hands out pieces of scratch; without a base it only counts, so that one description serves query and run.
struct Bump {
  char* base = nullptr;
  int64_t used = 0;
  Real* take(int64_t count) {
    Real* piece = base ? reinterpret_cast<Real*>(base + used) : nullptr;
    used += count * int64_t(sizeof(Real));
    return piece;
  }
};

// Index in params of a number of the tiled block; in buffers, relative to the mask's start, of a mask factor.
inline int64_t tiled_index(const Layer& l, int64_t rows, int64_t row, int64_t o, int64_t i) {
  const int64_t tile = o / kTile;
  return tile * kTile * l.in * rows + (i * rows + row) * l.tile_width(tile) + (o - tile * kTile);
}

// z = (x - mean) / sqrt(var + eps) * weight + bias over the n features of a row; biased variance.
struct Norm {
  Real mean, inverse;  // 1 / sqrt(var + eps)
};
Norm normalise(int64_t n, const Real* x, double eps, const Reader& weight, const Reader& bias, Real* z);
// d_x from d_z; adds the gradients of weight and bias to d_weight and d_bias.
void normalise_backward(int64_t n, const Real* x, const Norm& norm, const Reader& weight, const Real* d_z, Real* d_x,
                        Real* d_weight, Real* d_bias);

// src/ref/kan.cpp: KAN_LAYER_KAN. Gradients of the params are added to `gradient` (params Reals).
int64_t kan_scratch(const Layer&, int64_t batch);
void kan_forward(const Layer&, const ForwardArgs&);
void kan_backward(const Layer&, const BackwardArgs&, Real* gradient, void* scratch);
void kan_edge_backward(const Layer&, const EdgeBackwardArgs&, Real* gradient, void* scratch);
void kan_edge_statistics(const Layer&, const EdgeStatisticsArgs&);
void kan_basis_values(const Layer&, int64_t batch, const void* x, const void* params, const void* buffers, void* phi);

// src/ref/layers.cpp: the other kinds.
int64_t plain_scratch(const Layer&);
void plain_forward(const Layer&, const ForwardArgs&);
void plain_backward(const Layer&, const BackwardArgs&, Real* gradient, void* scratch);

}  // namespace KAN_REF_NS
