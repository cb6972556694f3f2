// The listing of a directory by FTP.

#include "fuzz.hpp"
#include "net/ftp.hpp"
#include "net/ftp_list.hpp"

using namespace quarry;

namespace {

void check_name(const std::string& name) {
  fuzz::check(!name.empty() && name != "." && name != ".." &&
                  name.find_first_of("/\n") == std::string::npos,
              "a name leads elsewhere");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  try {
    for (const auto& entry :
         detail::parse_list(fuzz::text_of(data, size), "host"))
      check_name(entry.name);
  } catch (const Error&) {  // a line in another form
  }
  const auto entries = detail::parse_mlsd(fuzz::text_of(data, size));
  std::string written;
  for (const detail::FtpEntry& entry : entries) {
    check_name(entry.name);
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
