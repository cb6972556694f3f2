#include <cmath>
#include <string>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "quarry/core/error.hpp"
#include "quarry/core/random.hpp"
#include "quarry/model/torch_nets.hpp"

#include "torch/generator_guard.hpp"

namespace quarry {
namespace {

namespace nn = torch::nn;

nn::Conv2d conv(std::size_t from, std::int64_t to, std::int64_t kernel,
                std::int64_t stride = 1) {
  return nn::Conv2d(
      nn::Conv2dOptions(static_cast<std::int64_t>(from), to, kernel)
          .stride(stride)
          .padding(kernel / 2)
          .bias(false));
}

nn::Linear linear(std::int64_t from, std::size_t to) {
  return nn::Linear(from, static_cast<std::int64_t>(to));
}

nn::Sequential stage(std::int64_t from, std::int64_t to, std::int64_t stride) {
  return nn::Sequential(BasicBlock(from, to, stride), BasicBlock(to, to, 1));
}

void expect_size(const char* field, std::size_t value) {
  if (value >= 1 && value <= 1'000'000) return;
  raise("model.option", std::string(field) + " is " + std::to_string(value) +
                            ", but must be from 1 to 1000000");
}

/// Whether there is any.
bool expect_dropout(const char* options, double dropout) {
  if (dropout >= 0.0 && dropout < 1.0) return dropout > 0.0;
  raise("model.option", std::string(options) + ": dropout is " +
                            std::to_string(dropout) +
                            ", but must be at least 0 and below 1");
}

/// Fills a tensor, element by element in row-major order, from a stream of its
/// own.
template <class Draw>
void fill(at::Tensor tensor, RandomStream stream, Draw draw) {
  std::vector<float> values(static_cast<std::size_t>(tensor.numel()));
  for (float& value : values) value = static_cast<float>(draw(stream));
  tensor.copy_(at::from_blob(values.data(), tensor.sizes(), at::kFloat));
}

void fill_uniform(const at::Tensor& tensor, const RandomStream& stream,
                  double bound) {
  fill(tensor, stream,
       [bound](RandomStream& s) { return s.uniform(-bound, bound); });
}

}  // namespace

SmallCnnImpl::SmallCnnImpl(const SmallCnnOptions& options)
    : conv1(nullptr),
      conv2(nullptr),
      conv3(nullptr),
      conv4(nullptr),
      bn1(nullptr),
      bn2(nullptr),
      bn3(nullptr),
      bn4(nullptr),
      fc(nullptr) {
  expect_size("SmallCnnOptions: classes", options.classes);
  expect_size("SmallCnnOptions: channels", options.channels);
  const detail::GeneratorGuard guard(c10::kCPU);
  const c10::InferenceMode normal(false);  // else it could never be trained
  conv1 = register_module("conv1", conv(options.channels, 32, 3));
  bn1 = register_module("bn1", nn::BatchNorm2d(32));
  conv2 = register_module("conv2", conv(32, 64, 3));
  bn2 = register_module("bn2", nn::BatchNorm2d(64));
  conv3 = register_module("conv3", conv(64, 128, 3));
  bn3 = register_module("bn3", nn::BatchNorm2d(128));
  conv4 = register_module("conv4", conv(128, 128, 3));
  bn4 = register_module("bn4", nn::BatchNorm2d(128));
  if (expect_dropout("SmallCnnOptions", options.dropout))
    dropout = register_module("dropout", nn::Dropout(options.dropout));
  fc = register_module("fc", linear(128, options.classes));
  seed_weights(*this, options.seed);
}

std::tuple<at::Tensor, at::Tensor> SmallCnnImpl::forward(at::Tensor x) {
  x = at::max_pool2d(at::relu(bn1(conv1(x))), 2);
  x = at::max_pool2d(at::relu(bn2(conv2(x))), 2);
  x = at::max_pool2d(at::relu(bn3(conv3(x))), 2);
  x = at::relu(bn4(conv4(x)));
  const at::Tensor embeddings = at::mean(x, {2, 3});
  return {fc(dropout ? dropout(embeddings) : embeddings), embeddings};
}

BasicBlockImpl::BasicBlockImpl(std::int64_t from, std::int64_t to,
                               std::int64_t stride)
    : conv1(register_module(
          "conv1", conv(static_cast<std::size_t>(from), to, 3, stride))),
      conv2(
          register_module("conv2", conv(static_cast<std::size_t>(to), to, 3))),
      bn1(register_module("bn1", nn::BatchNorm2d(to))),
      bn2(register_module("bn2", nn::BatchNorm2d(to))) {
  if (stride == 1 && from == to) return;
  downsample = register_module(
      "downsample",
      nn::Sequential(conv(static_cast<std::size_t>(from), to, 1, stride),
                     nn::BatchNorm2d(to)));
}

at::Tensor BasicBlockImpl::forward(at::Tensor x) {
  const at::Tensor y = bn2(conv2(at::relu(bn1(conv1(x)))));
  const at::Tensor shortcut =
      downsample.is_empty() ? x : downsample->forward(x);
  return at::relu(y + shortcut);
}

ResNet18Impl::ResNet18Impl(const ResNet18Options& options)
    : stem(options.stem), conv1(nullptr), bn1(nullptr), fc(nullptr) {
  expect_size("ResNet18Options: classes", options.classes);
  expect_size("ResNet18Options: channels", options.channels);
  const detail::GeneratorGuard guard(c10::kCPU);
  const c10::InferenceMode normal(false);  // else it could never be trained
  conv1 = register_module("conv1", stem == ResNetStem::imagenet
                                       ? conv(options.channels, 64, 7, 2)
                                       : conv(options.channels, 64, 3));
  bn1 = register_module("bn1", nn::BatchNorm2d(64));
  layer1 = register_module("layer1", stage(64, 64, 1));
  layer2 = register_module("layer2", stage(64, 128, 2));
  layer3 = register_module("layer3", stage(128, 256, 2));
  layer4 = register_module("layer4", stage(256, 512, 2));
  if (expect_dropout("ResNet18Options", options.dropout))
    dropout = register_module("dropout", nn::Dropout(options.dropout));
  fc = register_module("fc", linear(512, options.classes));
  seed_weights(*this, options.seed);
}

std::tuple<at::Tensor, at::Tensor> ResNet18Impl::forward(at::Tensor x) {
  x = at::relu(bn1(conv1(x)));
  if (stem == ResNetStem::imagenet) x = at::max_pool2d(x, 3, 2, 1);
  x = layer4->forward(layer3->forward(layer2->forward(layer1->forward(x))));
  const at::Tensor embeddings = at::mean(x, {2, 3});
  return {fc(dropout ? dropout(embeddings) : embeddings), embeddings};
}

void seed_weights(torch::nn::Module& net, std::uint64_t seed) {
  const at::NoGradGuard guard;
  const RandomStream weights = RandomStream(seed).derive("weights");
  // Without the net itself, which is still being constructed.
  for (const auto& item : net.named_modules("", false)) {
    const RandomStream stream = weights.derive(item.key());
    nn::Module* module = item.value().get();
    if (auto* c = dynamic_cast<nn::Conv2dImpl*>(module)) {
      const double outputs = static_cast<double>(c->weight.size(0)) *
                             static_cast<double>(c->weight.size(2)) *
                             static_cast<double>(c->weight.size(3));
      const double deviation = std::sqrt(2.0 / outputs);
      fill(c->weight, stream.derive("weight"),
           [&](RandomStream& s) { return deviation * s.normal(); });
      if (c->bias.defined()) c->bias.zero_();
    } else if (auto* l = dynamic_cast<nn::LinearImpl*>(module)) {
      const double bound =
          1.0 / std::sqrt(static_cast<double>(l->weight.size(1)));
      fill_uniform(l->weight, stream.derive("weight"), bound);
      if (l->bias.defined()) {
        fill_uniform(l->bias, stream.derive("bias"), bound);
      }
    } else if (auto* b = dynamic_cast<nn::BatchNorm2dImpl*>(module)) {
      b->reset_parameters();
      b->reset_running_stats();
    }
  }
}

}  // namespace quarry
