#pragma once

// jpeglib.h wants FILE and size_t to be there, and jerror.h wants jpeglib.h.
// clang-format off
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <jpeglib.h>
#include <jerror.h>
// clang-format on
