#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "quarry/core/error.hpp"
#include "quarry/model/detail/torch_engine.hpp"

#include "decode/placement.hpp"
#include "model/text.hpp"
#include "torch/computed.hpp"

namespace quarry::detail {
namespace {

constexpr auto channels_last = at::MemoryFormat::ChannelsLast;

std::string text_of(const at::Tensor& tensor) {
  std::string text =
      "a tensor of " + std::string(c10::toString(tensor.scalar_type())) + " [";
  for (std::int64_t i = 0; i < tensor.dim(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(tensor.size(i));
  }
  return text + ']';
}

/// A float matrix with `rows` rows and at least one column, or an error that
/// says what came.
void expect_matrix(const at::Tensor& tensor, std::int64_t rows,
                   const char* name) {
  const bool fits = tensor.dim() == 2 && tensor.size(0) == rows &&
                    tensor.size(1) > 0 && tensor.is_floating_point();
  if (fits) return;
  raise("model.output",
        std::string("the network returned as ") + name + ' ' + text_of(tensor) +
            ", not floats [" + std::to_string(rows) + ", columns]",
        "a model file returns logits [B, C], or the tuple (logits, embeddings "
        "[B, D])");
}

Matrix to_matrix(const at::Tensor& tensor) {
  Matrix matrix(tensor.size(0), tensor.size(1));
  at::from_blob(matrix.data(), tensor.sizes(), at::kFloat).copy_(tensor);
  return matrix;
}

}  // namespace

TorchEngine::TorchEngine(ModelCard card, c10::Device device,
                         at::MemoryFormat format, Precision precision,
                         Network network)
    : card_(std::move(card)),
      device_(device),
      format_(format),
      precision_(precision),
      network_(std::move(network)) {
  const std::size_t channels = card_.channels;
  const Preprocess& pre = card_.preprocess;
  table_.resize(channels * 256);
  std::vector<float> shift(channels);
  std::vector<float> gain(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    const double mean = pre.mean.empty() ? 0.0 : pre.mean[c];
    const double std = pre.std.empty() ? 1.0 : pre.std[c];
    shift[c] = static_cast<float>(mean / pre.scale);
    gain[c] = static_cast<float>(pre.scale / std);
    for (int v = 0; v < 256; ++v) {
      table_[c * 256 + static_cast<std::size_t>(v)] =
          static_cast<float>((v * pre.scale - mean) / std);
    }
  }
  const auto on_device = [&](const std::vector<float>& values) {
    return at::tensor(values).view({1, -1, 1, 1}).to(device_);
  };
  shift_ = on_device(shift);
  gain_ = on_device(gain);
  dry_run();
}

void TorchEngine::dry_run() {
  // Two rows, so that a network that ignores the batch size is found out.
  constexpr std::size_t rows = 2;
  const SampleSpec spec = input();
  const std::vector<std::byte> zeros(rows * spec.bytes());
  const Predictions out = infer({zeros, rows, spec});
  class_count_ = static_cast<std::size_t>(out.logits.cols());
  embedding_dim_ = static_cast<std::size_t>(out.embeddings.cols());

  if (!card_.classes.empty() && card_.classes.size() != class_count_) {
    raise("model.classes", "the card names " +
                               std::to_string(card_.classes.size()) +
                               " classes, but the network gives " +
                               std::to_string(class_count_) + " logits");
  }
  const bool announced = std::find(card_.outputs.begin(), card_.outputs.end(),
                                   "embeddings") != card_.outputs.end();
  if (!card_.outputs.empty() && announced != (embedding_dim_ > 0)) {
    raise("model.output",
          std::string("the card announces ") +
              (announced ? "logits and embeddings" : "logits alone") +
              ", but the network returns " +
              (announced ? "one tensor" : "embeddings as well"),
          "correct \"outputs\" in the card, or leave it out");
  }
}

SampleSpec TorchEngine::input() const {
  return {.shape = {card_.height, card_.width, card_.channels}};
}

Result<void> TorchEngine::accepts(const SampleSpec& spec) const {
  const bool fits = spec.dtype == DType::u1 && spec.shape.size() == 3 &&
                    spec.bytes() > 0 && spec.shape[0] <= card_.height &&
                    spec.shape[1] <= card_.width &&
                    spec.shape[2] == card_.channels;
  if (fits) return {};
  return Failure{"model.input",
                 "the model takes images of " + detail::text_of(input()) +
                     " or smaller ones, not " + detail::text_of(spec)};
}

at::Tensor TorchEngine::normalised(const SlabView& slab) const {
  const auto rows = static_cast<std::int64_t>(slab.rows);
  const auto height = static_cast<std::int64_t>(slab.spec.shape[0]);
  const auto width = static_cast<std::int64_t>(slab.spec.shape[1]);
  const auto channels = static_cast<std::int64_t>(card_.channels);
  const bool bgr = card_.preprocess.bgr;

  if (!device_.is_cpu()) {
    // from_blob wants a pointer to mutable memory, and writes nothing.
    auto* data = const_cast<std::byte*>(slab.bytes.data());
    at::Tensor pixels =
        at::from_blob(data, {rows, height, width, channels}, at::kByte)
            .to(device_, /*non_blocking=*/true)
            .permute({0, 3, 1, 2})
            .to(at::kFloat);
    if (bgr) pixels = pixels.flip({1});
    return pixels.sub(shift_).mul_(gain_);
  }

  at::Tensor out =
      at::empty({rows, channels, height, width},
                at::TensorOptions(at::kFloat).memory_format(channels_last));
  float* to = out.mutable_data_ptr<float>();
  const auto* from = reinterpret_cast<const std::uint8_t*>(slab.bytes.data());
  const std::int64_t pixels = rows * height * width;
  const float* table = table_.data();
  if (channels == 3) {
    // One look-up a value: the same bits as the formula in doubles, in one
    // pass over the batch.
    const int first = bgr ? 2 : 0;
    for (std::int64_t i = 0; i < pixels; ++i, from += 3, to += 3) {
      to[0] = table[from[first]];
      to[1] = table[256 + from[1]];
      to[2] = table[512 + from[2 - first]];
    }
    return out;
  }
  for (std::int64_t i = 0; i < pixels; ++i) {
    for (std::int64_t c = 0; c < channels; ++c) {
      *to++ = table[c * 256 + *from++];
    }
  }
  return out;
}

at::Tensor TorchEngine::enlarged(at::Tensor pixels) const {
  const auto from_height = static_cast<std::size_t>(pixels.size(2));
  const auto from_width = static_cast<std::size_t>(pixels.size(3));
  if (from_height == card_.height && from_width == card_.width) return pixels;

  // As the decoder does, so that it does not matter who resizes.
  const Placement to = place(from_width, from_height, card_.preprocess.resize,
                             card_.width, card_.height);
  const auto number = [](std::size_t n) {
    return static_cast<std::int64_t>(n);
  };
  return at::upsample_bilinear2d(pixels,
                                 {number(to.y.resized), number(to.x.resized)},
                                 /*align_corners=*/false)
      .slice(2, number(to.y.first), number(to.y.first + to.y.count))
      .slice(3, number(to.x.first), number(to.x.first + to.x.count));
}

at::Tensor TorchEngine::preprocess(const SlabView& slab) const {
  accepts(slab.spec).value();
  QUARRY_EXPECTS(slab.bytes.size() == slab.rows * slab.spec.bytes(),
                 "SlabView: bytes and rows disagree");
  return enlarged(normalised(slab)).contiguous(format_);
}

at::Tensor TorchEngine::probabilities_of(const at::Tensor& logits) const {
  switch (card_.task) {
    case Task::multiclass:
      return at::softmax(logits, 1);
    case Task::multilabel:
      return at::sigmoid(logits);
    case Task::regression:
      break;
  }
  return logits;
}

Predictions TorchEngine::infer(const SlabView& slab) const {
  if (slab.rows == 0) {
    accepts(slab.spec).value();
    return {.logits = Matrix(0, class_count_),
            .probabilities = Matrix(0, class_count_),
            .embeddings = Matrix(0, embedding_dim_)};
  }
  return computed(slab.spec, [&] {
    const NetOutput out = forward(preprocess(slab));
    const auto rows = static_cast<std::int64_t>(slab.rows);
    Predictions predictions = predictions_of(out.logits, rows);
    if (out.embeddings.defined()) {
      expect_matrix(out.embeddings, rows, "embeddings");
      predictions.embeddings = to_matrix(out.embeddings.to(at::kFloat));
    }
    return predictions;
  });
}

Predictions TorchEngine::predictions_of(const at::Tensor& given,
                                        std::int64_t rows) const {
  expect_matrix(given, rows, "logits");
  const at::Tensor logits = given.to(at::kFloat);
  Predictions predictions;
  predictions.logits = to_matrix(logits);
  predictions.probabilities = to_matrix(probabilities_of(logits));
  predictions.embeddings.resize(rows, 0);
  return predictions;
}

Predictions TorchEngine::infer_head(const Matrix& embeddings) const {
  QUARRY_EXPECTS(network_.head,
                 "head() of a network without one: ask backbone() first");
  if (static_cast<std::size_t>(embeddings.cols()) != embedding_dim_) {
    raise("model.input",
          "the head takes embeddings of " + std::to_string(embedding_dim_) +
              " numbers, not of " + std::to_string(embeddings.cols()));
  }
  const std::string what = std::to_string(embeddings.rows()) +
                           " embeddings of " + std::to_string(embedding_dim_) +
                           " numbers";
  return computed(what, [&] {
    // Memory of libtorch's own, aligned as the network's embeddings are.
    at::Tensor given = at::empty({embeddings.rows(), embeddings.cols()});
    std::copy_n(embeddings.data(), embeddings.size(),
                given.mutable_data_ptr<float>());
    return predictions_of(network_.head->logits(given.to(device_)),
                          embeddings.rows());
  });
}

StochasticPredictions TorchEngine::infer_passes(const SlabView& slab,
                                                const Passes& passes) const {
  return computed(slab.spec, [&] {
    const std::vector<at::Tensor> logits = passes(preprocess(slab));
    const auto rows = static_cast<std::int64_t>(slab.rows);
    StochasticPredictions all{
        .passes = logits.size(),
        .probabilities = Matrix(logits.size() * slab.rows, class_count_)};
    for (std::size_t k = 0; k < logits.size(); ++k) {
      expect_matrix(logits[k], rows, "logits");
      all.probabilities.middleRows(static_cast<Eigen::Index>(k * slab.rows),
                                   rows) =
          to_matrix(probabilities_of(logits[k].to(at::kFloat)));
    }
    return all;
  });
}

std::vector<std::string> TorchEngine::classes() const {
  if (!card_.classes.empty()) return card_.classes;
  std::vector<std::string> names(class_count_);
  for (std::size_t c = 0; c < names.size(); ++c) names[c] = std::to_string(c);
  return names;
}

std::shared_ptr<std::byte[]> TorchEngine::make_slab(std::size_t bytes) const {
  // Libtorch aligns to 64 bytes, and recycles pinned memory.
  const at::Tensor memory = computed(std::to_string(bytes) + " bytes", [&] {
    return at::empty(
        {static_cast<std::int64_t>(bytes)},
        at::TensorOptions(at::kByte).pinned_memory(device_.is_cuda()));
  });
  auto owner = std::make_shared<at::Tensor>(memory);
  return {owner, reinterpret_cast<std::byte*>(memory.mutable_data_ptr())};
}

std::shared_ptr<const TorchEngine> make_engine(
    const ModelCard& card, c10::Device device, Precision precision,
    const std::function<TorchEngine::Network(at::MemoryFormat)>& network) {
  const auto make = [&](at::MemoryFormat format, const std::string& note) {
    TorchEngine::Network made = network(format);
    if (!note.empty()) made.notes.push_back(note);
    return std::make_shared<const TorchEngine>(card, device, format, precision,
                                               std::move(made));
  };
  std::string why;
  try {
    return make(channels_last, "");
  } catch (const Error& error) {
    if (error.id() != "model.infer") raise(error.failure(), error.where());
    why = error.message();
  }
  return make(at::MemoryFormat::Contiguous,
              "the network's activations have channels first, though "
              "convolutions prefer them last: " +
                  why);
}

void set_format(const std::vector<at::Tensor>& parameters,
                at::MemoryFormat format) {
  const c10::NoGradGuard guard;
  for (const at::Tensor& parameter : parameters) {
    if (parameter.dim() != 4) continue;
    parameter.set_data(parameter.detach().contiguous(format));
  }
}

}  // namespace quarry::detail
