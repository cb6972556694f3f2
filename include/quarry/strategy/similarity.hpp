#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "quarry/strategy/pool_view.hpp"

namespace quarry {

/// How alike the rows of a ground set V are: s(i, j), i, j ∈ V, computed when
/// asked for, so that V × V numbers are never in memory. Rows are those of the
/// pool.
class Similarity {
 public:
  /// Is shown s(rows[i], V[first + k]) as `values[k]`, which lie in one part of
  /// V: the same `first / part`. Those of a part come from one thread, and
  /// those of a row in it in ascending order, so that what belongs to a part
  /// needs no lock; parts come from many threads at once.
  using Visit = std::function<void(std::size_t i, std::size_t first,
                                   std::span<const double> values)>;

  using VisitBounds = std::function<void(std::size_t i, std::size_t first,
                                         std::span<const float> bounds)>;

  static constexpr std::size_t part = 1024;

  /// What is asked for most, and made ready for: of nothing is a copy of rows
  /// kept, and all are read again whenever they are asked for.
  enum class Ready { values, bounds, nothing };

  virtual ~Similarity() = default;

  /// What V itself takes, in a pool of so many rows.
  static std::size_t bytes(std::size_t rows, std::size_t ground) {
    return (rows + ground) * sizeof(std::size_t);
  }

  /// V, ascending.
  std::span<const std::size_t> ground() const noexcept { return ground_; }
  /// |V|.
  std::size_t size() const noexcept { return ground_.size(); }
  std::size_t parts() const noexcept { return (size() + part - 1) / part; }
  /// Where in V a row of it stands.
  std::size_t place(std::size_t row) const { return places_[row]; }

  /// Shows the similarities of each of `rows`, which are in V, with all of V.
  virtual void visit(std::span<const std::size_t> rows, std::size_t threads,
                     const Visit& visit) const = 0;
  /// Shows, in the same way, numbers that the similarities are not above, and
  /// hardly below.
  virtual void visit_bounds(std::span<const std::size_t> rows,
                            std::size_t threads,
                            const VisitBounds& visit) const;
  /// out[k] = s(row, V[places[k]]), bit by bit what `visit` shows.
  virtual void some(std::size_t row, std::span<const std::uint32_t> places,
                    std::span<double> out) const;
  /// s(row, row).
  virtual double self(std::size_t row) const = 0;

  /// Those of one row with all of V, `[|V|]`.
  std::vector<double> row(std::size_t row, std::size_t threads) const;

 protected:
  /// Expects ascending rows below `rows`.
  Similarity(std::size_t rows, std::vector<std::size_t> ground);

 private:
  std::vector<std::size_t> ground_;
  std::vector<std::size_t> places_;  // [rows of the pool]
};

/// The candidates and labelled rows of a pool, ascending: all that is known.
std::vector<std::size_t> ground_of(const PoolView& pool);

/// The similarities that the pool has as its input `similarity` `[N, N]`, f2,
/// f4 or f8: row i is read for s(i, ·). The matrix is meant to be symmetric.
/// Raises `strategy.input_shape`, and `strategy.bad_row` where one between rows
/// of V is not finite. O(|V|²) for that.
std::unique_ptr<Similarity> given_similarity(const PoolView& pool,
                                             std::vector<std::size_t> ground);

/// What `given_similarity` allocates, and its `visit` by so many threads.
std::size_t given_similarity_bytes(const PoolView& pool, std::size_t ground,
                                   std::size_t threads);

}  // namespace quarry
