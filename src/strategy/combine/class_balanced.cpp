#include "quarry/strategy/combine/class_balanced.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>

#include "quarry/strategy/detail/parallel.hpp"

#include "strategy/combine/parts.hpp"

namespace quarry {
namespace {

/// What is known of a predicted class.
struct Class {
  std::size_t labelled = 0;
  std::vector<std::size_t> rows = {};  // candidates, ascending
};

/// The likeliest class of each candidate, the first of equals.
std::vector<std::uint32_t> predicted(const PoolView& pool,
                                     std::size_t threads) {
  const ArrayView& p = pool.input(inputs::probabilities);
  const auto candidates = pool.candidates();
  std::vector<std::uint32_t> classes(candidates.size());
  constexpr std::size_t block = 1024;
  detail::parallel_blocks(
      candidates.size(), block, threads,
      [&](std::size_t first, std::size_t last) {
        std::vector<double> row(p.cols());
        for (std::size_t i = first; i < last; ++i) {
          p.read_row(candidates[i], std::span(row));
          const auto likeliest = std::max_element(row.begin(), row.end());
          classes[i] = static_cast<std::uint32_t>(likeliest - row.begin());
        }
      });
  return classes;
}

std::vector<Class> classes_of(const PoolView& pool, std::size_t threads) {
  std::vector<Class> classes(pool.input(inputs::probabilities).cols());
  const std::vector<std::uint32_t> of_candidate = predicted(pool, threads);
  for (std::size_t i = 0; i < of_candidate.size(); ++i) {
    classes[of_candidate[i]].rows.push_back(pool.candidates()[i]);
  }
  for (const std::int64_t label : pool.labels()) {
    const auto c = static_cast<std::size_t>(label);
    if (label >= 0 && c < classes.size()) ++classes[c].labelled;
  }
  return classes;
}

/// Deals the budget out, one pick a class and turn.
void deal(std::size_t budget, std::vector<detail::Share>& shares) {
  std::vector<std::size_t> open(shares.size());
  std::iota(open.begin(), open.end(), std::size_t{0});
  while (budget > 0) {
    std::erase_if(open, [&](std::size_t i) {
      return shares[i].budget == shares[i].rows.size();
    });
    const std::size_t turn = std::min(budget, open.size());
    for (std::size_t i = 0; i < turn; ++i) ++shares[open[i]].budget;
    budget -= turn;
  }
}

}  // namespace

ClassBalanced::ClassBalanced(AnyStrategy strategy)
    : strategy_(std::move(strategy)) {}

Needs ClassBalanced::needs() const {
  return Needs{{.name = inputs::probabilities}}.merge(strategy_.needs());
}

std::vector<RankedPick> ClassBalanced::select(const PoolView& pool,
                                              std::size_t budget,
                                              SelectContext& context) const {
  const std::size_t candidates = pool.candidates().size();
  budget = std::min(budget, candidates);
  if (budget == 0) return {};
  const std::size_t classes = pool.input(inputs::probabilities).cols();
  const std::size_t bytes =
      candidates * (2 * sizeof(std::size_t) + sizeof(std::uint32_t)) +
      budget * 2 * sizeof(RankedPick) + classes * 2 * sizeof(Class);
  SelectContext part = context.holding("balancing classes", bytes);
  std::vector<Class> known = classes_of(pool, context.threads);
  // Equal ones stay in the order of their numbers.
  std::stable_sort(known.begin(), known.end(),
                   [](const Class& a, const Class& b) {
                     if (a.labelled != b.labelled) {
                       return a.labelled < b.labelled;
                     }
                     return a.rows.size() < b.rows.size();
                   });
  std::vector<detail::Share> shares;
  shares.reserve(classes);
  for (Class& one : known) shares.push_back({.rows = std::move(one.rows)});
  deal(budget, shares);
  return detail::pick_in_turns(strategy_, pool, std::move(shares),
                               context.random.derive("class_balanced"), part);
}

}  // namespace quarry
