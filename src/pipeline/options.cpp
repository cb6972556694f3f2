#include "quarry/pipeline/options.hpp"

#include <string>
#include <string_view>

#include <tbb/info.h>

#include "quarry/core/error.hpp"

#include "core/numbers.hpp"

namespace quarry {

namespace {

void expect(bool holds, std::string_view field, const std::string& value,
            std::string_view constraint) {
  if (holds) return;
  raise("pipeline.option", std::string(field) + " is " + value +
                               ", but must be " + std::string(constraint));
}

void expect_at_most(std::size_t most, std::string_view field,
                    std::size_t value) {
  expect(value <= most, field, std::to_string(value),
         "at most " + std::to_string(most));
}

}  // namespace

std::size_t default_threads() {
  return static_cast<std::size_t>(tbb::info::default_concurrency());
}

void PipelineOptions::validate() const {
  expect(batch >= 1, "batch", std::to_string(batch), "at least 1");
  expect_at_most(1 << 20, "batch", batch);
  expect(passes >= 1, "passes", std::to_string(passes), "at least 1");
  expect_at_most(most_passes, "passes", passes);
  expect_at_most(1 << 10, "threads", threads);
  expect_at_most(1 << 10, "executors", executors);
  expect_at_most(1 << 16, "slabs", slabs);
  expect_at_most(1 << 12, "reads", reads);
  expect(undecoded_bytes >= 1, "undecoded_bytes",
         std::to_string(undecoded_bytes), "at least 1");
  expect(cache.max_bytes >= 1, "the cache's max_bytes",
         std::to_string(cache.max_bytes), "at least 1");
  expect(model_timeout >= 0.0 && model_timeout <= 1e6, "model_timeout",
         detail::fixed(model_timeout, 3), "in [0, 1000000] seconds");
  const double fraction = errors.max_bad;
  expect(fraction >= 0.0 && fraction <= 1.0, "errors.max_bad",
         detail::fixed(fraction, 6), "in [0, 1]");
}

}  // namespace quarry
