#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "quarry/data/concept.hpp"

namespace quarry {

/// A pool in memory, in the order given. Use this as a template for your own
/// source: the state is made and checked once, then shared and never changed.
///
/// Raises `source.duplicate_id` when two items have one id. Every member O(1).
class MemorySource {
 public:
  struct Item {
    Sample sample;
    Bytes bytes;
  };

  explicit MemorySource(std::vector<Item> items);

  std::size_t size() const noexcept { return items_->size(); }
  const Sample& sample(std::size_t i) const { return (*items_)[i].sample; }
  Result<Bytes> read(std::size_t i) const { return (*items_)[i].bytes; }

 private:
  std::shared_ptr<const std::vector<Item>> items_;
};

}  // namespace quarry
