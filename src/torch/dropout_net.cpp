#include "torch/dropout_net.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/csrc/jit/passes/frozen_graph_optimizations.h>
#include <torch/csrc/jit/passes/frozen_ops_to_mkldnn.h>
#include <torch/csrc/jit/passes/remove_mutation.h>

#include "quarry/core/error.hpp"

#include "torch/device.hpp"
#include "torch/dropout_mask.hpp"
#include "torch/onednn.hpp"
#include "torch/script.hpp"

namespace quarry::detail {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

/// All nodes in the order of the code, those of inner blocks after the node
/// they belong to.
void collect(Block* block, std::vector<Node*>& nodes) {
  for (Node* node : block->nodes()) {
    nodes.push_back(node);
    for (Block* inner : node->blocks()) collect(inner, nodes);
  }
}

std::vector<Node*> all_nodes(Graph& graph) {
  std::vector<Node*> nodes;
  collect(graph.block(), nodes);
  return nodes;
}

bool is_mask(const Node* node) {
  return node->kind() == dropout_mask_symbol();
}

/// `aten::dropout(x, p, train)` becomes `x * mask`; whether there was any.
bool put_masks(Graph& graph) {
  Value* const seed = graph.addInput("seed")->setType(c10::IntType::get());
  Value* const pass = graph.addInput("pass")->setType(c10::IntType::get());
  std::int64_t layer = 0;
  for (Node* node : all_nodes(graph)) {
    const std::string kind = node->kind().toUnqualString();
    if (node->kind().is_aten() && kind.starts_with("alpha_dropout")) {
      raise("model.dropout",
            "the network's dropout is of a kind that is not known: " + kind);
    }
    const bool plain = kind == "dropout" || kind == "dropout_";
    const bool channels =
        kind == "feature_dropout" || kind == "feature_dropout_";
    if (!node->kind().is_aten() || !(plain || channels)) continue;
    const torch::jit::WithInsertPoint here(node);
    Value* const x = node->inputs().at(0);
    Value* const mask =
        graph.insert(dropout_mask_symbol(),
                     {x, node->inputs().at(1), layer++, seed, pass, channels});
    Value* const product = graph.insert(c10::aten::mul, {x, mask});
    node->output()->replaceAllUsesWith(product);
    node->destroy();
  }
  return layer > 0;
}

bool writes(const Node* node) {
  const torch::jit::Operator* const op = node->maybeOperator();
  return op != nullptr && op->schema().is_mutable();
}

/// The nodes of the outermost block that a mask has a say in.
std::unordered_set<const Node*> after_dropout(Graph& graph) {
  std::unordered_set<const Node*> after;
  for (Node* node : graph.nodes()) {
    std::vector<Node*> inside = {node};
    for (Block* block : node->blocks()) collect(block, inside);
    const auto is_after = [&](const Node* part) {
      return is_mask(part) ||
             std::any_of(
                 part->inputs().begin(), part->inputs().end(),
                 [&](const Value* v) { return after.contains(v->node()); });
    };
    if (std::any_of(inside.begin(), inside.end(), is_after)) after.insert(node);
  }
  return after;
}

/// A graph of its own out of some nodes of another.
class Excerpt {
 public:
  void add_input(Value* value) {
    map_[value] = graph_->addInput()->setType(value->type());
  }
  void add(Node* node) {
    Node* const copy = graph_->insertNode(graph_->createClone(
        node, [this](Value* value) { return map_.at(value); }));
    for (std::size_t i = 0; i < node->outputs().size(); ++i)
      map_[node->outputs()[i]] = copy->outputs()[i];
  }
  void add_output(Value* value) { graph_->registerOutput(map_.at(value)); }
  const std::shared_ptr<Graph>& graph() {
    torch::jit::EliminateDeadCode(graph_);
    return graph_;
  }

 private:
  std::shared_ptr<Graph> graph_ = std::make_shared<Graph>();
  std::unordered_map<const Value*, Value*> map_;
};

/// What the nodes of `after` use of what the others make, in the order of the
/// code.
std::vector<Value*> crossing(Graph& graph,
                             const std::unordered_set<const Node*>& after) {
  std::unordered_set<const Value*> used;
  for (Node* node : graph.nodes()) {
    if (!after.contains(node)) continue;
    std::vector<Node*> inside = {node};
    for (Block* block : node->blocks()) collect(block, inside);
    for (const Node* part : inside) {
      used.insert(part->inputs().begin(), part->inputs().end());
      for (const Block* block : part->blocks())
        used.insert(block->outputs().begin(), block->outputs().end());
    }
  }
  std::vector<Value*> values;
  for (Node* node : graph.nodes()) {
    if (after.contains(node) || node->kind() == c10::prim::Constant) continue;
    for (Value* output : node->outputs()) {
      if (used.contains(output)) values.push_back(output);
    }
  }
  return values;
}

using Values = std::vector<c10::IValue>;

/// What a graph gives for these inputs.
Values results(const torch::jit::Code& code, Values inputs) {
  torch::jit::InterpreterState(code).run(inputs);
  return inputs;
}

torch::jit::Code code_of(const std::shared_ptr<Graph>& graph) {
  return torch::jit::Code(graph, "forward");
}

/// On oneDNN's kernels where those give the same.
torch::jit::Code fastest(const std::shared_ptr<Graph>& graph,
                         const Values& trial) {
  torch::jit::Code plain = code_of(graph);
  try {
    std::shared_ptr<Graph> converted = graph->copy();
    torch::jit::ConvertFrozenOpsToMKLDNN(converted);
    torch::jit::Code fast = code_of(converted);
    const Values wanted = results(plain, trial);
    const Values got = results(fast, trial);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!wanted[i].isTensor()) continue;
      if (!agree(got[i].toTensor(), wanted[i].toTensor())) return plain;
    }
    return fast;
  } catch (const std::exception&) {
    return plain;
  }
}

}  // namespace

std::shared_ptr<const DropoutNet> DropoutNet::cut(
    const torch::jit::Module& module, const TorchEngine& engine) {
  const c10::InferenceMode guard;
  const torch::jit::Module frozen = torch::jit::freeze_module(module);
  std::shared_ptr<Graph> graph = frozen.get_method("forward").graph()->copy();
  if (!put_masks(*graph)) return nullptr;
  torch::jit::RemoveTensorMutation(graph);
  torch::jit::OptimizeFrozenGraph(graph);
  auto after = after_dropout(*graph);
  if (!after.contains(graph->outputs().at(0)->node())) return nullptr;
  const std::vector<Node*> nodes = all_nodes(*graph);
  // What is written to in place may be written to again in the next pass.
  if (std::any_of(nodes.begin(), nodes.end(), writes))
    after.insert(graph->nodes().begin(), graph->nodes().end());

  const std::vector<Value*> between = crossing(*graph, after);
  Excerpt before_it;
  Excerpt after_it;
  for (Value* input : graph->inputs()) after_it.add_input(input);
  for (Value* input : graph->inputs().slice(0, 2)) before_it.add_input(input);
  for (Value* value : between) after_it.add_input(value);
  for (Node* node : graph->nodes()) {
    const bool constant = node->kind() == c10::prim::Constant;
    if (constant || after.contains(node)) after_it.add(node);
    if (constant || !after.contains(node)) before_it.add(node);
  }
  for (Value* value : between) before_it.add_output(value);
  after_it.add_output(graph->outputs().at(0));

  std::shared_ptr<DropoutNet> net(new DropoutNet);
  net->self_ = frozen._ivalue();
  const at::Tensor images = trial_images(engine.card(), engine.format());
  net->prefix_ = engine.device().is_cpu() && at::hasMKLDNN()
                     ? fastest(before_it.graph(), {net->self_, images})
                     : code_of(before_it.graph());
  net->suffix_ = code_of(after_it.graph());
  net->expect_rows_apart(images.to(engine.device()));
  return net;
}

void DropoutNet::expect_rows_apart(const at::Tensor& images) const {
  const std::vector<at::Tensor> straight = logits(images, 2, 0);
  const std::vector<at::Tensor> swapped = logits(images.flip({0}), 2, 0);
  for (std::size_t k = 0; k < straight.size(); ++k) {
    if (agree(swapped[k].flip({0}), straight[k])) continue;
    raise("model.dropout",
          "with dropout the network's outputs are not finite, or those of an "
          "image depend on its place in the batch",
          "the first dimension of what goes through dropout must be that of "
          "the batch");
  }
}

std::vector<at::Tensor> DropoutNet::logits(const at::Tensor& input,
                                           std::size_t passes,
                                           std::uint64_t seed) const {
  const Values between = results(prefix_, {self_, input});
  std::vector<at::Tensor> logits;
  for (std::size_t k = 0; k < passes; ++k) {
    // A network that writes in place may write to its input.
    Values given = {self_, input.clone(), static_cast<std::int64_t>(seed),
                    static_cast<std::int64_t>(k)};
    given.insert(given.end(), between.begin(), between.end());
    logits.push_back(unpack(results(suffix_, std::move(given)).at(0)).logits);
  }
  return logits;
}

const DropoutNet* LazyDropout::get(
    const TorchEngine& engine,
    const std::function<torch::jit::Module()>& load) const {
  std::call_once(once_, [&] {
    torch::jit::Module module = load();
    module.eval();
    try {
      net_ = DropoutNet::cut(module, engine);
    } catch (const Error& error) {
      raise(error.failure(), error.where());
    } catch (const std::exception& error) {
      raise("model.dropout",
            "the network cannot be run with its dropout: " + first_line(error));
    }
  });
  return net_.get();
}

StochasticPredictions infer_stochastic(const TorchEngine& engine,
                                       const DropoutNet* net,
                                       const SlabView& slab, std::size_t passes,
                                       std::uint64_t seed) {
  if (net == nullptr) {
    raise("model.dropout", "the network has no dropout to switch on",
          "train one that has (quarry train --dropout 0.2), or choose a "
          "strategy that needs no passes");
  }
  return engine.infer_passes(slab, [&](const at::Tensor& input) {
    return net->logits(input, passes, seed);
  });
}

}  // namespace quarry::detail
