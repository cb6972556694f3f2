#include "pipeline/answer.hpp"

#include <new>
#include <string>

namespace quarry::detail {

Failure no_answer(const char* part) noexcept {
  Failure failure{"pipeline.no_answer", "no answer", "", Blame::run};
  try {
    failure.message =
        std::string(part) + " dropped a request without answering it";
  } catch (const std::bad_alloc&) {
  }
  return failure;
}

}  // namespace quarry::detail
