#include "torch/precision.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <thread>

#include <ATen/autocast_mode.h>
#include <Eigen/Core>
#include <torch/csrc/jit/api/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "quarry/core/error.hpp"
#include "quarry/model/torch_module.hpp"
#include "quarry/model/torch_net.hpp"
#include "quarry/model/torch_script_model.hpp"
#include "quarry/testing/check_model.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "script_net.hpp"
#include "support.hpp"
#include "temp_dir.hpp"

using namespace quarry;
using namespace quarry::test;
using quarry::detail::choose_engine;
using quarry::detail::ChosenEngine;
using quarry::detail::TorchEngine;

namespace {

const ModelCard card{.height = 4, .width = 4, .channels = 3};

/// To the nearest number with 8 bits of mantissa, to even where it lies between
/// two.
float bf16(float value) {
  auto bits = std::bit_cast<std::uint32_t>(value);
  bits += 0x7FFF + ((bits >> 16) & 1);
  return std::bit_cast<float>(bits & 0xFFFF0000);
}

float rounded(float value, Precision precision) {
  return precision == Precision::bf16 ? bf16(value)
                                      : static_cast<float>(Eigen::half(value));
}

torch::jit::Module net_with(const std::string& forward,
                            const torch::Tensor& w) {
  return script_net("def forward(self, x: Tensor) -> Tensor:\n" + forward,
                    {{"w", w}});
}

TorchScriptModel model_of(const torch::jit::Module& module, const TempDir& dir,
                          Precision precision, const ModelCard& its = card) {
  module.save((dir / "net.pt").string());
  return TorchScriptModel(
      dir / "net.pt", {.device = "cpu", .precision = precision, .card = its});
}

/// An engine of a network that does nothing but this.
std::shared_ptr<const TorchEngine> engine_of(Precision precision,
                                             TorchEngine::Forward forward) {
  return std::make_shared<const TorchEngine>(
      card, c10::kCPU, at::MemoryFormat::Contiguous, precision,
      TorchEngine::Network{std::move(forward)});
}

at::Tensor means(const at::Tensor& x) {
  return x.mean({2, 3});
}

void sleep_a_little() {
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
}

NetOptions small_net(Precision precision) {
  NetOptions options{.classes = {"a", "b", "c"}, .height = 8, .width = 8};
  options.dropout = 0.3;
  options.device = "cpu";
  options.precision = precision;
  return options;
}

struct LayerImpl : torch::nn::Module {
  LayerImpl() { layer = register_module("layer", torch::nn::Linear(48, 3)); }
  at::Tensor forward(const at::Tensor& x) { return layer(x.flatten(1)); }
  torch::nn::Linear layer{nullptr};
};
TORCH_MODULE(Layer);

}  // namespace

TEST_CASE("images are rounded once, before the network sees them",
          "[precision]") {
  const TempDir dir;
  const Precision precision = GENERATE(Precision::bf16, Precision::fp16);
  const auto flat = net_with("    return torch.reshape(x, [x.size(0), -1])\n",
                             torch::ones(1));
  auto exact = model_of(flat, dir, Precision::fp32);
  auto model = model_of(flat, dir, precision);
  CHECK(exact.precision() == Precision::fp32);
  CHECK(model.precision() == precision);
  const Pixels pixels = random_pixels(5, 4, 4);
  const Matrix wanted = exact.infer(pixels.view()).logits;
  const Matrix got = model.infer(pixels.view()).logits;
  REQUIRE(got.size() == 5 * 48);
  for (Eigen::Index i = 0; i < got.size(); ++i)
    REQUIRE(got.data()[i] == rounded(wanted.data()[i], precision));
}

TEST_CASE("weights are rounded once, after batch norm is folded into them",
          "[precision]") {
  const TempDir dir;
  // 1.003 · 171 = 171.5: 172 with 8 bits. Rounded first it were 1 · 171.
  const float a = 1.0F + 3.0F / 1024.0F;
  const float gain = 171.0F;
  REQUIRE(bf16(a) * bf16(gain) == 171.0F);
  REQUIRE(bf16(a * gain) == 172.0F);
  const torch::jit::Module module = script_net(
      "def forward(self, x: Tensor) -> Tensor:\n"
      "    x = torch.conv2d(x, self.a, None, [1, 1], [0, 0])\n"
      "    x = torch.batch_norm(x, self.gain, self.zero, self.zero, self.one, "
      "self.training, 0.1, 0.0, True)\n"
      "    return torch.amax(x, [2, 3])\n",
      {{"a", torch::full({1, 3, 1, 1}, a) *
                 torch::tensor({1.0F, 0.0F, 0.0F}).view({1, 3, 1, 1})},
       {"gain", torch::full({1}, gain)},
       {"zero", torch::zeros(1)},
       {"one", torch::ones(1)}});
  auto model = model_of(module, dir, Precision::bf16);
  Pixels white{{.shape = {4, 4, 3}}, 2};
  white.bytes.assign(2 * 48, std::byte{255});
  CHECK(model.infer(white.view()).logits(1, 0) == 172.0F);
}

TEST_CASE("probabilities are computed in fp32", "[precision]") {
  const TempDir dir;
  const Precision precision = GENERATE(Precision::bf16, Precision::fp16);
  auto model = model_of(
      net_with("    return torch.mean(x, [2, 3]) * 5.0\n", torch::ones(1)), dir,
      precision);
  const Predictions p = model.infer(random_pixels(3, 4, 4).view());
  for (int r = 0; r < 3; ++r) {
    double sum = 0;
    for (int c = 0; c < 3; ++c) {
      sum += std::exp(double{p.logits(r, c)});
      CHECK(p.logits(r, c) == rounded(p.logits(r, c), precision));
    }
    for (int c = 0; c < 3; ++c) {
      CHECK(p.probabilities(r, c) ==
            Approx(std::exp(double{p.logits(r, c)}) / sum).epsilon(1e-6));
    }
  }
}

TEST_CASE("a precision is part of what a model computes with", "[precision]") {
  const TempDir dir;
  // Of which no rounding can be seen.
  const auto module =
      net_with("    return torch.mean(x, [2, 3]) * 0.0\n", torch::ones(1));
  const auto exact = model_of(module, dir, Precision::fp32);
  const auto model = model_of(module, dir, Precision::bf16);
  CHECK(exact.fingerprint() == model.fingerprint());
  CHECK(exact.computes_with() != model.computes_with());
  CHECK(model.computes_with().find(", bf16, ") != std::string::npos);
  CHECK(model.notes().empty());
}

TEST_CASE("what cannot be computed in a precision is refused", "[precision]") {
  const TempDir dir;
  const auto message = [&](const torch::jit::Module& module, Precision wanted) {
    CHECK(error_id([&] { model_of(module, dir, wanted); }) ==
          "model.precision");
    return error_message([&] { model_of(module, dir, wanted); });
  };
  const auto casts =
      net_with("    return torch.linear(torch.mean(x.to(6), [2, 3]), self.w)\n",
               torch::ones({2, 3}));
  CHECK_NOTHROW(model_of(casts, dir, Precision::fp32));
  CHECK(message(casts, Precision::bf16)
            .find("on cpu the network does not run in bf16: ") == 0);

  const auto large = net_with("    return torch.mean(x, [2, 3]) + self.w\n",
                              torch::full({3}, 1e5));
  CHECK_NOTHROW(model_of(large, dir, Precision::fp32));
  CHECK_NOTHROW(model_of(large, dir, Precision::bf16));
  CHECK(message(large, Precision::fp16) ==
        "in fp16 the network gives NaN or infinite numbers, in fp32 it does "
        "not");
  const auto without_rows = [&] {
    TorchScriptModel(dir / "net.pt", {.device = "cpu",
                                      .precision = Precision::automatic,
                                      .batch = 0,
                                      .card = card});
  };
  CHECK(error_id(without_rows) == "model.option");
  CHECK(error_message(without_rows) ==
        "TorchScriptOptions: batch is 0, but must be at least 1");
}

TEST_CASE("trial images come in batches that are no larger than the others",
          "[precision]") {
  const Precision wanted = GENERATE(Precision::bf16, Precision::automatic);
  std::int64_t most = 0;
  const auto make = [&](Precision precision) {
    return engine_of(precision, [&](const at::Tensor& x) {
      most = std::max(most, x.size(0));
      return quarry::detail::to_output(means(x));
    });
  };
  choose_engine(wanted, 3, make);
  CHECK(most == 3);
}

TEST_CASE("too little memory is not the precision's fault", "[precision]") {
  const auto make = [](Precision precision) {
    return engine_of(precision, [=](const at::Tensor& x) {
      if (precision == Precision::fp32) sleep_a_little();
      if (precision != Precision::fp32 && x.size(0) > 4)
        throw std::runtime_error("CUDA out of memory. Tried to allocate");
      return quarry::detail::to_output(means(x));
    });
  };
  CHECK(choose_engine(Precision::bf16, 4, make).engine->precision() ==
        Precision::bf16);
  CHECK(error_id([&] { choose_engine(Precision::bf16, 5, make); }) ==
        "model.memory");
  const ChosenEngine chosen = choose_engine(Precision::automatic, 5, make);
  CHECK(chosen.engine->precision() == Precision::fp32);
  CHECK(chosen.notes.at(0).find("bf16 has too little memory") !=
        std::string::npos);
}

TEST_CASE("where fp32 has too little memory bf16 may do, or neither",
          "[precision]") {
  const auto chosen = [](std::size_t batch) {
    return choose_engine(Precision::automatic, batch, [](Precision precision) {
      return engine_of(precision, [=](const at::Tensor& x) {
        if (x.size(0) > (precision == Precision::fp32 ? 4 : 8))
          throw std::runtime_error("CUDA out of memory. Tried to allocate");
        return quarry::detail::to_output(means(x));
      });
    });
  };
  const ChosenEngine smaller = chosen(8);
  CHECK(smaller.engine->precision() == Precision::bf16);
  CHECK(smaller.notes.at(0).find("fp32 has too little memory") !=
        std::string::npos);
  CHECK(error_id([&] { chosen(9); }) == "model.memory");
}

TEST_CASE("what libtorch throws in a trial is told in words", "[precision]") {
  // Some operators fail for some images only.
  const auto refuses = [](const char* why, bool head) {
    TorchEngine::Network network{.forward = [=](const at::Tensor& x) {
      if (!head && x.abs().max().item<float>() > 0.0F)
        throw std::runtime_error(why);
      return quarry::detail::NetOutput{means(x), means(x)};
    }};
    if (head) {
      network.head = quarry::detail::NetHead{
          "digest", [=](const at::Tensor&) -> at::Tensor {
            throw std::runtime_error(why);
          }};
    }
    return TorchEngine(card, c10::kCPU, at::MemoryFormat::Contiguous,
                       Precision::fp32, std::move(network));
  };
  const char* const memory = "CUDA out of memory. Tried to allocate 2 GiB";
  const char* const other = "no kernel image is available";
  const char* const blas =
      "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`";
  const char* const dnn =
      "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED";
  const auto computes = [&](const char* why) {
    return error_id([&] { refuses(why, false).computes_with(); });
  };
  CHECK(computes(other) == "model.infer");
  CHECK(computes(memory) == "model.memory");
  CHECK(computes(blas) == "model.memory");
  CHECK(computes(dnn) == "model.memory");
  CHECK(refuses(other, true).backbone().empty());
  CHECK(error_id([&] { refuses(memory, true).backbone(); }) == "model.memory");
}

TEST_CASE("a note says so when top classes differ widely", "[precision]") {
  const TempDir dir;
  const std::string constant =
      "    return torch.mean(x, [2, 3]) * 0 + self.w\n";
  // 1.001 is 1 with 8 bits.
  const auto module = net_with(constant, torch::tensor({1.0F, 1.001F, 0.0F}));
  const auto model = model_of(module, dir, Precision::bf16);
  REQUIRE(model.notes().size() == 1);
  CHECK(model.notes()[0].find("32 of 32 trial images") != std::string::npos);
  ModelCard numbers = card;
  numbers.task = Task::regression;
  CHECK(model_of(module, dir, Precision::bf16, numbers).notes().empty());
  // Left out where the fastest is asked for.
  const auto automatic = model_of(module, dir, Precision::automatic);
  CHECK(automatic.precision() == Precision::fp32);
  REQUIRE(automatic.notes().size() == 1);
  CHECK(automatic.notes()[0].find("precision auto took fp32") == 0);
  CHECK(automatic.notes()[0].find("bf16 left out") != std::string::npos);
}

TEST_CASE("auto takes what is fastest", "[precision]") {
  const Precision slow = GENERATE(Precision::fp32, Precision::bf16);
  const auto make = [&](Precision precision) {
    return engine_of(precision, [=](const at::Tensor& x) {
      if (precision == slow) sleep_a_little();
      return quarry::detail::to_output(means(x));
    });
  };
  const ChosenEngine chosen = choose_engine(Precision::automatic, 4, make);
  CHECK(chosen.engine->precision() != slow);
  REQUIRE(chosen.notes.size() == 1);
  CHECK(chosen.notes[0].find("in batches of 4: fp32 ") != std::string::npos);
  CHECK(chosen.notes[0].find("samples/s, bf16 ") != std::string::npos);
}

TEST_CASE("auto leaves out what fails and what is not finite", "[precision]") {
  const bool fails = GENERATE(true, false);
  const auto make = [&](Precision precision) {
    if (precision != Precision::fp32 && fails) raise("model.infer", "no");
    return engine_of(precision, [=](const at::Tensor& x) {
      if (precision == Precision::fp32) {
        sleep_a_little();
        return quarry::detail::to_output(means(x));
      }
      return quarry::detail::to_output(means(x) / 0.0);
    });
  };
  const ChosenEngine chosen = choose_engine(Precision::automatic, 4, make);
  CHECK(chosen.engine->precision() == Precision::fp32);
  CHECK(chosen.notes.at(0).find(fails ? "bf16 does not run"
                                      : "bf16 is not finite") !=
        std::string::npos);
}

TEST_CASE("networks keep their laws in bf16", "[precision]") {
  TorchNet net = make_net("small_cnn", small_net(Precision::bf16));
  CHECK(net.precision() == Precision::bf16);
  const auto report =
      testing::check_model(net, {.batch = 32, .tolerance = 1.0 / 256});
  INFO(report.text());
  CHECK(report.ok());
}

TEST_CASE("a built-in net in bf16 is what its file gives, and learns on",
          "[precision]") {
  const TempDir dir;
  TorchNet net = make_net("small_cnn", small_net(Precision::bf16));
  const Pixels pixels = random_pixels(12, 8, 8);
  const auto saved = [&](Precision precision) {
    net.save(dir / "net.pt");
    return TorchScriptModel(dir / "net.pt",
                            {.device = "cpu", .precision = precision});
  };
  const Predictions before = net.infer(pixels.view());
  CHECK(before.logits == saved(Precision::bf16).infer(pixels.view()).logits);
  CHECK(before.logits != saved(Precision::fp32).infer(pixels.view()).logits);

  const std::vector<std::int64_t> labels = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2};
  net.fit({.samples = pixels.view(), .labels = labels}, {.epochs = 1});
  CHECK(net.precision() == Precision::bf16);
  const Predictions after = net.infer(pixels.view());
  CHECK(after.logits != before.logits);
  CHECK(after.logits == saved(Precision::bf16).infer(pixels.view()).logits);
}

TEST_CASE("passes are computed in bf16, with the masks of fp32",
          "[precision]") {
  TorchNet exact = make_net("small_cnn", small_net(Precision::fp32));
  TorchNet net = make_net("small_cnn", small_net(Precision::bf16));
  const Pixels pixels = random_pixels(6, 8, 8);
  const auto wanted = exact.infer_stochastic(pixels.view(), 4, 9);
  const auto got = net.infer_stochastic(pixels.view(), 4, 9);
  CHECK(got.probabilities != wanted.probabilities);
  CHECK((got.probabilities - wanted.probabilities).cwiseAbs().maxCoeff() <
        0.02F);
  const auto others = exact.infer_stochastic(pixels.view(), 4, 8);
  CHECK((got.probabilities - others.probabilities).cwiseAbs().maxCoeff() >
        0.02F);
}

TEST_CASE("a module infers in bf16 and goes on training in fp32",
          "[precision]") {
  at::manual_seed(3);
  Layer layer;
  TorchModule exact(layer, card, {.device = "cpu"});
  TorchModule model(layer, card,
                    {.device = "cpu", .precision = Precision::bf16});
  CHECK(model.precision() == Precision::bf16);
  CHECK(layer->layer->weight.scalar_type() == at::kFloat);
  const Pixels pixels = random_pixels(3, 4, 4);
  const Matrix wanted = exact.infer(pixels.view()).logits;
  const Matrix got = model.infer(pixels.view()).logits;
  CHECK_FALSE(at::autocast::is_autocast_enabled(c10::DeviceType::CPU));
  CHECK(got != wanted);
  CHECK((got - wanted).cwiseAbs().maxCoeff() < 0.02F);
  CHECK(got(1, 2) == bf16(got(1, 2)));
  CHECK(model.computes_with() != exact.computes_with());

  const std::vector<std::int64_t> labels = {0, 1, 2};
  model.fit({.samples = pixels.view(), .labels = labels}, {.epochs = 1});
  CHECK(layer->layer->weight.scalar_type() == at::kFloat);
  CHECK(layer->layer->weight.ne(layer->layer->weight.to(at::kBFloat16))
            .any()
            .item<bool>());
  CHECK(model.infer(pixels.view()).logits != got);
}
