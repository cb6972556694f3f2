#include "pipeline/trace.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <span>

#include "pipeline/run_control.hpp"

namespace quarry::detail {

namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 16;

/// Microseconds, to the nanosecond.
std::string microseconds(Trace::Clock::duration time) {
  const auto ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  std::string fraction = std::to_string(1000 + ns % 1000);
  fraction[0] = '.';
  return std::to_string(ns / 1000) + fraction;
}

std::string at(std::size_t stage, std::size_t thread) {
  return R"(,"pid":)" + std::to_string(stage + 1) + R"(,"tid":)" +
         std::to_string(thread);
}

}  // namespace

Trace::Trace(const std::filesystem::path& file, Clock::time_point origin)
    : origin_(origin), file_(file) {
  buffer_.reserve(buffer_bytes);
}

Trace::~Trace() {
  close();
}

template <class Action>
void Trace::guard(const Action& action) noexcept {
  const std::lock_guard lock(mutex_);
  if (failure_ || closed_) return;
  try {
    action();
  } catch (...) {
    failure_ = failure_of(std::current_exception(), "the trace");
  }
}

void Trace::event(std::string_view stage, std::size_t number,
                  Clock::time_point begin, Clock::time_point end,
                  std::size_t samples) noexcept {
  guard([&] {
    const std::size_t group = stage_of(stage);
    const std::size_t thread = thread_of(group, number);
    begin = std::max(begin, origin_);
    put(R"({"name":")" + std::string(stage) + R"(","ph":"X")" +
        at(group, thread) + R"(,"ts":)" + microseconds(begin - origin_) +
        R"(,"dur":)" + microseconds(std::max(end, begin) - begin) +
        R"(,"args":{"samples":)" + std::to_string(samples) + "}}");
  });
}

std::size_t Trace::take_number(std::string_view stage) noexcept {
  std::size_t number = 0;
  guard([&] {
    std::vector<bool>& taken = stages_[stage_of(stage)].taken;
    const auto free = std::find(taken.begin(), taken.end(), false);
    number = static_cast<std::size_t>(free - taken.begin());
    if (free == taken.end()) taken.push_back(false);
    taken[number] = true;
  });
  return number;
}

void Trace::give_back(std::string_view stage, std::size_t number,
                      Clock::time_point begin, std::size_t samples) noexcept {
  if (samples != 0) event(stage, number, begin, Clock::now(), samples);
  guard([&] { stages_[stage_of(stage)].taken[number] = false; });
}

std::optional<Failure> Trace::close() noexcept {
  guard([&] {
    buffer_ += "\n]\n";
    flush();
    file_.commit();
  });
  closed_ = true;
  return failure_;
}

/// The number of a stage's group of rows, which has a name.
std::size_t Trace::stage_of(std::string_view name) {
  const auto found =
      std::find_if(stages_.begin(), stages_.end(),
                   [&](const Stage& stage) { return stage.name == name; });
  if (found == stages_.end()) {
    stages_.push_back({.name = name});
    name_row("process_name", stages_.size() - 1, 0, std::string(name));
    return stages_.size() - 1;
  }
  return static_cast<std::size_t>(found - stages_.begin());
}

/// The number of a worker's row, which has a name.
std::size_t Trace::thread_of(std::size_t stage, std::size_t number) {
  std::vector<std::size_t>& threads = stages_[stage].threads;
  if (threads.size() <= number) threads.resize(number + 1);
  if (threads[number] == 0) {
    threads[number] = ++threads_;
    name_row(
        "thread_name", stage, threads_,
        std::string(stages_[stage].name) + ' ' + std::to_string(number + 1));
  }
  return threads[number];
}

void Trace::name_row(std::string_view kind, std::size_t stage,
                     std::size_t thread, const std::string& name) {
  put(R"({"name":")" + std::string(kind) + R"(","ph":"M")" + at(stage, thread) +
      R"(,"args":{"name":")" + name + R"("}})");
}

void Trace::put(const std::string& event) {
  const bool first = written_ == 0 && buffer_.size() == 1;
  if (buffer_.size() + event.size() + 2 > buffer_bytes) flush();
  buffer_ += first ? "\n" : ",\n";
  buffer_ += event;
}

void Trace::flush() {
  file_.write(std::as_bytes(std::span(buffer_)), written_);
  written_ += buffer_.size();
  buffer_.clear();
}

}  // namespace quarry::detail
