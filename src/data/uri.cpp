#include "data/uri.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <system_error>

#include "quarry/data/file_uri.hpp"

namespace quarry {
namespace {

bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Failure bad_uri(std::string_view uri, std::string_view why,
                std::string hint = {}) {
  std::string message(detail::is_printable(uri) ? std::string(uri)
                                                : detail::percent_encode(uri));
  message += ": ";
  message += why;
  return Failure{"source.uri", std::move(message), std::move(hint)};
}

}  // namespace

std::optional<std::string> detail::percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::optional<std::string> detail::scheme_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == text.npos || colon == 0) return std::nullopt;
  const std::string scheme = lower_case(text.substr(0, colon));
  const bool well_formed =
      is_alpha(scheme[0]) &&
      std::all_of(scheme.begin(), scheme.end(), [](char c) {
        return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
      });
  if (!well_formed) return std::nullopt;
  if (scheme == "file" || text.substr(colon, 3) == "://") return scheme;
  return std::nullopt;
}

bool detail::is_bucket_uri(std::string_view text) {
  const auto scheme = scheme_of(text);
  return scheme == "s3" || scheme == "gs";
}

std::string_view detail::without_query(std::string_view text) {
  if (!scheme_of(text) || is_bucket_uri(text)) return text;
  return text.substr(0, text.find_first_of("?#"));
}

std::string file_uri(const std::filesystem::path& path) {
  QUARRY_EXPECTS(!path.empty(), "file_uri: no path");
  return "file://" +
         detail::percent_encode(std::filesystem::absolute(path).native());
}

Result<std::filesystem::path> path_of_uri(std::string_view uri) {
  if (detail::scheme_of(uri) != "file") return bad_uri(uri, "not a file: URI");
  std::string_view rest = uri.substr(uri.find(':') + 1);
  if (rest.substr(0, 2) == "//") {
    rest.remove_prefix(2);
    const std::string_view host = rest.substr(0, rest.find('/'));
    if (!host.empty() && detail::lower_case(host) != "localhost") {
      return bad_uri(
          uri, "names a file on another host, \"" + std::string(host) + "\"",
          "a local file is file:///path, with three slashes");
    }
    rest.remove_prefix(host.size());
  }
  if (rest.empty() || rest[0] != '/') {
    return bad_uri(uri, "a file: URI holds an absolute path",
                   "write a relative path without \"file:\"");
  }
  if (rest.find_first_of("?#") != rest.npos) {
    return bad_uri(uri, "a file: URI has no query and no fragment",
                   "write ? as %3F and # as %23");
  }
  std::optional<std::string> path = detail::percent_decode(rest);
  if (!path) {
    return bad_uri(uri, "a % without two hexadecimal digits after it",
                   "write % as %25");
  }
  if (path->find('\0') != path->npos) return bad_uri(uri, "%00 in a path");
  return std::filesystem::path(*std::move(path));
}

std::string id_of_path(std::string_view path) {
  if (detail::is_printable(path)) return std::string(path);
  return "./" + detail::percent_encode(path);
}

}  // namespace quarry
