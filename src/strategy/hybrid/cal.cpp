#include "quarry/strategy/hybrid/cal.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/read_rows.hpp"
#include "quarry/strategy/divergence.hpp"
#include "quarry/strategy/kernels/squared_distance.hpp"

#include "strategy/infinity.hpp"
#include "strategy/kernels/device_nearest.hpp"
#include "strategy/kernels/device_rows.hpp"
#include "strategy/kernels/device_sums.hpp"
#include "strategy/kernels/near.hpp"
#include "strategy/kernels/origin.hpp"

namespace quarry {

void CalOptions::validate() const {
  detail::expect_at_least_one("k", k);
}

namespace detail {

Labelled::Labelled(const PoolView& pool)
    : embeddings_(read_rows(pool.input(inputs::embeddings), pool.labelled())),
      probabilities_(
          read_rows(pool.input(inputs::probabilities), pool.labelled())) {}

std::span<const double> Labelled::embedding(std::size_t i) const {
  return row_of(embeddings_, i);
}

double Labelled::contrast(std::span<const ScoredRow> near,
                          std::span<const double> p) const {
  double sum = 0.0;
  for (const ScoredRow& row : near) {
    sum += kl_divergence(row_of(probabilities_, row.index), p);
  }
  return near.empty() ? 0.0 : sum / static_cast<double>(near.size());
}

std::size_t expect_memory_for_cal(const PoolView& pool, std::size_t budget,
                                  const SelectContext& context) {
  const std::size_t width = pool.input(inputs::embeddings).cols() +
                            pool.input(inputs::probabilities).cols();
  const std::size_t bytes =
      pool.candidates().size() * sizeof(double) +
      budget * (2 * sizeof(ScoredRow) + sizeof(RankedPick)) +
      pool.labelled().size() *
          (width * sizeof(double) + context.threads * sizeof(ScoredRow));
  context.expect_memory("cal", bytes);
  return context.memory_limit - bytes;
}

namespace {

/// `NearLabelled`, made of what a device gives of a part of the labelled rows
/// after the other.
class LabelledSearch {
 public:
  LabelledSearch(const PoolView& pool, std::size_t k, kernels::Compared how,
                 const SelectContext& context)
      : pool_(pool),
        k_(k),
        threads_(context.threads),
        order_(context.ties),
        scale_(how == kernels::Compared::by_direction ? 0.5 : 1.0),
        rows_(rows_of(pool, pool.candidates(), how)),
        labelled_(rows_of(pool, pool.labelled(), how)),
        origin_(kernels::far_mean(rows_)),
        sums_(*context.device, floats_of(rows_),
              kernels::DistanceBounds(rows_.width()), context.threads),
        near_{.k = k,
              .rows = std::vector<ScoredRow>(rows_.size() * k, none),
              .known = std::vector<char>(rows_.size(), 1)} {}

  static std::size_t bytes(const PoolView& pool, std::size_t k,
                           std::size_t width) {
    const std::size_t rows = pool.candidates().size();
    return kernels::DeviceSums::bytes(rows, pool.labelled().size(), width) +
           rows * (k * sizeof(ScoredRow) + 1) +
           std::min(rows, kernels::most_at_once) * kernels::most_asked(k) * 2 *
               sizeof(float);
  }

  NearLabelled find(std::size_t at_once, const std::function<Flow()>& go_on) {
    for (std::size_t first = 0; first < labelled_.size(); first += at_once) {
      const kernels::RowSet some =
          labelled_.part(first, std::min(at_once, labelled_.size() - first));
      const kernels::Remainder left = sums_.least(
          floats_of(some), kernels::most_asked(k_),
          [&](std::size_t i) {
            return near_.known[i] != 0 ? farthest(near_.of(i)) : -infinity;
          },
          [&](const kernels::DeviceSums::Part& part) {
            return take(part, some, first);
          },
          go_on);
      if (left.flow == Flow::stop) return {};
      for (const std::size_t i : left.rows) near_.known[i] = 0;
    }
    return std::move(near_);
  }

 private:
  static constexpr ScoredRow none{-infinity,
                                  std::numeric_limits<std::uint64_t>::max(),
                                  std::numeric_limits<std::size_t>::max()};

  static kernels::RowSet rows_of(const PoolView& pool,
                                 std::span<const std::size_t> rows,
                                 kernels::Compared how) {
    const kernels::RowSet set(pool.input(inputs::embeddings), rows);
    return how == kernels::Compared::by_direction ? set.directions() : set;
  }
  kernels::FloatRows floats_of(const kernels::RowSet& rows) const {
    return kernels::floats_of(kernels::about(rows, origin_));
  }
  /// ‖x − y‖² of the last.
  double farthest(std::span<const ScoredRow> near) const {
    return -near.back().score / scale_;
  }

  std::vector<std::size_t> take(const kernels::DeviceSums::Part& part,
                                const kernels::RowSet& some,
                                std::size_t first) {
    return kernels::undecided(part, threads_, rows_.width(), [&] {
      return
          [this, &part, first, exact = kernels::SquaredDistance(rows_, some)](
              std::size_t r) mutable {
            return decide(part, r, first, exact);
          };
    });
  }

  bool decide(const kernels::DeviceSums::Part& part, std::size_t found,
              std::size_t first, kernels::SquaredDistance& exact) {
    const std::size_t row = part.first + part.least.rows[found];
    const auto near = std::span(near_.rows).subspan(row * k_, k_);
    return kernels::show_near(
        part, found, sums_.bounds(), [&] { return farthest(near); },
        [&](std::span<const std::size_t> columns) {
          for (const std::size_t column : columns) {
            const std::size_t l = first + column;
            ScoredRow one{-scale_ * exact(row, column),
                          pool_.key(pool_.labelled()[l]), l};
            for (ScoredRow& other : near) {
              if (order_(one, other)) std::swap(one, other);
            }
          }
        });
  }

  const PoolView& pool_;
  std::size_t k_;
  std::size_t threads_;
  PickOrder order_;
  double scale_;
  kernels::RowSet rows_, labelled_;
  std::vector<double> origin_;
  kernels::DeviceSums sums_;
  NearLabelled near_;
};

}  // namespace

NearLabelled near_labelled(const PoolView& pool, std::size_t k,
                           kernels::Compared how, const SelectContext& context,
                           std::size_t room,
                           const std::function<Flow()>& go_on) {
  const std::size_t width = pool.input(inputs::embeddings).cols() + 1;
  if (context.device == nullptr || k == 0 ||
      !kernels::DeviceNearest::serves(width) ||
      LabelledSearch::bytes(pool, k, width) > room) {
    return {};
  }
  return LabelledSearch(pool, k, how, context)
      .find(kernels::rows_a_block(*context.device, width), go_on);
}

}  // namespace detail
}  // namespace quarry
