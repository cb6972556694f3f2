#pragma once

/// Pools of samples: where they are and how to get their bytes.

#include "quarry/data/any_source.hpp"        // IWYU pragma: export
#include "quarry/data/cifar10_source.hpp"    // IWYU pragma: export
#include "quarry/data/concept.hpp"           // IWYU pragma: export
#include "quarry/data/directory_source.hpp"  // IWYU pragma: export
#include "quarry/data/file_uri.hpp"          // IWYU pragma: export
#include "quarry/data/ftp_source.hpp"        // IWYU pragma: export
#include "quarry/data/http_source.hpp"       // IWYU pragma: export
#include "quarry/data/index_shards.hpp"      // IWYU pragma: export
#include "quarry/data/manifest_source.hpp"   // IWYU pragma: export
#include "quarry/data/mapped.hpp"            // IWYU pragma: export
#include "quarry/data/memory_source.hpp"     // IWYU pragma: export
#include "quarry/data/open_source.hpp"       // IWYU pragma: export
#include "quarry/data/pack.hpp"              // IWYU pragma: export
#include "quarry/data/s3_source.hpp"         // IWYU pragma: export
#include "quarry/data/shuffled.hpp"          // IWYU pragma: export
#include "quarry/data/subset.hpp"            // IWYU pragma: export
#include "quarry/data/tar_source.hpp"        // IWYU pragma: export
#include "quarry/data/tfrecord_source.hpp"   // IWYU pragma: export
