#include "torch/onednn.hpp"

#include <cmath>
#include <limits>

#include "quarry/model/torch_script_model.hpp"
#include "quarry/testing/check_model.hpp"

#include "catch.hpp"
#include "script_net.hpp"
#include "support.hpp"
#include "temp_dir.hpp"
#include "torch/script.hpp"

using namespace quarry;
using namespace quarry::test;
using quarry::detail::agree;
using quarry::detail::converted_to_onednn;
using quarry::detail::on_onednn;

namespace {

/// What oneDNN runs, what it does not, a broadcast, a view, a second output.
const std::string mixed =
    "def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:\n"
    "    x = torch.relu(torch.conv2d(x, self.a, None, [1, 1], [1, 1]))\n"
    "    y = torch.hardswish(torch.conv2d(x, self.b, None, [1, 1], [1, 1]))\n"
    "    x = torch.max_pool2d(x + y, [2, 2])\n"
    "    x = torch.softplus(x * torch.mean(x, [2, 3], True))\n"
    "    x = torch.contiguous(x).view([x.size(0), -1])\n"
    "    return torch.linear(x, self.c), x\n";

torch::jit::Module net(const std::string& forward) {
  torch::manual_seed(3);
  return script_net(forward, {{"a", torch::randn({16, 3, 3, 3}) / 5},
                              {"b", torch::randn({16, 16, 3, 3}) / 12},
                              {"c", torch::randn({5, 16 * 4 * 4}) / 16}});
}

const ModelCard card{.height = 8, .width = 8, .channels = 3};
constexpr auto contiguous = at::MemoryFormat::Contiguous;

}  // namespace

TEST_CASE("a network of convolutions gives its numbers, on oneDNN and without",
          "[onednn]") {
  const TempDir dir;
  torch::jit::Module module = net(mixed);
  module.save((dir / "net.pt").string());
  TorchScriptModel model(dir / "net.pt", {.device = "cpu", .card = card});
  const Pixels images = random_pixels(64, 8, 8);
  const Predictions got = model.infer(images.view());

  torch::Tensor input = torch::from_blob(
      const_cast<std::byte*>(images.bytes.data()), {64, 8, 8, 3}, torch::kByte);
  input = input.permute({0, 3, 1, 2}).to(torch::kFloat) / 255;
  const auto wanted = module.forward({input}).toTuple();
  const auto tensor = [](const Matrix& matrix) {
    return torch::from_blob(const_cast<float*>(matrix.data()),
                            {matrix.rows(), matrix.cols()});
  };
  CHECK(torch::allclose(tensor(got.logits), wanted->elements()[0].toTensor(),
                        1e-5, 1e-5));
  CHECK(torch::allclose(tensor(got.embeddings),
                        wanted->elements()[1].toTensor(), 1e-5, 1e-5));

  // It is this that the model runs, where that pays: to the bit.
  const auto fast = on_onednn(torch::jit::freeze(module), card, contiguous);
  REQUIRE(fast);
  const c10::InferenceMode guard;
  const torch::Tensor ours = quarry::detail::runs(fast->module)(input).logits;
  CHECK(torch::allclose(ours, tensor(got.logits), 1e-5, 1e-5));
  const bool pays = quarry::detail::onednn_pays(at::kCPU);
  const torch::Tensor plain = quarry::detail::runs(torch::jit::freeze(
      module))(input.contiguous(at::MemoryFormat::ChannelsLast))
                                  .logits;
  CHECK(torch::equal(pays ? ours : plain, tensor(got.logits)));

  const auto report = testing::check_model(model, {.batch = 64});
  INFO(report.text());
  CHECK(report.ok());
}

TEST_CASE("the conversion to oneDNN leaves its kernels in the graph",
          "[onednn]") {
  // Else all that is said here of its numbers would be said of others.
  const torch::jit::Module frozen = torch::jit::freeze(net(mixed));
  const torch::jit::Module converted = converted_to_onednn(frozen);
  const std::string before = frozen.get_method("forward").graph()->toString();
  const std::string after = converted.get_method("forward").graph()->toString();
  CHECK(before.find("mkldnn") == before.npos);
  CHECK(after.find("mkldnn_convolution") != after.npos);
}

TEST_CASE("what comes out otherwise with oneDNN runs without", "[onednn]") {
  const auto frozen = [](const std::string& line) {
    return torch::jit::freeze(
        net("def forward(self, x: Tensor) -> Tensor:\n"
            "    x = torch.conv2d(x, self.a, None, [1, 1], [1, 1])\n" +
            line));
  };
  CHECK(on_onednn(frozen("    return torch.mean(x, [2, 3])\n"), card,
                  contiguous));
  // Another number every time.
  CHECK_FALSE(on_onednn(
      frozen("    return torch.mean(x + torch.rand_like(x), [2, 3])\n"), card,
      contiguous));
  // It cannot run at all.
  CHECK_FALSE(
      on_onednn(frozen("    return torch.mm(x, x)\n"), card, contiguous));
}

TEST_CASE("numbers agree to 1e-4 of the largest, if all are finite",
          "[onednn]") {
  const auto numbers = [](const std::vector<float>& values) {
    return torch::tensor(values);
  };
  const float infinite = std::numeric_limits<float>::infinity();
  CHECK(agree(numbers({1, -100}), numbers({1.009F, -100})));
  CHECK_FALSE(agree(numbers({1, -100}), numbers({1.02F, -100})));
  CHECK(agree(numbers({0, 0}), numbers({0, 0})));
  CHECK(agree(numbers({}), numbers({})));
  CHECK_FALSE(agree(numbers({1}), numbers({1, 1})));
  CHECK_FALSE(agree(numbers({100, -infinite}), numbers({1, -infinite})));
  CHECK_FALSE(agree(numbers({1, NAN}), numbers({1, NAN})));
  CHECK_FALSE(agree(numbers({1, NAN}), numbers({1, 1})));
  CHECK(agree({}, {}));
  CHECK_FALSE(agree(numbers({1}), {}));
  CHECK_FALSE(agree({}, numbers({1})));
}
