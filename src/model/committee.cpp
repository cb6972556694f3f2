#include "quarry/model/committee.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "quarry/core/error.hpp"

namespace quarry {
namespace {

std::string name_of(std::size_t member) {
  return "member " + std::to_string(member + 1) + " of the committee";
}

[[noreturn]] void differs(std::size_t member, const char* what) {
  raise("model.committee",
        name_of(member) + " has another " + what + " than the first",
        "members are models of the same input, classes (in the same order) "
        "and task");
}

std::vector<std::size_t> shared_bodies(const std::vector<AnyModel>& members) {
  std::vector<std::string> names;
  // What learns may have another backbone tomorrow.
  for (const AnyModel& member : members)
    names.push_back(member.learns() ? std::string() : member.backbone());
  std::vector<std::size_t> body;
  for (std::size_t k = 0; k < members.size(); ++k) {
    const auto first = std::find(names.begin(), names.end(), names[k]);
    body.push_back(
        names[k].empty() ? k : static_cast<std::size_t>(first - names.begin()));
  }
  return body;
}

/// Texts one after the other, so that no two lists look the same.
template <class Text>
std::string joined(const std::vector<AnyModel>& members, Text text) {
  std::string all;
  for (const AnyModel& member : members) {
    const std::string part = text(member);
    all += std::to_string(part.size()) + ':' + part;
  }
  return all;
}

}  // namespace

Committee::Committee(std::vector<AnyModel> members)
    : members_(std::move(members)) {
  if (members_.empty()) {
    raise("model.committee", "a committee has no members",
          "give at least one model");
  }
  const AnyModel& first = members_.front();
  for (std::size_t k = 1; k < members_.size(); ++k) {
    const AnyModel& member = members_[k];
    if (member.input() != first.input()) differs(k, "input");
    if (member.classes() != first.classes()) differs(k, "list of classes");
    if (member.task() != first.task()) differs(k, "task");
  }
  body_ = shared_bodies(members_);
}

std::size_t Committee::backbones() const {
  std::size_t count = 0;
  for (std::size_t k = 0; k < body_.size(); ++k) count += body_[k] == k;
  return count;
}

std::vector<Predictions> Committee::infer_each(const SlabView& slab) {
  std::vector<Predictions> all;
  for (std::size_t k = 0; k < members_.size(); ++k) {
    all.push_back(body_[k] == k ? members_[k].infer(slab)
                                : members_[k].head(all[body_[k]].embeddings));
  }
  return all;
}

Predictions Committee::infer(const SlabView& slab) {
  std::vector<Predictions> all = infer_each(slab);
  Predictions out = std::move(all.front());
  for (std::size_t k = 1; k < all.size(); ++k)
    out.probabilities += all[k].probabilities;
  out.probabilities /= static_cast<float>(members_.size());
  if (task() == Task::regression) {
    out.logits = out.probabilities;
    return out;
  }
  // Finite, also where all members are sure that it is not that class.
  const auto p =
      out.probabilities.array().max(std::numeric_limits<float>::min());
  out.logits = p.log();
  if (task() == Task::multilabel)
    out.logits.array() -= (1.0F - out.probabilities.array())
                              .max(std::numeric_limits<float>::min())
                              .log();
  return out;
}

StochasticPredictions Committee::infer_stochastic(const SlabView& slab,
                                                  std::size_t passes,
                                                  std::uint64_t /*seed*/) {
  QUARRY_EXPECTS(passes == members_.size(),
                 "Committee: a pass is a member, so there are members() of "
                 "them");
  const std::vector<Predictions> all = infer_each(slab);
  const auto rows = static_cast<Eigen::Index>(slab.rows);
  StochasticPredictions out{.passes = passes, .probabilities = {}};
  out.probabilities.resize(static_cast<Eigen::Index>(passes) * rows,
                           all.front().probabilities.cols());
  for (std::size_t k = 0; k < passes; ++k) {
    out.probabilities.middleRows(static_cast<Eigen::Index>(k) * rows, rows) =
        all[k].probabilities;
  }
  return out;
}

Result<void> Committee::accepts(const SampleSpec& spec) const {
  for (const AnyModel& member : members_)
    if (Result<void> accepted = member.accepts(spec); !accepted)
      return accepted;
  return {};
}

std::string Committee::fingerprint() const {
  return "committee " +
         joined(members_, [](const AnyModel& m) { return m.fingerprint(); });
}

std::string Committee::computes_with() const {
  return joined(members_, [](const AnyModel& m) { return m.computes_with(); });
}

Committee Committee::replicate() const {
  std::vector<AnyModel> replicas;
  for (const AnyModel& member : members_)
    replicas.push_back(member.replicate());
  return {std::move(replicas), body_};
}

std::vector<std::string> Committee::notes() const {
  std::vector<std::string> all;
  for (const AnyModel& member : members_)
    for (std::string& note : member.notes())
      if (std::find(all.begin(), all.end(), note) == all.end())
        all.push_back(std::move(note));
  return all;
}

}  // namespace quarry
