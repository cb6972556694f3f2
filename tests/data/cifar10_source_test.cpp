#include "quarry/data/cifar10_source.hpp"

#include <filesystem>
#include <string>

#include "quarry/data/any_source.hpp"
#include "quarry/data/file_uri.hpp"
#include "quarry/testing/check_source.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "source_files.hpp"
#include "temp_dir.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;
using test::error_id;
using test::error_message;
using test::TempDir;

static_assert(DataSource<Cifar10Source>);

constexpr std::size_t record = 3073;

/// The bytes of image `i` of a batch that begins its numbers at `salt`.
std::string image(std::size_t salt, std::size_t i) {
  std::string pixels;
  for (std::size_t k = 0; k < record - 1; ++k) {
    pixels += static_cast<char>((salt * 31 + i * 7 + k) % 251);
  }
  return pixels;
}

std::string batch(std::size_t salt, std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) {
    bytes += static_cast<char>((salt + i) % 10);
    bytes += image(salt, i);
  }
  return bytes;
}

/// Batches of 1, 2, 3, 4, 5 and 6 records.
void write_batches(const TempDir& dir, const std::string& folder = "") {
  for (std::size_t n = 1; n <= 5; ++n) {
    dir.write(folder + "data_batch_" + std::to_string(n) + ".bin", batch(n, n));
  }
  dir.write(folder + "test_batch.bin", batch(6, 6));
  dir.write(folder + "batches.meta.txt",
            "zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n\n");
}

TEST_CASE("CIFAR-10 has a sample a record, in the order of the files") {
  const TempDir dir;
  write_batches(dir);
  const Cifar10Source source(dir.path(), {.split = Cifar10Split::all});
  const char* const names[] = {"zero", "one", "two",   "three", "four",
                               "five", "six", "seven", "eight", "nine"};
  REQUIRE(source.size() == 21);
  std::size_t row = 0;
  for (std::size_t n = 1; n <= 6; ++n) {
    const std::string file =
        n == 6 ? "test_batch.bin" : "data_batch_" + std::to_string(n) + ".bin";
    for (std::size_t i = 0; i < n; ++i, ++row) {
      const Sample sample = source.sample(row);
      CHECK(sample.id == file + '#' + std::to_string(i));
      CHECK(sample.uri == file_uri(dir / file) + '#' + std::to_string(i));
      CHECK(sample.truth == std::string(names[(n + i) % 10]));
      CHECK(test::text_of(source, row) == image(n, i));
    }
  }
  CHECK(testing::check_source(source).text() == "");
}

TEST_CASE("the splits of CIFAR-10 are its training and test files") {
  const TempDir dir;
  write_batches(dir);
  const Cifar10Source train(dir.path());
  CHECK(train.size() == 15);
  CHECK(train.sample(0).id == "data_batch_1.bin#0");
  CHECK(train.sample(14).id == "data_batch_5.bin#4");
  fs::remove(dir / "data_batch_3.bin");
  const Cifar10Source test(dir.path(), {.split = Cifar10Split::test});
  CHECK(test.size() == 6);
  CHECK(test.sample(0).id == "test_batch.bin#0");
  CHECK(error_id([&] { Cifar10Source source(dir.path()); }) ==
        "source.not_found");
  CHECK(error_message([&] { Cifar10Source source(dir.path()); }) ==
        (dir / "data_batch_3.bin").native() + " does not exist");
}

TEST_CASE("the folder around the unpacked archive will do") {
  const TempDir dir;
  write_batches(dir, "cifar-10-batches-bin/");
  CHECK(Cifar10Source(dir.path()).size() == 15);
}

TEST_CASE("bytes outlive their source and share the map") {
  const TempDir dir;
  write_batches(dir);
  Bytes bytes;
  {
    const Cifar10Source source(dir.path(), {.split = Cifar10Split::test});
    bytes = source.read(5).value();
    CHECK(bytes.data() == source.read(5)->data());
    CHECK(source.read(1)->data() == source.read(0)->data() + record);
  }
  CHECK(bytes.text() == image(6, 5));
}

TEST_CASE("without its list of names CIFAR-10 has the published ones") {
  const TempDir dir;
  write_batches(dir);
  fs::remove(dir / "batches.meta.txt");
  const Cifar10Source source(dir.path(), {.split = Cifar10Split::test});
  CHECK(source.sample(0).truth == std::string("frog"));      // class 6
  CHECK(source.sample(4).truth == std::string("airplane"));  // class 0
}

TEST_CASE("a batch that is cut off, empty or something else is an error") {
  const TempDir dir;
  const auto open_test = [&] {
    Cifar10Source source(dir.path(), {.split = Cifar10Split::test});
  };
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, record - 1,
                                 record + 1, 3 * record - 1}) {
    dir.write("test_batch.bin", std::string(size, '\0'));
    CAPTURE(size);
    CHECK(error_id(open_test) == "source.cifar10");
    CHECK(error_message(open_test).find(std::to_string(size) + " bytes") !=
          std::string::npos);
  }
  std::string bytes = batch(0, 3);
  bytes[2 * record] = 10;
  dir.write("test_batch.bin", bytes);
  CHECK(error_id(open_test) == "source.cifar10");
  CHECK(error_message(open_test).find("record 2 has class 10") !=
        std::string::npos);

  fs::remove(dir / "test_batch.bin");
  test::make_fifo(dir / "test_batch.bin");
  CHECK(error_id(open_test) == "file.not_regular");
}

TEST_CASE("other than ten class names are an error") {
  const TempDir dir;
  write_batches(dir);
  const auto open = [&] {
    Cifar10Source source(dir.path());
  };
  dir.write("batches.meta.txt", "a\nb\nc\n");
  CHECK(error_id(open) == "source.cifar10");
  CHECK(error_message(open).find("names 3 classes") != std::string::npos);
  dir.write("batches.meta.txt", "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
  CHECK(error_id(open) == "source.cifar10");
  dir.write("batches.meta.txt",
            "0\r\n1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n");
  CHECK(error_id(open) == "");
}

TEST_CASE("a folder that is missing or no folder is an error that names it") {
  const TempDir dir;
  dir.write("file", "");
  const auto id = [&](const fs::path& path) {
    return error_id([&] { Cifar10Source source(path); });
  };
  CHECK(id(dir / "nowhere") == "source.not_found");
  CHECK(id("") == "source.not_found");
  CHECK(id(dir / "file") == "source.not_a_directory");
  CHECK(id(dir.path()) == "source.not_found");
}

TEST_CASE("CIFAR-10's Python version is named as such") {
  const TempDir dir;
  dir.write("data_batch_1", "a pickle");
  try {
    Cifar10Source source(dir.path());
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.hint().find("Python version") != std::string::npos);
  }
}

}  // namespace
}  // namespace quarry
