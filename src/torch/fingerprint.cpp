#include "torch/fingerprint.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include <ATen/ATen.h>

#include "quarry/core/random.hpp"

namespace quarry::detail {
namespace {

using Lanes = std::array<std::uint64_t, 8>;

constexpr std::size_t long_part = 4096;

/// What stands for a long text: eight chains, each over every eighth word,
/// which a processor follows side by side. In one it would wait for every
/// product.
std::string condensed(std::string_view text) {
  Lanes lanes = {1, 2, 3, 4, 5, 6, 7, 8};
  const std::string size = ' ' + std::to_string(text.size());
  for (Lanes words; text.size() >= sizeof words;
       text.remove_prefix(sizeof words)) {
    std::memcpy(words.data(), text.data(), sizeof words);
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      lanes[i] = std::rotl((lanes[i] ^ words[i]) * 0x9E3779B97F4A7C15, 29);
    }
  }
  std::string all(reinterpret_cast<const char*>(lanes.data()), sizeof lanes);
  return all.append(text).append(size);
}

}  // namespace

void add_tensor(const std::string& name, const at::Tensor& tensor,
                Fingerprint& to) {
  at::Tensor values = tensor.detach().cpu();
  if (!values.is_non_overlapping_and_dense()) values = values.contiguous();
  std::string head = name + ' ' + c10::toString(values.scalar_type());
  for (const c10::IntArrayRef numbers : {values.sizes(), values.strides()}) {
    for (const std::int64_t number : numbers)
      head += ' ' + std::to_string(number);
  }
  to.add(head);
  to.add({static_cast<const char*>(values.const_data_ptr()), values.nbytes()});
}

void Fingerprint::add(std::string_view part) {
  if (part.size() > long_part) return add(condensed(part));
  low_ = seeded_hash(low_, part);
  high_ = seeded_hash(high_, part);
}

std::string Fingerprint::text() const {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx",
                static_cast<unsigned long long>(high_),
                static_cast<unsigned long long>(low_));
  return text;
}

void add_weights(const torch::nn::Module& module, Fingerprint& to) {
  for (const auto& item : module.named_parameters()) {
    add_tensor(item.key(), item.value().contiguous(), to);
  }
  for (const auto& item : module.named_buffers()) {
    add_tensor(item.key(), item.value().contiguous(), to);
  }
}

}  // namespace quarry::detail
