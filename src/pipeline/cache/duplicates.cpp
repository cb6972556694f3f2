#include "pipeline/cache/duplicates.hpp"

#include <utility>

namespace quarry::detail {

bool Duplicates::first(const std::string& key, Waiting sample) {
  const std::lock_guard lock(mutex_);
  const auto [at, is_first] = under_way_.try_emplace(key);
  if (!is_first) at->second.push_back(sample);
  return is_first;
}

std::vector<Duplicates::Waiting> Duplicates::settle(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto at = under_way_.find(key);
  if (at == under_way_.end()) return {};
  std::vector<Waiting> waiting = std::move(at->second);
  under_way_.erase(at);
  ++settled_;
  return waiting;
}

}  // namespace quarry::detail
