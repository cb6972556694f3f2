#pragma once

#include <cstdint>
#include <filesystem>

#include "quarry/core/cache_use.hpp"

namespace quarry {

/// Where predictions are kept between runs, so that a sample whose bytes the
/// same model has seen before is neither decoded nor inferred again. A run with
/// a cache gives bit for bit what one without gives, as long as the model keeps
/// its law that a prediction does not depend on place and batch-mates.
///
/// - A row is kept under the SHA-256 of the sample's bytes, for one recipe: the
///   fingerprints of model and decoder, the shape of rows and batches, what the
///   model computes with (`Model`'s hook `computes_with`), and of passes their
///   number and seed. What differs in any of these is computed anew;
///   `RunSummary::notes` says so when only what computes is another.
/// - A sample whose source says which bytes it has (`DataSource`'s hook
///   `version`) and which was read before is not read again, unless the source
///   is asynchronous.
/// - Embeddings of a `HeadModel` are kept apart, for its backbone. When the
///   head alone is new, samples are neither decoded nor inferred: the head runs
///   on the embeddings that are kept (not for passes, nor an `AsyncModel`).
/// - Rows are fp32: 4 · (C + D + K · C) bytes for C classes, embeddings of D
///   numbers (kept whenever the model has any, so that every strategy can use
///   them) and K passes, and about 100 bytes besides, twice for a `HeadModel`;
///   about 160 for a version.
/// - A row is durable with the first batch after 0.25 s, or after a MiB: a
///   run that is killed leaves all that is to the next. Each row is checked
///   when it is read; one that is damaged is computed anew.
/// - Memory: up to 32 MiB of rows that wait for the disk and 20 MiB besides,
///   twice for a `HeadModel`. What cannot wait is not kept, and a note says so.
/// - One process at a time writes the rows of a recipe. Another uses what is
///   there, keeps nothing, and says who writes.
/// - A folder that cannot be used, or a disk that is full, never stops a run:
///   its notes say what is wrong.
/// - A decoder without the hook `fingerprint` leaves the cache unused, and a
///   note says so. A strategy that needs nothing does not use it either.
struct PredictionCacheOptions {
  /// Made where it is missing. Empty: no cache.
  std::filesystem::path directory = {};
  /// Whether predictions are used, kept, or both.
  CacheUse use = CacheUse::on;
  /// The most that the directory may take on disk. When more is needed, whole
  /// recipes go that no run has written to for longest; a run whose own
  /// predictions are more keeps no more of them. Default: 16 GiB; ≥ 1.
  std::uint64_t max_bytes = std::uint64_t{16} << 30;
};

}  // namespace quarry
