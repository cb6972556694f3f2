#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "core/stopwatch.hpp"
#include "pipeline/fetcher.hpp"

namespace quarry::detail {

/// Keeps so many reads of an `AsyncSource` in flight. Answers come in any order
/// and from any thread; a piece goes on when its last one is there, or earlier
/// when there is no room for more undecoded bytes.
class AsyncFetcher final : public Fetcher,
                           public std::enable_shared_from_this<AsyncFetcher> {
 public:
  AsyncFetcher(const AnySource& source, std::size_t max_in_flight,
               std::size_t max_bytes, RunControl& control,
               const Recording& recording, FetchEvents events);

  void start(Piece piece) override;
  void release(std::size_t bytes) noexcept override;
  StageRecord record() const override;
  std::uint64_t bytes_read() const override;

 private:
  struct Open {
    Piece piece;
    std::size_t asked = 0;    // rows requested or dropped
    std::size_t there = 0;    // of these, rows that are through
    ChunkPtr chunk;           // rows that are through and not handed on, if any
    std::size_t samples = 0;  // rows that were read
    Stopwatch::Clock::time_point begun = {};  // when the first was asked for
    std::size_t number = 0;                   // its row of the trace
  };
  using OpenPtr = std::shared_ptr<Open>;
  using Lock = std::unique_lock<std::mutex>;

  void book() noexcept;
  void pump() noexcept;
  bool room() const noexcept;
  void ask(const OpenPtr& open, std::size_t row) noexcept;
  void arrived(const OpenPtr& open, std::size_t row,
               Result<Bytes> bytes) noexcept;
  void through(Lock& lock, const OpenPtr& open) noexcept;
  bool hand_on_all(Lock& lock) noexcept;

  AnySource source_;
  std::size_t max_in_flight_;
  std::size_t max_bytes_;
  RunControl& control_;
  FetchEvents events_;

  mutable std::mutex mutex_;
  std::vector<OpenPtr> open_;   // pieces that are not through
  std::deque<OpenPtr> to_ask_;  // those with rows to be requested
  bool pumping_ = false;
  std::size_t in_flight_ = 0;
  std::size_t held_ = 0;  // undecoded bytes
  std::uint64_t bytes_read_ = 0;
  std::size_t samples_ = 0;
  std::size_t waiting_ = 0;  // rows that can be requested
  std::size_t asked_ = 0;    // rows requested or dropped
  Trace* trace_;
  StageRecord record_;
  Stopwatch::Clock::time_point booked_;  // up to then
};

}  // namespace quarry::detail
