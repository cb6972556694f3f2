// quarry demo: the flags of the command; torch/demo.cpp does the work.
#include "commands.hpp"
#include "nets.hpp"
#include "torch_commands.hpp"

namespace quarry::cli {
namespace {

ExitCode demo(const Call& call) {
  expect_torch("demo");
  return run_demo(call);
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
      ->default_str("20")
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
