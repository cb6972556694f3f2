#pragma once

#include "commands.hpp"

namespace quarry::cli {

// The commands that train. In a build without libtorch they say so.

ExitCode run_train(const Call& call);
ExitCode run_demo(const Call& call);

}  // namespace quarry::cli
