#include "pipeline/threads.hpp"

#include <string>

#include "quarry/core/error.hpp"

namespace quarry::detail {

void refuse_threads(std::size_t started, std::size_t wanted,
                    std::string_view option, std::string_view why) {
  raise("pipeline.threads",
        "only " + std::to_string(started) + " of " + std::to_string(wanted) +
            " threads could be started: " + std::string(why),
        "ask for fewer (the option " + std::string(option) +
            "), or raise the system's limit (ulimit -u, ulimit -v)");
}

}  // namespace quarry::detail
