#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "quarry/core/error.hpp"
#include "quarry/strategy/adversarial/attack.hpp"

namespace quarry {

/// The names of the inputs strategies ask for. The set is open: a name of the
/// user's own works as well.
namespace inputs {
inline constexpr std::string_view probabilities = "probabilities";  // [N, C]
inline constexpr std::string_view passes = "passes";                // [K, N, C]
inline constexpr std::string_view embeddings = "embeddings";        // [N, D]
/// `[N, C]`: the probability of each label, of samples with several: they need
/// not sum to 1.
inline constexpr std::string_view label_probabilities = "label_probabilities";
/// `[N]` or `[N, T]`: what a regressor predicts.
inline constexpr std::string_view predictions = "predictions";
/// The same of labelled samples, measured: `[|L|]` in ascending order of rows,
/// or `[N]`.
inline constexpr std::string_view targets = "targets";
/// `[C, D]`: the weights of the last layer of a network, over embeddings.
inline constexpr std::string_view head_weight = "head_weight";
/// `[C]`: its bias; no strategy needs it.
inline constexpr std::string_view head_bias = "head_bias";
/// `[C, C]`: what it costs to predict the column when the row is true.
inline constexpr std::string_view cost_matrix = "cost_matrix";
/// `[K, M, C]`: the passes over M samples of another set.
inline constexpr std::string_view target_passes = "target_probs_mc";
/// `[N, N]`: how alike two rows are, in place of embeddings.
inline constexpr std::string_view similarity = "similarity";
/// `[L]`: radii of the labelled rows; no strategy needs them.
inline constexpr std::string_view labelled_deltas = "labelled_deltas";
/// `[N]`: numbers for draws to be made with; no strategy needs them.
inline constexpr std::string_view gumbel = "gumbel";
/// Numbers in [0, 1) for draws one after the other; no strategy needs them.
inline constexpr std::string_view uniforms = "uniforms";
/// `[b, D]`: where k-means begins; no strategy needs them.
inline constexpr std::string_view init_centroids = "init_centroids";
/// `[K, N, D]`: what is not 0 says which features are dropped in a pass; no
/// strategy needs them.
inline constexpr std::string_view dropout_masks = "dropout_masks";
/// `[N]`: the number of the cluster of each row, for strategies that would make
/// them.
inline constexpr std::string_view clusters = "clusters";
/// `[N]`: how far DeepFool moves a sample to another class; ∞ where it cannot.
inline constexpr std::string_view deep_fool_norms = "deep_fool_norms";
/// `[N]`: the same of the basic iterative method.
inline constexpr std::string_view bim_norms = "bim_norms";
}  // namespace inputs

/// One input a strategy needs, with its options.
struct Need {
  std::string_view name;   ///< of static storage: a literal
  std::size_t passes = 0;  ///< how many stochastic passes, for `inputs::passes`
  /// False: not one row a sample but one array, which every block is given.
  bool by_row = true;
  /// An input that will do in its place, where there is one.
  std::string_view instead = {};
  /// How a pipeline has a `DifferentiableModel` compute it, a number a sample;
  /// none for what is no attack.
  Attack attack = {};
};

/// What a strategy needs: a set of at most eight named inputs. A literal type,
/// so that a strategy whose `needs()` is static and constexpr is checked
/// against the model when the pipeline is compiled.
class Needs {
 public:
  static constexpr std::size_t most = 8;

  constexpr Needs() = default;
  constexpr Needs(std::initializer_list<Need> needs) {
    for (const Need& need : needs) add(need);
  }

  /// Expects fewer than eight.
  constexpr void add(Need need) {
    QUARRY_EXPECTS(size_ < items_.size(), "Needs: at most eight inputs");
    items_[size_++] = need;
  }
  /// Adds what another strategy needs of the same pool: of an input that both
  /// need the more passes, and in its place only what will do for both. Expects
  /// them to agree whether it has a row a sample. Raises `strategy.bad_param`
  /// for attacks whose options differ.
  constexpr Needs& merge(const Needs& others) {
    for (const Need& other : others) {
      std::size_t at = 0;
      while (at < size_ && items_[at].name != other.name) ++at;
      if (at == size_) {
        add(other);
        continue;
      }
      Need& known = items_[at];
      QUARRY_EXPECTS(known.by_row == other.by_row,
                     "Needs: an input has a row a sample for both or neither");
      if (known.attack != other.attack) {
        raise("strategy.bad_param",
              "two strategies need '" + std::string(other.name) +
                  "' of attacks with different options",
              "give both the same");
      }
      known.passes = std::max(known.passes, other.passes);
      if (known.instead != other.instead) known.instead = {};
    }
    return *this;
  }
  constexpr bool has(std::string_view name) const {
    for (const Need& need : *this) {
      if (need.name == name) return true;
    }
    return false;
  }
  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr const Need* begin() const { return items_.data(); }
  constexpr const Need* end() const { return items_.data() + size_; }

 private:
  std::array<Need, most> items_{};
  std::size_t size_ = 0;
};

}  // namespace quarry
