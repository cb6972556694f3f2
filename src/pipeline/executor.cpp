#include "pipeline/executor.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <limits>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/stopwatch.hpp"
#include "core/thread_name.hpp"
#include "pipeline/answer.hpp"
#include "pipeline/device_record.hpp"
#include "pipeline/run_control.hpp"
#include "pipeline/threads.hpp"

namespace quarry::detail {

namespace {

constexpr const char* the_model = "the model";
constexpr const char* stage = "infer";

std::string shape_of(const Matrix& matrix) {
  return "[" + std::to_string(matrix.rows()) + ", " +
         std::to_string(matrix.cols()) + "]";
}

Result<void> expect_shape(const Matrix& given, const MatrixRef& due,
                          const char* what) {
  if (given.rows() == due.rows() && given.cols() == due.cols()) return {};
  return Failure{"pipeline.predictions",
                 std::string("the model gave ") + what + " " + shape_of(given) +
                     " where " + shape_of(due) +
                     " were due: rows of the batch, columns as classes() or "
                     "embedding_dim() say",
                 "", Blame::run};
}

/// Copies one matrix of predictions to where it is wanted.
Result<void> put(const Matrix& from, MatrixRef& to, const char* what) {
  Result<void> fits = expect_shape(from, to, what);
  if (fits.ok()) std::copy_n(from.data(), from.size(), to.data());
  return fits;
}

Result<void> infer_plain(AnyModel& model, const SlabView& view,
                         PredictionSink& sink) {
  const Predictions predictions = model.infer(view);
  if (auto r = put(predictions.logits, sink.logits, "logits"); !r) return r;
  if (auto r =
          put(predictions.probabilities, sink.probabilities, "probabilities");
      !r) {
    return r;
  }
  if (sink.embeddings.cols() == 0) return {};
  return put(predictions.embeddings, sink.embeddings, "embeddings");
}

/// The rows of the sink whose embeddings are known.
Result<void> infer_head(AnyModel& model, BatchSink& sink) {
  const Predictions said = model.head(sink.head.embeddings);
  const auto fill = [&](const Matrix& from, MatrixRef& to, const char* what) {
    if (auto r = expect_shape(from, to, what); !r) return r;
    for (const std::size_t row : sink.head.rows) {
      const auto i = static_cast<Eigen::Index>(row);
      to.row(i) = from.row(i);
    }
    return Result<void>();
  };
  if (auto r = fill(said.logits, sink.logits, "logits of the head"); !r)
    return r;
  if (auto r = fill(said.probabilities, sink.probabilities,
                    "probabilities of the head");
      !r) {
    return r;
  }
  return fill(sink.head.embeddings, sink.embeddings, "embeddings");
}

Result<void> infer_passes(AnyModel& model, const SlabView& view,
                          BatchSink& sink) {
  const auto rows = static_cast<Eigen::Index>(view.rows);
  const Eigen::Index passes = sink.passes.rows() / rows;
  const StochasticPredictions drawn =
      model.infer_stochastic(view, static_cast<std::size_t>(passes), sink.seed);
  if (auto r = put(drawn.probabilities, sink.passes, "passes"); !r) return r;
  if (sink.plain) return {};
  sink.probabilities.setZero();
  for (Eigen::Index k = 0; k < passes; ++k)
    sink.probabilities += sink.passes.middleRows(k * rows, rows);
  sink.probabilities /= static_cast<float>(passes);
  return {};
}

bool unwanted(const BatchSink& sink) {
  return sink.unwanted && sink.unwanted();
}

/// Ends an attack whose result nobody waits for.
struct Abandoned {};

/// What each attack on the model says of the rows that are there.
void attack(AnyModel& model, const SlabView& view, BatchSink& sink) {
  const Matrix inputs = model.preprocess(view);
  const auto rows = static_cast<Eigen::Index>(view.rows);
  const auto expect = [](const Matrix& given, Eigen::Index due_rows,
                         Eigen::Index due_columns, const char* what) {
    if (given.rows() == due_rows && given.cols() == due_columns) return;
    raise("pipeline.predictions",
          std::string("the model gave ") + what + ' ' + shape_of(given) +
              " where [" + std::to_string(due_rows) + ", " +
              std::to_string(due_columns) + "] were due");
  };
  expect(inputs, rows, inputs.cols(), "inputs");
  const Eigen::Index classes = sink.logits.cols();
  const AttackedModel attacked{
      .classes = static_cast<std::size_t>(classes),
      .gradient = [&](const Matrix& at, const Matrix& cotangent) {
        // An attack asks a thousand times for what one inference takes.
        if (unwanted(sink)) throw Abandoned();
        InputGradient given = model.gradient(at, cotangent);
        expect(given.logits, at.rows(), classes, "logits");
        expect(given.gradient, at.rows(), at.cols(), "a gradient");
        return given;
      }};
  std::vector<float> lengths(view.rows);
  for (std::size_t k = 0; k < sink.attacks.size(); ++k) {
    const Attack& how = sink.attacks[k];
    // What it says nothing of is no number.
    std::fill(lengths.begin(), lengths.end(),
              std::numeric_limits<float>::quiet_NaN());
    how.run(attacked, inputs, sink.attacked, how, lengths);
    sink.lengths.col(static_cast<Eigen::Index>(k)) =
        Eigen::Map<const Eigen::VectorXf>(lengths.data(), rows);
  }
}

Result<void> infer(AnyModel& model, const SlabView& view,
                   BatchSink& sink) noexcept {
  try {
    if (sink.plain && sink.network) {
      if (auto r = infer_plain(model, view, sink); !r) return r;
    }
    if (!sink.head.rows.empty()) {
      if (auto r = infer_head(model, sink); !r) return r;
    }
    if (!sink.attacked.empty()) attack(model, view, sink);
    if (sink.passes.rows() == 0) return {};
    return infer_passes(model, view, sink);
  } catch (const Abandoned&) {
    return {};
  } catch (...) {
    return failure_of(std::current_exception(), the_model);
  }
}

class ThreadExecutor final : public Executor {
 public:
  ThreadExecutor(AnyModel model, std::size_t most)
      : model_(std::move(model)), most_(most) {}

  void begin(std::size_t batches, const Recording& recording) override {
    // No job is queued between runs: the workers touch no replica now.
    const std::size_t count =
        std::max(workers_.size(), std::min(most_, batches));
    std::string fingerprint = model_.fingerprint();
    if (fingerprint != fingerprint_) replicas_.clear();
    fingerprint_ = std::move(fingerprint);
    if (replicas_.empty()) replicas_.push_back(model_);
    while (replicas_.size() < count) replicas_.push_back(model_.replicate());
    origin_ = recording.origin;
    records_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      records_.emplace_back(recording, stage, i);
    }
    {
      const std::lock_guard lock(mutex_);
      begun_ = Stopwatch::Clock::now();
    }
    start_threads(
        workers_, count, "executors",
        [this](const std::stop_token& stop, std::size_t i) { work(stop, i); });
  }

  void submit(const SlabView& view, std::size_t samples, BatchSink& sink,
              InferDone done) noexcept override {
    Job job{&view, samples, &sink, std::move(done), Stopwatch::Clock::now()};
    try {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    } catch (...) {
      return job.done(failure_of(std::current_exception(), "the pipeline"));
    }
    work_.notify_one();
  }

  StageRecord record() const override {
    StageRecord all{.stage = stage,
                    .timeline = Timeline(origin_),
                    .workers = workers_.size()};
    for (const WorkerRecord& record : records_) record.add_to(all);
    return all;
  }

 private:
  struct Job {
    const SlabView* view = nullptr;
    std::size_t samples = 0;
    BatchSink* sink = nullptr;
    InferDone done;
    Stopwatch::Clock::time_point since = {};  // when it was submitted
  };

  void work(const std::stop_token& stop, std::size_t me) {
    name_this_thread("quarry-infer");
    std::unique_lock lock(mutex_);
    for (;;) {
      const auto idle = Stopwatch::Clock::now();
      if (!work_.wait(lock, stop, [this] { return !jobs_.empty(); })) return;
      Job job = std::move(jobs_.front());
      jobs_.pop_front();
      const auto waited_since = std::max(idle, begun_);
      lock.unlock();
      WorkerRecord& record = records_[me];
      const Work work = record.begin();
      record.waited(Spent::starved, waited_since, work.start);
      record.queued(job.since, work.start, job.samples);
      Result<void> result;
      if (unwanted(*job.sink)) {
        record.worked(work, 0);
      } else {
        result = infer(replicas_[me], *job.view, *job.sink);
        record.worked(work, job.samples);
      }
      // Last: the run may be over before this returns.
      job.done(std::move(result));
      job.done = nullptr;
      lock.lock();
    }
  }

  AnyModel model_;
  std::size_t most_;
  std::string fingerprint_;
  std::deque<AnyModel> replicas_;
  Stopwatch::Clock::time_point origin_;
  std::vector<WorkerRecord> records_;  // by worker

  std::mutex mutex_;
  std::condition_variable_any work_;
  std::deque<Job> jobs_;
  Stopwatch::Clock::time_point begun_;
  std::vector<std::jthread> workers_;  // last: they use all of the above
};

class AsyncExecutor final : public Executor {
 public:
  explicit AsyncExecutor(AnyModel model) : model_(std::move(model)) {}

  void begin(std::size_t /*batches*/, const Recording& recording) override {
    record_ = std::make_shared<DeviceRecord>(recording, stage);
  }

  void submit(const SlabView& view, std::size_t samples, BatchSink& sink,
              InferDone done) noexcept override {
    const auto left = [record = record_, batch = record_->entered(samples),
                       done = std::move(done)](Result<void> r) {
      record->left(batch);
      done(std::move(r));
    };
    try {
      const Answer<void> answer(the_model, left);
      try {
        model_.submit(view, sink, answer);
      } catch (...) {
        answer(failure_of(std::current_exception(), the_model));
      }
    } catch (...) {
      // There was no memory for an answer.
      left(failure_of(std::current_exception(), "the pipeline"));
    }
  }

  StageRecord record() const override { return record_->record(); }

 private:
  AnyModel model_;
  /// Shared with the callbacks, which may outlive the run by a moment.
  std::shared_ptr<DeviceRecord> record_;
};

}  // namespace

std::unique_ptr<Executor> make_executor(AnyModel model, std::size_t count,
                                        bool blocks) {
  if (model.is_async() && !blocks) {
    return std::make_unique<AsyncExecutor>(std::move(model));
  }
  return std::make_unique<ThreadExecutor>(std::move(model), count);
}

}  // namespace quarry::detail
