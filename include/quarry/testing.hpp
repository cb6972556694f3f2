#pragma once

/// Checkers of the laws of every concept, to run on types of your own.

#include "quarry/testing/check_clusterer.hpp"        // IWYU pragma: export
#include "quarry/testing/check_decoder.hpp"          // IWYU pragma: export
#include "quarry/testing/check_discriminator.hpp"    // IWYU pragma: export
#include "quarry/testing/check_distance.hpp"         // IWYU pragma: export
#include "quarry/testing/check_kernel.hpp"           // IWYU pragma: export
#include "quarry/testing/check_model.hpp"            // IWYU pragma: export
#include "quarry/testing/check_set_function.hpp"     // IWYU pragma: export
#include "quarry/testing/check_source.hpp"           // IWYU pragma: export
#include "quarry/testing/check_strategy.hpp"         // IWYU pragma: export
#include "quarry/testing/check_stream_strategy.hpp"  // IWYU pragma: export
#include "quarry/testing/law_report.hpp"             // IWYU pragma: export
