#include "net/url.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include <curl/curl.h>

#include "quarry/core/detail/text.hpp"

#include "net/digest.hpp"

namespace quarry::detail {
namespace {

// Of a URL in a message. A list from elsewhere may hold anything.
constexpr std::size_t longest_shown = 500;

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Handle = std::unique_ptr<CURLU, FreeUrl>;

struct Free {
  void operator()(char* text) const { curl_free(text); }
};
using CurlText = std::unique_ptr<char, Free>;

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
  return CurlText(text).get();
}

CURLUcode set(CURLU* url, CURLUPart which, std::string_view text,
              unsigned flags = 0) {
  return curl_url_set(url, which, std::string(text).c_str(), flags);
}

// Whatever the locale.
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_alnum(char c) {
  return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z');
}

/// Bytes that no URL holds: libcurl would take some of them.
bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7F;
  });
}

/// What stands before the first colon when that may be a scheme; else empty.
std::string_view scheme_in(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == text.npos || colon == 0) return {};
  const std::string_view scheme = text.substr(0, colon);
  const bool well_formed =
      !is_digit(scheme[0]) &&
      std::all_of(scheme.begin(), scheme.end(), [](char c) {
        return is_alnum(c) || c == '+' || c == '-' || c == '.';
      });
  return well_formed ? scheme : std::string_view();
}

/// What follows "scheme://"; nothing for another number of slashes, of which
/// libcurl would take some.
std::optional<std::string_view> after_slashes(std::string_view text) {
  const std::string_view scheme = scheme_in(text);
  if (scheme.empty()) return std::nullopt;
  text.remove_prefix(scheme.size());
  if (!text.starts_with("://")) return std::nullopt;
  text.remove_prefix(3);
  if (text.starts_with('/') && lower_case(scheme) != "file")
    return std::nullopt;
  return text;
}

bool is_bucket_scheme(std::string_view scheme) {
  const std::string lower = lower_case(scheme);
  return lower == "s3" || lower == "gs";
}

bool is_bucket(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return is_alnum(c) || c == '.' || c == '-' || c == '_';
  });
}

/// Whether `text` is the URI of a bucket or of something in it. Nothing in it
/// grants access, whatever the key looks like.
bool names_bucket(std::string_view text) {
  const auto rest = after_slashes(text);
  return rest && is_bucket_scheme(scheme_in(text)) &&
         is_bucket(rest->substr(0, rest->find('/')));
}

/// What libcurl understands; null, with `why`, when that is nothing.
Handle understood(std::string_view text, std::string& why) {
  if (has_control(text)) {
    why = "holds a space or a control character";
    return nullptr;
  }
  if (!after_slashes(text)) {
    why = "a URL begins with a scheme, a colon and two slashes";
    return nullptr;
  }
  Handle url(curl_url());
  // Other schemes parse too, so that they can be named.
  const CURLUcode code =
      set(url.get(), CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
  if (code == CURLUE_OK) return url;
  why = curl_url_strerror(code);
  return nullptr;
}

Failure bad_url(std::string_view text, const std::string& why) {
  return Failure{"net.url", cut(shown_url(text), longest_shown) + ": " + why,
                 "write what a URL may not hold (spaces, control characters) "
                 "as %XX"};
}

std::string without_login(std::string_view text) {
  const std::size_t last = text.rfind('@');
  if (last == text.npos || names_bucket(text)) return std::string(text);
  const std::string_view scheme = scheme_in(text);
  const bool relative = scheme.empty();
  if (relative && !text.starts_with("//")) return std::string(text);
  if (lower_case(scheme) == "file") return std::string(text);
  const std::size_t from =
      text.find_first_not_of('/', relative ? 0 : scheme.size() + 1);
  // Where a password ends in what is no URL nobody can tell.
  std::size_t begin = last + 1;
  std::string why;
  const std::string whole = (relative ? "http:" : "") + std::string(text);
  if (!is_bucket_scheme(scheme) && understood(whole, why)) {
    const std::size_t end =
        std::min(text.find_first_of("/?#", from), text.size());
    const std::size_t at = text.substr(0, end).rfind('@');
    begin = at == text.npos ? from : at + 1;
  }
  return std::string(text.substr(0, from)).append(text.substr(begin));
}

/// Whether a value looks like a key and not like a name: long, with digits and
/// letters of both cases that take turns.
bool looks_random(std::string_view value) {
  if (value.starts_with("eyJ")) return value.size() >= 20;  // a JSON Web Token
  if (value.find_first_of("/.") != value.npos) return false;
  std::array<std::size_t, 3> kinds{};
  std::size_t turns = 0;
  std::optional<std::size_t> before;
  for (const char c : value) {
    if (!is_alnum(c)) continue;
    const std::size_t kind = is_digit(c) ? 0 : is_upper(c) ? 1 : 2;
    ++kinds[kind];
    if (before && *before != kind) ++turns;
    before = kind;
  }
  const std::size_t count = kinds[0] + kinds[1] + kinds[2];
  return count >= 32 && kinds[0] > 0 && kinds[1] > 0 && kinds[2] > 0 &&
         turns * 3 >= count;
}

/// Whether the value of a query's field grants access, to judge by its name.
bool is_secret(std::string_view field) {
  // Of no length libcurl unescapes all that follows.
  if (field.empty()) return false;
  int size = 0;
  const CurlText plain(curl_easy_unescape(
      nullptr, field.data(), static_cast<int>(field.size()), &size));
  if (plain == nullptr) return true;
  std::string name = lower_case({plain.get(), static_cast<std::size_t>(size)});
  std::erase_if(name, [](char c) { return !is_alnum(c); });
  constexpr std::array<std::string_view, 7> names = {
      "sig", "auth", "jwt", "hdnts", "hdnea", "pwd", "pass"};
  constexpr std::array<std::string_view, 13> endings = {
      "token",      "secret",      "signature",    "password",  "passwd",
      "credential", "credentials", "apikey",       "accesskey", "accesskeyid",
      "secretkey",  "sessionid",   "authorization"};
  return std::find(names.begin(), names.end(), name) != names.end() ||
         std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view end) { return name.ends_with(end); });
}

/// A field of a query, "name=value".
std::string shown_field(std::string_view field, Secrets secrets) {
  const std::size_t equals = field.find('=');
  if (equals == field.npos) return std::string(field);
  const std::string_view value = field.substr(equals + 1);
  // What is hidden already stays so.
  if (value.empty() || value.starts_with("***")) return std::string(field);
  if (!is_secret(field.substr(0, equals)) && !looks_random(value))
    return std::string(field);
  std::string text(field.substr(0, equals + 1));
  text += "***";
  if (secrets == Secrets::told) text += sha256_hex(value).substr(0, 8);
  return text;
}

std::string in_ascii(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F) {
      encoded += c;
    } else {
      encoded += percent_encode({&c, 1});
    }
  }
  return encoded;
}

/// `reference` in a bucket; what it begins with is no other scheme.
std::string join_key(std::string_view base, std::string_view reference) {
  const std::size_t root = base.find('/', base.find("://") + 3);
  std::string_view bucket = base.substr(0, root);
  std::string_view folder =
      root == base.npos ? "/" : base.substr(root, base.rfind('/') + 1 - root);
  if (reference.starts_with("//"))
    return std::string(base.substr(0, base.find(':') + 1)).append(reference);
  if (reference.starts_with('/')) return std::string(bucket).append(reference);
  for (;;) {
    if (reference.starts_with("./")) {
      reference.remove_prefix(2);
    } else if (reference.starts_with("../")) {
      reference.remove_prefix(3);
      folder.remove_suffix(folder.size() > 1 ? 1 : 0);
      folder = folder.substr(0, folder.rfind('/') + 1);
    } else {
      return std::string(bucket).append(folder).append(reference);
    }
  }
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  std::string why;
  const Handle url = understood(text, why);
  if (!url) return bad_url(text, why);
  Url parsed;
  parsed.scheme = part(url.get(), CURLUPART_SCHEME);
  constexpr std::array<std::string_view, 4> known = {"http", "https", "ftp",
                                                     "ftps"};
  if (std::find(known.begin(), known.end(), parsed.scheme) == known.end()) {
    return Failure{"net.scheme",
                   cut(shown_url(text), longest_shown) + ": " + parsed.scheme +
                       ": is no scheme that is read over the network",
                   "http, https, ftp, ftps and s3 are"};
  }
  parsed.user = part(url.get(), CURLUPART_USER, CURLU_URLDECODE);
  parsed.password = part(url.get(), CURLUPART_PASSWORD, CURLU_URLDECODE);
  const std::string given = part(url.get(), CURLUPART_HOST);
  const std::string host = lower_case(given);
  // Lists are long, and most URLs have none of this.
  if (host != given) set(url.get(), CURLUPART_HOST, host);
  if (text.find('@') != text.npos) {
    curl_url_set(url.get(), CURLUPART_USER, nullptr, 0);
    curl_url_set(url.get(), CURLUPART_PASSWORD, nullptr, 0);
  }
  if (text.find('#') != text.npos)
    curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  parsed.text = part(url.get(), CURLUPART_URL);
  parsed.host = parsed.scheme + "://" + host;
  const std::string port = part(url.get(), CURLUPART_PORT);
  if (!port.empty()) parsed.host += ':' + port;
  return parsed;
}

Result<S3Uri> parse_s3(std::string_view uri) {
  if (!names_bucket(uri)) {
    return Failure{"net.url",
                   cut(shown_url(uri), longest_shown) + ": no bucket's name",
                   "s3://bucket/key"};
  }
  uri = *after_slashes(uri);
  const std::size_t slash = std::min(uri.find('/'), uri.size());
  S3Uri parsed{.bucket = std::string(uri.substr(0, slash)), .key = {}};
  if (slash < uri.size()) parsed.key = uri.substr(slash + 1);
  return parsed;
}

Result<std::string> join_url(std::string_view base,
                             std::string_view reference) {
  std::string why;
  if (names_bucket(reference)) return std::string(reference);
  if (names_bucket(base) && !after_slashes(reference)) {
    std::string joined = join_key(base, reference);
    if (names_bucket(joined)) return joined;
    return bad_url(joined, "no bucket's name");
  }
  // What has a scheme is no reference, and stands alone.
  const bool whole = !scheme_in(reference).empty();
  const std::string_view first = whole ? reference : base;
  const Handle url = understood(first, why);
  if (!url) return bad_url(first, why);
  if (whole) return part(url.get(), CURLUPART_URL);
  if (has_control(reference))
    return bad_url(reference, "holds a space or a control character");
  const CURLUcode code =
      set(url.get(), CURLUPART_URL, reference, CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) return bad_url(reference, curl_url_strerror(code));
  return part(url.get(), CURLUPART_URL);
}

std::string with_login(const std::string& url, const Url& from) {
  std::string why;
  const auto there = parse_url(url);
  if (from.user.empty() || !there.ok() || there->host != from.host) return url;
  const Handle whole = understood(url, why);
  set(whole.get(), CURLUPART_USER, from.user, CURLU_URLENCODE);
  set(whole.get(), CURLUPART_PASSWORD, from.password, CURLU_URLENCODE);
  return part(whole.get(), CURLUPART_URL);
}

// A host is always in ASCII: libcurl decodes it, and how it is shown must not
// depend on what stands beside it.
std::string printable(std::string_view url) {
  if (!is_printable(url)) return in_ascii(url);
  std::string text(url);
  const bool is_ascii = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x80;
  });
  if (is_ascii) return text;
  const std::size_t begin = text.find("://");
  // Behind a question mark it is no host's.
  if (begin == text.npos || text.find_first_of("/?#") < begin ||
      names_bucket(text)) {
    return text;
  }
  const std::size_t end =
      std::min(text.find_first_of("/?#", begin + 3), text.size());
  return text.substr(0, begin) + in_ascii(text.substr(begin, end - begin)) +
         text.substr(end);
}

std::string shown_url(std::string_view url, Secrets secrets) {
  // What is judged is what is shown, so that shown again it stays.
  std::string text = printable(without_login(url));
  // Of a password that is not encoded the end may stand there.
  const std::size_t fragment = names_bucket(text) ? text.npos : text.find('#');
  if (fragment != text.npos && text.find('@', fragment) != text.npos)
    text.resize(fragment);
  const std::size_t query = text.find_first_of("?#");
  if (query == text.npos || names_bucket(text)) return text;
  std::string shown = text.substr(0, query);
  for (std::size_t from = query; from < text.size();) {
    shown += text[from++];  // what separates it from the field before
    const std::size_t end =
        std::min(text.find_first_of("&;#", from), text.size());
    shown +=
        shown_field(std::string_view(text).substr(from, end - from), secrets);
    from = end;
  }
  return shown;
}

}  // namespace quarry::detail
