#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/error.hpp"

#include "core/posix_file.hpp"
#include "core/stopwatch.hpp"

namespace quarry::detail {

/// A file in Chrome's trace event format: a JSON array of complete events, of
/// each stage and worker, in microseconds since the origin. A stage is shown as
/// a process, a worker as its thread.
///
/// The file appears when the trace is closed or destroyed, whole. Until then it
/// is written beside its place, so that memory is constant. What keeps it from
/// being written stops the trace and nothing else.
///
/// All members but `close` may be called from any thread.
class Trace {
 public:
  using Clock = Stopwatch::Clock;

  /// Raises `file.write`.
  Trace(const std::filesystem::path& file, Clock::time_point origin);
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;
  ~Trace();

  /// Worker `number` of a stage, from 0, was at so many samples.
  void event(std::string_view stage, std::size_t number,
             Clock::time_point begin, Clock::time_point end,
             std::size_t samples) noexcept;

  /// For work that overlaps and has no thread: the lowest number of the stage
  /// that is not taken.
  std::size_t take_number(std::string_view stage) noexcept;
  /// It was at so many samples since then, and is free again.
  void give_back(std::string_view stage, std::size_t number,
                 Clock::time_point begin, std::size_t samples) noexcept;

  /// Ends the file; why there is none, if so. Once.
  std::optional<Failure> close() noexcept;

 private:
  struct Stage {
    std::string_view name;
    std::vector<std::size_t> threads = {};  // by worker; 0: no event yet
    std::vector<bool> taken = {};           // by worker
  };
  std::size_t stage_of(std::string_view name);
  std::size_t thread_of(std::size_t stage, std::size_t number);
  void name_row(std::string_view kind, std::size_t stage, std::size_t thread,
                const std::string& name);
  void put(const std::string& event);
  void flush();
  template <class Action>
  void guard(const Action& action) noexcept;

  Clock::time_point origin_;
  AtomicFile file_;

  std::mutex mutex_;
  bool closed_ = false;
  std::optional<Failure> failure_;
  std::vector<Stage> stages_;
  std::size_t threads_ = 0;
  std::string buffer_ = "[";
  std::uint64_t written_ = 0;  // bytes
};

}  // namespace quarry::detail
