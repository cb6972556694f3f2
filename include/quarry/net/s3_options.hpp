#pragma once

#include <string>

namespace quarry {

/// Where a bucket is and who asks. What is empty is looked up where the tools
/// of AWS look: the environment, then `~/.aws/config` and `~/.aws/credentials`.
struct S3Options {
  /// "http://127.0.0.1:9000" for a server of another make; then buckets are
  /// part of the path. Else AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the
  /// profile's endpoint_url, and AWS itself.
  std::string endpoint = {};
  /// Else AWS_REGION, AWS_DEFAULT_REGION, the profile's region, us-east-1. A
  /// bucket that is elsewhere says so and is asked again there.
  std::string region = {};
  /// Of the files: else AWS_PROFILE, "default".
  std::string profile = {};
  /// Signs nothing, for buckets that are open to everybody.
  bool anonymous = false;
};

}  // namespace quarry
