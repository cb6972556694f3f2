#pragma once

/// All of Quarry that needs no torch header. What is declared in torch_*.hpp is
/// defined in quarry::torch; an installation without it lacks the headers, too.

#include "quarry/core.hpp"      // IWYU pragma: export
#include "quarry/data.hpp"      // IWYU pragma: export
#include "quarry/decode.hpp"    // IWYU pragma: export
#include "quarry/model.hpp"     // IWYU pragma: export
#include "quarry/net.hpp"       // IWYU pragma: export
#include "quarry/pipeline.hpp"  // IWYU pragma: export
#include "quarry/report.hpp"    // IWYU pragma: export
#include "quarry/strategy.hpp"  // IWYU pragma: export

#if __has_include("quarry/model/torch_script_model.hpp")
#include "quarry/model/torch_net.hpp"           // IWYU pragma: export
#include "quarry/model/torch_runtime.hpp"       // IWYU pragma: export
#include "quarry/model/torch_script_model.hpp"  // IWYU pragma: export
#endif
