// ~/.aws/config and ~/.aws/credentials.

#include "fuzz.hpp"
#include "net/credentials.hpp"

namespace {

using namespace quarry;
using namespace quarry::detail;

using Sections = std::map<std::string, std::map<std::string, std::string>>;

std::string written(const Sections& sections) {
  std::string text;
  for (const auto& [name, section] : sections) {
    text += name.empty() ? "[]\n" : "[profile " + name + "]\n";
    for (const auto& [key, value] : section) text += key + '=' + value + '\n';
  }
  return text;
}

void check_settings(const std::string& file, const std::string& profile) {
  const auto settings = fuzz::attempt([&] {
    return aws_settings({.profile = profile}, [&](const char* name) {
      const std::string_view variable = name;
      const bool names_file = variable == "AWS_CONFIG_FILE" ||
                              variable == "AWS_SHARED_CREDENTIALS_FILE";
      return names_file ? file : std::string();
    });
  });
  if (!settings) return;
  fuzz::check(!settings->region.empty(), "there is no region");
  fuzz::check(settings->credentials && !settings->credentials->key_id.empty() &&
                  !settings->credentials->secret.empty(),
              "there is nothing to sign with");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const auto file = fuzz::as_file("config", fuzz::text_of(data, size));
  const Sections sections = read_aws_file(file);
  fuzz::check(
      read_aws_file(fuzz::as_file("again", written(sections))) == sections,
      "what is written is read as something else");
  check_settings(file, "");
  check_settings(file, "lab");
  return 0;
}
