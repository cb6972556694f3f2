#include "data/tf_example.hpp"

#include <bit>
#include <optional>
#include <utility>

#include "core/numbers.hpp"

namespace quarry::detail {
namespace {

constexpr std::size_t max_features = 65'536;
constexpr int max_group_depth = 100;

enum WireType : std::uint32_t {
  varint = 0,
  fixed64 = 1,
  length_delimited = 2,
  start_group = 3,
  end_group = 4,
  fixed32 = 5,
};

/// The next field of a message: its number and what stands there.
struct Field {
  std::uint32_t number = 0;
  std::uint32_t type = 0;
  std::uint64_t value = 0;      ///< varint, fixed32, fixed64
  std::string_view bytes = {};  ///< length_delimited

  bool is(std::uint32_t n, WireType t) const {
    return number == n && type == t;
  }
};

/// The fields of a message. Nothing outside `bytes` is ever read; what is no
/// message makes `ok()` false, and there is no further field.
class Wire {
 public:
  explicit Wire(std::string_view bytes) : rest_(bytes) {}

  bool ok() const noexcept { return ok_; }

  /// Takes the next field; false at the end and after what is none. Groups, an
  /// abandoned way to nest, are passed over.
  bool next(Field& field) {
    while (ok_ && !rest_.empty()) {
      if (!take_tag(field)) return false;
      if (field.type == start_group) {
        skip_group(field.number);
      } else if (field.type == end_group) {
        ok_ = false;
      } else {
        return take_value(field);
      }
    }
    return false;
  }

  /// Takes a number of up to ten bytes, seven bits each, the lowest first.
  bool take_varint(std::uint64_t& value) {
    value = 0;
    for (std::size_t i = 0; i < 10 && i < rest_.size(); ++i) {
      const auto byte = static_cast<unsigned char>(rest_[i]);
      if (i == 9 && byte > 1) break;  // the 64 bits are full
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << (7 * i);
      if (byte < 0x80) {
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    return ok_ = false;
  }

  bool done() const noexcept { return rest_.empty(); }

 private:
  bool take_tag(Field& field) {
    std::uint64_t tag = 0;
    if (!take_varint(tag)) return false;
    field.number = static_cast<std::uint32_t>(tag >> 3);
    field.type = static_cast<std::uint32_t>(tag & 7);
    return ok_ = tag <= 0xFFFFFFFF && field.number != 0 && field.type <= 5;
  }

  bool take_value(Field& field) {
    switch (field.type) {
      case varint:
        return take_varint(field.value);
      case fixed64:
        return take_fixed(8, field.value);
      case fixed32:
        return take_fixed(4, field.value);
      default:
        break;
    }
    std::uint64_t length = 0;
    if (!take_varint(length)) return false;
    if (length > rest_.size()) return ok_ = false;
    field.bytes = rest_.substr(0, static_cast<std::size_t>(length));
    rest_.remove_prefix(field.bytes.size());
    return true;
  }

  bool take_fixed(std::size_t size, std::uint64_t& value) {
    if (rest_.size() < size) return ok_ = false;
    value = 0;
    for (std::size_t i = size; i > 0; --i) {
      value = (value << 8) | static_cast<unsigned char>(rest_[i - 1]);
    }
    rest_.remove_prefix(size);
    return true;
  }

  void skip_group(std::uint32_t number) {
    std::vector<std::uint32_t> open = {number};
    Field field;
    while (ok_ && !open.empty()) {
      if (rest_.empty()) ok_ = false;
      if (!ok_ || !take_tag(field)) return;
      if (field.type == start_group) {
        open.push_back(field.number);
        ok_ = open.size() <= max_group_depth;
      } else if (field.type == end_group) {
        ok_ = open.back() == field.number;
        open.pop_back();
      } else {
        take_value(field);
      }
    }
  }

  std::string_view rest_;
  bool ok_ = true;
};

float as_float(std::uint64_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
}

bool read_bytes_list(std::string_view message, TfFeature& feature) {
  Wire wire(message);
  Field field;
  while (wire.next(field)) {
    if (field.is(1, length_delimited)) feature.bytes.push_back(field.bytes);
  }
  return wire.ok();
}

bool read_float_list(std::string_view message, TfFeature& feature) {
  Wire wire(message);
  Field field;
  while (wire.next(field)) {
    if (field.is(1, fixed32)) {
      feature.floats.push_back(as_float(field.value));
    } else if (field.is(1, length_delimited)) {
      if (field.bytes.size() % 4 != 0) return false;
      for (std::size_t i = 0; i < field.bytes.size(); i += 4) {
        std::uint32_t bits = 0;
        for (std::size_t k = 4; k > 0; --k) {
          bits =
              (bits << 8) | static_cast<unsigned char>(field.bytes[i + k - 1]);
        }
        feature.floats.push_back(as_float(bits));
      }
    }
  }
  return wire.ok();
}

bool read_int_list(std::string_view message, TfFeature& feature) {
  Wire wire(message);
  Field field;
  while (wire.next(field)) {
    if (field.is(1, varint)) {
      feature.ints.push_back(static_cast<std::int64_t>(field.value));
    } else if (field.is(1, length_delimited)) {
      Wire packed(field.bytes);
      std::uint64_t value = 0;
      while (!packed.done()) {
        if (!packed.take_varint(value)) return false;
        feature.ints.push_back(static_cast<std::int64_t>(value));
      }
    }
  }
  return wire.ok();
}

bool read_feature(std::string_view message, TfFeature& feature) {
  using Kind = TfFeature::Kind;
  constexpr std::pair<Kind, bool (*)(std::string_view, TfFeature&)> lists[] = {
      {Kind::bytes, read_bytes_list},
      {Kind::floats, read_float_list},
      {Kind::ints, read_int_list}};
  Wire wire(message);
  Field field;
  while (wire.next(field)) {
    if (field.type != length_delimited || field.number > 3) continue;
    const auto& [kind, read] = lists[field.number - 1];
    // Of lists of several kinds the last counts; two of a kind are one.
    if (feature.kind != kind) feature = {.kind = kind};
    if (!read(field.bytes, feature)) return false;
  }
  return wire.ok();
}

/// An entry of the map of features. False for what is none, and where there are
/// too many.
bool read_entry(std::string_view message, TfExample& example) {
  std::string_view name;
  TfFeature feature;
  Wire wire(message);
  Field field;
  while (wire.next(field)) {
    if (field.is(1, length_delimited)) name = field.bytes;
    if (field.is(2, length_delimited) && !read_feature(field.bytes, feature)) {
      return false;
    }
  }
  if (!wire.ok()) return false;
  example.insert_or_assign(name, std::move(feature));
  return example.size() <= max_features;
}

bool read_features(std::string_view message, TfExample& example) {
  Wire wire(message);
  Field field;
  while (wire.next(field)) {
    if (field.is(1, length_delimited) && !read_entry(field.bytes, example)) {
      return false;
    }
  }
  return wire.ok();
}

void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>((value & 0x7FU) | 0x80U);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void put_bytes(std::string& out, std::uint32_t number, std::string_view bytes) {
  put_varint(out, (number << 3) | length_delimited);
  put_varint(out, bytes.size());
  out += bytes;
}

std::string packed(std::span<const float> values) {
  std::string packed;
  packed.reserve(values.size() * 4);
  for (const float value : values) {
    auto bits = std::bit_cast<std::uint32_t>(value);
    for (int i = 0; i < 4; ++i, bits >>= 8) {
      packed += static_cast<char>(bits & 0xFFU);
    }
  }
  return packed;
}

std::string packed(std::span<const std::int64_t> values) {
  std::string packed;
  for (const std::int64_t value : values) {
    put_varint(packed, static_cast<std::uint64_t>(value));
  }
  return packed;
}

std::string write_list(const TfFeature& feature) {
  std::string list;
  for (const std::string_view bytes : feature.bytes) put_bytes(list, 1, bytes);
  const std::string numbers = feature.kind == TfFeature::Kind::floats
                                  ? packed(feature.floats)
                                  : packed(feature.ints);
  if (!numbers.empty()) put_bytes(list, 1, numbers);
  return list;
}

}  // namespace

Result<TfExample> parse_tf_example(std::span<const std::byte> bytes) {
  TfExample example;
  bool good = true;
  Wire wire({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  Field field;
  while (good && wire.next(field)) {
    if (field.is(1, length_delimited)) {
      good = read_features(field.bytes, example);
    }
  }
  if (good && wire.ok()) return example;
  return Failure{
      "tfrecord.example",
      example.size() > max_features
          ? "a tf.Example of more than " + grouped(max_features) + " features"
          : "the record's " + counted(bytes.size(), "byte") +
                " are no tf.Example"};
}

std::string write_tf_example(const TfExample& example) {
  std::string features;
  for (const auto& [name, feature] : example) {
    std::string value;
    if (feature.kind != TfFeature::Kind::none) {
      put_bytes(value, static_cast<std::uint32_t>(feature.kind),
                write_list(feature));
    }
    std::string entry;
    put_bytes(entry, 1, name);
    put_bytes(entry, 2, value);
    put_bytes(features, 1, entry);
  }
  std::string message;
  put_bytes(message, 1, features);
  return message;
}

}  // namespace quarry::detail
