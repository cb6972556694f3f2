#include "torch/fingerprint.hpp"

#include <cstdio>

#include <ATen/ATen.h>

#include "quarry/core/random.hpp"

namespace quarry::detail {

void add_tensor(const std::string& name, const at::Tensor& tensor,
                Fingerprint& to) {
  const at::Tensor values = tensor.detach().cpu().contiguous();
  std::string head = name + ' ' + c10::toString(values.scalar_type());
  for (const std::int64_t extent : values.sizes()) {
    head += ' ' + std::to_string(extent);
  }
  to.add(head);
  to.add({static_cast<const char*>(values.const_data_ptr()), values.nbytes()});
}

void Fingerprint::add(std::string_view part) {
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
    add_tensor(item.key(), item.value(), to);
  }
  for (const auto& item : module.named_buffers()) {
    add_tensor(item.key(), item.value(), to);
  }
}

}  // namespace quarry::detail
