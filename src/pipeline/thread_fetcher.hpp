#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "pipeline/fetcher.hpp"

namespace quarry::detail {

/// Reads a source that blocks, on threads of its own: a piece at a time, so
/// that a small sample costs no switch of threads.
class ThreadFetcher final : public Fetcher {
 public:
  ThreadFetcher(const AnySource& source, std::size_t threads,
                std::size_t max_bytes, RunControl& control,
                const Recording& recording, FetchEvents events);

  void start(Piece piece) override;
  void release(std::size_t bytes) noexcept override;
  StageRecord record() const override;
  std::uint64_t bytes_read() const override;

 private:
  /// A chunk that is being read.
  struct Reading {
    ChunkPtr chunk;
    Work work;
  };

  void work(const std::stop_token& stop, WorkerRecord& record);
  void read(const Piece& piece, WorkerRecord& record) noexcept;
  void read(const Piece& piece, Reading& reading, WorkerRecord& record);
  bool wanted(Slab& slab, std::size_t row);
  Result<Bytes> read_one(std::size_t index) noexcept;
  void wait_for_room(Reading& reading, WorkerRecord& record);
  void hand_on(Reading& reading, WorkerRecord& record);

  AnySource source_;
  std::size_t max_bytes_;
  RunControl& control_;
  FetchEvents events_;

  mutable std::mutex mutex_;
  std::condition_variable_any work_;
  std::condition_variable room_;
  std::deque<Piece> pieces_;
  std::size_t held_ = 0;  // undecoded bytes
  std::uint64_t bytes_read_ = 0;
  Timeline::Clock::time_point origin_;
  std::vector<WorkerRecord> records_;  // by reader
  std::vector<std::jthread> readers_;  // last: they use all of the above
};

}  // namespace quarry::detail
