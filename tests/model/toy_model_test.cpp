#include "quarry/model/toy_model.hpp"

#include <cmath>
#include <numeric>

#include "quarry/core/random.hpp"
#include "quarry/testing/check_model.hpp"

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using quarry::test::error_id;

namespace {

std::vector<std::byte> random_bytes(std::size_t count, std::uint64_t seed) {
  RandomStream stream(seed);
  std::vector<std::byte> bytes(count);
  for (std::byte& byte : bytes) {
    byte = static_cast<std::byte>(stream.below(256));
  }
  return bytes;
}

/// The model's formula in doubles, with weights drawn in the stated order.
struct Oracle {
  std::vector<double> embedding, logits, probabilities;

  Oracle(const ToyModelOptions& options, std::span<const std::byte> row)
      : embedding(options.embedding_dim), logits(options.classes) {
    const auto base = RandomStream(options.seed).derive("toy_model");
    const auto p_count = static_cast<double>(row.size());
    const auto d_count = static_cast<double>(embedding.size());
    RandomStream a = base.derive("embed");
    for (const std::byte byte : row) {
      const double x = std::to_integer<int>(byte) / 127.5 - 1;
      for (double& e : embedding) e += x * a.normal() * std::sqrt(3 / p_count);
    }
    RandomStream w = base.derive("head");
    for (const double e : embedding) {
      for (double& logit : logits) {
        logit += e * w.normal() * std::sqrt(4 / d_count);
      }
    }
    double sum = 0;
    for (const double logit : logits) sum += std::exp(logit);
    for (const double logit : logits) {
      probabilities.push_back(std::exp(logit) / sum);
    }
  }
};

}  // namespace

TEST_CASE("the toy model computes its formula") {
  const ToyModelOptions options{.input = {.shape = {4, 5, 3}},
                                .classes = 3,
                                .embedding_dim = 6,
                                .seed = 11};
  ToyModel model(options);
  constexpr std::size_t rows = 7;
  const std::size_t width = options.input.bytes();
  const auto bytes = random_bytes(rows * width, 3);
  const Predictions got = model.infer({bytes, rows, options.input});
  REQUIRE(got.logits.rows() == rows);
  REQUIRE(got.logits.cols() == 3);
  REQUIRE(got.embeddings.cols() == 6);
  for (std::size_t r = 0; r < rows; ++r) {
    const Oracle oracle(options, std::span(bytes).subspan(r * width, width));
    for (std::size_t d = 0; d < 6; ++d) {
      CHECK(got.embeddings(r, d) == Approx(oracle.embedding[d]).margin(1e-5));
    }
    for (std::size_t c = 0; c < 3; ++c) {
      CHECK(got.logits(r, c) == Approx(oracle.logits[c]).margin(1e-5));
      CHECK(got.probabilities(r, c) ==
            Approx(oracle.probabilities[c]).margin(1e-6));
    }
  }
}

TEST_CASE("the toy model obeys the laws of models to the bit") {
  const ToyModel model;
  const auto report = testing::check_model(model, {.batch = 9});
  INFO(report.text());
  CHECK(report.ok());
  const ToyModel floats({.input = {.shape = {3}, .dtype = DType::f4},
                         .classes = 1,
                         .embedding_dim = 1});
  const auto second = testing::check_model(floats, {.batch = 2, .seed = 4});
  INFO(second.text());
  CHECK(second.ok());
}

TEST_CASE("the seed and the shape of a toy model decide its fingerprint") {
  const ToyModel model;
  CHECK(model.fingerprint() == ToyModel().fingerprint());
  CHECK(model.fingerprint() != ToyModel({.seed = 1}).fingerprint());
  CHECK(model.fingerprint() != ToyModel({.classes = 9}).fingerprint());
  CHECK(model.fingerprint() != ToyModel({.embedding_dim = 9}).fingerprint());
  CHECK(model.fingerprint() !=
        ToyModel({.input = {.shape = {32, 33, 3}}}).fingerprint());

  const auto bytes = random_bytes(32 * 32 * 3, 1);
  const SlabView slab{bytes, 1, model.input()};
  ToyModel zero;
  ToyModel one({.seed = 1});
  CHECK(zero.infer(slab).logits == ToyModel().infer(slab).logits);
  CHECK(zero.infer(slab).logits != one.infer(slab).logits);
}

TEST_CASE("toy models of one seed share a backbone under any head") {
  ToyModel model;
  ToyModel other({.classes = 3, .head_seed = 5});
  CHECK(other.backbone() == model.backbone());
  CHECK(other.fingerprint() != model.fingerprint());
  CHECK(ToyModel({.head_seed = 1}).fingerprint() != model.fingerprint());
  CHECK(ToyModel({.head_seed = 0}).fingerprint() == model.fingerprint());
  CHECK(ToyModel({.seed = 1}).backbone() != model.backbone());

  const auto bytes = random_bytes(4 * 32 * 32 * 3, 1);
  const SlabView slab{bytes, 4, model.input()};
  const Matrix embeddings = model.infer(slab).embeddings;
  CHECK(other.infer(slab).embeddings == embeddings);
  const Predictions whole = other.infer(slab);
  const Predictions head = other.head(embeddings);
  CHECK(head.logits == whole.logits);
  CHECK(head.probabilities == whole.probabilities);
  CHECK(head.embeddings.cols() == 0);
  CHECK(error_id([&] { other.head(Matrix::Zero(2, 15)); }) == "model.input");
}

TEST_CASE("a toy model tells rows apart") {
  ToyModel model;
  const std::size_t width = model.input().bytes();
  const auto bytes = random_bytes(64 * width, 5);
  const Predictions p = model.infer({bytes, 64, model.input()});
  CHECK(p.probabilities.colwise().maxCoeff().minCoeff() > 0.1);
  CHECK((p.probabilities.rowwise() - p.probabilities.row(0))
            .rowwise()
            .norm()
            .tail(63)
            .minCoeff() > 1e-3);
}

TEST_CASE("a toy model refuses what it cannot take") {
  CHECK(error_id([] { ToyModel({.classes = 0}); }) == "model.option");
  CHECK(error_id([] { ToyModel({.embedding_dim = 0}); }) == "model.option");
  CHECK(error_id([] {
          ToyModel({.input = {.shape = {3, 0}}});
        }) == "model.option");
  ToyModel model;
  const std::vector<std::byte> bytes(12);
  CHECK(error_id([&] {
          model.infer({bytes, 1, {.shape = {2, 2, 3}}});
        }) == "model.input");
  CHECK(error_id([&] {
          model.infer({bytes, 1, model.input()});
        }) == "contract.violated");
}

TEST_CASE("no rows give no predictions") {
  ToyModel model;
  const Predictions p = model.infer({{}, 0, model.input()});
  CHECK(p.logits.rows() == 0);
  CHECK(p.probabilities.cols() == 10);
}
