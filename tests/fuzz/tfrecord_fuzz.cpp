// TFRecord files, record by record and as a pool. After a first character r
// checksums are put right: what is behind them is to be reached.

#include <algorithm>

#include "quarry/data/tfrecord_source.hpp"

#include "data/tfrecord.hpp"
#include "data/tfrecord_scan.hpp"
#include "fuzz.hpp"
#include "pool.hpp"

namespace {

using namespace quarry;
using namespace quarry::detail;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string framed(std::string_view record) {
  std::string text(text_of(tfrecord_header(record.size())));
  text += record;
  return text.append(text_of(tfrecord_footer(bytes_of(record))));
}

/// Lengths of 32 bits, so that some of them are inside the file.
std::string with_checksums(std::string_view file) {
  std::string whole;
  while (file.size() >= tfrecord_frame_bytes) {
    std::size_t length = 0;
    for (std::size_t i = 4; i-- > 0;)
      length = length << 8 | static_cast<unsigned char>(file[i]);
    file.remove_prefix(tfrecord_header_bytes);
    if (length > file.size() - tfrecord_footer_bytes) {
      return whole.append(text_of(tfrecord_header(length))).append(file);
    }
    whole += framed(file.substr(0, length));
    file.remove_prefix(length + tfrecord_footer_bytes);
  }
  return whole.append(file);
}

/// What is read, framed again, is the file up to the first bad record.
void check_records(const std::string& file) {
  TfRecordReader reader(Bytes::copy(file));
  std::string written;
  bool whole = true;
  while (const auto record = reader.next()) {
    fuzz::check(reader.position() <= file.size(), "a record past the end");
    const auto data = fuzz::attempt([&] { return *record; });
    whole = whole && data;
    if (whole) written += framed(data->text());
  }
  fuzz::check(file.starts_with(written), "a record is another");
  fuzz::check(!whole || file == written, "a record is missing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view input = fuzz::text_of(data, size);
  const bool repair = fuzz::take_front(input) == 'r';
  const std::string file = repair ? with_checksums(input) : std::string(input);
  check_records(file);
  const std::string path = fuzz::as_file("plain.tfrecord", file).native();
  const auto source = fuzz::attempt([&] { return TfRecordSource(path); });
  if (!source) return 0;
  fuzz::check_samples(*source);

  // With the index beside it that its scan is.
  const ShardFile shard =
      ShardFile::open(local_shard(path), {}, tfrecord_kind().is_plain);
  const std::string index = scan_tfrecord(shard).to_text();
  const std::string other = fuzz::as_file("indexed.tfrecord", file).native();
  const auto sidecar = fuzz::as_file("indexed.tfrecord.qidx", index);
  fuzz::check(
      read_shard_index(sidecar, "index", "tfrecord", shard.size()).to_text() ==
          index,
      "what is written is read as something else");
  fuzz::check_same(*source, TfRecordSource(other));
  return 0;
}
