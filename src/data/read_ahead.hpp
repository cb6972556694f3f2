#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "quarry/data/concept.hpp"

namespace quarry::detail {

/// Makes one request of many. Members that are asked for in about their order
/// come in blocks of the files they lie in side by side, some blocks ahead of
/// what is asked for; those asked for here and there come alone. Thread-safe.
class ReadAhead : public std::enable_shared_from_this<ReadAhead> {
 public:
  /// Members that lie side by side in one file.
  struct Block {
    std::size_t file = 0;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::size_t first = 0;  ///< the index of its first member
    std::size_t members = 0;
  };
  /// Gets the bytes of a block; calls back once, later or at once.
  using Fetch = std::function<void(const Block&, ReadDone)>;

  /// Blocks of at most so many bytes.
  explicit ReadAhead(std::uint64_t block_bytes) : block_bytes_(block_bytes) {}

  /// To be called for each member there is to read, by ascending index, before
  /// the first `read`.
  void add(std::size_t index, std::size_t file, std::uint64_t offset,
           std::uint64_t size);

  /// Reads member `index`, these bytes of its file, as a part of its block and
  /// moves from `done`; false when it is better read alone.
  bool read(std::size_t index, std::uint64_t offset, std::uint64_t size,
            ReadDone& done, const Fetch& fetch);

 private:
  struct Waiting {
    std::uint64_t skip = 0;
    std::uint64_t size = 0;
    ReadDone done;
  };
  /// A block that was asked for.
  struct Held {
    std::size_t unasked = 0;  ///< members
    std::optional<Bytes> bytes = {};
    std::vector<Waiting> waiting = {};
  };
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  bool in_order(std::size_t index);
  std::size_t block_of(std::size_t index) const;
  bool worth_it(std::size_t block) const;
  std::vector<std::size_t> start(std::size_t block);
  void make_room(std::size_t block);
  void arrived(std::size_t block, Result<Bytes> bytes);

  const std::uint64_t block_bytes_;
  std::vector<Block> blocks_;

  std::mutex mutex_;  // of what follows
  std::map<std::size_t, Held> held_;
  std::size_t last_ = 0;
  std::size_t streak_ = 0;  ///< requests in about their order
  std::size_t streak_from_ = 0;
  std::size_t next_ahead_ = 0;  ///< the first block that was not asked for
};

}  // namespace quarry::detail
