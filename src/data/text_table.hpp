#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quarry::detail {

/// Many short texts in one buffer: 8 bytes a text besides the text itself,
/// where a `std::string` costs 32 and an allocation.
class TextTable {
 public:
  void add(std::string_view text) {
    buffer_ += text;
    ends_.push_back(buffer_.size());
  }
  std::size_t size() const noexcept { return ends_.size(); }
  bool empty() const noexcept { return ends_.empty(); }
  /// Valid until the next `add`.
  std::string_view operator[](std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(buffer_).substr(begin, ends_[i] - begin);
  }
  /// Brings the texts into byte-wise order.
  void sort();
  /// Gives back what growing has left over.
  void shrink_to_fit();

 private:
  std::string buffer_;
  std::vector<std::size_t> ends_;
};

/// The first text that stands in `ids` twice, as the indices (earlier, later)
/// with the smallest `later`. O(n log n), 16 bytes a text.
std::optional<std::pair<std::size_t, std::size_t>> find_duplicate(
    const TextTable& ids);

}  // namespace quarry::detail
