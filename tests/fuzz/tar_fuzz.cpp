// Tar archives as a pool. After a first character r the checksums of headers
// are put right: what is behind them is to be reached.

#include <algorithm>
#include <charconv>

#include "quarry/data/tar_source.hpp"

#include "data/shard_set.hpp"
#include "data/tar_scan.hpp"
#include "fuzz.hpp"
#include "pool.hpp"

namespace {

using namespace quarry;
using namespace quarry::detail;

constexpr std::size_t block = 512;

/// The octal number in a header; 0 for what is none.
std::size_t number_at(std::string_view header, std::size_t at,
                      std::size_t width) {
  std::string_view text = header.substr(at, width);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, 8);
  return number;
}

void correct_checksums(std::string& archive) {
  for (std::size_t at = 0; archive.size() - at >= block;) {
    const std::string_view header = std::string_view(archive).substr(at, block);
    if (header.find_first_not_of('\0') == header.npos) {
      at += block;
      continue;
    }
    const std::size_t size = number_at(header, 124, 12);
    archive.replace(at + 148, 8, 8, ' ');
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    for (std::size_t i = 6; i-- > 0; sum /= 8)
      archive[at + 148 + i] = static_cast<char>('0' + sum % 8);
    archive[at + 154] = '\0';
    const std::size_t left = archive.size() - at - block;
    if (size > left) return;
    at += block + std::min(left, (size + block - 1) / block * block);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view input = fuzz::text_of(data, size);
  const bool repair = fuzz::take_front(input) == 'r';
  std::string archive(input);
  if (repair) correct_checksums(archive);
  const std::string path = fuzz::as_file("plain.tar", archive).native();
  const TarSourceOptions all{.extensions = {}};
  const auto source = fuzz::attempt([&] { return TarSource(path, all); });
  if (!source) return 0;
  fuzz::check_samples(*source);

  // With the index beside it that its scan is.
  const ShardFile file = ShardFile::open(local_shard(path));
  const std::string index = scan_tar(file).to_text();
  const std::string other = fuzz::as_file("indexed.tar", archive).native();
  const auto sidecar = fuzz::as_file("indexed.tar.qidx", index);
  fuzz::check(
      read_shard_index(sidecar, "index", "tar", file.size()).to_text() == index,
      "what is written is read as something else");
  fuzz::check_same(*source, TarSource(other, all));
  return 0;
}
