#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "quarry/core/error.hpp"

namespace quarry {

/// A value of type `T`, or the `Failure` that stands in its place.
///
/// What may fail for one sample returns a `Result`; what may fail for the whole
/// program throws `Error`. `value()` turns the first into the second.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Failure failure)
      : state_(std::in_place_index<1>, std::move(failure)) {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  /// The value; throws `Error` made of the failure when there is none.
  const T& value() const& {
    if (!ok()) raise(error());
    return std::get<0>(state_);
  }
  T&& value() && {
    if (!ok()) raise(std::move(*this).error());
    return std::get<0>(std::move(state_));
  }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }

  /// The failure. Expects `!ok()`.
  const Failure& error() const& {
    QUARRY_EXPECTS(!ok(), "Result::error() on a result that holds a value");
    return std::get<1>(state_);
  }
  Failure&& error() && {
    QUARRY_EXPECTS(!ok(), "Result::error() on a result that holds a value");
    return std::get<1>(std::move(state_));
  }

 private:
  std::variant<T, Failure> state_;
};

/// Success without a value, or a `Failure`.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Failure failure) : failure_(std::move(failure)) {}

  bool ok() const noexcept { return !failure_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }

  /// Throws `Error` made of the failure when there is one.
  void value() const {
    if (failure_) raise(*failure_);
  }
  const Failure& error() const& {
    QUARRY_EXPECTS(!ok(), "Result::error() on a success");
    return *failure_;
  }
  Failure&& error() && {
    QUARRY_EXPECTS(!ok(), "Result::error() on a success");
    return std::move(*failure_);
  }

 private:
  std::optional<Failure> failure_;
};

}  // namespace quarry
