// quarry train: a first model for a newcomer.
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "quarry/core/error.hpp"
#include "quarry/decode/image_decoder.hpp"
#include "quarry/model/torch_net.hpp"
#include "quarry/model/torch_runtime.hpp"

#include "learn.hpp"
#include "pool.hpp"
#include "result.hpp"
#include "torch_commands.hpp"
#include "training.hpp"

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
  options.batch = batch->count() == 0 ? default_batch : batch_of(flags);
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

Parts load(const Call& call, const Pool& pool, const LabelledRows& all) {
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
  const DecodeOptions options{thread_count(flags.threads),
                              pipeline_options(flags).errors, call.stop};
  const auto decoded = [&](const LabelledRows& part) {
    return decode_rows(pool.source, decoder, part.rows, part.labels, options);
  };
  return {all.classes, decoded(training), decoded(validation)};
}

TorchNet net_for(const Call& call, const Parts& parts) {
  const Flags& flags = call.flags;
  NetOptions options;
  options.classes = parts.classes;
  options.height = parts.training.spec.shape[0];
  options.width = parts.training.spec.shape[1];
  options.channels = parts.training.spec.shape[2];
  options.seed = flags.seed;
  options.device = flags.device;
  use_threads(thread_count(flags.threads));
  TorchNet net = make_net(flags.net, options);
  for (const std::string& note : net.notes()) call.terminal.note(note);
  return net;
}

void say_counts(const Call& call, const Pool& pool, const LabelledRows& all) {
  const std::string text = fmt::format(
      "{} labelled samples of {}, {} classes", with_commas(all.rows.size()),
      with_commas(pool.source.size()), all.classes.size());
  if (!call.flags.dry_run) {
    call.terminal.say(text);
  } else if (call.flags.json) {
    print_json(
        {{"schema_version", 1},
         {"command", "train"},
         {"dry_run", true},
         {"pool",
          {{"samples", pool.source.size()}, {"labelled", all.rows.size()}}},
         {"classes", all.classes}});
  } else {
    fmt::print("{}: {}\n", text, fmt::join(all.classes, ", "));
  }
}

}  // namespace

ExitCode run_train(const Call& call) {
  const Flags& flags = call.flags;
  expect_given(flags.data, call.app, "--data SRC");
  if (!flags.dry_run) expect_given(flags.out, call.app, "--out MODEL.pt");
  expect_fp32(flags);
  const fs::path out = flags.out;
  if (!flags.dry_run && out.extension() != ".pt")
    raise("cli.value", fmt::format("--out {} must end in .pt", flags.out));
  const FitOptions options = fit_options(call);
  const Pool pool = open_pool(flags, call.terminal);
  const LabelledRows all =
      labelled_rows(pool.source, labelled_of(flags, pool.source));
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

  TorchNet net = net_for(call, parts);
  const FitReport report = net.fit(parts.training.set(), options);
  net.save(out);
  const bool measured = !parts.validation.rows.empty();
  const double accuracy = accuracy_of(net, parts.validation);
  if (flags.json) {
    print_json({{"schema_version", 1},
                {"command", "train"},
                {"net", flags.net},
                {"model", out.string()},
                {"card", card_of(out).string()},
                {"device", net.device()},
                {"seed", flags.seed},
                {"classes", parts.classes},
                {"samples",
                 {{"training", parts.training.rows.size()},
                  {"validation", parts.validation.rows.size()},
                  {"failed", failures.size()}}},
                {"epochs", epochs_json(report)},
                {"accuracy", measured ? Json(accuracy) : Json()},
                {"seconds", report.seconds},
                {"stopped", report.stopped ? "cancelled" : "all_epochs"}});
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

}  // namespace quarry::cli
