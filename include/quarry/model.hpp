#pragma once

/// Models: a batch of decoded samples goes in, predictions come out.

#include "quarry/model/any_model.hpp"    // IWYU pragma: export
#include "quarry/model/concept.hpp"      // IWYU pragma: export
#include "quarry/model/fit.hpp"          // IWYU pragma: export
#include "quarry/model/model_card.hpp"   // IWYU pragma: export
#include "quarry/model/predictions.hpp"  // IWYU pragma: export
#include "quarry/model/toy_model.hpp"    // IWYU pragma: export
