#pragma once

#include <vector>

#include <torch/csrc/jit/ir/ir.h>

namespace quarry::detail {

/// Adds the nodes of a block in the order of the code, those of inner blocks
/// after the node they belong to.
void collect(torch::jit::Block* block, std::vector<torch::jit::Node*>& nodes);

/// All nodes, in that order.
std::vector<torch::jit::Node*> all_nodes(torch::jit::Graph& graph);

}  // namespace quarry::detail
