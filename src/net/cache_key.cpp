#include "net/cache_key.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "quarry/core/detail/text.hpp"

#include "net/digest.hpp"

namespace quarry::detail {
namespace {

/// Whether a field of a query says only that this very object may be had, and
/// is another each time. (A key, a token or a password is a secret, too, but
/// may name the object, or whose it is.)
bool only_grants(std::string_view field) {
  const std::string name = lower_case(field.substr(0, field.find('=')));
  for (const std::string_view prefix : {"x-amz-", "x-goog-"}) {
    if (!name.starts_with(prefix)) continue;
    constexpr std::array<std::string_view, 7> presigned = {
        "algorithm", "credential",    "date",          "expires",
        "signature", "signedheaders", "security-token"};
    return std::find(presigned.begin(), presigned.end(),
                     std::string_view(name).substr(prefix.size())) !=
           presigned.end();
  }
  return name == "signature" || name == "sig";
}

/// The URL without such fields.
std::string named_by(std::string_view url) {
  const std::size_t query = url.find('?');
  // In a key of S3 a question mark is one.
  if (query == url.npos || !url.starts_with("http")) return std::string(url);
  std::string name(url.substr(0, query));
  url.remove_prefix(query + 1);
  for (char separator = '?';;) {
    const std::size_t end = std::min(url.find('&'), url.size());
    const std::string_view field = url.substr(0, end);
    if (!only_grants(field)) {
      name += separator;
      name += field;
      separator = '&';
    }
    if (end == url.size()) return name;
    url.remove_prefix(end + 1);
  }
}

}  // namespace

std::string cache_key(const Request& request) {
  std::string text;
  for (const std::string& part :
       {request.url.host, request.url.user,
        request.range ? request.range->text() : std::string(), request.subject,
        request.list, named_by(request.url.text)}) {
    text += part;
    text += '\0';
  }
  return sha256(text);
}

}  // namespace quarry::detail
