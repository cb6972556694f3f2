// file: URIs and the ids of paths.

#include "quarry/core/detail/text.hpp"
#include "quarry/data/file_uri.hpp"

#include "data/uri.hpp"
#include "fuzz.hpp"

using namespace quarry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  fuzz::check(detail::percent_decode(detail::percent_encode(text)) == text,
              "percent-encoded and decoded, a text differs");
  fuzz::check(detail::is_printable(id_of_path(text)),
              "an id is no line of text");
  fuzz::check(detail::is_printable(detail::cut(id_of_path(text), 40)),
              "a cut broke a character");
  const auto path = fuzz::attempt([&] { return path_of_uri(text); });
  if (path) {
    fuzz::check(path->is_absolute(), "a URI names a relative path");
    fuzz::check(path_of_uri(file_uri(*path)).value().native() == path->native(),
                "the URI of a path names another");
  }
  return 0;
}
