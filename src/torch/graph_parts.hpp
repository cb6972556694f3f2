#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include <torch/csrc/jit/ir/ir.h>

namespace quarry::detail {

/// A node, then those of its inner blocks in the order of the code.
std::vector<torch::jit::Node*> with_inner_nodes(torch::jit::Node* node);

/// All nodes in the order of the code, those of inner blocks after the node
/// they belong to.
std::vector<torch::jit::Node*> all_nodes(torch::jit::Graph& graph);

/// Everything a node uses, what its inner blocks use and give included.
std::vector<const torch::jit::Value*> used_by(torch::jit::Node* node);

/// Whether a node writes in place, those of its inner blocks aside.
bool writes_in_place(const torch::jit::Node* node);

/// A graph of its own out of some nodes of another.
class Excerpt {
 public:
  void add_input(torch::jit::Value* value);
  /// What it uses is there.
  void add(torch::jit::Node* node);
  void add_output(torch::jit::Value* value);
  std::shared_ptr<torch::jit::Graph> finish();

 private:
  std::shared_ptr<torch::jit::Graph> graph_ =
      std::make_shared<torch::jit::Graph>();
  std::unordered_map<const torch::jit::Value*, torch::jit::Value*> map_;
};

}  // namespace quarry::detail
