#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/result.hpp"
#include "quarry/data/concept.hpp"

#include "net/reactor.hpp"

namespace quarry::detail {

/// What a source makes of an answer: its body.
inline void hand_on(const ReadDone& done, Result<Response> response) {
  if (response.ok()) {
    done(response->body);
  } else {
    done(std::move(response).error());
  }
}

inline Result<Bytes> body_of(Result<Response> response) {
  if (!response.ok()) return std::move(response).error();
  return response->body;
}

/// Whether `name` has one of `extensions`, whatever its case; all have when
/// there are none.
bool has_extension(std::string_view name,
                   const std::vector<std::string>& extensions);

}  // namespace quarry::detail
