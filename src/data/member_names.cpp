#include "data/member_names.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/random.hpp"

#include "data/image_kind.hpp"

namespace quarry::detail {
namespace {

/// How an id ends that is the name of an image: "jpg", as it is written.
std::string_view ending_in(std::string_view id) {
  const std::size_t dot = id.rfind('.');
  if (dot == id.npos || dot == 0 || id[dot - 1] == '/') return {};
  const std::string_view ending = id.substr(dot + 1);
  const std::string lower = lower_case(ending);
  const bool image = lower == "jpg" || lower == "jpeg" || lower == "png";
  return image ? ending : std::string_view();
}

std::string_view without_ending(std::string_view id) {
  const std::string_view ending = ending_in(id);
  if (!ending.empty()) id.remove_suffix(ending.size() + 1);
  return id;
}

void put_encoded(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

/// Whether the character is a slash between two parts of a path.
bool parts(std::string_view id, std::size_t i) {
  return id[i] == '/' && i > 0 && id[i - 1] != '/' && i + 1 < id.size() &&
         id[i + 1] != '/';
}

/// `id` as a path that is a key.
std::string encoded(std::string_view id) {
  const bool text = is_printable(id);
  std::size_t last = id.size();  // where the last part begins
  while (last > 0 && !parts(id, last - 1)) --last;
  std::string key;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const char c = id[i];
    const auto byte = static_cast<unsigned char>(c);
    bool plain = c != '%' && c != '\\';
    if (c == '/') plain = parts(id, i);
    if (c == '.') plain = i < last && i > 0 && !parts(id, i - 1);
    if (!text && (byte < 0x20 || byte >= 0x7F)) plain = false;
    if (plain) {
      key += c;
    } else {
      put_encoded(key, c);
    }
  }
  return key;
}

std::uint64_t hash_of(std::string_view key) {
  return seeded_hash(0, key);
}

/// The hashes that stand in `hashes` several times, in order.
std::vector<std::uint64_t> repeated(std::vector<std::uint64_t> hashes) {
  std::sort(hashes.begin(), hashes.end());
  std::vector<std::uint64_t> several;
  for (std::size_t i = 1; i < hashes.size(); ++i) {
    if (hashes[i] != hashes[i - 1]) continue;
    if (several.empty() || several.back() != hashes[i]) {
      several.push_back(hashes[i]);
    }
  }
  return several;
}

bool holds(const std::vector<std::uint64_t>& sorted, std::uint64_t hash) {
  return std::binary_search(sorted.begin(), sorted.end(), hash);
}

}  // namespace

MemberNames::MemberNames(const AnySource& source) {
  const auto keys_that_repeat = [&] {
    std::vector<std::uint64_t> hashes;
    hashes.reserve(source.size());
    for (std::size_t i = 0; i < source.size(); ++i) {
      hashes.push_back(hash_of(key_of(i, source.sample(i).id)));
    }
    return repeated(std::move(hashes));
  };
  shared_ = keys_that_repeat();
  // A whole id may be what another is without its ending.
  if (!shared_.empty()) shared_still_ = keys_that_repeat();
}

MemberName MemberNames::of(std::size_t i, std::string_view id,
                           std::string_view bytes) const {
  std::string_view ending = ending_in(id);
  if (ending.empty()) ending = ending_of(bytes);
  if (ending.empty()) ending = "bin";
  return {key_of(i, id), std::string(ending)};
}

std::string MemberNames::key_of(std::size_t i, std::string_view id) const {
  std::string key = encoded(without_ending(id));
  if (!holds(shared_, hash_of(key))) return key;
  key = encoded(id);
  if (!holds(shared_still_, hash_of(key))) return key;
  // No encoded byte looks so.
  return key + "%_" + std::to_string(i);
}

}  // namespace quarry::detail
