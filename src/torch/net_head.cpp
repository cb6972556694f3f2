#include "torch/net_head.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <new>
#include <sstream>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/runtime/interpreter.h>

#include "torch/fingerprint.hpp"
#include "torch/graph_parts.hpp"

namespace quarry::detail {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

/// The two values that a network returns.
struct Outputs {
  Value* logits = nullptr;
  Value* embeddings = nullptr;
};

std::optional<Outputs> outputs_of(Graph& graph) {
  const Node* const pair = graph.outputs().at(0)->node();
  if (pair->kind() != c10::prim::TupleConstruct || pair->inputs().size() != 2)
    return std::nullopt;
  return Outputs{pair->input(0), pair->input(1)};
}

/// What it takes to make values and to run nodes, from graph inputs or from
/// `given` on.
class Ancestors {
 public:
  explicit Ancestors(const Value* given) : given_(given) {}

  void add(const Value* wanted) { add_all({wanted}); }
  void add(Node* wanted) {
    if (nodes_.insert(wanted).second) add_all(used_by(wanted));
  }

  bool contains(const Node* node) const { return nodes_.contains(node); }
  bool use_inputs() const noexcept { return use_inputs_; }

 private:
  void add_all(std::vector<const Value*> open) {
    while (!open.empty()) {
      Node* const node = const_cast<Value*>(open.back())->node();
      const bool stop = open.back() == given_;
      open.pop_back();
      if (stop) continue;
      if (node->kind() == c10::prim::Param) {
        // Also that of an inner block, whose owner is added on its own account.
        use_inputs_ |= node->owningBlock() == node->owningGraph()->block();
        continue;
      }
      if (!nodes_.insert(node).second) continue;
      const std::vector<const Value*> used = used_by(node);
      open.insert(open.end(), used.begin(), used.end());
    }
  }

  const Value* given_;
  std::unordered_set<const Node*> nodes_;
  bool use_inputs_ = false;
};

/// Whether a node does more than give values: it may raise, print, call what
/// does.
bool acts(Node* node) {
  const std::vector<Node*> nodes = with_inner_nodes(node);
  return std::any_of(nodes.begin(), nodes.end(),
                     [](const Node* each) { return each->hasSideEffects(); });
}

/// The nodes that act, by whether the embeddings are all that they look at.
struct Acts {
  std::vector<Node*> of_head;
  std::vector<Node*> others;
};

Acts acts_of(Graph& graph, const Value* embeddings) {
  Acts all;
  for (Node* node : graph.nodes()) {
    if (!acts(node)) continue;
    Ancestors ancestors(embeddings);
    ancestors.add(node);
    (ancestors.use_inputs() ? all.others : all.of_head).push_back(node);
  }
  return all;
}

bool writes(Node* node) {
  const std::vector<Node*> nodes = with_inner_nodes(node);
  return std::any_of(nodes.begin(), nodes.end(), writes_in_place);
}

/// Whether anything is written to in place but on the way to the embeddings:
/// what is written to may be used elsewhere under another name.
bool writes_aside(Graph& graph, const Value* embeddings) {
  Ancestors of_embeddings(nullptr);
  of_embeddings.add(embeddings);
  for (Node* node : graph.nodes()) {
    if (!of_embeddings.contains(node) && writes(node)) return true;
  }
  return false;
}

/// A digest of code and constants that does not depend on names, nor on where
/// the code came from.
class CodeDigest {
 public:
  void add_input(const Value* value) { number(value); }
  /// False for what cannot be digested.
  bool add(Node* node) {
    std::ostringstream text;
    text << node->kind().toQualString();
    if (const auto* const schema = node->maybeSchema())
      text << '.' << schema->overload_name();
    for (const Value* input : node->inputs()) {
      const auto known = numbers_.find(input);
      if (known == numbers_.end()) return false;
      text << ' ' << known->second;
    }
    text << " ->";
    for (const Value* output : node->outputs())
      text << ' ' << number(output) << ':' << output->type()->annotation_str();
    if (node->kind() == c10::prim::Constant) {
      if (!add_constant(node, text)) return false;
    } else if (node->hasAttributes()) {
      return false;
    }
    print_.add(text.str());
    for (torch::jit::Block* block : node->blocks()) {
      if (!add(*block)) return false;
    }
    return true;
  }
  void add_output(const Value* value) {
    print_.add("return " + std::to_string(numbers_.at(value)));
  }
  std::string text() const { return print_.text(); }

 private:
  std::size_t number(const Value* value) {
    return numbers_.try_emplace(value, numbers_.size()).first->second;
  }

  bool add(torch::jit::Block& block) {
    print_.add("{");
    for (const Value* input : block.inputs()) number(input);
    for (Node* node : block.nodes()) {
      if (!add(node)) return false;
    }
    for (const Value* output : block.outputs()) {
      if (!numbers_.contains(output)) return false;
      add_output(output);
    }
    print_.add("}");
    return true;
  }

  bool add_constant(Node* node, std::ostream& text) {
    const auto value = torch::jit::toIValue(node->output());
    if (!value) return false;
    if (!value->isTensor()) {
      if (value->isObject() || value->isTensorList() || value->isTuple() ||
          value->isGenericDict() ||
          (value->isList() && !value->isIntList() && !value->isDoubleList() &&
           !value->isBoolList())) {
        return false;
      }
      text << ' ' << *value;
      return true;
    }
    if (!value->toTensor().defined()) {
      text << " undefined";
      return true;
    }
    if (value->toTensor().layout() != at::kStrided ||
        value->toTensor().is_quantized()) {
      return false;
    }
    add_tensor("constant", value->toTensor(), print_);
    return true;
  }

  Fingerprint print_;
  std::unordered_map<const Value*, std::size_t> numbers_;
};

/// Of the code that makes the embeddings, and of what acts and the head leaves
/// out: where embeddings were kept it has run.
std::optional<std::string> backbone_of(Graph& graph, Value* embeddings) {
  Ancestors ancestors(nullptr);
  ancestors.add(embeddings);
  for (Node* node : acts_of(graph, embeddings).others) ancestors.add(node);
  CodeDigest digest;
  for (const Value* input : graph.inputs()) digest.add_input(input);
  for (Node* node : graph.nodes()) {
    if (ancestors.contains(node) && !digest.add(node)) return std::nullopt;
  }
  digest.add_output(embeddings);
  return digest.text();
}

std::shared_ptr<Graph> code_of_head(Graph& graph, const Outputs& outputs) {
  Ancestors ancestors(outputs.embeddings);
  ancestors.add(outputs.logits);
  if (ancestors.use_inputs()) return nullptr;
  for (Node* node : acts_of(graph, outputs.embeddings).of_head)
    ancestors.add(node);
  Excerpt head;
  head.add_input(outputs.embeddings);
  for (Node* node : graph.nodes()) {
    if (!ancestors.contains(node)) continue;
    if (writes(node)) return nullptr;
    head.add(node);
  }
  head.add_output(outputs.logits);
  return head.finish();
}

std::optional<NetHead> cut(const torch::jit::Module& frozen,
                           const torch::jit::Module& running,
                           at::ScalarType type) {
  const std::shared_ptr<Graph> plain = frozen.get_method("forward").graph();
  const std::shared_ptr<Graph> taken = running.get_method("forward").graph();
  const std::optional<Outputs> stated = outputs_of(*plain);
  const std::optional<Outputs> outputs = outputs_of(*taken);
  if (!stated || !outputs) return std::nullopt;
  if (writes_aside(*plain, stated->embeddings) ||
      writes_aside(*taken, outputs->embeddings)) {
    return std::nullopt;
  }
  // The two parts must be the same in both.
  if (acts_of(*plain, stated->embeddings).of_head.size() !=
      acts_of(*taken, outputs->embeddings).of_head.size()) {
    return std::nullopt;
  }
  const std::shared_ptr<Graph> head = code_of_head(*taken, *outputs);
  if (!head) return std::nullopt;
  std::optional<std::string> backbone = backbone_of(*plain, stated->embeddings);
  if (!backbone) return std::nullopt;
  if (plain != taken) *backbone += ", converted";
  return NetHead{.backbone = *std::move(backbone),
                 .logits = [type, code = torch::jit::Code(head, "head")](
                               const at::Tensor& embeddings) {
                   std::vector<c10::IValue> stack = {embeddings.to(type)};
                   torch::jit::InterpreterState(code).run(stack);
                   return stack.at(0).toTensor();
                 }};
}

}  // namespace

std::optional<NetHead> head_of(const torch::jit::Module& frozen,
                               const torch::jit::Module& running,
                               at::ScalarType type) {
  try {
    return cut(frozen, running, type);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    // Some code cannot be cut. It runs as a whole.
    return std::nullopt;
  }
}

}  // namespace quarry::detail
