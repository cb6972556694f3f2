// quarry demo: the whole way from a pool without labels to a report, on images
// that it draws itself.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "quarry/core/error.hpp"
#include "quarry/core/random.hpp"
#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/registry.hpp"
#include "quarry/version.hpp"

#include "commands/commands.hpp"
#include "input/pool.hpp"
#include "libtorch/libtorch.hpp"
#include "output/result.hpp"
#include "output/table.hpp"
#include "training/demo_pool.hpp"
#include "training/training.hpp"

namespace quarry::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t side = 32;
constexpr std::size_t default_budget = 100;
constexpr std::size_t default_epochs = 12;
constexpr std::size_t batch = 8;
constexpr std::size_t test_samples = 1000;
constexpr std::size_t in_gallery = 18;
constexpr std::array<const char*, 3> contenders = {"margin", "k_center",
                                                   "random"};

/// What one strategy picked, and what labelling it taught.
struct Outcome {
  std::string strategy;
  Selection selection;
  std::size_t wrong = 0;    ///< picks whose class the model guessed wrong
  std::size_t repeats = 0;  ///< near-duplicates of another pick or label
  std::size_t rarest = 0;   ///< picks of the rarest class
  std::size_t commonest = 0;
  double accuracy = 0.0;  ///< on the test set, after learning the picks too
};

/// A folder of the demo's own, emptied. Raises `cli.out` for one that holds
/// something else.
fs::path fresh_folder(const fs::path& folder) {
  const fs::path mark = folder / ".quarry-demo";
  if (fs::exists(folder) && !fs::is_empty(folder) && !fs::exists(mark)) {
    raise("cli.out",
          fmt::format("{} is there and was not made by quarry demo",
                      folder.string()),
          "name another folder with --out");
  }
  fs::remove_all(folder);
  make_folder(folder);
  std::ofstream(mark) << "made by quarry demo, which may delete this folder\n";
  return folder;
}

class Demo {
 public:
  explicit Demo(const Call& call)
      : call_(call),
        out_(call.flags.out.empty() ? "quarry-demo" : call.flags.out),
        threads_(threads_of(call.flags)) {}

  ExitCode run();

 private:
  void draw();
  void label();
  void learn();
  void pick(const std::string& strategy);
  void teach();
  double taught_by(const Outcome& outcome) const;
  void judge(Outcome& outcome) const;
  void report() const;
  void tell() const;
  Json document() const;

  Decoded decoded(const Pool& pool, const TrainingRows& rows) const;
  TrainableNet trained(const Decoded& samples) const;
  std::vector<std::vector<std::string>> comparison() const;
  std::size_t budget() const {
    return call_.flags.budget.value_or(default_budget);
  }
  fs::path report_file() const { return out_ / "report.html"; }

  const Call& call_;
  fs::path out_;
  std::size_t threads_;
  DrawnPool drawn_;
  std::optional<Pool> pool_;
  std::optional<Pool> test_pool_;
  std::unordered_map<std::string, std::size_t> group_of_;
  TrainingRows all_;                 // every sample, as an oracle knows them
  std::vector<std::size_t> chosen_;  // places in `all_` that are labelled
  LabelledSet labelled_;
  Decoded known_;  // the labelled samples
  Decoded test_;
  std::optional<TrainableNet> net_;
  double accuracy_ = 0.0;
  std::vector<Outcome> outcomes_;
};

Pool open(const fs::path& folder, const Call& call) {
  Flags flags;
  flags.data = folder.string();
  flags.labels_from = "dirs";
  return open_pool({call.app, flags, call.terminal, call.stop});
}

void Demo::draw() {
  make_folder(out_);
  const std::uint64_t seed = call_.flags.seed;
  call_.terminal.say("drawing the pool …");
  const fs::path pool = fresh_folder(out_ / "pool");
  drawn_ = draw_pool(pool, call_.flags.demo_samples, seed);
  for (const DrawnImage& image : drawn_.images)
    group_of_.emplace(image.id, image.group);
  const fs::path test = fresh_folder(out_ / "test");
  draw_pool(test, test_samples, seed + 1);
  pool_ = open(pool, call_);
  test_pool_ = open(test, call_);
}

Decoded Demo::decoded(const Pool& pool, const TrainingRows& rows) const {
  ModelCard card;
  card.height = card.width = side;
  return decode_rows(
      pool.source, decoder_for(pool, card), rows.rows, rows.labels,
      {.threads = threads_, .errors = {.max_bad = 1.0}, .stop = call_.stop});
}

/// A person labels some samples at random, to begin with.
void Demo::label() {
  all_ = training_rows(pool_->source, {});
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < all_.rows.size(); ++i) {
    // A person sets damaged files aside.
    if (group_of_.count(pool_->source.sample(all_.rows[i]).id) != 0)
      order.push_back(i);
  }
  RandomStream random = RandomStream(call_.flags.seed).derive("demo_labels");
  random.shuffle(std::span(order));
  order.resize(std::min(order.size(), call_.flags.demo_labels));
  std::sort(order.begin(), order.end());
  chosen_ = order;
  TrainingRows rows;
  for (const std::size_t i : chosen_) {
    rows.rows.push_back(all_.rows[i]);
    rows.labels.push_back(all_.labels[i]);
    labelled_.add({pool_->source.sample(all_.rows[i]).id,
                   all_.classes[static_cast<std::size_t>(all_.labels[i])]});
  }
  known_ = decoded(*pool_, rows);
  test_ = decoded(*test_pool_, training_rows(test_pool_->source, {}));
}

TrainableNet Demo::trained(const Decoded& samples) const {
  NetOptions options;
  options.classes = all_.classes;
  options.height = options.width = side;
  options.seed = call_.flags.seed;
  options.device = call_.flags.device;
  TrainableNet net = new_net("small_cnn", options, call_.terminal);
  FitOptions fit;
  const CLI::Option* epochs = call_.app.get_option("--epochs");
  fit.epochs = epochs->count() == 0 ? default_epochs : call_.flags.epochs;
  fit.batch = batch;
  fit.crop_padding = 2;
  fit.flip = false;  // the moon has a side
  fit.seed = call_.flags.seed;
  fit.stop = call_.stop;
  net.fit(samples.set(), fit);
  return net;
}

void Demo::learn() {
  call_.terminal.say(
      fmt::format("training small_cnn on {} labels …", known_.rows.size()));
  net_ = trained(known_);
  accuracy_ = accuracy_of(net_->model, test_);
  net_->save(out_ / "model.pt");
}

void Demo::pick(const std::string& strategy) {
  call_.terminal.say(fmt::format("picking {} by {} …", budget(), strategy));
  PipelineOptions options;
  options.threads = threads_;
  options.seed = call_.flags.seed;
  options.labelled = labelled_;
  options.stop = call_.stop;
  options.progress = call_.terminal.progress();
  ModelCard card;
  card.height = card.width = side;
  Pipeline pipeline(pool_->source, decoder_for(*pool_, card), net_->model,
                    make_strategy(strategy), options);
  Outcome outcome{.strategy = strategy, .selection = pipeline.select(budget())};
  judge(outcome);
  outcomes_.push_back(std::move(outcome));
}

/// The person labels the picks; a new net learns from all there is.
double Demo::taught_by(const Outcome& outcome) const {
  TrainingRows rows;
  std::unordered_map<std::size_t, std::int64_t> label_of;
  for (std::size_t i = 0; i < all_.rows.size(); ++i)
    label_of.emplace(all_.rows[i], all_.labels[i]);
  for (const std::size_t i : chosen_) rows.rows.push_back(all_.rows[i]);
  for (const Pick& pick : outcome.selection) rows.rows.push_back(pick.index);
  for (const std::size_t row : rows.rows) rows.labels.push_back(label_of[row]);
  return accuracy_of(trained(decoded(*pool_, rows)).model, test_);
}

void Demo::teach() {
  call_.terminal.say(
      fmt::format("training {} nets on {} labels …", outcomes_.size(),
                  known_.rows.size() + outcomes_.front().selection.size()));
  // Side by side, each on one thread: such a net is too small to be shared, and
  // draws no random numbers while it trains that another could take.
  const auto policy = threads_ > 1 ? std::launch::async : std::launch::deferred;
  std::vector<std::future<double>> accuracies;
  for (const Outcome& outcome : outcomes_) {
    accuracies.push_back(
        std::async(policy, [&] { return taught_by(outcome); }));
  }
  for (std::size_t i = 0; i < outcomes_.size(); ++i)
    outcomes_[i].accuracy = accuracies[i].get();
}

void Demo::judge(Outcome& outcome) const {
  std::set<std::size_t> groups;
  for (const auto& entry : labelled_) groups.insert(group_of_.at(entry.id));
  std::vector<std::size_t> of_class(all_.classes.size(), 0);
  for (const Pick& pick : outcome.selection) {
    const auto group = group_of_.find(pick.id);
    if (group != group_of_.end() && !groups.insert(group->second).second)
      ++outcome.repeats;
    const std::string truth = pool_->source.sample(pick.index).truth.value();
    const auto place =
        std::find(all_.classes.begin(), all_.classes.end(), truth) -
        all_.classes.begin();
    ++of_class[static_cast<std::size_t>(place)];
    if (pick.predicted >= 0 && pick.predicted != place) ++outcome.wrong;
  }
  outcome.rarest = *std::min_element(of_class.begin(), of_class.end());
  outcome.commonest = *std::max_element(of_class.begin(), of_class.end());
}

std::vector<std::vector<std::string>> Demo::comparison() const {
  std::vector<std::vector<std::string>> rows;
  for (const Outcome& outcome : outcomes_) {
    // `random` asks no model, so nothing is known about its guesses.
    const bool guessed =
        std::any_of(outcome.selection.begin(), outcome.selection.end(),
                    [](const Pick& pick) { return pick.predicted >= 0; });
    rows.push_back({outcome.strategy,
                    fmt::format("{:.1f} %", 100.0 * outcome.accuracy),
                    guessed ? fmt::format("{}", outcome.wrong) : "–",
                    fmt::format("{}", outcome.repeats),
                    fmt::format("{}–{}", outcome.rarest, outcome.commonest)});
  }
  return rows;
}

const std::vector<std::string>& headings() {
  static const std::vector<std::string> names = {
      "Strategy", "Accuracy then", "Guessed wrong", "Near-duplicates",
      "Picks a class"};
  return names;
}

void Demo::report() const {
  const Outcome& first = outcomes_.front();
  ReportOptions report;
  report.title = fmt::format("{} drawings to label next",
                             with_commas(first.selection.size()));
  report.images = pictures(*pool_);
  report.facts = {
      {"Data", (out_ / "pool").string()},
      {"Model", (out_ / "model.pt").string()},
      {"Device", net_->device},
      {"Labelled before", with_commas(labelled_.size())},
      {"Accuracy before", fmt::format("{:.1f} %", 100.0 * accuracy_)},
      {"Quarry", QUARRY_VERSION}};
  report.tables.push_back(
      {.title = "What labelling them teaches",
       .note = fmt::format(
           "Each strategy picked {} samples; a new net then learned from the "
           "first {} labels and these. Before, accuracy was {:.1f} %. One run "
           "with one seed: differences of a few points are chance.",
           first.selection.size(), labelled_.size(), 100.0 * accuracy_),
       .columns = headings(),
       .rows = comparison()});
  for (std::size_t i = 1; i < outcomes_.size(); ++i) {
    const Outcome& outcome = outcomes_[i];
    std::vector<Pick> picks = outcome.selection.picks;
    picks.resize(std::min(picks.size(), in_gallery));
    report.galleries.push_back(
        {.title = "What " + outcome.strategy + " would have picked",
         .note = fmt::format("The first {}.", picks.size()),
         .picks = std::move(picks)});
  }
  const Asked asked{.command = "demo",
                    .strategy = first.strategy,
                    .budget = budget(),
                    .device = net_->device,
                    .batch = first.selection.run.batch};
  write_selection(out_, asked, first.selection, std::move(report));
}

Json Demo::document() const {
  Json outcomes = Json::array();
  for (const Outcome& outcome : outcomes_) {
    outcomes.push_back({{"strategy", outcome.strategy},
                        {"accuracy", outcome.accuracy},
                        {"picks", outcome.selection.size()},
                        {"guessed_wrong", outcome.wrong},
                        {"near_duplicates", outcome.repeats}});
  }
  return {{"schema_version", 1},
          {"command", "demo"},
          {"seed", call_.flags.seed},
          {"device", net_->device},
          {"pool", (out_ / "pool").string()},
          {"labelled", labelled_.size()},
          {"accuracy", accuracy_},
          {"rounds", std::move(outcomes)},
          {"report", report_file().string()}};
}

void Demo::tell() const {
  fmt::print(
      "A pool of {} drawings of ten shapes: {} JPEG, {} PNG, {} "
      "near-duplicates, "
      "{} damaged.\n",
      with_commas(drawn_.images.size() + drawn_.damaged),
      with_commas(drawn_.jpegs), with_commas(drawn_.pngs),
      with_commas(drawn_.near_duplicates), drawn_.damaged);
  fmt::print(
      "A small net that learned {} labels finds {:.1f} % of {} new drawings.\n",
      with_commas(labelled_.size()), 100.0 * accuracy_,
      with_commas(test_.rows.size()));
  fmt::print("Then {} more labels, picked in three ways:\n\n", budget());
  std::vector<std::vector<std::string>> rows = comparison();
  rows.insert(rows.begin(), headings());
  fmt::print("{}\n", aligned(rows));
  const Selection& picked = outcomes_.front().selection;
  fmt::print("The first picks of {}:\n", outcomes_.front().strategy);
  for (std::size_t i = 0; i < std::min<std::size_t>(5, picked.size()); ++i) {
    const Pick& pick = picked[i];
    fmt::print("  {:.4f}  {}  looks like {} ({:.0f} %)\n", pick.score, pick.id,
               picked.classes[static_cast<std::size_t>(pick.predicted)],
               100.0 * pick.confidence);
  }
  fmt::print(
      "\nAgain with your own images:\n  quarry select --data DIR --model "
      "{} --strategy margin --budget 100\n",
      (out_ / "model.pt").string());
  // Scripts read this line.
  fmt::print("{}\n", report_file().string());
}

ExitCode Demo::run() {
  use_torch_threads(1);
  draw();
  label();
  if (call_.stop.stop_requested()) return cancelled;
  learn();
  for (const char* strategy : contenders) {
    if (call_.stop.stop_requested()) return cancelled;
    pick(strategy);
  }
  if (call_.stop.stop_requested()) return cancelled;
  teach();
  if (call_.stop.stop_requested()) return cancelled;
  report();
  if (call_.flags.json) {
    print_json(document());
  } else {
    tell();
  }
  return done;
}

ExitCode demo(const Call& call) {
  expect_torch("demo");
  return Demo(call).run();
}

}  // namespace

Command demo_command(CLI::App& program, Flags& flags) {
  CLI::App* app = program.add_subcommand(
      "demo", "Draw a pool, train on a few labels, pick, and show it");
  app->add_option("--samples", flags.demo_samples, "Images to draw")
      ->check(CLI::Range(300, 1'000'000).description(""))
      ->capture_default_str()
      ->type_name("N");
  app->add_option("--labels", flags.demo_labels, "Labels to train on")
      ->check(CLI::Range(20, 100'000).description(""))
      ->capture_default_str()
      ->type_name("N");
  app->add_option("--budget", flags.budget, "How many samples to pick")
      ->check(whole_number(1))
      ->default_str("100")
      ->type_name("N");
  app->add_option("--epochs", flags.epochs, "Passes over the labelled samples")
      ->check(whole_number(1))
      ->default_str("12")
      ->type_name("N");
  app->add_option("--out", flags.out, "Where pool, model and report go")
      ->default_str("quarry-demo")
      ->type_name("DIR");
  app->add_option("--seed", flags.seed, "Another seed, another pool")
      ->check(whole_number())
      ->capture_default_str()
      ->type_name("N");
  app->add_option("--device", flags.device, "auto, cpu, cuda or cuda:i")
      ->capture_default_str()
      ->type_name("DEVICE");
  app->add_option("--threads", flags.threads, "0: all cores")
      ->check(whole_number())
      ->capture_default_str()
      ->type_name("N");
  add_output_flags(*app, flags);
  app->footer("Example:\n  quarry demo --out quarry-demo/");
  return {app, demo};
}

}  // namespace quarry::cli
