#include "pipeline/run_control.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "core/bad_samples.hpp"

namespace quarry::detail {

namespace {

constexpr const char* the_hook = "the progress hook";

Failure worded(const std::exception_ptr& thrown, std::string_view part) {
  const auto threw = [&](const std::string& what) {
    return Failure{"pipeline.part_threw", std::string(part) + " threw " + what};
  };
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& error) {
    return error.failure();
  } catch (const std::bad_alloc&) {
    return {"pipeline.memory", std::string(part) + " ran out of memory",
            "take a smaller batch, or fewer threads or slabs"};
  } catch (const std::exception& error) {
    return threw(std::string("an exception: ") + error.what());
  } catch (...) {
    return threw("something that is no std::exception");
  }
}

}  // namespace

Failure failure_of(std::exception_ptr thrown, std::string_view part) noexcept {
  // So short a text needs no memory of its own.
  Failure failure{"pipeline.memory", "out of memory"};
  try {
    failure = worded(thrown, part);
  } catch (const std::bad_alloc&) {
  }
  failure.blame = Blame::run;
  return failure;
}

Sample sample_of(const AnySource& source, std::size_t i) {
  try {
    return source.sample(i);
  } catch (...) {
    raise(failure_of(std::current_exception(), "the source"));
  }
}

RunControl::RunControl(const PipelineOptions& options, const AnySource& source,
                       std::size_t wanted)
    : options_(options),
      source_(source),
      wanted_(wanted),
      allowed_(allowed_bad(options.errors.max_bad, source.size())),
      meter_(options.progress, "score", wanted),
      end_(std::numeric_limits<std::size_t>::max()),
      alike_(options.errors.alike_limit != 0 &&
             options.errors.alike_limit <= wanted) {}

bool RunControl::dropped(std::size_t position) noexcept {
  if (options_.stop.stop_requested()) cancel();
  return position >= end_.load(std::memory_order_relaxed);
}

void RunControl::drop_from(std::size_t position) noexcept {
  std::size_t end = end_.load(std::memory_order_relaxed);
  while (position < end && !end_.compare_exchange_weak(end, position)) {
  }
}

void RunControl::bad(std::size_t position, std::size_t index, Failure failure) {
  if (failure.blame == Blame::run) return fail(std::move(failure));
  BadSample sample{index, sample_of(source_, index).id, std::move(failure)};
  const std::lock_guard lock(mutex_);
  judge(position, sample.failure);
  bad_.push_back(std::move(sample));
  bad_count_.store(bad_.size(), std::memory_order_relaxed);
}

void RunControl::judge(std::size_t position, const Failure& failure) {
  if (options_.errors.on_error == OnError::stop) {
    // Earlier samples go on, so that the first bad one is the same in any run.
    ending_ = Ending::bad_sample;
    drop_from(position);
    return;
  }
  if (ending_ != Ending::none) return;
  if (alike_ && position < options_.errors.alike_limit) {
    if (!alike_id_) alike_id_ = failure.id;
    alike_ = *alike_id_ == failure.id;
    if (alike_ && ++alike_count_ == options_.errors.alike_limit) {
      ending_ = Ending::all_alike;
      drop_from(0);
    }
  }
  // Not while all may be alike: that would say more.
  if (!alike_ && bad_.size() + 1 > allowed_) {
    ending_ = Ending::too_many_bad;
    drop_from(0);
  }
}

void RunControl::good(std::size_t position) noexcept {
  if (!alike_.load(std::memory_order_relaxed)) return;
  if (position >= options_.errors.alike_limit) return;
  const std::lock_guard lock(mutex_);
  alike_ = false;
  if (ending_ == Ending::none && bad_.size() > allowed_) {
    ending_ = Ending::too_many_bad;
    drop_from(0);
  }
}

void RunControl::passed(std::size_t samples) {
  const std::size_t done = passed_.fetch_add(samples) + samples;
  try {
    if (meter_.update(done, bad_count_.load(std::memory_order_relaxed)) ==
        Flow::stop) {
      cancel();
    }
  } catch (...) {
    fail(failure_of(std::current_exception(), the_hook));
  }
}

void RunControl::fail(Failure failure) noexcept {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(failure);
  drop_from(0);
}

void RunControl::cancel() noexcept {
  cancelled_.store(true, std::memory_order_relaxed);
  drop_from(0);
}

void RunControl::finish() {
  try {
    if (meter_.finish(passed_, bad_count_) == Flow::stop) cancel();
  } catch (...) {
    raise(failure_of(std::current_exception(), the_hook));
  }
}

std::vector<BadSample> RunControl::take_bad() {
  const std::lock_guard lock(mutex_);
  std::sort(
      bad_.begin(), bad_.end(),
      [](const BadSample& a, const BadSample& b) { return a.index < b.index; });
  return std::move(bad_);
}

std::optional<Failure> RunControl::verdict(
    const std::vector<BadSample>& bad) const {
  const std::lock_guard lock(mutex_);
  if (failure_) return failure_;
  switch (ending_) {
    case Ending::none:
      break;
    case Ending::bad_sample: {
      const BadSample& first = bad.front();
      return Failure{"pipeline.bad_sample",
                     first.id + ": " + std::string(first.failure.id.text()) +
                         ": " + first.failure.message,
                     first.failure.hint};
    }
    case Ending::too_many_bad:
      return Failure{
          "pipeline.too_many_bad", too_many_bad(bad, source_.size(), allowed_),
          "repair them, leave them out, or allow a larger fraction (max_bad)"};
    case Ending::all_alike:
      return Failure{
          "pipeline.all_alike",
          "the first " + std::to_string(options_.errors.alike_limit) +
              " samples all failed with " +
              std::string(bad.front().failure.id.text()) + "; " +
              bad.front().id + ": " + bad.front().failure.message,
          "something is wrong with the run and not with its samples: are pool, "
          "decoder and model the right ones?"};
  }
  return std::nullopt;
}

}  // namespace quarry::detail
