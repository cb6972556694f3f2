#include "output/terminal.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#include <fmt/format.h>
#include <sys/ioctl.h>

namespace quarry::cli {
namespace {

constexpr auto between_lines = std::chrono::seconds(30);

std::size_t columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return 80;
  return size.ws_col;
}

bool can_redraw() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && term != nullptr &&
         std::string_view(term) != "dumb";
}

/// Writes to stderr as well as it can: a note that is lost fails no run.
void put(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

struct Pace {
  double rate;  ///< a second; 0 when not known yet
  double left;  ///< seconds
};

Pace pace_of(const Progress& progress) {
  if (progress.seconds <= 0 || progress.done == 0) return {0, 0};
  const double rate = static_cast<double>(progress.done) / progress.seconds;
  const std::size_t left =
      progress.total - std::min(progress.done, progress.total);
  return {rate, static_cast<double>(left) / rate};
}

std::string facts(const Progress& progress) {
  const Pace pace = pace_of(progress);
  std::string text = fmt::format("{}/{}", with_commas(progress.done),
                                 with_commas(progress.total));
  if (pace.rate > 0)
    text += fmt::format("  {}/s",
                        with_commas(static_cast<std::size_t>(pace.rate + 0.5)));
  if (pace.rate > 0 && progress.done < progress.total)
    text += fmt::format("  {} left", short_time(pace.left));
  if (progress.failed != 0)
    text += fmt::format("  {} failed", with_commas(progress.failed));
  return text;
}

}  // namespace

std::string with_commas(std::size_t value) {
  std::string text = fmt::format("{}", value);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

std::string megabytes(double bytes) {
  return fmt::format("{:.1f} MB", bytes / 1e6);
}

std::string short_time(double seconds) {
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::size_t>(seconds + 0.5);
  if (whole < 3600) return fmt::format("{} m {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} m", whole / 3600, whole % 3600 / 60);
}

Terminal::Terminal() : bar_(can_redraw()), last_line_(Clock::now()) {}

void Terminal::line(std::string_view text) {
  if (drawn_ != 0) put("\r\x1b[K");
  drawn_ = 0;
  put(fmt::format("{}\n", text));
}

void Terminal::say(std::string_view text) {
  if (quiet_) return;
  const std::lock_guard lock(mutex_);
  line(text);
}

void Terminal::note(std::string_view text) {
  {
    const std::lock_guard lock(mutex_);
    if (!noted_.emplace(text).second) return;
  }
  say(fmt::format("note: {}", text));
}

void Terminal::clear() {
  const std::lock_guard lock(mutex_);
  if (drawn_ != 0) put("\r\x1b[K");
  drawn_ = 0;
  std::fflush(stderr);
}

ProgressHook Terminal::progress() {
  if (quiet_) return NullProgress{};
  return [this](const Progress& progress) {
    show(progress);
    return Flow::go_on;
  };
}

void Terminal::show(const Progress& progress) {
  const std::lock_guard lock(mutex_);
  if (bar_) {
    draw(progress);
    return;
  }
  const Clock::time_point now = Clock::now();
  const std::chrono::duration<double> running(progress.seconds);
  if (running < between_lines || now - last_line_ < between_lines) return;
  last_line_ = now;
  line(fmt::format("{}: {}", progress.stage, facts(progress)));
}

void Terminal::draw(const Progress& progress) {
  const std::size_t room = columns();
  const double part =
      progress.total == 0
          ? 0.0
          : std::min(1.0, static_cast<double>(progress.done) /
                              static_cast<double>(progress.total));
  std::string text = fmt::format("{:<7}{:4.0f} %  {}", progress.stage,
                                 100.0 * part, facts(progress));
  if (text.size() + 16 < room) {
    const std::size_t width = std::min<std::size_t>(30, room - text.size() - 5);
    const auto full =
        static_cast<std::size_t>(part * static_cast<double>(width) + 0.5);
    text = fmt::format("{:<7}[{}{}]{}", progress.stage, std::string(full, '='),
                       std::string(width - full, ' '), text.substr(7));
  }
  if (text.size() >= room) text.resize(room - 1);
  put(fmt::format("\r{}\x1b[K", text));
  drawn_ = text.size();
  if (progress.done >= progress.total) {
    put("\r\x1b[K");
    drawn_ = 0;
  }
  std::fflush(stderr);
}

}  // namespace quarry::cli
