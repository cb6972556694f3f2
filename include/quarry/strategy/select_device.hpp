#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace quarry {

/// A device that computes the products of rows which selections are made of, in
/// place of the processor: a GPU, say (`torch_select_device`). Of rows x_i on
/// its left and y_j on its right, D floats each, and a number n_j for each y_j,
///
///     s_ij = n_j − 2 p_ij, rounded once;  p_ij = ⟨x_i, y_j⟩ but for rounding
///
/// Kernels take bounds on distances from them, and decide in double what these
/// leave open. So picks are those of the processor, index by index, while
///
///     |p_ij − ⟨x_i, y_j⟩| ≤ Σ_k (γ |x_ik y_jk| + 2⁻¹²⁶ (1 + |x_ik| + |y_jk|)),
///     γ = D u / (1 − D u), u = 2⁻²⁴,
///
/// for rows of squared norms below 10³⁷. Sums of products in float are within
/// that in any order, with multiply-adds that are fused or not, denormals kept
/// or not. TF32 and bf16 are not. Of other rows it may say anything.
///
/// What it does not do, it says as the error `strategy.device`: memory that is
/// not there, say. Kernels then give it up, and go on without it; so they do
/// when what it answers cannot be one, rows that were not asked of, say.
///
/// One call at a time.
class SelectDevice {
 public:
  /// Rows `[N, D]` in its memory, which are gone with this.
  class Rows {
   public:
    Rows() = default;
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;
    virtual ~Rows() = default;
  };

  /// Which s_ij: 0 ≤ i < count, 0 ≤ j < M.
  struct Sums {
    const Rows& left;              ///< `[N, D]`
    std::size_t first;             ///< which of its rows x_0 is
    std::size_t count;             ///< first + count ≤ N
    const Rows& right;             ///< `[M, D]`, M ≥ 1
    std::span<const float> norms;  ///< `[M]` n_j
  };

  /// The least of some rows' s_ij.
  struct Least {
    std::vector<std::uint32_t> rows;     ///< `[R]` i, ascending
    std::vector<std::uint32_t> columns;  ///< `[R, k]` j
    std::vector<float> sums;             ///< `[R, k]` s_ij, ascending in a row
  };

  SelectDevice() = default;
  SelectDevice(const SelectDevice&) = delete;
  SelectDevice& operator=(const SelectDevice&) = delete;
  virtual ~SelectDevice() = default;

  /// "cuda:0".
  virtual std::string name() const = 0;
  /// Bytes of its memory that a selection may take, ≥ 1. Half of them are for
  /// rows that stay there, so that they are taken there once; a pool larger
  /// than that goes through it block by block, each time it is looked at.
  virtual std::size_t memory() const = 0;
  /// Takes rows there. `values` is `[N, width]`, both at least 1.
  virtual std::unique_ptr<Rows> upload(std::span<const float> values,
                                       std::size_t width) = 0;
  /// Of all rows i with min_j s_ij < limits[i], and of no other, the
  /// k = min(kept, M) least s_ij. `limits` is `[count]`.
  virtual Least least(const Sums& sums, std::span<const float> limits,
                      std::size_t kept) = 0;
  /// The same of s_ij = n_j − 2 p'_ij p''_ij: p'_ij is the product of the first
  /// `split` numbers of the two rows, 0 < split < D, p''_ij that of the others,
  /// each as close as above; then the product and the difference are rounded,
  /// once each. So rows stand for x' ⊗ x'', which are not made. A device that
  /// does not do this raises `strategy.device`, as here.
  virtual Least least_outer(const Sums& sums, std::size_t split,
                            std::span<const float> limits, std::size_t kept);
  /// out[j * count + i] = s_ij.
  virtual void all(const Sums& sums, std::span<float> out) = 0;

  /// Keeps what an operator should know, once. From any thread.
  void note(const std::string& text);
  /// The notes since this was called last. What was given up is tried again: a
  /// pipeline takes them after each selection.
  std::vector<std::string> take_notes();

  /// Keeps a note of why it is not asked for anything any more, until notes are
  /// taken: kernels call it when it fails.
  void give_up(const std::string& why);
  bool given_up() const;

 private:
  void keep(const std::string& note);

  mutable std::mutex mutex_;
  std::vector<std::string> notes_;
  bool given_up_ = false;
};

}  // namespace quarry
