#pragma once

#include "quarry/model/torch_net.hpp"

#include "training.hpp"

namespace quarry::cli {

/// The fraction of the samples whose class the net finds; 0 when there are
/// none.
double accuracy_of(TorchNet& net, const Decoded& samples);

/// Threads for work that is ours alone: `wanted`, or all cores for 0.
std::size_t thread_count(std::size_t wanted);

}  // namespace quarry::cli
