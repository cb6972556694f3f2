#include "quarry/core/bytes.hpp"

#include <utility>

#include "quarry/core/error.hpp"

namespace quarry {

Bytes Bytes::take(std::vector<std::byte> buffer) {
  auto owner =
      std::make_shared<const std::vector<std::byte>>(std::move(buffer));
  const std::span<const std::byte> bytes(*owner);
  return view(bytes, std::move(owner));
}

Bytes Bytes::take(std::string text) {
  auto owner = std::make_shared<const std::string>(std::move(text));
  const auto bytes = std::as_bytes(std::span(owner->data(), owner->size()));
  return view(bytes, std::move(owner));
}

Bytes Bytes::copy(std::span<const std::byte> bytes) {
  return take(std::vector<std::byte>(bytes.begin(), bytes.end()));
}

Bytes Bytes::copy(std::string_view text) {
  return take(std::string(text));
}

Bytes Bytes::view(std::span<const std::byte> bytes,
                  std::shared_ptr<const void> owner) {
  Bytes result;
  result.owner_ = std::move(owner);
  result.span_ = bytes;
  return result;
}

std::string_view Bytes::text() const noexcept {
  if (empty()) return {};
  return {reinterpret_cast<const char*>(span_.data()), span_.size()};
}

Bytes Bytes::slice(std::size_t offset, std::size_t count) const {
  QUARRY_EXPECTS(offset <= size() && count <= size() - offset,
                 "Bytes::slice reaches past the end");
  return view(span_.subspan(offset, count), owner_);
}

}  // namespace quarry
