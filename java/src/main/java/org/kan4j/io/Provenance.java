// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.io;

/**
 * Where a checkpoint comes from.
 *
 * @param version of kan4j
 * @param build of libkan4j
 * @param java version of the VM
 * @param device and tier it was trained on; empty where it was not trained
 * @param created UTC time in ISO 8601
 */
public record Provenance(String version, String build, String java, String device, String created) {
}
