#pragma once

#include <algorithm>
#include <cstring>

#include <caffe2/serialize/read_adapter_interface.h>

#include "quarry/core/bytes.hpp"

namespace quarry::detail {

/// Bytes in memory, for libtorch's archive reader.
class BytesReader : public caffe2::serialize::ReadAdapterInterface {
 public:
  explicit BytesReader(Bytes bytes) : bytes_(std::move(bytes)) {}

  std::size_t size() const override { return bytes_.size(); }
  std::size_t read(std::uint64_t position, void* to, std::size_t count,
                   const char*) const override {
    if (position >= bytes_.size()) return 0;
    const std::size_t there = std::min(count, bytes_.size() - position);
    std::memcpy(to, bytes_.data() + position, there);
    return there;
  }

 private:
  Bytes bytes_;
};

}  // namespace quarry::detail
