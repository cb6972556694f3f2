#include "torch/dropout_net.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/record_function.h>

#include "quarry/model/torch_net.hpp"
#include "quarry/model/torch_script_model.hpp"
#include "quarry/testing/check_model.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "script_net.hpp"
#include "support.hpp"
#include "temp_dir.hpp"
#include "torch/dropout_mask.hpp"

using namespace quarry;
using namespace quarry::test;
using quarry::detail::dropout_mask;

namespace {

/// Convolution, batch norm, and two kinds of dropout, of which the first does
/// not stand at the end.
const std::string two_kinds =
    "def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:\n"
    "    x = torch.conv2d(x, self.a, None, [1, 1], [1, 1])\n"
    "    x = torch.batch_norm(x, self.w, self.w, self.m, self.w, "
    "self.training, 0.1, 1e-05, True)\n"
    "    x = torch.relu_(x)\n"
    "    x = torch.feature_dropout(x, 0.25, self.training)\n"
    "    x = torch.relu(torch.conv2d(x, self.b, None, [1, 1], [1, 1]))\n"
    "    e = torch.mean(x, [2, 3])\n"
    "    return torch.linear(torch.dropout(e, 0.5, self.training), self.c), "
    "e\n";

torch::jit::Module net(const std::string& forward) {
  torch::manual_seed(3);
  return script_net(forward, {{"a", torch::randn({16, 3, 3, 3}) / 5},
                              {"b", torch::randn({16, 16, 3, 3}) / 12},
                              {"c", torch::randn({5, 16}) / 2},
                              {"w", torch::rand({16}) + 0.5},
                              {"m", torch::randn({16})}});
}

const ModelCard card{.height = 8, .width = 8, .channels = 3};

TorchScriptModel model_of(const torch::jit::Module& module,
                          const TempDir& dir) {
  module.save((dir / "net.pt").string());
  return TorchScriptModel(dir / "net.pt", {.device = "cpu", .card = card});
}

/// The operators that this thread runs meanwhile.
class Recorded {
 public:
  Recorded()
      : handle_(at::addThreadLocalCallback(
            at::RecordFunctionCallback(&Recorded::on_call)
                .scopes({at::RecordScope::FUNCTION}))) {
    names().clear();
  }
  Recorded(const Recorded&) = delete;
  Recorded& operator=(const Recorded&) = delete;
  ~Recorded() { at::removeCallback(handle_); }

  std::size_t count(const std::string& name) const {
    return static_cast<std::size_t>(
        std::count(names().begin(), names().end(), name));
  }

 private:
  static std::vector<std::string>& names() {
    static thread_local std::vector<std::string> all;
    return all;
  }
  static std::unique_ptr<at::ObserverContext> on_call(
      const at::RecordFunction& call) {
    names().emplace_back(call.name());
    return nullptr;
  }

  at::CallbackHandle handle_;
};

/// What the engine makes of pixels.
torch::Tensor input_of(const Pixels& images) {
  return torch::from_blob(const_cast<std::byte*>(images.bytes.data()),
                          {static_cast<std::int64_t>(images.rows), 8, 8, 3},
                          torch::kByte)
             .permute({0, 3, 1, 2})
             .to(torch::kFloat) *
         card.preprocess.scale;
}

torch::Tensor to_tensor(const Matrix& m) {
  return torch::from_blob(const_cast<float*>(m.data()), {m.rows(), m.cols()})
      .clone();
}

/// The passes, row by row and mask by mask.
torch::Tensor pass(torch::jit::Module& module, const Pixels& images,
                   std::uint64_t seed, std::uint64_t k) {
  const auto get = [&](const char* name) {
    return module.attr(name).toTensor();
  };
  const auto mask = [&](std::uint64_t layer, std::int64_t width, double p) {
    RandomStream random =
        RandomStream(seed).derive("dropout").derive(layer).derive(k);
    torch::Tensor values = torch::zeros({width});
    for (std::int64_t i = 0; i < width; ++i)
      if (random.uniform() >= p) values[i] = 1.0 / (1.0 - p);
    return values;
  };
  torch::Tensor x = torch::conv2d(input_of(images), get("a"), {}, 1, 1);
  const auto wide = [](const torch::Tensor& t) {
    return t.view({1, -1, 1, 1});
  };
  x = (x - wide(get("m"))) / torch::sqrt(wide(get("w")) + 1e-5) *
          wide(get("w")) +
      wide(get("w"));
  x = torch::relu(x) * wide(mask(0, 16, 0.25));
  x = torch::relu(torch::conv2d(x, get("b"), {}, 1, 1)).mean({2, 3});
  return torch::softmax(torch::linear(x * mask(1, 16, 0.5), get("c")), 1);
}

bool has_dropout(const std::string& forward) {
  const TempDir dir;
  return model_of(net(forward), dir).has_dropout();
}

}  // namespace

TEST_CASE("passes are those of masks drawn one by one", "[dropout]") {
  const TempDir dir;
  torch::jit::Module module = net(two_kinds);
  TorchScriptModel model = model_of(module, dir);
  REQUIRE(model.has_dropout());
  const Pixels images = random_pixels(9, 8, 8);
  const StochasticPredictions got =
      model.infer_stochastic(images.view(), 5, 42);
  REQUIRE(got.passes == 5);
  const torch::Tensor all = to_tensor(got.probabilities);
  for (std::uint64_t k = 0; k < 5; ++k) {
    const auto from = static_cast<std::int64_t>(k) * 9;
    CHECK(torch::allclose(all.slice(0, from, from + 9),
                          pass(module, images, 42, k), 1e-4, 1e-5));
  }
}

TEST_CASE("passes that share what lies before dropout are whole passes",
          "[dropout]") {
  constexpr std::size_t passes = 4;
  const TempDir dir;
  const auto run = [&](const std::string& first) {
    torch::manual_seed(3);
    const torch::jit::Module module = script_net(
        "def forward(self, x: Tensor) -> Tensor:\n" + first +
            "    x = torch.tanh(torch.matmul(torch.flatten(x, 1), self.a))\n"
            "    x = torch.dropout(x, 0.5, self.training)\n"
            "    return torch.matmul(torch.relu(x), self.b)\n",
        {{"a", torch::randn({192, 16}) / 14}, {"b", torch::randn({16, 5})}});
    TorchScriptModel model = model_of(module, dir);
    REQUIRE(model.has_dropout());
    const Pixels images = random_pixels(9, 8, 8);
    const Recorded calls;
    Matrix probabilities =
        model.infer_stochastic(images.view(), passes, 42).probabilities;
    CHECK(calls.count("aten::relu") == passes);
    return std::pair(calls.count("aten::tanh"), std::move(probabilities));
  };
  // What writes to its input is run whole for every pass.
  const auto [whole, wanted] = run("    x[:, 0:1] = x[:, 0:1] * 1.0\n");
  const auto [shared, got] = run("");
  CHECK(whole == passes);
  CHECK(shared == 1);
  CHECK(std::equal(got.data(), got.data() + got.size(), wanted.data(),
                   wanted.data() + wanted.size()));
}

TEST_CASE("networks with dropout obey the laws of stochastic models",
          "[dropout]") {
  const TempDir dir;
  const auto report =
      testing::check_model(model_of(net(two_kinds), dir), {.batch = 6});
  INFO(report.text());
  CHECK(report.ok());
  // In batches of 6 to 8, MKL's products on an Intel processor depend on a
  // row's place.
  const auto built_in =
      testing::check_model(make_net("small_cnn", {.classes = {"a", "b", "c"},
                                                  .height = 8,
                                                  .width = 8,
                                                  .dropout = 0.3,
                                                  .device = "cpu"}),
                           {.batch = 16, .fit = true});
  INFO(built_in.text());
  CHECK(built_in.ok());
}

TEST_CASE("a mask is a function of layer, pass and seed", "[dropout]") {
  const torch::Tensor x = torch::zeros({3, 400, 2, 2});
  const torch::Tensor mask = dropout_mask(x, 0.25, 1, 2, 3, false);
  CHECK(mask.sizes() == c10::IntArrayRef({1, 400, 2, 2}));
  const double kept = (mask > 0).to(torch::kFloat).mean().item<double>();
  CHECK(kept == Approx(0.75).margin(0.05));
  CHECK(mask.max().item<float>() == 1.0F / 0.75F);
  CHECK(torch::equal(mask, dropout_mask(x, 0.25, 1, 2, 3, false)));
  CHECK(!torch::equal(mask, dropout_mask(x, 0.25, 0, 2, 3, false)));
  CHECK(!torch::equal(mask, dropout_mask(x, 0.25, 1, 0, 3, false)));
  CHECK(!torch::equal(mask, dropout_mask(x, 0.25, 1, 2, 0, false)));
  CHECK(dropout_mask(x, 0.25, 1, 2, 3, true).sizes() ==
        c10::IntArrayRef({1, 400, 1, 1}));
  CHECK(dropout_mask(x, 1.0, 1, 2, 3, false).max().item<float>() == 0.0F);
}

const std::string head =
    "def forward(self, x: Tensor) -> Tensor:\n"
    "    x = torch.relu(torch.conv2d(x, self.a, None, [1, 1], [1, 1]))\n"
    "    x = torch.mean(x, [2, 3])\n";
const std::string tail = "    return torch.linear(x, self.c)\n";
const std::string dropped = "torch.dropout(x, 0.5, self.training)\n";

TEST_CASE("dropout is found wherever it stands", "[dropout]") {
  const std::string body = GENERATE(
      "    x = " + dropped, "    x = torch.dropout_(x, 0.5, self.training)\n",
      "    y = torch.dropout_(x, 0.5, self.training)\n",
      "    for i in range(x.size(1) // 8):\n        x = " + dropped,
      "    y = x[:, 0]\n    x = " + dropped + "    x[:, 1] = y\n",
      "    y = " + dropped +
          "    for i in range(x.size(1) // 8):\n        x = y\n",
      "    y = " + dropped + "    if x.size(0) > 1:\n        x = y\n",
      "    y = " + dropped +
          "    if x.size(0) > 1:\n        x = x + 1\n        x = x.copy_(y)\n",
      "    y = [x]\n    y.append(" + dropped.substr(0, dropped.size() - 1) +
          ")\n    x = y[0] + y[1]\n",
      "    y = {'a': x}\n    y['b'] = " + dropped + "    x = y['b']\n",
      "    y = x + 1\n    y[:, 0:8] = torch.dropout(x, 0.5, "
      "self.training)[:, 0:8]\n    x = y\n");
  INFO(body);
  CHECK(has_dropout(head + body + tail));
}

TEST_CASE("dropout that has no say in the logits is none", "[dropout]") {
  CHECK(!has_dropout(head + tail));
  CHECK(!has_dropout(head + "    y = " + dropped + tail));
  CHECK(!has_dropout(head + "    x = torch.dropout(x, 0.0, self.training)\n" +
                     tail));
  CHECK(
      !has_dropout("def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:\n"
                   "    x = torch.mean(torch.conv2d(x, self.a), [2, 3])\n"
                   "    return torch.linear(x, self.c), torch.dropout(x, 0.5, "
                   "self.training)\n"));
}

TEST_CASE("each dropout has masks of its own, and writes when it is in place",
          "[dropout]") {
  const TempDir dir;
  const Pixels images = random_pixels(4, 8, 8);
  const auto passes = [&](const std::string& body) {
    TorchScriptModel model = model_of(net(head + body + tail), dir);
    return model.infer_stochastic(images.view(), 3, 1).probabilities;
  };
  // The same layers in the same order, one of them written in another way.
  const std::string two = "    y = " + dropped + "    z = " + dropped;
  const Matrix apart = passes(two + "    x = y - z\n");
  CHECK((apart.array() - apart(0, 0)).abs().maxCoeff() > 0.01F);
  const Matrix in_place =
      passes("    y = torch.dropout_(x, 0.5, self.training)\n    x = x + y\n");
  const Matrix twice = passes("    y = " + dropped + "    x = y + y\n");
  CHECK(in_place.isApprox(twice, 1e-5F));
  const Matrix idle = passes(
      "    x = torch.dropout(x, 0.0, self.training)\n    x = " + dropped);
  CHECK(idle == passes("    x = " + dropped));
}

TEST_CASE("what else forward takes is what it is by itself", "[dropout]") {
  const TempDir dir;
  const Pixels images = random_pixels(4, 8, 8);
  const auto passes = [&](const std::string& inputs, const std::string& times) {
    std::string code = head;
    code.replace(code.find("x: Tensor"), 9, inputs);
    TorchScriptModel model = model_of(
        net(code + "    x = " + dropped + "    x = x * " + times + "\n" + tail),
        dir);
    return model.infer_stochastic(images.view(), 3, 1).probabilities;
  };
  CHECK(passes("x: Tensor, times: float = 2.0", "times") ==
        passes("x: Tensor", "2.0"));
}

TEST_CASE("a network that writes in place gives the same passes again",
          "[dropout]") {
  const TempDir dir;
  TorchScriptModel model =
      model_of(net("def forward(self, x: Tensor) -> Tensor:\n"
                   "    x = torch.mean(torch.conv2d(x, self.a), [2, 3])\n"
                   "    y = x.view([-1, 16])\n"
                   "    z = torch.dropout(x, 0.5, self.training)\n"
                   "    y[:, 0] = z[:, 1] + y[:, 0]\n"
                   "    return torch.linear(y + z, self.c)\n"),
               dir);
  const Pixels images = random_pixels(4, 8, 8);
  const auto two = model.infer_stochastic(images.view(), 2, 1);
  const auto five = model.infer_stochastic(images.view(), 5, 1);
  CHECK(two.probabilities == five.probabilities.topRows(8));
  CHECK(two.probabilities.topRows(4) != two.probabilities.bottomRows(4));
}

TEST_CASE("what cannot be run with dropout is told", "[dropout]") {
  const TempDir dir;
  const Pixels images = random_pixels(2, 8, 8);
  const auto told = [&](const std::string& forward) {
    TorchScriptModel model = model_of(net(forward), dir);
    return error_message([&] { model.infer_stochastic(images.view(), 2, 1); });
  };
  const std::string features =
      "def forward(self, x: Tensor) -> Tensor:\n"
      "    x = torch.mean(torch.conv2d(x, self.a), [2, 3])\n";
  CHECK_THAT(told(features + "    return torch.linear(x, self.c)\n"),
             Catch::Contains("no dropout"));
  CHECK_THAT(
      told(features + "    x = torch.alpha_dropout(x, 0.5, self.training)\n"
                      "    return torch.linear(x, self.c)\n"),
      Catch::Contains("alpha_dropout"));
  // Features first, then rows.
  CHECK_THAT(
      told(features + "    x = torch.dropout(x.t(), 0.5, self.training).t()\n"
                      "    return torch.linear(x, self.c)\n"),
      Catch::Contains("place in the batch"));

  TorchScriptModel model = model_of(net(two_kinds), dir);
  std::ofstream(dir / "net.pt") << "something else";
  CHECK(error_id([&] { model.infer_stochastic(images.view(), 2, 1); }) ==
        "model.changed");
  CHECK(error_id([&] { model.has_dropout(); }) == "model.changed");
}

TEST_CASE("a built-in net drops out what it was told to", "[dropout]") {
  const TempDir dir;
  const std::string name = GENERATE("small_cnn", "resnet18_cifar");
  NetOptions options{.classes = {"a", "b"},
                     .height = 8,
                     .width = 8,
                     .dropout = 0.4,
                     .device = "cpu"};
  TorchNet net = make_net(name, options);
  const Pixels images = random_pixels(5, 8, 8);
  const auto before = net.infer_stochastic(images.view(), 3, 9);
  net.save(dir / "net.pt");
  TorchScriptModel saved(dir / "net.pt", {.device = "cpu"});
  CHECK(saved.infer_stochastic(images.view(), 3, 9).probabilities ==
        before.probabilities);
  // Its embeddings are those before dropout, and so is what it predicts.
  options.dropout = 0.0;
  TorchNet bare = make_net(name, options);
  CHECK(!bare.has_dropout());
  CHECK(bare.infer(images.view()).logits == net.infer(images.view()).logits);
  CHECK(bare.fingerprint() != net.fingerprint());

  const std::vector<std::int64_t> labels = {0, 1, 0, 1, 0};
  net.fit({images.view(), labels}, {.epochs = 1});
  CHECK(net.infer_stochastic(images.view(), 3, 9).probabilities !=
        before.probabilities);
}
