#include "torch/script.hpp"

#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"

#include "torch/bytes_reader.hpp"
#include "torch/device.hpp"
#include "torch/net_head.hpp"
#include "torch/onednn.hpp"
#include "torch/precision.hpp"
#include "torch/weights.hpp"

namespace quarry::detail {
namespace {

constexpr const char* export_hint =
    "export the network with its code: net.eval(); torch.jit.trace(net, "
    "torch.zeros(1, 3, height, width)).save(\"model.pt\")";

/// Says what a file that is no TorchScript is instead.
[[noreturn]] void not_script(const std::string& name, const char* what) {
  raise("model.invalid", name + " is no TorchScript file: " + what,
        export_hint);
}

void expect_script(const Bytes& bytes, const std::string& name) {
  const std::string_view text = bytes.text();
  if (text.empty()) not_script(name, "it is empty");
  if (text.starts_with("\x80")) {
    not_script(name,
               "it is a pickle in an old format of torch.save, which holds "
               "weights without the network");
  }
  if (is_safetensors(bytes)) {
    not_script(name,
               "it is a safetensors file, which holds weights without the "
               "network");
  }
  if (!text.starts_with("PK")) {
    not_script(name, "it does not begin as one (truncated, or something else)");
  }
  caffe2::serialize::PyTorchStreamReader zip(
      std::make_shared<BytesReader>(bytes));
  if (zip.hasRecord("constants.pkl")) return;
  if (zip.hasRecord("data.pkl")) {
    not_script(name,
               "it was written by torch.save and holds weights (a state_dict) "
               "or pickled Python, without the network's code");
  }
  if (zip.hasRecord("archive_format")) {
    not_script(name,
               "it is a package of torch.export; Quarry runs those that were "
               "compiled, under the name NAME.pt2");
  }
  not_script(name, "it is a zip archive of something else");
}

/// Runs a module that was converted to `type`.
TorchEngine::Forward runs_in(at::ScalarType type,
                             const torch::jit::Module& module) {
  return [type, forward = runs(module)](const at::Tensor& input) {
    return forward(input.to(type));
  };
}

TorchEngine::Network prepared(torch::jit::Module module, const ModelCard& card,
                              c10::Device device, Precision precision,
                              at::MemoryFormat format) {
  module.eval();
  std::vector<at::Tensor> parameters;
  for (const at::Tensor& p : module.parameters()) parameters.push_back(p);
  set_format(parameters, format);
  std::vector<std::string> notes;
  try {
    module = torch::jit::freeze(module);
  } catch (const std::exception& error) {
    notes.push_back(
        "the network cannot be frozen, and may be slower as it is: " +
        first_line(error));
  }
  const at::ScalarType type = type_of(precision);
  if (precision != Precision::fp32) {
    // Now that batch norm is folded into the weights, which are rounded once.
    convert(module, type);
    return {runs_in(type, module), head_of(module, module, type),
            std::move(notes)};
  }
  if (notes.empty() && onednn_pays(device)) {
    if (const auto fast = on_onednn(module, card, format)) {
      return {runs(fast->module),
              head_of(module, fast->module, type),
              {},
              fast->trial};
    }
    notes.emplace_back(
        "the network does not run on oneDNN's kernels, and may be slower "
        "without: they fail, or give other numbers for two trial images");
  }
  return {runs(module), head_of(module, module, type), std::move(notes)};
}

}  // namespace

torch::jit::Module load_script(const Bytes& bytes, const std::string& name,
                               c10::Device device) {
  try {
    expect_script(bytes, name);
    torch::jit::Module module =
        torch::jit::load(std::make_shared<BytesReader>(bytes), device);
    if (module.find_method("forward")) return module;
  } catch (const Error& error) {
    raise(error.failure(), error.where());
  } catch (const std::exception& error) {
    raise("model.invalid",
          name + " cannot be loaded as TorchScript: " + first_line(error),
          "it may be damaged, or made by a newer libtorch than this one");
  }
  not_script(name, "its module has no forward()");
}

NetOutput unpack(const c10::IValue& value) {
  if (value.isTensor()) return {.logits = value.toTensor(), .embeddings = {}};
  if (value.isTuple()) {
    const auto& elements = value.toTupleRef().elements();
    if (elements.size() == 2 && elements[0].isTensor() &&
        elements[1].isTensor()) {
      return {.logits = elements[0].toTensor(),
              .embeddings = elements[1].toTensor()};
    }
  }
  raise("model.output", "the network returned " + value.type()->repr_str(),
        "a model file returns logits [B, C], or the tuple (logits, embeddings "
        "[B, D])");
}

TorchEngine::Forward runs(const torch::jit::Module& module) {
  return [shared = std::make_shared<torch::jit::Module>(module)](
             const at::Tensor& input) {
    // Thread-local. The profiling executor would run the first batches slowly
    // and compile again for every new shape.
    const torch::jit::GraphOptimizerEnabledGuard as_it_is(false);
    return unpack(shared->forward({input}));
  };
}

TorchEngine::Forward differentiable(torch::jit::Module module,
                                    at::MemoryFormat format) {
  module.eval();
  std::vector<at::Tensor> parameters;
  for (const at::Tensor& p : module.parameters()) {
    p.set_requires_grad(false);
    parameters.push_back(p);
  }
  set_format(parameters, format);
  return runs(module);
}

std::shared_ptr<const TorchEngine> make_script_engine(
    const ModelCard& card, c10::Device device, Precision precision,
    const std::function<torch::jit::Module()>& load) {
  return make_engine(card, device, precision, [&](at::MemoryFormat format) {
    try {
      return prepared(load(), card, device, precision, format);
    } catch (const Error& error) {
      raise(error.failure(), error.where());
    } catch (const std::exception& error) {
      raise("model.invalid", "the network cannot be prepared for inference: " +
                                 first_line(error));
    }
  });
}

}  // namespace quarry::detail
