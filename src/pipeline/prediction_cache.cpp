#include "quarry/pipeline/prediction_cache.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <system_error>
#include <vector>

#include "quarry/core/json.hpp"

#include "net/cache_folder.hpp"
#include "pipeline/cache/prediction_index.hpp"
#include "pipeline/cache/recipe.hpp"
#include "pipeline/cache/recipe_folders.hpp"
#include "pipeline/cache/row_file.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;

std::uint64_t count_damaged(detail::PredictionIndex& index,
                            const fs::path& folder, std::size_t numbers) {
  std::vector<std::byte> row(numbers * sizeof(float));
  const detail::RowFile rows(folder / "rows", row.size(), false);
  std::uint64_t damaged = 0;
  index.each([&](const std::string& key, const detail::KeptRow& at) {
    if (!detail::read_sound(rows, at, key, row)) ++damaged;
  });
  return damaged;
}

KeptPredictions inspect(const detail::RecipeFolder& folder, bool verify) {
  KeptPredictions kept;
  kept.folder = folder.path;
  kept.bytes = folder.bytes;
  kept.used = folder.used;
  try {
    const Json recipe = read_json(folder.path / "recipe.json");
    auto index = detail::open_for_reading<detail::PredictionIndex>(folder.path /
                                                                   "index.db");
    kept.samples = index.samples();
    kept.batch = recipe.at("batch").get<std::size_t>();
    kept.classes = recipe.at("classes").get<std::size_t>();
    kept.features = recipe.at("features").get<std::size_t>();
    kept.passes = recipe.at("passes").get<std::size_t>();
    kept.computes_with = recipe.at("computes_with").get<std::string>();
    if (verify) {
      kept.damaged = count_damaged(
          index, folder.path,
          detail::kept_numbers(kept.classes, kept.features, kept.passes));
    }
    // Last: it says that all of it could be read.
    kept.model = recipe.at("model").get<std::string>();
  } catch (const std::exception&) {
    // What cannot be read is told by what is missing.
  }
  return kept;
}

}  // namespace

std::vector<KeptPredictions> inspect_prediction_cache(const fs::path& directory,
                                                      bool verify) {
  std::vector<KeptPredictions> all;
  for (const auto& folder : detail::recipe_folders(directory)) {
    std::error_code error;
    // Killed before anything was kept.
    if (!fs::exists(folder.path / "index.db", error)) continue;
    all.push_back(inspect(folder, verify));
  }
  std::reverse(all.begin(), all.end());
  return all;
}

std::size_t clear_prediction_cache(const fs::path& directory) {
  std::size_t in_use = 0;
  for (const auto& folder : detail::recipe_folders(directory))
    if (!detail::remove(folder)) ++in_use;
  return in_use;
}

}  // namespace quarry
