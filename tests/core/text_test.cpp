#include "quarry/core/detail/text.hpp"

#include <cerrno>

#include "catch.hpp"

using quarry::detail::cut;
using quarry::detail::shown;

TEST_CASE("a name that is no line of text is shown percent-encoded") {
  CHECK(shown("a b/caf\xC3\xA9.jpg") == "a b/caf\xC3\xA9.jpg");
  CHECK(shown("a b\n") == "a%20b%0A");
  CHECK(shown("\xFF") == "%FF");
  CHECK(shown("") == "\"\"");
}

TEST_CASE("a long text is cut between characters") {
  CHECK(cut("abcdef", 6) == "abcdef");
  CHECK(cut("abcdefg", 6) == "abc…");
  const std::string umlauts = "äöüäöü";  // two bytes each
  CHECK(cut(umlauts, 12) == umlauts);
  CHECK(cut(umlauts, 11) == "äöüä…");
  CHECK(cut(umlauts, 10) == "äöü…");
  CHECK(cut("€€€", 8) == "€…");
  CHECK(cut("€€€", 2) == "…");
}

TEST_CASE("lower case touches ASCII letters only") {
  CHECK(quarry::detail::lower_case("AZ[\\]^_`az\xC4\xD6") ==
        "az[\\]^_`az\xC4\xD6");
}

TEST_CASE("an errno has a reason") {
  CHECK(quarry::detail::reason(EACCES) == "Permission denied");
}
