#pragma once

/// The flow graph that joins a source, a decoder, a model and a strategy.

#include "quarry/pipeline/options.hpp"                   // IWYU pragma: export
#include "quarry/pipeline/pipeline.hpp"                  // IWYU pragma: export
#include "quarry/pipeline/prediction_cache.hpp"          // IWYU pragma: export
#include "quarry/pipeline/prediction_cache_options.hpp"  // IWYU pragma: export
#include "quarry/pipeline/score_histogram.hpp"           // IWYU pragma: export
#include "quarry/pipeline/selection.hpp"                 // IWYU pragma: export
#include "quarry/pipeline/stage_time.hpp"                // IWYU pragma: export
