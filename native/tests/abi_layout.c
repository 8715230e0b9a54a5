/* kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
 *
 * Prints what a binding must agree with, one fact a line:
 *   struct NAME SIZE ALIGNMENT · field STRUCT.NAME OFFSET SIZE · constant NAME VALUE
 * The Java drift test compares these lines with its layouts. */
#include <stdalign.h>
#include <stddef.h>
#include <stdio.h>

#include "kan/kan.h"

#define STRUCT(s) printf("struct %s %zu %zu\n", #s, sizeof(s), alignof(s))
#define FIELD(s, f) printf("field %s.%s %zu %zu\n", #s, #f, offsetof(s, f), sizeof(((s*)0)->f))
#define CONSTANT(c) printf("constant %s %d\n", #c, (int)(c))

int main(void) {
  STRUCT(kan_context_spec);
  FIELD(kan_context_spec, struct_size);
  FIELD(kan_context_spec, struct_version);
  FIELD(kan_context_spec, device);
  FIELD(kan_context_spec, device_index);
  FIELD(kan_context_spec, threads);
  FIELD(kan_context_spec, tier);
  FIELD(kan_context_spec, products);
  FIELD(kan_context_spec, reserved);
  FIELD(kan_context_spec, implementation);
  STRUCT(kan_context_info);
  FIELD(kan_context_info, struct_size);
  FIELD(kan_context_info, struct_version);
  FIELD(kan_context_info, device);
  FIELD(kan_context_info, device_index);
  FIELD(kan_context_info, threads);
  FIELD(kan_context_info, tier);
  FIELD(kan_context_info, max_tier);
  FIELD(kan_context_info, products);
  FIELD(kan_context_info, compute_capability);
  FIELD(kan_context_info, multiprocessors);
  FIELD(kan_context_info, memory_total);
  FIELD(kan_context_info, memory_free);
  FIELD(kan_context_info, memory_held);
  FIELD(kan_context_info, device_name);
  STRUCT(kan_layer_spec);
  FIELD(kan_layer_spec, struct_size);
  FIELD(kan_layer_spec, struct_version);
  FIELD(kan_layer_spec, kind);
  FIELD(kan_layer_spec, dtype);
  FIELD(kan_layer_spec, in_features);
  FIELD(kan_layer_spec, out_features);
  FIELD(kan_layer_spec, basis);
  FIELD(kan_layer_spec, base);
  FIELD(kan_layer_spec, grid);
  FIELD(kan_layer_spec, order);
  FIELD(kan_layer_spec, outside);
  FIELD(kan_layer_spec, activation);
  FIELD(kan_layer_spec, wavelet);
  FIELD(kan_layer_spec, flags);
  FIELD(kan_layer_spec, shape);
  STRUCT(kan_layer_sizes);
  FIELD(kan_layer_sizes, struct_size);
  FIELD(kan_layer_sizes, struct_version);
  FIELD(kan_layer_sizes, params);
  FIELD(kan_layer_sizes, buffers);
  FIELD(kan_layer_sizes, tensors);
  FIELD(kan_layer_sizes, saved_bytes);
  FIELD(kan_layer_sizes, scratch_bytes);
  STRUCT(kan_tensor_info);
  FIELD(kan_tensor_info, struct_size);
  FIELD(kan_tensor_info, struct_version);
  FIELD(kan_tensor_info, role);
  FIELD(kan_tensor_info, rank);
  FIELD(kan_tensor_info, shape);
  FIELD(kan_tensor_info, count);
  FIELD(kan_tensor_info, name);
  STRUCT(kan_adamw);
  FIELD(kan_adamw, struct_size);
  FIELD(kan_adamw, struct_version);
  FIELD(kan_adamw, learning_rate);
  FIELD(kan_adamw, beta1);
  FIELD(kan_adamw, beta2);
  FIELD(kan_adamw, eps);
  FIELD(kan_adamw, weight_decay);
  FIELD(kan_adamw, step);
  FIELD(kan_adamw, state);
  STRUCT(kan_sgd);
  FIELD(kan_sgd, struct_size);
  FIELD(kan_sgd, struct_version);
  FIELD(kan_sgd, learning_rate);
  FIELD(kan_sgd, momentum);
  FIELD(kan_sgd, weight_decay);
  FIELD(kan_sgd, nesterov);
  FIELD(kan_sgd, reserved);
  FIELD(kan_sgd, state);
  STRUCT(kan_optimizer_state);
  FIELD(kan_optimizer_state, learning_rate);
  FIELD(kan_optimizer_state, step);
  FIELD(kan_optimizer_state, coefficients);
  CONSTANT(KAN_ABI_MAJOR);
  CONSTANT(KAN_ABI_MINOR);
  CONSTANT(KAN_OK);
  CONSTANT(KAN_INVALID_ARGUMENT);
  CONSTANT(KAN_SHAPE_MISMATCH);
  CONSTANT(KAN_PRODUCTS_FP32);
  CONSTANT(KAN_PRODUCTS_TF32);
  CONSTANT(KAN_PRODUCTS_BF16);
  CONSTANT(KAN_EVENTS);
  CONSTANT(KAN_PASS_FORWARD);
  CONSTANT(KAN_PASS_BACKWARD);
  CONSTANT(KAN_UNSUPPORTED);
  CONSTANT(KAN_OUT_OF_MEMORY);
  CONSTANT(KAN_DEVICE_OUT_OF_MEMORY);
  CONSTANT(KAN_DEVICE_ERROR);
  CONSTANT(KAN_NOT_BUILT_WITH_CUDA);
  CONSTANT(KAN_BUSY);
  CONSTANT(KAN_ABI_MISMATCH);
  CONSTANT(KAN_INTERNAL);
  CONSTANT(KAN_DEVICE_CPU);
  CONSTANT(KAN_DEVICE_CUDA);
  CONSTANT(KAN_TIER_AUTO);
  CONSTANT(KAN_TIER_REFERENCE);
  CONSTANT(KAN_TIER_BASELINE);
  CONSTANT(KAN_TIER_AVX2);
  CONSTANT(KAN_TIER_AVX512);
  CONSTANT(KAN_F32);
  CONSTANT(KAN_F64);
  CONSTANT(KAN_LAYER_KAN);
  CONSTANT(KAN_LAYER_LINEAR);
  CONSTANT(KAN_LAYER_LAYERNORM);
  CONSTANT(KAN_LAYER_BATCHNORM);
  CONSTANT(KAN_LAYER_ACTIVATION);
  CONSTANT(KAN_LAYER_MULTIPLY);
  CONSTANT(KAN_LAYER_AFFINE);
  CONSTANT(KAN_BASIS_NONE);
  CONSTANT(KAN_BASIS_BSPLINE);
  CONSTANT(KAN_BASIS_RBF);
  CONSTANT(KAN_BASIS_RSWAF);
  CONSTANT(KAN_BASIS_FOURIER);
  CONSTANT(KAN_BASIS_CHEBYSHEV);
  CONSTANT(KAN_BASIS_JACOBI);
  CONSTANT(KAN_BASIS_SINE);
  CONSTANT(KAN_BASIS_WAVELET);
  CONSTANT(KAN_BASIS_RELU);
  CONSTANT(KAN_BASIS_RATIONAL);
  CONSTANT(KAN_BASIS_BSRBF);
  CONSTANT(KAN_ACTIVATION_NONE);
  CONSTANT(KAN_ACTIVATION_IDENTITY);
  CONSTANT(KAN_ACTIVATION_SILU);
  CONSTANT(KAN_ACTIVATION_RELU);
  CONSTANT(KAN_ACTIVATION_GELU);
  CONSTANT(KAN_ACTIVATION_TANH);
  CONSTANT(KAN_ACTIVATION_SIGMOID);
  CONSTANT(KAN_WAVELET_HAT);
  CONSTANT(KAN_WAVELET_MORLET);
  CONSTANT(KAN_WAVELET_DOG);
  CONSTANT(KAN_WAVELET_MEYER);
  CONSTANT(KAN_WAVELET_SHANNON);
  CONSTANT(KAN_OUTSIDE_ZERO);
  CONSTANT(KAN_OUTSIDE_CLAMP);
  CONSTANT(KAN_OUTSIDE_LINEAR);
  CONSTANT(KAN_FLAG_SCALE);
  CONSTANT(KAN_FLAG_MASK);
  CONSTANT(KAN_FLAG_BIAS);
  CONSTANT(KAN_FLAG_NORM);
  CONSTANT(KAN_FLAG_BASE_NORM);
  CONSTANT(KAN_FLAG_TRAIN_BASIS);
  CONSTANT(KAN_FLAG_RUNNING_STATS);
  CONSTANT(KAN_MODE_INFER);
  CONSTANT(KAN_MODE_TRAIN);
  CONSTANT(KAN_ROLE_PARAM);
  CONSTANT(KAN_ROLE_BUFFER);
  CONSTANT(KAN_GRAD_NONE);
  CONSTANT(KAN_GRAD_OVERWRITE);
  CONSTANT(KAN_GRAD_ACCUMULATE);
  CONSTANT(KAN_LOSS_MSE);
  CONSTANT(KAN_LOSS_CROSS_ENTROPY);
  CONSTANT(KAN_LOSS_BCE_LOGITS);
  CONSTANT(KAN_LOSS_HUBER);
  return 0;
}
