#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/bytes.hpp"
#include "quarry/core/result.hpp"

#include "net/headers.hpp"
#include "net/url.hpp"

namespace quarry::detail {

/// A complete answer, whatever its status; of one that is no object, the first
/// 64 KiB.
struct Response {
  long status = 0;  ///< of HTTP, or the last reply code of FTP
  Bytes body;
  Headers headers;
  std::string redirected_to = {};  ///< the URL that answered; empty: as asked
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
  /// False: the attempt does not count, since it only found out how to ask.
  bool counts = true;
};

/// A request as it goes out.
struct Signed {
  std::string url;
  std::vector<std::string> headers;  ///< "Name: value"
};

/// The bytes [offset, offset + count) of an object; count ≥ 1.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t count = 0;

  /// The value of the header Range.
  std::string text() const;
};

/// One object to get. What it asks for is the only answer of HTTP that is
/// taken: 200, all of the object; with a `range` 206, that part of it (or 416,
/// where the object ends before it); with `conditions` 304, too: nothing new.
struct Request {
  Url url;
  /// Makes the request anew for every attempt: a signature has a date, and a
  /// bucket may turn out to be elsewhere. Empty: `url` without headers.
  std::function<Signed()> sign = {};
  /// HTTP: only this part. Of an object that ends before it does less comes; a
  /// host that sends something else is the failure `net.range`.
  std::optional<ByteRange> range = std::nullopt;
  /// HTTP: only while its ETag is this one; else it is `net.changed`. A request
  /// with `sign` has the headers of this and of `range` from there.
  std::string etag = {};
  /// HTTP: headers that make 304 ("as you know it") an answer.
  std::vector<std::string> conditions = {};
  /// What a listing says of the version of the object, where there is one: a
  /// copy of that version needs no asking.
  std::string version = {};
  /// What it is about, where `url` does not tell exactly: a key of S3, a page
  /// of a listing.
  std::string subject = {};
  /// FTP: the command that lists a directory ("MLSD", "LIST"); empty: get a
  /// file. A host that does not know it is the failure `net.listing`.
  std::string list = {};
  /// A second request is allowed when the first is slow, see `worth_hedging`.
  bool hedge = true;
  /// HTTP: follow redirects. A signature is for one host: not with one.
  bool redirects = true;
  /// Judges an answer of HTTP; `judge_http` when empty.
  std::function<Verdict(const Response&)> judge = {};
};

/// By status: 200 is taken; 408, 429, 500, 502, 503, 504 are worth another
/// attempt; all else fails.
Verdict judge_http(const Response& response, const std::string& shown);

/// What an answer to `request` means: its own judgement or `judge_http`, and
/// whether it is the part that was asked for.
Verdict judge(const Request& request, const Response& response);

/// The size of the whole object, as the answer to a part of it tells
/// (Content-Range); nothing when it does not.
std::optional<std::uint64_t> whole_size(const Response& response);

/// What to say of a host that sends no parts of objects.
Failure no_parts(const std::string& shown);

/// FTP, with TLS or without.
bool is_ftp(const Request& request);

/// An object, or a part of one, that is larger is not asked for twice: what the
/// host sends of it in vain would cost more than the wait.
constexpr std::uint64_t most_to_hedge = std::uint64_t{1} << 20;

/// Whether a second request may be sent. Over FTP none is: the transfer that
/// loses takes its connection with it, and a new one costs more round trips
/// than the file.
bool worth_hedging(const Request& request);

/// Whether an answer with this status of HTTP is the last on its connection:
/// 500 and above but 503, which is about the load. Behind a balancer, another
/// connection may lead to another server.
bool leads_nowhere(long status);

/// The headers that `range` and `etag` of a request are sent as; `conditions`
/// come besides.
std::vector<std::string> headers_of(const Request& request);

/// The seconds that Retry-After asks for (a number or a date), at most 120.
std::optional<double> retry_after(const Response& response);

}  // namespace quarry::detail
