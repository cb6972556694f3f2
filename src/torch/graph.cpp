#include "torch/graph.hpp"

namespace quarry::detail {

using torch::jit::Block;
using torch::jit::Node;

void collect(Block* block, std::vector<Node*>& nodes) {
  for (Node* node : block->nodes()) {
    nodes.push_back(node);
    for (Block* inner : node->blocks()) collect(inner, nodes);
  }
}

std::vector<Node*> all_nodes(torch::jit::Graph& graph) {
  std::vector<Node*> nodes;
  collect(graph.block(), nodes);
  return nodes;
}

}  // namespace quarry::detail
