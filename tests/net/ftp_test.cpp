#include "net/ftp.hpp"

#include <random>

#include "catch.hpp"

using namespace quarry::detail;

TEST_CASE("a listing of FTP tells files and directories", "[ftp]") {
  const auto entries = parse_mlsd(
      "type=cdir;perm=el; .\r\ntype=pdir; ..\r\n"
      "Type=file;Size=12;perm=r; a b;c.jpg\r\n"
      "type=dir;modify=20200101; sub\n"
      "type=OS.unix=slink:/etc; link\r\n");
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].name == "a b;c.jpg");
  CHECK_FALSE(entries[0].directory);
  CHECK(entries[1].name == "sub");
  CHECK(entries[1].directory);
}

TEST_CASE("a name that leads elsewhere is no entry", "[ftp]") {
  CHECK(parse_mlsd("type=file; ../../etc/passwd\r\n").empty());
  CHECK(parse_mlsd("type=dir; ..\r\n").empty());
  CHECK(parse_mlsd("").empty());
  CHECK(parse_mlsd("\r\n \r\n;;; \r\ntype=file;\r\ntype=file;x").empty());
}

TEST_CASE("size and time tell versions of a file apart, once it is at rest",
          "[ftp]") {
  const auto version = [](const std::string& facts, std::int64_t now) {
    return ftp_version(parse_mlsd("type=file;" + facts + " a\r\n").at(0), now);
  };
  constexpr std::int64_t noon = 1'767'268'800;  // 2026-01-01 12:00:00 UTC
  const std::string facts = "Modify=20260101120000;Size=12;";
  CHECK(version(facts, noon + 60) == "20260101120000 12");
  CHECK(version("size=12;modify=20260101120000.5;", noon + 60) ==
        "20260101120000.5 12");
  CHECK(version(facts, noon + 3) != "");
  CHECK(version(facts, noon + 2) == "");
  CHECK(version(facts, noon - 60) == "");
  for (const char* none :
       {"", "size=12;", "modify=20260101120000;", "modify=2026;size=1;",
        "modify=x0260101120000;size=1;", "modify=20260101120000;size=;",
        "modify=20260101120000;size=-1;", "asize=1;modify=20260101120000;"}) {
    CHECK(version(none, noon + 60) == "");
  }
}

TEST_CASE("a name in a URL of FTP means nothing else", "[ftp]") {
  const Url folder = parse_url("ftp://h/a/").value();
  CHECK(ftp_url(folder, "b/c;type=d#?\xC3\xA9 .jpg").text ==
        "ftp://h/a/b/c%3Btype%3Dd%23%3F%C3%A9%20.jpg");
}

TEST_CASE("any bytes at all are a listing", "[ftp]") {
  std::mt19937 random(11);
  const std::string alphabet = "tye=filedr;: \r\nsmo0129./\xff";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = "type=file;";
    const std::size_t length = random() % 60;
    for (std::size_t i = 0; i < length; ++i)
      text += alphabet[random() % alphabet.size()];
    for (const FtpEntry& entry : parse_mlsd(text)) {
      CHECK_FALSE(entry.name.empty());
      static_cast<void>(ftp_version(entry, 1'767'268'800));
    }
  }
}
