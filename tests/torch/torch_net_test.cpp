#include "quarry/model/torch_net.hpp"

#include <atomic>
#include <cmath>
#include <filesystem>
#include <new>
#include <tuple>

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "quarry/model/torch_runtime.hpp"
#include "quarry/model/torch_script_model.hpp"
#include "quarry/testing/check_model.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "support.hpp"
#include "temp_dir.hpp"

using namespace quarry;
using namespace quarry::test;

static_assert(HeadModel<TorchNet>);
static_assert(TrainableModel<TorchNet>);
static_assert(StochasticModel<TorchNet>);

namespace {

/// Dark images are class 0, bright ones class 1, of `side` pixels.
struct Toy {
  Pixels pixels;
  std::vector<std::int64_t> labels;

  Toy(std::size_t rows, std::size_t side, std::uint64_t seed = 1)
      : pixels(random_pixels(rows, side, side, 3, seed)) {
    for (std::size_t r = 0; r < rows; ++r) {
      labels.push_back(static_cast<std::int64_t>(r % 2));
      const std::size_t size = pixels.spec.bytes();
      for (std::size_t i = r * size; i < (r + 1) * size; ++i) {
        const int noise = std::to_integer<int>(pixels.bytes[i]) / 2;
        pixels.bytes[i] =
            static_cast<std::byte>(noise + (r % 2 == 1 ? 80 : 20));
      }
    }
  }
  TrainingSet set() const { return {pixels.view(), labels}; }
  double accuracy(TorchNet& net) const {
    const Predictions p = net.infer(pixels.view());
    double right = 0;
    for (std::size_t r = 0; r < labels.size(); ++r) {
      right += (p.logits(r, 1) > p.logits(r, 0)) == (labels[r] == 1);
    }
    return right / static_cast<double>(labels.size());
  }
};

NetOptions two_classes(std::size_t side = 8) {
  return {.classes = {"dark", "bright"},
          .height = side,
          .width = side,
          .device = "cpu"};
}

/// While it lives libtorch gets memory so many times.
class LittleMemory final : c10::Allocator {
 public:
  explicit LittleMemory(int times) : left_(times) {
    c10::SetCPUAllocator(this, priority);
  }
  ~LittleMemory() override { c10::SetCPUAllocator(usual_, priority); }

 private:
  c10::DataPtr allocate(std::size_t size) override {
    if (left_-- <= 0) throw std::bad_alloc();
    return usual_->allocate(size);
  }
  c10::DeleterFnPtr raw_deleter() const override {
    return usual_->raw_deleter();
  }
  void copy_data(void* to, const void* from, std::size_t size) const override {
    default_copy_data(to, from, size);
  }

  static constexpr std::uint8_t priority = 255;
  c10::Allocator* usual_ = c10::GetCPUAllocator();
  std::atomic<int> left_;
};

}  // namespace

TEST_CASE("every built-in net can be made by its name") {
  std::vector<std::string> names;
  for (const NetInfo& info : built_in_nets()) {
    INFO(info.name);
    names.push_back(info.name);
    CHECK_FALSE(info.summary.empty());
    TorchNet net = make_net(info.name, two_classes());
    CHECK(net.classes() == std::vector<std::string>{"dark", "bright"});
    CHECK(net.input() == SampleSpec{.shape = {8, 8, 3}});
    CHECK(net.embedding_dim() == (info.name == "small_cnn" ? 128 : 512));
    CHECK(net.device() == "cpu");
    CHECK(net.card().preprocess.mean == std::vector<double>{0.5, 0.5, 0.5});
    CHECK(net.accepts({.shape = {4, 4, 3}}).ok());
    CHECK_FALSE(net.accepts({.shape = {9, 8, 3}}).ok());
  }
  CHECK(names ==
        std::vector<std::string>{"small_cnn", "resnet18", "resnet18_cifar"});
}

TEST_CASE("networks that cannot be made say why") {
  CHECK(error_id([] { make_net("resnet", two_classes()); }) ==
        "model.unknown_net");
  const auto wrong = [](NetOptions options) {
    return error_id([&] { make_net("small_cnn", options); });
  };
  CHECK(wrong({}) == "model.option");
  CHECK(wrong({.classes = {"a", "b"}, .height = 7}) == "model.option");
  CHECK(wrong({.classes = {"a", "b"}, .width = 0}) == "model.option");
  CHECK(wrong({.classes = {"a", "b"}, .channels = 0}) == "model.option");
  CHECK(wrong({.classes = {"a", "b"}, .dropout = 1.0}) == "model.option");
  CHECK(wrong({.classes = {"a", "b"}, .dropout = -0.1}) == "model.option");
  CHECK(wrong({.classes = {"a", "a"}}) == "card.invalid");
  CHECK(wrong({.classes = {"a", "b"}, .height = 1'000'000}) == "card.invalid");
  CHECK(wrong({.classes = {"a", "b"}, .device = "abacus"}) == "model.device");
}

TEST_CASE("built-in nets obey the laws of models to the bit") {
  const std::size_t before = torch_runtime_info().threads;
  struct Case {
    std::string net;
    std::size_t side, batch, threads;
  };
  const Case c = GENERATE(values<Case>({{"small_cnn", 32, 128, 1},
                                        {"small_cnn", 32, 128, 2},
                                        {"small_cnn", 20, 7, 1},
                                        {"resnet18", 32, 128, 1},
                                        {"resnet18", 32, 16, 2},
                                        {"resnet18_cifar", 16, 16, 1},
                                        {"resnet18_cifar", 16, 16, 2}}));
  INFO(c.net << ", batch " << c.batch << ", threads " << c.threads);
  use_threads(c.threads);
  NetOptions options = two_classes(c.side);
  options.classes = {"a", "b", "c", "d", "e"};
  const auto report = testing::check_model(
      make_net(c.net, options), {.batch = c.batch, .fit = c.side < 32});
  INFO(report.text());
  CHECK(report.ok());
  use_threads(before);
}

TEST_CASE("nets that differ in the last layer share their backbone") {
  const TempDir dir;
  const std::string net = GENERATE("small_cnn", "resnet18", "resnet18_cifar");
  TorchNet model = make_net(net, two_classes(16));
  REQUIRE_FALSE(model.backbone().empty());
  model.save(dir / "a.pt");
  torch::jit::Module script = torch::jit::load((dir / "a.pt").string());
  {
    const torch::NoGradGuard guard;
    script.attr("fc").toModule().attr("weight").toTensor().mul_(-1.5);
  }
  script.save((dir / "b.pt").string());
  std::filesystem::copy_file(dir / "a.json", dir / "b.json");
  TorchScriptModel first(dir / "a.pt", {.device = "cpu"});
  TorchScriptModel second(dir / "b.pt", {.device = "cpu"});
  CHECK(first.backbone() == model.backbone());
  CHECK(second.backbone() == first.backbone());
  CHECK(second.fingerprint() != first.fingerprint());
  const Pixels images = random_pixels(32, 16, 16);
  const Predictions whole = second.infer(images.view());
  CHECK(first.infer(images.view()).embeddings == whole.embeddings);
  CHECK(second.head(whole.embeddings).logits == whole.logits);
  {
    const torch::NoGradGuard guard;
    script.attr("conv1").toModule().attr("weight").toTensor().mul_(0.5);
  }
  script.save((dir / "b.pt").string());
  CHECK(TorchScriptModel(dir / "b.pt", {.device = "cpu"}).backbone() !=
        first.backbone());
}

TEST_CASE("weights that do not run in the net's precision run in fp32") {
  const TempDir dir;
  NetOptions options = two_classes(16);
  options.precision = Precision::fp16;
  TorchNet net = make_net("small_cnn", options);
  REQUIRE(net.precision() == Precision::fp16);
  net.save(dir / "a.pt");
  torch::jit::Module script = torch::jit::load((dir / "a.pt").string());
  {
    const torch::NoGradGuard guard;
    script.attr("fc").toModule().attr("weight").toTensor().mul_(1e8);
  }
  script.save((dir / "b.pt").string());
  net.load_weights(dir / "b.pt");
  CHECK(net.precision() == Precision::fp32);
  const std::vector<std::string> notes = net.notes();
  REQUIRE_FALSE(notes.empty());
  CHECK(notes.back().find("runs in fp32 now") != std::string::npos);
  const Pixels images = random_pixels(4, 16, 16);
  std::filesystem::copy_file(dir / "a.json", dir / "b.json");
  TorchScriptModel exact(dir / "b.pt", {.device = "cpu"});
  CHECK(net.infer(images.view()).logits == exact.infer(images.view()).logits);
  net.load_weights(dir / "a.pt");
  CHECK(net.precision() == Precision::fp16);
}

TEST_CASE("a saved net predicts the same bits when it is loaded") {
  const TempDir dir;
  const std::string name = GENERATE("small_cnn", "resnet18", "resnet18_cifar");
  TorchNet net = make_net(name, two_classes(12));
  const Toy toy(6, 12);
  net.fit(toy.set(), {.epochs = 1});
  net.save(dir / "net.pt");
  CHECK(dir.entries() == 2);
  TorchScriptModel loaded(dir / "net.pt", {.device = "cpu"});
  CHECK(loaded.notes().empty());
  CHECK(loaded.card() == net.card());
  CHECK(loaded.classes() == net.classes());
  const Predictions a = net.infer(toy.pixels.view());
  const Predictions b = loaded.infer(toy.pixels.view());
  CHECK(a.logits == b.logits);
  CHECK(a.probabilities == b.probabilities);
  CHECK(a.embeddings == b.embeddings);

  TorchNet other = make_net(name, two_classes(12));
  CHECK(other.fingerprint() != net.fingerprint());
  other.load_weights(dir / "net.pt");
  CHECK(other.infer(toy.pixels.view()).logits == a.logits);
  CHECK(other.fingerprint() == net.fingerprint());
}

TEST_CASE("a net is not saved over its own card or into nowhere") {
  const TempDir dir;
  const TorchNet net = make_net("small_cnn", two_classes());
  CHECK(error_id([&] { net.save(dir / "net.json"); }) == "model.option");
  CHECK(error_id([&] { net.save(dir / "no" / "net.pt"); }) == "file.write");
  CHECK(dir.entries() == 0);
  // A card is not changed when the weights cannot be.
  std::filesystem::create_directory(dir / "net.pt");
  dir.write("net.json", "the card of before");
  CHECK(error_id([&] { net.save(dir / "net.pt"); }) == "file.write");
  CHECK(slurp(dir / "net.json") == "the card of before");
}

TEST_CASE("training learns what there is to learn") {
  TorchNet net = make_net("small_cnn", two_classes());
  const Toy train(40, 8, 1);
  const Toy test(40, 8, 2);
  const std::string before = net.fingerprint();
  std::vector<EpochReport> seen;
  const FitReport report =
      net.fit(train.set(),
              {.epochs = 8, .batch = 16, .on_epoch = [&](const EpochReport& e) {
                 seen.push_back(e);
               }});
  CHECK(test.accuracy(net) > 0.95);
  CHECK(net.fingerprint() != before);
  CHECK(report.samples == 40);
  CHECK_FALSE(report.stopped);
  CHECK(report.seconds > 0);
  REQUIRE(report.epochs.size() == 8);
  CHECK(seen.size() == 8);
  CHECK(seen[2].epoch == 3);
  CHECK(seen[2].epochs == 8);
  CHECK(report.epochs[7].loss < report.epochs[0].loss);
  CHECK(report.epochs[7].accuracy > 0.9);
}

TEST_CASE("the same seed trains the same weights, another seed others") {
  const Toy toy(13, 8);
  const auto fingerprint = [&](std::uint64_t seed, std::uint64_t fit_seed) {
    NetOptions options = two_classes();
    options.seed = seed;
    TorchNet net = make_net("small_cnn", options);
    net.fit(toy.set(), {.epochs = 2, .batch = 6, .seed = fit_seed});
    return net.fingerprint();
  };
  const std::string first = fingerprint(1, 1);
  CHECK(fingerprint(1, 1) == first);
  CHECK(fingerprint(2, 1) != first);
  CHECK(fingerprint(1, 2) != first);
}

TEST_CASE("copies of a net share one network") {
  TorchNet net = make_net("small_cnn", two_classes());
  TorchNet replica = net.replicate();
  const Toy toy(4, 8);
  net.fit(toy.set(), {.epochs = 1});
  CHECK(replica.fingerprint() == net.fingerprint());
  CHECK(replica.infer(toy.pixels.view()).logits ==
        net.infer(toy.pixels.view()).logits);
}

TEST_CASE("one sample, one class or a batch of one can be trained on") {
  for (const std::string name : {"small_cnn", "resnet18"}) {
    TorchNet net = make_net(name, two_classes());
    for (const std::size_t rows : {1, 3, 5}) {
      INFO(name << " on " << rows);
      const Toy toy(rows, 8);
      const FitReport report = net.fit(toy.set(), {.epochs = 1, .batch = 2});
      CHECK(std::isfinite(report.epochs.at(0).loss));
      CHECK(net.infer(toy.pixels.view()).logits.allFinite());
    }
    CHECK_NOTHROW(net.fit(Toy(3, 8).set(), {.epochs = 1, .batch = 1}));
  }
}

TEST_CASE("weights that cannot be run are not taken") {
  const TempDir dir;
  NetOptions options = two_classes();
  options.dropout = 0.5;
  options.precision = GENERATE(Precision::fp32, Precision::bf16);
  options.seed = 7;
  const TorchNet other = make_net("small_cnn", options);
  other.save(dir / "other.pt");
  options.seed = 0;
  TorchNet net = make_net("small_cnn", options);
  const Toy toy(8, 8);
  const auto state = [&] {
    const SlabView images = toy.pixels.view();
    return std::tuple(net.fingerprint(), net.precision(),
                      net.infer(images).logits,
                      net.infer_stochastic(images, 2, 1).probabilities);
  };
  const auto before = state();
  // Memory runs out later and later, until there is enough.
  int in_vain = 0;
  for (int enough = 0;; enough += 29) {
    try {
      const LittleMemory memory(enough);
      net.load_weights(dir / "other.pt");
    } catch (const std::exception&) {
      ++in_vain;
      REQUIRE(state() == before);
      continue;
    }
    break;
  }
  CHECK(in_vain > 4);
  CHECK(net.fingerprint() == other.fingerprint());
  CHECK(net.precision() == options.precision);
  CHECK(std::get<2>(state()) != std::get<2>(before));
}

TEST_CASE("smaller images are enlarged in training, too") {
  TorchNet net = make_net("small_cnn", two_classes(16));
  const Toy toy(6, 8);
  CHECK_NOTHROW(net.fit(toy.set(), {.epochs = 1}));
  CHECK(net.infer(toy.pixels.view()).logits.rows() == 6);
}

TEST_CASE("training stops when it is asked to") {
  TorchNet net = make_net("small_cnn", two_classes());
  const Toy toy(8, 8);
  std::stop_source source;
  const FitReport report =
      net.fit(toy.set(), {.epochs = 50,
                          .stop = source.get_token(),
                          .on_epoch = [&](const EpochReport& e) {
                            if (e.epoch == 2) source.request_stop();
                          }});
  CHECK(report.stopped);
  CHECK(report.epochs.size() == 2);
  CHECK(net.infer(toy.pixels.view()).logits.allFinite());
}

TEST_CASE("a set that cannot be learned from is refused") {
  TorchNet net = make_net("small_cnn", two_classes());
  Toy toy(4, 8);
  const std::string before = net.fingerprint();
  const auto error = [&](const TrainingSet& set, FitOptions options = {}) {
    return error_id([&] { net.fit(set, options); });
  };
  CHECK(error({}) == "fit.labels");
  CHECK(error({toy.pixels.view(), std::span(toy.labels).first(3)}) ==
        "fit.labels");
  toy.labels[2] = 2;
  CHECK(error(toy.set()) == "fit.labels");
  toy.labels[2] = -1;
  CHECK(error(toy.set()) == "fit.labels");
  toy.labels[2] = 0;
  CHECK(error(toy.set(), {.epochs = 0}) == "fit.option");
  const Toy large(2, 9);
  CHECK(error(large.set()) == "model.input");
  CHECK(error(toy.set(), {.epochs = 30, .learning_rate = 1e30}) ==
        "fit.diverged");
  CHECK(net.fingerprint() == before);  // nothing has changed it
}

TEST_CASE("grey images can be learned from") {
  NetOptions options = two_classes();
  options.channels = 1;
  TorchNet net = make_net("small_cnn", options);
  const Pixels pixels = random_pixels(4, 8, 8, 1);
  const std::vector<std::int64_t> labels = {0, 1, 0, 1};
  CHECK_NOTHROW(net.fit({pixels.view(), labels}, {.epochs = 1}));
}
