#pragma once

#include <set>
#include <string>

#include "quarry/core/detail/text.hpp"
#include "quarry/data/concept.hpp"

#include "data/uri.hpp"
#include "fuzz.hpp"

namespace quarry::fuzz {

/// What every pool promises of its samples, without reading one.
template <DataSource S>
void check_samples(const S& source) {
  std::set<std::string> ids;
  for (std::size_t i = 0; i < source.size(); ++i) {
    const Sample sample = source.sample(i);
    check(!sample.id.empty() && detail::is_printable(sample.id),
          "an id is no line of text");
    check(ids.insert(sample.id).second, "two samples have one id");
    check(detail::is_printable(sample.uri), "a URI is no line of text");
    check(detail::scheme_of(sample.uri).has_value(), "a URI is not absolute");
    check(!sample.truth ||
              (!sample.truth->empty() && detail::is_printable(*sample.truth)),
          "a truth is no line of text");
  }
}

/// Reads every sample twice, and the same of another that claims to be it.
template <DataSource S>
void check_same(const S& source, const S& other) {
  check(source.size() == other.size(), "another number of samples");
  for (std::size_t i = 0; i < source.size(); ++i) {
    check(source.sample(i).truth == other.sample(i).truth, "another truth");
    const auto bytes = attempt([&] { return source.read(i); });
    check(attempt([&] { return other.read(i); }) == bytes, "other bytes");
  }
}

}  // namespace quarry::fuzz
