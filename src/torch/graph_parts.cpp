#include "torch/graph_parts.hpp"

#include <torch/csrc/jit/passes/dead_code_elimination.h>

namespace quarry::detail {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

void collect(Node* node, std::vector<Node*>& nodes) {
  nodes.push_back(node);
  for (Block* block : node->blocks())
    for (Node* inner : block->nodes()) collect(inner, nodes);
}

}  // namespace

std::vector<Node*> with_inner_nodes(Node* node) {
  std::vector<Node*> nodes;
  collect(node, nodes);
  return nodes;
}

std::vector<Node*> all_nodes(Graph& graph) {
  std::vector<Node*> nodes;
  for (Node* node : graph.nodes()) collect(node, nodes);
  return nodes;
}

std::vector<const Value*> used_by(Node* node) {
  std::vector<const Value*> values;
  for (Node* part : with_inner_nodes(node)) {
    values.insert(values.end(), part->inputs().begin(), part->inputs().end());
    for (Block* block : part->blocks()) {
      values.insert(values.end(), block->outputs().begin(),
                    block->outputs().end());
    }
  }
  return values;
}

bool writes_in_place(const Node* node) {
  if (node->kind() == c10::prim::SetAttr) return true;
  const torch::jit::Operator* const op = node->maybeOperator();
  return op != nullptr && op->schema().is_mutable();
}

void Excerpt::add_input(Value* value) {
  map_[value] = graph_->addInput()->setType(value->type());
}

void Excerpt::add(Node* node) {
  Node* const copy = graph_->insertNode(graph_->createClone(
      node, [this](Value* value) { return map_.at(value); }));
  for (std::size_t i = 0; i < node->outputs().size(); ++i)
    map_[node->outputs()[i]] = copy->outputs()[i];
}

void Excerpt::add_output(Value* value) {
  graph_->registerOutput(map_.at(value));
}

std::shared_ptr<Graph> Excerpt::finish() {
  torch::jit::EliminateDeadCode(graph_);
  return graph_;
}

}  // namespace quarry::detail
