#pragma once

#include <mutex>

#include <ATen/Context.h>
#include <ATen/core/Generator.h>

namespace quarry::detail {

/// Leaves libtorch's default generator of a device as it was: it belongs to the
/// application, and making or training a network draws from it.
class GeneratorGuard {
 public:
  explicit GeneratorGuard(c10::Device device)
      : generator_(at::globalContext().defaultGenerator(device)) {
    const std::lock_guard lock(generator_.mutex());
    state_ = generator_.get_state();
  }
  GeneratorGuard(const GeneratorGuard&) = delete;
  GeneratorGuard& operator=(const GeneratorGuard&) = delete;
  ~GeneratorGuard() {
    const std::lock_guard lock(generator_.mutex());
    generator_.set_state(state_);
  }

  void seed(std::uint64_t seed) {
    const std::lock_guard lock(generator_.mutex());
    generator_.set_current_seed(seed);
  }

 private:
  at::Generator generator_;
  at::Tensor state_;
};

}  // namespace quarry::detail
