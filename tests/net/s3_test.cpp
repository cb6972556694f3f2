#include "net/s3.hpp"

#include <random>

#include "quarry/core/detail/text.hpp"

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using namespace quarry::detail;
using quarry::test::error_id;
using quarry::test::error_message;

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
    if (!read.ok()) CHECK(read.error().id == "s3.answer");
  }
  // Where only a key is damaged, nothing else is.
  const std::size_t begin = page.find("odd/");
  const std::size_t end = page.find("</Key>", begin);
  const std::string alphabet = "%+/ab1.\xC3\xBC \"'>";
  for (int round = 0; round < 1'000; ++round) {
    std::string text = page;
    for (std::size_t i = begin; i < end; ++i)
      if (random() % 3 == 0) text[i] = alphabet[random() % alphabet.size()];
    const S3Page read = parse_s3_page(Bytes::copy(text)).value();
    REQUIRE(read.objects.size() == 2);
    CHECK(read.objects[0].size == 12);
    CHECK(read.objects[1].key == "z.jpg");
    CHECK(read.objects[1].etag == "\"aa\"");
    CHECK(read.next == "1/+=x");
  }
}

/// Asks for an object of a bucket, and answers.
class Ask {
 public:
  explicit Ask(const S3Client& client, std::string bucket = "b")
      : request_(client.get({std::move(bucket), "k"}, "")) {}

  std::string url() const { return request_.sign().url; }
  /// The value of a header that is sent; empty when it is not.
  std::string header(const std::string& name) const {
    for (const std::string& line : request_.sign().headers) {
      if (line.starts_with(name + ": ")) return line.substr(name.size() + 2);
    }
    return {};
  }
  Verdict answer(long status, const std::string& body,
                 Headers headers = {}) const {
    return request_.judge({.status = status,
                           .body = Bytes::copy(body),
                           .headers = std::move(headers)});
  }
  Verdict error(long status, const std::string& code,
                const std::string& more = "") const {
    return answer(status, "<?xml version=\"1.0\"?><Error><Code>" + code +
                              "</Code>" + more + "</Error>");
  }

 private:
  Request request_;
};

S3Client client_of(AwsSettings settings = {}) {
  settings.credentials = AwsCredentials{"id", "secret"};
  return S3Client(nullptr, std::move(settings));
}

constexpr auto retry = Verdict::What::retry;
constexpr auto fail = Verdict::What::fail;

TEST_CASE("each bucket is asked where it is", "[s3]") {
  const S3Client client = client_of();
  const Ask one(client, "one");
  const Ask two(client, "two");
  CHECK(one.url() == "https://one.s3.us-east-1.amazonaws.com/k");
  const Verdict moved =
      one.answer(301, "<Error><Code>PermanentRedirect</Code></Error>",
                 {{"x-amz-bucket-region", "eu-west-1"}});
  CHECK(moved.what == retry);
  CHECK_FALSE(moved.counts);
  CHECK(one.url() == "https://one.s3.eu-west-1.amazonaws.com/k");
  CHECK(two.url() == "https://two.s3.us-east-1.amazonaws.com/k");
  CHECK(two.error(400, "AuthorizationHeaderMalformed",
                  "<Region>cn-north-1</Region>")
            .what == retry);
  CHECK(two.url() == "https://two.s3.cn-north-1.amazonaws.com.cn/k");
  CHECK(one.url() == "https://one.s3.eu-west-1.amazonaws.com/k");
  CHECK(two.header("Authorization").find("/cn-north-1/s3/") !=
        std::string::npos);
  // Its certificate is for one name before "s3".
  CHECK(Ask(client, "a.b").url() == "https://s3.us-east-1.amazonaws.com/a.b/k");
}

TEST_CASE("an answer from where a bucket was is no reason to stop", "[s3]") {
  const S3Client client = client_of();
  const Ask first(client);
  const Ask late(client);
  static_cast<void>(late.url());
  CHECK(first.error(301, "PermanentRedirect", "<Region>eu-west-1</Region>")
            .what == retry);
  // It does not say where; the first was told.
  const Verdict verdict = late.error(301, "PermanentRedirect");
  CHECK(verdict.what == retry);
  CHECK_FALSE(verdict.counts);
  // A bucket that nobody was told of.
  const Verdict unknown = Ask(client, "c").error(301, "PermanentRedirect");
  CHECK(unknown.what == fail);
  CHECK(unknown.failure->id == "s3.region");
  CHECK(unknown.failure->blame == Blame::run);
}

TEST_CASE("who is sent from place to place stops", "[s3]") {
  const Ask ask(client_of());
  const auto elsewhere = [&](const std::string& region) {
    return ask.error(400, "AuthorizationHeaderMalformed",
                     "<Region>" + region + "</Region>");
  };
  CHECK(elsewhere("eu-west-1").what == retry);
  CHECK(elsewhere("eu-west-2").what == retry);
  CHECK(elsewhere("eu-west-1").failure->id == "s3.region");
  // A bucket that is too new to be known everywhere.
  const Ask fresh(client_of());
  const auto temporary = [&] {
    return fresh.error(307, "TemporaryRedirect",
                       "<Endpoint>b.s3-us-west-2.amazonaws.com</Endpoint>");
  };
  CHECK_FALSE(temporary().counts);
  CHECK(fresh.url() == "https://b.s3.us-west-2.amazonaws.com/k");
  CHECK_FALSE(temporary().counts);
  CHECK(temporary().counts);
  CHECK(temporary().what == retry);
}

TEST_CASE("a clock that is wrong is put right once", "[s3]") {
  const S3Client client = client_of();
  const Ask ask(client);
  const std::string before = ask.header("x-amz-date");
  const auto skewed = [&](const char* date) {
    return ask.answer(403, "<Error><Code>RequestTimeTooSkewed</Code></Error>",
                      {{"date", date}});
  };
  const Verdict verdict = skewed("Fri, 24 May 2013 00:00:00 GMT");
  CHECK(verdict.what == retry);
  CHECK_FALSE(verdict.counts);
  CHECK(before.substr(0, 8) != "20130524");
  CHECK(Ask(client).header("x-amz-date").substr(0, 11) == "20130524T00");
  CHECK(skewed("no date").failure->id == "s3.credentials");
}

TEST_CASE("an endpoint's path is sent and signed", "[s3]") {
  const Ask ask(client_of({.endpoint = "http://H:9000/a%20b/"}));
  CHECK(ask.url() == "http://h:9000/a%20b/b/k");
  CHECK(ask.header("host") == "h:9000");
  AwsRequest same{.host = "h:9000", .path = "/a b/b/k"};
  same.date = ask.header("x-amz-date");
  CHECK(ask.header("Authorization")
            .ends_with("Signature=" + signature_of(same, {"id", "secret"})));
  for (const char* odd :
       {"http://me:pw@h", "http://me@h", "http://h?x=1", "http://h/#x",
        "ftp://h", "h:9000", "http:///me:pw@h"}) {
    CAPTURE(odd);
    CHECK(error_id([&] { client_of({.endpoint = odd}); }) == "net.url");
    CHECK(error_message([&] { client_of({.endpoint = odd}); }).find("pw") ==
          std::string::npos);
  }
  CHECK(error_id([] { client_of({.region = "evil.org/"}); }) == "s3.region");
  // What counts the answers of a host names the host alone.
  CHECK(client_of({.endpoint = "http://H/x"}).get({"b", "k"}, "").url.host ==
        "http://h");
}

TEST_CASE("who asks is in the headers, or nobody", "[s3]") {
  AwsSettings settings;
  settings.credentials = AwsCredentials{"id", "secret", "session"};
  const Ask known(S3Client(nullptr, settings));
  CHECK(known.header("x-amz-security-token") == "session");
  CHECK(known.header("Authorization").find("x-amz-security-token") !=
        std::string::npos);
  settings.credentials = std::nullopt;
  const Ask nobody(S3Client(nullptr, settings));
  CHECK(nobody.header("Authorization").empty());
  CHECK(nobody.url() == "https://b.s3.us-east-1.amazonaws.com/k");
}

TEST_CASE("errors of the service are named", "[s3]") {
  const Ask ask(client_of());
  const struct {
    long status;
    const char* code;
    const char* id;
    Verdict::What what;
    Blame blame;
  } errors[] = {
      {404, "NoSuchKey", "net.not_found", fail, Blame::sample},
      {403, "AccessDenied", "net.forbidden", fail, Blame::sample},
      {404, "NoSuchBucket", "s3.bucket", fail, Blame::run},
      {403, "SignatureDoesNotMatch", "s3.credentials", fail, Blame::run},
      {403, "InvalidAccessKeyId", "s3.credentials", fail, Blame::run},
      {400, "ExpiredToken", "s3.credentials", fail, Blame::run},
      {412, "PreconditionFailed", "s3.changed", fail, Blame::sample},
      {400, "RequestTimeout", "net.status", retry, Blame::sample},
      {500, "InternalError", "net.server", retry, Blame::sample},
      {503, "SlowDown", "net.throttled", retry, Blame::sample},
  };
  for (const auto& error : errors) {
    CAPTURE(error.code);
    const Verdict verdict = ask.error(error.status, error.code);
    CHECK(verdict.what == error.what);
    CHECK(verdict.failure->id == error.id);
    CHECK(verdict.failure->blame == error.blame);
    CHECK(verdict.failure->message.find("s3://b/k") == 0);
    CHECK(verdict.throttled == (error.status == 503));
    CHECK(verdict.counts);
  }
  const Verdict leads_on =
      ask.answer(301, "", {{"location", "https://me:pw@h/x"}});
  CHECK(leads_on.failure->id == "net.redirect");
  CHECK(leads_on.failure->hint.find("https://h/x") != std::string::npos);
}

TEST_CASE("what a service says becomes one line that is not too long", "[s3]") {
  const Verdict verdict =
      Ask(client_of())
          .error(403, "Odd\nCode",
                 "<Message>\x1B[31m" + std::string(5'000, 'x') + "</Message>");
  CHECK(is_printable(verdict.failure->message));
  CHECK(verdict.failure->message.size() < 500);
  const Verdict latin =
      Ask(client_of())
          .answer(403,
                  "<?xml version=\"1.0\" "
                  "encoding=\"latin1\"?><Error><Code>\xE9</Code>"
                  "</Error>");
  CHECK(is_printable(latin.failure->message));
}

TEST_CASE("bytes that are not those of the ETag are asked for again", "[s3]") {
  // Of "abc".
  const std::string etag = "\"900150983cd24fb0d6963f7d28e17f72\"";
  const auto took = [](const Verdict& verdict) {
    return verdict.what == Verdict::What::take;
  };
  const S3Client client = client_of();
  CHECK(took(Ask(client).answer(200, "abc", {{"etag", etag}})));
  const Ask damaged(client);
  const Verdict first = damaged.answer(200, "abd", {{"etag", etag}});
  CHECK(first.what == retry);
  CHECK(first.failure->id == "net.corrupt");
  CHECK_FALSE(first.counts);
  const Verdict second = damaged.answer(200, "abd", {{"etag", etag}});
  CHECK(second.what == retry);
  CHECK(second.counts);
  CHECK(took(damaged.answer(200, "abc", {{"etag", etag}})));
  // Here the ETag is not the MD5.
  for (const Headers& headers :
       {Headers{}, Headers{{"etag", "\"900150983cd24fb0d6963f7d28e17f72-2\""}},
        Headers{{"etag", etag}, {"x-amz-server-side-encryption", "aws:kms"}},
        Headers{{"etag", etag},
                {"x-amz-server-side-encryption-customer-algorithm", "AES256"}},
        Headers{{"etag", etag}, {"x-goog-stored-content-encoding", "gzip"}}}) {
    CHECK(took(Ask(client).answer(200, "abd", headers)));
  }
  CHECK(
      Ask(client)
          .answer(200, "abd",
                  {{"etag", etag}, {"x-amz-server-side-encryption", "AES256"}})
          .what == retry);
}

TEST_CASE("a service whose ETags are no MD5 is found out", "[s3]") {
  const std::string etag = "\"900150983cd24fb0d6963f7d28e17f72\"";
  const S3Client client = client_of();
  const Ask ask(client);
  CHECK(ask.answer(200, "other", {{"etag", etag}}).what == retry);
  CHECK(ask.answer(200, "othex", {{"etag", etag}}).what == retry);
  CHECK(ask.answer(200, "other", {{"etag", etag}}).what == retry);
  CHECK(ask.answer(200, "other", {{"etag", etag}}).what == Verdict::What::take);
  CHECK(Ask(client).answer(200, "more", {{"etag", etag}}).what ==
        Verdict::What::take);
}

TEST_CASE("fewer bytes than the listing has are not all", "[s3]") {
  const Request request = client_of().get({"b", "k"}, "", std::nullopt, 4);
  CHECK(
      request.judge({.status = 200, .body = Bytes::copy("abc"), .headers = {}})
          .failure->id == "net.truncated");
  CHECK(
      request.judge({.status = 200, .body = Bytes::copy("abcd"), .headers = {}})
          .what == Verdict::What::take);
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
  CHECK(parse_s3("S3://bucket/K").value().key == "K");
  CHECK(parse_s3("gs://bucket/k").value().bucket == "bucket");
  for (const char* text :
       {"s3://", "s3:///key", "s3://b cket/k", "http://b/k"}) {
    CHECK_FALSE(parse_s3(text).ok());
  }
}
