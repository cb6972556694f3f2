#include "strategy/bayesian/joint.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "quarry/core/error.hpp"

namespace quarry::detail {
namespace {

// So many configurations at once stay in the processor's nearest cache.
constexpr Eigen::Index chunk = 128;

// What is left to other passes when one is taken for certain: an entropy is
// then wrong by less than 1e-10.
constexpr double negligible = 1e-12;

using Posteriors = Eigen::Map<const RowMatrix<double>>;

}  // namespace

Joint::Joint(std::size_t passes, const BatchBaldOptions& options,
             RandomStream random)
    : passes_(passes),
      options_(options),
      random_(std::move(random)),
      decided_(passes) {
  keep(1.0,
       Row::Constant(static_cast<Eigen::Index>(passes),
                     1.0 / static_cast<double>(passes)),
       open_);
}

std::size_t Joint::bytes(std::size_t count, std::size_t passes) {
  return 2 * (count + 1) * (passes + 1) * sizeof(double);
}

std::size_t Joint::scratch_bytes(std::size_t classes) {
  return 2 * chunk * (classes + 1) * sizeof(double);
}

double Joint::entropy_given(const Rows& passes,
                            const std::vector<double>& entropies) const {
  double sum = 0.0;
  for (std::size_t k = 0; k < passes_; ++k) sum += decided_[k] * entropies[k];
  const auto count = static_cast<Eigen::Index>(open_.weights.size());
  const Posteriors posteriors(open_.posteriors.data(), count, passes.rows());
  RowMatrix<double> p;
  Rows terms;
  for (Eigen::Index first = 0; first < count; first += chunk) {
    const Eigen::Index rows = std::min(chunk, count - first);
    p.noalias() = posteriors.middleRows(first, rows) * passes.matrix();
    // 0 ln 0 = 0, and the logarithm of the smallest numbers is not asked for.
    terms = p.array() * p.array().max(std::numeric_limits<double>::min()).log();
    for (Eigen::Index i = 0; i < rows; ++i) {
      sum -= open_.weights[static_cast<std::size_t>(first + i)] *
             terms.row(i).sum();
    }
  }
  return sum;
}

void Joint::add(const Rows& passes) {
  ++rows_;
  const std::size_t most = options_.max_configurations;
  const auto classes = static_cast<std::size_t>(passes.cols());
  if (!drawn_ && open_.weights.size() > most / classes) {
    if (options_.exact) {
      raise("strategy.bad_param",
            "parameter exact=true: the labels of " + std::to_string(rows_) +
                " picks have more than max_configurations=" +
                std::to_string(most) + " configurations",
            "raise max_configurations, or let them be drawn: exact=false");
    }
    drawn_ = true;
    resample();
  }
  Configurations next;
  drawn_ ? draw(passes, next) : expand(passes, next);
  open_ = std::move(next);
}

Row Joint::posterior(std::size_t i) const {
  return RowView(open_.posteriors.data() + i * passes_,
                 static_cast<Eigen::Index>(passes_));
}

void Joint::reserve(std::size_t count, Configurations& into) const {
  into.weights.reserve(count);
  into.posteriors.reserve(count * passes_);
}

void Joint::keep(double weight, const Row& posterior, Configurations& into) {
  Eigen::Index likeliest = 0;
  if (posterior.maxCoeff(&likeliest) >= 1.0 - negligible) {
    decided_[static_cast<std::size_t>(likeliest)] += weight;
    return;
  }
  into.weights.push_back(weight);
  into.posteriors.insert(into.posteriors.end(), posterior.begin(),
                         posterior.end());
}

void Joint::expand(const Rows& passes, Configurations& into) {
  reserve(open_.weights.size() * static_cast<std::size_t>(passes.cols()), into);
  for (std::size_t i = 0; i < open_.weights.size(); ++i) {
    const Row before = posterior(i);
    for (Eigen::Index y = 0; y < passes.cols(); ++y) {
      const Row joint = before * passes.col(y).transpose();
      const double p = joint.sum();
      if (p > 0.0) keep(open_.weights[i] * p, joint / p, into);
    }
  }
}

void Joint::draw(const Rows& passes, Configurations& into) {
  reserve(open_.weights.size(), into);
  for (std::size_t i = 0; i < open_.weights.size(); ++i) {
    const Row before = posterior(i);
    const Row p = before.matrix() * passes.matrix();
    // The last label that can be, should rounding leave something over.
    double left = random_.uniform() * p.sum();
    Eigen::Index label = 0;
    for (Eigen::Index y = 0; y < p.size(); ++y) {
      if (p[y] <= 0.0) continue;
      label = y;
      left -= p[y];
      if (left < 0.0) break;
    }
    const Row joint = before * passes.col(label).transpose();
    keep(open_.weights[i], joint / joint.sum(), into);
  }
}

void Joint::resample() {
  const auto count = static_cast<double>(options_.samples);
  double total = 0.0;
  for (const double weight : open_.weights) total += weight;
  Configurations drawn;
  reserve(options_.samples, drawn);
  // Evenly spaced over the weights: each is drawn as often as is its due, up to
  // one.
  const double start = random_.uniform();
  double until = 0.0;
  std::size_t taken = 0;
  for (std::size_t i = 0; i < open_.weights.size(); ++i) {
    until += open_.weights[i];
    const bool last = i + 1 == open_.weights.size();
    while (taken < options_.samples &&
           (last ||
            (static_cast<double>(taken) + start) * total < until * count)) {
      keep(total / count, posterior(i), drawn);
      ++taken;
    }
  }
  open_ = std::move(drawn);
}

}  // namespace quarry::detail
