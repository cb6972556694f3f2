#include "quarry/strategy/score_block.hpp"

#include "strategy/inputs.hpp"
#include "strategy/passes.hpp"

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

RowsView read(const ArrayView* passes, std::size_t i, Rows& buffer) {
  if (passes == nullptr) return {nullptr, 0, 0};
  read_passes(*passes, i, buffer);
  return {buffer.data(), buffer.rows(), buffer.cols()};
}

}  // namespace

RowCursor::RowCursor(const PredictionBlock& block)
    : block_(block),
      probabilities_(find_input(block.inputs, inputs::probabilities)),
      embeddings_(find_input(block.inputs, inputs::embeddings)),
      passes_(find_input(block.inputs, inputs::passes)) {
  const auto resize = [](Row& row, const ArrayView* array) {
    if (array != nullptr) row.resize(static_cast<Eigen::Index>(array->cols()));
  };
  resize(probabilities_row_, probabilities_);
  resize(embedding_row_, embeddings_);
  if (passes_ != nullptr) passes_of_row_ = rows_for(*passes_);
}

Prediction RowCursor::at(std::size_t i) {
  return {.probabilities = read(probabilities_, i, probabilities_row_),
          .embedding = read(embeddings_, i, embedding_row_),
          .passes = read(passes_, i, passes_of_row_),
          .key = block_.keys[i]};
}

}  // namespace quarry::detail
