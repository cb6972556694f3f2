#include "quarry/core/did_you_mean.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

using quarry::did_you_mean;
using quarry::nearest_name;

TEST_CASE("The nearest name is near or none at all", "[did_you_mean]") {
  const std::vector<std::string> known = {"entropy", "margin", "k_center"};
  CHECK(nearest_name("entropie", known) == "entropy");
  CHECK(nearest_name("Margin", known) == "margin");
  CHECK(nearest_name("MARGIN", known) == "margin");
  CHECK(nearest_name("k-center", known) == "k_center");
  CHECK(nearest_name("bald", known).empty());
  CHECK(nearest_name("marXYZ", known).empty());  // half of it
  CHECK(nearest_name("", known).empty());
  CHECK(nearest_name(std::string(100'000, 'x'), known).empty());
  CHECK(nearest_name("x", {}).empty());
}

TEST_CASE("Each slip of the finger counts as one", "[did_you_mean]") {
  // A third of three characters is one.
  const auto near = [](const char* typed, std::string name) {
    const std::vector<std::string> known = {name};
    return nearest_name(typed, known) == name;
  };
  CHECK(near("abc", "abcd"));       // left out
  CHECK(near("abc", "ab"));         // one too many
  CHECK(near("abc", "axc"));        // replaced
  CHECK(near("abc", "acb"));        // swapped
  CHECK_FALSE(near("abc", "axx"));  // two
  CHECK_FALSE(near("abc", "bca"));  // two
  CHECK(near("sitting", "sittin"));
  CHECK_FALSE(near("sitting", "kitten"));  // three of seven
}

TEST_CASE("Of two equally near names the first is meant", "[did_you_mean]") {
  const std::vector<std::string> known = {"ratio_b", "ratio_a", "ratio_ac"};
  CHECK(nearest_name("ratio_c", known) == "ratio_b");
  CHECK(nearest_name("ratio_a", known) == "ratio_a");
}

TEST_CASE("The hint asks, or is empty", "[did_you_mean]") {
  const std::vector<std::string> known = {"margin"};
  CHECK(did_you_mean("marign", known) == "did you mean margin?");
  CHECK(did_you_mean("coreset", known).empty());
}
