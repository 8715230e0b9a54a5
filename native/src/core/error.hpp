// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>

#include "kan/kan.h"

namespace kan {

inline void append(std::string& text, std::string_view part) { text += part; }
inline void append(std::string& text, double part) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%.9g", part);
  for (char* c = digits; *c; ++c) text += *c == ',' ? '.' : *c;  // whatever the host's locale
}
template <class I, class = std::enable_if_t<std::is_integral_v<I>>>
void append(std::string& text, I part) {
  text += std::to_string(part);
}

// A refused call: Error(KAN_INVALID_ARGUMENT, "spec.order: expected 1 to 5, given ", order). Thrown inside the library
// only; guard() (abi/guard.hpp) turns it into a status and the context's error text.
class Error : public std::exception {
 public:
  template <class... Parts>
  explicit Error(kan_status status, const Parts&... parts) : status_(status) {
    (append(text_, parts), ...);
  }
  kan_status status() const { return status_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  kan_status status_;
  std::string text_;
};

}  // namespace kan
