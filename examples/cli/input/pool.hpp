#pragma once

#include <functional>
#include <string>
#include <vector>

#include "quarry/core/labelled_set.hpp"
#include "quarry/data/any_source.hpp"
#include "quarry/data/open_source.hpp"
#include "quarry/decode/any_decoder.hpp"
#include "quarry/model/model_card.hpp"
#include "quarry/net/network_stats.hpp"

#include "commands/commands.hpp"

namespace quarry::cli {

/// What `--data` names.
struct Pool {
  AnySource source;
  std::string name;  ///< as it was written, without what grants access
  /// The shape of samples that are raw pixels, channels first; empty for
  /// encoded images.
  std::vector<std::size_t> raw_shape = {};
  /// What the hosts did so far; nothing for a pool that is here.
  std::function<NetworkStats()> network;
};

/// What a command keeps between runs.
enum class Keeps {
  copies,      ///< of what it fetches
  predictions  ///< as well
};

/// How the flags say that pools are read. What the cache of fetched objects
/// cannot do is noted whenever it is found out, however the run ends.
OpenSourceOptions source_options(const Call& call);

/// Opens it; notes what is in the directory and is no sample, and flags that
/// have no effect on it. Folders in it that `--workspace` and `--out` name are
/// no part of it. Raises `source.*`.
Pool open_pool(const Call& call, Keeps keeps = Keeps::copies);

/// Notes which flags of the cache have no effect on a pool that is here.
void note_idle_cache(const Call& call, const std::string& pool,
                     Keeps keeps = Keeps::copies);

/// The samples as a browser understands them: raw pixels become PNG.
AnySource pictures(const Pool& pool);

/// What `--labelled` names; empty without it. Raises `labelled.*`.
LabelledSet labelled_of(const Flags& flags, const AnySource& source);

/// The decoder that gives a model with this card its input.
AnyDecoder decoder_for(const Pool& pool, const ModelCard& card);

}  // namespace quarry::cli
