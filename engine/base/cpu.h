/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Groups of processor instructions that the kernels of tensor/ come in, each holding the ones before it. */
typedef enum {
  OWL_CPU_SCALAR,
  OWL_CPU_AVX2,    /* AVX2, FMA and F16C */
  OWL_CPU_AVXVNNI, /* and VNNI on 256 bits */
  OWL_CPU_AVX512,  /* AVX-512 F, BW, VL and VNNI */
} OwlCpuLevel;

/* The best level of this processor, or the one that the environment variable OWL_CPU names (scalar, avx2, avxvnni or avx512) where the processor has it. */
OwlCpuLevel owl_cpu_get_level (void);

/* The best level whatever OWL_CPU says. A processor with AVX-512 VNNI may lack VNNI on 256 bits: `owl_cpu_has_level` tells. */
gboolean owl_cpu_has_level (OwlCpuLevel level);
const char *owl_cpu_level_name (OwlCpuLevel level);

/* Number of physical cores that this process may use. */
int owl_cpu_count_cores (void);

G_END_DECLS
