#include "strategy/nearest.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

using quarry::detail::edit_distance;
using quarry::detail::nearest;

TEST_CASE("The edit distance counts slips of the finger", "[nearest]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("margin", "margni") == 1);  // swapped
  CHECK(edit_distance("kcenter", "k_center") == 1);
  CHECK(edit_distance("badge", "badge") == 0);
}

TEST_CASE("The nearest name is near or none at all", "[nearest]") {
  const std::vector<std::string> known = {"entropy", "margin", "k_center"};
  CHECK(nearest("entropie", known) == "entropy");
  CHECK(nearest("Margin", known) == "margin");
  CHECK(nearest("k-center", known) == "k_center");
  CHECK(nearest("bald", known).empty());
  CHECK(nearest("marXYZ", known).empty());  // half of it
  CHECK(nearest("", known).empty());
  CHECK(nearest(std::string(100'000, 'x'), known).empty());
  CHECK(nearest("x", {}).empty());
}
