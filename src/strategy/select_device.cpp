#include "quarry/strategy/select_device.hpp"

#include <algorithm>
#include <utility>

namespace quarry {

void SelectDevice::note(const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (std::find(notes_.begin(), notes_.end(), text) == notes_.end()) {
    notes_.push_back(text);
  }
}

std::vector<std::string> SelectDevice::take_notes() {
  const std::lock_guard lock(mutex_);
  return std::exchange(notes_, {});
}

}  // namespace quarry
