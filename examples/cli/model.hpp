#pragma once

#include <string>

#include "quarry/model/any_model.hpp"
#include "quarry/model/model_card.hpp"

#include "options.hpp"
#include "terminal.hpp"

namespace quarry::cli {

/// A model file, ready to run.
struct LoadedModel {
  AnyModel model;
  ModelCard card;
  std::string file;
  std::string device;  ///< "cpu", "cuda:0"
};

/// Loads `--model` onto `--device` and notes what an operator should know.
/// Raises `model.*`, `card.*`; `model.no_libtorch` in a build without libtorch.
LoadedModel load_model(const Flags& flags, Terminal& terminal);

}  // namespace quarry::cli
