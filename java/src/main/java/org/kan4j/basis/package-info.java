// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * The functions that the edges of a KAN are made of, one record a basis, each with the paper or the code it comes
 * from. Whoever describes a network chooses one. Begin with {@link org.kan4j.basis.BSpline}, the basis of the first
 * KANs, or with {@link org.kan4j.basis.Basis}, which lists all.
 */
package org.kan4j.basis;
