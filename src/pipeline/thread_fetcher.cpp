#include "pipeline/thread_fetcher.hpp"

#include <exception>
#include <utility>

#include "pipeline/threads.hpp"

namespace quarry::detail {

ThreadFetcher::ThreadFetcher(const AnySource& source, std::size_t threads,
                             std::size_t max_bytes, RunControl& control,
                             FetchEvents events)
    : source_(source),
      max_bytes_(max_bytes),
      control_(control),
      events_(std::move(events)) {
  start_threads(
      readers_, threads, "reads",
      [this](const std::stop_token& stop, std::size_t) { work(stop); });
}

void ThreadFetcher::start(Piece piece) {
  {
    const std::lock_guard lock(mutex_);
    pieces_.push_back(piece);
  }
  work_.notify_one();
}

void ThreadFetcher::release(std::size_t bytes) noexcept {
  {
    const std::lock_guard lock(mutex_);
    held_ -= bytes;
  }
  room_.notify_all();
}

void ThreadFetcher::work(const std::stop_token& stop) {
  for (;;) {
    Piece piece;
    {
      std::unique_lock lock(mutex_);
      const Stopwatch idle;
      if (!work_.wait(lock, stop, [this] { return !pieces_.empty(); })) return;
      piece = pieces_.front();
      pieces_.pop_front();
      // What a reader waits for is a slab, as long as there are pieces to come.
      blocked_.add(idle.elapsed());
    }
    read(piece);
    events_.finished();
  }
}

/// Out of memory, the rest of the piece stays behind: nobody wants it.
void ThreadFetcher::read(const Piece& piece) noexcept {
  ChunkPtr chunk;
  try {
    read(piece, chunk);
  } catch (...) {
    control_.fail(failure_of(std::current_exception(), "the pipeline"));
    if (chunk) release(chunk->bytes);
  }
}

void ThreadFetcher::read(const Piece& piece, ChunkPtr& chunk) {
  chunk = std::make_shared<Chunk>();
  chunk->slab = piece.slab;
  chunk->items.reserve(piece.count);
  for (std::size_t i = 0; i < piece.count; ++i) {
    const std::size_t row = piece.first + i;
    if (!control_.dropped(piece.slab->position(row))) {
      wait_for_room(chunk);
      const Stopwatch watch;
      Result<Bytes> bytes = read_one(piece.slab->index(row));
      busy_.add(watch.elapsed());
      const std::size_t size = bytes.ok() ? bytes->size() : 0;
      {
        const std::lock_guard lock(mutex_);
        held_ += size;
        bytes_read_ += size;
        ++samples_;
      }
      chunk->bytes += size;
      chunk->items.push_back({row, std::move(bytes)});
    }
    ++chunk->rows;
  }
  hand_on(chunk);
}

Result<Bytes> ThreadFetcher::read_one(std::size_t index) noexcept {
  try {
    return source_.read(index);
  } catch (...) {
    return failure_of(std::current_exception(), "the source");
  }
}

void ThreadFetcher::wait_for_room(ChunkPtr& chunk) {
  std::unique_lock lock(mutex_);
  const auto room = [this] {
    return held_ < max_bytes_;
  };
  if (room()) return;
  lock.unlock();
  // Whoever waits holds nothing, so that all that is held gets decoded.
  hand_on(chunk);
  const Stopwatch watch;
  lock.lock();
  room_.wait(lock, room);
  blocked_.add(watch.elapsed());
}

void ThreadFetcher::hand_on(ChunkPtr& chunk) {
  if (chunk->rows == 0) return;
  auto next = std::make_shared<Chunk>();
  next->slab = chunk->slab;
  events_.fetched(std::exchange(chunk, std::move(next)));
}

StageTime ThreadFetcher::time() const {
  const std::lock_guard lock(mutex_);
  return {.stage = "fetch",
          .busy = busy_.seconds(),
          .blocked = blocked_.seconds(),
          .workers = readers_.size(),
          .items = samples_};
}

std::uint64_t ThreadFetcher::bytes_read() const {
  const std::lock_guard lock(mutex_);
  return bytes_read_;
}

}  // namespace quarry::detail
