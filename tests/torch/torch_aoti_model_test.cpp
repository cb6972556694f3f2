#include "quarry/model/torch_aoti_model.hpp"

#include <array>
#include <cmath>
#include <fstream>
#include <thread>

#include <caffe2/serialize/inline_container.h>

#include "quarry/core/file.hpp"
#include "quarry/model/choose_batch.hpp"
#include "quarry/testing/check_model.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "support.hpp"
#include "temp_dir.hpp"

using namespace quarry;
using namespace quarry::test;
namespace fs = std::filesystem;

static_assert(EmbeddingModel<AotiModel>);
static_assert(!HeadModel<AotiModel>);
static_assert(!DifferentiableModel<AotiModel>);
static_assert(!std::default_initializable<AotiModel>);

namespace {

using Records = std::vector<std::pair<std::string, std::string>>;

fs::path archive(const fs::path& file, const Records& records) {
  caffe2::serialize::PyTorchStreamWriter writer(file.string());
  for (const auto& [name, text] : records)
    writer.writeRecord(name, text.data(), text.size());
  writer.writeEndOfFile();
  return file;
}

/// A package of one of the networks of tests/torch/package.
fs::path package(const TempDir& dir, const std::string& network,
                 const std::string& device = "cpu",
                 const std::string& instructions = "") {
  const fs::path library =
      fs::path(QUARRY_PACKAGES_DIR) / ("lib" + network + ".so");
  const Bytes code = read_file(library).value();
  return archive(
      dir / (network + ".pt2"),
      {{"archive_format", "pt2"},
       {"data/aotinductor/model/net.wrapper.so", std::string(code.text())},
       {"data/aotinductor/model/net.wrapper_metadata.json",
        R"({"AOTI_DEVICE_KEY": ")" + device + R"(", "AOTI_CPU_ISA": ")" +
            instructions + R"("})"}});
}

ModelCard card_of(std::size_t height, std::size_t width,
                  std::size_t channels = 3) {
  return {.height = height, .width = width, .channels = channels};
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

std::string load_error(const fs::path& file, const AotiOptions& options) {
  return error_id([&] { const AotiModel model(file, options); });
}

std::string load_message(const fs::path& file, const AotiOptions& options) {
  try {
    const AotiModel model(file, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a package predicts what its code computes") {
  const TempDir dir;
  ModelCard card = card_of(4, 5);
  card.preprocess.scale = 1.0 / 200;
  card.preprocess.mean = {0.5, 0.25, 0.125};
  card.preprocess.std = {0.5, 0.25, 2};
  AotiModel model(package(dir, "compiled_2"), {.card = card});
  CHECK(model.device() == "cpu");
  CHECK(model.embedding_dim() == 6);
  CHECK(model.classes() == std::vector<std::string>{"0", "1", "2"});
  CHECK(model.input().shape == std::vector<std::size_t>{4, 5, 3});

  const Pixels pixels = random_pixels(7, 4, 5);
  const Predictions p = model.infer(pixels.view());
  REQUIRE(p.logits.rows() == 7);
  REQUIRE(p.embeddings.cols() == 6);
  for (std::size_t r = 0; r < 7; ++r) {
    std::array<double, 3> mean{};
    for (std::size_t c = 0; c < 3; ++c) {
      for (std::size_t y = 0; y < 4; ++y)
        for (std::size_t x = 0; x < 5; ++x) mean[c] += pixels.at(r, y, x, c);
      mean[c] = (mean[c] / 20 / 200 - card.preprocess.mean[c]) /
                card.preprocess.std[c];
      CHECK(p.logits(r, c) == Approx(mean[c]).margin(1e-6));
      CHECK(p.embeddings(r, c) == p.logits(r, c));
      CHECK(p.embeddings(r, c + 3) == p.logits(r, c));
    }
    CHECK(p.probabilities(r, 0) / p.probabilities(r, 1) ==
          Approx(std::exp(mean[0] - mean[1])).epsilon(1e-5));
  }
}

TEST_CASE("a row's prediction does not hang on how many there are") {
  const TempDir dir;
  AotiModel model(package(dir, "compiled_2"), {.card = card_of(8, 8)});
  const Pixels pixels = random_pixels(20, 8, 8);
  const Predictions all = model.infer(pixels.view());
  for (const std::size_t rows : {1U, 15U, 16U, 17U}) {
    const SlabView some{
        std::span(pixels.bytes).first(rows * pixels.spec.bytes()), rows,
        pixels.spec};
    const Predictions p = model.infer(some);
    REQUIRE(p.logits.rows() == static_cast<Eigen::Index>(rows));
    CHECK(p.logits == all.logits.topRows(p.logits.rows()));
    CHECK(p.embeddings == all.embeddings.topRows(p.logits.rows()));
  }
}

TEST_CASE("a package keeps the laws of a model") {
  const TempDir dir;
  const AotiModel model(package(dir, "compiled_2"), {.card = card_of(8, 8)});
  CHECK(testing::check_model(model).text().empty());
}

TEST_CASE("too little memory for a batch of a package is told as that") {
  const TempDir dir;
  AotiModel model(package(dir, "compiled_most"), {.card = card_of(8, 8)});
  const Pixels pixels = random_pixels(17, 8, 8);
  CHECK(error_id([&] { model.infer(pixels.view()); }) == "model.memory");
  const auto ever_same = [time = 0.0]() mutable {
    return time += 0.1;
  };
  const BatchChoice choice = choose_batch(model, {.clock = ever_same});
  CHECK(choice.batch == 16);
  CHECK(choice.too_large == 32);
}

TEST_CASE("a package runs on more threads than it has runners") {
  const TempDir dir;
  AotiModel model(package(dir, "compiled_2"),
                  {.runners = 2, .card = card_of(8, 8)});
  const Pixels pixels = random_pixels(16, 8, 8);
  const Predictions expected = model.infer(pixels.view());
  std::array<bool, 6> equal{};
  {
    std::vector<std::jthread> threads;
    for (bool& same : equal) {
      threads.emplace_back(
          [&same, &pixels, &expected, replica = model.replicate()]() mutable {
            same = true;
            for (int i = 0; i < 20; ++i)
              same &= replica.infer(pixels.view()).logits == expected.logits;
          });
    }
  }
  for (const bool same : equal) CHECK(same);
}

TEST_CASE(
    "a package without embeddings has none, and one of other code or "
    "another card another fingerprint") {
  const TempDir dir;
  const fs::path one = package(dir, "compiled_1");
  const AotiModel model(one, {.card = card_of(8, 8)});
  CHECK(model.embedding_dim() == 0);
  const AotiModel two(package(dir, "compiled_2"), {.card = card_of(8, 8)});
  CHECK(two.fingerprint() != model.fingerprint());
  CHECK(AotiModel(one, {.card = card_of(8, 9)}).fingerprint() !=
        model.fingerprint());
  CHECK(AotiModel(one, {.card = card_of(8, 8)}).fingerprint() ==
        model.fingerprint());
}

TEST_CASE("what cannot be a package is told by name") {
  const TempDir dir;
  const AotiOptions options{.card = card_of(8, 8)};
  CHECK(load_error(dir / "none.pt2", options) == "model.not_found");

  const auto message = [&](const std::string& text) {
    const fs::path file = dir / "net.pt2";
    std::ofstream(file, std::ios::binary) << text;
    CHECK(load_error(file, options) == "model.invalid");
    return load_message(file, options);
  };
  CHECK(says(message(""), "it is empty"));
  CHECK(says(message("no zip archive"), "does not begin as one"));
  CHECK(says(message("PK\3\4 but no more"), "net.pt2"));

  const auto holds = [&](const Records& records) {
    const fs::path file = archive(dir / "zip.pt2", records);
    CHECK(load_error(file, options) == "model.invalid");
    return load_message(file, options);
  };
  CHECK(says(holds({{"models/model.json", "{}"}}), "not compiled"));
  CHECK(says(holds({{"constants.pkl", "x"}}), "TorchScript"));
  CHECK(says(holds({{"else", "x"}}), "something else"));
  CHECK(says(holds({{"data/aotinductor/model/readme.txt", "x"}}),
             "cannot be loaded"));
  CHECK(says(holds({{"data/aotinductor/model/net.wrapper.so", "no library"},
                    {"data/aotinductor/model/net.wrapper_metadata.json",
                     "{\"AOTI_DEVICE_KEY\": \"cpu\"}"}}),
             "cannot be loaded"));

  // Whatever is cut off, the error is the model's.
  const fs::path whole = package(dir, "compiled_1");
  const Bytes bytes = read_file(whole).value();
  for (const std::size_t part : {1U, 2U, 5U, 9U}) {
    message(std::string(bytes.text().substr(0, bytes.size() * part / 10)));
  }
}

TEST_CASE("a package needs a card, and a size of batch that is free") {
  const TempDir dir;
  const fs::path file = package(dir, "compiled_1");
  CHECK(load_error(file, {}) == "model.card");
  CHECK(says(load_message(file, {}), "compiled_1.json"));
  std::ofstream(dir / "compiled_1.json")
      << R"({"input": {"height": 8, "width": 8}})";
  CHECK(load_error(file, {}).empty());

  const AotiOptions options{.card = card_of(8, 8)};
  CHECK(load_error(package(dir, "compiled_3"), options) == "model.output");
  CHECK(load_error(package(dir, "compiled_rows"), options) == "model.output");
  CHECK(says(load_message(dir / "compiled_rows.pt2", options), "[5, 3]"));
  CHECK(load_error(file, {.runners = 5000, .card = card_of(8, 8)}) ==
        "model.option");
  // The network's own complaint.
  CHECK(load_error(file, {.card = card_of(80, 80)}) == "model.infer");
}

TEST_CASE("a package runs on the device it was compiled for") {
  const TempDir dir;
  const auto on = [](const std::string& device) {
    return AotiOptions{.device = device, .card = card_of(8, 8)};
  };
  const fs::path file = package(dir, "compiled_1", "cpu", "AVX2 UNHEARD_OF");
  CHECK(load_error(file, on("cpu")).empty());
  CHECK(load_error(file, on("auto")).empty());
  CHECK(load_error(file, on("gpu")) == "model.device");
  const fs::path other = package(dir, "compiled_2", "xpu");
  CHECK(load_error(other, on("cpu")) == "model.device");
  CHECK(says(load_message(other, on("cpu")), "compiled for xpu, not for cpu"));
}
