#include "net/url.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <curl/curl.h>

#include "quarry/core/detail/text.hpp"

namespace quarry::detail {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Handle = std::unique_ptr<CURLU, FreeUrl>;

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

/// Bytes that no URL holds: libcurl would take some of them.
bool has_control(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F) return true;
  }
  return false;
}

Failure bad_url(std::string_view text, const std::string& why) {
  return Failure{"net.url", shown_url(text) + ": " + why,
                 "write what a URL may not hold (spaces, control characters) "
                 "as %XX"};
}

/// Whether a key of a query has a value that grants access.
bool is_secret(std::string_view key) {
  const std::string lower = lower_case(key);
  constexpr std::array<std::string_view, 13> secrets = {"x-amz-signature",
                                                        "x-amz-credential",
                                                        "x-amz-security-token",
                                                        "x-goog-signature",
                                                        "x-goog-credential",
                                                        "signature",
                                                        "sig",
                                                        "token",
                                                        "access_token",
                                                        "api_key",
                                                        "apikey",
                                                        "key",
                                                        "password"};
  for (const std::string_view secret : secrets) {
    if (lower == secret) return true;
  }
  return false;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  if (has_control(text)) {
    return bad_url(text, "holds a space or a control character");
  }
  const Handle url(curl_url());
  // Other schemes parse too, so that they can be named.
  const CURLUcode code =
      curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(),
                   CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) return bad_url(text, curl_url_strerror(code));
  Url parsed;
  parsed.scheme = part(url.get(), CURLUPART_SCHEME);
  constexpr std::array<std::string_view, 4> known = {"http", "https", "ftp",
                                                     "ftps"};
  bool found = false;
  for (const std::string_view scheme : known) found |= scheme == parsed.scheme;
  if (!found) {
    return Failure{"net.scheme",
                   shown_url(text) + ": " + parsed.scheme +
                       ": is no scheme that is read over the network",
                   "http, https, ftp, ftps and s3 are"};
  }
  parsed.user = part(url.get(), CURLUPART_USER, CURLU_URLDECODE);
  parsed.password = part(url.get(), CURLUPART_PASSWORD, CURLU_URLDECODE);
  curl_url_set(url.get(), CURLUPART_HOST,
               lower_case(part(url.get(), CURLUPART_HOST)).c_str(), 0);
  curl_url_set(url.get(), CURLUPART_USER, nullptr, 0);
  curl_url_set(url.get(), CURLUPART_PASSWORD, nullptr, 0);
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  parsed.text = part(url.get(), CURLUPART_URL);
  parsed.host = parsed.scheme + "://" + part(url.get(), CURLUPART_HOST);
  const std::string port = part(url.get(), CURLUPART_PORT);
  if (!port.empty()) parsed.host += ':' + port;
  return parsed;
}

Result<std::string> join_url(std::string_view base,
                             std::string_view reference) {
  const Handle url(curl_url());
  CURLUcode code =
      curl_url_set(url.get(), CURLUPART_URL, std::string(base).c_str(),
                   CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) return bad_url(base, curl_url_strerror(code));
  if (has_control(reference)) {
    return bad_url(reference, "holds a space or a control character");
  }
  code = curl_url_set(url.get(), CURLUPART_URL, std::string(reference).c_str(),
                      CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) return bad_url(reference, curl_url_strerror(code));
  return part(url.get(), CURLUPART_URL);
}

std::string shown_url(std::string_view url) {
  std::string text(url);
  const std::size_t begin = text.find("://");
  if (begin != text.npos) {
    const std::size_t from = begin + 3;
    const std::size_t end =
        std::min(text.find_first_of("/?#", from), text.size());
    const std::size_t at = text.rfind('@', end);
    if (at != text.npos && at >= from && at < end) {
      text.erase(from, at + 1 - from);
    }
  }
  std::string shown;
  const std::size_t query = text.find('?');
  if (query == text.npos) return text;
  shown = text.substr(0, query);
  char separator = '?';
  std::size_t from = query + 1;
  while (from <= text.size()) {
    const std::size_t end = std::min(text.find('&', from), text.size());
    const std::string_view field =
        std::string_view(text).substr(from, end - from);
    const std::size_t equals = field.find('=');
    shown += separator;
    if (equals != field.npos && is_secret(field.substr(0, equals))) {
      shown += field.substr(0, equals);
      shown += "=***";
    } else {
      shown += field;
    }
    separator = '&';
    from = end + 1;
  }
  return shown;
}

}  // namespace quarry::detail
