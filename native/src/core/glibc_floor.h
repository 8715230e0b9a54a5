/* kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
 *
 * Included before every source of libkan4j by the build, and where the CUDA plugin uses dlopen. glibc gave these functions
 * new versions that only drop the errno of old C standards, or moved them from libdl to libc; the old ones do the same and
 * let the library load on glibc 2.27 and later. Each architecture names its old version after the first glibc that had it. */
#if defined(__linux__) && defined(__x86_64__) && !defined(__CUDA_ARCH__)
#define KAN_GLIBC_FIRST "GLIBC_2.2.5"
#elif defined(__linux__) && defined(__aarch64__) && !defined(__CUDA_ARCH__)
#define KAN_GLIBC_FIRST "GLIBC_2.17"
#endif
#if defined(KAN_GLIBC_FIRST)
__asm__(".symver exp,exp@" KAN_GLIBC_FIRST);
__asm__(".symver log,log@" KAN_GLIBC_FIRST);
__asm__(".symver pow,pow@" KAN_GLIBC_FIRST);
__asm__(".symver dlopen,dlopen@" KAN_GLIBC_FIRST);
__asm__(".symver dlsym,dlsym@" KAN_GLIBC_FIRST);
__asm__(".symver dlerror,dlerror@" KAN_GLIBC_FIRST);
__asm__(".symver dladdr,dladdr@" KAN_GLIBC_FIRST);
#undef KAN_GLIBC_FIRST
#endif
