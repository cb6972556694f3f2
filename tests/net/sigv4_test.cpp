#include "net/sigv4.hpp"

#include <algorithm>
#include <filesystem>
#include <string>

#include "quarry/core/file.hpp"
#include "quarry/core/json.hpp"

#include "catch.hpp"
#include "net/digest.hpp"

using namespace quarry;
using namespace quarry::detail;

namespace {

// The key pair of the examples in AWS's documentation of S3.
const AwsCredentials example{"AKIAIOSFODNN7EXAMPLE",
                             "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};

AwsRequest example_request() {
  AwsRequest request;
  request.host = "examplebucket.s3.amazonaws.com";
  request.date = "20130524T000000Z";
  return request;
}

}  // namespace

TEST_CASE("digests are those of their standards", "[digest]") {
  CHECK(sha256_hex("abc") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  // RFC 4231, test case 2.
  CHECK(hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(md5_hex(Bytes::copy("abc")).value() ==
        "900150983cd24fb0d6963f7d28e17f72");
  CHECK(md5_base64(Bytes::copy("")).value() == "1B2M2Y8AsgTpgAmY7PhCfg==");
}

TEST_CASE("signatures are those that AWS publishes", "[sigv4]") {
  AwsRequest object = example_request();
  object.path = "/test.txt";
  object.headers["range"] = "bytes=0-9";
  CHECK(signature_of(object, example) ==
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");

  AwsRequest lifecycle = example_request();
  lifecycle.query = {{"lifecycle", ""}};
  CHECK(signature_of(lifecycle, example) ==
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");

  AwsRequest listing = example_request();
  listing.query = {{"prefix", "J"}, {"max-keys", "2"}};
  CHECK(signature_of(listing, example) ==
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST_CASE("signatures are those of botocore, for odd keys too", "[sigv4]") {
  const auto file = std::filesystem::path(QUARRY_SHARED_DIR) /
                    "goldens/cases/sigv4_s3/case.json";
  if (!std::filesystem::exists(file)) {
    WARN("skipped: " << file << " is not there");
    return;
  }
  const Json golden =
      parse_json(std::string(read_file(file).value().text()), file.string());
  const Json& params = golden["params"];
  REQUIRE(golden["expected"]["requests"].size() > 5);
  for (const Json& wanted : golden["expected"]["requests"]) {
    AwsRequest request;
    request.method = wanted["method"].get<std::string>();
    request.host = wanted["host"].get<std::string>();
    request.path = '/' + wanted["key"].get<std::string>();
    for (const Json& field : wanted["query"]) {
      request.query.emplace_back(field[0].get<std::string>(),
                                 field[1].get<std::string>());
    }
    for (const auto& [name, value] : wanted["headers"].items()) {
      std::string lower = name;
      std::transform(lower.begin(), lower.end(), lower.begin(),
                     [](unsigned char c) { return std::tolower(c); });
      request.headers[lower] = value.get<std::string>();
    }
    request.payload = wanted["payload_sha256"].get<std::string>();
    request.date = params["amz_date"].get<std::string>();
    request.region = params["region"].get<std::string>();
    AwsCredentials credentials{params["access_key"].get<std::string>(),
                               params["secret_key"].get<std::string>()};
    if (!wanted["session_token"].is_null()) {
      credentials.session_token = wanted["session_token"].get<std::string>();
    }
    INFO(wanted["canonical_request"]);
    CHECK(signature_of(request, credentials) ==
          wanted["signature"].get<std::string>());
    const auto lines = sign(request, credentials);
    CHECK(std::find(
              lines.begin(), lines.end(),
              "Authorization: " + wanted["authorization"].get<std::string>()) !=
          lines.end());
    // One wrong byte of the secret, and nothing fits.
    credentials.secret.back() ^= 1;
    CHECK(signature_of(request, credentials) !=
          wanted["signature"].get<std::string>());
  }
}

TEST_CASE("a request is sent as it is signed", "[sigv4]") {
  AwsRequest request;
  request.path = "/odd/a b+\xC3\xBC%~x//./y";
  request.query = {{"b", "2"}, {"a", "x/y"}, {"a", "1"}};
  CHECK(target_of(request) == "/odd/a%20b%2B%C3%BC%25~x//./y?a=1&a=x%2Fy&b=2");
  CHECK(aws_date(0) == "19700101T000000Z");
  CHECK(aws_date(1'369'353'600) == "20130524T000000Z");
}
