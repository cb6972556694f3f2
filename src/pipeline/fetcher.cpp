#include "pipeline/fetcher.hpp"

#include <algorithm>
#include <utility>

#include "pipeline/async_fetcher.hpp"
#include "pipeline/thread_fetcher.hpp"

namespace quarry::detail {

namespace {

constexpr std::size_t piece_rows = 64;
// Blocked threads cost nothing, and a disk likes to have a few reads to order.
constexpr std::size_t least_readers = 4;
// As many as a source has under way (NetworkOptions), those that wait to be
// tried again among them.
constexpr std::size_t open_requests = 256;

}  // namespace

std::vector<Piece> pieces_of(Slab& slab) {
  const std::size_t rows = slab.size();
  const std::size_t count = std::max<std::size_t>(1, rows / piece_rows);
  std::vector<Piece> pieces(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t first = rows * i / count;
    pieces[i] = {&slab, first, rows * (i + 1) / count - first};
  }
  return pieces;
}

std::shared_ptr<Fetcher> make_fetcher(const AnySource& source,
                                      const PipelineOptions& options,
                                      RunControl& control,
                                      const Recording& recording,
                                      FetchEvents events) {
  if (source.is_async()) {
    const std::size_t reads =
        options.reads == 0 ? open_requests : options.reads;
    return std::make_shared<AsyncFetcher>(source, reads,
                                          options.undecoded_bytes, control,
                                          recording, std::move(events));
  }
  const std::size_t reads = options.reads == 0
                                ? std::max(least_readers, options.threads)
                                : options.reads;
  return std::make_shared<ThreadFetcher>(source, reads, options.undecoded_bytes,
                                         control, recording, std::move(events));
}

}  // namespace quarry::detail
