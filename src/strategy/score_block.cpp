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

RowsView read_passes(const ArrayView* array, std::size_t i, Rows& buffer) {
  if (array == nullptr) return {nullptr, 0, 0};
  const auto width = static_cast<std::size_t>(buffer.cols());
  for (Eigen::Index k = 0; k < buffer.rows(); ++k) {
    array->slab(static_cast<std::size_t>(k))
        .read_row(i, std::span(buffer.row(k).data(), width));
  }
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
  if (passes_ != nullptr) {
    QUARRY_EXPECTS(passes_->rank() == 3, "score_block: passes [K, rows, C]");
    passes_of_row_.resize(static_cast<Eigen::Index>(passes_->shape()[0]),
                          static_cast<Eigen::Index>(passes_->shape()[2]));
  }
}

Prediction RowCursor::at(std::size_t i) {
  return {.probabilities = read(probabilities_, i, probabilities_row_),
          .embedding = read(embeddings_, i, embedding_row_),
          .passes = read_passes(passes_, i, passes_of_row_),
          .key = block_.keys[i]};
}

}  // namespace quarry::detail
