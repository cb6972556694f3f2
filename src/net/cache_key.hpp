#pragma once

#include <string>

#include "net/request.hpp"

namespace quarry::detail {

/// What the answer to a request is kept under: 32 bytes, from which nobody can
/// tell the URL. Two requests have the same key when they ask for the same
/// bytes: the same host, user, URL, part and subject; the user's password and a
/// signature make no difference, nor what else S3 adds to a URL that it signs.
std::string cache_key(const Request& request);

}  // namespace quarry::detail
