// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Every policy, from the registry.
#pragma once
#define KAN_BASIS_HEADERS
#include "registry/basis.inc"
