// quarry train: the flags of the command; torch/train.cpp does the work.
#include "commands.hpp"
#include "nets.hpp"
#include "torch_commands.hpp"

namespace quarry::cli {
namespace {

ExitCode train(const Call& call) {
  expect_torch("train");
  return run_train(call);
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
  app->add_flag("--no-flip", flags.no_flip, "No random horizontal flips");
  app->add_option("--validation", flags.validation,
                  "Fraction kept back to measure accuracy, chosen by the "
                  "seeded hash of the id")
      ->check(CLI::Range(0.0, 0.9).description(""))
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
  return {app, train};
}

}  // namespace quarry::cli
