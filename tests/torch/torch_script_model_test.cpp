#include "quarry/model/torch_script_model.hpp"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/python/update_graph_executor_opt.h>
#include <torch/types.h>

#include "quarry/core/file.hpp"
#include "quarry/core/npy.hpp"
#include "quarry/decode/image_decoder.hpp"
#include "quarry/model/choose_batch.hpp"
#include "quarry/model/torch_runtime.hpp"
#include "quarry/testing/check_model.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "support.hpp"
#include "temp_dir.hpp"
#include "torch/onednn.hpp"

using namespace quarry;
using namespace quarry::test;
namespace fs = std::filesystem;

static_assert(HeadModel<TorchScriptModel>);
static_assert(!TrainableModel<TorchScriptModel>);
static_assert(StochasticModel<TorchScriptModel>);
static_assert(!std::default_initializable<TorchScriptModel>);

namespace {

/// Writes a TorchScript file whose forward has this body.
fs::path script(const TempDir& dir, const std::string& body,
                const std::string& returns = "Tensor",
                const std::string& name = "net.pt") {
  torch::jit::Module module("__torch__.Net");
  module.register_attribute("training", c10::BoolType::get(), true);
  module.register_parameter("w", torch::arange(6.0).view({2, 3}), false);
  module.define("def forward(self, x: Tensor) -> " + returns + ":\n" + body);
  const fs::path file = dir / name;
  module.save(file.string());
  return file;
}

const std::string means = "    return torch.mean(x, [2, 3])\n";
const std::string flat = "    return torch.reshape(x, [x.size(0), -1])\n";

ModelCard card_of(std::size_t height, std::size_t width,
                  std::size_t channels = 3) {
  ModelCard card{.height = height, .width = width, .channels = channels};
  return card;
}

TorchScriptModel cpu_model(const fs::path& file, const ModelCard& card) {
  return TorchScriptModel(file, {.device = "cpu", .card = card});
}

/// What one value of a slab becomes, in doubles.
double normalised(const ModelCard& card, double pixel, std::size_t channel) {
  const Preprocess& p = card.preprocess;
  const double mean = p.mean.empty() ? 0 : p.mean[channel];
  const double std = p.std.empty() ? 1 : p.std[channel];
  return (pixel * p.scale - mean) / std;
}

std::string load_error(const fs::path& file) {
  return error_id([&] { cpu_model(file, card_of(8, 8)); });
}

std::string load_message(const fs::path& file) {
  try {
    cpu_model(file, card_of(8, 8));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a file whose logits hang on its embeddings alone has a head") {
  const TempDir dir;
  const Pixels images = random_pixels(6, 8, 8);
  const auto load = [&](const std::string& body, const std::string& name) {
    return cpu_model(script(dir, body, "Tuple[Tensor, Tensor]", name),
                     card_of(8, 8));
  };
  const std::string pooled = "    e = torch.mean(x, [2, 3])\n";
  const std::string linear = "    return torch.linear(e, self.w), e\n";
  TorchScriptModel model = load(pooled + linear, "a.pt");
  REQUIRE_FALSE(model.backbone().empty());
  const Predictions whole = model.infer(images.view());
  const Predictions head = model.head(whole.embeddings);
  CHECK(head.logits == whole.logits);
  CHECK(head.probabilities == whole.probabilities);
  CHECK(head.embeddings.cols() == 0);
  CHECK(error_id([&] { model.head(Matrix::Zero(6, 4)); }) == "model.input");

  SECTION("names, and what follows the embeddings, are not in its backbone") {
    const std::string other =
        "    y = torch.mean(x, [2, 3])\n"
        "    return torch.linear(torch.relu(y), self.w * 2.0), y\n";
    TorchScriptModel second = load(other, "b.pt");
    CHECK(second.backbone() == model.backbone());
    CHECK(second.fingerprint() != model.fingerprint());
    CHECK(second.head(whole.embeddings).logits ==
          second.infer(images.view()).logits);
  }
  SECTION("what makes the embeddings is") {
    const std::string shifted = "    e = torch.mean(x + 1e-30, [2, 3])\n";
    CHECK(load(shifted + linear, "b.pt").backbone() != model.backbone());
    const std::string later = "    e = torch.mean(x, [2, 3]) * 2.0\n";
    CHECK(load(later + linear, "c.pt").backbone() != model.backbone());
  }
  SECTION("and so is what becomes of pixels") {
    ModelCard card = card_of(8, 8);
    card.preprocess.mean = {0.5, 0.5, 0.5};
    const auto file = dir / "a.pt";
    CHECK(cpu_model(file, card).backbone() != model.backbone());
    card = card_of(8, 8);
    card.classes = {"cat", "dog"};
    CHECK(cpu_model(file, card).backbone() == model.backbone());
  }
}

TEST_CASE("a file that ends otherwise has no head") {
  const TempDir dir;
  const auto backbone = [&](const std::string& body,
                            const std::string& returns) {
    return cpu_model(script(dir, body, returns), card_of(8, 8)).backbone();
  };
  const std::string pair = "Tuple[Tensor, Tensor]";
  CHECK(backbone(means, "Tensor").empty());
  // Logits of pixels, too; of the images' brightest pixel; by another way.
  CHECK(backbone("    e = torch.mean(x, [2, 3])\n"
                 "    return torch.linear(e, self.w) + x.sum(), e\n",
                 pair)
            .empty());
  CHECK(backbone("    e = torch.mean(x, [2, 3])\n"
                 "    return torch.mean(x * 2.0, [2, 3]), e\n",
                 pair)
            .empty());
  // Writes whose results are not used by name: after the embeddings, in the
  // head, and before.
  CHECK(backbone("    e = torch.mean(x, [2, 3])\n"
                 "    y = torch.linear(e, self.w)\n"
                 "    y.clamp_(-100.0, 100.0)\n"
                 "    return torch.relu(y), e\n",
                 pair)
            .empty());
  CHECK(backbone("    y = x * 2.0\n"
                 "    y.clamp_(-100.0, 100.0)\n"
                 "    e = torch.mean(y, [2, 3])\n"
                 "    return torch.linear(e, self.w), e\n",
                 pair)
            .empty());
  // On the way to the embeddings writing does no harm.
  CHECK_FALSE(backbone("    y = torch.relu_(x * 2.0)\n"
                       "    e = torch.mean(y, [2, 3])\n"
                       "    return torch.linear(e, self.w), e\n",
                       pair)
                  .empty());
  // Embeddings that are not contiguous.
  CHECK(backbone("    e = torch.mean(x, [2])[:, :, 0]\n"
                 "    return torch.linear(e, self.w), e\n",
                 pair)
            .empty());
  // A head that writes into the embeddings, which are then others.
  CHECK(backbone("    e = torch.mean(x, [2, 3])\n"
                 "    return torch.linear(e.mul_(2.0), self.w), e\n",
                 pair)
            .empty());
}

TEST_CASE("what a file raises is part of its backbone, or of its head") {
  const TempDir dir;
  const auto load = [&](const std::string& check, const char* weight,
                        const char* name) {
    return cpu_model(
        script(dir,
               "    e = torch.mean(x, [2, 3])\n"
               "    y = torch.linear(e, self.w * " +
                   std::string(weight) + ")\n" + check + "    return y, e\n",
               "Tuple[Tensor, Tensor]", name),
        card_of(8, 8));
  };
  const auto expects = [](const std::string& condition) {
    return "    assert bool(" + condition + "), \"bad\"\n";
  };
  const std::string plain = load("", "1.0", "a.pt").backbone();
  REQUIRE_FALSE(plain.empty());

  SECTION("on images: of the backbone, with its numbers") {
    const std::string some =
        load(expects("x.max() < 7.0"), "1.0", "b.pt").backbone();
    CHECK_FALSE(some.empty());
    CHECK(some != plain);
    CHECK(some != load(expects("x.max() < 8.0"), "1.0", "c.pt").backbone());
    CHECK(some == load(expects("x.max() < 7.0"), "2.0", "d.pt").backbone());
  }
  SECTION("on logits: of the head, which raises as well") {
    TorchScriptModel model = load(expects("y.max() < 50.0"), "1.0", "b.pt");
    CHECK(model.backbone() == plain);
    const auto dim = static_cast<Eigen::Index>(model.embedding_dim());
    CHECK_NOTHROW(model.head(Matrix::Zero(2, dim)));
    CHECK(error_id([&] { model.head(Matrix::Constant(2, dim, 1e3F)); }) ==
          "model.infer");
  }
  SECTION("on both: of the backbone, with the head's weights") {
    const std::string check = expects("x.max() + y.max() < 1e9");
    const std::string some = load(check, "1.0", "b.pt").backbone();
    CHECK_FALSE(some.empty());
    CHECK(some != load(check, "2.0", "c.pt").backbone());
  }
}

TEST_CASE("notes say which way to run faster a file does not take") {
  const TempDir dir;
  const auto notes = [&](const std::string& body) {
    return cpu_model(script(dir, body), card_of(4, 4)).notes();
  };
  CHECK(notes(means).empty());
  const auto viewed = notes("    return x.view([x.size(0), -1])\n");
  REQUIRE(viewed.size() == 1);
  CHECK(viewed[0].find("have channels first") != std::string::npos);
  CHECK(viewed[0].find("view size is not compatible") != std::string::npos);
  const auto infinite = notes("    return torch.mean(x, [2, 3]) / 0.0\n");
  // Where that would be faster.
  const bool tried = quarry::detail::onednn_pays(at::kCPU);
  REQUIRE(infinite.size() == (tried ? 1U : 0U));
  if (!tried) return;
  CHECK(infinite[0].find("does not run on oneDNN's kernels") !=
        std::string::npos);
}

TEST_CASE("pixels become what the card says, channel by channel") {
  const TempDir dir;
  const fs::path file = script(dir, flat);
  ModelCard card = card_of(4, 5);
  card.preprocess.scale = 1.0 / 200;
  card.preprocess.mean = {0.5, 0.25, 0.125};
  card.preprocess.std = {0.5, 0.25, 2};
  card.preprocess.bgr = GENERATE(false, true);
  const Pixels pixels = random_pixels(3, 4, 5);
  auto model = cpu_model(file, card);
  const Predictions p = model.infer(pixels.view());
  REQUIRE(p.logits.cols() == 60);
  CHECK(p.embeddings.cols() == 0);
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t c = 0; c < 3; ++c) {
      for (std::size_t y = 0; y < 4; ++y) {
        for (std::size_t x = 0; x < 5; ++x) {
          const int pixel = pixels.at(r, y, x, card.preprocess.bgr ? 2 - c : c);
          CHECK(p.logits(r, c * 20 + y * 5 + x) ==
                Approx(normalised(card, pixel, c)).epsilon(1e-6).margin(1e-7));
        }
      }
    }
  }
}

TEST_CASE("grey images and images of many channels are taken") {
  const TempDir dir;
  const fs::path file = script(dir, means);
  const std::size_t channels = GENERATE(std::size_t{1}, std::size_t{5});
  const Pixels pixels = random_pixels(2, 3, 4, channels);
  const ModelCard card = card_of(3, 4, channels);
  auto model = cpu_model(file, card);
  const Predictions p = model.infer(pixels.view());
  REQUIRE(p.logits.cols() == static_cast<int>(channels));
  for (std::size_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (std::size_t i = 0; i < 12; ++i) sum += pixels.at(1, i / 4, i % 4, c);
    CHECK(p.logits(1, c) == Approx(sum / 12 / 255).epsilon(1e-5));
  }
}

TEST_CASE(
    "smaller images are enlarged as the decoder would have cropped them") {
  const TempDir dir;
  const fs::path file = script(dir, flat);
  struct Case {
    std::size_t from_h, from_w, resize, to_h, to_w;
    std::size_t resized_h, resized_w, top, left;
  };
  // Sizes by torchvision's Resize and CenterCrop; half offsets go to the even.
  const Case c = GENERATE(values<Case>({{4, 4, 0, 8, 8, 8, 8, 0, 0},
                                        {4, 4, 11, 8, 8, 11, 11, 2, 2},
                                        {3, 6, 0, 8, 8, 8, 16, 0, 4},
                                        {6, 3, 9, 8, 8, 18, 9, 5, 0},
                                        {7, 8, 0, 8, 8, 8, 9, 0, 0},
                                        {5, 8, 0, 8, 12, 8, 12, 0, 0}}));
  ModelCard card = card_of(c.to_h, c.to_w);
  card.preprocess.resize = c.resize;
  const Pixels pixels = random_pixels(2, c.from_h, c.from_w);
  auto model = cpu_model(file, card);
  REQUIRE(model.accepts(pixels.spec).ok());
  const Predictions p = model.infer(pixels.view());
  // Bilinear, the corners of the images aligned (not those of the pixels).
  const auto axis = [](double i, std::size_t from, std::size_t resized) {
    const double ratio = static_cast<double>(from) / resized;
    const double at = std::max(0.0, (i + 0.5) * ratio - 0.5);
    const auto low = static_cast<std::size_t>(at);
    return std::tuple(low, std::min(low + 1, from - 1), at - low);
  };
  for (std::size_t r = 0; r < 2; ++r) {
    for (std::size_t y = 0; y < c.to_h; ++y) {
      for (std::size_t x = 0; x < c.to_w; ++x) {
        const auto [y0, y1, v] = axis(y + c.top, c.from_h, c.resized_h);
        const auto [x0, x1, u] = axis(x + c.left, c.from_w, c.resized_w);
        const double above =
            (1 - u) * pixels.at(r, y0, x0, 1) + u * pixels.at(r, y0, x1, 1);
        const double below =
            (1 - u) * pixels.at(r, y1, x0, 1) + u * pixels.at(r, y1, x1, 1);
        const double expected = ((1 - v) * above + v * below) / 255;
        INFO("row " << r << ", " << y << ", " << x);
        CHECK(p.logits(r, (c.to_h + y) * c.to_w + x) ==
              Approx(expected).margin(1e-5));
      }
    }
  }
}

TEST_CASE("a model takes its input and smaller images, nothing else") {
  const TempDir dir;
  auto model = cpu_model(script(dir, means), card_of(8, 10));
  CHECK(model.input() == SampleSpec{.shape = {8, 10, 3}});
  CHECK(model.accepts({.shape = {8, 10, 3}}).ok());
  CHECK(model.accepts({.shape = {2, 10, 3}}).ok());
  CHECK(model.accepts({.shape = {1, 1, 3}}).ok());
  for (const SampleSpec& wrong :
       {SampleSpec{.shape = {9, 10, 3}}, SampleSpec{.shape = {8, 11, 3}},
        SampleSpec{.shape = {8, 10, 1}}, SampleSpec{.shape = {8, 10}},
        SampleSpec{.shape = {0, 10, 3}},
        SampleSpec{.shape = {8, 10, 3}, .dtype = DType::f4}}) {
    const Result<void> result = model.accepts(wrong);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().id == "model.input");
    CHECK(error_id([&] {
            const std::vector<std::byte> bytes(wrong.bytes());
            model.infer({bytes, 1, wrong});
          }) == "model.input");
  }
  const std::vector<std::byte> odd(7);
  CHECK(error_id([&] {
          model.infer({odd, 1, model.input()});
        }) == "contract.violated");
  const Predictions none = model.infer({{}, 0, model.input()});
  CHECK(none.logits.cols() == 3);
  CHECK(none.logits.rows() == 0);
}

TEST_CASE("the task decides what probabilities are") {
  const TempDir dir;
  const fs::path file =
      script(dir, "    return torch.mean(x, [2, 3]) * 4 - 1\n");
  ModelCard card = card_of(2, 2);
  const Pixels pixels = random_pixels(4, 2, 2);
  Matrix logits;
  {
    auto model = cpu_model(file, card);
    const Predictions p = model.infer(pixels.view());
    logits = p.logits;
    for (int r = 0; r < 4; ++r) {
      const double sum = std::exp(logits(r, 0)) + std::exp(logits(r, 1)) +
                         std::exp(logits(r, 2));
      CHECK(p.probabilities(r, 2) ==
            Approx(std::exp(logits(r, 2)) / sum).epsilon(1e-5));
    }
  }
  card.task = Task::multilabel;
  const Predictions multilabel = cpu_model(file, card).infer(pixels.view());
  CHECK(multilabel.probabilities(3, 1) ==
        Approx(1 / (1 + std::exp(-logits(3, 1)))).epsilon(1e-5));
  card.task = Task::regression;
  CHECK(cpu_model(file, card).infer(pixels.view()).probabilities == logits);
}

TEST_CASE("embeddings come when the file returns two tensors") {
  const TempDir dir;
  const fs::path file = script(dir,
                               "    e = torch.mean(x, [2, 3])\n"
                               "    return torch.linear(e, self.w), e\n",
                               "Tuple[Tensor, Tensor]");
  auto model = cpu_model(file, card_of(2, 2));
  CHECK(model.embedding_dim() == 3);
  CHECK(model.classes() == std::vector<std::string>{"0", "1"});
  const Predictions p = model.infer(random_pixels(2, 2, 2).view());
  CHECK(p.logits.cols() == 2);
  CHECK(p.embeddings.cols() == 3);
  // Weights are 0 1 2 / 3 4 5.
  CHECK(p.logits(1, 0) ==
        Approx(p.embeddings(1, 1) + 2 * p.embeddings(1, 2)).epsilon(1e-5));
}

TEST_CASE("a network that takes views of its activations runs") {
  const TempDir dir;
  const fs::path file = script(dir, "    return x.view([x.size(0), -1])\n");
  const Pixels pixels = random_pixels(2, 3, 3);
  const Predictions p = cpu_model(file, card_of(3, 3)).infer(pixels.view());
  CHECK(p.logits(1, 9 + 4) == Approx(pixels.at(1, 1, 1, 1) / 255.0));
}

TEST_CASE("a network that cannot be frozen runs as it is") {
  const TempDir dir;
  torch::jit::Module module("__torch__.Net");
  module.register_attribute("training", c10::BoolType::get(), true);
  module.register_attribute("calls", c10::IntType::get(), 0);
  module.define(
      "def forward(self, x: Tensor) -> Tensor:\n"
      "    self.calls = self.calls + 1\n"
      "    return torch.mean(x, [2, 3])\n");
  module.save((dir / "net.pt").string());
  auto model = cpu_model(dir / "net.pt", card_of(2, 2));
  CHECK(model.infer(random_pixels(3, 2, 2).view()).logits.rows() == 3);
}

TEST_CASE("half precision outputs arrive as floats") {
  const TempDir dir;
  const fs::path file = script(dir, "    return torch.mean(x, [2, 3]).to(5)\n");
  auto model = cpu_model(file, card_of(2, 2));
  CHECK(model.infer(random_pixels(1, 2, 2).view()).logits.cols() == 3);
}

TEST_CASE("outputs that are no logits are refused when the file is loaded") {
  const TempDir dir;
  const auto id = [&](const std::string& body, const std::string& returns) {
    return load_error(script(dir, body, returns));
  };
  CHECK(id("    return [x, x]\n", "List[Tensor]") == "model.output");
  CHECK(id("    return {\"logits\": x}\n", "Dict[str, Tensor]") ==
        "model.output");
  CHECK(id("    return (x, x, x)\n", "Tuple[Tensor, Tensor, Tensor]") ==
        "model.output");
  CHECK(id("    return (x, 3)\n", "Tuple[Tensor, int]") == "model.output");
  CHECK(id("    return 3\n", "int") == "model.output");
  CHECK(id("    return x\n", "Tensor") == "model.output");
  CHECK(id("    return x.mean([1, 2, 3])\n", "Tensor") == "model.output");
  CHECK(id("    return x.mean([2, 3])[0:1]\n", "Tensor") == "model.output");
  CHECK(id("    return x.mean([2, 3]).to(3)\n", "Tensor") == "model.output");
  CHECK(id("    e = x.mean([2, 3])\n    return (e, x)\n",
           "Tuple[Tensor, Tensor]") == "model.output");
  CHECK(load_message(script(dir, "    return [x, x]\n", "List[Tensor]"))
            .find("List[Tensor]") != std::string::npos);
  CHECK(load_message(script(dir, "    return x\n"))
            .find("a tensor of Float [2, 3, 8, 8]") != std::string::npos);
}

TEST_CASE("a network that fails says why, in its own words") {
  const TempDir dir;
  const fs::path wrong = script(dir, "    return torch.linear(x, self.w)\n");
  CHECK(load_error(wrong) == "model.infer");
  const std::string text = load_message(wrong);
  CHECK(text.find("shapes cannot be multiplied") != std::string::npos);
  CHECK(text.find("frame #") == std::string::npos);
  CHECK(text.find("Exception raised from") == std::string::npos);

  const fs::path raising =
      script(dir,
             "    assert bool(x.sum() == 0), \"too bright\"\n"
             "    return x.mean([2, 3])\n");
  auto model = cpu_model(raising, card_of(2, 2));
  const std::string message =
      error_message([&] { model.infer(random_pixels(1, 2, 2).view()); });
  CHECK(message.find("too bright") != std::string::npos);
}

TEST_CASE("a batch for which there is no memory is told from other failures") {
  const TempDir dir;
  auto model =
      cpu_model(script(dir,
                       "    if x.size(0) > 8:\n"
                       "        x = x + torch.zeros([1125899906842624])\n"
                       "    return x.mean([2, 3])\n"),
                card_of(2, 2));
  const auto batch = [&](std::size_t rows) {
    return error_id([&] { model.infer(random_pixels(rows, 2, 2).view()); });
  };
  CHECK(batch(8).empty());
  CHECK(batch(9) == "model.memory");
  // Every batch takes as long as any other, so that the climb does not end.
  const auto clock = [ticks = 0.0]() mutable {
    return ticks += 1e-3;
  };
  CHECK(choose_batch(model, {.clock = clock}).too_large == 16);
}

TEST_CASE("the card is held against the file") {
  const TempDir dir;
  const fs::path file = script(dir, means);
  ModelCard card = card_of(4, 4);
  card.classes = {"a", "b"};
  CHECK(error_id([&] { cpu_model(file, card); }) == "model.classes");
  CHECK(error_message([&] { cpu_model(file, card); }) ==
        "the card names 2 classes, but the network gives 3 logits");
  card.classes = {"a", "b", "c"};
  CHECK(cpu_model(file, card).classes() == card.classes);
  card.outputs = {"logits"};
  CHECK_NOTHROW(cpu_model(file, card));
  card.outputs = {"logits", "embeddings"};
  CHECK(error_id([&] { cpu_model(file, card); }) == "model.output");
  card.outputs = {"logits"};
  const fs::path both = script(dir, "    e = x.mean([2, 3])\n    return e, e\n",
                               "Tuple[Tensor, Tensor]", "both.pt");
  CHECK(error_id([&] { cpu_model(both, card); }) == "model.output");
  card.preprocess.mean = {1};
  CHECK(error_id([&] { cpu_model(file, card); }) == "card.invalid");
}

TEST_CASE("the card beside a file is used; without one the defaults are told") {
  const TempDir dir;
  const fs::path file = script(dir, means);
  {
    const TorchScriptModel model(file, {.device = "cpu"});
    CHECK(model.input().shape == std::vector<std::size_t>{224, 224, 3});
    CHECK(model.card().preprocess.resize == 256);
    CHECK(model.card().preprocess.std[0] == 0.229);
    REQUIRE(model.notes().size() == 1);
    CHECK(model.notes()[0].find("net.json is not there: assuming 224 x 224") !=
          std::string::npos);
  }
  dir.write("net.json", R"({"input": {"height": 6, "width": 7}})");
  const TorchScriptModel model(file, {.device = "cpu"});
  CHECK(model.input().shape == std::vector<std::size_t>{6, 7, 3});
  CHECK(model.notes().empty());
  dir.write("net.json", "{");
  CHECK(error_id([&] { TorchScriptModel{file}; }) == "json.invalid");
}

TEST_CASE("the fingerprint follows the file and the card") {
  const TempDir dir;
  const fs::path file = script(dir, means);
  const std::string print = cpu_model(file, card_of(4, 4)).fingerprint();
  CHECK(print.size() == 32);
  CHECK(cpu_model(file, card_of(4, 4)).fingerprint() == print);
  CHECK(cpu_model(file, card_of(4, 4)).replicate().fingerprint() == print);
  CHECK(cpu_model(file, card_of(4, 5)).fingerprint() != print);
  ModelCard other = card_of(4, 4);
  other.preprocess.mean = {0, 0, 1e-6};
  CHECK(cpu_model(file, other).fingerprint() != print);
  const fs::path same = script(dir, means, "Tensor", "net2.pt");
  fs::copy_file(file, same, fs::copy_options::overwrite_existing);
  CHECK(cpu_model(same, card_of(4, 4)).fingerprint() == print);
  const fs::path twice =
      script(dir, "    return torch.mean(x, [2, 3]) * 2\n", "Tensor", "2.pt");
  CHECK(cpu_model(twice, card_of(4, 4)).fingerprint() != print);
}

TEST_CASE("what is no TorchScript file says what it is instead") {
  const TempDir dir;
  CHECK(load_error(dir / "nowhere.pt") == "model.not_found");
  CHECK(load_error(dir.path()) == "file.not_regular");
  const auto complains = [&](const fs::path& file, const std::string& words) {
    INFO(load_message(file));
    CHECK(load_error(file) == "model.invalid");
    CHECK(load_message(file).find(words) != std::string::npos);
  };
  complains(dir.write("empty.pt", ""), "it is empty");
  complains(dir.write("text.pt", "PKhello\n"), "cannot be loaded");
  complains(dir.write("other.pt", "hello\n"), "does not begin as one");
  complains(golden("ordered.pth"), "written by torch.save");
  complains(golden("ordered.pth"), "torch.jit.trace");
  complains(golden("old.pth"), "an old format of torch.save");
  const std::string header =
      R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})";
  std::string safetensors(8, '\0');
  safetensors[0] = static_cast<char>(header.size());
  complains(dir.write("w.pt", safetensors + header), "safetensors");
}

TEST_CASE("a damaged file is an error, never a crash") {
  const TempDir dir;
  const std::string whole =
      slurp(script(dir, "    return torch.linear(x.mean([2, 3]), self.w)\n"));
  REQUIRE(load_error(dir / "net.pt").empty());
  std::mt19937 random(7);
  const auto try_it = [&](const std::string& bytes) {
    const std::string id = load_error(dir.write("broken.pt", bytes));
    return id;
  };
  std::size_t refused = 0;
  for (std::size_t cut = 0; cut < whole.size(); cut += 1 + whole.size() / 60) {
    CHECK(try_it(whole.substr(0, cut)) == "model.invalid");
  }
  for (int trial = 0; trial < 150; ++trial) {
    std::string bytes = whole;
    for (int flips = 0; flips < 1 + trial % 8; ++flips) {
      bytes[random() % bytes.size()] ^= static_cast<char>(1 + random() % 255);
    }
    const std::string id = try_it(bytes);
    INFO("trial " << trial << ": " << id);
    CHECK((id.empty() || id == "model.invalid" || id == "model.output" ||
           id == "model.infer"));
    refused += id.empty() ? 0 : 1;
  }
  CHECK(refused > 30);
  for (int trial = 0; trial < 50; ++trial) {
    std::string bytes = trial % 2 == 0 ? "PK\x03\x04" : "";
    for (std::size_t n = random() % 3000; n > 0; --n) {
      bytes += static_cast<char>(random());
    }
    CHECK(try_it(bytes) == "model.invalid");
  }
}

TEST_CASE("devices that are not there are refused, with the reason") {
  const TempDir dir;
  const fs::path file = script(dir, means);
  const auto error_of = [&](const std::string& device) {
    return error_id([&] {
      TorchScriptModel(file, {.device = device, .card = card_of(2, 2)});
    });
  };
  for (const char* wrong : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda0",
                            "cuda:999999999999", "CPU", "meta"}) {
    INFO(wrong);
    CHECK(error_of(wrong) == "model.device");
  }
  CHECK(error_of("cpu").empty());
  CHECK(error_of("auto").empty());
  if (torch_runtime_info().devices.back().usable) return;
  CHECK(error_of("cuda") == "model.device");
  CHECK(error_of("cuda:0") == "model.device");
  const TorchScriptModel model(file, {.card = card_of(2, 2)});
  CHECK(model.device() == "cpu");
  REQUIRE(model.notes().size() == 1);
  CHECK(model.notes()[0] ==
        "running on the CPU: " + torch_runtime_info().devices.back().why);
}

TEST_CASE("a slab's memory is aligned and writable") {
  const TempDir dir;
  const auto model = cpu_model(script(dir, means), card_of(2, 2));
  const std::shared_ptr<std::byte[]> slab = model.make_slab(100'000);
  CHECK(reinterpret_cast<std::uintptr_t>(slab.get()) % 64 == 0);
  slab[99'999] = std::byte{7};
  CHECK(slab[99'999] == std::byte{7});
}

TEST_CASE("inference leaves the caller's thread as it was") {
  const TempDir dir;
  auto model = cpu_model(script(dir, means), card_of(2, 2));
  CHECK(at::GradMode::is_enabled());
  CHECK_FALSE(c10::InferenceMode::is_enabled());
  CHECK(torch::jit::getGraphExecutorOptimize());
  model.infer(random_pixels(2, 2, 2).view());
  CHECK(at::GradMode::is_enabled());
  CHECK_FALSE(c10::InferenceMode::is_enabled());
  CHECK(torch::jit::getGraphExecutorOptimize());
}

namespace {

/// The images of small.samples.txt, decoded; no rows when they are not there.
Pixels shared_images() {
  Pixels images{{.shape = {32, 32, 3}}};
  const fs::path archive = shared("data/cifar10-jpeg.tar.gz");
  const fs::path list = shared("models/small.samples.txt");
  if (!fs::exists(archive) || !fs::exists(list)) return images;
  const TempDir dir;
  const std::string command = "tar -xzf '" + fs::absolute(archive).string() +
                              "' -C '" + dir.path().string() + "' -T '" +
                              fs::absolute(list).string() + "' 2>/dev/null";
  if (std::system(command.c_str()) != 0) return images;
  const ImageDecoder decoder({.height = 32, .width = 32});
  std::ifstream names(list);
  for (std::string name; std::getline(names, name);) {
    images.bytes.resize(images.bytes.size() + images.spec.bytes());
    const std::span<std::byte> row =
        std::span(images.bytes).last(images.spec.bytes());
    decoder.decode(read_file(dir / name).value(), row).value();
    ++images.rows;
  }
  return images;
}

}  // namespace

TEST_CASE("the shared model gives what PyTorch's Python gave, to 1e-5") {
  const Pixels images = shared_images();
  if (images.rows == 0) {
    WARN("skipped: QUARRY_SHARED has no models/small.pt or no images");
    return;
  }
  TorchScriptModel model(shared("models/small.pt"), {.device = "cpu"});
  const NpyArray probabilities =
      read_npy(shared("models/small.probabilities.npy"));
  const NpyArray embeddings = read_npy(shared("models/small.embeddings.npy"));
  const std::vector<float> wanted_p = probabilities.as<float>();
  const std::vector<float> wanted_e = embeddings.as<float>();
  REQUIRE(images.rows == 1000);
  CHECK(model.embedding_dim() == embeddings.shape()[1]);
  double worst_p = 0;
  double worst_e = 0;
  for (std::size_t first = 0; first < 1000; first += 125) {
    const std::size_t size = images.spec.bytes();
    const Predictions p =
        model.infer({std::span(images.bytes).subspan(first * size, 125 * size),
                     125, images.spec});
    REQUIRE(p.probabilities.allFinite());  // max() drops a NaN
    REQUIRE(p.embeddings.allFinite());
    for (std::size_t r = 0; r < 125; ++r) {
      for (int c = 0; c < 10; ++c) {
        const double difference =
            p.probabilities(r, c) - wanted_p[(first + r) * 10 + c];
        worst_p = std::max(worst_p, std::abs(difference));
      }
      const std::size_t dim = model.embedding_dim();
      for (std::size_t d = 0; d < dim; ++d) {
        // They were stored as halves, whose last bit is 2^-11 of the value.
        const double wanted = wanted_e[(first + r) * dim + d];
        const double rounding = std::abs(wanted) / 2048;
        const double difference = std::abs(p.embeddings(r, d) - wanted);
        worst_e = std::max(worst_e, difference - rounding);
      }
    }
  }
  INFO("probabilities differ by " << worst_p << ", embeddings by " << worst_e);
  CHECK(worst_p < 1e-5);
  CHECK(worst_e < 1e-5);

  const std::size_t threads = torch_runtime_info().threads;
  CHECK(embeddings.dtype() == DType::f2);
  for (const std::size_t count : {1, 2}) {
    use_threads(count);
    const auto report =
        testing::check_model(model, {.batch = 128, .samples = images.view()});
    INFO(report.text());
    CHECK(report.ok());
  }
  use_threads(threads);
}

TEST_CASE("replicas on several threads give what one gives") {
  const fs::path file = shared("models/small.pt");
  if (!fs::exists(file)) {
    WARN("skipped: QUARRY_SHARED has no models/small.pt");
    return;
  }
  TorchScriptModel model(file, {.device = "cpu"});
  std::vector<Pixels> batches;
  std::vector<Matrix> expected;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    batches.push_back(random_pixels(32, 32, 32, 3, seed));
    expected.push_back(model.infer(batches.back().view()).logits);
  }
  std::vector<Matrix> got(16);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t, replica = model.replicate()]() mutable {
      for (std::size_t k = 0; k < 4; ++k) {
        got[4 * t + k] = replica.infer(batches[(t + k) % 4].view()).logits;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t t = 0; t < 4; ++t) {
    for (std::size_t k = 0; k < 4; ++k) {
      CHECK(got[4 * t + k] == expected[(t + k) % 4]);
    }
  }
}
