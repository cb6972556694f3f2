#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "quarry/core/bytes.hpp"
#include "quarry/core/result.hpp"
#include "quarry/data/any_source.hpp"
#include "quarry/pipeline/options.hpp"

#include "core/stopwatch.hpp"
#include "pipeline/recording.hpp"
#include "pipeline/run_control.hpp"
#include "pipeline/slab.hpp"

namespace quarry::detail {

/// Rows `[first, first + count)` of a slab, to be read.
struct Piece {
  Slab* slab = nullptr;
  std::size_t first = 0;
  std::size_t count = 0;
  /// Since when it has been waiting to be read.
  Stopwatch::Clock::time_point since = {};
};

/// A slab's samples are read in pieces of 64 to 127, so that decoding a slab is
/// work for more than one thread.
std::vector<Piece> pieces_of(Slab& slab);

/// Samples that have been read: the message between fetching and decoding.
struct Chunk {
  struct Item {
    std::size_t row;
    Result<Bytes> bytes;
  };
  Slab* slab = nullptr;
  std::vector<Item> items;
  std::size_t rows = 0;   ///< items, and rows of which no bytes are wanted
  std::size_t bytes = 0;  ///< held by the items
  /// Since when it has been waiting to be decoded.
  Stopwatch::Clock::time_point since = {};
};
using ChunkPtr = std::shared_ptr<Chunk>;

/// Whom a fetcher tells, from any thread. None throws.
struct FetchEvents {
  std::function<void(ChunkPtr)> fetched;
  /// The last chunk of a piece is out. The fetcher is left alone after that.
  std::function<void()> finished;
  /// Asked before a row is read where that blocks, from any thread: whether its
  /// bytes are not wanted. Empty: they always are.
  std::function<bool(Slab&, std::size_t row)> known = {};
};

/// Reads pieces, holding no more undecoded bytes than the options allow:
/// whoever would exceed them hands on what it has and waits until others
/// decoded.
class Fetcher {
 public:
  virtual ~Fetcher() = default;
  /// Returns at once. Every row of the piece goes out in one of the chunks,
  /// unless memory runs out: then the control is told. When this throws,
  /// nothing has been started.
  virtual void start(Piece piece) = 0;
  /// So many bytes have been decoded.
  virtual void release(std::size_t bytes) noexcept = 0;
  /// Once all pieces are through.
  virtual StageRecord record() const = 0;
  virtual std::uint64_t bytes_read() const = 0;
};

/// Threads of its own that read, for a source that blocks; requests in flight,
/// for an `AsyncSource`. The control, the trace and the events outlive it.
std::shared_ptr<Fetcher> make_fetcher(const AnySource& source,
                                      const PipelineOptions& options,
                                      RunControl& control,
                                      const Recording& recording,
                                      FetchEvents events);

}  // namespace quarry::detail
