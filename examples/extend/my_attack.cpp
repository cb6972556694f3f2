// An attack of your own: what a strategy has the model compute for a batch.

#include <iostream>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include <quarry/quarry.hpp>
#include <quarry/testing/check_strategy.hpp>

// [type]
struct OneStep : quarry::AttackWise<OneStep> {
  static constexpr std::string_view input = "one_step";

  // How far the second class is, were the logits linear in the input.
  static void measure(const quarry::AttackedModel& model,
                      const quarry::Matrix& inputs,
                      std::span<const std::size_t> rows, const quarry::Attack&,
                      std::span<float> lengths) {
    quarry::Matrix weights = quarry::Matrix::Zero(inputs.rows(), model.classes);
    const quarry::Matrix logits = model.gradient(inputs, weights).logits;
    for (const std::size_t r : rows) {
      quarry::Matrix z = logits.row(r);
      Eigen::Index first = 0;
      Eigen::Index second = 0;
      const float largest = z.row(0).maxCoeff(&first);
      z(0, first) = -std::numeric_limits<float>::infinity();
      lengths[r] = largest - z.row(0).maxCoeff(&second);
      weights(r, first) = 1.0F;
      weights(r, second) = -1.0F;
    }
    const quarry::Matrix slopes = model.gradient(inputs, weights).gradient;
    for (const std::size_t r : rows) lengths[r] /= slopes.row(r).norm();
  }
  quarry::Attack attack() const { return {.run = measure}; }

  void score(const quarry::PredictionBlock& block,
             std::span<double> out) const {
    for (std::size_t i = 0; i < block.rows; ++i) {
      block.input(input).read_row(i, out.subspan(i, 1));
      out[i] = -out[i];
    }
  }
};
// [type]

static_assert(quarry::PointwiseStrategy<OneStep>);

int main() {
  const auto laws = quarry::testing::check_strategy(OneStep());
  std::cout << "laws broken: " << laws.violations.size() << '\n' << laws.text();

  // Four pictures of one pixel, from dark to bright.
  std::vector<quarry::MemorySource::Item> items;
  for (const int grey : {10, 90, 170, 250}) {
    const std::string id = "grey" + std::to_string(grey);
    items.push_back({{.id = id, .uri = "memory:" + id},
                     quarry::Bytes::take({std::byte(grey)})});
  }
  const quarry::ToyModel model({.input = {.shape = {1, 1, 1}}, .classes = 3});
  quarry::Pipeline pipeline(quarry::MemorySource(items),
                            quarry::RawDecoder({.shape = {1, 1, 1}}), model,
                            OneStep(), {.ties = quarry::Ties::index});
  for (const quarry::Pick& pick : pipeline.select(2))
    std::cout << pick.id << ": " << pick.score << '\n';
}
