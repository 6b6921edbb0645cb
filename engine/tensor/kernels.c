/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/kernels.h"

const OwlKernels *
owl_kernels_of_level (OwlCpuLevel level)
{
  if (!owl_cpu_has_level (level))
    return NULL;
  switch (level) {
#if defined(__x86_64__)
  case OWL_CPU_AVX2:
    return &owl_kernels_avx2;
  case OWL_CPU_AVXVNNI:
    return &owl_kernels_avxvnni;
  case OWL_CPU_AVX512:
    return &owl_kernels_avx512;
#else
  case OWL_CPU_AVX2:
  case OWL_CPU_AVXVNNI:
  case OWL_CPU_AVX512:
#endif
  case OWL_CPU_SCALAR:
  default:
    return &owl_kernels_scalar;
  }
}

const OwlKernels *
owl_kernels (void)
{
  return owl_kernels_of_level (owl_cpu_get_level ());
}

OwlDotKind
owl_dot_kind (OwlType type)
{
  switch (type) {
  case OWL_TYPE_Q4_1:
  case OWL_TYPE_Q5_1:
  case OWL_TYPE_Q4_K:
  case OWL_TYPE_Q5_K:
    return OWL_DOT_MIN;
  case OWL_TYPE_Q6_K:
    return OWL_DOT_HALVES;
  case OWL_TYPE_F32:
  case OWL_TYPE_F16:
  case OWL_TYPE_BF16:
  case OWL_TYPE_Q4_0:
  case OWL_TYPE_Q5_0:
  case OWL_TYPE_Q8_0:
  default:
    return OWL_DOT_OFFSET;
  }
}

int
owl_dot_offset (const OwlKernels *kernels, OwlType type)
{
  switch (type) {
  case OWL_TYPE_Q4_0:
    return 8;
  case OWL_TYPE_Q5_0:
    return 16;
  case OWL_TYPE_Q6_K:
    return 32;
  case OWL_TYPE_Q8_0:
    return kernels->q8_offset;
  case OWL_TYPE_F32:
  case OWL_TYPE_F16:
  case OWL_TYPE_BF16:
  case OWL_TYPE_Q4_1:
  case OWL_TYPE_Q5_1:
  case OWL_TYPE_Q4_K:
  case OWL_TYPE_Q5_K:
  default:
    return 0;
  }
}
