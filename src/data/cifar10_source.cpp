#include "quarry/data/cifar10_source.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "quarry/core/detail/records.hpp"
#include "quarry/core/file.hpp"
#include "quarry/data/file_uri.hpp"

#include "data/missing.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t classes = 10;
constexpr std::size_t record_bytes = 1 + Cifar10Source::image_bytes;

using Names = std::array<std::string, classes>;

struct File {
  std::string name;
  std::string uri;
  Bytes bytes;
  std::size_t first = 0;  ///< index of its first sample in the source
};

std::vector<std::string> names_of_files(Cifar10Split split) {
  std::vector<std::string> names;
  if (split != Cifar10Split::test) {
    for (int batch = 1; batch <= 5; ++batch) {
      names.push_back("data_batch_" + std::to_string(batch) + ".bin");
    }
  }
  if (split != Cifar10Split::train) names.emplace_back("test_batch.bin");
  return names;
}

/// The folder that holds the batches: `directory` or the one in it that the
/// published archive unpacks to.
fs::path find_batches(const fs::path& directory, const std::string& file) {
  std::error_code error;
  if (!fs::is_directory(detail::status_of(directory))) {
    raise("source.not_a_directory",
          detail::shown(directory) + " is no directory",
          "cifar10: takes the folder with the .bin files");
  }
  const fs::path inner = directory / "cifar-10-batches-bin";
  const bool nested =
      !fs::exists(directory / file, error) && fs::is_directory(inner, error);
  return fs::absolute(nested ? inner : directory);
}

Bytes map_batch(const fs::path& file) {
  std::error_code error;
  if (fs::status(file, error).type() == fs::file_type::not_found) {
    const bool python = fs::exists(fs::path(file).replace_extension(), error);
    raise("source.not_found", detail::shown(file) + " does not exist",
          python ? "this is CIFAR-10's Python version; take the binary version"
                 : "the binary version of CIFAR-10 has five data_batch_*.bin "
                   "files for training and one test_batch.bin");
  }
  Bytes bytes = read_file(file, {.map = true}).value();
  if (bytes.empty() || bytes.size() % record_bytes != 0) {
    raise("source.cifar10",
          detail::shown(file) + " has " + std::to_string(bytes.size()) +
              " bytes, which is no whole number of records of " +
              std::to_string(record_bytes),
          "the file is cut off or something else; fetch it again");
  }
  return bytes;
}

Names read_names(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) {
    return {"airplane", "automobile", "bird",  "cat",  "deer",
            "dog",      "frog",       "horse", "ship", "truck"};
  }
  Names names;
  std::size_t count = 0;
  detail::LineReader lines(file);
  std::string line;
  while (lines.next(line)) {
    if (line.empty()) continue;
    if (count < classes) names[count] = line;
    ++count;
  }
  if (count != classes) {
    raise("source.cifar10", detail::shown(file) + " names " +
                                std::to_string(count) +
                                " classes, but CIFAR-10 has 10");
  }
  return names;
}

}  // namespace

struct Cifar10Source::State {
  std::vector<File> files;
  std::vector<std::uint8_t> labels;
  Names names;

  void add(const fs::path& path);
  /// The file that holds sample `i`.
  const File& file_of(std::size_t i) const {
    const auto after = std::upper_bound(
        files.begin(), files.end(), i,
        [](std::size_t index, const File& file) { return index < file.first; });
    return *(after - 1);
  }
};

void Cifar10Source::State::add(const fs::path& path) {
  File file{.name = path.filename().native(),
            .uri = file_uri(path),
            .bytes = map_batch(path),
            .first = labels.size()};
  for (std::size_t at = 0; at < file.bytes.size(); at += record_bytes) {
    const auto label = std::to_integer<std::uint8_t>(file.bytes.data()[at]);
    if (label >= classes) {
      raise("source.cifar10", detail::shown(path) + ": record " +
                                  std::to_string(at / record_bytes) +
                                  " has class " + std::to_string(label) +
                                  ", but CIFAR-10 has classes 0 to 9");
    }
    labels.push_back(label);
  }
  files.push_back(std::move(file));
}

Cifar10Source::Cifar10Source(const fs::path& directory,
                             const Cifar10Options& options) {
  const std::vector<std::string> names = names_of_files(options.split);
  const fs::path folder = find_batches(directory, names.front());
  auto state = std::make_shared<State>();
  for (const std::string& name : names) state->add(folder / name);
  state->names = read_names(folder / "batches.meta.txt");
  state_ = std::move(state);
}

std::size_t Cifar10Source::size() const noexcept {
  return state_->labels.size();
}

Sample Cifar10Source::sample(std::size_t i) const {
  const File& file = state_->file_of(i);
  const std::string fragment = '#' + std::to_string(i - file.first);
  return {.id = file.name + fragment,
          .uri = file.uri + fragment,
          .truth = state_->names[state_->labels[i]]};
}

Result<Bytes> Cifar10Source::read(std::size_t i) const {
  const File& file = state_->file_of(i);
  return file.bytes.slice((i - file.first) * record_bytes + 1, image_bytes);
}

}  // namespace quarry
