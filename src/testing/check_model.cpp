#include "quarry/testing/check_model.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>
#include <future>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "quarry/core/error.hpp"
#include "quarry/core/random.hpp"

#include "core/numbers.hpp"
#include "testing/model_refinements.hpp"
#include "testing/violations.hpp"

namespace quarry::testing {
namespace {

using quarry::detail::shortest;

/// A batch in memory of its own.
struct Batch {
  SampleSpec spec;
  std::size_t rows = 0;
  std::vector<std::byte> bytes;

  SlabView view() const { return {bytes, rows, spec}; }
  std::span<std::byte> row(std::size_t r) {
    return std::span(bytes).subspan(r * spec.bytes(), spec.bytes());
  }
  std::span<const std::byte> row(std::size_t r) const {
    return std::span(bytes).subspan(r * spec.bytes(), spec.bytes());
  }
};

/// Uniform values: 0 … 255 (or 0, 1) for integers, [0, 1) for floats.
void fill_random(std::span<std::byte> bytes, DType type, RandomStream& stream) {
  visit_dtype(type, [&]<class T>(T*) {
    for (std::size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
      T value;
      if constexpr (std::is_same_v<T, bool>) {
        value = stream.below(2) == 1;
      } else if constexpr (std::is_integral_v<T>) {
        constexpr std::uint64_t bound =
            std::is_same_v<T, std::int8_t> ? 128 : 256;
        value = static_cast<T>(stream.below(bound));
      } else {
        value = static_cast<T>(static_cast<float>(stream.uniform()));
      }
      std::memcpy(bytes.data() + at, &value, sizeof(T));
    }
  });
}

class ModelChecker {
 public:
  ModelChecker(AnyModel model, const detail::ModelRefinements& refinements,
               const CheckModelOptions& options)
      : model_(std::move(model)),
        refinements_(refinements),
        options_(options),
        random_(RandomStream(options.seed).derive("check_model")) {}

  LawReport run() {
    try {
      check_all();
    } catch (const std::exception& error) {
      add("nothing raises", error.what());
    } catch (...) {  // not derived from std::exception: there is no more to say
      add("nothing raises", "something was thrown");
    }
    return violations_.report();
  }

 private:
  void add(const std::string& law, const std::string& where) {
    violations_.add(law, where);
  }

  void check_all() {
    check_names();
    check_hooks();
    const Batch batch = make_batch();
    const Predictions first = model_.infer(batch.view());
    if (!check_shape(first)) return;
    check_finite("logits", first.logits);
    check_finite("embeddings", first.embeddings);
    check_probabilities(first);
    same("infer(v) == infer(v)", first, model_.infer(batch.view()));
    check_permutations(batch, first);
    check_padding(batch, first);
    check_replicas(batch, first);
    check_refinements(model_, refinements_, batch.view(), first, options_,
                      violations_);
  }

  void check_names() {
    const std::vector<std::string> classes = model_.classes();
    if (classes.empty()) add("classes() is not empty", "it is");
    const std::set<std::string> distinct(classes.begin(), classes.end());
    if (distinct.size() != classes.size()) {
      add("classes() are distinct", "a name stands there twice");
    }
    const std::string fingerprint = model_.fingerprint();
    if (fingerprint.empty()) add("fingerprint() is not empty", "it is");
    if (model_.fingerprint() != fingerprint) {
      add("fingerprint() is constant", "two calls gave two");
    }
    if (model_.replicate().fingerprint() != fingerprint) {
      add("replicate().fingerprint() == fingerprint()", "they differ");
    }
  }

  void check_hooks() {
    const Result<void> accepted = model_.accepts(model_.input());
    if (!accepted) add("accepts(input())", accepted.error().message);
    constexpr std::size_t size = 4096;
    const std::shared_ptr<std::byte[]> slab = model_.make_slab(size);
    if (slab == nullptr) {
      add("make_slab(bytes) gives memory", "it gave none");
      return;
    }
    std::memset(slab.get(), 0xA5, size);
  }

  Batch make_batch() {
    Batch batch{model_.input(), options_.batch, {}};
    const SlabView& samples = options_.samples;
    if (samples.rows > 0) batch.spec = samples.spec;
    batch.bytes.resize(batch.rows * batch.spec.bytes());
    for (std::size_t r = 0; r < batch.rows; ++r) {
      const std::span<std::byte> row = batch.row(r);
      if (samples.rows == 0) {
        fill_random(row, batch.spec.dtype, random_);
      } else {
        const auto from =
            samples.bytes.subspan((r % samples.rows) * row.size(), row.size());
        std::copy(from.begin(), from.end(), row.begin());
      }
    }
    return batch;
  }

  bool check_shape(const Predictions& p) {
    const auto shape = [&](const char* name, const Matrix& m,
                           std::size_t cols) {
      const auto rows = static_cast<Eigen::Index>(options_.batch);
      const auto width = static_cast<Eigen::Index>(cols);
      if (m.rows() == rows && m.cols() == width) return true;
      add("infer(v) has the shapes it announces",
          std::string(name) + " is [" + std::to_string(m.rows()) + ", " +
              std::to_string(m.cols()) + "], not [" + std::to_string(rows) +
              ", " + std::to_string(width) + ']');
      return false;
    };
    const std::size_t classes = model_.classes().size();
    const bool logits = shape("logits", p.logits, classes);
    const bool probabilities = shape("probabilities", p.probabilities, classes);
    return shape("embeddings", p.embeddings, model_.embedding_dim()) &&
           logits && probabilities;
  }

  void check_finite(const std::string& name, const Matrix& values) {
    for (Eigen::Index r = 0; r < values.rows(); ++r) {
      if (values.row(r).allFinite()) continue;
      add(name + " are finite", "row " + std::to_string(r));
    }
  }

  void check_probabilities(const Predictions& p) {
    for (Eigen::Index r = 0; r < p.probabilities.rows(); ++r) {
      const auto row = p.probabilities.row(r);
      const std::string where = "row " + std::to_string(r);
      if (options_.task == Task::regression) {
        if (row != p.logits.row(r)) add("probabilities == logits", where);
        continue;
      }
      if (!(row.array() >= 0.0F && row.array() <= 1.0F).all()) {
        add("probabilities lie in [0, 1]", where);
      }
      const double sum = row.cast<double>().sum();
      if (options_.task == Task::multiclass && !(std::abs(sum - 1) <= 1e-5)) {
        add("probabilities sum to 1", where + ": " + std::to_string(sum));
      }
    }
  }

  void check_permutations(const Batch& batch, const Predictions& expected) {
    std::vector<std::size_t> order(batch.rows);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (int trial = 0; trial < 4; ++trial) {
      if (trial == 0) std::reverse(order.begin(), order.end());
      if (trial == 1)
        std::rotate(order.begin(), order.begin() + 1, order.end());
      if (trial > 1) random_.shuffle(std::span(order));
      Batch permuted = batch;
      for (std::size_t r = 0; r < batch.rows; ++r) {
        const auto from = batch.row(order[r]);
        std::copy(from.begin(), from.end(), permuted.row(r).begin());
      }
      const Predictions got = model_.infer(permuted.view());
      for (std::size_t r = 0; r < batch.rows; ++r) {
        same_row("infer(P v) == P infer(v)", expected, order[r], got, r);
      }
    }
  }

  void check_padding(const Batch& batch, const Predictions& expected) {
    const std::size_t last = batch.rows - 1;
    for (const std::size_t kept : {std::size_t{0}, batch.rows / 2, last}) {
      for (int pad = 0; pad < 4; ++pad) {
        Batch padded = batch;
        for (std::size_t r = 0; r < batch.rows; ++r) {
          if (r == kept) continue;
          const std::span<std::byte> row = padded.row(r);
          if (pad == 0) std::fill(row.begin(), row.end(), std::byte{0});
          if (pad == 1) std::fill(row.begin(), row.end(), brightest(batch));
          if (pad == 2) {
            const auto from = batch.row(kept);
            std::copy(from.begin(), from.end(), row.begin());
          }
          if (pad == 3) fill_random(row, batch.spec.dtype, random_);
        }
        same_row("a row does not depend on its batch-mates", expected, kept,
                 model_.infer(padded.view()), kept);
      }
    }
  }

  /// 255, or for other dtypes than u1 a byte of which whole values are finite.
  static std::byte brightest(const Batch& batch) {
    if (batch.spec.dtype == DType::b1) return std::byte{1};
    return batch.spec.dtype == DType::u1 ? std::byte{0xFF} : std::byte{0x3F};
  }

  void check_replicas(const Batch& batch, const Predictions& expected) {
    const auto infer = [&batch](AnyModel replica) {
      return replica.infer(batch.view());
    };
    std::vector<std::future<Predictions>> others;
    for (int i = 0; i < 3; ++i) {
      others.push_back(
          std::async(std::launch::async, infer, model_.replicate()));
    }
    const std::string law = "replicate().infer(v) == infer(v)";
    same(law, expected, model_.infer(batch.view()));
    for (std::future<Predictions>& other : others) {
      same(law, expected, other.get());
    }
  }

  void same(const std::string& law, const Predictions& a,
            const Predictions& b) {
    for (std::size_t r = 0; r < options_.batch; ++r) same_row(law, a, r, b, r);
  }

  void same_row(const std::string& law, const Predictions& a, std::size_t i,
                const Predictions& b, std::size_t j) {
    same_values(law + ": logits", a.logits, i, b.logits, j);
    same_values(law + ": probabilities", a.probabilities, i, b.probabilities,
                j);
    same_values(law + ": embeddings", a.embeddings, i, b.embeddings, j);
  }

  void same_values(const std::string& law, const Matrix& a, std::size_t i,
                   const Matrix& b, std::size_t j) {
    const auto row = static_cast<Eigen::Index>(i);
    const auto other = static_cast<Eigen::Index>(j);
    if (b.cols() != a.cols() || b.rows() != a.rows()) {
      add(law, "another shape");
      return;
    }
    for (Eigen::Index c = 0; c < a.cols(); ++c) {
      if (equal(a(row, c), b(other, c))) continue;
      add(law, "row " + std::to_string(i) + " in place " + std::to_string(j) +
                   ", column " + std::to_string(c) + ": " +
                   shortest(a(row, c)) + ", then differs by " +
                   shortest(std::abs(double{a(row, c)} - b(other, c))));
      return;
    }
  }

  bool equal(float a, float b) const {
    if (a == b || (std::isnan(a) && std::isnan(b))) return true;
    const double scale = std::max(1.0, std::abs(double{a}));
    return std::abs(double{a} - double{b}) <= options_.tolerance * scale;
  }

  AnyModel model_;
  const detail::ModelRefinements& refinements_;
  const CheckModelOptions& options_;
  RandomStream random_;
  Violations violations_;
};

}  // namespace

LawReport detail::check_model(AnyModel model,
                              const ModelRefinements& refinements,
                              const CheckModelOptions& options) {
  QUARRY_EXPECTS(options.batch >= 2, "check_model: batch is less than 2");
  QUARRY_EXPECTS(options.samples.bytes.size() ==
                     options.samples.rows * options.samples.spec.bytes(),
                 "check_model: samples is no slab");
  return ModelChecker(std::move(model), refinements, options).run();
}

}  // namespace quarry::testing
