#pragma once

/// One self-contained HTML page about a run.
#include "quarry/report/report.hpp"  // IWYU pragma: export
