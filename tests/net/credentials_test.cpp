#include "net/credentials.hpp"

#include <map>

#include "catch.hpp"
#include "error_id.hpp"
#include "temp_dir.hpp"

using namespace quarry;
using namespace quarry::detail;
using namespace quarry::test;

namespace {

/// An environment of its own, with a home that has the files of AWS's tools.
struct Home {
  TempDir dir;
  std::map<std::string, std::string> variables = {};

  AwsSettings settings(const S3Options& options = {}) const {
    return aws_settings(options, [this](const char* name) {
      if (std::string(name) == "HOME") return dir.path().string();
      const auto found = variables.find(name);
      return found == variables.end() ? std::string() : found->second;
    });
  }
};

}  // namespace

TEST_CASE("credentials come from the environment before the files",
          "[credentials]") {
  Home home;
  home.dir.write(".aws/credentials",
                 "[default]\naws_access_key_id = FILE\n"
                 "aws_secret_access_key = filesecret\n");
  CHECK(home.settings().credentials->key_id == "FILE");
  home.variables = {{"AWS_ACCESS_KEY_ID", "ENV"},
                    {"AWS_SECRET_ACCESS_KEY", "envsecret"},
                    {"AWS_SESSION_TOKEN", "token"}};
  const AwsSettings settings = home.settings();
  CHECK(settings.credentials->key_id == "ENV");
  CHECK(settings.credentials->secret == "envsecret");
  CHECK(settings.credentials->session_token == "token");
  CHECK(settings.region == "us-east-1");
  CHECK(settings.endpoint.empty());
}

TEST_CASE("a profile that is asked for by name is meant", "[credentials]") {
  Home home;
  home.variables = {{"AWS_ACCESS_KEY_ID", "ENV"},
                    {"AWS_SECRET_ACCESS_KEY", "envsecret"}};
  home.dir.write(".aws/config",
                 "# a comment\n[default]\nregion=eu-north-1\n\n"
                 "[profile lab]\nregion = eu-west-1\r\n"
                 "endpoint_url = http://127.0.0.1:9000/\n"
                 "s3 =\n  region = nested\n");
  home.dir.write(".aws/credentials",
                 "[lab]\naws_access_key_id=LAB\naws_secret_access_key=a=b\n");
  CHECK(home.settings().region == "eu-north-1");
  const AwsSettings lab = home.settings({.profile = "lab"});
  CHECK(lab.region == "eu-west-1");
  CHECK(lab.endpoint == "http://127.0.0.1:9000/");
  CHECK(lab.credentials->key_id == "LAB");
  CHECK(lab.credentials->secret == "a=b");
  CHECK(error_id([&] { home.settings({.profile = "labb"}); }) == "s3.profile");
}

TEST_CASE("options come before everything else", "[credentials]") {
  Home home;
  home.variables = {{"AWS_REGION", "eu-west-1"},
                    {"AWS_ENDPOINT_URL", "http://one"},
                    {"AWS_ENDPOINT_URL_S3", "http://two"}};
  const AwsSettings settings = home.settings({.anonymous = true});
  CHECK(settings.region == "eu-west-1");
  CHECK(settings.endpoint == "http://two");
  CHECK_FALSE(settings.credentials);
  const AwsSettings given = home.settings(
      {.endpoint = "http://three", .region = "x", .anonymous = true});
  CHECK(given.endpoint == "http://three");
  CHECK(given.region == "x");
}

TEST_CASE("nothing to sign with is an error that says what to do",
          "[credentials]") {
  const Home home;
  CHECK(error_id([&] { home.settings(); }) == "s3.credentials");
}

TEST_CASE("a profile without keys is nobody, and not who is in the environment",
          "[credentials]") {
  Home home;
  home.variables = {{"AWS_ACCESS_KEY_ID", "ENV"},
                    {"AWS_SECRET_ACCESS_KEY", "envsecret"}};
  home.dir.write(".aws/config",
                 "[profile bare]\nregion = eu-west-1\n"
                 "[profile sso]\nsso_session = lab\n");
  CHECK(error_id([&] { home.settings({.profile = "bare"}); }) ==
        "s3.credentials");
  CHECK(error_message([&] {
          home.settings({.profile = "bare"});
        }).find("\"bare\"") != std::string::npos);
  CHECK(error_message([&] {
          home.settings({.profile = "sso"});
        }).find("sso_session") != std::string::npos);
  // As AWS's tools have it, keys come before a profile of the environment.
  home.variables["AWS_PROFILE"] = "bare";
  CHECK(home.settings().credentials->key_id == "ENV");
  CHECK(home.settings().region == "eu-west-1");
}

TEST_CASE("half a key pair is none", "[credentials]") {
  Home home;
  home.variables = {{"AWS_ACCESS_KEY_ID", "ENV"}};
  home.dir.write(".aws/credentials",
                 "[default]\naws_access_key_id = FILE\n"
                 "aws_secret_access_key = filesecret\n");
  CHECK(home.settings().credentials->key_id == "FILE");
}

TEST_CASE("without a home nothing in the working directory is read",
          "[credentials]") {
  TempDir dir;
  dir.write(".aws/credentials",
            "[default]\naws_access_key_id = HERE\n"
            "aws_secret_access_key = s\n");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(dir.path());
  const std::string id = error_id(
      [] { aws_settings({}, [](const char*) { return std::string(); }); });
  std::filesystem::current_path(before);
  CHECK(id == "s3.credentials");
}

TEST_CASE("Google's buckets are at Google's endpoint", "[credentials]") {
  Home home;
  home.variables = {{"AWS_ACCESS_KEY_ID", "GOOG"},
                    {"AWS_SECRET_ACCESS_KEY", "s"},
                    {"AWS_REGION", "eu-west-1"},
                    {"AWS_ENDPOINT_URL", "http://minio"}};
  const auto environment = [&](const char* name) {
    const auto found = home.variables.find(name);
    return found == home.variables.end() ? std::string() : found->second;
  };
  const AwsSettings google = settings_for("gs", {}, environment);
  CHECK(google.scheme == "gs");
  CHECK(google.endpoint == "https://storage.googleapis.com");
  CHECK(google.region == "auto");
  CHECK(google.credentials->key_id == "GOOG");
  CHECK(settings_for("gs", {.endpoint = "http://x"}, environment).endpoint ==
        "http://x");
  CHECK(settings_for("s3", {}, environment).endpoint == "http://minio");
}

TEST_CASE("a file that is no such file has no sections", "[credentials]") {
  TempDir dir;
  CHECK(read_aws_file(dir / "none").empty());
  CHECK(read_aws_file(dir.path()).empty());
  using namespace std::string_literals;
  dir.write("odd", "[\n]\n=\nkey=1\n[a\nb=2\n[]\n c=3\n\0x=\xFF"s);
  const auto sections = read_aws_file(dir / "odd");
  CHECK(sections.at("a").at("b") == "2");
}
