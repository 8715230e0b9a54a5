// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/** Models handed on: ONNX files, plain Java, plain C. Each is printed from one flat description of the model. */
package org.kan4j.export;
