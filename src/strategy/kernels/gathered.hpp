#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace quarry::kernels {

/// Numbers of some rows, side by side, which go back to their rows in the end;
/// none of none.
template <class T>
class Gathered {
 public:
  Gathered(std::span<T> all, std::span<const std::size_t> rows)
      : all_(all), rows_(all.empty() ? rows.first(0) : rows) {
    for (const std::size_t row : rows_) some_.push_back(all_[row]);
  }
  Gathered(const Gathered&) = delete;
  Gathered& operator=(const Gathered&) = delete;
  ~Gathered() {
    for (std::size_t i = 0; i < rows_.size(); ++i) all_[rows_[i]] = some_[i];
  }

  std::span<T> some() { return some_; }

 private:
  std::span<T> all_;
  std::span<const std::size_t> rows_;
  std::vector<T> some_;
};

}  // namespace quarry::kernels
