// The limit: how many gradients by an image libtorch alone computes a second,
// on the network that quarry_attack_torch attacks, with its batch norm folded
// into its convolutions: a forward pass of each batch, and vector-Jacobian
// products with as many pairs of classes as asked for. No line of Quarry.
//
//   limit_gradient_torch [--products 9] [--samples 1024] [--batch 32]
//                        [--threads 2]
//
// Every thread has batches of its own, and one thread inside an operator.

#include <algorithm>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/pooling.h>

#include "../flags.hpp"
#include "../stopwatch.hpp"

namespace {

constexpr std::size_t rounds = 3;
constexpr std::int64_t classes = 10;

torch::nn::Sequential network() {
  namespace nn = torch::nn;
  nn::Sequential net;
  std::int64_t from = 3;
  for (const std::int64_t to : {32, 64, 128, 128}) {
    net->push_back(nn::Conv2d(nn::Conv2dOptions(from, to, 3).padding(1)));
    net->push_back(nn::ReLU());
    net->push_back(from < 128 ? nn::AnyModule(nn::MaxPool2d(2))
                              : nn::AnyModule(nn::AdaptiveAvgPool2d(1)));
    from = to;
  }
  net->push_back(nn::Flatten());
  net->push_back(nn::Linear(from, classes));
  net->eval();
  for (const at::Tensor& p : net->parameters()) p.requires_grad_(false);
  return net;
}

void differentiate(torch::nn::Sequential net, const at::Tensor& images,
                   std::size_t products) {
  const at::Tensor x = images.detach().requires_grad_(true);
  const at::Tensor logits = net->forward(x);
  for (std::size_t k = 0; k < products; ++k) {
    at::Tensor weights = at::zeros_like(logits);
    weights.select(1, 0).fill_(-1.0F);
    weights.select(1, static_cast<std::int64_t>(k) + 1).fill_(1.0F);
    torch::autograd::grad({logits}, {x}, {weights}, k + 1 < products);
  }
}

void measure(const Flags& flags) {
  at::set_num_threads(1);
  const std::size_t products = flags.count("products");
  const std::size_t threads = flags.count("threads");
  const std::size_t batch = flags.count("batch");
  const std::size_t batches = std::max(threads, flags.count("samples") / batch);
  const torch::nn::Sequential net = network();
  const at::Tensor images =
      at::randn({static_cast<std::int64_t>(batch), 3, 32, 32});
  differentiate(net, images, products);
  Spent best{.seconds = 1e9};
  for (std::size_t round = 0; round < rounds; ++round) {
    const Stopwatch watch;
    std::vector<std::thread> workers;
    for (std::size_t t = 0; t < threads; ++t) {
      workers.emplace_back([&, t] {
        for (std::size_t i = t; i < batches; i += threads)
          differentiate(net, images, products);
      });
    }
    for (std::thread& worker : workers) worker.join();
    const Spent spent = watch.spent();
    if (spent.seconds < best.seconds) best = spent;
  }
  print_result("limit_gradient_torch", batches * batch * products, best);
}

}  // namespace

int main(int argc, char** argv) {
  return run_benchmark("limit_gradient_torch", [&] {
    measure(Flags(argc, argv,
                  {{"products", "9"},
                   {"samples", "1024"},
                   {"batch", "32"},
                   {"threads", "2"}}));
  });
}
