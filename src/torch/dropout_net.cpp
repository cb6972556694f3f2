#include "torch/dropout_net.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <unordered_set>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/csrc/jit/passes/frozen_graph_optimizations.h>
#include <torch/csrc/jit/passes/frozen_ops_to_mkldnn.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/passes/remove_mutation.h>

#include "quarry/core/error.hpp"

#include "torch/device.hpp"
#include "torch/dropout_mask.hpp"
#include "torch/graph_parts.hpp"
#include "torch/onednn.hpp"
#include "torch/precision.hpp"
#include "torch/script.hpp"

namespace quarry::detail {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

/// The names that dropout has in TorchScript, all but those that are run here.
bool is_foreign_dropout(const Node* node) {
  const std::string kind = node->kind().toUnqualString();
  return node->kind().is_aten() && kind.find("dropout") != std::string::npos;
}

/// Whether a dropout drops nothing at all.
bool is_idle(const Node* node) {
  const auto p = torch::jit::toIValue(node->inputs().at(1));
  return p && p->isDouble() && p->toDouble() == 0.0;
}

/// `aten::dropout(x, p, train)` becomes `x * place`, with a number of its own:
/// of equal calls that stay as they are freezing makes one.
void number_dropout(Graph& graph) {
  std::int64_t number = 0;
  for (Node* node : all_nodes(graph)) {
    if (!node->kind().is_aten()) continue;
    const std::string kind = node->kind().toUnqualString();
    const bool plain = kind == "dropout" || kind == "dropout_";
    const bool channels =
        kind == "feature_dropout" || kind == "feature_dropout_";
    if (!plain && !channels) continue;
    const torch::jit::WithInsertPoint here(node);
    Value* const x = node->inputs().at(0);
    Value* const place = graph.insert(
        dropout_place_symbol(), {x, node->inputs().at(1), number++, channels});
    const auto times = kind.back() == '_' ? c10::aten::mul_ : c10::aten::mul;
    node->output()->replaceAllUsesWith(graph.insert(times, {x, place}));
    node->destroy();
  }
}

/// Takes out what drops nothing: `x * place` becomes `x`.
void drop_idle(Graph& graph) {
  for (Node* node : all_nodes(graph)) {
    if (node->kind() != c10::aten::mul && node->kind() != c10::aten::mul_)
      continue;
    Node* const place = node->input(1)->node();
    if (place->kind() != dropout_place_symbol() || !is_idle(place)) continue;
    node->output()->replaceAllUsesWith(node->input(0));
    node->destroy();
  }
  torch::jit::EliminateDeadCode(graph.block());
}

/// Each place becomes the mask of a seed and a pass; whether there was any.
bool put_masks(Graph& graph) {
  drop_idle(graph);
  Value* const seed = graph.addInput("seed")->setType(c10::IntType::get());
  Value* const pass = graph.addInput("pass")->setType(c10::IntType::get());
  std::int64_t layer = 0;
  for (Node* node : all_nodes(graph)) {
    if (is_foreign_dropout(node)) {
      raise("model.dropout",
            "the network's dropout is of a kind that is not known: " +
                std::string(node->kind().toUnqualString()));
    }
    if (node->kind() != dropout_place_symbol()) continue;
    const torch::jit::WithInsertPoint here(node);
    Value* const mask = graph.insert(
        dropout_mask_symbol(), {node->inputs().at(0), node->inputs().at(1),
                                layer++, seed, pass, node->inputs().at(3)});
    node->output()->replaceAllUsesWith(mask);
    node->destroy();
  }
  return layer > 0;
}

/// Whether anything is written to in place.
bool writes(Graph& graph) {
  const std::vector<Node*> nodes = all_nodes(graph);
  return std::any_of(nodes.begin(), nodes.end(), writes_in_place);
}

/// The nodes of the outermost block that a mask has a say in: all of them where
/// any writes in place, for what is written to may be written to again in the
/// next pass.
std::unordered_set<const Node*> after_dropout(Graph& graph) {
  if (writes(graph)) return {graph.nodes().begin(), graph.nodes().end()};
  std::unordered_set<const Node*> after;
  for (Node* node : graph.nodes()) {
    const std::vector<Node*> inside = with_inner_nodes(node);
    const auto is_mask = [](const Node* part) {
      return part->kind() == dropout_mask_symbol();
    };
    const auto is_after = [&](const Value* value) {
      return after.contains(value->node());
    };
    const std::vector<const Value*> used = used_by(node);
    if (std::any_of(inside.begin(), inside.end(), is_mask) ||
        std::any_of(used.begin(), used.end(), is_after)) {
      after.insert(node);
    }
  }
  return after;
}

/// What the nodes of `after` use of what the others make, in the order of the
/// code.
std::vector<Value*> crossing(Graph& graph,
                             const std::unordered_set<const Node*>& after) {
  std::unordered_set<const Value*> used;
  for (Node* node : graph.nodes()) {
    if (!after.contains(node)) continue;
    const std::vector<const Value*> values = used_by(node);
    used.insert(values.begin(), values.end());
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

/// The first of a pair, or what else the network returns.
Value* logits_of(Graph& graph) {
  Value* const output = graph.outputs().at(0);
  const Node* const node = output->node();
  return node->kind() == c10::prim::TupleConstruct ? node->input(0) : output;
}

torch::jit::Module frozen_with_dropout(const torch::jit::Module& module) {
  const std::shared_ptr<Graph> graph = module.get_method("forward").graph();
  torch::jit::Inline(*graph);
  number_dropout(*graph);
  return torch::jit::freeze_module(module);
}

/// What `forward` takes besides images becomes the constant that it is when
/// nothing is given.
void fill_in_defaults(Graph& graph, torch::jit::Function& forward) {
  const auto& arguments = forward.getSchema().arguments();
  while (graph.inputs().size() > 2) {
    const std::size_t last = graph.inputs().size() - 1;
    const auto& value = arguments.at(last).default_value();
    if (!value) raise("model.dropout", "forward() takes more than images");
    const torch::jit::WithInsertPoint here(*graph.nodes().begin());
    graph.inputs()[last]->replaceAllUsesWith(graph.insertConstant(*value));
    graph.eraseInput(last);
  }
}

}  // namespace

std::shared_ptr<const DropoutNet> DropoutNet::cut(
    const torch::jit::Module& module, const TorchEngine& engine) {
  const c10::InferenceMode guard;
  torch::jit::Module frozen = frozen_with_dropout(module);
  std::shared_ptr<Graph> graph = frozen.get_method("forward").graph()->copy();
  fill_in_defaults(*graph, frozen.get_method("forward").function());
  if (!put_masks(*graph)) return nullptr;
  torch::jit::RemoveListMutation(graph);
  torch::jit::RemoveTensorMutation(graph);
  torch::jit::OptimizeFrozenGraph(graph);
  const at::ScalarType type = type_of(engine.precision());
  if (type != at::kFloat) {
    convert(frozen, type);
    convert(*graph, type);
  }
  Value* const logits = logits_of(*graph);
  const auto after = after_dropout(*graph);
  if (!after.contains(logits->node())) return nullptr;

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
  after_it.add_output(logits);

  const std::shared_ptr<Graph> before = before_it.finish();
  std::shared_ptr<DropoutNet> net(new DropoutNet);
  net->self_ = frozen._ivalue();
  net->type_ = type;
  net->tolerance_ = tolerance_of(engine.precision());
  net->writes_ = writes(*graph);
  const at::Tensor images = trial_images(engine.card(), engine.format());
  const bool convert = type == at::kFloat && onednn_pays(engine.device());
  net->prefix_ =
      convert ? fastest(before, {net->self_, images}) : code_of(before);
  net->suffix_ = code_of(after_it.finish());
  net->expect_rows_apart(images.to(engine.device()));
  return net;
}

void DropoutNet::expect_rows_apart(const at::Tensor& images) const {
  const std::vector<at::Tensor> straight = logits(images, 2, 0);
  const std::vector<at::Tensor> again = logits(images, 2, 0);
  const std::vector<at::Tensor> swapped = logits(images.flip({0}), 2, 0);
  const auto complain = [](const std::string& what, const std::string& hint) {
    raise("model.dropout", "with dropout the network's outputs " + what, hint);
  };
  for (std::size_t k = 0; k < straight.size(); ++k) {
    if (!straight[k].isfinite().all().item<bool>())
      complain("are NaN or infinite", "");
    if (!agree(again[k], straight[k], tolerance_)) {
      complain("are others each time",
               "it draws random numbers, or counts, besides its dropout");
    }
    if (agree(swapped[k].flip({0}), straight[k], tolerance_)) continue;
    complain("of an image depend on its place in the batch",
             "the first dimension of what goes through dropout must be that of "
             "the batch");
  }
}

std::vector<at::Tensor> DropoutNet::logits(const at::Tensor& input,
                                           std::size_t passes,
                                           std::uint64_t seed) const {
  const at::Tensor x = input.to(type_);
  const Values between = results(prefix_, {self_, x});
  std::vector<at::Tensor> logits;
  for (std::size_t k = 0; k < passes; ++k) {
    Values given = {self_, writes_ ? x.clone() : x,
                    static_cast<std::int64_t>(seed),
                    static_cast<std::int64_t>(k)};
    given.insert(given.end(), between.begin(), between.end());
    logits.push_back(unpack(results(suffix_, std::move(given)).at(0)).logits);
  }
  return logits;
}

const DropoutNet* LazyDropout::get(
    const TorchEngine& engine,
    const std::function<torch::jit::Module()>& load) const {
  const std::lock_guard lock(mutex_);
  if (known_) return net_.get();
  torch::jit::Module module = load();
  module.eval();
  try {
    net_ = DropoutNet::cut(module, engine);
  } catch (const Error& error) {
    raise(error.failure(), error.where());
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    raise("model.dropout",
          "the network cannot be run with its dropout: " + first_line(error));
  }
  known_ = true;
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
