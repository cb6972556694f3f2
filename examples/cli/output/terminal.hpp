#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "quarry/core/progress.hpp"

namespace quarry::cli {

/// Where the program speaks to a person: stderr. Results go to stdout, by the
/// commands themselves.
///
/// On a terminal progress is a bar with rate and remaining time, otherwise a
/// line every 30 seconds. `quiet` leaves out progress and notes, never errors.
///
/// Thread-safe. Made by `std::make_shared`, for those who may speak last.
class Terminal : public std::enable_shared_from_this<Terminal> {
 public:
  Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() { clear(); }

  void set_quiet(bool quiet) { quiet_ = quiet; }
  bool quiet() const { return quiet_; }

  /// A line on stderr.
  void say(std::string_view text);
  /// The same with "note: " before it; once, however often it is said.
  void note(std::string_view text);

  /// A hook for a run; it shows and never stops anything.
  ProgressHook progress();
  /// The bar, if there is one, makes room.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void show(const Progress& progress);
  void draw(const Progress& progress);
  void line(std::string_view text);

  std::mutex mutex_;
  bool quiet_ = false;
  bool bar_;               // stderr is a terminal
  std::size_t drawn_ = 0;  // columns of the bar now on the screen
  std::set<std::string, std::less<>> noted_;
  Clock::time_point last_line_;
};

/// "12,345"
std::string with_commas(std::size_t value);
/// "4.1 MB"
std::string megabytes(double bytes);
/// "2 m 05 s", "4.1 s"
std::string short_time(double seconds);

}  // namespace quarry::cli
