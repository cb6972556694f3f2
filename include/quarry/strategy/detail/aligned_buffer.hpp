#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace quarry::detail {

/// Numbers that vectors are loaded from and stored to: aligned, and not
/// initialised.
template <class T>
class AlignedBuffer {
 public:
  /// Bytes.
  static constexpr std::size_t alignment = 128;

  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size)
      : data_(static_cast<T*>(
            ::operator new[](size * sizeof(T), std::align_val_t(alignment)))),
        size_(size) {}

  T* data() noexcept { return data_.get(); }
  const T* data() const noexcept { return data_.get(); }
  std::size_t size() const noexcept { return size_; }

 private:
  struct Free {
    void operator()(T* data) const noexcept {
      ::operator delete[](data, std::align_val_t(alignment));
    }
  };
  std::unique_ptr<T[], Free> data_;
  std::size_t size_ = 0;
};

}  // namespace quarry::detail
