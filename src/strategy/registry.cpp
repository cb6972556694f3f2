#include "quarry/strategy/registry.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "quarry/core/did_you_mean.hpp"
#include "quarry/core/error.hpp"

#include "strategy/shipped.hpp"

namespace quarry {
namespace {

/// Raises `strategy.unknown` for what people know as a strategy and is none of
/// one selection.
void expect_no_choice(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> choices[] = {
      {"albl", "Albl"}, {"exp4p", "Exp4P"}, {"pshea", "Pshea"}};
  for (const auto& [known, type] : choices) {
    if (name != known) continue;
    raise("strategy.unknown",
          "'" + std::string(name) +
              "' chooses among strategies from round to round, by the labels "
              "that came back: a single selection has none",
          "an application that runs rounds asks quarry::" + std::string(type) +
              ": see docs/reference/strategies/choice.md; here, name one of "
              "the strategies that it is to choose from");
  }
}

/// All strategies by name. Made when first asked for, so that it does not
/// matter in which order the program's objects are initialised.
class Registry {
 public:
  static Registry& instance() {
    static Registry registry;
    return registry;
  }

  void add(detail::RegisteredStrategy entry) {
    const std::unique_lock lock(mutex_);
    std::string name = entry.info.name;
    if (!entries_.try_emplace(std::move(name), std::move(entry)).second) {
      raise("strategy.duplicate",
            "there is a strategy called '" + entry.info.name + "' already",
            "register yours under another name");
    }
  }

  StrategyFactory factory(std::string_view name) const {
    const std::shared_lock lock(mutex_);
    const auto found = entries_.find(name);
    if (found != entries_.end()) return found->second.factory;
    expect_no_choice(name);
    std::vector<std::string> names;
    for (const auto& [known, entry] : entries_) names.push_back(known);
    const std::string meant = did_you_mean(name, names);
    raise("strategy.unknown",
          "there is no strategy called '" + std::string(name) + "'",
          (meant.empty() ? "" : meant + ' ') +
              "`quarry list strategies` shows all");
  }

  std::vector<StrategyInfo> infos() const {
    const std::shared_lock lock(mutex_);
    std::vector<StrategyInfo> infos;
    for (const auto& [name, entry] : entries_) infos.push_back(entry.info);
    return infos;
  }

 private:
  Registry() {
    for (auto& entry : detail::shipped_strategies()) add(std::move(entry));
  }

  mutable std::shared_mutex mutex_;
  std::map<std::string, detail::RegisteredStrategy, std::less<>> entries_;
};

bool is_snake_case(std::string_view name) {
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

}  // namespace

void register_strategy(StrategyInfo info, StrategyFactory factory) {
  QUARRY_EXPECTS(is_snake_case(info.name),
                 "register_strategy: the name is lower snake case");
  QUARRY_EXPECTS(factory != nullptr, "register_strategy: a factory");
  Registry::instance().add({std::move(info), std::move(factory)});
}

AnyStrategy make_strategy(std::string_view name, StrategyParams params) {
  const StrategyFactory factory = Registry::instance().factory(name);
  AnyStrategy strategy = factory(params);
  params.expect_all_known(name);
  return strategy;
}

std::vector<StrategyInfo> strategies() {
  return Registry::instance().infos();
}

}  // namespace quarry
