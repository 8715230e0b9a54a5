/* kan4j: Kolmogorov-Arnold network kernels. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
 *
 * The C ABI of libkan4j.so: stateless fused layer kernels, losses and optimizer kernels, on the CPU and, through the
 * plugin libkan4j_cuda.so, on CUDA devices.
 *
 * Conventions
 * -----------
 * - Plain C11. Every function that can fail returns a kan_status; 0 is success. Nothing throws, prints, aborts or
 *   installs handlers. After a failure kan_last_error() tells what was wrong, what was expected and what was given.
 * - All memory but contexts and layer handles belongs to the caller. Run functions never allocate (kan_layer_basis, which is
 *   for grids and plots, does).
 * - Matrices are dense and row-major: (batch, features), the last axis contiguous. `T` below is float for KAN_F32 and
 *   double for KAN_F64. Pointers need the natural alignment of T (4 or 8 bytes); `saved` and `scratch` need 64 bytes.
 * - A layer's numbers live in two flat arrays of T: `params` (trainable; gradients and optimizer moments have the same
 *   layout) and `buffers` (knots, masks, running statistics: no gradient, no optimizer ever moves them). Their inner
 *   layout is the kernels' own; kan_layer_tensor_get/set convert single tensors from and to the natural row-major
 *   shapes that kan_layer_tensor names.
 * - What a call writes must not overlap any other array of that call, unless a function says otherwise.
 * - batch == 0 is valid and does nothing (gradients in OVERWRITE mode become zero).
 * - A layer is immutable and may be used from many contexts at once. A context serves one thread at a time: a call on
 *   a context that is busy elsewhere returns KAN_BUSY and touches nothing.
 * - Same inputs, tier, build: the same bits, whatever the number of threads, and whatever floating-point mode (rounding, denormals,
 *   traps) the calling thread has: a call has its own and restores the caller's, exception flags included.
 * - In a child made by fork() the contexts of the parent compute with one thread (kan_context_query says so) and the same bits; one
 *   that another thread was using at the fork stays KAN_BUSY there.
 * - `saved` is trusted beyond its header: hand back only what the forward pass wrote there.
 * - On a CUDA context every data pointer of a run function is the address of device memory (kan_device_allocate), results
 *   such as `value` of kan_loss included; descriptors (structs) stay in host memory, and kan_layer_tensor_get/set work on
 *   host arrays everywhere. Calls are asynchronous: they return when the work is queued on the context's stream, and
 *   memory they were given must stay until the stream has passed (kan_synchronize, events). KAN_F32 only. What only the
 *   data can tell (a bad class label, another batch's `saved`) is not checked there; no kernel leaves its arrays for it.
 * - Structs start with struct_size and struct_version. Zero the struct, set struct_size = sizeof(it) and
 *   struct_version = 1. The library reads min(struct_size, its own size); trailing bytes it does not know must be 0.
 */
#ifndef KAN_KAN_H
#define KAN_KAN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define KAN_API __attribute__((visibility("default")))
#else
#define KAN_API
#endif

/* ------------------------------------------------------------------------------------------------ version, status */

#define KAN_ABI_MAJOR 1
#define KAN_ABI_MINOR 4

typedef int32_t kan_status;
#define KAN_OK 0
#define KAN_INVALID_ARGUMENT 1     /* a value out of range, a null pointer, a misaligned pointer */
#define KAN_SHAPE_MISMATCH 2       /* sizes that do not fit each other */
#define KAN_UNSUPPORTED 3          /* a combination this build has no kernel for */
#define KAN_OUT_OF_MEMORY 4        /* host memory */
#define KAN_DEVICE_OUT_OF_MEMORY 5 /* device memory */
#define KAN_DEVICE_ERROR 6         /* the device or its driver failed; the context is unusable */
#define KAN_NOT_BUILT_WITH_CUDA 7  /* no CUDA plugin, no driver or no device; the text says which */
#define KAN_BUSY 8                 /* the context is in use by another thread */
#define KAN_ABI_MISMATCH 9         /* a struct of a newer library with fields this one does not know */
#define KAN_INTERNAL 10            /* a defect of kan4j */

/* (major << 16) | minor of the library that was loaded. */
KAN_API int32_t kan_abi_version(void);

/* Copies one line about the build (version, compiler, tiers) into `buffer` (at most `capacity` bytes, always
 * terminated) and returns the length of the whole text without the terminator. */
KAN_API long long kan_build_info(char* buffer, long long capacity);

/* Number of live objects of a kind, for leak checks: 0 contexts, 1 layers, 2 chains. Other kinds give -1. */
KAN_API long long kan_debug_live(int32_t kind);

/* Asks the system to back `bytes` of host memory, which may hold data already, by large pages (Linux: transparent huge
 * pages): kernels that pass over tens of megabytes then wait less for address translation. A hint for parameters, gradients
 * and moments of large models: no result depends on it, memory that cannot have it stays as it is, and KAN_OK does not say
 * whether the system followed. Takes the time of copying the memory once. KAN_INVALID_ARGUMENT: bytes < 0, data null. */
KAN_API kan_status kan_prefer_large_pages(void* data, long long bytes);

/* ---------------------------------------------------------------------------------------------------------- context */

typedef struct kan_context_s* kan_context;

#define KAN_DEVICE_CPU 0
#define KAN_DEVICE_CUDA 1

/* Kernel tiers, lowest first. AUTO takes the highest the processor has; asking for a higher one than that is an error. */
#define KAN_TIER_AUTO 0
#define KAN_TIER_REFERENCE 1 /* double precision, unoptimised, for every operation: the oracle of the tests */
#define KAN_TIER_BASELINE 2  /* what every processor of the architecture has: SSE2, NEON */
#define KAN_TIER_AVX2 3      /* AVX2 + FMA */
#define KAN_TIER_AVX512 4    /* AVX-512 F, BW, DQ, VL */

/* How kernels on tensor cores multiply float32 numbers; sums are float32 always. */
#define KAN_PRODUCTS_FP32 0 /* as accurate as float32 multiplication */
#define KAN_PRODUCTS_TF32 1 /* 10 bits of mantissa */
#define KAN_PRODUCTS_BF16 2 /* 7 bits of mantissa */

#define KAN_MAX_THREADS 256

typedef struct kan_context_spec {
  int32_t struct_size;
  int32_t struct_version;
  int32_t device;          /* KAN_DEVICE_* */
  int32_t device_index;    /* 0-based CUDA device; 0 for the CPU */
  int32_t threads;         /* 1 .. KAN_MAX_THREADS; the calling thread is one of them */
  int32_t tier;            /* KAN_TIER_*; AUTO for CUDA */
  int32_t products;        /* KAN_PRODUCTS_*, CUDA; FP32 for the CPU */
  int32_t reserved;        /* 0 */
  char implementation[32]; /* CUDA: empty chooses by shape; else the name of an entry of the list of kernels
                               (docs/cuda.md), taken by every layer that it can do */
} kan_context_spec;

typedef struct kan_context_info {
  int32_t struct_size;
  int32_t struct_version;
  int32_t device;
  int32_t device_index;
  int32_t threads;
  int32_t tier;     /* the tier in use */
  int32_t max_tier; /* the highest this processor has */
  int32_t products;
  int32_t compute_capability; /* CUDA: 10 major + minor, 90 for Hopper; 0 on the CPU, as all that follows */
  int32_t multiprocessors;
  long long memory_total; /* bytes of the device */
  long long memory_free;  /* of these free, for any process */
  long long memory_held;  /* allocated through this context */
  char device_name[64];
} kan_context_info;

/* Creates a context with its own thread pool or, for CUDA, its own stream. *context is set to NULL on failure. The caller
 * destroys it. The first CUDA context opens libkan4j_cuda.so beside this library (or the file that the environment's
 * KAN4J_CUDA_PLUGIN names); KAN_NOT_BUILT_WITH_CUDA says whether the plugin, a driver or a device is missing. */
KAN_API kan_status kan_context_create(const kan_context_spec* spec, kan_context* context);

/* Stops the pool, or waits for the stream and frees its device memory; frees the context. NULL is allowed. Returns KAN_BUSY, freeing nothing, while a call is running. */
KAN_API kan_status kan_context_destroy(kan_context context);

/* What the context runs on. `info` is filled up to info->struct_size. */
KAN_API kan_status kan_context_query(kan_context context, kan_context_info* info);

/* Copies the text of the last failure on `context` (or, with NULL, of the last failure on this thread of a call that
 * had no valid context) into `buffer`, at most `capacity` bytes, always terminated. Returns the length of the whole
 * text without the terminator; 0 if there was no failure. */
KAN_API long long kan_last_error(kan_context context, char* buffer, long long capacity);

/* ------------------------------------------------------------------------------------------------------------ layers */

typedef struct kan_layer_s* kan_layer;

#define KAN_F32 1
#define KAN_F64 2

#define KAN_LAYER_KAN 1        /* y_o = sum_i phi_oi(x_i), phi by `basis` (below), optional base branch and bias */
#define KAN_LAYER_LINEAR 2     /* y = W x + b */
#define KAN_LAYER_LAYERNORM 3  /* y = (x - mean) / sqrt(var + eps) * weight + bias over the features of a row */
#define KAN_LAYER_BATCHNORM 4  /* the same per feature over the batch; running statistics when not training */
#define KAN_LAYER_ACTIVATION 5 /* y = activation(x), element by element */
#define KAN_LAYER_MULTIPLY 6   /* MultKAN nodes: the first `grid` inputs pass, the rest multiply in runs of `order` */
#define KAN_LAYER_AFFINE 7     /* y_i = scale_i x_i + bias_i, element by element */

/* Bases. n is the number of basis functions of an edge, z the basis input: x, or its LayerNorm with KAN_FLAG_NORM.
 *
 * BSPLINE    coef_oi . B(x), B-splines of `order` k (1..5) on the input's own knots t_0..t_{G+2k}, G = grid;
 *            n = G + k. Half-open intervals. (Kolmogorov-Arnold Networks, arXiv 2404.19756; pykan, efficient-kan)
 * RBF        exp(-((z - c_g) w)^2), centres c_g and inverse width w; n = grid. (FastKAN, arXiv 2405.06721)
 * RSWAF      1 - tanh^2((z - c_g) w), centres c_g, inverse denominator w; n = grid. (FasterKAN, documented form)
 * FOURIER    cos(kz), sin(kz), k = 1..grid; n = 2 grid: all cosines, then all sines. (FourierKAN)
 * CHEBYSHEV  T_d(tanh z), d = 0..grid; n = grid + 1, by recurrence. (ChebyKAN)
 * JACOBI     P_d^(a,b)(tanh z), d = 0..grid, a = shape[0], b = shape[1], both > -1; n = grid + 1. (JacobiKAN)
 * SINE       sin(f_g z + p_ig), frequencies f_g and phases p_ig; n = grid. (SineKAN)
 * WAVELET    w_oi psi((x_i - tau_oi) / s_oi), psi by `wavelet`, scale and translation per edge; n = 1. (Wav-KAN)
 * RELU       (relu(e_ig - z) relu(z - s_ig) r)^2, r = 4 grid^2 / (order+1)^2; n = grid + order. (ReLU-KAN, 2406.02075)
 * RATIONAL   F_j(x) = sum_m a_m x^m / (1 + sum_m |b_jm| |x|^m), m = 0..5 and 1..4, j the group of the input, `grid`
 *            groups of in/grid inputs; n = 1. (KAT, arXiv 2409.10594, the denominator of its CUDA kernels)
 * BSRBF      B_c(z) + exp(-((z - c_c) w)^2), c = 0..G+k-1, one coefficient for both; n = G + k. (BSRBF-KAN)
 */
#define KAN_BASIS_NONE 0
#define KAN_BASIS_BSPLINE 1
#define KAN_BASIS_RBF 2
#define KAN_BASIS_RSWAF 3
#define KAN_BASIS_FOURIER 4
#define KAN_BASIS_CHEBYSHEV 5
#define KAN_BASIS_JACOBI 6
#define KAN_BASIS_SINE 7
#define KAN_BASIS_WAVELET 8
#define KAN_BASIS_RELU 9
#define KAN_BASIS_RATIONAL 10
#define KAN_BASIS_BSRBF 11

/* Activations; also the base branch b(x) of a KAN layer (NONE: no base branch). GELU is the exact one (erf). */
#define KAN_ACTIVATION_NONE 0
#define KAN_ACTIVATION_IDENTITY 1
#define KAN_ACTIVATION_SILU 2
#define KAN_ACTIVATION_RELU 3
#define KAN_ACTIVATION_GELU 4
#define KAN_ACTIVATION_TANH 5
#define KAN_ACTIVATION_SIGMOID 6

/* Wavelets psi(u) of KAN_BASIS_WAVELET. HAT is 2/(sqrt(3) pi^1/4) (u^2 - 1) exp(-u^2/2), the sign of the published
 * code; MORLET cos(5u) exp(-u^2/2); DOG -u exp(-u^2/2); MEYER sin(pi|u|) aux(|u|); SHANNON sin(u)/u times a Hamming
 * window over the input features, 0.54 - 0.46 cos(2 pi i / (in - 1)). */
#define KAN_WAVELET_HAT 0
#define KAN_WAVELET_MORLET 1
#define KAN_WAVELET_DOG 2
#define KAN_WAVELET_MEYER 3
#define KAN_WAVELET_SHANNON 4

/* What the B-spline does outside its grid. The base branch always sees x itself.
 * ZERO: the published behaviour, the half-open extended grid with its decaying tails, 0 beyond it.
 * CLAMP: the spline at the nearer inner end t_k or t_{G+k}; derivative 0 outside.
 * LINEAR: the tangent at the nearer inner end. With CLAMP and LINEAR the last inner interval is closed. */
#define KAN_OUTSIDE_ZERO 0
#define KAN_OUTSIDE_CLAMP 1
#define KAN_OUTSIDE_LINEAR 2

#define KAN_FLAG_SCALE 1 /* BSPLINE: trainable per-edge factor on the spline, tensor coef_scale */
#define KAN_FLAG_MASK 2  /* BSPLINE: per-edge factor on the whole edge, buffer mask */
#define KAN_FLAG_BIAS 4  /* KAN, LINEAR: trainable bias (out) added to the output */
#define KAN_FLAG_NORM 8  /* KAN but BSPLINE, WAVELET: the basis sees LayerNorm(x), trainable weight, bias; in >= 2 */
#define KAN_FLAG_BASE_NORM 16     /* with KAN_FLAG_NORM: the base branch sees LayerNorm(x) too */
#define KAN_FLAG_TRAIN_BASIS 32   /* centres, widths, frequencies, phases, rational coefficients: params, not buffers */
#define KAN_FLAG_RUNNING_STATS 64 /* BATCHNORM: the running statistics in every mode, never updated (a frozen layer) */

typedef struct kan_layer_spec {
  int32_t struct_size;
  int32_t struct_version;
  int32_t kind;           /* KAN_LAYER_* */
  int32_t dtype;          /* KAN_F32 or KAN_F64 */
  long long in_features;  /* >= 1 */
  long long out_features; /* >= 1; equal to in_features for LAYERNORM, BATCHNORM, ACTIVATION, AFFINE */
  int32_t basis;          /* KAN_BASIS_*, for KAN_LAYER_KAN */
  int32_t base;           /* KAN_ACTIVATION_*: base branch of KAN_LAYER_KAN */
  int32_t grid;           /* intervals, centres, frequencies, degree or groups: see the basis */
  int32_t order;          /* B-spline order, the k of RELU, the arity of MULTIPLY */
  int32_t outside;        /* KAN_OUTSIDE_*, BSPLINE */
  int32_t activation;     /* KAN_ACTIVATION_* of KAN_LAYER_ACTIVATION */
  int32_t wavelet;        /* KAN_WAVELET_* */
  int32_t flags;          /* KAN_FLAG_* */
  double shape[4];        /* JACOBI: a, b. LAYERNORM, BATCHNORM, KAN_FLAG_NORM: shape[2] = eps > 0, shape[3] = momentum
                              of the running statistics in 0..1 */
} kan_layer_spec;

/* Checks the specification and creates the layer. *layer is NULL on failure. The caller destroys it. */
KAN_API kan_status kan_layer_create(kan_context context, const kan_layer_spec* spec, kan_layer* layer);

/* Frees the handle; NULL is allowed. No call may be using it. */
KAN_API kan_status kan_layer_destroy(kan_layer layer);

#define KAN_MODE_INFER 0 /* `saved` may be NULL */
#define KAN_MODE_TRAIN 1 /* fills `saved` for the backward pass; BATCHNORM uses and updates batch statistics */

typedef struct kan_layer_sizes {
  int32_t struct_size;
  int32_t struct_version;
  long long params;        /* numbers of T in params, grads and moments */
  long long buffers;       /* numbers of T in buffers */
  long long tensors;       /* number of named tensors */
  long long saved_bytes;   /* forward -> backward, for this batch, mode TRAIN */
  long long scratch_bytes; /* for any call of this batch on this context: forward (this mode), backward in TRAIN */
} kan_layer_sizes;

/* Sizes for one batch size and mode on this context (they depend on its threads and tier). */
KAN_API kan_status kan_layer_query(kan_context context, kan_layer layer, long long batch, int32_t mode,
                                   kan_layer_sizes* sizes);

#define KAN_ROLE_PARAM 0
#define KAN_ROLE_BUFFER 1

typedef struct kan_tensor_info {
  int32_t struct_size;
  int32_t struct_version;
  int32_t role;       /* KAN_ROLE_*: which flat array holds it */
  int32_t rank;       /* 1..3 */
  long long shape[4]; /* natural row-major shape, unused entries 1 */
  long long count;    /* product of the shape */
  char name[32];      /* see below; terminated */
} kan_tensor_info;

/* The layer's tensors, index 0 .. sizes.tensors - 1, in this order where present:
 *   coef (out, in, n) · base_weight (out, in) · coef_scale (out, in) · weight (out, in) · bias (out)
 *   norm_weight (in) · norm_bias (in)              LayerNorm inside a KAN layer
 *   centres (n) · inv_width (1)                    RBF, RSWAF, BSRBF
 *   freq (n) · phase (in, n)                       SINE; phase is always a buffer
 *   phase_low (in, n) · phase_high (in, n)         RELU
 *   numerator (6) · denominator (grid, 4)          RATIONAL
 *   scale (out, in) · translation (out, in)        WAVELET (its `weight` holds w)
 *   weight, bias (in)                              LAYERNORM, BATCHNORM;  scale, bias (in) for AFFINE
 *   knots (in, G + 2k + 1) · mask (out, in)        buffers of BSPLINE; BSRBF has knots
 *   running_mean (in) · running_var (in)           buffers of BATCHNORM
 */
KAN_API kan_status kan_layer_tensor(kan_context context, kan_layer layer, long long index, kan_tensor_info* info);

/* Copies one tensor out of (get) or into (set) a flat array. `flat` is params, grads or a moment for KAN_ROLE_PARAM,
 * buffers for KAN_ROLE_BUFFER; `natural` is info.count numbers of T in row-major order.
 * Setting knots requires finite, non-decreasing rows with t_k < t_{G+k}; an evenly spaced row takes the fast path. */
KAN_API kan_status kan_layer_tensor_get(kan_context context, kan_layer layer, long long index, const void* flat,
                                        void* natural);
KAN_API kan_status kan_layer_tensor_set(kan_context context, kan_layer layer, long long index, const void* natural,
                                        void* flat);

/* y (batch, out) = layer(x (batch, in)). `buffers` may be NULL if sizes.buffers == 0, `params` if sizes.params == 0;
 * `saved` may be NULL in KAN_MODE_INFER. NaN in a row gives NaN in every output of that row it reaches. */
KAN_API kan_status kan_layer_forward(kan_context context, kan_layer layer, int32_t mode, long long batch, const void* x,
                                     const void* params, void* buffers, void* y, void* saved, void* scratch);

#define KAN_GRAD_NONE 0 /* not wanted; the pointer may be NULL */
#define KAN_GRAD_OVERWRITE 1
#define KAN_GRAD_ACCUMULATE 2 /* added to what is there */

/* Gradients of a scalar L from d_y = dL/dy (batch, out): d_x (batch, in) and d_params (params), each by its mode.
 * x, params and buffers are those of the forward pass (KAN_MODE_TRAIN) that filled `saved`. */
KAN_API kan_status kan_layer_backward(kan_context context, kan_layer layer, long long batch, const void* x,
                                      const void* params, const void* buffers, const void* saved, const void* d_y,
                                      int32_t d_x_mode, void* d_x, int32_t d_params_mode, void* d_params,
                                      void* scratch);

/* What changes from step to step, in 64 bytes of device memory (aligned to 64): a captured step reads it anew with every
 * replay. The caller writes learning_rate whenever it changes and `step` once: the number of updates made so far. */
typedef struct kan_optimizer_state {
  double learning_rate;
  long long step;         /* kan_adamw_advance adds 1 */
  double coefficients[6]; /* the kernels' own */
} kan_optimizer_state;

/* AdamW with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101), bias-corrected, as torch.optim.AdamW. */
typedef struct kan_adamw {
  int32_t struct_size;
  int32_t struct_version;
  double learning_rate;     /* >= 0 */
  double beta1;             /* 0 <= beta1 < 1 */
  double beta2;             /* 0 <= beta2 < 1 */
  double eps;               /* > 0 */
  double weight_decay;      /* >= 0 */
  long long step;           /* 1 for the first update */
  unsigned long long state; /* CUDA: 0, or the device address of a kan_optimizer_state; then learning_rate and step
                                above are ignored. 0 on the CPU. */
} kan_adamw;

/* SGD with momentum: v = momentum v + g + weight_decay p; p -= lr v (nesterov: p -= lr (g + weight_decay p + momentum v)).
 * As torch.optim.SGD with dampening 0. */
typedef struct kan_sgd {
  int32_t struct_size;
  int32_t struct_version;
  double learning_rate;
  double momentum; /* 0 <= momentum < 1; 0 allows a NULL velocity */
  double weight_decay;
  int32_t nesterov;         /* 0 or 1 */
  int32_t reserved;         /* 0 */
  unsigned long long state; /* as in kan_adamw; `step` is not used */
} kan_sgd;

/* Backward and AdamW in one pass: the parameters, m and v are updated while their gradient is still in cache and the
 * gradient is never written to memory. d_x is computed with the parameters before the update. Bit-identical to
 * kan_layer_backward (OVERWRITE) followed by kan_adamw_step over all params of the layer. */
KAN_API kan_status kan_layer_backward_adamw(kan_context context, kan_layer layer, long long batch, const void* x,
                                            void* params, const void* buffers, const void* saved, const void* d_y,
                                            int32_t d_x_mode, void* d_x, const kan_adamw* optimizer, void* m, void* v,
                                            void* scratch);

/* ---------------------------------------------------------------------------------------------- optimizers, vectors */

/* Queues state->step += 1 and the coefficients of that step: once a training step, before the updates that use the state.
 * CUDA only; optimizer->state must not be 0. */
KAN_API kan_status kan_adamw_advance(kan_context context, const kan_adamw* optimizer);

/* One update of n numbers of `dtype`; params, m, v (velocity) are updated in place. */
KAN_API kan_status kan_adamw_step(kan_context context, const kan_adamw* optimizer, int32_t dtype, long long n,
                                  void* params, const void* grads, void* m, void* v);
KAN_API kan_status kan_sgd_step(kan_context context, const kan_sgd* optimizer, int32_t dtype, long long n, void* params,
                                const void* grads, void* velocity);

/* The same with parameters in groups: number i is moved as optimizers[group[i]] says. A number of group KAN_FROZEN stays
 * as it is, and its moments. `optimizers` are `groups` structs; the bits are those of the plain step of each group. */
#define KAN_MAX_GROUPS 64
#define KAN_FROZEN 255
KAN_API kan_status kan_adamw_step_groups(kan_context context, const kan_adamw* const* optimizers, int32_t groups,
                                         const uint8_t* group, int32_t dtype, long long n, void* params,
                                         const void* grads, void* m, void* v);
KAN_API kan_status kan_sgd_step_groups(kan_context context, const kan_sgd* const* optimizers, int32_t groups,
                                       const uint8_t* group, int32_t dtype, long long n, void* params,
                                       const void* grads, void* velocity);

/* Deterministic vector kernels on n numbers of `dtype`: *value = a . b (accumulated in double); y += alpha x, where y may
 * be x itself; x *= alpha. */
KAN_API kan_status kan_vector_dot(kan_context context, int32_t dtype, long long n, const void* a, const void* b,
                                  double* value);
KAN_API kan_status kan_vector_axpy(kan_context context, int32_t dtype, long long n, double alpha, const void* x,
                                   void* y);
KAN_API kan_status kan_vector_scale(kan_context context, int32_t dtype, long long n, double alpha, void* x);

/* x = min(max(x, -limit), limit), limit > 0; NaN stays. */
KAN_API kan_status kan_vector_clamp(kan_context context, int32_t dtype, long long n, double limit, void* x);

/* ------------------------------------------------------------------------------------------------------------ losses */

#define KAN_LOSS_MSE 1           /* mean over rows and outputs of (p - t)^2 */
#define KAN_LOSS_CROSS_ENTROPY 2 /* softmax cross-entropy, mean over rows; target: int32_t class labels (batch) */
#define KAN_LOSS_BCE_LOGITS 3    /* binary cross-entropy with logits, mean over rows and outputs; targets in 0..1 */
#define KAN_LOSS_HUBER 4         /* d^2/2 for |d| <= delta, delta (|d| - delta/2) beyond; mean over rows and outputs */
#define KAN_LOSS_BCE_POSITIVE 5  /* BCE_LOGITS with the part of positive targets, -t log s(p), times `delta` */

/* *value = the loss of predictions p (batch, out) against `target` ((batch, out) of T; labels for CROSS_ENTROPY).
 * `weights` (batch) of T or NULL: the mean over rows becomes sum_b w_b l_b / sum_b w_b; weights are >= 0 and not all 0.
 * d_p (batch, out) or NULL receives dL/dp; it may be p itself, which a refused call leaves as it is (another d_p not).
 * `delta` > 0 is Huber's, and the factor of BCE_POSITIVE. On a CUDA context a label, target probability or weight out of
 * range makes the loss NaN instead of failing the call. */
KAN_API kan_status kan_loss(kan_context context, int32_t kind, int32_t dtype, long long batch, long long out,
                            const void* p, const void* target, const void* weights, double delta, void* d_p,
                            double* value);

/* -------------------------------------------------------------------------------------------------- edges and grids */

/* Statistics of each edge's output over a batch, in one pass without a (batch, out, in) tensor. Each result is (out, in)
 * doubles or NULL: mean of |phi_oi(x_i)|, mean of phi, population standard deviation of phi. phi is what the edge adds to
 * its output: base branch, scale and mask in it, the bias not. KAN_LAYER_KAN only. `scratch` as for a forward pass.
 * Those of several batches follow from theirs: means weighted by rows; variances by those of the batches and of their means. */
KAN_API kan_status kan_layer_edge_statistics(kan_context context, kan_layer layer, long long batch, const void* x,
                                             const void* params, const void* buffers, double* mean_abs, double* mean,
                                             double* deviation, void* scratch);

/* Gradients of a scalar of the edges' statistics over a batch, d_x (batch, in) and d_params (params), each by its mode,
 * from its derivatives by mean |phi|, mean phi and mean phi^2, each (out, in) doubles or NULL for none. (The deviation is
 * sqrt(mean phi^2 - (mean phi)^2); the derivative of |phi| at 0 is 0.) What is left to add to kan_layer_backward for a
 * penalty on edges: pykan's sparsity, arXiv 2404.19756. KAN_LAYER_KAN only. `scratch` as for a backward pass; `saved` is
 * not needed. */
KAN_API kan_status kan_layer_edge_backward(kan_context context, kan_layer layer, long long batch, const void* x,
                                           const void* params, const void* buffers, const double* d_mean_abs,
                                           const double* d_mean, const double* d_mean_square, int32_t d_x_mode,
                                           void* d_x, int32_t d_params_mode, void* d_params, void* scratch);

/* Dense basis values phi (batch, in, n) of T at z = x as it stands (no LayerNorm), for grid algorithms, fits and plots
 * on small data; no training or inference path uses it. KAN_LAYER_KAN but WAVELET. */
KAN_API kan_status kan_layer_basis(kan_context context, kan_layer layer, long long batch, const void* x,
                                   const void* params, const void* buffers, void* phi);

/* ------------------------------------------------------------------------------------------------------------ chains
 * Layers one after the other, for prediction: everything that kan_layer_forward checks is checked once, so that a small model's row
 * costs its arithmetic. CPU contexts only (on a CUDA device a graph serves). The bits are those of kan_layer_forward in
 * KAN_MODE_INFER, layer by layer. Since ABI 1.3. */

typedef struct kan_chain_s* kan_chain;

/* The bytes of memory (aligned to 64) that kan_chain_create takes for up to max_batch (at least 1) rows. */
KAN_API kan_status kan_chain_bytes(kan_context context, int32_t layers, const kan_layer* layer, long long max_batch,
                                   long long* bytes);

/* Prepares a chain of `layers` layers with each one's params and buffers (NULL where it has none). These arrays and `memory` stay
 * the caller's and must stay where they are until kan_chain_destroy; params may change between calls, and the layer handles may go.
 * Calls run on `context`: one at a time, KAN_BUSY otherwise; a chain whose context was destroyed is refused. */
KAN_API kan_status kan_chain_create(kan_context context, int32_t layers, const kan_layer* layer,
                                    const void* const* params, void* const* buffers, long long max_batch, void* memory,
                                    long long bytes, kan_chain* chain);

/* Says that params and buffers stay as they are from here on (fixed 1), or that they may change between calls again (0, as a chain is
 * made). While they are fixed, calls leave out the edges of B-spline layers whose numbers are all 0, as most are in the hidden layers
 * of a mean of networks, by groups of 16 outputs, and products with basis values that are 0: looks at all numbers once. The outputs
 * are the same, but for the sign of a 0: with numbers or inputs that are NaN, infinite or beyond 2^32 all is computed. After a change
 * of the numbers it is to be called again. Since ABI 1.4. */
KAN_API kan_status kan_chain_fix(kan_chain chain, int32_t fixed);

/* y (batch, out of the last layer) of x (batch, in of the first), 0 <= batch <= max_batch. Errors of a chain that is none are told
 * by kan_last_error(NULL), others by its context's. */
KAN_API kan_status kan_chain_forward(kan_chain chain, long long batch, const void* x, void* y);

/* Frees the handle; NULL is allowed. No call may be using it. */
KAN_API kan_status kan_chain_destroy(kan_chain chain);

/* ----------------------------------------------------------------------------------------------------------- devices
 * For CUDA contexts; on a CPU context KAN_UNSUPPORTED. Addresses are device addresses, never to be dereferenced. */

/* Allocates (waiting for nothing) and frees (after the stream has passed) device memory, aligned to 256 bytes.
 * KAN_DEVICE_OUT_OF_MEMORY says how many bytes were asked for, free and held; the context stays usable. 0 bytes give
 * address 0, and freeing 0 does nothing. Memory still held when the context is destroyed is freed with it. */
KAN_API kan_status kan_device_allocate(kan_context context, long long bytes, unsigned long long* address);
KAN_API kan_status kan_device_free(kan_context context, unsigned long long address);

/* Copies in stream order. write (host to device) returns when `from` may be reused: the bytes are in a pinned ring or on
 * the device. read (device to host) returns when `to` is filled, and so waits for the stream. copy and fill (every byte
 * the low 8 bits of `value`) only queue. */
KAN_API kan_status kan_device_write(kan_context context, unsigned long long to, const void* from, long long bytes);
KAN_API kan_status kan_device_read(kan_context context, void* to, unsigned long long from, long long bytes);
KAN_API kan_status kan_device_copy(kan_context context, unsigned long long to, unsigned long long from,
                                   long long bytes);
KAN_API kan_status kan_device_fill(kan_context context, unsigned long long to, int32_t value, long long bytes);

/* Waits until everything queued has been done. Reports what failed on the device meanwhile. */
KAN_API kan_status kan_synchronize(kan_context context);

/* Marks of the stream, 0 .. KAN_EVENTS - 1, each recorded as often as one likes: the time between two in milliseconds
 * (waits for `last`), and waiting for one alone. */
#define KAN_EVENTS 64
KAN_API kan_status kan_event_record(kan_context context, int32_t event);
KAN_API kan_status kan_event_synchronize(kan_context context, int32_t event);
KAN_API kan_status kan_event_elapsed(kan_context context, int32_t first, int32_t last, double* milliseconds);

/* Graphs: run functions between begin and end are recorded instead of executed, and each launch replays them with the
 * same arguments; what changes from replay to replay lies in device memory (kan_optimizer_state, the position of
 * kan_gather). Nothing that waits, allocates or moves host memory may stand between: KAN_INVALID_ARGUMENT. After a failed
 * call between them, end it and destroy what comes. *graph is -1 on failure. Graphs belong to the context. */
KAN_API kan_status kan_graph_begin(kan_context context);
KAN_API kan_status kan_graph_end(kan_context context, int32_t* graph);
KAN_API kan_status kan_graph_launch(kan_context context, int32_t graph);
KAN_API kan_status kan_graph_destroy(kan_context context, int32_t graph);

/* Mini-batches of a data set that lives on the device. gather: row r of `to` (rows, row_bytes) is row
 * indices[*position + r] of `from` (from_rows, row_bytes); indices are int32_t, `position` the address of a long long or
 * NULL for 0; the bytes of a row whose index, or place among the `count` indices, is out of range become 0xff (NaN).
 * advance: *counter += step. shuffle: indices 0 .. n-1 in an order that depends on n and seed alone. */
KAN_API kan_status kan_gather(kan_context context, long long rows, long long row_bytes, const void* from,
                              long long from_rows, const void* indices, long long count, const void* position,
                              void* to);
KAN_API kan_status kan_advance(kan_context context, void* counter, long long step);
KAN_API kan_status kan_shuffle(kan_context context, long long n, long long seed, void* indices);

/* *correct (double) += the number of rows of p (batch, out) whose first largest entry is at the row's label (int32_t). */
KAN_API kan_status kan_count_correct(kan_context context, int32_t dtype, long long batch, long long out, const void* p,
                                     const void* labels, void* correct);

/* The name of the list entry that a pass of this batch takes on this context, terminated in at most `capacity` bytes:
 * `pass` is KAN_PASS_FORWARD (in KAN_MODE_INFER) or KAN_PASS_BACKWARD. A CPU context gives its tier before the entry,
 * "avx2 spline_records"; the reference has no list and gives "reference". */
#define KAN_PASS_FORWARD 0
#define KAN_PASS_BACKWARD 1
KAN_API kan_status kan_layer_implementation(kan_context context, kan_layer layer, long long batch, int32_t pass,
                                            char* buffer, long long capacity);

#ifdef __cplusplus
}
#endif
#endif /* KAN_KAN_H */
