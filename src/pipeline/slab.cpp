#include "pipeline/slab.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace quarry::detail {

namespace {

// A message of so many samples costs the graph nothing to speak of.
constexpr std::size_t message = 64;
// Small batches share a slab only up to this size: samples that are large are
// worth a message each.
constexpr std::size_t shared_slab_bytes = std::size_t{16} << 20;

}  // namespace

std::size_t batches_per_slab(std::size_t batch, std::size_t row_bytes) {
  const std::size_t enough = (message + batch - 1) / batch;
  const std::size_t fit =
      shared_slab_bytes / std::max<std::size_t>(1, batch * row_bytes);
  return std::clamp<std::size_t>(fit, 1, enough);
}

Slab::Slab(SlabShape shape, std::shared_ptr<std::byte[]> memory)
    : logits(shape.classes == 0 ? 0 : shape.rows(), shape.classes),
      probabilities(logits.rows(), shape.classes),
      embeddings(logits.rows(), shape.features),
      passes(logits.rows() * shape.passes, shape.classes),
      shape_(std::move(shape)),
      memory_(std::move(memory)),
      ready_(shape_.rows(), 0) {
  if (shape_.classes == 0) return;
  const auto part = [](Matrix& of, std::size_t first, std::size_t rows) {
    return MatrixRef(of.data() + first * of.cols(), rows, of.cols());
  };
  const std::size_t bytes = shape_.batch * shape_.spec.bytes();
  for (std::size_t b = 0; b < shape_.batches; ++b) {
    views_.push_back({.bytes = {memory_.get() + b * bytes, bytes},
                      .rows = shape_.batch,
                      .spec = shape_.spec});
    const std::size_t batch = shape_.batch;
    const std::size_t drawn = batch * shape_.passes;
    sinks_.push_back(
        {{part(logits, b * batch, batch), part(probabilities, b * batch, batch),
          part(embeddings, b * batch, batch)},
         part(passes, b * drawn, drawn),
         shape_.seed,
         shape_.plain});
  }
}

void Slab::take(Load load) {
  load_ = std::move(load);
  std::fill(ready_.begin(), ready_.end(), std::uint8_t{0});
  missing_.store(size(), std::memory_order_relaxed);
}

std::span<std::byte> Slab::row(std::size_t r) noexcept {
  const std::size_t bytes = shape_.spec.bytes();
  return {memory_.get() + r * bytes, bytes};
}

bool Slab::arrived(std::size_t rows) {
  if (missing_.fetch_sub(rows, std::memory_order_acq_rel) != rows) return false;
  for (std::size_t r = 0; r < shape_.rows(); ++r) {
    if (!ready(r)) std::memset(row(r).data(), 0, row(r).size());
  }
  return true;
}

std::vector<Slab::Batch> Slab::batches_to_infer() const {
  std::vector<Batch> batches;
  for (std::size_t b = 0; b < shape_.batches; ++b) {
    const auto first = ready_.begin() + static_cast<long>(b * shape_.batch);
    const auto last = first + static_cast<long>(shape_.batch);
    const auto samples =
        static_cast<std::size_t>(std::count(first, last, std::uint8_t{1}));
    if (samples != 0) batches.push_back({b, samples});
  }
  return batches;
}

}  // namespace quarry::detail
