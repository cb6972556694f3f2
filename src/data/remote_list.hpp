#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "data/remote.hpp"
#include "data/text_table.hpp"

namespace quarry::detail {

/// Many URIs and what reads them: 12 bytes a URI and its path, what they have
/// in common once.
class RemoteList {
 public:
  RemoteList(const NetworkOptions& network, const S3Options& s3)
      : reader_(network, s3) {}

  /// Takes one more; its number, counted from 0. As `RemoteReader::prepare`.
  Result<std::size_t> add(std::string_view uri);
  std::size_t size() const noexcept { return paths_.size(); }
  Url operator[](std::size_t number) const;

  Result<Bytes> read(std::size_t number) const;
  void read(std::size_t number, ReadDone done) const;
  /// For what is not in the list.
  RemoteReader& reader() noexcept { return reader_; }

  NetworkStats stats() const { return reader_.stats(); }
  void clear();
  /// Gives back what growing has left over.
  void shrink_to_fit();

 private:
  std::uint32_t origin_of(Url url);

  RemoteReader reader_;
  TextTable paths_;                    // from the first slash on
  std::vector<std::uint32_t> origin_;  // of each path, in the next
  std::vector<Url> origins_;           // their text ends before the path
  std::map<std::string, std::uint32_t> known_;  // origins by all they hold
  std::string last_written_;  // how the last URI began, before its path
};

}  // namespace quarry::detail
