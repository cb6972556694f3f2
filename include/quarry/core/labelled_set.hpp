#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "quarry/core/sample.hpp"

namespace quarry {

/// The samples that are labelled already: ids, or URIs where no id is known,
/// with the label where it is known. They are no candidates; strategies that
/// need them see their rows.
class LabelledSet {
 public:
  struct Entry {
    std::string id;
    std::optional<std::string> label = {};
    std::string uri = {};  ///< looked at where `id` is empty

    /// What it is called by: the id, or else the URI.
    const std::string& name() const noexcept { return id.empty() ? uri : id; }
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  LabelledSet() = default;
  /// Raises `labelled.duplicate` when an id stands there twice.
  explicit LabelledSet(std::vector<Entry> entries);
  LabelledSet(std::initializer_list<Entry> entries);

  /// Reads `.jsonl` (objects with `id`, or `uri`, and optional `label`), `.csv`
  /// (the same names as header), `.txt` (an id a line; one that starts with `#`
  /// is skipped) or `.npy` (a list of row numbers, any integer dtype, turned
  /// into ids by `id_of_row`, which may raise for a row that does not exist;
  /// without it the id is the number). Blank lines are skipped, an empty or
  /// null label is none, a number is its text.
  ///
  /// Raises `labelled.not_found`, `labelled.invalid` (naming the line),
  /// `labelled.duplicate`, and what the format's reader raises: `file.*`,
  /// `records.*`, `json.invalid`, `npy.*`.
  static LabelledSet load(
      const std::filesystem::path& file,
      const std::function<std::string(std::size_t)>& id_of_row = {});

  /// Adds one entry; raises `labelled.duplicate` when its id, or the URI of one
  /// without, is there.
  void add(Entry entry);
  /// The same; false, and nothing is added, when it is there.
  bool insert(Entry entry);

  /// The entry of a sample: the one with its id, or else the one without an id
  /// whose URI is the sample's URI or id (in a manifest without ids the id is
  /// the URI as written). Null when there is none; valid until the next `add`.
  const Entry* find(const Sample& sample) const;
  bool contains(std::string_view id) const;
  /// The label of `id`; empty when it is not in the set or has none.
  std::optional<std::string> label(std::string_view id) const;

  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }
  /// In the order in which they were added.
  auto begin() const noexcept { return entries_.begin(); }
  auto end() const noexcept { return entries_.end(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Index =
      std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>>;
  const Entry* find_in(const Index& index, std::string_view name) const;

  std::vector<Entry> entries_;
  Index ids_;
  Index uris_;  // of entries without an id
};

}  // namespace quarry
