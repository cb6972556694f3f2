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
#include "torch/device_batches.hpp"

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
  if (!device_.is_cpu()) batches_ = std::make_shared<DeviceBatches>(device_);
  dry_run();
}

void TorchEngine::dry_run() {
  // Two rows, so that a network that ignores the batch size is found out.
  constexpr std::size_t rows = 2;
  const SampleSpec spec = input();
  const std::vector<std::byte> zeros(rows * spec.bytes());
  computed(spec, [&] {
    const NetOutput out =
        network_.trial ? *network_.trial
                       : forward(preprocess(SlabView{zeros, rows, spec}));
    expect_matrix(out.logits, rows, "logits");
    class_count_ = static_cast<std::size_t>(out.logits.size(1));
    if (!out.embeddings.defined()) return;
    expect_matrix(out.embeddings, rows, "embeddings");
    embedding_dim_ = static_cast<std::size_t>(out.embeddings.size(1));
  });

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

at::Tensor TorchEngine::bytes_of(const SlabView& slab) const {
  accepts(slab.spec).value();
  QUARRY_EXPECTS(slab.bytes.size() == slab.rows * slab.spec.bytes(),
                 "SlabView: bytes and rows disagree");
  std::vector<std::int64_t> shape = {static_cast<std::int64_t>(slab.rows)};
  for (const std::size_t extent : slab.spec.shape)
    shape.push_back(static_cast<std::int64_t>(extent));
  // from_blob wants a pointer to mutable memory, and writes nothing.
  return at::from_blob(const_cast<std::byte*>(slab.bytes.data()), shape,
                       at::kByte);
}

at::Tensor TorchEngine::normalised(const at::Tensor& bytes) const {
  const bool bgr = card_.preprocess.bgr;
  if (!device_.is_cpu()) {
    at::Tensor pixels = bytes.permute({0, 3, 1, 2}).to(at::kFloat);
    if (bgr) pixels = pixels.flip({1});
    return pixels.sub(shift_).mul_(gain_);
  }

  const std::int64_t rows = bytes.size(0);
  const std::int64_t height = bytes.size(1);
  const std::int64_t width = bytes.size(2);
  const std::int64_t channels = bytes.size(3);
  at::Tensor out =
      at::empty({rows, channels, height, width},
                at::TensorOptions(at::kFloat).memory_format(channels_last));
  float* to = out.mutable_data_ptr<float>();
  const auto* from = bytes.const_data_ptr<std::uint8_t>();
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

at::Tensor TorchEngine::preprocess(const at::Tensor& bytes) const {
  return enlarged(normalised(bytes)).contiguous(format_);
}

at::Tensor TorchEngine::preprocess(const SlabView& slab) const {
  return preprocess(bytes_of(slab).to(device_));
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
    return predictions_of(bytes_of(slab), [&](const at::Tensor& bytes) {
      return forward(preprocess(bytes));
    });
  });
}

std::vector<Matrix> TorchEngine::run(const at::Tensor& host,
                                     const Compute& compute) const {
  return batches_ ? batches_->run(host, compute) : to_matrices(compute(host));
}

Predictions TorchEngine::predictions_of(const at::Tensor& host,
                                        const Forward& forward) const {
  const std::int64_t rows = host.size(0);
  std::vector<Matrix> given = run(host, [&](const at::Tensor& input) {
    const NetOutput out = forward(input);
    expect_matrix(out.logits, rows, "logits");
    const at::Tensor logits = out.logits.to(at::kFloat);
    std::vector<at::Tensor> all = {logits, probabilities_of(logits)};
    if (out.embeddings.defined()) {
      expect_matrix(out.embeddings, rows, "embeddings");
      all.push_back(out.embeddings.to(at::kFloat));
    }
    return all;
  });
  return {
      .logits = std::move(given[0]),
      .probabilities = std::move(given[1]),
      .embeddings = given.size() > 2 ? std::move(given[2]) : Matrix(rows, 0)};
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
    return predictions_of(given, [&](const at::Tensor& input) {
      return NetOutput{.logits = network_.head->logits(input),
                       .embeddings = {}};
    });
  });
}

StochasticPredictions TorchEngine::infer_passes(const SlabView& slab,
                                                const Passes& passes) const {
  return computed(slab.spec, [&] {
    const auto rows = static_cast<std::int64_t>(slab.rows);
    const std::vector<Matrix> given =
        run(bytes_of(slab), [&](const at::Tensor& bytes) {
          std::vector<at::Tensor> drawn = passes(preprocess(bytes));
          for (at::Tensor& logits : drawn) {
            expect_matrix(logits, rows, "logits");
            logits = probabilities_of(logits.to(at::kFloat));
          }
          return drawn;
        });
    StochasticPredictions all{
        .passes = given.size(),
        .probabilities = Matrix(given.size() * slab.rows, class_count_)};
    for (std::size_t k = 0; k < given.size(); ++k) {
      all.probabilities.middleRows(static_cast<Eigen::Index>(k * slab.rows),
                                   rows) = given[k];
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

std::size_t TorchEngine::default_executors(std::size_t threads) const {
  // One batch is copied, taken and given back while another is computed.
  return device_.is_cpu() ? threads : 2;
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
