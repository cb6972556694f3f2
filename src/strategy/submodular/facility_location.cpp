#include "quarry/strategy/submodular/facility_location.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "quarry/core/error.hpp"
#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/detail/rounded.hpp"

#include "strategy/kernels/bounds.hpp"
#include "strategy/part_sums.hpp"
#include "strategy/submodular/bounds_of_rows.hpp"

namespace quarry {
namespace {

// Rows whose similarities with all of V are in memory at once.
constexpr std::size_t whole_rows = 96;
constexpr std::size_t most_kept = std::size_t{1} << 30;
// Of V, in the lists that are kept from the first pass on.
constexpr std::size_t short_share = 8;
// For less it does not pay to guess.
constexpr std::size_t fewest_picks = 8;

}  // namespace

FacilityLocationFunction::FacilityLocationFunction(const Similarity& similarity,
                                                   std::vector<double> weights,
                                                   std::size_t threads)
    : similarity_(similarity),
      weights_(std::move(weights)),
      threads_(threads),
      covered_(similarity.size()),
      floors_(similarity.size()),
      open_(similarity.size()),
      lists_(std::make_unique<detail::UncoveredLists>(similarity.size())) {
  QUARRY_EXPECTS(weights_.empty() || weights_.size() == similarity.size(),
                 "FacilityLocationFunction: a weight a row of V, or none");
  for (std::size_t k = 0; k < weights_.size(); ++k) {
    weight_bounds_.push_back(std::max(detail::rounded_up(weights_[k]),
                                      std::numeric_limits<float>::min()));
    // What adds nothing to any gain need be in no list.
    if (weights_[k] > 0.0) continue;
    cover(k, std::numeric_limits<double>::infinity());
    --open_;
  }
}

std::size_t FacilityLocationFunction::bytes(std::size_t ground, std::size_t) {
  return ground * (3 * sizeof(double) + 2 * sizeof(float)) +
         whole_rows * ground * sizeof(float) +
         detail::UncoveredLists::bytes(ground) +
         detail::PartSums::bytes(detail::greedy_batch, ground);
}

void FacilityLocationFunction::expect_picks(std::size_t picks) {
  may_foresee_ = picks >= fewest_picks;
}

void FacilityLocationFunction::allow(std::size_t bytes) {
  const std::size_t foreseen = detail::ForeseenPicks::bytes(covered_.size());
  may_foresee_ = may_foresee_ &&
                 covered_.size() >= detail::ForeseenPicks::least_rows &&
                 bytes >= 4 * foreseen;
  if (may_foresee_) bytes -= foreseen;
  room_ = std::min(bytes, most_kept);
  lists_->allow(room_);
}

bool FacilityLocationFunction::is_listed(std::size_t place) const {
  return foreseen_ == nullptr && lists_->has(place);
}

void FacilityLocationFunction::foresee() const {
  if (!std::exchange(may_foresee_, false)) return;
  // Lists of half the length that there is room for: some are longer.
  const std::size_t few =
      std::min(covered_.size() / short_share, lists_->longest() * 9 / 20);
  auto foreseen = std::make_unique<detail::ForeseenPicks>(
      similarity_, floors_, weight_bounds_, few, threads_);
  if (!foreseen->empty()) foreseen_ = std::move(foreseen);
}

void FacilityLocationFunction::follow(std::size_t place) {
  if (foreseen_ == nullptr) return;
  if (foreseen_->place(picked_ - 1) != place) return forget();
  if (picked_ == foreseen_->size()) foreseen_ = nullptr;
}

void FacilityLocationFunction::forget() {
  may_foresee_ = false;
  if (foreseen_ == nullptr) return;
  foreseen_ = nullptr;
  lists_ = std::make_unique<detail::UncoveredLists>(covered_.size());
  // An allocator may not have all of the old ones to give again.
  lists_->allow(room_ / 2);
}

double FacilityLocationFunction::gain(std::size_t row) const {
  double value = 0.0;
  gains(std::array{row}, std::span(&value, 1));
  return value;
}

void FacilityLocationFunction::gains(std::span<const std::size_t> rows,
                                     std::span<double> out) const {
  std::vector<std::size_t> listed, whole;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    (is_listed(similarity_.place(rows[i])) ? listed : whole).push_back(i);
  }
  std::size_t entries = 0;
  for (const std::size_t i : listed)
    entries += lists_->at(similarity_.place(rows[i])).places.size();
  detail::parallel_blocks(listed.size(), 1,
                          detail::threads_worth(threads_, 100 * entries),
                          [&](std::size_t k, std::size_t) {
                            out[listed[k]] = listed_gain(rows[listed[k]]);
                          });
  if (whole.empty()) return;
  std::vector<double> gains(whole.size());
  std::vector<std::size_t> some;
  for (const std::size_t i : whole) some.push_back(rows[i]);
  whole_gains(some, gains);
  for (std::size_t k = 0; k < whole.size(); ++k) out[whole[k]] = gains[k];
}

double FacilityLocationFunction::listed_gain(std::size_t row) const {
  const std::vector<std::uint32_t>& places =
      lists_->at(similarity_.place(row)).places;
  std::vector<double> values(places.size());
  similarity_.some(row, places, values);
  detail::ExactSum sum;
  for (std::size_t k = 0; k < places.size(); ++k) {
    const double before = covered_[places[k]];
    if (!(values[k] > before)) continue;
    const double weight = weights_.empty() ? 1.0 : weights_[places[k]];
    sum.add(weight * values[k]);
    sum.add(-weight * before);
  }
  return sum.value();
}

void FacilityLocationFunction::whole_gains(std::span<const std::size_t> rows,
                                           std::span<double> out) const {
  detail::PartSums sums(rows.size(), similarity_);
  similarity_.visit(
      rows, threads_,
      [&](std::size_t i, std::size_t first, std::span<const double> values) {
        detail::ExactSum sum = sums.at(i, first);
        for (std::size_t k = 0; k < values.size(); ++k) {
          const double before = covered_[first + k];
          if (!(values[k] > before)) continue;
          const double weight = weights_.empty() ? 1.0 : weights_[first + k];
          sum.add(weight * values[k]);
          sum.add(-weight * before);
        }
        sums.at(i, first) = sum;
      });
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = sums.whole(i).value();
}

void FacilityLocationFunction::bounds(std::span<const std::size_t> rows,
                                      std::span<double> out) const {
  if (picked_ == 0) foresee();
  if (picked_ > 0 && foreseen_ == nullptr) {
    lists_->make_room(floors_, picked_, threads_);
  }
  std::size_t entries = 0;
  for (const std::size_t row : rows)
    entries += lists_->at(similarity_.place(row)).places.size();
  const auto known = [&](std::size_t place) {
    return foreseen_ != nullptr && picked_ > 0
               ? foreseen_->bound(place, picked_ - 1)
               : -1.0;
  };
  constexpr std::size_t block = 16;
  detail::parallel_blocks(
      rows.size(), block, detail::threads_worth(threads_, entries),
      [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
          const std::size_t place = similarity_.place(rows[i]);
          if (is_listed(place)) {
            out[i] = lists_->shrink(place, floors_, weight_bounds_);
          } else if (known(place) >= 0.0) {
            out[i] = known(place);
          }
        }
      });
  std::vector<std::size_t> whole;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t place = similarity_.place(rows[i]);
    if (!is_listed(place) && known(place) < 0.0) whole.push_back(i);
  }
  for (std::size_t first = 0; first < whole.size(); first += whole_rows) {
    const auto here = std::span(whole).subspan(
        first, std::min(whole_rows, whole.size() - first));
    std::vector<std::size_t> some;
    for (const std::size_t i : here) some.push_back(rows[i]);
    std::vector<double> bounds(some.size());
    whole_bounds(some, bounds);
    for (std::size_t k = 0; k < here.size(); ++k) out[here[k]] = bounds[k];
  }
}

void FacilityLocationFunction::whole_bounds(std::span<const std::size_t> rows,
                                            std::span<double> out) const {
  const std::size_t ground = similarity_.size();
  whole_.resize(rows.size() * ground);
  detail::bounds_of_rows(similarity_, rows, threads_, whole_);
  detail::parallel_blocks(
      rows.size(), 1, detail::threads_worth(threads_, rows.size() * ground),
      [&](std::size_t i, std::size_t) {
        out[i] = take_bounds(similarity_.place(rows[i]),
                             std::span(whole_).subspan(i * ground, ground));
      });
}

double FacilityLocationFunction::take_bounds(
    std::size_t place, std::span<const float> bounds) const {
  const auto above = [&](std::span<const float> floors) {
    return kernels::sum_above(
        bounds.data(), floors.data(),
        weight_bounds_.empty() ? nullptr : weight_bounds_.data(),
        bounds.size());
  };
  const kernels::SumAbove now = above(floors_);
  if (foreseen_ == nullptr) {
    // Most of these would leave its list with the first pick.
    if (picked_ == 0 && 2 * now.count > open_) return now.sum;
    lists_->offer(place, bounds, floors_, now.count);
    return now.sum;
  }
  kernels::SumAbove then{};
  const std::size_t last = foreseen_->size() - 1;
  for (std::size_t m = 0; m <= last; ++m) {
    then = above(foreseen_->floors(m));
    foreseen_->bound(place, m) = then.sum;
  }
  if (!lists_->has(place)) {
    lists_->offer(place, bounds, foreseen_->floors(last), then.count);
  }
  return now.sum;
}

void FacilityLocationFunction::cover(std::size_t place, double value) {
  if (!(value > covered_[place])) return;
  covered_[place] = value;
  floors_[place] = detail::rounded_down(value);
}

void FacilityLocationFunction::add(std::size_t row) {
  const std::size_t place = similarity_.place(row);
  if (is_listed(place)) {
    const std::vector<std::uint32_t>& places = lists_->at(place).places;
    std::vector<double> values(places.size());
    similarity_.some(row, places, values);
    for (std::size_t k = 0; k < places.size(); ++k) cover(places[k], values[k]);
  } else {
    cover_all(std::array{row});
  }
  ++picked_;
  follow(place);
}

void FacilityLocationFunction::add_all(std::span<const std::size_t> rows) {
  if (rows.empty()) return;
  forget();
  cover_all(rows);
  picked_ += rows.size();
}

void FacilityLocationFunction::cover_all(std::span<const std::size_t> rows) {
  const std::size_t ground = similarity_.size();
  constexpr std::size_t at_once = whole_rows / 2;  // doubles
  std::vector<double> all;
  for (std::size_t first = 0; first < rows.size(); first += at_once) {
    const auto some =
        rows.subspan(first, std::min(at_once, rows.size() - first));
    all.resize(some.size() * ground);
    similarity_.visit(
        some, threads_,
        [&](std::size_t i, std::size_t at, std::span<const double> values) {
          std::copy(values.begin(), values.end(),
                    all.begin() + static_cast<std::ptrdiff_t>(i * ground + at));
        });
    for (std::size_t i = 0; i < some.size(); ++i) {
      for (std::size_t k = 0; k < ground; ++k) cover(k, all[i * ground + k]);
    }
  }
}

}  // namespace quarry
