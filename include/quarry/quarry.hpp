#pragma once

/// All of Quarry that needs no torch header.

#include "quarry/core.hpp"      // IWYU pragma: export
#include "quarry/data.hpp"      // IWYU pragma: export
#include "quarry/decode.hpp"    // IWYU pragma: export
#include "quarry/model.hpp"     // IWYU pragma: export
#include "quarry/pipeline.hpp"  // IWYU pragma: export
#include "quarry/report.hpp"    // IWYU pragma: export
#include "quarry/strategy.hpp"  // IWYU pragma: export
