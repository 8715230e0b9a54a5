/* kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
 *
 * The header is plain C11, can be included twice, and a C program links and runs against the library. */
#include "kan/kan.h"
#include "kan/kan.h"

#include <stdio.h>
#include <string.h>

int main(void) {
  kan_context_spec spec;
  kan_context context = NULL;
  memset(&spec, 0, sizeof spec);
  spec.struct_size = (int32_t)sizeof spec;
  spec.struct_version = 1;
  spec.threads = 1;
  if (kan_abi_version() != (KAN_ABI_MAJOR << 16 | KAN_ABI_MINOR))
    return puts("version of header and library differ"), 1;
  if (kan_context_create(&spec, &context) != KAN_OK || context == NULL) return puts("no context"), 1;
  if (kan_debug_live(0) != 1) return puts("live count"), 1;
  if (kan_context_destroy(context) != KAN_OK || kan_debug_live(0) != 0) return puts("not destroyed"), 1;
  return 0;
}
