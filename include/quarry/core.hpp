#pragma once

/// The vocabulary of every other part: errors, bytes, samples, arrays, random
/// streams, files.

#include "quarry/core/array_view.hpp"       // IWYU pragma: export
#include "quarry/core/bad_sample.hpp"       // IWYU pragma: export
#include "quarry/core/bytes.hpp"            // IWYU pragma: export
#include "quarry/core/cache_use.hpp"        // IWYU pragma: export
#include "quarry/core/did_you_mean.hpp"     // IWYU pragma: export
#include "quarry/core/dtype.hpp"            // IWYU pragma: export
#include "quarry/core/error.hpp"            // IWYU pragma: export
#include "quarry/core/error_policy.hpp"     // IWYU pragma: export
#include "quarry/core/file.hpp"             // IWYU pragma: export
#include "quarry/core/input_gradient.hpp"   // IWYU pragma: export
#include "quarry/core/json.hpp"             // IWYU pragma: export
#include "quarry/core/labelled_set.hpp"     // IWYU pragma: export
#include "quarry/core/matrix.hpp"           // IWYU pragma: export
#include "quarry/core/npy.hpp"              // IWYU pragma: export
#include "quarry/core/progress.hpp"         // IWYU pragma: export
#include "quarry/core/random.hpp"           // IWYU pragma: export
#include "quarry/core/result.hpp"           // IWYU pragma: export
#include "quarry/core/sample.hpp"           // IWYU pragma: export
#include "quarry/core/source_location.hpp"  // IWYU pragma: export
