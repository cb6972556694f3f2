#include "net/ftp_list.hpp"

#include <random>

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry::detail;
using quarry::test::error_id;
using quarry::test::error_message;

namespace {

/// "name|size" of files and "name/" of directories.
std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  for (const FtpEntry& entry : parse_list(text, "ftp://h/d/")) {
    names.push_back(entry.name + (entry.directory ? "/" : '|' + entry.size));
    CHECK(ftp_version(entry, 4'000'000'000) == "");
  }
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a listing as ls writes it tells files and directories", "[ftp]") {
  CHECK(names_in("total 12\r\n"
                 "drwxr-xr-x   2 q  users     4096 Jan 31 12:00 sub\r\n"
                 "-rw-r--r--   1 q  users       12 Feb  1  2024 a b;c.jpg\r\n"
                 "-rw-r--r--+  1 q  users        3 Mar 10 9:05  two  spaces\n"
                 "-rw-r--r--   1 q           7 DEC 01 2023 no group.jpg\r\n"
                 "-rw-r--r--   1 Jan Feb     9 Apr  2 2024 Jan 1 2020 x\r\n"
                 "-rw-r--r--   1 0 0 5 May  3 2024 \xFF.jpg\r\n"
                 "\r\n") == Names{"sub/", "a b;c.jpg|12", " two  spaces|3",
                                  "no group.jpg|7", "Jan 1 2020 x|9",
                                  "\xFF.jpg|5"});
}

TEST_CASE("a listing of DOS tells files and directories", "[ftp]") {
  CHECK(names_in("01-31-26  12:00PM       <DIR>          sub dir\r\n"
                 "12-01-2025  09:05AM              1234 a b.jpg\r\n"
                 "12-01-2025  23:05                   0 empty\r\n"
                 "01-31-26  12:00PM       <JUNCTION>     link [C:\\x]\r\n") ==
        Names{"sub dir/", "a b.jpg|1234", "empty|0"});
}

TEST_CASE("links, devices and names that lead elsewhere are skipped", "[ftp]") {
  CHECK(names_in("lrwxrwxrwx 1 q q 4 Jan  1 2020 a -> /etc\n"
                 "crw-rw---- 1 q q 4, 64 Jan  1 2020 tty\n"
                 "srwxrwxrwx 1 q q 0 Jan  1 2020 socket\n"
                 "drwxr-xr-x 1 q q 0 Jan  1 2020 .\n"
                 "drwxr-xr-x 1 q q 0 Jan  1 2020 ..\n"
                 "-rw-r--r-- 1 q q 0 Jan  1 2020 ../../etc/passwd\n") ==
        Names{});
  CHECK(names_in("") == Names{});
  CHECK(names_in("total 0\n") == Names{});
}

TEST_CASE("a line in another form is an error that quotes it", "[ftp]") {
  for (const std::string line :
       {"+i8388621.48594,m825718503,r,s280, a.jpg", "a.jpg",
        "ls: cannot open directory", "-rw-r--r-- 1 q q 12 Jan  1 2020",
        "-rw-r--r-- 1 q q 12 Jan  1 2020 ", "-rw-r--r-- 1 q q 12 1 Jan 2020 a",
        "-rw-r--r-- 1 q q x Jan  1 2020 a", "-rw-r 1 q q 1 Jan  1 2020 a",
        "01-31-26  12:00PM  <DIR>", "01-31-26  12:00PM  12k a.jpg",
        "A.TXT;1  3/4  1-JAN-2020 12:00 [Q] (RWED)"}) {
    CAPTURE(line);
    const auto parse = [&] {
      static_cast<void>(parse_list("-rw-r--r-- 1 q q 1 Jan  1 2020 a\n" + line,
                                   "ftp://h/d/"));
    };
    CHECK(error_id(parse) == "net.listing");
    CHECK(error_message(parse).find("ftp://h/d/") == 0);
    CHECK(error_message(parse).find(line.substr(0, 20)) != std::string::npos);
  }
}

TEST_CASE("any bytes at all are a listing of LIST, or none", "[ftp]") {
  std::mt19937 random(12);
  const std::string alphabet = "-drwx 019:JanFeb<DIR>\r\n./AMP\xff";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = round % 2 == 0 ? "-rw-r--r-- 1 q q 12 Jan  1 2020 a"
                                      : "01-31-26  12:00PM  <DIR>  a";
    for (std::size_t change = random() % 4; change > 0; --change)
      text[random() % text.size()] = alphabet[random() % alphabet.size()];
    try {
      for (const FtpEntry& entry : parse_list(text, "h")) {
        CHECK_FALSE(entry.name.empty());
        CHECK(entry.name.find_first_of("/\n") == std::string::npos);
      }
    } catch (const quarry::Error& error) {
      CHECK(error.id() == "net.listing");
    }
  }
}
