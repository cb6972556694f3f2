#include "core/bad_samples.hpp"

#include "catch.hpp"

namespace quarry::detail {
namespace {

TEST_CASE("bad samples are told by their kinds, the most frequent first",
          "[bad_samples]") {
  const std::vector<BadSample> bad = {{0, "a.jpg", {"file.read", "x"}},
                                      {1, "b.jpg", {"decode.corrupt", "x"}},
                                      {4, "c.jpg", {"decode.corrupt", "x"}},
                                      {9, "d.jpg", {"decode.corrupt", "x"}}};
  CHECK(by_kind(bad) == "3 × decode.corrupt, 1 × file.read");
  CHECK(by_kind({}).empty());
  CHECK(too_many_bad(bad, 1000, 3) ==
        "4 bad samples of 1,000 samples, 3 allowed (3 × decode.corrupt, 1 × "
        "file.read); the first: a.jpg, b.jpg, c.jpg");
}

TEST_CASE("a fraction of samples is what it says, whatever its rounding",
          "[bad_samples]") {
  CHECK(allowed_bad(0.29, 100) == 29);
  CHECK(allowed_bad(0.1, 99) == 9);
  CHECK(allowed_bad(0.0, 100) == 0);
  CHECK(allowed_bad(1.0, 7) == 7);
}

}  // namespace
}  // namespace quarry::detail
