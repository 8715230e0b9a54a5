/* kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
 *
 * Included before every source of libkan4j by the build, and where the CUDA plugin uses dlopen. glibc gave these functions
 * new versions that only drop the errno of old C standards, or moved them from libdl to libc; the old ones do the same and
 * let the library load on glibc 2.27 and later. */
#if defined(__linux__) && defined(__x86_64__) && !defined(__CUDA_ARCH__)
__asm__(".symver exp,exp@GLIBC_2.2.5");
__asm__(".symver log,log@GLIBC_2.2.5");
__asm__(".symver pow,pow@GLIBC_2.2.5");
__asm__(".symver dlopen,dlopen@GLIBC_2.2.5");
__asm__(".symver dlsym,dlsym@GLIBC_2.2.5");
__asm__(".symver dlerror,dlerror@GLIBC_2.2.5");
__asm__(".symver dladdr,dladdr@GLIBC_2.2.5");
#endif
