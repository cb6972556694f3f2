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

/// What it takes to make a value, from graph inputs or from `given` on.
class Ancestors {
 public:
  Ancestors(const Value* wanted, const Value* given) {
    std::vector<const Value*> open = {wanted};
    while (!open.empty()) {
      Node* const node = const_cast<Value*>(open.back())->node();
      const bool stop = open.back() == given;
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

  bool contains(const Node* node) const { return nodes_.contains(node); }
  bool use_inputs() const noexcept { return use_inputs_; }

 private:
  std::unordered_set<const Node*> nodes_;
  bool use_inputs_ = false;
};

bool writes(Node* node) {
  const std::vector<Node*> nodes = with_inner_nodes(node);
  return std::any_of(nodes.begin(), nodes.end(), writes_in_place);
}

/// Whether anything is written to in place but on the way to the embeddings:
/// what is written to may be used elsewhere under another name.
bool writes_aside(Graph& graph, const Value* embeddings) {
  const Ancestors of_embeddings(embeddings, nullptr);
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

/// Of the code that makes the embeddings.
std::optional<std::string> backbone_of(Graph& graph, Value* embeddings) {
  const Ancestors ancestors(embeddings, nullptr);
  CodeDigest digest;
  for (const Value* input : graph.inputs()) digest.add_input(input);
  for (Node* node : graph.nodes()) {
    if (ancestors.contains(node) && !digest.add(node)) return std::nullopt;
  }
  digest.add_output(embeddings);
  return digest.text();
}

std::shared_ptr<Graph> code_of_head(Graph& graph, const Outputs& outputs) {
  const Ancestors ancestors(outputs.logits, outputs.embeddings);
  if (ancestors.use_inputs()) return nullptr;
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
