#include "pipeline/async_fetcher.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "pipeline/answer.hpp"

namespace quarry::detail {

AsyncFetcher::AsyncFetcher(const AnySource& source, std::size_t max_in_flight,
                           std::size_t max_bytes, RunControl& control,
                           FetchEvents events)
    : source_(source),
      max_in_flight_(max_in_flight),
      max_bytes_(max_bytes),
      control_(control),
      events_(std::move(events)) {}

void AsyncFetcher::start(Piece piece) {
  auto open = std::make_shared<Open>();
  open->piece = piece;
  {
    const Lock lock(mutex_);
    open_.push_back(open);
    to_ask_.push_back(std::move(open));
  }
  pump();
}

void AsyncFetcher::release(std::size_t bytes) {
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

/// Requests what there is room for. One thread at a time: whoever comes while
/// another is at it may leave, since that one looks again before it goes.
void AsyncFetcher::pump() {
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

void AsyncFetcher::ask(const OpenPtr& open, std::size_t row) {
  constexpr const char* part = "the source";
  const Answer<Bytes> answer(part, [self = shared_from_this(), open, row,
                                    watch = Stopwatch()](Result<Bytes> bytes) {
    self->busy_.add(watch.elapsed());
    self->arrived(open, row, std::move(bytes));
  });
  try {
    source_.read_async(open->piece.slab->index(row), answer);
  } catch (...) {
    answer(failure_of(std::current_exception(), part));
  }
}

void AsyncFetcher::arrived(const OpenPtr& open, std::size_t row,
                           Result<Bytes> bytes) {
  {
    Lock lock(mutex_);
    const std::size_t size = bytes.ok() ? bytes->size() : 0;
    --in_flight_;
    held_ += size;
    bytes_read_ += size;
    ++samples_;
    Chunk& chunk = chunk_of(*open);
    chunk.bytes += size;
    chunk.items.push_back({row, std::move(bytes)});
    through(lock, open);
  }
  pump();
}

Chunk& AsyncFetcher::chunk_of(Open& open) {
  if (!open.chunk) {
    open.chunk = std::make_shared<Chunk>();
    open.chunk->slab = open.piece.slab;
  }
  return *open.chunk;
}

/// One more row of a piece is through: an item, or one that nobody wants.
void AsyncFetcher::through(Lock& lock, const OpenPtr& open) {
  ++chunk_of(*open).rows;
  if (++open->there != open->piece.count) return;
  std::erase(open_, open);
  ChunkPtr chunk = std::exchange(open->chunk, nullptr);
  lock.unlock();
  events_.fetched(std::move(chunk));
  events_.finished();
  lock.lock();
}

/// Hands on what has come of every piece; whether there was anything.
bool AsyncFetcher::hand_on_all(Lock& lock) {
  std::vector<ChunkPtr> chunks;
  for (const OpenPtr& open : open_) {
    if (open->chunk) chunks.push_back(std::exchange(open->chunk, nullptr));
  }
  // With nothing to hand on the lock is kept: what the caller knows of the room
  // must still be so when it goes.
  if (chunks.empty()) return false;
  lock.unlock();
  for (ChunkPtr& chunk : chunks) events_.fetched(std::move(chunk));
  lock.lock();
  return true;
}

StageTime AsyncFetcher::time() const {
  const Lock lock(mutex_);
  return {.stage = "fetch",
          .busy = busy_.seconds(),
          .workers = max_in_flight_,
          .items = samples_};
}

std::uint64_t AsyncFetcher::bytes_read() const {
  const Lock lock(mutex_);
  return bytes_read_;
}

}  // namespace quarry::detail
