#pragma once

namespace quarry::detail {

/// A sum in twice the digits of a double (Knuth's two-sum, carried): what is
/// equal on paper is equal to the last bit in whatever order it is added up,
/// unless more than 100 binary digits cancel or matter.
class ExactSum {
 public:
  void add(double x) {
    const double sum = high_ + x;
    const double shadow = sum - high_;
    low_ += (high_ - (sum - shadow)) + (x - shadow);
    high_ = sum;
  }
  void add(const ExactSum& other) {
    add(other.high_);
    add(other.low_);
  }
  double value() const { return high_ + low_; }

 private:
  double high_ = 0.0;
  double low_ = 0.0;
};

}  // namespace quarry::detail
