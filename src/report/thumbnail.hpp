#pragma once

#include <string>

#include "quarry/report/report.hpp"

namespace quarry::report {

/// The picture of a pick as an `<img>` element, or a placeholder that says why
/// there is none.
std::string shot(const Pick& pick, const ReportOptions& options);

}  // namespace quarry::report
