#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quarry {

/// Immutable bytes, shared by reference count: a copy costs a pointer. They may
/// lie in memory of their own or in a memory map that lives as long as they do.
class Bytes {
 public:
  /// No bytes.
  Bytes() = default;

  /// Takes over a buffer without copying it.
  static Bytes take(std::vector<std::byte> buffer);
  static Bytes take(std::string text);

  /// Copies.
  static Bytes copy(std::span<const std::byte> bytes);
  static Bytes copy(std::string_view text);

  /// Points into memory that `owner` keeps alive.
  static Bytes view(std::span<const std::byte> bytes,
                    std::shared_ptr<const void> owner);

  const std::byte* data() const noexcept { return span_.data(); }
  std::size_t size() const noexcept { return span_.size(); }
  bool empty() const noexcept { return span_.empty(); }
  std::span<const std::byte> span() const noexcept { return span_; }

  /// The same bytes as characters; valid as long as this object.
  std::string_view text() const noexcept;

  /// The part `[offset, offset + count)`, sharing the memory. Expects it to lie
  /// inside.
  Bytes slice(std::size_t offset, std::size_t count) const;

  /// Equal contents.
  friend bool operator==(const Bytes& a, const Bytes& b) noexcept {
    return a.text() == b.text();
  }

 private:
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> span_;
};

}  // namespace quarry
