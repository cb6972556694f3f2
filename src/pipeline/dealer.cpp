#include "pipeline/dealer.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <unordered_map>

#include "pipeline/run_control.hpp"

namespace quarry::detail {

namespace {

class ClassNumbers {
 public:
  explicit ClassNumbers(const std::vector<std::string>& names)
      : count_(names.size()) {
    for (std::size_t c = 0; c < names.size(); ++c) {
      numbers_.try_emplace(names[c], static_cast<std::int64_t>(c));
    }
  }

  std::int64_t of(const std::optional<std::string>& label) const {
    if (!label) return -1;
    if (const auto it = numbers_.find(*label); it != numbers_.end()) {
      return it->second;
    }
    std::int64_t number = -1;
    const char* const end = label->data() + label->size();
    const auto [stop, error] = std::from_chars(label->data(), end, number);
    const bool whole = error == std::errc() && stop == end;
    const bool known =
        number >= 0 && number < static_cast<std::int64_t>(count_);
    return whole && known ? number : -1;
  }

 private:
  std::size_t count_;
  std::unordered_map<std::string_view, std::int64_t> numbers_;
};

}  // namespace

LabelledRows find_labelled(const AnySource& source, const LabelledSet& labelled,
                           const std::vector<std::string>& classes) {
  LabelledRows found;
  if (labelled.empty()) return found;
  const ClassNumbers numbers(classes);
  for (std::size_t i = 0; i < source.size(); ++i) {
    const LabelledSet::Entry* entry = labelled.find(sample_of(source, i));
    if (entry == nullptr) continue;
    found.rows.push_back(i);
    found.classes.push_back(numbers.of(entry->label));
  }
  if (found.rows.empty() && source.size() > 0) {
    raise("labelled.unknown",
          "none of the " + std::to_string(labelled.size()) +
              " labelled samples is in the pool: the first is \"" +
              labelled.begin()->name() + "\", the pool's first is \"" +
              sample_of(source, 0).id + '"',
          "name each by the id that the pool gives it, or by its URI");
  }
  found.unknown = labelled.size() - found.rows.size();
  return found;
}

Dealer::Dealer(std::size_t samples, std::span<const std::size_t> left_out,
               std::size_t rows)
    : samples_(samples), left_out_(left_out), rows_(rows) {}

std::size_t Dealer::loads() const noexcept {
  return (wanted() + rows_ - 1) / rows_;
}

std::optional<Load> Dealer::next() {
  Load load{.first = dealt_, .indices = {}};
  load.indices.reserve(std::min(rows_, wanted() - dealt_));
  for (; load.indices.size() < rows_ && dealt_ < wanted(); ++index_) {
    if (skipped_ < left_out_.size() && left_out_[skipped_] == index_) {
      ++skipped_;
      continue;
    }
    load.indices.push_back(index_);
    ++dealt_;
  }
  if (load.indices.empty()) return std::nullopt;
  return load;
}

}  // namespace quarry::detail
