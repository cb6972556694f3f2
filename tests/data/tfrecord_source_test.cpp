#include "quarry/data/tfrecord_source.hpp"

#include <archive.h>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <zlib.h>

#include "quarry/core/random.hpp"
#include "quarry/data/any_source.hpp"
#include "quarry/data/file_uri.hpp"
#include "quarry/testing/check_source.hpp"

#include "archives.hpp"
#include "catch.hpp"
#include "data/tf_example.hpp"
#include "data/tfrecord.hpp"
#include "error_id.hpp"
#include "source_files.hpp"
#include "temp_dir.hpp"
#include "toy_async_source.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;
using detail::TfExample;
using test::error_id;
using test::error_message;
using test::ids_of;
using test::make_tar;
using test::TempDir;
using test::text_of;
using Ids = std::vector<std::string>;
using Kind = detail::TfFeature::Kind;

static_assert(DataSource<TfRecordSource>);
static_assert(AsyncSource<TfRecordSource>);
static_assert(not std::default_initializable<TfRecordSource>);

const std::string jpeg = "\xFF\xD8\xFF\xE0 one";
const std::string png = "\x89PNG\r\n\x1A\n two";

detail::TfFeature bytes(std::string_view text) {
  return {.kind = Kind::bytes, .bytes = {text}};
}

std::string framed(const std::string& data) {
  const auto text_of = [](std::span<const std::byte> part) {
    return std::string(reinterpret_cast<const char*>(part.data()), part.size());
  };
  return text_of(detail::tfrecord_header(data.size())) + data +
         text_of(detail::tfrecord_footer(
             std::as_bytes(std::span(data.data(), data.size()))));
}

std::string record(const TfExample& example) {
  return framed(detail::write_tf_example(example));
}

std::string zlib_of(const std::string& text, int level) {
  uLongf size = compressBound(text.size());
  std::string packed(size, '\0');
  REQUIRE(compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                    reinterpret_cast<const Bytef*>(text.data()), text.size(),
                    level) == Z_OK);
  packed.resize(size);
  return packed;
}

TfRecordSource open_file(const fs::path& file,
                         const TfRecordSourceOptions& options = {}) {
  return TfRecordSource(file.native(), options);
}

/// The only sample of a shard that holds `example`.
struct One {
  explicit One(const TfExample& example,
               const TfRecordSourceOptions& options = {})
      : source(open_file(dir.write("s.tfrecord", record(example)), options)) {
    REQUIRE(source.size() == 1);
  }
  std::string text() const { return text_of(source, 0); }
  std::string truth() const {
    return source.sample(0).truth.value_or("(none)");
  }

  TempDir dir;
  TfRecordSource source;
};

TEST_CASE("the records of TFRecord shards are samples, shard by shard") {
  const TempDir dir;
  dir.write("b/t-00001-of-00002", record({{"image/encoded", bytes(png)},
                                          {"image/class/text", bytes("cat")}}));
  dir.write(
      "b/t-00000-of-00002",
      record({{"image/encoded", bytes(jpeg)}}) +
          record({{"image/encoded", bytes("no image")},
                  {"image/class/label", {.kind = Kind::ints, .ints = {-7}}}}));
  const TfRecordSource source((dir / "b/t-*-of-00002").native());
  CHECK(ids_of(source) ==
        Ids{"t-00000-of-00002#0", "t-00000-of-00002#1", "t-00001-of-00002#0"});
  CHECK(text_of(source, 0) == jpeg);
  CHECK(text_of(source, 1) == "no image");
  CHECK(text_of(source, 2) == png);
  CHECK(source.sample(1).uri == file_uri(dir / "b/t-00000-of-00002") + "#1");
  CHECK(source.sample(0).truth == std::nullopt);
  CHECK(source.sample(1).truth == "-7");
  CHECK(source.sample(2).truth == "cat");
  CHECK_FALSE(source.is_async());
  CHECK(source.network().hosts.empty());
  CHECK(test::await(source, 2)->text() == png);
  CHECK(testing::check_source(source).text() == "");
}

TEST_CASE("the image is the feature that is called like one") {
  CHECK(One({{"image", bytes("a")}, {"image/encoded", bytes("b")}}).text() ==
        "b");
  for (const char* name : {"image", "image_raw", "encoded", "jpg", "jpeg"}) {
    CHECK(One({{"a", bytes(png)}, {name, bytes("it")}}).text() == "it");
  }
  // No text, whatever its name.
  CHECK(One({{"image", {.kind = Kind::ints, .ints = {1}}}, {"x", bytes(png)}})
            .text() == png);
  CHECK(One({{"photo", bytes(jpeg)}, {"note", bytes("text")}}).text() == jpeg);
  CHECK(One({{"image", bytes("a")}, {"photo", bytes("b")}},
            {.image_feature = "photo"})
            .text() == "b");
  CHECK(One({{"image", bytes("")}}).text() == "");
}

TEST_CASE("a record without an image says what it has") {
  const One two({{"left", bytes(jpeg)},
                 {"right", bytes(png)},
                 {"label", {.kind = Kind::ints, .ints = {1}}}});
  CHECK(two.text() == "[tfrecord.feature]");
  const std::string message = two.source.read(0).error().message;
  CHECK(message.find("s.tfrecord#0: ") != std::string::npos);
  CHECK(message.find("label (integers), left (bytes), right (bytes)") !=
        std::string::npos);
  CHECK(One({{"image", bytes(jpeg)}}, {.image_feature = "photo"}).text() ==
        "[tfrecord.feature]");
  CHECK(One({}).text() == "[tfrecord.feature]");
}

TEST_CASE("the truth is the label's one value, as text") {
  const auto label = [](const char* name, const detail::TfFeature& feature) {
    return One({{"image", bytes(jpeg)}, {name, feature}}).truth();
  };
  CHECK(label("label", {.kind = Kind::ints, .ints = {INT64_MIN}}) ==
        "-9223372036854775808");
  CHECK(label("label", {.kind = Kind::floats, .floats = {0.1F}}) == "0.1");
  CHECK(label("class", bytes("Größe")) == "Größe");
  CHECK(label("label", {.kind = Kind::ints, .ints = {1, 2}}) == "(none)");
  CHECK(label("label", {.kind = Kind::ints}) == "(none)");
  CHECK(label("label", bytes("two\nlines")) == "(none)");
  CHECK(label("label", bytes(std::string(2000, 'x'))) == "(none)");
  CHECK(label("other", bytes("cat")) == "(none)");
  // An empty text is none, and the next name counts.
  const TfExample both = {{"image", bytes(jpeg)},
                          {"image/class/text", bytes("")},
                          {"label", bytes("cat")},
                          {"other", bytes("dog")}};
  CHECK(One(both).truth() == "cat");
  CHECK(One(both, {.label_feature = "other"}).truth() == "dog");
  CHECK(One(both, {.label_feature = "nothing"}).truth() == "(none)");
}

TEST_CASE("a bad record is one bad sample") {
  const TempDir dir;
  const std::string good = record({{"image", bytes(jpeg)}});
  std::string flipped = good;
  flipped[20] = static_cast<char>(flipped[20] ^ 1);
  const TfRecordSource source = open_file(dir.write(
      "s", good + flipped + framed("no example") + framed("") + good));
  CHECK(source.size() == 5);
  CHECK(text_of(source, 0) == jpeg);
  CHECK(text_of(source, 1) == "[tfrecord.corrupt]");
  CHECK(text_of(source, 2) == "[tfrecord.example]");
  CHECK(text_of(source, 3) == "[tfrecord.feature]");
  CHECK(text_of(source, 4) == jpeg);
  CHECK(testing::check_source(source).text() == "");
}

TEST_CASE("every prefix of a shard loses nothing silently") {
  const TempDir dir;
  const std::string one = record({{"image", bytes(jpeg)}});
  const std::string whole = one + one;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    CAPTURE(size);
    const fs::path file = dir.write("s", whole.substr(0, size));
    if (size > 0 && size < 12) {
      CHECK(error_id([&] { open_file(file); }) == "source.format");
      continue;
    }
    const TfRecordSource source = open_file(file);
    const std::size_t records = size / one.size();
    const bool cut = size % one.size() != 0;
    REQUIRE(source.size() == records + (cut ? 1 : 0));
    for (std::size_t i = 0; i < records; ++i)
      REQUIRE(text_of(source, i) == jpeg);
    if (!cut) continue;
    REQUIRE(text_of(source, records) == "[tfrecord.truncated]");
    REQUIRE(source.sample(records).id ==
            "s#(damaged from byte " + std::to_string(records * one.size()) +
                ")");
  }
}

TEST_CASE("after a wrong length nothing is made up") {
  const TempDir dir;
  const std::string one = record({{"image", bytes(jpeg)}});
  std::string file = one + one + one;
  file[one.size() + 2] = '\1';
  const TfRecordSource source = open_file(dir.write("s", file));
  REQUIRE(source.size() == 2);
  CHECK(text_of(source, 0) == jpeg);
  CHECK(text_of(source, 1) == "[tfrecord.corrupt]");
  CHECK(source.read(1).error().message.find(std::to_string(2 * one.size()) +
                                            " bytes from there on") !=
        std::string::npos);
}

TEST_CASE("what is no TFRecord file is an error that names it") {
  const TempDir dir;
  for (const std::string& text :
       {std::string("<html>not found</html>"), jpeg, std::string(50, '\0'),
        make_tar({{"a.jpg", jpeg}})}) {
    const fs::path file = dir.write("shard", text);
    CHECK(error_id([&] { open_file(file); }) == "source.format");
    CHECK(error_message([&] { open_file(file); }).find("shard") !=
          std::string::npos);
  }
}

TEST_CASE("compressed shards are unpacked, cut off or not") {
  const TempDir dir;
  // More than libarchive unpacks at once, and not easily packed.
  RandomStream random(1);
  std::vector<std::string> images;
  std::string records;
  for (int i = 0; i < 500; ++i) {
    std::string& image = images.emplace_back(jpeg);
    for (int k = 0; k < 600; ++k) image += static_cast<char>(random());
    records += record({{"image", bytes(image)},
                       {"label", {.kind = Kind::ints, .ints = {i}}}});
  }
  const std::string packed = make_tar({{"records", records}}, "raw", "gzip");
  REQUIRE(packed.starts_with("\x1F\x8B"));
  const TfRecordSource whole = open_file(dir.write("whole.gz", packed));
  REQUIRE(whole.size() == 500);
  CHECK(text_of(whole, 499) == images[499]);
  CHECK(whole.sample(77).truth == "77");
  CHECK(testing::check_source(whole).text() == "");

  const TfRecordSource cut =
      open_file(dir.write("cut.gz", packed.substr(0, packed.size() / 2)));
  REQUIRE(cut.size() > 2);
  REQUIRE(cut.size() < 300);
  for (std::size_t i = 0; i + 1 < cut.size(); ++i) {
    REQUIRE(text_of(cut, i) == images[i]);
  }
  CHECK(text_of(cut, cut.size() - 1) == "[tfrecord.truncated]");
  CHECK(cut.read(cut.size() - 1).error().message.find("cannot be unpacked") !=
        std::string::npos);
}

TEST_CASE("shards that TensorFlow compressed with zlib are unpacked") {
  const TempDir dir;
  std::string records;
  for (int i = 0; i < 300; ++i) {
    records += record({{"image", bytes(jpeg + std::string(2000, 'x'))},
                       {"label", {.kind = Kind::ints, .ints = {i}}}});
  }
  for (const int level : {0, 1, 6, 9}) {
    CAPTURE(level);
    const std::string packed = zlib_of(records, level);
    const TfRecordSource whole = open_file(dir.write("whole", packed));
    REQUIRE(whole.size() == 300);
    CHECK(text_of(whole, 299) == jpeg + std::string(2000, 'x'));
    CHECK(whole.sample(77).truth == "77");

    const TfRecordSource cut =
        open_file(dir.write("cut", packed.substr(0, packed.size() / 2)));
    REQUIRE(cut.size() > 1);
    REQUIRE(cut.size() < 300);
    const Failure failure = cut.read(cut.size() - 1).error();
    CHECK(failure.id == "tfrecord.truncated");
    CHECK(failure.message.find("it ends too early") != std::string::npos);

    std::string corrupt = packed;
    corrupt.back() = static_cast<char>(~corrupt.back());  // of the checksum
    const TfRecordSource wrong = open_file(dir.write("corrupt", corrupt));
    REQUIRE(wrong.size() == 301);
    CHECK(wrong.read(300).error().message.find("incorrect data check") !=
          std::string::npos);
  }
  // Two streams are one file, as of gzip.
  dir.write("two", zlib_of(records, 6) + zlib_of(records, 1));
  CHECK(open_file(dir / "two").size() == 600);
}

TEST_CASE("a record of a length that looks compressed is a record") {
  const TempDir dir;
  // 1F 8B 08 and 78 9C 00, little endian, less what the message around the
  // image takes.
  for (const auto& [begin, length] : {std::pair{"\x1F\x8B\x08"sv, 0x088B1F},
                                      std::pair{"\x78\x9C\0"sv, 0x9C78}}) {
    std::string image = jpeg;
    std::string file;
    // A length below 2^21 or 2^14 is written in fewer bytes.
    for (int around = 18; around < 40 && !file.starts_with(begin); ++around) {
      image.resize(static_cast<std::size_t>(length - around), 'x');
      file = record({{"image", bytes(image)}});
    }
    REQUIRE(file.starts_with(begin));
    CHECK(text_of(open_file(dir.write("s", file)), 0) == image);
  }
}

TEST_CASE("an index beside the shard counts, but not for another label") {
  const TempDir dir;
  const std::string one =
      record({{"image", bytes(jpeg)}, {"label", bytes("cat")}});
  const fs::path file = dir.write("s", one);
  dir.write("s.qidx",
            "{\"quarry_shard_index\":1,\"kind\":\"tfrecord\",\"size\":" +
                std::to_string(one.size()) +
                ",\"members\":2}\n"
                "{\"name\":\"0\",\"offset\":12,\"size\":" +
                std::to_string(one.size() - 12) +
                ",\"truth\":\"from the index\"}\n"
                "{\"name\":\"(damaged)\",\"error\":\"tfrecord.truncated\","
                "\"message\":\"cut\",\"end\":1}\n");
  CHECK(open_file(file).sample(0).truth == "from the index");
  CHECK(text_of(open_file(file), 0) == jpeg);
  CHECK(text_of(open_file(file), 1) == "[tfrecord.truncated]");
  CHECK(open_file(file, {.label_feature = "label"}).sample(0).truth == "cat");
}

TEST_CASE("a shard with any bits flipped is opened or refused") {
  const TempDir dir;
  const std::string whole = record({{"image", bytes(jpeg)}}) +
                            record({{"image", bytes(png)}}) +
                            record({{"label", bytes("none")}});
  RandomStream random(5);
  for (int round = 0; round < 500; ++round) {
    std::string file = whole;
    for (auto flips = 1 + random.below(3); flips > 0; --flips) {
      char& byte = file[static_cast<std::size_t>(random.below(file.size()))];
      byte = static_cast<char>(byte ^ (1 + random.below(255)));
    }
    const fs::path place = dir.write("s", file);
    try {
      const TfRecordSource source = open_file(place);
      REQUIRE(source.size() <= 3);
      std::size_t bad = 0;
      for (std::size_t i = 0; i < source.size(); ++i) {
        if (!source.read(i).ok()) ++bad;
      }
      REQUIRE(bad >= 1);
    } catch (const Error& error) {
      REQUIRE(error.id() == "source.format");
    }
  }
}

}  // namespace
}  // namespace quarry
