#include "pipeline/thread_fetcher.hpp"

#include <exception>
#include <utility>

#include "core/thread_name.hpp"
#include "pipeline/threads.hpp"

namespace quarry::detail {

ThreadFetcher::ThreadFetcher(const AnySource& source, std::size_t threads,
                             std::size_t max_bytes, RunControl& control,
                             const Recording& recording, FetchEvents events)
    : source_(source),
      max_bytes_(max_bytes),
      control_(control),
      events_(std::move(events)),
      origin_(recording.origin) {
  for (std::size_t i = 0; i < threads; ++i) {
    records_.emplace_back(recording, "fetch", i);
  }
  start_threads(readers_, threads, "reads",
                [this](const std::stop_token& stop, std::size_t i) {
                  work(stop, records_[i]);
                });
}

void ThreadFetcher::start(Piece piece) {
  piece.since = Stopwatch::Clock::now();
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

void ThreadFetcher::work(const std::stop_token& stop, WorkerRecord& record) {
  name_this_thread("quarry-fetch");
  for (;;) {
    Piece piece;
    const auto idle = Stopwatch::Clock::now();
    {
      std::unique_lock lock(mutex_);
      if (!work_.wait(lock, stop, [this] { return !pieces_.empty(); })) return;
      piece = pieces_.front();
      pieces_.pop_front();
    }
    const auto now = Stopwatch::Clock::now();
    // What a reader waits for is a slab, as long as there are pieces to come.
    record.waited(Spent::blocked, idle, now);
    record.queued(piece.since, now, piece.count);
    read(piece, record);
    events_.finished();
  }
}

/// Out of memory, the rest of the piece stays behind: nobody wants it.
void ThreadFetcher::read(const Piece& piece, WorkerRecord& record) noexcept {
  Reading reading{.chunk = nullptr, .work = record.begin()};
  try {
    read(piece, reading, record);
  } catch (...) {
    control_.fail(failure_of(std::current_exception(), "the pipeline"));
    if (reading.chunk) release(reading.chunk->bytes);
  }
}

void ThreadFetcher::read(const Piece& piece, Reading& reading,
                         WorkerRecord& record) {
  ChunkPtr& chunk = reading.chunk;
  chunk = std::make_shared<Chunk>();
  chunk->slab = piece.slab;
  chunk->items.reserve(piece.count);
  for (std::size_t i = 0; i < piece.count; ++i) {
    const std::size_t row = piece.first + i;
    if (wanted(*piece.slab, row)) {
      wait_for_room(reading, record);
      Result<Bytes> bytes = read_one(piece.slab->index(row));
      const std::size_t size = bytes.ok() ? bytes->size() : 0;
      {
        const std::lock_guard lock(mutex_);
        held_ += size;
        bytes_read_ += size;
      }
      chunk->bytes += size;
      chunk->items.push_back({row, std::move(bytes)});
    }
    ++chunk->rows;
  }
  hand_on(reading, record);
}

bool ThreadFetcher::wanted(Slab& slab, std::size_t row) {
  if (control_.dropped(slab.position(row))) return false;
  return !events_.known || !events_.known(slab, row);
}

Result<Bytes> ThreadFetcher::read_one(std::size_t index) noexcept {
  try {
    return source_.read(index);
  } catch (...) {
    return failure_of(std::current_exception(), "the source");
  }
}

void ThreadFetcher::wait_for_room(Reading& reading, WorkerRecord& record) {
  std::unique_lock lock(mutex_);
  const auto room = [this] {
    return held_ < max_bytes_;
  };
  if (room()) return;
  lock.unlock();
  // Whoever waits holds nothing, so that all that is held gets decoded.
  hand_on(reading, record);
  const Stopwatch watch;
  lock.lock();
  room_.wait(lock, room);
  reading.work = record.begin();
  record.waited(Spent::blocked, watch.start(), reading.work.start);
}

void ThreadFetcher::hand_on(Reading& reading, WorkerRecord& record) {
  if (reading.chunk->rows == 0) return;
  auto next = std::make_shared<Chunk>();
  next->slab = reading.chunk->slab;
  record.worked(reading.work, reading.chunk->items.size());
  reading.chunk->since = Stopwatch::Clock::now();
  events_.fetched(std::exchange(reading.chunk, std::move(next)));
  reading.work = record.begin();
}

StageRecord ThreadFetcher::record() const {
  StageRecord stage{.stage = "fetch",
                    .timeline = Timeline(origin_),
                    .workers = readers_.size()};
  for (const WorkerRecord& record : records_) record.add_to(stage);
  return stage;
}

std::uint64_t ThreadFetcher::bytes_read() const {
  const std::lock_guard lock(mutex_);
  return bytes_read_;
}

}  // namespace quarry::detail
