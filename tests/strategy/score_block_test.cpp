#include "quarry/strategy/score_block.hpp"

#include <array>
#include <vector>

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

/// Tells what it was given.
struct Spy : Pointwise<Spy> {
  double score(const Prediction& p) const {
    return 100.0 * (p.probabilities.size() > 0 ? p.probabilities[1] : 9.0) +
           (p.embedding.size() > 0 ? p.embedding.sum() : 0.5) +
           static_cast<double>(p.key) * 1000.0;
  }
};

struct Both : Pointwise<Both> {
  double score(const Prediction&) const { return 1.0; }
  void score(const PredictionBlock&, std::span<double> out) const {
    for (double& x : out) x = 2.0;
  }
};

}  // namespace

TEST_CASE("A score for one row is given every row of a block in double",
          "[score_block]") {
  const std::vector<double> p = {0.25, 0.75, 1.0, 0.0};
  const std::vector<float> pf(p.begin(), p.end());
  std::vector<Half> ph;
  for (const double x : p) ph.emplace_back(x);
  const std::vector<float> e = {1, 2, 3, 4, 5, 6};
  const std::vector<std::uint64_t> keys = {1, 2};
  for (const ArrayView& probabilities :
       {ArrayView(p.data(), {2, 2}), ArrayView(pf.data(), {2, 2}),
        ArrayView(ph.data(), {2, 2})}) {
    const std::array<NamedArray, 2> inputs = {
        {{inputs::probabilities, probabilities},
         {inputs::embeddings, ArrayView(e.data(), {2, 3})}}};
    const PredictionBlock block{.rows = 2, .inputs = inputs, .keys = keys};
    std::vector<double> out(2);
    score_block(Spy(), block, out);
    CHECK(out == std::vector<double>{1081.0, 2015.0});
  }
}

TEST_CASE("Inputs a block does not have are empty rows", "[score_block]") {
  const std::vector<std::uint64_t> keys = {0};
  const PredictionBlock block{.rows = 1, .inputs = {}, .keys = keys};
  std::vector<double> out(1);
  score_block(Spy(), block, out);
  CHECK(out[0] == 900.5);
  CHECK(test::error_id([&] { block.input("probabilities"); }) ==
        "strategy.missing_input");
  CHECK_FALSE(block.has("probabilities"));
}

TEST_CASE("A score for blocks goes before one for rows", "[score_block]") {
  const std::vector<std::uint64_t> keys = {0, 1};
  const PredictionBlock block{.rows = 2, .inputs = {}, .keys = keys};
  std::vector<double> out(2);
  score_block(Both(), block, out);
  CHECK(out == std::vector<double>{2.0, 2.0});
  CHECK(test::error_id([&] {
          score_block(Both(), block, std::span(out).first(1));
        }) == "contract.violated");
}
