#pragma once

/// All of Quarry that needs no torch header. Who links quarry::torch gets the
/// models of libtorch, too: see quarry/model.hpp.

#include "quarry/core.hpp"      // IWYU pragma: export
#include "quarry/data.hpp"      // IWYU pragma: export
#include "quarry/decode.hpp"    // IWYU pragma: export
#include "quarry/model.hpp"     // IWYU pragma: export
#include "quarry/net.hpp"       // IWYU pragma: export
#include "quarry/pipeline.hpp"  // IWYU pragma: export
#include "quarry/report.hpp"    // IWYU pragma: export
#include "quarry/strategy.hpp"  // IWYU pragma: export
