#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <tuple>

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

namespace quarry {

struct SmallCnnOptions {
  std::size_t classes = 10;
  std::size_t channels = 3;
  double dropout = 0.0;    ///< of the embeddings, in [0, 1)
  std::uint64_t seed = 0;  ///< of the weights
};

/// A small convolutional network for small images: four blocks of 3 × 3
/// convolution, batch norm and ReLU with 32, 64, 128 and 128 channels, the
/// first three followed by 2 × 2 max pooling, then the mean over what is left
/// (embeddings, D = 128) and a linear layer. 242 thousand parameters and 13
/// million multiplications a 32 × 32 image. Inputs of at least 8 × 8 pixels.
class SmallCnnImpl : public torch::nn::Module {
 public:
  explicit SmallCnnImpl(const SmallCnnOptions& options = {});
  /// `[B, channels, H, W]` → logits `[B, C]`, embeddings `[B, 128]`.
  std::tuple<at::Tensor, at::Tensor> forward(at::Tensor x);

  torch::nn::Conv2d conv1, conv2, conv3, conv4;
  torch::nn::BatchNorm2d bn1, bn2, bn3, bn4;
  torch::nn::Dropout dropout{nullptr};  ///< null where there is none
  torch::nn::Linear fc;
};
TORCH_MODULE(SmallCnn);

/// How a residual network begins.
enum class ResNetStem {
  imagenet,  ///< 7 × 7 convolution with stride 2, then 3 × 3 max pooling
  cifar,     ///< 3 × 3 convolution with stride 1: for images of about 32 × 32
};

struct ResNet18Options {
  std::size_t classes = 1000;
  std::size_t channels = 3;
  ResNetStem stem = ResNetStem::imagenet;
  double dropout = 0.0;    ///< of the embeddings, in [0, 1)
  std::uint64_t seed = 0;  ///< of the weights
};

/// Two 3 × 3 convolutions and a shortcut around them.
class BasicBlockImpl : public torch::nn::Module {
 public:
  BasicBlockImpl(std::int64_t from, std::int64_t to, std::int64_t stride);
  at::Tensor forward(at::Tensor x);

  torch::nn::Conv2d conv1, conv2;
  torch::nn::BatchNorm2d bn1, bn2;
  /// A 1 × 1 convolution and its batch norm; null where the shapes agree.
  torch::nn::Sequential downsample{nullptr};
};
TORCH_MODULE(BasicBlock);

/// ResNet-18 (He, Zhang, Ren, Sun, "Deep Residual Learning for Image
/// Recognition", CVPR 2016) with the parameter names of torchvision
/// (`layer2.0.downsample.0.weight`), so that weights from there fit. Embeddings
/// are the pooled features, D = 512. Inputs of at least 8 × 8 pixels.
class ResNet18Impl : public torch::nn::Module {
 public:
  explicit ResNet18Impl(const ResNet18Options& options = {});
  /// `[B, channels, H, W]` → logits `[B, C]`, embeddings `[B, 512]`.
  std::tuple<at::Tensor, at::Tensor> forward(at::Tensor x);

  ResNetStem stem;
  torch::nn::Conv2d conv1;
  torch::nn::BatchNorm2d bn1;
  torch::nn::Sequential layer1, layer2, layer3, layer4;
  torch::nn::Dropout dropout{nullptr};  ///< null where there is none
  torch::nn::Linear fc;
};
TORCH_MODULE(ResNet18);

/// Gives the convolutions, batch norms and linear layers inside `net` new
/// weights, drawn from `RandomStream`: the same on every machine, whatever
/// libtorch's own generator has done.
///
///     convolution  normal, variance 2 / (outputs · kernel area)   (He et al.)
///     linear       uniform in ± 1 / √inputs, weight and bias
///     batch norm   weight 1, bias 0, mean 0, variance 1
void seed_weights(torch::nn::Module& net, std::uint64_t seed);

/// Takes the parameters and buffers of `net` from a file that names each of
/// them, with its shape: TorchScript, a state_dict of `torch.save` (also under
/// the key "state_dict", also with "module." before every name), or
/// safetensors.
///
/// Raises `model.weights` naming what is missing, not known or of another shape
/// (`num_batches_tracked` may be missing), `model.invalid` when the file is
/// none of these, `model.not_found`.
void load_weights(torch::nn::Module& net, const std::filesystem::path& file);

}  // namespace quarry
