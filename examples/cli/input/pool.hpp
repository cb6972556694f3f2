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

#include "flags/options.hpp"
#include "output/terminal.hpp"

namespace quarry::cli {

/// What `--data` names.
struct Pool {
  AnySource source;
  std::string name;  ///< as it was written, without what grants access
  /// The shape of samples that are raw pixels, channels first; empty for
  /// encoded images.
  std::vector<std::size_t> raw_shape = {};
  /// What the hosts did so far; empty for a pool that is here.
  std::function<NetworkStats()> network = {};
};

/// How the flags say that pools are read.
OpenSourceOptions source_options(const Flags& flags);

/// Opens it; notes what is in the directory and is no sample. Folders in it
/// that `--workspace` and `--out` name are no part of it. Raises
/// `source.*`.
Pool open_pool(const Flags& flags, Terminal& terminal);

/// Notes what the cache of fetched objects could not do.
void tell_cache(const Pool& pool, Terminal& terminal);

/// The samples as a browser understands them: raw pixels become PNG.
AnySource pictures(const Pool& pool);

/// What `--labelled` names; empty without it. Raises `labelled.*`.
LabelledSet labelled_of(const Flags& flags, const AnySource& source);

/// The decoder that gives a model with this card its input.
AnyDecoder decoder_for(const Pool& pool, const ModelCard& card);

}  // namespace quarry::cli
