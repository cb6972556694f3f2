#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/credentials.hpp"

namespace quarry::detail {

/// `text` with every byte but A–Z a–z 0–9 - . _ ~ as %XX; a slash stays where
/// `keep_slash`.
std::string aws_encode(std::string_view text, bool keep_slash);

/// What a signature covers.
struct AwsRequest {
  std::string method = "GET";
  std::string host = {};   ///< with the port unless it is the usual one
  std::string path = "/";  ///< not encoded
  std::vector<std::pair<std::string, std::string>> query = {};  ///< not encoded
  std::map<std::string, std::string> headers = {};  ///< names in lower case
  /// The SHA-256 of the body, or "UNSIGNED-PAYLOAD"; empty: of no body.
  std::string payload = {};
  std::string region = "us-east-1";
  std::string service = "s3";
  std::string date = {};  ///< "20130524T000000Z"
};

/// "/path?query" as it is sent and as it is signed.
std::string target_of(const AwsRequest& request);

/// The headers that sign a request without a body (AWS Signature Version 4, as
/// S3 does it: the path encoded once): host, x-amz-date, x-amz-content-sha256,
/// x-amz-security-token with a session, those of `request`, Authorization.
std::vector<std::string> sign(const AwsRequest& request,
                              const AwsCredentials& credentials);

/// The signature alone, in hexadecimal digits.
std::string signature_of(const AwsRequest& request,
                         const AwsCredentials& credentials);

/// A moment as in `AwsRequest::date`; seconds since 1970.
std::string aws_date(std::int64_t seconds);

}  // namespace quarry::detail
