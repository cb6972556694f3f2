#include "quarry/core/file.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "catch.hpp"
#include "error_id.hpp"
#include "temp_dir.hpp"

namespace fs = std::filesystem;
using quarry::read_file;
using quarry::Result;
using quarry::write_file;
using quarry::test::error_id;
using quarry::test::error_message;
using quarry::test::slurp;
using quarry::test::TempDir;

namespace {

// The id of the failure to read `file`, read and mapped alike.
std::string read_failure(const fs::path& file) {
  const auto read = read_file(file);
  const auto mapped = read_file(file, {.map = true});
  REQUIRE_FALSE(read.ok());
  REQUIRE_FALSE(mapped.ok());
  CHECK(read.error().id == mapped.error().id);
  return std::string(read.error().id.text());
}

mode_t mode_of(const fs::path& file) {
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

}  // namespace

TEST_CASE("a file is read whole, mapped or not") {
  const TempDir dir;
  std::string contents;
  for (int i = 0; i < 100000; ++i) contents += static_cast<char>(i * 7);
  const fs::path file = dir.write("data", contents);
  CHECK(read_file(file).value().text() == contents);
  CHECK(read_file(file, {.map = true}).value().text() == contents);
  fs::create_symlink(file, dir / "link");
  CHECK(read_file(dir / "link").value().text() == contents);
}

TEST_CASE("files that belong together change together or not at all") {
  const TempDir dir;
  dir.write("a", "old a");
  dir.write("b", "old b");
  quarry::write_files({{dir / "a", "new a"}, {dir / "b", "new b"}});
  CHECK(slurp(dir / "a") == "new a");
  CHECK(slurp(dir / "b") == "new b");
  fs::create_directory(dir / "c");
  CHECK(error_id([&] {
          quarry::write_files({{dir / "a", "newer"}, {dir / "c", "x"}});
        }) == "file.write");
  CHECK(slurp(dir / "a") == "new a");
  CHECK(dir.entries() == 3);  // and nothing beside them
}

TEST_CASE("a message stays on one line whatever a file is called") {
  const TempDir dir;
  const fs::path file = dir / "x\nerror[file.read]: all is lost";
  const std::string message = read_file(file).error().message;
  CHECK(message.find('\n') == message.npos);
  CHECK(message.find("x%0Aerror") != message.npos);
}

TEST_CASE("mapped bytes outlive the file's name") {
  const TempDir dir;
  const fs::path file = dir.write("data", "contents");
  const quarry::Bytes bytes = read_file(file, {.map = true}).value();
  fs::remove(file);
  CHECK(bytes.text() == "contents");
}

TEST_CASE("an empty file has no bytes") {
  const TempDir dir;
  const fs::path file = dir.write("empty", "");
  CHECK(read_file(file).value().empty());
  CHECK(read_file(file, {.map = true}).value().empty());
}

TEST_CASE("a file that is not there is not found, a dangling link neither") {
  const TempDir dir;
  dir.write("plain", "x");
  CHECK(read_failure(dir / "none") == "file.not_found");
  CHECK(read_failure(dir / "no/file") == "file.not_found");
  CHECK(read_failure(dir / "plain/file") == "file.not_found");
  CHECK(read_failure("") == "file.not_found");
  fs::create_symlink("nowhere", dir / "dangling");
  CHECK(read_failure(dir / "dangling") == "file.not_found");
  const std::string message = read_file(dir / "dangling").error().message;
  CHECK(message.find("'nowhere'") != message.npos);
  fs::create_symlink("loop", dir / "loop");
  CHECK(read_failure(dir / "loop") == "file.read");
}

TEST_CASE("a name with a NUL byte does not open the name before it") {
  const TempDir dir;
  const fs::path file = dir.write("secret", "x");
  const std::string name = file.string() + std::string("\0.jpg", 5);
  CHECK(read_failure(fs::path(name)) == "file.not_found");
  CHECK(error_id([&] { write_file(fs::path(name), "y"); }) == "file.write");
  CHECK(slurp(file) == "x");
}

TEST_CASE("what is no regular file is refused at once and called by its kind") {
  const TempDir dir;
  const auto message = [](const fs::path& file) {
    CHECK(read_failure(file) == "file.not_regular");
    return read_file(file).error().message;
  };
  // Nobody writes into the FIFO: an open that waits would wait forever.
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  CHECK(message(dir / "fifo").find("a FIFO") != std::string::npos);
  fs::create_symlink("fifo", dir / "to_fifo");
  CHECK(message(dir / "to_fifo").find("a FIFO") != std::string::npos);
  CHECK(message(dir.path()).find("a directory") != std::string::npos);
  CHECK(message("/dev/zero").find("a device") != std::string::npos);

  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = dir / "socket";
  if (name.size() >= sizeof address.sun_path) return;
  std::copy(name.begin(), name.end(), address.sun_path);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address),
                 sizeof address) == 0);
  CHECK(message(name).find("a socket") != std::string::npos);
  ::close(socket);
}

TEST_CASE("a file that may not be read says so") {
  const TempDir dir;
  const fs::path file = dir.write("private", "x");
  REQUIRE(::chmod(file.c_str(), 0) == 0);
  // Root may read everything, so be nobody for a moment.
  const bool root = ::geteuid() == 0;
  if (root) REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
  if (root) REQUIRE(::seteuid(65534) == 0);
  const auto result = read_file(file);
  const std::string written =
      error_id([&] { write_file(file.parent_path() / "new", "y"); });
  if (root) REQUIRE(::seteuid(0) == 0);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().id == "file.permission");
  CHECK(written == (root ? "file.write" : ""));
}

TEST_CASE("a file larger than allowed is not read") {
  const TempDir dir;
  const fs::path file = dir.write("ten", "0123456789");
  CHECK(read_file(file, {.max_bytes = 10}).ok());
  const auto result = read_file(file, {.max_bytes = 9});
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().id == "file.too_large");
  // A sparse file of a petabyte costs nothing to make and cannot be read.
  const fs::path huge = dir.write("huge", "");
  if (::truncate(huge.c_str(), off_t{1} << 50) != 0) return;
  CHECK(read_file(huge).error().id == "file.too_large");
}

TEST_CASE("a written file holds what was written and nothing stays beside it") {
  const TempDir dir;
  const fs::path file = dir / "out";
  write_file(file, "first");
  CHECK(slurp(file) == "first");
  write_file(file, "second, longer");
  CHECK(slurp(file) == "second, longer");
  write_file(file, "3");
  CHECK(slurp(file) == "3");
  write_file(file, "");
  CHECK(slurp(file).empty());
  const std::vector<std::byte> bytes{std::byte{0}, std::byte{255}};
  write_file(file, bytes);
  CHECK(slurp(file) == std::string("\0\xFF", 2));
  CHECK(dir.entries() == 1);
}

TEST_CASE("a file is written beside the current directory's files") {
  const TempDir dir;
  const fs::path before = fs::current_path();
  fs::current_path(dir.path());
  write_file("plain", "x");
  fs::current_path(before);
  CHECK(slurp(dir / "plain") == "x");
  CHECK(dir.entries() == 1);
}

TEST_CASE("who has the old file open keeps the old contents") {
  const TempDir dir;
  const fs::path file = dir.write("out", "old");
  std::ifstream open(file, std::ios::binary);
  write_file(file, "new");
  std::string seen;
  open >> seen;
  CHECK(seen == "old");
  CHECK(slurp(file) == "new");
}

TEST_CASE("a reader sees one version or another, never a part") {
  const TempDir dir;
  const std::string a(300000, 'a');
  const std::string b(200000, 'b');
  const fs::path file = dir.write("out", a);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 10; ++i) write_file(file, i % 2 == 0 ? b : a);
    done = true;
  });
  int torn = 0;
  while (!done) {
    const std::string seen = slurp(file);
    torn += seen != a && seen != b;
  }
  writer.join();
  CHECK(torn == 0);
}

TEST_CASE("many writers share a directory") {
  const TempDir dir;
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 8; ++i) {
        const std::string text = std::to_string(t * 100 + i);
        try {
          write_file(dir / text, text);
        } catch (const quarry::Error&) {
          ++failed;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failed == 0);
  CHECK(dir.entries() == 32);
  CHECK(slurp(dir / "307") == "307");
}

TEST_CASE("a replaced file keeps its permissions and a link stays a link") {
  const TempDir dir;
  const fs::path file = dir.write("out", "old");
  REQUIRE(::chmod(file.c_str(), 0640) == 0);
  fs::create_symlink("out", dir / "link");
  write_file(dir / "link", "new");
  CHECK(fs::is_symlink(dir / "link"));
  CHECK(slurp(file) == "new");
  CHECK(mode_of(file) == 0640);

  const mode_t mask = ::umask(027);
  write_file(dir / "fresh", "x");
  ::umask(mask);
  CHECK(mode_of(dir / "fresh") == 0640);
}

TEST_CASE("what cannot be written says why and changes nothing") {
  const TempDir dir;
  const auto why = [](const fs::path& file) {
    CHECK(error_id([&] { write_file(file, "x"); }) == "file.write");
    return error_message([&] { write_file(file, "x"); });
  };
  CHECK(why(dir / "no/out").find("does not exist") != std::string::npos);
  CHECK(why(dir.path()).find("a directory") != std::string::npos);
  CHECK(why("").find("not a file name") != std::string::npos);
  CHECK_FALSE(why(dir / std::string(300, 'n')).empty());
  fs::create_symlink("nowhere", dir / "dangling");
  CHECK(why(dir / "dangling").find("'nowhere'") != std::string::npos);
  // Replacing a device by a file would break the machine it is on.
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  CHECK(why(dir / "fifo").find("a FIFO") != std::string::npos);
  CHECK(why("/dev/full").find("a device") != std::string::npos);
  CHECK(fs::is_character_file("/dev/full"));
  CHECK(fs::is_fifo(dir / "fifo"));
  CHECK(dir.entries() == 2);
}
