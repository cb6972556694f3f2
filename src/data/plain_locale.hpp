#pragma once

#include <locale.h>

namespace quarry::detail {

/// While it lives, this thread has the locale "C", whatever the application's:
/// text is bytes.
class PlainLocale {
 public:
  PlainLocale()
      : plain_(::newlocale(LC_ALL_MASK, "C", locale_t())),
        before_(::uselocale(plain_)) {}
  ~PlainLocale() {
    ::uselocale(before_);
    ::freelocale(plain_);
  }
  PlainLocale(const PlainLocale&) = delete;
  PlainLocale& operator=(const PlainLocale&) = delete;

 private:
  locale_t plain_;
  locale_t before_;
};

}  // namespace quarry::detail
