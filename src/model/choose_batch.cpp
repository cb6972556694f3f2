#include "quarry/model/choose_batch.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>
#include <optional>

#include "core/numbers.hpp"
#include "model/option.hpp"
#include "model/quickest.hpp"
#include "model/trial.hpp"

namespace quarry {
namespace {

/// Rows a second on the calling thread.
double rate_of_one(AnyModel& model, std::size_t batch,
                   const detail::Clock& clock) {
  const SampleSpec spec = model.input();
  const std::size_t size = batch * spec.bytes();
  const auto memory = model.make_slab(size);
  std::memset(memory.get(), 0, size);
  const SlabView slab{{memory.get(), size}, batch, spec};
  const double seconds = detail::quickest([&] { model.infer(slab); }, clock);
  return static_cast<double>(batch) / seconds;
}

/// Rows a second, all executors together; nothing where there is no memory.
std::optional<double> rate_of(AnyModel& model, std::size_t batch,
                              const ChooseBatchOptions& options,
                              std::size_t executors) {
  try {
    if (executors == 1) {
      return rate_of_one(
          model, batch, options.clock ? options.clock : detail::steady_seconds);
    }
    return detail::rate_at_once(
        model, {.executors = executors, .batch = batch, .seconds = 0.2});
  } catch (...) {
    if (detail::was_too_much(std::current_exception())) return std::nullopt;
    throw;
  }
}

}  // namespace

void ChooseBatchOptions::validate() const {
  const detail::OptionCheck require("ChooseBatchOptions");
  require(most >= 1, "most is 0, but must be at least 1");
  require(gain >= 0.0 && gain < 1.0,
          "gain is " + detail::fixed(gain, 6) + ", but must be in [0, 1)");
  require(most_seconds > 0.0, "most_seconds is " +
                                  detail::fixed(most_seconds, 6) +
                                  ", but must be above 0");
  require(executors >= 1 && executors <= 1024,
          "executors is " + std::to_string(executors) +
              ", but must be from 1 to 1024");
}

std::string BatchChoice::brief_report() const {
  std::string text = "batch auto took " + std::to_string(batch) + ':';
  const char* before = " ";
  for (const BatchRate& each : tried) {
    // Those around the knee tell enough.
    if (each.batch < batch / 2) continue;
    text += before + std::to_string(each.batch) + " at " +
            std::to_string(std::llround(each.rate)) + " samples/s";
    before = ", ";
  }
  if (too_large != 0) text += ", no memory for " + std::to_string(too_large);
  return text;
}

BatchChoice choose_batch(AnyModel model, const ChooseBatchOptions& options) {
  options.validate();
  const std::size_t executors = model.is_async() ? 1 : options.executors;
  constexpr int hopeless = 2;
  BatchChoice choice;
  double best = 0.0;
  int in_vain = 0;
  for (std::size_t batch = 1; batch <= options.most && in_vain < hopeless;
       batch *= 2) {
    const std::optional<double> rate =
        rate_of(model, batch, options, executors);
    if (!rate) {
      if (batch == 1) {
        raise("model.memory",
              "there is no memory for a single sample in each of " +
                  std::to_string(executors) + " executors",
              "free some, or take fewer executors or a smaller model");
      }
      choice.too_large = batch;
      break;
    }
    choice.tried.push_back({.batch = batch, .rate = *rate});
    // Two doublings must be worth twice as much.
    if (*rate > best * std::pow(1.0 + options.gain, in_vain + 1)) {
      best = *rate;
      choice.batch = batch;
      in_vain = 0;
    } else {
      ++in_vain;
    }
    const double seconds = static_cast<double>(batch * executors) / *rate;
    if (2.0 * seconds > options.most_seconds) break;
  }
  return choice;
}

}  // namespace quarry
