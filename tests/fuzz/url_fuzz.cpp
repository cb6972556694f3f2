// URLs of the network. The input is a base, a line end, and a reference.

#include <algorithm>

#include "quarry/core/detail/text.hpp"

#include "fuzz.hpp"
#include "net/s3.hpp"
#include "net/url.hpp"

namespace {

using namespace quarry;
using namespace quarry::detail;

/// Looked for in what is shown; nothing else is spelt so.
constexpr std::string_view password = "S3cr3tPa55";

std::size_t count(std::string_view text) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(password, at)) != text.npos; ++at)
    ++found;
  return found;
}

void check_url(std::string_view text) {
  const auto url = fuzz::attempt([&] { return parse_url(text); });
  if (!url) return;
  if (count(url->user) + count(url->password) > 0) {
    const std::size_t shown = count(shown_url(text));
    fuzz::check(shown == 0 || shown < count(text), "a password is shown");
  }
  const Url again = parse_url(url->text).value();
  fuzz::check(again.user.empty() && again.password.empty(),
              "a normalised URL has a user");
  fuzz::check(again.text == url->text && again.host == url->host &&
                  again.scheme == url->scheme,
              "a normalised URL is another when normalised again");
  // libcurl takes the name "%h" for "%25h".
  const bool plain = url->host.find('%') == std::string::npos;
  fuzz::check(!plain || url->text.starts_with(url->host),
              "a URL is of another host");
}

void check_join(std::string_view base, std::string_view reference) {
  // A list's own place, which has been read.
  if (!parse_url(base).ok() && !parse_s3(base).ok()) return;
  const auto joined = fuzz::attempt([&] { return join_url(base, reference); });
  if (!joined) return;
  check_url(*joined);
  fuzz::check(join_url(base, *joined).value() == *joined,
              "joined twice, a URL differs");
}

void check_s3(std::string_view text) {
  const auto uri = fuzz::attempt([&] { return parse_s3(text); });
  if (!uri) return;
  const bool whole = text.size() > 5 + uri->bucket.size();
  fuzz::check(
      "://" + uri->bucket + (whole ? "/" : "") + uri->key == text.substr(2),
      "an s3: URI is more than its parts");
  fuzz::check(shown_url(text) == text || !is_printable(text),
              "a key is shown as another");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  const std::string_view base = input.substr(0, input.find('\n'));
  const std::string_view reference =
      input.substr(std::min(base.size() + 1, input.size()));
  for (const std::string_view text : {base, reference}) {
    check_url(text);
    check_s3(text);
    const std::string shown = shown_url(text);
    fuzz::check(shown_url(shown) == shown, "what is shown hides something");
  }
  check_join(base, reference);
  return 0;
}
