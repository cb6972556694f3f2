#include "quarry/model/torch_module.hpp"

#include <map>
#include <set>
#include <stdexcept>

#include <ATen/ATen.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include "quarry/model/torch_nets.hpp"
#include "quarry/testing/check_model.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "support.hpp"

using namespace quarry;
using namespace quarry::test;
namespace nn = torch::nn;

namespace {

/// Views, dropout, no embeddings: what a user may bring.
struct PerceptronImpl : nn::Module {
  explicit PerceptronImpl(std::int64_t inputs) {
    hidden = register_module("hidden", nn::Linear(inputs, 16));
    out = register_module("out", nn::Linear(16, 2));
    drop = register_module("drop", nn::Dropout(0.5));
  }
  at::Tensor forward(at::Tensor x) {
    x = x.view({x.size(0), -1});
    return out(drop(at::relu(hidden(x))));
  }
  nn::Linear hidden{nullptr}, out{nullptr};
  nn::Dropout drop{nullptr};
};
TORCH_MODULE(Perceptron);

static_assert(EmbeddingModel<TorchModule<Perceptron>>);
static_assert(TrainableModel<TorchModule<Perceptron>>);
static_assert(!StochasticModel<TorchModule<Perceptron>>);
static_assert(DifferentiableModel<TorchModule<Perceptron>>);
static_assert(!AsyncModel<TorchModule<Perceptron>>);
static_assert(Model<TorchModule<std::shared_ptr<PerceptronImpl>>>);

/// Keeps what it is trained on.
struct RecorderImpl : nn::Module {
  RecorderImpl() {
    w = register_parameter("w", at::zeros({2, 1}));
    norm = register_module("norm", nn::BatchNorm2d(1));
  }
  at::Tensor forward(at::Tensor x) {
    if (is_training()) seen.push_back(x.detach().clone());
    return at::linear(norm(x).mean({2, 3}), w);
  }
  at::Tensor w;
  nn::BatchNorm2d norm{nullptr};
  std::vector<at::Tensor> seen;
};
TORCH_MODULE(Recorder);

/// Batch norm over lists and over volumes; refuses its `fatal`-th batch.
struct FlatImpl : nn::Module {
  FlatImpl() {
    flat = register_module("flat", nn::BatchNorm1d(16));
    deep = register_module("deep", nn::BatchNorm3d(1));
    out = register_module("out", nn::Linear(16, 2));
  }
  at::Tensor forward(at::Tensor x) {
    if (++batches == fatal) throw std::runtime_error("no such batch");
    x = deep(x.unsqueeze(2)).flatten(1);
    last = x.detach();
    return out(flat(x));
  }
  nn::BatchNorm1d flat{nullptr};
  nn::BatchNorm3d deep{nullptr};
  nn::Linear out{nullptr};
  at::Tensor last;
  int batches = 0;
  int fatal = 0;
};
TORCH_MODULE(Flat);

ModelCard card_of(std::size_t height, std::size_t width, std::size_t channels) {
  ModelCard card{.height = height, .width = width, .channels = channels};
  card.preprocess.scale = 1.0;
  return card;
}

}  // namespace

TEST_CASE("a module of torch::nn is a model") {
  at::manual_seed(3);
  Perceptron net(2 * 2 * 3);
  ModelCard card = card_of(2, 2, 3);
  card.preprocess.scale = 1.0 / 255;
  TorchModule model(net, card, {.device = "cpu"});
  CHECK(model.device() == "cpu");
  CHECK(model.embedding_dim() == 0);
  CHECK(model.classes().size() == 2);
  CHECK_FALSE(net->is_training());

  const Pixels pixels = random_pixels(3, 2, 2);
  const Predictions p = model.infer(pixels.view());
  at::Tensor x = at::empty({3, 3, 2, 2});
  for (std::size_t i = 0; i < 36; ++i) {
    const std::size_t r = i / 12, c = i / 4 % 3, y = i / 2 % 2, z = i % 2;
    x[r][c][y][z] = pixels.at(r, y, z, c) / 255.0F;
  }
  const at::Tensor expected = net->forward(x);
  for (int r = 0; r < 3; ++r) {
    CHECK(p.logits(r, 1) ==
          Approx(expected[r][1].item<float>()).epsilon(1e-4).margin(1e-6));
  }
  const auto report = testing::check_model(model, {.tolerance = 1e-5});
  INFO(report.text());
  CHECK(report.ok());
}

TEST_CASE("a shared pointer to a module is a model, too") {
  auto net = std::make_shared<PerceptronImpl>(12);
  TorchModule<std::shared_ptr<PerceptronImpl>> model(net, card_of(2, 2, 3),
                                                     {.device = "cpu"});
  CHECK(model.infer(random_pixels(1, 2, 2).view()).logits.cols() == 2);
}

TEST_CASE("a module that gives embeddings has them in its predictions") {
  TorchModule model(SmallCnn(SmallCnnOptions{.classes = 4}), card_of(16, 16, 3),
                    {.device = "cpu"});
  CHECK(model.embedding_dim() == 128);
  const Predictions p = model.infer(random_pixels(2, 16, 16).view());
  CHECK(p.embeddings.cols() == 128);
  CHECK(p.logits.cols() == 4);
  const auto report = testing::check_model(model, {.batch = 16});
  INFO(report.text());
  CHECK(report.ok());
}

TEST_CASE("a module's fingerprint follows weights, architecture and card") {
  Perceptron net(12);
  TorchModule model(net, card_of(2, 2, 3), {.device = "cpu"});
  const std::string print = model.fingerprint();
  CHECK(model.fingerprint() == print);
  CHECK(TorchModule(net, card_of(2, 2, 3)).fingerprint() == print);
  ModelCard card = card_of(2, 2, 3);
  card.preprocess.scale = 2;
  CHECK(TorchModule(net, card).fingerprint() != print);
  {
    const at::NoGradGuard guard;
    net->out->bias[1].add_(1e-6);
  }
  CHECK(model.fingerprint() != print);

  Recorder recorder;
  TorchModule other(recorder, card_of(2, 2, 1));
  const std::string before = other.fingerprint();
  recorder->norm->running_mean.add_(0.5);  // a buffer
  CHECK(other.fingerprint() != before);
}

TEST_CASE("a module and a card that do not fit are refused") {
  ModelCard card = card_of(2, 2, 3);
  card.classes = {"one"};
  CHECK(error_id([&] { TorchModule(Perceptron(12), card); }) ==
        "model.classes");
  CHECK(error_id([&] { TorchModule(Perceptron(11), card_of(2, 2, 3)); }) ==
        "model.infer");
  CHECK(error_id([&] {
          TorchModule(Perceptron(12), card_of(2, 2, 3), {"x"});
        }) == "model.device");
  card.preprocess.std = {0, 0, 0};
  CHECK(error_id([&] { TorchModule(Perceptron(12), card); }) == "card.invalid");
}

TEST_CASE("every epoch sees every sample once, flipped and shifted at random") {
  // Images in which no two pixels are alike, so that one pixel tells which
  // sample it came from, how far it was shifted, and whether it was flipped.
  constexpr std::size_t samples = 7, side = 5;
  Pixels pixels{{.shape = {side, side, 1}}, samples};
  for (std::size_t i = 0; i < samples * side * side; ++i) {
    pixels.bytes.push_back(static_cast<std::byte>(1 + i));
  }
  const std::vector<std::int64_t> labels(samples, 0);
  Recorder net;
  TorchModule model(net, card_of(side, side, 1), {.device = "cpu"});
  net->seen.clear();
  const FitReport report = model.fit(
      {pixels.view(), labels}, {.epochs = 60, .batch = 3, .crop_padding = 2});
  CHECK(report.epochs.size() == 60);

  std::set<std::tuple<int, int, bool>> placements;
  std::vector<std::size_t> in_epoch;
  std::size_t batches = 0;
  for (const at::Tensor& batch : net->seen) {
    if (batches++ / 3 >= 60) break;  // the pass that measures batch norm
    CHECK(batch.size(0) >= 2);
    CHECK(batch.size(0) <= 3);
    for (std::int64_t r = 0; r < batch.size(0); ++r) {
      const at::Tensor image = batch[r][0].contiguous();
      const float* x = image.const_data_ptr<float>();
      std::size_t fits = 0;
      for (std::size_t s = 0; s < samples; ++s) {
        for (int down = -2; down <= 2; ++down) {
          for (int right = -2; right <= 2; ++right) {
            for (const bool flip : {false, true}) {
              bool same = true;
              for (int i = 0; i < 25 && same; ++i) {
                const int y = i / 5 + down, shifted = i % 5 + right;
                const int from = flip ? 4 - shifted : shifted;
                const bool inside =
                    y >= 0 && y < 5 && shifted >= 0 && shifted < 5;
                const float wanted =
                    inside ? static_cast<float>(pixels.at(s, y, from, 0)) : 0;
                same = x[i] == wanted;
              }
              if (!same) continue;
              ++fits;
              in_epoch.push_back(s);
              placements.insert({down, right, flip});
            }
          }
        }
      }
      CHECK(fits == 1);
    }
    if (batches % 3 != 0) continue;
    std::sort(in_epoch.begin(), in_epoch.end());
    CHECK(in_epoch == std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6});
    in_epoch.clear();
  }
  CHECK(placements.size() == 50);
}

TEST_CASE("without flips and crops the samples are seen as they are") {
  const Pixels pixels = random_pixels(2, 3, 3, 1);
  const std::vector<std::int64_t> labels = {0, 1};
  Recorder net;
  TorchModule model(net, card_of(3, 3, 1), {.device = "cpu"});
  net->seen.clear();
  model.fit({pixels.view(), labels},
            {.epochs = 1, .flip = false, .crop_padding = 0});
  REQUIRE(net->seen.size() == 1);
  for (int r = 0; r < 2; ++r) {
    const double sum = net->seen[0][r].sum().item<double>();
    double either[2] = {0, 0};
    for (int i = 0; i < 18; ++i)
      either[i / 9] += pixels.at(i / 9, i / 3 % 3, i % 3, 0);
    CHECK((sum == either[0] || sum == either[1]));
  }
}

TEST_CASE("batch norm ends with the statistics of the whole set") {
  const Pixels pixels = random_pixels(6, 4, 4, 1, 9);
  const std::vector<std::int64_t> labels = {0, 1, 0, 1, 0, 1};
  Recorder net;
  TorchModule model(net, card_of(4, 4, 1), {.device = "cpu"});
  model.fit({pixels.view(), labels}, {.epochs = 1, .batch = 6});
  double mean = 0;
  for (const std::byte b : pixels.bytes) mean += std::to_integer<int>(b);
  mean /= 96;
  double variance = 0;
  for (const std::byte b : pixels.bytes) {
    variance += std::pow(std::to_integer<int>(b) - mean, 2);
  }
  CHECK(net->norm->running_mean.item<double>() == Approx(mean));
  CHECK(net->norm->running_var.item<double>() == Approx(variance / 95));
  CHECK(net->norm->options.momentum() == 0.1);
  CHECK_FALSE(net->is_training());
  CHECK_FALSE(net->norm->is_training());
}

TEST_CASE("batch norm of one and of three dimensions is measured, too") {
  const Pixels pixels = random_pixels(6, 4, 4, 1, 9);
  const std::vector<std::int64_t> labels = {0, 1, 0, 1, 0, 1};
  Flat net;
  TorchModule model(net, card_of(4, 4, 1), {.device = "cpu"});
  model.fit({pixels.view(), labels}, {.epochs = 1, .batch = 6});
  double mean = 0;
  for (const std::byte b : pixels.bytes) mean += std::to_integer<int>(b);
  CHECK(net->deep->running_mean.item<double>() == Approx(mean / 96));
  // One batch: what went into `flat` last is what it was measured on.
  CHECK(at::allclose(net->flat->running_mean, net->last.mean(0), 1e-4, 1e-5));
  CHECK(at::allclose(net->flat->running_var, net->last.var(0), 1e-4, 1e-5));
  // A single sample has no statistics, and changes none.
  const at::Tensor before = net->flat->running_mean.clone();
  const Pixels one = random_pixels(1, 4, 4, 1);
  const std::vector<std::int64_t> label = {1};
  model.fit({one.view(), label}, {.epochs = 1});
  CHECK(at::equal(net->flat->running_mean, before));
}

TEST_CASE("a batch that fails in training leaves the net as it was") {
  const Pixels pixels = random_pixels(6, 4, 4, 1, 9);
  const std::vector<std::int64_t> labels = {0, 1, 0, 1, 0, 1};
  for (const int fatal : {1, 2}) {  // while learning, while measuring
    Flat net;
    TorchModule model(net, card_of(4, 4, 1), {.device = "cpu"});
    const std::string before = model.fingerprint();
    net->batches = 0;
    net->fatal = fatal;
    CHECK(error_id([&] {
            model.fit({pixels.view(), labels}, {.epochs = 1, .batch = 6});
          }) == "model.infer");
    CHECK(net->batches == fatal);
    CHECK(model.fingerprint() == before);
    CHECK(net->flat->options.momentum() == 0.1);
    CHECK(net->deep->options.momentum() == 0.1);
    CHECK_FALSE(net->flat->is_training());
  }
}

TEST_CASE("what the hook of an epoch throws comes out as it is") {
  const Pixels pixels = random_pixels(4, 4, 4, 1, 9);
  const std::vector<std::int64_t> labels = {0, 1, 0, 1};
  Flat net;
  TorchModule model(net, card_of(4, 4, 1), {.device = "cpu"});
  const std::string before = model.fingerprint();
  const auto fit_with = [&](std::function<void(const EpochReport&)> hook) {
    model.fit({pixels.view(), labels}, {.on_epoch = std::move(hook)});
  };
  CHECK_THROWS_AS(fit_with([](auto&) { throw std::out_of_range("mine"); }),
                  std::out_of_range);
  CHECK_THROWS_AS(fit_with([](auto&) { throw 7; }), int);
  CHECK(error_id([&] {
          fit_with([](auto&) { raise("test.mine", "mine"); });
        }) == "test.mine");
  CHECK(model.fingerprint() == before);
  CHECK_FALSE(net->is_training());
}

TEST_CASE("batches have as many samples as were asked for, or two") {
  const auto sizes = [](std::size_t rows, std::size_t batch) {
    const Pixels pixels = random_pixels(rows, 3, 3, 1);
    const std::vector<std::int64_t> labels(rows, 0);
    Recorder net;
    TorchModule model(net, card_of(3, 3, 1), {.device = "cpu"});
    net->seen.clear();
    model.fit({pixels.view(), labels}, {.epochs = 1, .batch = batch});
    std::vector<std::int64_t> seen;
    for (const at::Tensor& x : net->seen) seen.push_back(x.size(0));
    std::sort(seen.begin(), seen.end());
    return seen;
  };
  using Sizes = std::vector<std::int64_t>;
  CHECK(sizes(1, 4) == Sizes{1});
  CHECK(sizes(6, 1) == Sizes{2, 2, 2});
  CHECK(sizes(7, 1) == Sizes{2, 2, 3});
  CHECK(sizes(7, 2) == Sizes{2, 2, 3});
  CHECK(sizes(3, 2) == Sizes{3});
  for (const std::size_t batch : {3, 4, 5, 8}) {
    for (std::size_t rows = 2; rows < 14; ++rows) {
      const Sizes seen = sizes(rows, batch);
      CAPTURE(batch, rows, seen);
      CHECK(seen.size() == (rows + batch - 1) / batch);
      CHECK(seen.front() >= 2);
      CHECK(seen.back() <= static_cast<std::int64_t>(batch));
      CHECK(seen.back() - seen.front() <= 1);
    }
  }
}

TEST_CASE("training follows its seed and leaves libtorch's generator alone") {
  const Pixels pixels = random_pixels(10, 4, 4);
  const std::vector<std::int64_t> labels = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1};
  const auto train = [&](std::uint64_t seed, std::uint64_t outer) {
    at::manual_seed(17);
    Perceptron net(48);
    ModelCard card = card_of(4, 4, 3);
    card.preprocess.scale = 1.0 / 255;
    TorchModule model(net, card, {.device = "cpu"});
    at::manual_seed(outer);
    const at::Tensor expected = at::rand({3});
    at::manual_seed(outer);
    model.fit({pixels.view(), labels}, {.epochs = 3, .batch = 4, .seed = seed});
    CHECK(at::equal(at::rand({3}), expected));
    return net->hidden->weight.detach().clone();
  };
  const at::Tensor weights = train(1, 100);
  CHECK(at::equal(weights, train(1, 200)));  // dropout's masks follow the seed
  CHECK_FALSE(at::equal(weights, train(2, 100)));
}

TEST_CASE("only multiclass networks are trained") {
  ModelCard card = card_of(2, 2, 3);
  card.task = Task::multilabel;
  TorchModule model(Perceptron(12), card, {.device = "cpu"});
  const Pixels pixels = random_pixels(2, 2, 2);
  const std::vector<std::int64_t> labels = {0, 1};
  CHECK(error_id([&] { model.fit({pixels.view(), labels}); }) == "fit.task");
}

TEST_CASE("training works from a thread in inference mode") {
  const c10::InferenceMode guard;
  const Pixels pixels = random_pixels(4, 8, 8);
  const std::vector<std::int64_t> labels = {0, 1, 0, 1};
  const SmallCnn net(SmallCnnOptions{.classes = 2});
  TorchModule model(net, card_of(8, 8, 3), {.device = "cpu"});
  CHECK(model.fit({pixels.view(), labels}, {.epochs = 1}).epochs.size() == 1);
  CHECK(c10::InferenceMode::is_enabled());
}
