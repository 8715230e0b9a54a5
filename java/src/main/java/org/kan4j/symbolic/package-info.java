// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/** From curves to formulas: functions for edges, their choice in a network, constants, proof. */
package org.kan4j.symbolic;
