#include "quarry/strategy/select_device.hpp"

#include <algorithm>
#include <utility>

#include "quarry/core/error.hpp"

namespace quarry {

SelectDevice::Least SelectDevice::least_outer(const Sums&, std::size_t,
                                              std::span<const float>,
                                              std::size_t) {
  raise("strategy.device", "it does not multiply the products of two parts",
        "give its SelectDevice a least_outer");
}

void SelectDevice::note(const std::string& text) {
  const std::lock_guard lock(mutex_);
  keep(text);
}

void SelectDevice::keep(const std::string& text) {
  if (std::find(notes_.begin(), notes_.end(), text) == notes_.end()) {
    notes_.push_back(text);
  }
}

std::vector<std::string> SelectDevice::take_notes() {
  const std::lock_guard lock(mutex_);
  given_up_ = false;
  return std::exchange(notes_, {});
}

void SelectDevice::give_up(const std::string& why) {
  const std::lock_guard lock(mutex_);
  keep(why);
  given_up_ = true;
}

bool SelectDevice::given_up() const {
  const std::lock_guard lock(mutex_);
  return given_up_;
}

}  // namespace quarry
