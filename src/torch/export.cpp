#include "torch/export.hpp"

#include <string>

#include <ATen/ATen.h>

#include "quarry/core/error.hpp"
#include "quarry/model/torch_nets.hpp"

namespace quarry::detail {
namespace {

namespace nn = torch::nn;

std::string pair_of(std::int64_t value) {
  const std::string text = std::to_string(value);
  return '[' + text + ", " + text + ']';
}

/// The name of a network's type, and its forward in Python.
struct Source {
  std::string type;
  std::string forward;
};

Source source_of(const nn::Conv2dImpl& conv) {
  const std::int64_t stride = conv.options.stride()->at(0);
  const std::int64_t padding =
      std::get<torch::ExpandingArray<2>>(conv.options.padding())->at(0);
  return {"Conv2d",
          "def forward(self, x: Tensor) -> Tensor:\n"
          "    return torch.conv2d(x, self.weight, None, " +
              pair_of(stride) + ", " + pair_of(padding) + ")\n"};
}

Source source_of_sequential(const nn::Module& sequential) {
  std::string body;
  for (const auto& child : sequential.named_children()) {
    body += "    x = getattr(self, \"" + child.key() + "\").forward(x)\n";
  }
  return {"Sequential", "def forward(self, x: Tensor) -> Tensor:\n" + body +
                            "    return x\n"};
}

const char* batch_norm =
    "def forward(self, x: Tensor) -> Tensor:\n"
    "    return torch.batch_norm(x, self.weight, self.bias, "
    "self.running_mean, self.running_var, False, 0.1, 1e-05, True)\n";

const char* linear =
    "def forward(self, x: Tensor) -> Tensor:\n"
    "    return torch.linear(x, self.weight, self.bias)\n";

const char* dropout =
    "def forward(self, x: Tensor) -> Tensor:\n"
    "    return torch.dropout(x, self.p, self.training)\n";

/// The last layer, after dropout where there is any.
template <class Net>
std::string head_of(const Net& net) {
  return std::string("    return self.fc.forward(") +
         (net.dropout.is_empty() ? "embeddings"
                                 : "self.dropout.forward(embeddings)") +
         "), embeddings\n";
}

const char* small_cnn =
    "def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:\n"
    "    x = torch.relu(self.bn1.forward(self.conv1.forward(x)))\n"
    "    x = torch.max_pool2d(x, [2, 2])\n"
    "    x = torch.relu(self.bn2.forward(self.conv2.forward(x)))\n"
    "    x = torch.max_pool2d(x, [2, 2])\n"
    "    x = torch.relu(self.bn3.forward(self.conv3.forward(x)))\n"
    "    x = torch.max_pool2d(x, [2, 2])\n"
    "    x = torch.relu(self.bn4.forward(self.conv4.forward(x)))\n"
    "    embeddings = torch.mean(x, [2, 3])\n";

Source source_of(const BasicBlockImpl& block) {
  const bool same = block.downsample.is_empty();
  return {same ? "BasicBlock" : "DownsamplingBlock",
          std::string("def forward(self, x: Tensor) -> Tensor:\n"
                      "    y = torch.relu(self.bn1.forward("
                      "self.conv1.forward(x)))\n"
                      "    y = self.bn2.forward(self.conv2.forward(y))\n"
                      "    return torch.relu(y + ") +
              (same ? "x" : "self.downsample.forward(x)") + ")\n"};
}

Source source_of(const ResNet18Impl& net) {
  return {"ResNet18",
          std::string("def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:\n"
                      "    x = torch.relu(self.bn1.forward("
                      "self.conv1.forward(x)))\n") +
              (net.stem == ResNetStem::imagenet
                   ? "    x = torch.max_pool2d(x, [3, 3], [2, 2], [1, 1])\n"
                   : "") +
              "    x = self.layer1.forward(x)\n"
              "    x = self.layer2.forward(x)\n"
              "    x = self.layer3.forward(x)\n"
              "    x = self.layer4.forward(x)\n"
              "    embeddings = torch.mean(x, [2, 3])\n" +
              head_of(net)};
}

Source source_of(const nn::Module& module) {
  if (const auto* m = dynamic_cast<const nn::Conv2dImpl*>(&module)) {
    return source_of(*m);
  }
  if (dynamic_cast<const nn::BatchNorm2dImpl*>(&module) != nullptr) {
    return {"BatchNorm2d", batch_norm};
  }
  if (dynamic_cast<const nn::LinearImpl*>(&module) != nullptr) {
    return {"Linear", linear};
  }
  if (dynamic_cast<const nn::SequentialImpl*>(&module) != nullptr) {
    return source_of_sequential(module);
  }
  if (const auto* m = dynamic_cast<const BasicBlockImpl*>(&module)) {
    return source_of(*m);
  }
  if (const auto* m = dynamic_cast<const ResNet18Impl*>(&module)) {
    return source_of(*m);
  }
  if (dynamic_cast<const nn::DropoutImpl*>(&module) != nullptr) {
    return {"Dropout", dropout};
  }
  const auto* const small = dynamic_cast<const SmallCnnImpl*>(&module);
  QUARRY_EXPECTS(small != nullptr, "to_script: no built-in network");
  return {"SmallCnn", small_cnn + head_of(*small)};
}

torch::jit::Module convert(
    const nn::Module& module,
    const std::shared_ptr<torch::jit::CompilationUnit>& unit) {
  const Source source = source_of(module);
  torch::jit::Module script(
      c10::QualifiedName("__torch__.quarry." + source.type), unit,
      /*shouldMangle=*/true);
  script.register_attribute("training", c10::BoolType::get(), false);
  if (const auto* m = dynamic_cast<const nn::DropoutImpl*>(&module))
    script.register_attribute("p", c10::FloatType::get(), m->options.p());
  const auto copy = [](const at::Tensor& tensor) {
    return tensor.detach().clone(at::MemoryFormat::Contiguous);
  };
  for (const auto& item : module.named_parameters(/*recurse=*/false)) {
    script.register_parameter(item.key(), copy(item.value()), false);
  }
  for (const auto& item : module.named_buffers(/*recurse=*/false)) {
    script.register_buffer(item.key(), copy(item.value()));
  }
  for (const auto& item : module.named_children()) {
    script.register_module(item.key(), convert(*item.value(), unit));
  }
  script.define(source.forward);
  return script;
}

}  // namespace

torch::jit::Module to_script(torch::nn::Module& net) {
  const at::NoGradGuard guard;
  return convert(net, std::make_shared<torch::jit::CompilationUnit>());
}

}  // namespace quarry::detail
