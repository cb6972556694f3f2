#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "quarry/data/concept.hpp"

namespace quarry {

/// Which part of CIFAR-10 is the pool.
enum class Cifar10Split {
  train,  ///< data_batch_1.bin … data_batch_5.bin, 50,000 samples
  test,   ///< test_batch.bin, 10,000 samples
  all,    ///< train, then test
};

struct Cifar10Options {
  Cifar10Split split = Cifar10Split::train;
};

/// CIFAR-10 in its binary version (Krizhevsky, "Learning multiple layers of
/// features from tiny images", 2009). A `DataSource`.
///
/// A file is a sequence of records: one byte for the class, 0 to 9, then 3072
/// bytes of a 32×32 image, all red values row by row, then green, then blue.
/// `read` gives those 3072 bytes, u1 `[3, 32, 32]`, out of a memory map; the
/// files must not change as long as the source or any bytes of it live.
///
/// - id: `test_batch.bin#123`, counted from 0; uri: the file's `file:` URI and
///   the same fragment; truth: the class's name in batches.meta.txt (the
///   published names where that file is missing).
/// - `directory` may also be the folder around `cifar-10-batches-bin`.
///
/// Raises `source.not_found` (naming the file), `source.not_a_directory`,
/// `source.cifar10` (a size that is no whole number of records, a class above
/// 9, other than ten names), `file.*`. Making it reads every class byte once.
class Cifar10Source {
 public:
  static constexpr std::size_t image_bytes = 3072;

  explicit Cifar10Source(const std::filesystem::path& directory,
                         const Cifar10Options& options = {});

  std::size_t size() const noexcept;
  Sample sample(std::size_t i) const;
  Result<Bytes> read(std::size_t i) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace quarry
