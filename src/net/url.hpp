#pragma once

#include <string>
#include <string_view>

#include "quarry/core/result.hpp"

namespace quarry::detail {

/// A URL in the parts that matter here.
struct Url {
  std::string text;    ///< normalised, without user, password and fragment
  std::string scheme;  ///< lower case
  std::string host;    ///< "https://example.org:8443"
  std::string user = {};
  std::string password = {};
};

/// Failures: `net.url` for what is no URL, `net.scheme` for other schemes than
/// http, https, ftp and ftps.
Result<Url> parse_url(std::string_view text);

/// The URL that `reference` names in a document at `base` (RFC 3986, section
/// 5). Failures: `net.url`.
Result<std::string> join_url(std::string_view base, std::string_view reference);

/// `url` as it may be shown: without user and password, with the values of a
/// query's signatures and tokens left out, and as one line of text.
std::string shown_url(std::string_view url);

}  // namespace quarry::detail
