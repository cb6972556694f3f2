#pragma once

// Which instruction sets Highway's kernels are compiled for, said before its
// headers are included. These bring nothing over those that are left; and there
// are no arrays of vectors whose size is known at run time alone.
#define HWY_DISABLED_TARGETS                                                   \
  (HWY_SSSE3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | \
   HWY_RVV)
