// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// For tests of what is refused: one context, and a check of a status and its text.
#pragma once

#include "tests/model.hpp"

namespace {

kan_context context;

std::string text(kan_context c = context) { return last_error(c); }

// The call failed with `status`, and the text names `word`.
#define REFUSED(call, expected, word)                                                                                \
  do {                                                                                                               \
    const kan_status status_ = (call);                                                                               \
    CHECK_TEXT(status_ == (expected), std::string(#call) + " gave " + std::to_string(status_) + ": " + text());      \
    CHECK_TEXT(text().find(word) != std::string::npos, std::string(#call) + ": \"" + text() + "\" lacks " + (word)); \
  } while (false)

kan_layer_spec spline_spec() {
  kan_layer_spec s = layer_spec(KAN_LAYER_KAN, KAN_F32, 3, 2);
  s.basis = KAN_BASIS_BSPLINE, s.grid = 5, s.order = 3, s.base = KAN_ACTIVATION_SILU;
  return s;
}

}  // namespace
