// quarry train: a first model for a newcomer.
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "quarry/core/error.hpp"

#include "commands/commands.hpp"
#include "input/pool.hpp"
#include "libtorch/libtorch.hpp"
#include "output/result.hpp"
#include "training/training.hpp"

namespace quarry::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t default_batch = 64;

fs::path card_of(fs::path model) {
  return model.replace_extension(".json");
}

FitOptions fit_options(const Call& call) {
  const Flags& flags = call.flags;
  FitOptions options;
  options.epochs = flags.epochs;
  const CLI::Option* batch = call.app.get_option("--batch");
  const bool automatic = flags.batch == "auto";
  options.batch =
      batch->count() == 0 || automatic ? default_batch : batch_of(flags);
  if (automatic) {
    // The size of a batch decides what is learnt, not only how fast.
    call.terminal.note(
        fmt::format("--batch auto: training takes {}", default_batch));
  }
  options.learning_rate = flags.learning_rate;
  options.flip = !flags.no_flip;
  options.crop_padding = flags.crop_padding;
  options.seed = flags.seed;
  options.stop = call.stop;
  options.on_epoch = [&call](const EpochReport& epoch) {
    call.terminal.say(fmt::format(
        "epoch {:>3}/{}  loss {:.4f}  accuracy {:.1f} %", epoch.epoch,
        epoch.epochs, epoch.loss, 100.0 * epoch.accuracy));
  };
  options.validate();
  return options;
}

/// Cifar-10 has a size of its own.
AnyDecoder decoder_of(const Pool& pool, std::size_t size) {
  ModelCard card;
  card.height = card.width = size;
  return decoder_for(pool, card);
}

Json epochs_json(const FitReport& report) {
  Json epochs = Json::array();
  for (const EpochReport& epoch : report.epochs) {
    epochs.push_back({{"epoch", epoch.epoch},
                      {"loss", finite_or_null(epoch.loss)},
                      {"accuracy", epoch.accuracy}});
  }
  return epochs;
}

struct Parts {
  std::vector<std::string> classes;
  Decoded training;
  Decoded validation;
};

Parts load(const Call& call, const Pool& pool, const TrainingRows& all) {
  const Flags& flags = call.flags;
  const auto [training, validation] =
      split(all, pool.source, flags.validation, flags.seed);
  if (training.rows.empty()) {
    raise("train.no_labels",
          fmt::format("of {} labelled samples none is left to train on",
                      all.rows.size()),
          "label more, or keep back less with --validation");
  }
  const AnyDecoder decoder = decoder_of(pool, flags.size);
  PipelineOptions options = pipeline_options(flags);
  options.stop = call.stop;
  const auto decoded = [&](const TrainingRows& part) {
    return decode_rows(pool.source, decoder, part.rows, part.labels, options);
  };
  return {all.classes, decoded(training), decoded(validation)};
}

TrainableNet net_for(const Call& call, const Parts& parts) {
  const Flags& flags = call.flags;
  NetOptions options;
  options.classes = parts.classes;
  options.height = parts.training.spec.shape[0];
  options.width = parts.training.spec.shape[1];
  options.channels = parts.training.spec.shape[2];
  options.seed = flags.seed;
  options.device = flags.device;
  options.dropout = flags.dropout;
  use_torch_threads(threads_of(flags));
  return new_net(flags.net, options, call.terminal);
}

void say_counts(const Call& call, const Pool& pool, const TrainingRows& all) {
  const std::string text = fmt::format(
      "{} labelled samples of {}, {} classes", with_commas(all.rows.size()),
      with_commas(pool.source.size()), all.classes.size());
  if (!call.flags.dry_run) {
    call.terminal.say(text);
  } else if (call.flags.json) {
    Json document = {
        {"schema_version", 1},
        {"command", "train"},
        {"dry_run", true},
        {"pool",
         {{"samples", pool.source.size()}, {"labelled", all.rows.size()}}},
        {"classes", all.classes}};
    add_network(document, pool.network());
    print_json(document);
  } else {
    fmt::print("{}: {}\n", text, fmt::join(all.classes, ", "));
  }
}

ExitCode train(const Call& call) {
  const Flags& flags = call.flags;
  expect_torch("train");
  expect_given(flags.data, call.app, "--data SRC");
  if (!flags.dry_run) expect_given(flags.out, call.app, "--out MODEL.pt");
  const fs::path out = flags.out;
  if (!flags.dry_run && out.extension() != ".pt")
    raise("cli.value", fmt::format("--out {} must end in .pt", flags.out));
  const FitOptions options = fit_options(call);
  const Pool pool = open_pool(call);
  const TrainingRows all =
      training_rows(pool.source, labelled_of(flags, pool.source));
  say_counts(call, pool, all);
  if (flags.dry_run) return done;
  if (out.has_parent_path()) make_folder(out.parent_path());

  Parts parts = load(call, pool, all);
  std::vector<BadSample> failures = parts.training.failures;
  failures.insert(failures.end(), parts.validation.failures.begin(),
                  parts.validation.failures.end());
  for (const BadSample& bad : failures)
    call.terminal.say(fmt::format("left out: {}: {} ({})", bad.id,
                                  bad.failure.message, bad.failure.id.text()));
  if (call.stop.stop_requested()) return cancelled;

  const TrainableNet net = net_for(call, parts);
  const FitReport report = net.fit(parts.training.set(), options);
  net.save(out);
  const bool measured = !parts.validation.rows.empty();
  const double accuracy = accuracy_of(net.model, parts.validation);
  if (flags.json) {
    Json document = {{"schema_version", 1},
                     {"command", "train"},
                     {"net", flags.net},
                     {"model", out.string()},
                     {"card", card_of(out).string()},
                     {"device", net.device},
                     {"seed", flags.seed},
                     {"classes", parts.classes},
                     {"samples",
                      {{"training", parts.training.rows.size()},
                       {"validation", parts.validation.rows.size()},
                       {"failed", failures.size()}}},
                     {"epochs", epochs_json(report)},
                     {"accuracy", measured ? Json(accuracy) : Json()},
                     {"seconds", report.seconds},
                     {"stopped", report.stopped ? "cancelled" : "all_epochs"}};
    add_network(document, pool.network());
    print_json(document);
  } else {
    fmt::print("{}\n", report.brief_report());
    if (measured) {
      fmt::print("accuracy {:.1f} % on {} samples kept back\n",
                 100.0 * accuracy, with_commas(parts.validation.rows.size()));
    }
    fmt::print("{}\n{}\n", out.string(), card_of(out).string());
  }
  return report.stopped ? cancelled : done;
}

}  // namespace

Command train_command(CLI::App& program, Flags& flags) {
  CLI::App* app = program.add_subcommand(
      "train", "Train a built-in net on what is labelled");
  add_pool_flags(*app, flags);
  app->add_option("--net", flags.net, "See: quarry list models")
      ->capture_default_str()
      ->type_name("NET");
  app->add_option("--size", flags.size, "Side of the net's input in pixels")
      ->check(CLI::Range(8, 4096).description(""))
      ->capture_default_str()
      ->type_name("PIXELS");
  app->add_option("--epochs", flags.epochs, "Passes over the samples")
      ->check(whole_number(1))
      ->capture_default_str()
      ->type_name("N");
  app->add_option("--learning-rate", flags.learning_rate, "At its peak")
      ->capture_default_str()
      ->type_name("RATE");
  app->add_option("--crop-padding", flags.crop_padding,
                  "Random crops after padding by so many pixels; 0: none")
      ->check(whole_number())
      ->capture_default_str()
      ->type_name("PIXELS");
  app->add_option("--dropout", flags.dropout,
                  "Part of the features before the last layer that is dropped, "
                  "in training and in passes (select --strategy bald)")
      ->check(number_up_to(0.95))
      ->capture_default_str()
      ->type_name("FRACTION");
  app->add_flag("--no-flip", flags.no_flip, "No random horizontal flips");
  app->add_option("--validation", flags.validation,
                  "Fraction kept back to measure accuracy, chosen by the "
                  "seeded hash of the id")
      ->check(number_up_to(0.9))
      ->capture_default_str()
      ->type_name("FRACTION");
  app->add_option("--out", flags.out,
                  "The model file; its card is written beside it")
      ->type_name("MODEL.pt");
  add_common_flags(*app, flags);
  app->get_option("--batch")->default_str("64");
  add_output_flags(*app, flags);
  app->footer(
      "Example:\n  quarry train --data photos/ --labels-from dirs "
      "--out model.pt");
  return {app, train, {"--precision"}};
}

}  // namespace quarry::cli
