#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quarry/data/concept.hpp"

namespace quarry {

/// Some samples of a source, in the order of `indices`: sample k is sample
/// `indices[k]` of the source, with its id. A `DataSource`, and an
/// `AsyncSource` when the source is one.
///
/// Expects every index to be below `source.size()` and none to come twice.
template <DataSource S>
class Subset {
 public:
  Subset(S source, std::vector<std::size_t> indices)
      : source_(std::move(source)) {
    std::vector<bool> taken(source_.size(), false);
    for (const std::size_t i : indices) {
      QUARRY_EXPECTS(i < taken.size(), "Subset: an index past the end");
      QUARRY_EXPECTS(!taken[i], "Subset: an index comes twice");
      taken[i] = true;
    }
    indices_ =
        std::make_shared<const std::vector<std::size_t>>(std::move(indices));
  }

  std::size_t size() const noexcept { return indices_->size(); }
  Sample sample(std::size_t i) const { return source_.sample(index(i)); }
  Result<Bytes> read(std::size_t i) const { return source_.read(index(i)); }
  void read_async(std::size_t i, ReadDone done) const requires AsyncSource<S> {
    source_.read_async(index(i), std::move(done));
  }
  bool is_async() const { return reads_async(source_); }
  std::optional<std::string> version(std::size_t i) const {
    return version_of(source_, index(i));
  }

  /// Where sample `i` stands in the source.
  std::size_t index(std::size_t i) const { return (*indices_)[i]; }

 private:
  S source_;
  std::shared_ptr<const std::vector<std::size_t>> indices_;
};

}  // namespace quarry
