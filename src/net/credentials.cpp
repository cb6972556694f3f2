#include "net/credentials.hpp"

#include <cstdlib>
#include <fstream>
#include <string_view>
#include <utility>
#include <vector>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"

namespace quarry::detail {
namespace {

namespace fs = std::filesystem;
using Section = std::map<std::string, std::string>;

std::string first_of(std::initializer_list<std::string> values) {
  for (const std::string& value : values) {
    if (!value.empty()) return value;
  }
  return {};
}

std::string value_of(const Section& section, const char* key) {
  const auto found = section.find(key);
  return found == section.end() ? std::string() : found->second;
}

}  // namespace

std::string process_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::map<std::string, Section> read_aws_file(const fs::path& file) {
  std::map<std::string, Section> sections;
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return sections;
  std::ifstream in(file);
  Section* section = nullptr;
  for (std::string line; std::getline(in, line);) {
    const std::string_view text = trimmed(line);
    if (text.empty() || text[0] == '#' || text[0] == ';') continue;
    if (text.front() == '[') {
      std::string_view name = trimmed(text.substr(1, text.find(']') - 1));
      if (name.starts_with("profile ")) name = trimmed(name.substr(8));
      section = &sections[std::string(name)];
      continue;
    }
    const std::size_t equals = text.find('=');
    // An indented line belongs to a nested setting, none of which matters here.
    const bool nested = line[0] == ' ' || line[0] == '\t';
    if (section == nullptr || equals == text.npos || nested) continue;
    (*section)[std::string(trimmed(text.substr(0, equals)))] =
        trimmed(text.substr(equals + 1));
  }
  return sections;
}

AwsSettings aws_settings(const S3Options& options,
                         const Environment& environment) {
  const std::string home = environment("HOME");
  const auto file = [&](const char* variable, const char* usual) {
    const std::string named = environment(variable);
    if (!named.empty()) return fs::path(named);
    return home.empty() ? fs::path() : fs::path(home) / ".aws" / usual;
  };
  const std::string wanted =
      first_of({options.profile, environment("AWS_PROFILE")});
  const std::string profile = wanted.empty() ? "default" : wanted;
  auto config = read_aws_file(file("AWS_CONFIG_FILE", "config"));
  auto secrets =
      read_aws_file(file("AWS_SHARED_CREDENTIALS_FILE", "credentials"));
  if (!wanted.empty() && !config.contains(profile) &&
      !secrets.contains(profile)) {
    raise("s3.profile", "there is no AWS profile \"" + profile + '"',
          "profiles stand in ~/.aws/config and ~/.aws/credentials");
  }

  AwsSettings settings;
  settings.endpoint =
      first_of({options.endpoint, environment("AWS_ENDPOINT_URL_S3"),
                environment("AWS_ENDPOINT_URL"),
                value_of(config[profile], "endpoint_url")});
  settings.region =
      first_of({options.region, environment("AWS_REGION"),
                environment("AWS_DEFAULT_REGION"),
                value_of(config[profile], "region"), "us-east-1"});
  if (options.anonymous) return settings;

  // A profile that is named here is meant, and nobody else.
  std::vector<AwsCredentials> found;
  if (options.profile.empty()) {
    found.push_back({environment("AWS_ACCESS_KEY_ID"),
                     environment("AWS_SECRET_ACCESS_KEY"),
                     environment("AWS_SESSION_TOKEN")});
  }
  for (auto* sections : {&secrets, &config}) {
    const Section& section = (*sections)[profile];
    found.push_back({value_of(section, "aws_access_key_id"),
                     value_of(section, "aws_secret_access_key"),
                     value_of(section, "aws_session_token")});
  }
  for (AwsCredentials& one : found) {
    if (one.key_id.empty() || one.secret.empty()) continue;
    settings.credentials = std::move(one);
    return settings;
  }
  for (const char* key : {"sso_session", "sso_start_url", "role_arn",
                          "credential_process", "web_identity_token_file"}) {
    if (value_of(config[profile], key).empty()) continue;
    raise("s3.credentials",
          "the AWS profile \"" + profile + "\" has " + key +
              ", which is not understood",
          "eval \"$(aws configure export-credentials --format env)\" puts keys "
          "into the environment");
  }
  raise("s3.credentials",
        wanted.empty() ? std::string("no credentials for S3 were found")
                       : "the AWS profile \"" + profile + "\" has no keys",
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write "
        "~/.aws/credentials; a bucket that is open to everybody is read "
        "with --s3-anonymous");
}

AwsSettings settings_for(std::string_view scheme, const S3Options& options,
                         const Environment& environment) {
  if (scheme != "gs") return aws_settings(options, environment);
  S3Options google = options;
  if (google.endpoint.empty())
    google.endpoint = "https://storage.googleapis.com";
  if (google.region.empty()) google.region = "auto";
  AwsSettings settings = aws_settings(google, environment);
  settings.scheme = "gs";
  return settings;
}

}  // namespace quarry::detail
