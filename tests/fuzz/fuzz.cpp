#include "fuzz.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>

#include "temp_dir.hpp"

namespace quarry::fuzz {
namespace {

/// Those of docs/errors.md.
constexpr std::array<std::string_view, QUARRY_ERROR_IDS_COUNT> known_ids = {
    QUARRY_ERROR_IDS};

}  // namespace

void found(std::string_view what) {
  std::cerr << "FOUND: " << what << '\n';
  std::abort();
}

void check_refusal(const Failure& failure) {
  const std::string_view id = failure.id.text();
  const bool known =
      std::find(known_ids.begin(), known_ids.end(), id) != known_ids.end();
  if (!known || failure.id == "contract.violated" || failure.message.empty()) {
    found(std::string(id) + " for a bad input: " + failure.message);
  }
}

std::filesystem::path as_file(std::string_view name, std::string_view input) {
  static const test::TempDir folder;
  return folder.write(name, input);
}

}  // namespace quarry::fuzz
