#include "net/ftp.hpp"

#include "catch.hpp"

using quarry::detail::parse_mlsd;

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
