#include "net/credentials.hpp"

#include <cstdlib>
#include <fstream>
#include <string_view>

#include "quarry/core/error.hpp"

namespace quarry::detail {
namespace {

namespace fs = std::filesystem;
using Section = std::map<std::string, std::string>;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

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
    return named.empty() ? fs::path(home) / ".aws" / usual : fs::path(named);
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
  while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
  settings.region =
      first_of({options.region, environment("AWS_REGION"),
                environment("AWS_DEFAULT_REGION"),
                value_of(config[profile], "region"), "us-east-1"});
  if (options.anonymous) return settings;

  AwsCredentials found{environment("AWS_ACCESS_KEY_ID"),
                       environment("AWS_SECRET_ACCESS_KEY"),
                       environment("AWS_SESSION_TOKEN")};
  // A profile that is asked for by name is meant.
  const bool from_files =
      !options.profile.empty() || found.key_id.empty() || found.secret.empty();
  if (from_files) {
    for (const auto* sections : {&secrets, &config}) {
      const auto section = sections->find(profile);
      if (section == sections->end()) continue;
      const AwsCredentials kept{
          value_of(section->second, "aws_access_key_id"),
          value_of(section->second, "aws_secret_access_key"),
          value_of(section->second, "aws_session_token")};
      if (kept.key_id.empty() || kept.secret.empty()) continue;
      found = kept;
      break;
    }
  }
  if (found.key_id.empty() || found.secret.empty()) {
    raise("s3.credentials", "no credentials for S3 were found",
          "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write "
          "~/.aws/credentials; a bucket that is open to everybody is read "
          "with --s3-anonymous");
  }
  settings.credentials = std::move(found);
  return settings;
}

}  // namespace quarry::detail
