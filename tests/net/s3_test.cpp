#include "net/s3.hpp"

#include <random>

#include "catch.hpp"

using namespace quarry;
using namespace quarry::detail;

namespace {

const std::string page =
    R"(<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<Name>b</Name><Prefix/><KeyCount>2</KeyCount><MaxKeys>2</MaxKeys>
<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
<NextContinuationToken>1/+=x</NextContinuationToken>
<Contents><Key>odd/a+b%2B%C3%BC.jpg</Key><ETag>"9b"</ETag><Size>12</Size>
</Contents>
<Contents><Key>z.jpg</Key><ETag>&quot;aa&quot;</ETag><Size>7</Size></Contents>
</ListBucketResult>)";

}  // namespace

TEST_CASE("a page of a listing is read, its keys decoded", "[s3]") {
  const S3Page read = parse_s3_page(Bytes::copy(page)).value();
  REQUIRE(read.objects.size() == 2);
  CHECK(read.objects[0].key == "odd/a b+\xC3\xBC.jpg");
  CHECK(read.objects[0].etag == "\"9b\"");
  CHECK(read.objects[0].size == 12);
  CHECK(read.objects[1].etag == "\"aa\"");
  CHECK(read.next == "1/+=x");
}

TEST_CASE("keys that are not encoded stay as they are", "[s3]") {
  const S3Page read =
      parse_s3_page(Bytes::copy("<ListBucketResult><Contents><Key>a+%41"
                                "</Key></Contents></ListBucketResult>"))
          .value();
  REQUIRE(read.objects.size() == 1);
  CHECK(read.objects[0].key == "a+%41");
  CHECK(read.next.empty());
}

TEST_CASE("what is no listing stops the run", "[s3]") {
  for (const char* text : {"", "ok", "<html></html>", "<ListBucketResult>",
                           "<ListBucketResult><IsTruncated>true</IsTruncated>"
                           "</ListBucketResult>"}) {
    const auto read = parse_s3_page(Bytes::copy(text));
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().id == "s3.answer");
    CHECK(read.error().blame == Blame::run);
  }
}

TEST_CASE("a damaged page is a page or a failure", "[s3]") {
  std::mt19937 random(3);
  for (int round = 0; round < 5'000; ++round) {
    std::string text = page;
    for (int i = 0; i < 3; ++i) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    text.resize(random() % 4 == 0 ? random() % text.size() : text.size());
    const auto read = parse_s3_page(Bytes::copy(text));
    if (read.ok()) CHECK(read->objects.size() <= 2);
  }
}

TEST_CASE("an answer names a region and neither a host nor a header", "[s3]") {
  const auto asked_next = [](const std::string& region) {
    const S3Client client(nullptr, {.credentials = AwsCredentials{"i", "s"}});
    const Request request = client.get({"b", "k"}, "");
    static_cast<void>(request.sign());
    const Verdict verdict = request.judge(
        {.status = 400,
         .body = Bytes::take(
             "<Error><Code>AuthorizationHeaderMalformed</Code><Region>" +
             region + "</Region></Error>"),
         .headers = {}});
    const bool again = verdict.what == Verdict::What::retry;
    CHECK((again || verdict.failure->id == "s3.region"));
    return request.sign().url;
  };
  CHECK(asked_next("eu-west-1") == "https://b.s3.eu-west-1.amazonaws.com/k");
  for (const char* region : {"example.org/", "@example.org", "a&#13;&#10;X: y",
                             "eu west", "\xC3\xA9", ""}) {
    CHECK(asked_next(region) == "https://b.s3.us-east-1.amazonaws.com/k");
  }
}

TEST_CASE("a place in S3 is a bucket and a key as it is", "[s3]") {
  const S3Uri uri = parse_s3("s3://my.bucket-1/a b/%41?#.jpg").value();
  CHECK(uri.bucket == "my.bucket-1");
  CHECK(uri.key == "a b/%41?#.jpg");
  CHECK(parse_s3("s3://bucket").value().key.empty());
  for (const char* text :
       {"s3://", "s3:///key", "s3://b cket/k", "http://b/k"}) {
    CHECK_FALSE(parse_s3(text).ok());
  }
}
