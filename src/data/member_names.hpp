#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/data/any_source.hpp"

namespace quarry::detail {

/// A member of a tar archive as WebDataset takes it apart: what comes before
/// the first dot of its last part, and what after.
struct MemberName {
  std::string key;
  std::string ending;

  std::string path() const { return key + '.' + ending; }
};

/// What the samples of a pool are called in tar archives: by their ids, as far
/// as WebDataset can tell them apart.
///
/// - The key is the id without `.jpg`, `.jpeg` or `.png`; that is the ending.
///   An id that ends otherwise is a key, and its ending what its bytes are:
///   jpg, png or bin.
/// - What would mean something else in a path is encoded: `%`, `\`, dots in the
///   last part and at the start of the others, slashes without anything between
///   them, and what is no text. So the id can be told from the name.
/// - Two samples never have one key: of ids that differ only in their endings
///   each is a key as a whole, `cat%2Ejpg.jpg` and `cat%2Epng.png`.
///
/// Cost: two looks at all ids, and 8 bytes a sample while it is made.
class MemberNames {
 public:
  explicit MemberNames(const AnySource& source);

  /// What sample `i`, which has this id and these bytes, is called.
  MemberName of(std::size_t i, std::string_view id,
                std::string_view bytes) const;

 private:
  std::string key_of(std::size_t i, std::string_view id) const;

  // Hashes of keys that several samples would have, in order.
  std::vector<std::uint64_t> shared_;
  std::vector<std::uint64_t> shared_still_;
};

}  // namespace quarry::detail
