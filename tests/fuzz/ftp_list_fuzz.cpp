// The listing of a directory by FTP.

#include "fuzz.hpp"
#include "net/ftp.hpp"

using namespace quarry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const auto entries = detail::parse_mlsd(fuzz::text_of(data, size));
  std::string written;
  for (const detail::FtpEntry& entry : entries) {
    fuzz::check(!entry.name.empty() && entry.name != "." &&
                    entry.name != ".." &&
                    entry.name.find_first_of("/\n") == std::string::npos,
                "a name leads elsewhere");
    written += entry.directory ? "type=dir; " : "type=file; ";
    written += entry.name + "\r\n";
  }
  const auto again = detail::parse_mlsd(written);
  fuzz::check(again.size() == entries.size(), "another number of entries");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    fuzz::check(again[i].name == entries[i].name &&
                    again[i].directory == entries[i].directory,
                "what is written is read as something else");
  }
  return 0;
}
