#include "quarry/model/toy_model.hpp"

#include <cmath>
#include <utility>

#include "quarry/core/error.hpp"
#include "quarry/core/random.hpp"
#include "quarry/model/detail/activations.hpp"

#include "model/text.hpp"

namespace quarry {
namespace {

Matrix normal_matrix(RandomStream stream, std::size_t rows, std::size_t cols,
                     double variance) {
  Matrix matrix(rows, cols);
  const double deviation = std::sqrt(variance);
  for (Eigen::Index i = 0; i < matrix.size(); ++i) {
    matrix.data()[i] = static_cast<float>(deviation * stream.normal());
  }
  return matrix;
}

std::uint64_t head_seed(const ToyModelOptions& options) {
  return options.head_seed.value_or(options.seed);
}

}  // namespace

void ToyModelOptions::validate() const {
  if (input.bytes() == 0) {
    raise("model.option", "ToyModelOptions: input is " +
                              detail::text_of(input) +
                              ", but must have at least one byte");
  }
  if (classes == 0) {
    raise("model.option",
          "ToyModelOptions: classes is 0, but must be at least 1");
  }
  if (embedding_dim == 0) {
    raise("model.option",
          "ToyModelOptions: embedding_dim is 0, but must be at least 1");
  }
}

ToyModel::ToyModel(const ToyModelOptions& options) : options_(options) {
  options_.validate();
  const RandomStream stream = RandomStream(options_.seed).derive("toy_model");
  const std::size_t bytes = options_.input.bytes();
  const std::size_t dim = options_.embedding_dim;
  weights_ = std::make_shared<const Weights>(Weights{
      normal_matrix(stream.derive("embed"), bytes, dim,
                    3.0 / static_cast<double>(bytes)),
      normal_matrix(
          RandomStream(head_seed(options_)).derive("toy_model").derive("head"),
          dim, options_.classes, 4.0 / static_cast<double>(dim))});
}

Matrix ToyModel::preprocess(const SlabView& slab) {
  if (slab.spec != options_.input) {
    raise("model.input", "ToyModel takes samples of " +
                             detail::text_of(options_.input) + ", not of " +
                             detail::text_of(slab.spec));
  }
  const std::size_t bytes = options_.input.bytes();
  QUARRY_EXPECTS(slab.bytes.size() == slab.rows * bytes,
                 "SlabView: bytes and rows disagree");
  Matrix inputs(slab.rows, bytes);
  for (std::size_t i = 0; i < slab.bytes.size(); ++i) {
    const auto byte = std::to_integer<unsigned>(slab.bytes[i]);
    inputs.data()[i] = static_cast<float>(byte) / 127.5F - 1.0F;
  }
  return inputs;
}

Matrix ToyModel::embedded(const Matrix& inputs) const {
  Matrix embeddings = Matrix::Zero(inputs.rows(), weights_->embed.cols());
  // A row at a time and element by element: no blocking that could make a row
  // depend on its place.
  for (Eigen::Index r = 0; r < inputs.rows(); ++r) {
    auto embedding = embeddings.row(r);
    for (Eigen::Index p = 0; p < inputs.cols(); ++p)
      embedding += inputs(r, p) * weights_->embed.row(p);
  }
  return embeddings;
}

Predictions ToyModel::infer(const SlabView& slab) {
  Matrix embeddings = embedded(preprocess(slab));
  Predictions out = head(embeddings);
  out.embeddings = std::move(embeddings);
  return out;
}

InputGradient ToyModel::gradient(const Matrix& inputs,
                                 const Matrix& cotangent) {
  const Matrix& embed = weights_->embed;
  const Matrix& head = weights_->head;
  if (inputs.cols() != embed.rows() || cotangent.cols() != head.cols() ||
      cotangent.rows() != inputs.rows()) {
    raise("model.input", "ToyModel's gradient takes inputs [B, " +
                             std::to_string(embed.rows()) +
                             "] and cotangents [B, " +
                             std::to_string(head.cols()) + "]");
  }
  InputGradient out{this->head(embedded(inputs)).logits,
                    Matrix::Zero(inputs.rows(), inputs.cols())};
  if (cotangent.isZero(0)) return out;
  for (Eigen::Index r = 0; r < inputs.rows(); ++r) {
    const Matrix back = cotangent.row(r) * head.transpose();  // [1, D]
    for (Eigen::Index p = 0; p < inputs.cols(); ++p)
      out.gradient(r, p) = back.row(0).dot(embed.row(p));
  }
  return out;
}

Predictions ToyModel::head(const Matrix& embeddings) {
  if (static_cast<std::size_t>(embeddings.cols()) != options_.embedding_dim) {
    raise("model.input", "ToyModel's head takes embeddings of " +
                             std::to_string(options_.embedding_dim) +
                             " numbers, not of " +
                             std::to_string(embeddings.cols()));
  }
  Predictions out;
  out.logits = Matrix::Zero(embeddings.rows(), options_.classes);
  for (Eigen::Index r = 0; r < embeddings.rows(); ++r) {
    for (Eigen::Index d = 0; d < embeddings.cols(); ++d) {
      out.logits.row(r) += embeddings(r, d) * weights_->head.row(d);
    }
  }
  out.probabilities = detail::probabilities_of(out.logits, Task::multiclass);
  out.embeddings.resize(embeddings.rows(), 0);
  return out;
}

std::vector<std::string> ToyModel::classes() const {
  std::vector<std::string> names(options_.classes);
  for (std::size_t c = 0; c < names.size(); ++c) names[c] = std::to_string(c);
  return names;
}

std::string ToyModel::backbone() const {
  return "toy-1 " + detail::text_of(options_.input) + ' ' +
         std::to_string(options_.embedding_dim) + ' ' +
         std::to_string(options_.seed);
}

std::string ToyModel::fingerprint() const {
  return backbone() + ' ' + std::to_string(options_.classes) + ' ' +
         std::to_string(head_seed(options_));
}

}  // namespace quarry
