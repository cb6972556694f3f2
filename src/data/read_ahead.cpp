#include "data/read_ahead.hpp"

#include <algorithm>
#include <utility>

namespace quarry::detail {
namespace {

/// Bytes between two members that are read for nothing, at most.
constexpr std::uint64_t widest_gap = std::uint64_t{64} << 10;
/// Fewer are as well read alone.
constexpr std::size_t fewest_members = 4;
/// Blocks that are asked for before they are needed.
constexpr std::size_t blocks_ahead = 8;
constexpr std::size_t most_held = 2 * blocks_ahead;
/// As far as the requests that a pipeline has open are from each other.
constexpr std::size_t reach = 1024;
/// So many in about their order are no coincidence.
constexpr std::size_t long_enough = 16;
/// One in so many must be wanted; else blocks are mostly for nothing.
constexpr std::size_t sparsest = 8;
constexpr std::size_t slack = 256;
constexpr std::size_t longest_memory = 4096;

std::size_t distance(std::size_t a, std::size_t b) {
  return a > b ? a - b : b - a;
}

}  // namespace

void ReadAhead::add(std::size_t index, std::size_t file, std::uint64_t offset,
                    std::uint64_t size) {
  if (!blocks_.empty()) {
    Block& last = blocks_.back();
    const std::uint64_t end = last.offset + last.size;
    if (last.file == file && last.first + last.members == index &&
        offset >= end && offset - end <= widest_gap &&
        offset + size - last.offset <= block_bytes_) {
      last.size = offset + size - last.offset;
      ++last.members;
      return;
    }
  }
  blocks_.push_back({file, offset, size, index, 1});
}

bool ReadAhead::in_order(std::size_t index) {
  const bool goes_on =
      distance(index, last_) <= reach &&
      distance(index, streak_from_) <= sparsest * streak_ + slack;
  last_ = index;
  if (!goes_on) {
    streak_ = 0;
    streak_from_ = index;
    next_ahead_ = 0;
  } else if (++streak_ == longest_memory) {
    streak_ = long_enough;
    streak_from_ = index;
  }
  return streak_ >= long_enough;
}

std::size_t ReadAhead::block_of(std::size_t index) const {
  const auto after = std::upper_bound(
      blocks_.begin(), blocks_.end(), index,
      [](std::size_t at, const Block& block) { return at < block.first; });
  if (after == blocks_.begin()) return none;
  const Block& block = *(after - 1);
  if (index - block.first >= block.members) return none;
  return static_cast<std::size_t>(after - blocks_.begin()) - 1;
}

bool ReadAhead::worth_it(std::size_t block) const {
  return blocks_[block].members >= fewest_members;
}

/// The blocks to be asked for, now that `block` is needed.
std::vector<std::size_t> ReadAhead::start(std::size_t block) {
  std::vector<std::size_t> fresh;
  const std::size_t end = std::min(blocks_.size(), block + blocks_ahead);
  for (std::size_t b = block; b < end; ++b) {
    // Ahead each block is asked for once: what is gone was read.
    const bool asked = held_.contains(b) || (b > block && b < next_ahead_);
    if (!worth_it(b) || asked) continue;
    held_.emplace(b, Held{.unasked = blocks_[b].members});
    fresh.push_back(b);
  }
  next_ahead_ = std::max(next_ahead_, end);
  return fresh;
}

/// Lets go of the blocks farthest behind when there are too many.
void ReadAhead::make_room(std::size_t block) {
  for (auto held = held_.begin();
       held_.size() > most_held && held != held_.end();) {
    const bool needed = !held->second.bytes || held->first == block;
    held = needed ? std::next(held) : held_.erase(held);
  }
}

bool ReadAhead::read(std::size_t index, std::uint64_t offset,
                     std::uint64_t size, ReadDone& done, const Fetch& fetch) {
  std::vector<std::size_t> fresh;
  std::optional<Bytes> there;
  {
    const std::lock_guard lock(mutex_);
    const bool ordered = in_order(index);
    const std::size_t block = block_of(index);
    if (block == none || !worth_it(block)) return false;
    if (ordered) fresh = start(block);
    const auto found = held_.find(block);
    if (found == held_.end()) return false;
    Held& held = found->second;
    if (held.unasked > 0) --held.unasked;
    const std::uint64_t skip = offset - blocks_[block].offset;
    if (held.bytes) {
      there = held.bytes->slice(static_cast<std::size_t>(skip),
                                static_cast<std::size_t>(size));
      if (held.unasked == 0) held_.erase(found);
    } else {
      held.waiting.push_back({skip, size, std::move(done)});
    }
    make_room(block);
  }
  for (const std::size_t b : fresh) {
    fetch(blocks_[b], [self = shared_from_this(), b](Result<Bytes> bytes) {
      self->arrived(b, std::move(bytes));
    });
  }
  if (there) done(*std::move(there));
  return true;
}

void ReadAhead::arrived(std::size_t block, Result<Bytes> bytes) {
  std::vector<Waiting> waiting;
  {
    const std::lock_guard lock(mutex_);
    const auto found = held_.find(block);
    waiting.swap(found->second.waiting);
    if (!bytes.ok() || found->second.unasked == 0) {
      held_.erase(found);  // a failure is asked for again by whoever comes next
    } else {
      found->second.bytes = *bytes;
    }
  }
  for (const Waiting& one : waiting) {
    if (bytes.ok()) {
      one.done(bytes->slice(static_cast<std::size_t>(one.skip),
                            static_cast<std::size_t>(one.size)));
    } else {
      one.done(bytes.error());
    }
  }
}

}  // namespace quarry::detail
