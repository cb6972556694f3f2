#include "testing/policy_rows.hpp"

#include <array>
#include <functional>

#include "quarry/core/random.hpp"

namespace quarry::testing {
namespace {

constexpr std::array<std::size_t, 4> widths = {1, 2, 5, 33};

using Fill = std::function<double(RandomStream&)>;

PolicyRows make(const std::string& name, std::size_t count, std::size_t width,
                RandomStream random, const Fill& fill) {
  PolicyRows made{name + ", D=" + std::to_string(width),
                  RowMatrix<double>(count, width)};
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t d = 0; d < width; ++d) {
      made.rows(i, d) = static_cast<float>(fill(random));
    }
  }
  return made;
}

}  // namespace

std::string PolicyRows::pair(std::size_t i, std::size_t j) const {
  return "rows " + std::to_string(i) + " and " + std::to_string(j) + " of " +
         name;
}

std::vector<PolicyRows> policy_rows(std::uint64_t seed, std::size_t count) {
  const RandomStream random = RandomStream(seed).derive("policy_rows");
  struct Kind {
    const char* name;
    Fill fill;
  };
  const std::array<Kind, 5> kinds = {{
      {"general rows",
       [](RandomStream& r) {
         return r.normal();
       }},
      {"coarse rows",
       [](RandomStream& r) {
         return static_cast<double>(r.below(3)) - 1.0;
       }},
      {"rows far from the origin",
       [](RandomStream& r) {
         return 1e3 + 1e-2 * r.normal();
       }},
      {"tiny rows",
       [](RandomStream& r) {
         return 1e-20 * r.normal();
       }},
      {"equal rows",
       [](RandomStream&) {
         return 0.7;
       }},
  }};
  std::vector<PolicyRows> sets;
  for (const Kind& kind : kinds) {
    for (const std::size_t width : widths) {
      sets.push_back(
          make(kind.name, count, width, random.derive(sets.size()), kind.fill));
      RowMatrix<double>& rows = sets.back().rows;
      for (std::size_t i = 1; i < count; i += 7) rows.row(i) = rows.row(i - 1);
      if (count > 3) rows.row(3).setZero();
    }
  }
  return sets;
}

std::vector<PolicyRows> policy_probabilities(std::uint64_t seed,
                                             std::size_t count) {
  const RandomStream random = RandomStream(seed).derive("policy_rows");
  std::vector<PolicyRows> sets;
  for (const std::size_t width : widths) {
    sets.push_back(make("probabilities", count, width,
                        random.derive(sets.size()),
                        [](RandomStream& r) { return r.uniform() + 1e-3; }));
    RowMatrix<double>& rows = sets.back().rows;
    for (std::size_t i = 0; i < count; ++i) {
      if (i % 5 == 2) {
        rows.row(i).setZero();
        rows(i, i % width) = 1.0;
      }
      rows.row(i) /= rows.row(i).sum();
      rows.row(i) = rows.row(i).cast<float>().cast<double>();
      if (i % 7 == 1) rows.row(i) = rows.row(i - 1);
    }
  }
  return sets;
}

}  // namespace quarry::testing
