#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/error.hpp"

#include "data/text_table.hpp"

namespace quarry::detail {

/// One member of a shard: where its bytes are.
struct ShardMember {
  std::string_view name;        ///< one line of UTF-8, see `id_of_path`
  std::string_view truth = {};  ///< empty: none
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::optional<std::uint32_t> crc32c = {};  ///< of the member's bytes
};

/// The members of one shard in their stable order: 16 bytes each and the name.
/// Beside a shard it lies as `SHARD.qidx`: lines of JSON,
///
///     {"quarry_shard_index":1,"kind":"tar","size":10240,"members":2,
///      "ignored":0}                                       (all of it one line)
///     {"name":"a.jpg","offset":512,"size":900,"truth":"cat","crc32c":123}
///     {"name":"b.jpg","error":"tar.sparse","message":"…"}
///
/// where `truth` and `crc32c` may be missing, and the last is a member that
/// cannot be read.
class ShardIndex {
 public:
  /// Of a shard of that kind ("tar") and size.
  ShardIndex(std::string kind, std::uint64_t shard_size)
      : kind_(std::move(kind)), shard_size_(shard_size) {}

  /// Expects the bytes to lie inside the shard, and a name that is text.
  void add(const ShardMember& member);
  /// A member without bytes.
  void add_failure(std::string_view name, Failure failure);
  /// What stands for the end of a shard that cannot be read: the last member,
  /// always a sample.
  void add_damage(std::string_view name, Failure failure);
  /// Entries of the shard that are no members: directories, links.
  void ignore(std::size_t count = 1) noexcept { ignored_ += count; }

  const std::string& kind() const noexcept { return kind_; }
  std::uint64_t shard_size() const noexcept { return shard_size_; }
  std::size_t ignored() const noexcept { return ignored_; }
  bool is_damaged() const noexcept { return damaged_; }

  std::size_t size() const noexcept { return names_.size(); }
  bool empty() const noexcept { return names_.empty(); }
  /// Valid until the next change.
  ShardMember operator[](std::size_t i) const;
  /// Why member `i` has no bytes; null when it has.
  const Failure* failure(std::size_t i) const;
  const TextTable& names() const noexcept { return names_; }

  /// The members whose names `keep` takes, and the damage.
  ShardIndex filtered(
      const std::function<bool(std::string_view name)>& keep) const;
  /// Gives back what growing has left over.
  void shrink_to_fit();

  /// The sidecar's text.
  std::string to_text() const;

 private:
  std::string kind_;
  std::uint64_t shard_size_;
  std::size_t ignored_ = 0;
  bool damaged_ = false;
  TextTable names_;
  TextTable truths_;  ///< no texts while there is no truth
  std::vector<std::uint64_t> offsets_;
  std::vector<std::uint64_t> sizes_;
  std::vector<std::uint32_t> crcs_;  ///< empty while there are none
  std::vector<bool> has_crc_;
  std::map<std::size_t, Failure> failures_;
};

/// Reads a sidecar for a shard of that kind and size; `shown` is what messages
/// call it. Raises `shard.index` for what does not fit the shard: another kind,
/// size or version, garbage, fewer members than it says, bytes outside the
/// shard.
ShardIndex read_shard_index(const std::filesystem::path& sidecar,
                            const std::string& shown, std::string_view kind,
                            std::uint64_t shard_size);

}  // namespace quarry::detail
