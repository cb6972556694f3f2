#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "quarry/net/s3_options.hpp"

namespace quarry::detail {

/// An environment variable's value; empty when it is not set.
using Environment = std::function<std::string(const char*)>;
std::string process_environment(const char* name);

struct AwsCredentials {
  std::string key_id;
  std::string secret;
  std::string session_token = {};
};

/// `S3Options` with everything looked up.
struct AwsSettings {
  std::string scheme = "s3";  ///< of the URIs
  std::string endpoint = {};  ///< empty: AWS
  std::string region = "us-east-1";
  std::optional<AwsCredentials> credentials =
      std::nullopt;  ///< none: anonymous
};

/// Raises `s3.credentials` when requests are to be signed and there is nothing
/// to sign with, `s3.profile` for a profile that is asked for and not there.
AwsSettings aws_settings(const S3Options& options,
                         const Environment& environment = process_environment);

/// The same for the service of `scheme`, "s3" or "gs". Google's understands S3
/// at an endpoint of its own, with an HMAC key for a key pair of AWS.
AwsSettings settings_for(std::string_view scheme, const S3Options& options,
                         const Environment& environment = process_environment);

/// The sections of an INI file as the tools of AWS write it: `[default]`,
/// `[profile name]`, `key = value`, comments with # and ;. What it cannot
/// understand it skips; a file that is not there has no sections.
std::map<std::string, std::map<std::string, std::string>> read_aws_file(
    const std::filesystem::path& file);

}  // namespace quarry::detail
