#include "quarry/strategy/detail/certainty.hpp"

#include <string>

#include "strategy/row_check.hpp"

namespace quarry::detail {
namespace {

/// What the prediction holds of an input, as an array of one sample.
ArrayView array_of(const Prediction& prediction, std::string_view name) {
  const auto size = [](Eigen::Index n) {
    return static_cast<std::size_t>(n);
  };
  const auto of_row = [&](const RowView& row) {
    return ArrayView(row.data(), {1, size(row.size())});
  };
  if (name == inputs::probabilities) return of_row(prediction.probabilities);
  if (name == inputs::embeddings) return of_row(prediction.embedding);
  const RowsView& passes = prediction.passes;
  return {passes.data(), {size(passes.rows()), 1, size(passes.cols())}};
}

}  // namespace

void expect_sound(const Prediction& prediction, const Needs& needs) {
  for (const Need& need : needs) {
    const std::string_view name = need.name;
    if (name != inputs::probabilities && name != inputs::embeddings &&
        name != inputs::passes) {
      continue;
    }
    const ArrayView array = array_of(prediction, name);
    if (array.empty()) {
      raise("strategy.missing_input",
            "the strategy needs the input '" + std::string(name) +
                "', and the prediction has none",
            "fill in that field of quarry::Prediction");
    }
    const RowCheck check(array, "a prediction's " + std::string(name),
                         known_input(name)->kind);
    if (check.usable(0)) continue;
    raise("strategy.bad_row",
          "a prediction's " + std::string(name) +
              " are all NaN: a sample that failed",
          "do not ask about it");
  }
}

}  // namespace quarry::detail
