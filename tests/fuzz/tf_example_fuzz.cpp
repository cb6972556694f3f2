// A tf.Example: a message of protocol buffers.

#include "data/tf_example.hpp"
#include "data/tfrecord.hpp"
#include "data/tfrecord_scan.hpp"
#include "fuzz.hpp"

namespace {

using namespace quarry;
using namespace quarry::detail;

void check_inside(std::string_view text, std::string_view message) {
  const bool inside =
      text.data() >= message.data() &&
      text.data() + text.size() <= message.data() + message.size();
  fuzz::check(text.empty() || inside, "a text lies outside of the message");
}

void check_kind(const TfFeature& feature) {
  using Kind = TfFeature::Kind;
  fuzz::check(feature.bytes.empty() || feature.kind == Kind::bytes, "texts");
  fuzz::check(feature.floats.empty() || feature.kind == Kind::floats, "floats");
  fuzz::check(feature.ints.empty() || feature.kind == Kind::ints, "integers");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view message = fuzz::text_of(data, size);
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto example = fuzz::attempt([&] { return parse_tf_example(bytes); });

  std::string member(message);
  for (const std::byte b : tfrecord_footer(bytes))
    member += static_cast<char>(b);
  const Bytes record = Bytes::take(std::move(member));
  const auto image = fuzz::attempt([&] { return image_of_record(record); });
  if (image) check_inside(image->text(), record.text());
  fuzz::check(example || !image, "an image in what is no message");
  if (!example) return 0;

  for (const auto& [name, feature] : *example) {
    check_inside(name, message);
    for (const std::string_view text : feature.bytes)
      check_inside(text, message);
    check_kind(feature);
  }
  // As text, since a NaN differs from itself.
  const std::string written = write_tf_example(*example);
  const TfExample again =
      parse_tf_example(std::as_bytes(std::span(written))).value();
  fuzz::check(write_tf_example(again) == written,
              "what is written is read as something else");
  fuzz::check(again.size() == example->size(), "another number of features");
  return 0;
}
