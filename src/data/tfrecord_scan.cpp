#include "data/tfrecord_scan.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "quarry/core/detail/text.hpp"

#include "data/image_kind.hpp"
#include "data/tf_example.hpp"
#include "data/tfrecord.hpp"

namespace quarry::detail {
namespace {

using Kind = TfFeature::Kind;

/// What data sets call the encoded image, and its label; the first that is
/// there counts.
constexpr std::array<std::string_view, 7> image_names = {
    "image/encoded", "image", "image_raw", "encoded", "jpg", "jpeg", "png"};
constexpr std::array<std::string_view, 6> label_names = {
    "image/class/text", "label", "image/class/label", "class", "cls", "target"};
/// A longer text is no label.
constexpr std::size_t most_label_bytes = 1024;

template <class Number>
std::string text_of(Number number) {
  std::array<char, 64> buffer;
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return {buffer.data(), end.ptr};
}

/// The one value of a feature as a line of text; empty where there is none.
std::string label_of(const TfFeature& feature) {
  if (feature.bytes.size() == 1) {
    const std::string_view text = feature.bytes.front();
    const bool line = text.size() <= most_label_bytes && is_printable(text);
    return line ? std::string(text) : std::string();
  }
  if (feature.ints.size() == 1) return text_of(feature.ints.front());
  if (feature.floats.size() == 1) return text_of(feature.floats.front());
  return {};
}

std::string truth_of(const Bytes& data, const std::string& label) {
  const Result<TfExample> example = parse_tf_example(data.span());
  if (!example.ok()) return {};
  const auto look_up = [&](std::string_view name) {
    const auto found = example->find(name);
    return found == example->end() ? std::string() : label_of(found->second);
  };
  if (!label.empty()) return look_up(label);
  for (const std::string_view name : label_names) {
    std::string truth = look_up(name);
    if (!truth.empty()) return truth;
  }
  return {};
}

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::bytes:
      return "bytes";
    case Kind::floats:
      return "floats";
    case Kind::ints:
      return "integers";
    case Kind::none:
      break;
  }
  return "empty";
}

/// "image (bytes), label (integers)"
std::string list_of(const TfExample& example) {
  constexpr std::size_t most_named = 12;
  std::string list;
  std::size_t named = 0;
  for (const auto& [name, feature] : example) {
    if (!list.empty()) list += ", ";
    if (named++ == most_named) return list + "…";
    list +=
        shown(cut(name, 60)) + " (" + std::string(name_of(feature.kind)) + ')';
  }
  return list;
}

Failure no_image(const TfExample& example, const std::string& wanted) {
  std::string message =
      wanted.empty() ? "no feature of the record is called like an image or "
                       "begins like a JPEG or PNG"
                     : "the record has no bytes called " + shown(wanted);
  message += example.empty() ? "; it has no features at all"
                             : "; it has " + list_of(example);
  return {"tfrecord.feature", std::move(message),
          "name the feature that holds the encoded image (image_feature)"};
}

/// The bytes called `name`; null where there are none.
const std::string_view* bytes_called(const TfExample& example,
                                     std::string_view name) {
  const auto found = example.find(name);
  if (found == example.end() || found->second.bytes.empty()) return nullptr;
  return &found->second.bytes.front();
}

/// The one feature that begins like an image; null when there are several.
const std::string_view* bytes_like_image(const TfExample& example) {
  const std::string_view* image = nullptr;
  for (const auto& [name, feature] : example) {
    if (feature.bytes.empty() || ending_of(feature.bytes.front()).empty())
      continue;
    if (image != nullptr) return nullptr;
    image = &feature.bytes.front();
  }
  return image;
}

const std::string_view* image_in(const TfExample& example,
                                 const std::string& wanted) {
  if (!wanted.empty()) return bytes_called(example, wanted);
  for (const std::string_view name : image_names) {
    if (const auto* image = bytes_called(example, name)) return image;
  }
  return bytes_like_image(example);
}

[[noreturn]] void raise_no_tfrecord(const ShardFile& file) {
  raise("source.format", file.shown() + " is no TFRecord file",
        "a tfrecord: pool is made of files of records, compressed with gzip, "
        "zlib, Zstandard or xz, or not at all");
}

}  // namespace

ShardIndex scan_tfrecord(const ShardFile& file,
                         const ExampleFeatures& features) {
  ShardIndex index("tfrecord", file.size());
  ShardWindow window(file);
  const auto damaged = [&](std::uint64_t offset, Failure failure) {
    // Why the file ends early says more than that it does.
    if (file.damage() && failure.id == ErrorId("tfrecord.truncated"))
      failure.message = file.damage()->message;
    failure.message = file.shown() + ": " + failure.message;
    index.add_damage("(damaged from byte " + std::to_string(offset) + ')',
                     std::move(failure));
  };
  std::uint64_t offset = 0;
  for (std::uint64_t number = 0;; ++number) {
    const std::uint64_t rest = file.size() - offset;
    if (rest == 0 && !file.damage()) break;
    if (rest < tfrecord_header_bytes) {
      if (number == 0 && !file.damage()) raise_no_tfrecord(file);
      damaged(offset, truncated_tfrecord(offset, rest));
      break;
    }
    const Bytes header = window.read(offset, tfrecord_header_bytes).value();
    const auto length = tfrecord_length(header.span());
    if (!length) {
      if (number == 0) raise_no_tfrecord(file);
      damaged(offset, bad_tfrecord_length(offset, rest));
      break;
    }
    if (rest < tfrecord_frame_bytes || *length > rest - tfrecord_frame_bytes) {
      damaged(offset, truncated_tfrecord(offset, rest));
      break;
    }
    const std::uint64_t begin = offset + tfrecord_header_bytes;
    const std::string truth =
        truth_of(window.read(begin, *length).value(), features.label);
    index.add({.name = std::to_string(number),
               .truth = truth,
               .offset = begin,
               .size = *length + tfrecord_footer_bytes});
    offset += tfrecord_frame_bytes + *length;
  }
  index.shrink_to_fit();
  return index;
}

Result<Bytes> image_of_record(const Bytes& member,
                              const ExampleFeatures& features) {
  if (!is_tfrecord_data(member.span())) {
    return Failure{"tfrecord.corrupt",
                   "the record does not have the checksum it states",
                   "fetch or write the shard again"};
  }
  const Bytes data = member.slice(0, member.size() - tfrecord_footer_bytes);
  const Result<TfExample> example = parse_tf_example(data.span());
  if (!example.ok()) return example.error();
  const std::string_view* image = image_in(*example, features.image);
  if (image == nullptr) return no_image(*example, features.image);
  if (image->empty()) return Bytes();
  return data.slice(
      static_cast<std::size_t>(image->data() - data.text().data()),
      image->size());
}

ShardKind tfrecord_kind(const ExampleFeatures& features) {
  return {
      .name = "tfrecord",
      .scan =
          [features](const ShardFile& file) {
            return scan_tfrecord(file, features);
          },
      .unwrap =
          [features](const Bytes& member) {
            return image_of_record(member, features);
          },
      // A length of 35,615 looks like gzip, one of 40,056 like zlib.
      .is_plain =
          [](std::string_view head) {
            if (head.size() < tfrecord_header_bytes) return false;
            return tfrecord_length(
                       std::as_bytes(std::span(head.data(), head.size())))
                .has_value();
          },
  };
}

}  // namespace quarry::detail
