#pragma once

#include <string>

#include "quarry/core/error.hpp"

namespace quarry::detail {

/// Raises `model.option` unless options of that type are as they must be.
class OptionCheck {
 public:
  explicit OptionCheck(const char* type) : type_(type) {}
  void operator()(bool holds, const std::string& complaint) const {
    if (!holds) raise("model.option", std::string(type_) + ": " + complaint);
  }

 private:
  const char* type_;
};

}  // namespace quarry::detail
