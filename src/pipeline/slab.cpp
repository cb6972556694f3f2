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
      lengths(logits.rows(), shape.attacks.size()),
      shape_(std::move(shape)),
      memory_(std::move(memory)),
      states_(shape_.rows(), State::absent),
      keys_(shape_.remembers ? shape_.rows() : 0),
      versions_(keys_.size()),
      memories_(keys_.size(), shape_.width()) {
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
         shape_.plain,
         /*network=*/true,
         /*head=*/{},
         part(lengths, b * batch, batch),
         shape_.attacks});
  }
}

void Slab::take(Load load) {
  load_ = std::move(load);
  std::fill(states_.begin(), states_.end(), State::absent);
  missing_.store(size(), std::memory_order_relaxed);
}

std::span<std::byte> Slab::row(std::size_t r) noexcept {
  const std::size_t bytes = shape_.spec.bytes();
  return {memory_.get() + r * bytes, bytes};
}

std::size_t Slab::count(State state, std::size_t batch) const noexcept {
  const auto first = states_.begin() + static_cast<long>(batch * shape_.batch);
  return static_cast<std::size_t>(
      std::count(first, first + static_cast<long>(shape_.batch), state));
}

bool Slab::arrived(std::size_t rows) {
  if (missing_.fetch_sub(rows, std::memory_order_acq_rel) != rows) return false;
  for (std::size_t b = 0; b < shape_.batches; ++b) {
    if (count(State::decoded, b) == 0) continue;
    const std::size_t first = b * shape_.batch;
    for (std::size_t r = first; r < first + shape_.batch; ++r) {
      if (!decoded(r)) std::memset(row(r).data(), 0, row(r).size());
    }
  }
  return true;
}

std::vector<Slab::Batch> Slab::batches_to_infer() {
  std::vector<Batch> batches;
  for (std::size_t b = 0; b < shape_.batches; ++b) {
    const std::size_t decoded = count(State::decoded, b);
    sinks_[b].network = decoded != 0;
    gather_head_rows(b);
    gather_attacked(b);
    const std::size_t samples = decoded + sinks_[b].head.rows.size();
    if (samples != 0) batches.push_back({b, samples});
  }
  return batches;
}

void Slab::gather_head_rows(std::size_t batch) {
  HeadRows& head = sinks_[batch].head;
  head.rows.clear();
  if (count(State::embedded, batch) == 0) return;
  head.embeddings.setZero(shape_.batch, shape_.features);
  for (std::size_t i = 0; i < shape_.batch; ++i) {
    const std::size_t r = batch * shape_.batch + i;
    if (!embedded(r)) continue;
    head.rows.push_back(i);
    const std::span<float> known = memory_of(r).last(shape_.features);
    std::copy(known.begin(), known.end(),
              head.embeddings.data() + i * shape_.features);
  }
}

void Slab::gather_attacked(std::size_t batch) {
  std::vector<std::size_t>& rows = sinks_[batch].attacked;
  rows.clear();
  if (shape_.attacks.empty()) return;
  for (std::size_t i = 0; i < shape_.batch; ++i)
    if (decoded(batch * shape_.batch + i)) rows.push_back(i);
}

std::span<float> Slab::memory_of(std::size_t r) noexcept {
  return {memories_.data() + r * shape_.width(), shape_.width()};
}

/// Calls `copy(prediction, memory, count)` for each part of row `r`.
template <class Copy>
void Slab::each_part(std::size_t r, Copy copy) {
  float* at = memory_of(r).data();
  const auto part = [&](Matrix& of, std::size_t row) {
    const auto columns = static_cast<std::size_t>(of.cols());
    copy(of.data() + row * columns, at, columns);
    at += columns;
  };
  part(probabilities, r);
  for (std::size_t k = 0; k < shape_.passes; ++k) part(passes, pass_row(k, r));
  part(embeddings, r);
}

void Slab::recall() {
  for (std::size_t r = 0; r < size(); ++r) {
    if (!remembered(r)) continue;
    each_part(r, [](float* prediction, const float* memory, std::size_t count) {
      std::copy_n(memory, count, prediction);
    });
  }
}

void Slab::memorise(std::size_t r) {
  each_part(r, [](const float* prediction, float* memory, std::size_t count) {
    std::copy_n(prediction, count, memory);
  });
}

}  // namespace quarry::detail
