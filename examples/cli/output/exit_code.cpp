#include "output/exit_code.hpp"

#include <array>
#include <cstddef>
#include <cstdio>
#include <string>

#include <fmt/format.h>

namespace quarry::cli {
namespace {

struct Rule {
  std::string_view prefix;
  ExitCode code;
};

constexpr std::array rules = {
    Rule{"cache.", data_error},
    Rule{"card.", model_error},
    Rule{"cli.", usage_error},
    Rule{"cli.memory", other_error},
    Rule{"cli.stdout", other_error},
    Rule{"cli.unexpected", other_error},
    Rule{"decode.", data_error},
    Rule{"decode.option", usage_error},
    Rule{"file.", data_error},
    Rule{"file.write", other_error},
    Rule{"fit.", model_error},
    Rule{"fit.option", usage_error},
    Rule{"json.", data_error},
    Rule{"labelled.", data_error},
    Rule{"model.", model_error},
    Rule{"model.option", usage_error},
    Rule{"model.unknown_net", usage_error},
    Rule{"net.", data_error},
    Rule{"net.option", usage_error},
    Rule{"npy.", data_error},
    Rule{"pack.", data_error},
    Rule{"pack.all_alike", too_many_bad},
    Rule{"pack.exists", usage_error},
    Rule{"pack.option", usage_error},
    Rule{"pack.remote", usage_error},
    Rule{"pack.threads", other_error},
    Rule{"pack.too_many_bad", too_many_bad},
    Rule{"pipeline.all_alike", too_many_bad},
    Rule{"pipeline.bad_sample", data_error},
    Rule{"pipeline.empty", data_error},
    Rule{"pipeline.members", usage_error},
    Rule{"pipeline.model_timeout", model_error},
    Rule{"pipeline.needs_embeddings", model_error},
    Rule{"pipeline.needs_gradients", model_error},
    Rule{"pipeline.needs_multiclass", model_error},
    Rule{"pipeline.needs_passes", model_error},
    Rule{"pipeline.option", usage_error},
    Rule{"pipeline.shape", model_error},
    Rule{"pipeline.too_many_bad", too_many_bad},
    Rule{"pipeline.unknown_input", usage_error},
    Rule{"records.", data_error},
    Rule{"s3.", data_error},
    Rule{"samples.", data_error},
    Rule{"shard.", data_error},
    Rule{"source.", data_error},
    Rule{"strategy.", data_error},
    Rule{"strategy.bad_param", usage_error},
    Rule{"strategy.bad_pick", other_error},
    Rule{"strategy.bad_score", other_error},
    Rule{"strategy.duplicate", other_error},
    Rule{"strategy.memory", other_error},
    Rule{"strategy.missing_input", usage_error},
    Rule{"strategy.unknown", usage_error},
    Rule{"train.", data_error},
};

}  // namespace

ExitCode exit_code_of(std::string_view error_id) {
  ExitCode code = other_error;
  std::size_t longest = 0;
  for (const Rule& rule : rules) {
    if (rule.prefix.size() < longest) continue;
    if (error_id.substr(0, rule.prefix.size()) != rule.prefix) continue;
    longest = rule.prefix.size();
    code = rule.code;
  }
  return code;
}

ExitCode complain(const Failure& failure) {
  std::string text =
      fmt::format("error[{}]: {}", failure.id.text(), failure.message);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  text += '\n';
  if (!failure.hint.empty()) text += fmt::format("  hint: {}\n", failure.hint);
  std::fputs(text.c_str(), stderr);
  return exit_code_of(failure.id.text());
}

}  // namespace quarry::cli
