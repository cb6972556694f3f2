#include "quarry/data/s3_source.hpp"

#include "catch.hpp"
#include "error_id.hpp"

namespace quarry {
namespace {

using test::error_id;

static_assert(AsyncSource<S3Source>);

TEST_CASE("options of a pool in S3 out of range are refused") {
  const auto refused = [](const S3SourceOptions& options) {
    return error_id([&] { options.validate(); });
  };
  CHECK(refused({}) == "");
  CHECK(refused({.extensions = {}}) == "");
  // It would match nothing, and the pool be empty.
  for (const char* odd : {".jpg", "", "a/b"}) {
    CHECK(refused({.extensions = {"png", odd}}) == "source.option");
  }
  CHECK(refused({.network = {.max_in_flight = 0}}) == "net.option");
}

TEST_CASE("what is no pool in S3 is an error before anything is sent") {
  const S3Options anybody{.anonymous = true};
  const auto of = [&](const char* uri, const S3SourceOptions& options) {
    return error_id([&] { S3Source source(uri, options); });
  };
  CHECK(of("s3://", {.s3 = anybody}) == "net.url");
  CHECK(of("s3://id:secret@b/k", {.s3 = anybody}) == "net.url");
  CHECK(of("http://b/k", {.s3 = anybody}) == "net.url");
  CHECK(of("s3://b", {.extensions = {".jpg"}, .s3 = anybody}) ==
        "source.option");
  CHECK(of("s3://b", {.s3 = {.endpoint = "http://me:pw@h",
                             .anonymous = true}}) == "net.url");
}

}  // namespace
}  // namespace quarry
