#include "quarry/core/npy.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "quarry/core/random.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "temp_dir.hpp"

using namespace std::string_literals;
using quarry::ArrayView;
using quarry::Bytes;
using quarry::DType;
using quarry::Half;
using quarry::NpyArray;
using quarry::NpyWriter;
using quarry::parse_npy;
using quarry::test::error_id;
using quarry::test::error_message;
using quarry::test::slurp;
using quarry::test::TempDir;

namespace {

using Shape = std::vector<std::size_t>;

// A writer of `.npy` that shares nothing with Quarry's.

std::string file_of(const std::string& dictionary, const std::string& data,
                    int version = 1) {
  std::string header = dictionary;
  const std::size_t fixed = version == 1 ? 11 : 13;
  while ((header.size() + fixed) % 64 != 0) header += ' ';
  header += '\n';
  std::string file = "\x93NUMPY";
  file += static_cast<char>(version);
  file += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
    file += static_cast<char>(header.size() >> (8 * i));
  return file + header + data;
}

std::string dictionary(const std::string& descr, bool fortran,
                       const std::string& shape) {
  return "{'descr': '" + descr +
         "', 'fortran_order': " + (fortran ? "True" : "False") +
         ", 'shape': " + shape + ", }";
}

std::string bytes_of(std::uint64_t bits, std::size_t size, bool big) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i)
    bytes += static_cast<char>(bits >> (8 * (big ? size - 1 - i : i)));
  return bytes;
}

// The bits of an integer below 256 (and of its negative) in any dtype.
std::uint64_t encode(char kind, std::size_t size, int value) {
  if (kind != 'f') return static_cast<std::uint64_t>(std::int64_t{value});
  if (value == 0) return 0;
  const int fraction_bits = size == 2 ? 10 : size == 4 ? 23 : 52;
  const int bias = size == 2 ? 15 : size == 4 ? 127 : 1023;
  const auto magnitude = static_cast<std::uint64_t>(std::abs(value));
  int exponent = 0;
  while ((magnitude >> (exponent + 1)) != 0) ++exponent;
  std::uint64_t bits = (magnitude << (fraction_bits - exponent)) &
                       ((std::uint64_t{1} << fraction_bits) - 1);
  bits |= static_cast<std::uint64_t>(exponent + bias) << fraction_bits;
  if (value < 0) bits |= std::uint64_t{1} << (size * 8 - 1);
  return bits;
}

// What the element [i, j, k] of the fixtures of shape [2, 3, 4] is.
int element(char kind, int i, int j, int k) {
  const int value = 12 * i + 4 * j + k;
  if (kind == 'b') return value % 3 == 0 ? 1 : 0;
  return (kind == 'i' || kind == 'f') && value % 2 == 1 ? -value : value;
}

std::string fixture(const std::string& type, bool big, bool fortran,
                    int version) {
  const char kind = type[0];
  const auto size = static_cast<std::size_t>(type[1] - '0');
  std::string data;
  const auto put = [&](int i, int j, int k) {
    data += bytes_of(encode(kind, size, element(kind, i, j, k)), size, big);
  };
  if (fortran) {
    for (int k = 0; k < 4; ++k)
      for (int j = 0; j < 3; ++j)
        for (int i = 0; i < 2; ++i) put(i, j, k);
  } else {
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 3; ++j)
        for (int k = 0; k < 4; ++k) put(i, j, k);
  }
  const char order = size == 1 ? '|' : big ? '>' : '<';
  return file_of(dictionary(order + type, fortran, "(2, 3, 4)"), data, version);
}

NpyArray parse(const std::string& file) {
  return parse_npy(Bytes::copy(file), "it.npy");
}

std::string id_of(const std::string& file) {
  return error_id([&] { parse(file); });
}

std::string id_of_header(const std::string& text, const std::string& data) {
  return id_of(file_of(text, data));
}

const std::string eight(8, '\0');

}  // namespace

TEST_CASE("every dtype, byte order, element order and version is read") {
  for (const char* type : {"b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8",
                           "f2", "f4", "f8"}) {
    for (const bool big : {false, true}) {
      for (const bool fortran : {false, true}) {
        for (const int version : {1, 2, 3}) {
          INFO(type << ' ' << big << ' ' << fortran << ' ' << version);
          const NpyArray array = parse(fixture(type, big, fortran, version));
          REQUIRE(quarry::name_of(array.dtype()) == type);
          REQUIRE(array.shape() == Shape{2, 3, 4});
          REQUIRE(array.view().describe() == type + " [2, 3, 4]"s);
          std::vector<double> expected;
          for (int i = 0; i < 2; ++i)
            for (int j = 0; j < 3; ++j)
              for (int k = 0; k < 4; ++k)
                expected.push_back(element(type[0], i, j, k));
          REQUIRE(array.as<double>() == expected);
          REQUIRE(array.as<float>() ==
                  std::vector<float>(expected.begin(), expected.end()));
          REQUIRE(array.as<std::int64_t>() ==
                  std::vector<std::int64_t>(expected.begin(), expected.end()));
          std::vector<double> row(12);
          array.view().read_row(1, row);
          REQUIRE(std::equal(row.begin(), row.end(), expected.begin() + 12));
        }
      }
    }
  }
}

TEST_CASE("files that NumPy wrote are read") {
  const auto numpy = [](const std::string& start, const std::string& text,
                        std::size_t header, const std::string& data) {
    return start + text +
           std::string(header - start.size() - text.size() - 1, ' ') + "\n" +
           data;
  };
  const NpyArray floats = parse(
      numpy("\x93NUMPY\x01\x00v\x00"s,
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 128,
            "\x00\x00\x80\x3f\x00\x00\x20\x40\x00\x00\x40\xc0"
            "\x00\x00\x80\x40\xcd\xcc\xcc\x3d\x00\x00\xc0\x40"s));
  CHECK(floats.as<float>() == std::vector<float>{1, 2.5F, -3, 4, 0.1F, 6});

  const NpyArray halves =
      parse(numpy("\x93NUMPY\x01\x00v\x00"s,
                  "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 3), }",
                  128, "\x00\x3c\x00\x41\x00\xc2\x00\x44\x66\x2e\x00\x46"s));
  CHECK(halves.as<double>() ==
        std::vector<double>{1, 2.5, -3, 4, 0.0999755859375, 6});

  const NpyArray fortran =
      parse(numpy("\x93NUMPY\x01\x00v\x00"s,
                  "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }",
                  128, "\x00\x01\x00\x04\xff\xfe\x00\x05\x00\x03\xfd\xa8"s));
  CHECK(fortran.as<std::int64_t>() ==
        std::vector<std::int64_t>{1, -2, 3, 4, 5, -600});

  const NpyArray scalar =
      parse(numpy("\x93NUMPY\x01\x00v\x00"s,
                  "{'descr': '<f8', 'fortran_order': False, 'shape': (), }",
                  128, "\x00\x00\x00\x00\x00\x00\x04\x40"s));
  CHECK(scalar.shape().empty());
  CHECK(scalar.as<double>() == std::vector<double>{2.5});
  CHECK(scalar.view().size() == 1);

  const NpyArray second =
      parse(numpy("\x93NUMPY\x02\x00t\x00\x00\x00"s,
                  "{'descr': '<u2', 'fortran_order': False, 'shape': (3,), }",
                  128, "\x01\x00\x02\x00\xff\xff"s));
  CHECK(second.as<double>() == std::vector<double>{1, 2, 65535});

  const NpyArray third =
      parse(numpy("\x93NUMPY\x03\x00t\x00\x00\x00"s,
                  "{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }",
                  128, "\x01\x00\x01"s));
  CHECK(third.as<double>() == std::vector<double>{1, 0, 1});

  const NpyArray empty = parse(numpy(
      "\x93NUMPY\x01\x00v\x00"s,
      "{'descr': '<i8', 'fortran_order': False, 'shape': (0, 3), }", 128, ""));
  CHECK(empty.shape() == Shape{0, 3});
  CHECK(empty.view().empty());
  CHECK(empty.as<float>().empty());
}

TEST_CASE("every array of the shared goldens is read") {
  const char* shared = std::getenv("QUARRY_SHARED");
  const std::filesystem::path goldens =
      std::filesystem::path(shared != nullptr ? shared : "../shared") /
      "goldens";
  if (!std::filesystem::is_directory(goldens)) {
    WARN("skipped: no goldens at " << goldens.string());
    return;
  }
  int count = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(goldens)) {
    if (entry.path().extension() != ".npy") continue;
    INFO(entry.path().string());
    const NpyArray array = quarry::read_npy(entry.path());
    REQUIRE(array.data().size() ==
            array.size() * quarry::size_of(array.dtype()));
    ++count;
  }
  CHECK(count > 0);
}

TEST_CASE("an array in native order is not copied, any other is") {
  // A header of 64 bytes keeps the elements aligned.
  const Bytes native =
      Bytes::copy(file_of(dictionary("<f4", false, "(2,)"), eight));
  const NpyArray array = parse_npy(native, "it");
  CHECK(array.data().data() == native.data() + native.size() - 8);

  const auto copied = [](const std::string& file) {
    const Bytes bytes = Bytes::copy(file);
    const std::byte* data = parse_npy(bytes, "it").data().data();
    return data < bytes.data() || data >= bytes.data() + bytes.size();
  };
  CHECK(copied(file_of(dictionary(">f4", false, "(2,)"), eight)));
  CHECK(copied(file_of(dictionary("<f4", true, "(1, 2)"), eight)));
  CHECK_FALSE(copied(file_of(dictionary("<f4", true, "(2,)"), eight)));
  // One space more and nothing is aligned any more.
  std::string odd = file_of(dictionary("<f4", false, "(2,)"), eight);
  odd.insert(odd.size() - 9, " ");
  odd[8] = static_cast<char>(odd[8] + 1);
  CHECK(copied(odd));
  CHECK(parse(odd).as<float>() == std::vector<float>{0, 0});
}

TEST_CASE("a boolean is 0 or 1 whatever byte the file has") {
  const NpyArray array =
      parse(file_of(dictionary("|b1", false, "(4,)"), "\0\1\2\xFF"s));
  CHECK(array.data().text() == "\0\1\1\1"s);
  CHECK(array.as<float>() == std::vector<float>{0, 1, 1, 1});
}

TEST_CASE("a header is read however it is spelt") {
  const char* spellings[] = {
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
      "{\"shape\":(2,),\"fortran_order\":False,\"descr\":\"<f4\"}",
      "  { 'fortran_order' :False ,\t'shape' : ( 2 , ) , 'descr':'=f4' } ",
      "{'descr': 'f4', 'fortran_order': True, 'shape': (2L,), }",
  };
  for (const char* text : spellings) {
    INFO(text);
    CHECK(id_of_header(text, eight).empty());
  }
  CHECK(parse(file_of(dictionary("<f4", false, "(1, 2, 1)"), eight)).shape() ==
        Shape{1, 2, 1});
}

TEST_CASE("a broken header is invalid") {
  for (const char* text : {
           "",
           "{",
           "{}",
           "[]",
           "{'descr': '<f4', 'fortran_order': False}",
           "{'descr': '<f4', 'shape': (2,)}",
           "{'fortran_order': False, 'shape': (2,)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)",
           "{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}",
           "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': 2}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (2)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': [2]}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (2.0,)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (2,,)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (2 1)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}",
           "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, "
           "'shape': (2,)}",
           "{descr: '<f4', 'fortran_order': False, 'shape': (2,)}",
           "{'descr': '<f4, 'fortran_order': False, 'shape': (2,)}",
           "{'descr': '<f3', 'fortran_order': False, 'shape': (2,)}",
           "{'descr': '<x4', 'fortran_order': False, 'shape': (2,)}",
           "{'descr': '', 'fortran_order': False, 'shape': (2,)}",
           "{'descr': '<', 'fortran_order': False, 'shape': (2,)}",
           "{'descr': '<<f4', 'fortran_order': False, 'shape': (2,)}",
           "{'descr': 4, 'fortran_order': False, 'shape': (2,)}",
       }) {
    INFO(text);
    CHECK(id_of_header(text, eight) == "npy.invalid");
  }
  CHECK(id_of("") == "npy.invalid");
  CHECK(id_of("PK\3\4") == "npy.invalid");
}

TEST_CASE("what Quarry does not read says what it is") {
  const auto message = [](const std::string& descr) {
    const std::string file = file_of("{'descr': " + descr +
                                         ", 'fortran_order': False, 'shape': "
                                         "(1,), }",
                                     eight);
    CHECK(id_of(file) == "npy.unsupported");
    return error_message([&] { parse(file); });
  };
  const auto holds = [](const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
  };
  CHECK(holds(message("'|O'"), "Python objects"));
  CHECK(holds(message("'|S8'"), "byte strings"));
  CHECK(holds(message("'<U2'"), "text"));
  CHECK(holds(message("'<c8'"), "complex"));
  CHECK(holds(message("'<f16'"), "extended-precision"));
  CHECK(holds(message("'<M8[ns]'"), "dates"));
  CHECK(holds(message("'<m8[s]'"), "time spans"));
  CHECK(holds(message("'|V8'"), "raw records"));
  CHECK(holds(message("[('a', '<f4'), ('b', '<i4')]"), "structured"));
  CHECK(holds(message("('<f4', (2,))"), "structured"));
  CHECK(holds(message("'|O'"), "it.npy"));

  std::string version = fixture("f4", false, false, 1);
  version[6] = '\4';
  CHECK(id_of(version) == "npy.unsupported");
  version[6] = '\0';
  CHECK(id_of(version) == "npy.unsupported");
  version[6] = '\1';
  version[7] = '\1';
  CHECK(id_of(version) == "npy.unsupported");

  std::string many = "(";
  for (int i = 0; i < 65; ++i) many += "1,";
  CHECK(id_of_header(dictionary("|u1", false, many + ")"), "x") ==
        "npy.unsupported");
  // Five dimensions can be read, but no view has so many.
  const NpyArray five =
      parse(file_of(dictionary("|u1", false, "(1, 1, 1, 1, 2)"), "ab"));
  CHECK(five.as<float>() == std::vector<float>{97, 98});
  CHECK(error_id([&] { five.view(); }) == "npy.unsupported");
}

TEST_CASE("shape and length must agree") {
  const auto id = [](const std::string& shape, std::size_t bytes) {
    return id_of_header(dictionary("<f4", false, shape),
                        std::string(bytes, '\0'));
  };
  CHECK(id("(2, 3)", 24).empty());
  CHECK(id("(2, 3)", 23) == "npy.invalid");
  CHECK(id("(2, 3)", 25) == "npy.invalid");
  CHECK(id("()", 4).empty());
  CHECK(id("()", 0) == "npy.invalid");
  CHECK(id("(0,)", 0).empty());
  CHECK(id("(0,)", 4) == "npy.invalid");
  CHECK(id("(5, 0)", 0).empty());
  // 2^62 elements of 4 bytes are 2^64 bytes, which is 0 modulo 2^64.
  CHECK(id("(4611686018427387904,)", 0) == "npy.invalid");
  CHECK(id("(4294967296, 4294967296)", 0) == "npy.invalid");
  CHECK(id("(0, 4294967296, 4294967296)", 0) == "npy.invalid");
  CHECK(id("(18446744073709551616,)", 0) == "npy.invalid");
  CHECK(id("(99999999999999999999999999,)", 0) == "npy.invalid");
}

TEST_CASE("a file cut anywhere is invalid") {
  for (const int version : {1, 2, 3}) {
    const std::string file = fixture("f4", false, false, version);
    for (std::size_t length = 0; length < file.size(); ++length) {
      INFO(version << ' ' << length);
      REQUIRE(id_of(file.substr(0, length)) == "npy.invalid");
    }
  }
  // A header that claims to be longer than the file.
  CHECK(id_of("\x93NUMPY\2\0\xFF\xFF\xFF\xFF{}"s) == "npy.invalid");
  // By one byte, with as many elements as that is short of modulo 2^64.
  std::string longer =
      file_of(dictionary("|u1", false, "(18446744073709551615,)"), "");
  longer[8] = static_cast<char>(longer[8] + 1);
  CHECK(id_of(longer) == "npy.invalid");
}

TEST_CASE("garbage returns or raises npy.invalid or npy.unsupported") {
  quarry::RandomStream random(47);
  const std::string marks = "{}()[]'\",:<>|=0123456789 FTL\n\0\xFF"s;
  int parsed = 0;
  for (int i = 0; i < 10000; ++i) {
    std::string file =
        fixture(i % 2 == 0 ? "f4" : "b1", false, i % 3 == 0, 1 + i % 3);
    for (std::uint64_t k = 1 + random.below(4); k > 0; --k) {
      // Mostly the header, sometimes the data.
      const std::size_t end = random.below(8) == 0 ? file.size() : 90;
      const auto place = static_cast<std::size_t>(random.below(end));
      const char mark =
          marks[static_cast<std::size_t>(random.below(marks.size()))];
      const std::uint64_t kind = random.below(4);
      if (kind == 0) file.erase(place, 1);
      if (kind == 1) file.insert(place, 1, mark);
      if (kind == 2) file[place] = mark;
      if (kind == 3) file[place] = static_cast<char>(random.below(256));
    }
    try {
      const NpyArray array = parse(file);
      REQUIRE(array.as<double>().size() == array.size());
      ++parsed;
    } catch (const quarry::Error& error) {
      REQUIRE((error.id() == "npy.invalid" || error.id() == "npy.unsupported"));
      REQUIRE(error.message().size() < 300);
    }
  }
  CHECK(parsed > 20);  // some mutations leave a good file
}

TEST_CASE("a conversion to integers refuses what is none") {
  const auto convert = [](const auto& values) {
    using T = typename std::decay_t<decltype(values)>::value_type;
    const auto* bytes = reinterpret_cast<const std::byte*>(values.data());
    const NpyArray array(
        quarry::dtype_of<T>(), {values.size()},
        Bytes::copy(std::span(bytes, values.size() * sizeof(T))));
    return error_id([&] { static_cast<void>(array.as<std::int64_t>()); });
  };
  CHECK(convert(std::vector<double>{-0.0, 5, -0x1p63}).empty());
  CHECK(convert(std::vector<double>{0.5}) == "npy.invalid");
  CHECK(convert(std::vector<double>{0x1p63}) == "npy.invalid");
  CHECK(convert(std::vector<float>{std::nanf("")}) == "npy.invalid");
  CHECK(convert(std::vector<float>{-HUGE_VALF}) == "npy.invalid");
  CHECK(convert(std::vector<std::uint64_t>{std::uint64_t{1} << 63}) ==
        "npy.invalid");
  CHECK(convert(std::vector<std::uint64_t>{~std::uint64_t{0} >> 1}).empty());
}

TEST_CASE("a message names the array and the element") {
  const std::vector<float> values{1, 2, 0.5F};
  const auto* bytes = reinterpret_cast<const std::byte*>(values.data());
  const Bytes data = Bytes::copy(std::span(bytes, 12));
  const auto message = [](const auto& action) {
    return quarry::test::error_message(action);
  };
  const TempDir dir;
  quarry::write_npy(dir / "x.npy", quarry::ArrayView(values.data(), {3}));
  const NpyArray array = quarry::read_npy(dir / "x.npy");
  const std::string refused =
      message([&] { static_cast<void>(array.as<std::int64_t>()); });
  CHECK(refused.find("x.npy holds 0.5") != std::string::npos);
  CHECK(refused.find("as element 2") != std::string::npos);
  const NpyArray deep(DType::f4, {1, 1, 1, 1, 3}, data, "five.npy");
  CHECK(message([&] { deep.view(); }).find("five.npy has 5") == 0);
}

TEST_CASE("a default-constructed array has no elements") {
  const NpyArray array;
  CHECK(array.size() == 0);
  CHECK(array.as<float>().empty());
  CHECK(array.as<std::int64_t>().empty());
  CHECK(array.view().empty());
}

TEST_CASE("an array's data have the length of its shape") {
  CHECK(error_id([] { NpyArray(DType::f4, {2}, Bytes::copy("1234567")); }) ==
        "contract.violated");
}

TEMPLATE_TEST_CASE("what is written is read back", "", bool, std::uint8_t,
                   std::uint16_t, std::uint32_t, std::uint64_t, std::int8_t,
                   std::int16_t, std::int32_t, std::int64_t, Half, float,
                   double) {
  const TempDir dir;
  TestType values[6];
  for (int i = 0; i < 6; ++i) values[i] = static_cast<TestType>(i % 5);
  for (const Shape& shape : {Shape{}, Shape{6}, Shape{2, 3}, Shape{1, 3, 2, 1},
                             Shape{0}, Shape{3, 0}, Shape{0, 3}}) {
    const ArrayView view(quarry::dtype_of<TestType>(), values, shape);
    quarry::write_npy(dir / "x.npy", view);
    const NpyArray array = quarry::read_npy(dir / "x.npy");
    CHECK(array.dtype() == quarry::dtype_of<TestType>());
    CHECK(array.shape() == shape);
    REQUIRE(array.size() == view.size());
    CHECK(array.data().text() ==
          std::string_view(reinterpret_cast<const char*>(values),
                           view.size() * sizeof(TestType)));
  }
}

TEST_CASE("a written file is what NumPy's format says, byte for byte") {
  const TempDir dir;
  const std::int16_t values[] = {1, -2, 258};
  quarry::write_npy(dir / "x.npy", ArrayView(values, {3}));
  const std::string text =
      "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }";
  CHECK(slurp(dir / "x.npy") ==
        "\x93NUMPY\1\0\x76\0"s + text +
            std::string(128 - 10 - 1 - text.size(), ' ') +
            "\n\1\0\xFE\xFF\2\1"s);
  const std::uint8_t byte = 7;
  quarry::write_npy(dir / "x.npy", ArrayView(&byte, {}));
  CHECK(slurp(dir / "x.npy")
            .find("{'descr': '|u1', 'fortran_order': False, "
                  "'shape': (), }") == 10);
  // Whatever the shape, the elements begin at a multiple of 64.
  for (std::size_t n = 1; n < 10'000'000'000'000; n *= 10) {
    quarry::write_npy(dir / "x.npy",
                      ArrayView(DType::u1, &byte, Shape{0, n, n}));
    const std::string file = slurp(dir / "x.npy");
    REQUIRE(file.size() % 64 == 0);
    REQUIRE(file.back() == '\n');
  }
}

TEST_CASE("a matrix is written with its rows as rows") {
  const TempDir dir;
  quarry::Matrix matrix(2, 3);
  matrix << 1, 2, 3, 4, 5, 6;
  quarry::write_npy(dir / "x.npy", matrix);
  const NpyArray array = quarry::read_npy(dir / "x.npy");
  CHECK(array.shape() == Shape{2, 3});
  CHECK(array.as<float>() == std::vector<float>{1, 2, 3, 4, 5, 6});
  quarry::write_npy(dir / "x.npy", quarry::Matrix(0, 5));
  CHECK(quarry::read_npy(dir / "x.npy").shape() == Shape{0, 5});
}

TEST_CASE("what cannot be written or read raises") {
  const TempDir dir;
  const float value = 1;
  const ArrayView view(&value, {1});
  CHECK(error_id([&] { quarry::write_npy(dir / "no/x.npy", view); }) ==
        "file.write");
  CHECK(error_id([&] { quarry::write_npy(dir / "x.npy", ArrayView()); }) ==
        "contract.violated");
  CHECK(error_id([&] { quarry::read_npy(dir / "x.npy"); }) == "file.not_found");
  const auto bad = dir.write("bad.npy", "no array");
  CHECK(error_message([&] { quarry::read_npy(bad); }).find("bad.npy") !=
        std::string::npos);
  CHECK(error_id([&] { quarry::read_npy(dir.write("e.npy", "")); }) ==
        "npy.invalid");
}

TEST_CASE("rows are written in any order and those never written are NaN") {
  const TempDir dir;
  for (const DType type : {DType::f2, DType::f4, DType::f8}) {
    INFO(quarry::name_of(type));
    NpyWriter writer(dir / "x.npy", type, {6, 2, 1});
    writer.write_row(5, std::vector<float>{50, 51});
    writer.write_row(0, std::vector<float>{0, 1});
    writer.write_rows(2, std::vector<float>{20, 21, 30, 31});
    writer.write_rows(6, {});
    CHECK(dir.entries() == (type == DType::f2 ? 1U : 2U));
    writer.close();
    const NpyArray array = quarry::read_npy(dir / "x.npy");
    CHECK(array.dtype() == type);
    CHECK(array.shape() == Shape{6, 2, 1});
    const std::vector<double> values = array.as<double>();
    for (std::size_t i = 0; i < 6; ++i) {
      for (std::size_t j = 0; j < 2; ++j) {
        const double value = values[2 * i + j];
        if (i == 1 || i == 4)
          CHECK(std::isnan(value));
        else
          CHECK(value == static_cast<double>(10 * i + j));
      }
    }
    CHECK(dir.entries() == 1);
  }
}

TEST_CASE("a row overwritten has its last values") {
  const TempDir dir;
  NpyWriter writer(dir / "x.npy", DType::f4, {1, 2});
  writer.write_row(0, std::vector<float>{1, 2});
  writer.write_row(0, std::vector<float>{3, 4});
  writer.close();
  CHECK(quarry::read_npy(dir / "x.npy").as<float>() ==
        std::vector<float>{3, 4});
}

TEST_CASE("half-precision rows are rounded to the nearest") {
  const TempDir dir;
  NpyWriter writer(dir / "x.npy", DType::f2, {1, 4});
  writer.write_row(0, std::vector<float>{0.1F, 2049, 1e6F, -HUGE_VALF});
  writer.close();
  const auto values = quarry::read_npy(dir / "x.npy").as<double>();
  CHECK(values ==
        std::vector<double>{0.0999755859375, 2048, HUGE_VAL, -HUGE_VAL});
}

TEST_CASE("a writer that is not closed leaves the old file and no other") {
  const TempDir dir;
  dir.write("x.npy", "old");
  {
    NpyWriter writer(dir / "x.npy", DType::f4, {10, 10});
    writer.write_row(3, std::vector<float>(10, 1));
    CHECK(slurp(dir / "x.npy") == "old");
    CHECK(dir.entries() == 2);
    NpyWriter moved = std::move(writer);
    moved.write_row(4, std::vector<float>(10, 1));
  }
  CHECK(slurp(dir / "x.npy") == "old");
  CHECK(dir.entries() == 1);
}

TEST_CASE("threads write distinct rows at the same time") {
  const TempDir dir;
  constexpr std::size_t rows = 400;
  NpyWriter writer(dir / "x.npy", DType::f2, {rows, 3});
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < rows; i += 4) {
        if (i % 50 != 0)
          writer.write_row(i, std::vector<float>(3, static_cast<float>(i)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  writer.close();
  const auto values = quarry::read_npy(dir / "x.npy").as<double>();
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      const double value = values[3 * i + j];
      wrong +=
          i % 50 == 0 ? !std::isnan(value) : value != static_cast<double>(i);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("arrays without elements can be written by rows") {
  const TempDir dir;
  NpyWriter no_rows(dir / "a.npy", DType::f4, {0, 3});
  no_rows.close();
  CHECK(quarry::read_npy(dir / "a.npy").shape() == Shape{0, 3});
  NpyWriter no_columns(dir / "b.npy", DType::f4, {3, 0});
  no_columns.write_row(1, {});
  no_columns.close();
  CHECK(quarry::read_npy(dir / "b.npy").shape() == Shape{3, 0});
}

TEST_CASE("a disk too small for the array shows before the first row") {
  const TempDir dir;
  CHECK(error_id([&] {
          NpyWriter(dir / "x.npy", DType::f8, {std::size_t{1} << 50});
        }) == "file.write");
  CHECK(error_id([&] { NpyWriter(dir / "no/x.npy", DType::f4, {1}); }) ==
        "file.write");
  CHECK(dir.entries() == 0);
}

TEST_CASE("a writer's promises are checked") {
  const TempDir dir;
  const auto broken = [](auto&& action) {
    return error_id(action) == "contract.violated";
  };
  CHECK(broken([&] { NpyWriter(dir / "x", DType::i4, {1}); }));
  CHECK(broken([&] { NpyWriter(dir / "x", DType::f4, {}); }));
  CHECK(broken([&] {
    NpyWriter(dir / "x", DType::f4,
              {std::size_t{1} << 40, std::size_t{1} << 40});
  }));
  NpyWriter writer(dir / "x", DType::f4, {3, 2});
  CHECK(broken([&] { writer.write_row(0, std::vector<float>(3)); }));
  CHECK(broken([&] { writer.write_row(3, std::vector<float>(2)); }));
  CHECK(broken([&] { writer.write_rows(2, std::vector<float>(4)); }));
  CHECK(broken([&] { writer.write_rows(0, std::vector<float>(3)); }));
  writer.close();
  CHECK(broken([&] { writer.close(); }));
  CHECK(broken([&] { writer.write_row(0, std::vector<float>(2)); }));
  CHECK(dir.entries() == 1);
}
