#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "core/stopwatch.hpp"
#include "pipeline/fetcher.hpp"

namespace quarry::detail {

/// Reads a source that blocks, on threads of its own: a piece at a time, so
/// that a small sample costs no switch of threads.
class ThreadFetcher final : public Fetcher {
 public:
  ThreadFetcher(const AnySource& source, std::size_t threads,
                std::size_t max_bytes, RunControl& control, FetchEvents events);

  void start(Piece piece) override;
  void release(std::size_t bytes) noexcept override;
  StageTime time() const override;
  std::uint64_t bytes_read() const override;

 private:
  void work(const std::stop_token& stop);
  void read(const Piece& piece) noexcept;
  void read(const Piece& piece, ChunkPtr& chunk);
  Result<Bytes> read_one(std::size_t index) noexcept;
  void wait_for_room(ChunkPtr& chunk);
  void hand_on(ChunkPtr& chunk);

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
  std::size_t samples_ = 0;
  TimeSum busy_;
  TimeSum blocked_;
  std::vector<std::jthread> readers_;  // last: they use all of the above
};

}  // namespace quarry::detail
