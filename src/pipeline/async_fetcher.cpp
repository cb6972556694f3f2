#include "pipeline/async_fetcher.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "pipeline/answer.hpp"

namespace quarry::detail {

namespace {

constexpr const char* the_source = "the source";

/// Room for what is still to come, so that an answer needs no memory.
ChunkPtr chunk_for(const Piece& piece, std::size_t there) {
  auto chunk = std::make_shared<Chunk>();
  chunk->slab = piece.slab;
  chunk->items.reserve(piece.count - there);
  return chunk;
}

}  // namespace

AsyncFetcher::AsyncFetcher(const AnySource& source, std::size_t max_in_flight,
                           std::size_t max_bytes, RunControl& control,
                           const Recording& recording, FetchEvents events)
    : source_(source),
      max_in_flight_(max_in_flight),
      max_bytes_(max_bytes),
      control_(control),
      events_(std::move(events)),
      trace_(recording.trace),
      record_{.stage = "fetch",
              .timeline = Timeline(recording.origin),
              .workers = max_in_flight},
      booked_(Stopwatch::Clock::now()) {}

void AsyncFetcher::start(Piece piece) {
  auto open = std::make_shared<Open>();
  open->piece = piece;
  open->chunk = chunk_for(piece, 0);
  {
    const Lock lock(mutex_);
    open_.reserve(open_.size() + 1);
    book();
    waiting_ += piece.count;
    to_ask_.push_back(open);
    open_.push_back(std::move(open));
  }
  pump();
}

void AsyncFetcher::release(std::size_t bytes) noexcept {
  {
    const Lock lock(mutex_);
    held_ -= bytes;
  }
  pump();
}

bool AsyncFetcher::room() const noexcept {
  if (in_flight_ >= max_in_flight_) return false;
  // What is in flight has no size yet: it is taken for the mean so far.
  const std::uint64_t mean = samples_ == 0 ? 0 : bytes_read_ / samples_;
  const std::uint64_t expected = held_ + in_flight_ * mean;
  return expected < max_bytes_ || expected == 0;
}

/// Writes down the time up to now, before anything changes. One that could be
/// open and is not waits for a slab or for room while there are rows to come.
void AsyncFetcher::book() noexcept {
  const auto now = Stopwatch::Clock::now();
  const auto add = [&](Spent on, std::size_t weight) {
    record_.timeline.add(on, booked_, now, static_cast<double>(weight));
  };
  add(Spent::busy, in_flight_);
  add(Spent::queued, waiting_);
  if (asked_ < control_.wanted()) {
    add(Spent::blocked, max_in_flight_ - in_flight_);
  }
  booked_ = now;
}

/// Requests what there is room for. One thread at a time: whoever comes while
/// another is at it may leave, since that one looks again before it goes.
void AsyncFetcher::pump() noexcept {
  Lock lock(mutex_);
  if (pumping_) return;
  pumping_ = true;
  while (!to_ask_.empty()) {
    const OpenPtr open = to_ask_.front();
    const std::size_t row = open->piece.first + open->asked;
    const bool dropped = control_.dropped(open->piece.slab->position(row));
    if (!dropped && !room()) {
      // What is still to come makes room when it is through. If nothing is, the
      // bytes lie in pieces that are not complete: they go on as they are.
      if (in_flight_ != 0 || !hand_on_all(lock)) break;
      continue;
    }
    book();
    --waiting_;
    ++asked_;
    if (open->asked == 0 && trace_ != nullptr) {
      open->begun = booked_;
      open->number = trace_->take_number(record_.stage);
    }
    if (++open->asked == open->piece.count) to_ask_.pop_front();
    if (dropped) {
      through(lock, open);
    } else {
      ++in_flight_;
      lock.unlock();
      ask(open, row);
      lock.lock();
    }
  }
  pumping_ = false;
}

void AsyncFetcher::ask(const OpenPtr& open, std::size_t row) noexcept {
  const auto arrives = [self = shared_from_this(), open,
                        row](Result<Bytes> bytes) {
    self->arrived(open, row, std::move(bytes));
  };
  try {
    const Answer<Bytes> answer(the_source, arrives);
    try {
      source_.read_async(open->piece.slab->index(row), answer);
    } catch (...) {
      answer(failure_of(std::current_exception(), the_source));
    }
  } catch (...) {
    // There was no memory for an answer.
    arrives(failure_of(std::current_exception(), "the pipeline"));
  }
}

void AsyncFetcher::arrived(const OpenPtr& open, std::size_t row,
                           Result<Bytes> bytes) noexcept {
  {
    Lock lock(mutex_);
    const std::size_t size = bytes.ok() ? bytes->size() : 0;
    book();
    --in_flight_;
    ++record_.items;
    ++open->samples;
    held_ += size;
    bytes_read_ += size;
    ++samples_;
    open->chunk->bytes += size;
    open->chunk->items.push_back({row, std::move(bytes)});
    through(lock, open);
  }
  pump();
}

/// One more row of a piece is through: an item, or one that nobody wants.
void AsyncFetcher::through(Lock& lock, const OpenPtr& open) noexcept {
  ++open->chunk->rows;
  if (++open->there != open->piece.count) return;
  std::erase(open_, open);
  ChunkPtr chunk = std::exchange(open->chunk, nullptr);
  if (trace_ != nullptr) {
    trace_->give_back(record_.stage, open->number, open->begun, open->samples);
  }
  chunk->since = Stopwatch::Clock::now();
  lock.unlock();
  events_.fetched(std::move(chunk));
  events_.finished();
  lock.lock();
}

/// Hands on what has come of every piece; whether anything has changed by that.
bool AsyncFetcher::hand_on_all(Lock& lock) noexcept {
  std::vector<ChunkPtr> chunks;
  try {
    chunks.reserve(open_.size());
    for (const OpenPtr& open : open_) {
      if (open->chunk->rows == 0) continue;
      ChunkPtr next = chunk_for(open->piece, open->there);
      chunks.push_back(std::exchange(open->chunk, std::move(next)));
    }
  } catch (...) {
    // From now on no row is wanted, which the caller will find.
    control_.fail(failure_of(std::current_exception(), "the pipeline"));
    if (chunks.empty()) return true;
  }
  // With nothing to hand on the lock is kept: what the caller knows of the room
  // must still be so when it goes.
  if (chunks.empty()) return false;
  lock.unlock();
  const auto now = Stopwatch::Clock::now();
  for (ChunkPtr& chunk : chunks) {
    chunk->since = now;
    events_.fetched(std::move(chunk));
  }
  lock.lock();
  return true;
}

StageRecord AsyncFetcher::record() const {
  const Lock lock(mutex_);
  return record_;
}

std::uint64_t AsyncFetcher::bytes_read() const {
  const Lock lock(mutex_);
  return bytes_read_;
}

}  // namespace quarry::detail
