#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <torch/nn/module.h>

namespace quarry::detail {

/// 128 bits of hash over everything added, in hexadecimal: two chains of
/// `seeded_hash`. It tells models apart; it does not keep an adversary out.
class Fingerprint {
 public:
  void add(std::string_view part);
  std::string text() const;

 private:
  std::uint64_t low_ = 1;
  std::uint64_t high_ = 2;
};

/// Name, type, shape and values, as they lie in memory.
void add_tensor(const std::string& name, const at::Tensor& tensor,
                Fingerprint& to);

/// Names, shapes and values of all parameters and buffers, however they lie.
void add_weights(const torch::nn::Module& module, Fingerprint& to);

}  // namespace quarry::detail
