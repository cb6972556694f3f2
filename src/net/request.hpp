#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/bytes.hpp"
#include "quarry/core/result.hpp"

#include "net/url.hpp"

namespace quarry::detail {

/// A complete answer, whatever its status.
struct Response {
  long status = 0;  ///< of HTTP, or the last reply code of FTP
  Bytes body;
  std::map<std::string, std::string> headers;  ///< names in lower case
};

/// What an answer means.
struct Verdict {
  enum class What {
    take,   ///< it is what was asked for
    retry,  ///< asking again may help
    fail,   ///< it will not
  };
  What what = What::take;
  /// What to say when it is not taken, or was retried in vain.
  std::optional<Failure> failure = std::nullopt;
  /// The host wants to be asked less often.
  bool throttled = false;
};

/// A request as it goes out.
struct Signed {
  std::string url;
  std::vector<std::string> headers;  ///< "Name: value"
};

/// One object to get.
struct Request {
  Url url;
  /// Makes the request anew for every attempt: a signature has a date, and a
  /// bucket may turn out to be elsewhere. Empty: `url` without headers.
  std::function<Signed()> sign = {};
  /// FTP: list a directory (MLSD) and do not get a file.
  bool list = false;
  /// A second request is allowed when the first is slow.
  bool hedge = true;
  /// HTTP: follow redirects. A signature is for one host: not with one.
  bool redirects = true;
  /// Judges an answer of HTTP; `judge_http` when empty.
  std::function<Verdict(const Response&)> judge = {};
};

/// Takes a line of an answer's head into its headers, names in lower case. A
/// status line begins them anew: of a redirect only the last answer counts.
void take_header(std::string_view line,
                 std::map<std::string, std::string>& headers);

/// By status: 200 and 206 are taken; 304 too; 408, 429, 500, 502, 503, 504 are
/// worth another attempt; all else fails.
Verdict judge_http(const Response& response, const std::string& shown);

/// The seconds that Retry-After asks for (a number or a date), at most 120.
std::optional<double> retry_after(const Response& response);

}  // namespace quarry::detail
