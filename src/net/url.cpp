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
  std::string shown = shown_url(text);
  // Where the user ends is not known: "http://me:pass/word@host/".
  const std::size_t at = shown.rfind('@');
  const std::size_t slash = shown.find("//");
  if (at != shown.npos && slash < at)
    shown.replace(slash + 2, at - slash - 2, "***");
  return Failure{"net.url", shown + ": " + why,
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

/// Takes user and password out of the authority; false when there are none.
/// libcurl takes one to three slashes for the two before it, and a reference
/// may begin with them.
bool erase_user(std::string& text) {
  if (lower_case(text.substr(0, 5)) == "file:") return false;
  const std::size_t slash = text.starts_with("//") ? 0 : text.find(":/");
  const std::size_t from = text.find_first_not_of('/', slash + 1);
  if (slash == text.npos || from == text.npos) return false;
  const std::size_t end =
      std::min(text.find_first_of("/?#", from), text.size());
  const std::size_t at = text.rfind('@', end);
  if (at == text.npos || at < from || at == end) return false;
  text.erase(from, at + 1 - from);
  return true;
}

/// `text`; when it is no line of text, what is not ASCII in it as %XX.
std::string one_line(std::string_view text) {
  if (is_printable(text)) return std::string(text);
  std::string line;
  for (const char c : text) {
    const bool plain = c >= 0x20 && c < 0x7F;
    line += plain ? std::string(1, c) : percent_encode({&c, 1});
  }
  return line;
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
  std::string text = one_line(url);
  while (erase_user(text)) {
  }
  const std::size_t query = text.find('?');
  if (query == text.npos) return text;
  std::string shown = text.substr(0, query);
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
