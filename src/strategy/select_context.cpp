#include "quarry/strategy/select_context.hpp"

#include <string>

#include "quarry/core/error.hpp"

namespace quarry {

void SelectContext::expect_memory(std::string_view strategy,
                                  std::size_t bytes) const {
  if (bytes <= memory_limit) return;
  constexpr std::size_t mebibyte = std::size_t{1} << 20;
  const auto text = [](std::size_t count) {
    return count < mebibyte ? std::to_string(count) + " bytes"
                            : std::to_string(count / mebibyte) + " MiB";
  };
  raise("strategy.memory",
        std::string(strategy) + " needs " + text(bytes) +
            " of working memory; the limit is " + text(memory_limit),
        "raise the memory limit, or choose from a part of the pool");
}

SelectContext SelectContext::holding(std::string_view strategy,
                                     std::size_t bytes) const {
  expect_memory(strategy, bytes);
  SelectContext part = *this;
  part.memory_limit -= bytes;
  return part;
}

}  // namespace quarry
