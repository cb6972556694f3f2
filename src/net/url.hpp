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

/// s3://bucket/key, or gs://bucket/key of Google's service.
struct S3Uri {
  std::string bucket;
  std::string key;  ///< as it is: nothing in it is encoded
};

/// Failures: `net.url` when there is no bucket.
Result<S3Uri> parse_s3(std::string_view uri);

/// The URL that `reference` names in a document at `base` (RFC 3986, section
/// 5). In a bucket a reference is a key as it is, of which only "./" and "../"
/// at the start lead elsewhere. Failures: `net.url`.
Result<std::string> join_url(std::string_view base, std::string_view reference);

/// `url` with user and password of `from` if that is the same host.
std::string with_login(const std::string& url, const Url& from);

/// How the value of a signature or token is shown.
enum class Secrets {
  hidden,  ///< "***"
  told     ///< "***1f2e3d4c", the start of its SHA-256: what differs is told
};

/// `url`, a reference or what should be one of them, as it may be shown: text
/// of one line, without user and password, and with the values of a query's
/// signatures and tokens left out.
std::string shown_url(std::string_view url, Secrets secrets = Secrets::hidden);

/// `url` as text of one line, and nothing left out.
std::string printable(std::string_view url);

}  // namespace quarry::detail
