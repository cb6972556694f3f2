#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace quarry {

/// The predictions of one recipe; see `PredictionCacheOptions`.
struct KeptPredictions {
  std::filesystem::path folder;
  std::string model;          ///< its fingerprint, or its `backbone()`
  std::string computes_with;  ///< library, instruction set, device
  std::size_t batch = 0;
  std::size_t classes = 0;   ///< 0: embeddings apart, for any head
  std::size_t features = 0;  ///< numbers of an embedding
  std::size_t passes = 0;
  std::uint64_t samples = 0;
  std::uint64_t bytes = 0;    ///< on disk, index and all
  std::uint64_t damaged = 0;  ///< of those that were read
  /// When a run last kept some, or could have.
  std::filesystem::file_time_type used = {};
};

/// What a directory of predictions holds, the latest used first; with `verify`
/// every row is read and held against its digest. A recipe that cannot be read
/// has an empty `model`. Raises nothing for a directory that is not there.
std::vector<KeptPredictions> inspect_prediction_cache(
    const std::filesystem::path& directory, bool verify = false);

/// Removes all predictions but those that a process is writing: how many
/// recipes these are.
std::size_t clear_prediction_cache(const std::filesystem::path& directory);

}  // namespace quarry
