#include "quarry/model/choose_executors.hpp"

#include <algorithm>
#include <barrier>
#include <cmath>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>

#include "quarry/core/error.hpp"

#include "core/numbers.hpp"
#include "core/stopwatch.hpp"

namespace quarry {
namespace {

void require(bool holds, const std::string& complaint) {
  if (!holds) raise("model.option", "ChooseExecutorsOptions: " + complaint);
}

std::string text_of(const ExecutorPlan& plan) {
  return std::to_string(plan.executors) + " x " + std::to_string(plan.threads);
}

/// Several threads that infer the same batch again and again.
class Trial {
 public:
  Trial(AnyModel& model, std::size_t executors,
        const ChooseExecutorsOptions& options)
      : spec_(model.input()),
        pixels_(options.batch * spec_.bytes()),
        batch_(options.batch),
        seconds_(options.seconds) {
    for (std::size_t i = 0; i < executors; ++i)
      replicas_.push_back(model.replicate());
  }

  /// Rows a second. Raises what a replica raises.
  double rate() {
    std::barrier together(static_cast<std::ptrdiff_t>(replicas_.size()));
    {
      std::vector<std::jthread> threads;
      for (AnyModel& replica : replicas_) {
        try {
          threads.emplace_back([&] { work(replica, together); });
        } catch (...) {
          // The system gives no more: the others must not wait for this one.
          note_error();
          together.arrive_and_drop();
        }
      }
    }
    if (error_) std::rethrow_exception(error_);
    return rate_;
  }

 private:
  void work(AnyModel& replica, std::barrier<>& together) {
    try {
      replica.infer(slab());  // warms up
    } catch (...) {
      note_error();
    }
    together.arrive_and_wait();
    std::size_t batches = 0;
    const detail::Stopwatch watch;
    try {
      while (!failed() && (batches < 2 || watch.seconds() < seconds_)) {
        replica.infer(slab());
        ++batches;
      }
    } catch (...) {
      note_error();
    }
    const double rate = static_cast<double>(batches * batch_) / watch.seconds();
    const std::lock_guard lock(mutex_);
    rate_ += rate;
  }

  SlabView slab() const { return {pixels_, batch_, spec_}; }

  void note_error() {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::current_exception();
  }
  bool failed() {
    const std::lock_guard lock(mutex_);
    return error_ != nullptr;
  }

  SampleSpec spec_;
  std::vector<std::byte> pixels_;
  std::size_t batch_;
  double seconds_;
  std::vector<AnyModel> replicas_;
  std::mutex mutex_;
  double rate_ = 0.0;
  std::exception_ptr error_;
};

/// Nothing when there is too little memory, or too few threads, for so many.
std::optional<double> rate_of(AnyModel& model, std::size_t executors,
                              const ChooseExecutorsOptions& options) {
  try {
    return Trial(model, executors, options).rate();
  } catch (const Error& error) {
    if (executors == 1 || error.id() != "model.memory") throw;
  } catch (const std::bad_alloc&) {
    if (executors == 1) throw;
  } catch (const std::system_error&) {
    if (executors == 1) throw;
  }
  return std::nullopt;
}

}  // namespace

void ChooseExecutorsOptions::validate() const {
  require(cores >= 1 && cores <= 1024,
          "cores is " + std::to_string(cores) + ", but must be from 1 to 1024");
  require(batch >= 1, "batch is 0, but must be at least 1");
  require(gain >= 0.0 && gain < 1.0,
          "gain is " + detail::fixed(gain, 6) + ", but must be in [0, 1)");
  require(seconds >= 0.0, "seconds is " + detail::fixed(seconds, 6) +
                              ", but must be at least 0");
}

std::string ExecutorChoice::brief_report() const {
  std::string text = "executors auto took " + text_of(plan) +
                     (plan.threads == 1 ? " thread" : " threads");
  const char* before = ": ";
  for (const PlanRate& each : tried) {
    text += before + text_of(each.plan) + " at " +
            std::to_string(std::llround(each.rate)) + " samples/s";
    before = ", ";
  }
  return text;
}

ExecutorChoice choose_executors(AnyModel model,
                                const ChooseExecutorsOptions& options) {
  options.validate();
  if (model.is_async()) return {};
  ExecutorChoice choice;
  const auto use = [&](std::size_t threads) {
    if (options.use_threads) options.use_threads(threads);
  };
  double fastest = 0.0;
  for (std::size_t executors = options.cores; executors >= 1; executors /= 2) {
    const std::size_t threads =
        options.use_threads ? options.cores / executors : 1;
    use(threads);
    const ExecutorPlan plan{.executors = executors, .threads = threads};
    const std::optional<double> rate = rate_of(model, executors, options);
    if (!rate) continue;
    choice.tried.push_back({.plan = plan, .rate = *rate});
    fastest = std::max(fastest, *rate);
  }
  const auto near = std::find_if(
      choice.tried.begin(), choice.tried.end(), [&](const PlanRate& each) {
        return each.rate * (1.0 + options.gain) >= fastest;
      });
  choice.plan = near->plan;
  use(choice.plan.threads);
  return choice;
}

}  // namespace quarry
