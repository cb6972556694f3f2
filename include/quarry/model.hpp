#pragma once

/// Models: a batch of decoded samples goes in, predictions come out.

#include "quarry/model/any_model.hpp"         // IWYU pragma: export
#include "quarry/model/choose_batch.hpp"      // IWYU pragma: export
#include "quarry/model/choose_executors.hpp"  // IWYU pragma: export
#include "quarry/model/committee.hpp"         // IWYU pragma: export
#include "quarry/model/concept.hpp"           // IWYU pragma: export
#include "quarry/model/fit.hpp"               // IWYU pragma: export
#include "quarry/model/model_card.hpp"        // IWYU pragma: export
#include "quarry/model/precision.hpp"         // IWYU pragma: export
#include "quarry/model/predictions.hpp"       // IWYU pragma: export
#include "quarry/model/task.hpp"              // IWYU pragma: export
#include "quarry/model/toy_model.hpp"         // IWYU pragma: export

// Models of libtorch whose headers need none of its own.
#ifdef QUARRY_HAS_TORCH
#include "quarry/model/torch_aoti_model.hpp"    // IWYU pragma: export
#include "quarry/model/torch_net.hpp"           // IWYU pragma: export
#include "quarry/model/torch_runtime.hpp"       // IWYU pragma: export
#include "quarry/model/torch_script_model.hpp"  // IWYU pragma: export
#endif
