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

namespace quarry {

/// The samples that are labelled already: ids, with the label where it is
/// known. They are no candidates; strategies that need them see their rows.
class LabelledSet {
 public:
  struct Entry {
    std::string id;
    std::optional<std::string> label = {};
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  LabelledSet() = default;
  /// Raises `labelled.duplicate` when an id stands there twice.
  explicit LabelledSet(std::vector<Entry> entries);
  LabelledSet(std::initializer_list<Entry> entries);

  /// Reads `.jsonl` (objects with `id`, or `uri`, and optional `label`), `.csv`
  /// (the same names as header), `.txt` (an id a line) or `.npy` (a list of row
  /// numbers, any integer dtype, turned into ids by `id_of_row`, which may
  /// raise for a row that does not exist; without it the id is the number).
  /// Blank lines are skipped, an empty or null label is none, a number is its
  /// text.
  ///
  /// Raises `labelled.not_found`, `labelled.invalid` (naming the line),
  /// `labelled.duplicate`, and what the format's reader raises: `file.*`,
  /// `records.*`, `json.invalid`, `npy.*`.
  static LabelledSet load(
      const std::filesystem::path& file,
      const std::function<std::string(std::size_t)>& id_of_row = {});

  /// Adds one entry; raises `labelled.duplicate` when its id is there.
  void add(Entry entry);

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
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> index_;
};

}  // namespace quarry
