#include "quarry/strategy/score_block.hpp"

#include "strategy/inputs.hpp"

namespace quarry::detail {
namespace {

RowView read(const ArrayView* array, std::size_t i, Row& buffer) {
  if (array == nullptr) return {nullptr, 0};
  const auto width = static_cast<std::size_t>(buffer.size());
  if (array->dtype() == DType::f8) {
    return {array->as<double>().data() + i * width, buffer.size()};
  }
  array->read_row(i, std::span(buffer.data(), width));
  return {buffer.data(), buffer.size()};
}

}  // namespace

RowCursor::RowCursor(const PredictionBlock& block)
    : block_(block),
      probabilities_(find_input(block.inputs, inputs::probabilities)),
      embeddings_(find_input(block.inputs, inputs::embeddings)) {
  const auto resize = [](Row& row, const ArrayView* array) {
    if (array != nullptr) row.resize(static_cast<Eigen::Index>(array->cols()));
  };
  resize(probabilities_row_, probabilities_);
  resize(embedding_row_, embeddings_);
}

Prediction RowCursor::at(std::size_t i) {
  return {.probabilities = read(probabilities_, i, probabilities_row_),
          .embedding = read(embeddings_, i, embedding_row_),
          .key = block_.keys[i]};
}

}  // namespace quarry::detail
