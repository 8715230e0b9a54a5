// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Every basis policy named in native/registry/basis.inc.
#pragma once
#include "basis/bsrbf.hpp"
#include "basis/chebyshev.hpp"
#include "basis/fourier.hpp"
#include "basis/jacobi.hpp"
#include "basis/rational.hpp"
#include "basis/rbf.hpp"
#include "basis/relu.hpp"
#include "basis/rswaf.hpp"
#include "basis/sine.hpp"
#include "basis/wavelet.hpp"
