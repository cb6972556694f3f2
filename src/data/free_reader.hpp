#pragma once

#include <archive.h>

namespace quarry::detail {

/// Ends what libarchive reads.
struct FreeReader {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

}  // namespace quarry::detail
