#include "quarry/model/choose_executors.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <optional>

#include "core/numbers.hpp"
#include "model/option.hpp"
#include "model/trial.hpp"

namespace quarry {
namespace {

std::string text_of(const ExecutorPlan& plan) {
  return std::to_string(plan.executors) + " x " + std::to_string(plan.threads);
}

/// Nothing when there is too little memory, or too few threads, for so many.
std::optional<double> rate_of(AnyModel& model, std::size_t executors,
                              const ChooseExecutorsOptions& options) {
  try {
    return detail::rate_at_once(model, {.executors = executors,
                                        .batch = options.batch,
                                        .seconds = options.seconds,
                                        .batches = 2});
  } catch (...) {
    if (executors > 1 && detail::was_too_much(std::current_exception()))
      return std::nullopt;
    throw;
  }
}

/// Leaves the number of threads as it was tried last.
ExecutorChoice fastest_of(AnyModel& model,
                          const ChooseExecutorsOptions& options,
                          const std::function<void(std::size_t)>& use) {
  ExecutorChoice choice;
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
  return choice;
}

}  // namespace

void ChooseExecutorsOptions::validate() const {
  const detail::OptionCheck require("ChooseExecutorsOptions");
  require(cores >= 1 && cores <= 1024,
          "cores is " + std::to_string(cores) + ", but must be from 1 to 1024");
  require(batch >= 1, "batch is 0, but must be at least 1");
  require(gain >= 0.0 && gain < 1.0,
          "gain is " + detail::fixed(gain, 6) + ", but must be in [0, 1)");
  require(seconds >= 0.0, "seconds is " + detail::fixed(seconds, 6) +
                              ", but must be at least 0");
  require(threads >= 1, "threads is 0, but must be at least 1");
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
  const auto use = [&](std::size_t threads) {
    if (options.use_threads) options.use_threads(threads);
  };
  try {
    const ExecutorChoice choice = fastest_of(model, options, use);
    use(choice.plan.threads);
    return choice;
  } catch (...) {
    use(options.threads);
    throw;
  }
}

}  // namespace quarry
