#include "quarry/core/file.hpp"

#include <deque>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "core/posix_file.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;

Result<Bytes> map_file(const detail::InputFile& input, const fs::path& file) {
  Bytes bytes =
      detail::map_bytes(input.descriptor, static_cast<std::size_t>(input.size));
  if (bytes.empty())
    return Failure{"file.read",
                   "cannot map " + detail::quoted(file) + " into memory"};
  return bytes;
}

Result<Bytes> read_whole(const detail::InputFile& input, const fs::path& file) {
  const auto size = static_cast<std::size_t>(input.size);
  std::shared_ptr<std::byte[]> buffer;
  try {
    buffer = std::make_shared_for_overwrite<std::byte[]>(size);
  } catch (const std::bad_alloc&) {
    return Failure{"file.too_large",
                   detail::quoted(file) + " has " + std::to_string(size) +
                       " bytes, more than there is memory for"};
  }
  const std::span<std::byte> bytes(buffer.get(), size);
  const auto count = detail::read_fully(input.descriptor, bytes, file);
  if (!count) return count.error();
  return Bytes::view(bytes.first(*count), std::move(buffer));
}

}  // namespace

Result<Bytes> read_file(const fs::path& file, const ReadFileOptions& options) {
  const auto input = detail::open_input(file);
  if (!input) return input.error();
  if (input->size > options.max_bytes)
    return Failure{"file.too_large",
                   detail::quoted(file) + " has " +
                       std::to_string(input->size) + " bytes; at most " +
                       std::to_string(options.max_bytes) + " are allowed"};
  if (input->size == 0) return Bytes();
  return options.map ? map_file(*input, file) : read_whole(*input, file);
}

void write_file(const fs::path& file, std::span<const std::byte> bytes) {
  detail::AtomicFile output(file);
  output.write(bytes, 0);
  output.commit();
}

void write_file(const fs::path& file, std::string_view text) {
  write_file(file, std::as_bytes(std::span(text.data(), text.size())));
}

void write_files(std::span<const NewFile> files) {
  std::deque<detail::AtomicFile> outputs;
  for (const NewFile& file : files) {
    outputs.emplace_back(file.file).write(
        std::as_bytes(std::span(file.contents.data(), file.contents.size())),
        0);
  }
  for (detail::AtomicFile& output : outputs) output.sync();
  for (detail::AtomicFile& output : outputs) output.commit();
}

void write_files(std::initializer_list<NewFile> files) {
  write_files(std::span(files.begin(), files.size()));
}

}  // namespace quarry
