#include "pipeline/cache/prediction_store.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <system_error>
#include <utility>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/file.hpp"
#include "quarry/core/json.hpp"

#include "core/numbers.hpp"
#include "net/cache_folder.hpp"
#include "pipeline/cache/recipe_folders.hpp"

namespace quarry::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_at_once = 256;
constexpr std::size_t most_queued = std::size_t{32} << 20;
constexpr std::size_t overhead = 256;  // bytes of a row in the queue
constexpr std::size_t flush_bytes = std::size_t{1} << 20;
constexpr std::chrono::milliseconds flush_after{250};
constexpr std::uint64_t most_replaced = 4096;  // rows that nobody minds
constexpr std::uint64_t most_rows = std::uint64_t{1} << 40;

}  // namespace

PredictionStore::PredictionStore(const PredictionCacheOptions& options,
                                 const Recipe& recipe)
    : options_(options),
      recipe_(recipe),
      kind_(recipe.what()),
      not_used_("kept " + kind_ + "s are not used"),
      not_kept_(kind_ + "s are not kept any more"),
      row_bytes_(recipe.width() * sizeof(float)),
      folder_(options.directory / recipe.model_id() / recipe.id()),
      flushed_(std::chrono::steady_clock::now()) {
  try {
    open();
  } catch (const std::exception& error) {
    close();
    broken(error, options_.use == CacheUse::write ? not_kept_ : not_used_);
  }
}

PredictionStore::~PredictionStore() {
  finish();
}

void PredictionStore::open() {
  if (options_.use != CacheUse::read) {
    try {
      open_to_write();
    } catch (const Error& error) {
      if (options_.use == CacheUse::write) throw;
      close();
      broken(error, "nothing new is kept");
    }
  }
  if (!keeps_ && options_.use != CacheUse::write) open_to_read();
  if (next_ == 0 && !finds_rows_) note_other_machines(folder_.parent_path());
}

void PredictionStore::open_to_write() {
  make_cache_folder(options_.directory);
  make_cache_folder(folder_.parent_path());
  make_cache_folder(folder_);
  lock_ = FileLock::attempt(file("lock"));
  if (!lock_) {
    const std::string who = FileLock::holder(file("lock"));
    note("another process" + (who.empty() ? who : " (" + who + ")") +
         " is keeping the " + kind_ +
         "s of this model: this run keeps none of its own");
    return;
  }
  std::string why;
  try {
    open_files();
    if (next_ > 2 * writing_->samples() + most_replaced)
      why = "have mostly been replaced by others, and are begun anew";
  } catch (const Error& damage) {
    if (damage.id() != "cache.corrupt") throw;
    why = "are damaged, and are begun anew: " + damage.failure().message;
  }
  if (!why.empty()) {
    note("the kept " + kind_ + "s in " + shown(folder_) + ' ' + why);
    begin_anew();
    open_files();
  }
  versions_ = writing_->versions();
  if (versions_ > 2 * next_ + most_replaced) {
    writing_->forget_versions();
    versions_ = 0;
  }
  find_room(0);
  write_recipe();
  worker_ = std::make_unique<Worker<Item>>(
      "quarry-rows", most_at_once,
      [this](std::vector<Item> items) { work(std::move(items)); });
  keeps_ = true;
}

void PredictionStore::write_recipe() {
  const Json recipe = recipe_.to_json();
  std::error_code error;
  try {
    if (fs::exists(file("recipe.json"), error) &&
        read_json(file("recipe.json")) == recipe) {
      return;
    }
  } catch (const Error&) {
    // It is written anew.
  }
  write_json(file("recipe.json"), recipe);
  sync_directory(folder_);
}

/// Whether the directory has room for so many rows more, once others have made
/// room for them.
bool PredictionStore::find_room(std::size_t rows) {
  const std::uint64_t mine =
      bytes_of_rows(next_ + rows, row_bytes_) +
      bytes_of_versions(versions_ + versions_waiting_.size());
  if (mine > options_.max_bytes) return false;
  if (mine <= room_) return true;
  const std::uint64_t others =
      make_room(options_.directory, folder_, options_.max_bytes - mine);
  // Not all that is left: what others take meanwhile is seen the next time.
  room_ = std::min(options_.max_bytes - std::min(options_.max_bytes, others),
                   mine + options_.max_bytes / 16);
  return mine <= room_;
}

void PredictionStore::open_files() {
  writing_.emplace(file("index.db"), Database::Access::write);
  next_ = writing_->rows();
  rows_.emplace(file("rows"), row_bytes_, true);
  sync_directory(folder_);
  if (next_ > most_rows) {
    raise("cache.corrupt", "it tells of more rows than there can be");
  }
  if (options_.use == CacheUse::write) return;
  index_.emplace(file("index.db"), Database::Access::read);
  finds_ = true;
}

void PredictionStore::close() {
  keeps_ = false;
  worker_.reset();
  writing_.reset();
  index_.reset();
  rows_.reset();
  lock_.reset();
  finds_ = false;
}

void PredictionStore::begin_anew() {
  writing_.reset();
  index_.reset();
  rows_.reset();
  remove_database(file("index.db"));
  std::error_code ignored;
  fs::remove(file("rows"), ignored);
}

void PredictionStore::open_to_read() {
  std::error_code error;
  // Nothing was kept yet.
  if (!fs::exists(file("index.db"), error)) return;
  index_.emplace(open_for_reading<PredictionIndex>(file("index.db")));
  rows_.emplace(file("rows"), row_bytes_, false);
  finds_rows_ = index_->rows() != 0;
  finds_ = true;
}

/// Who has scored the pool elsewhere should know why that is of no use here.
void PredictionStore::note_other_machines(const fs::path& of_model) {
  Recipe same = recipe_;
  std::error_code error;
  for (fs::directory_iterator entry(of_model, error), end;
       !error && entry != end; entry.increment(error)) {
    const fs::path other = entry->path() / "recipe.json";
    std::error_code ignored;
    if (entry->path() == folder_ || !fs::exists(other, ignored)) continue;
    try {
      const Json json = read_json(other);
      same.computes_with = json.at("computes_with").get<std::string>();
      if (json != same.to_json()) continue;
      return note(
          "predictions of this model are kept that were computed with " +
          same.computes_with + "; here it is " + recipe_.computes_with +
          ", so that they are not used");
    } catch (const std::exception&) {
      continue;  // what cannot be read is no news
    }
  }
}

bool PredictionStore::find(const std::string& key,
                           std::span<float> out) noexcept {
  bool found = false;
  look_up([&] {
    found = find_fresh(key, out);
    if (found || !finds_) return;
    std::optional<KeptRow> at;
    {
      const std::lock_guard lock(reading_);
      if (flushed_rows_.exchange(false)) index_->refresh();
      at = index_->find(key);
    }
    if (!at) return;
    found = read_sound(*rows_, *at, key, std::as_writable_bytes(out));
    if (found) return;
    const std::lock_guard lock(noting_);
    damaged_.insert(at->row);  // it may be looked for twice
  });
  return found;
}

std::string PredictionStore::key_of(const std::string& version) noexcept {
  std::string key;
  look_up([&] {
    if (!finds_) return;
    const std::lock_guard lock(reading_);
    key = index_->key_of(version);
  });
  return key;
}

/// What cannot be looked up is not there.
template <class Look>
void PredictionStore::look_up(const Look& look) noexcept {
  try {
    look();
  } catch (const Error& error) {
    if (error.id() == "cache.corrupt") corrupt_ = true;
    if (finds_.exchange(false)) broken(error, not_used_);
  } catch (const std::bad_alloc&) {
    // It is computed instead.
  }
}

bool PredictionStore::find_fresh(const std::string& key, std::span<float> out) {
  const std::lock_guard lock(freshening_);
  const auto at = fresh_.find(key);
  if (at == fresh_.end()) return false;
  std::copy(at->second->begin(), at->second->end(), out.begin());
  return true;
}

void PredictionStore::keep(const std::string& key,
                           std::span<const float> row) noexcept {
  if (!keeps_) return;
  const std::size_t size = overhead + row_bytes_;
  if (!reserve(size)) {
    ++left_out_;
    return;
  }
  try {
    Item kept{key, std::make_shared<const std::vector<float>>(row.begin(),
                                                              row.end())};
    {
      const std::lock_guard lock(freshening_);
      if (!fresh_.try_emplace(kept.key, kept.numbers).second) {
        queued_bytes_ -= size;
        return;
      }
    }
    worker_->post(std::move(kept));
  } catch (const std::bad_alloc&) {
    queued_bytes_ -= size;
    ++left_out_;
  }
}

void PredictionStore::know(const std::string& version,
                           const std::string& key) noexcept {
  // Where there is no room, the sample is read again the next time.
  if (!keeps_ || !reserve(overhead)) return;
  try {
    worker_->post({.key = key, .version = version});
  } catch (const std::bad_alloc&) {
    queued_bytes_ -= overhead;
  }
}

/// Whether there is room in the queue, which is taken.
bool PredictionStore::reserve(std::size_t bytes) noexcept {
  if (queued_bytes_.fetch_add(bytes) <= most_queued) return true;
  queued_bytes_ -= bytes;
  return false;
}

void PredictionStore::work(std::vector<Item> items) noexcept {
  std::size_t bytes = 0;
  for (const Item& item : items)
    bytes += overhead + (item.numbers ? row_bytes_ : 0);
  try {
    for (Item& item : items) {
      if (!keeps_) break;
      if (item.numbers) {
        add(item);
      } else {
        versions_waiting_.push_back(std::move(item));
      }
    }
    const auto since = std::chrono::steady_clock::now() - flushed_;
    if (keeps_ && (since >= flush_after || buffer_.size() >= flush_bytes))
      flush();
  } catch (const std::exception& error) {
    stop_keeping(error);
  }
  queued_bytes_ -= bytes;
}

void PredictionStore::add(const Item& row) {
  std::vector<std::byte> there(row_bytes_);
  const std::optional<KeptRow> at = writing_->find(row.key);
  const auto bytes = std::as_bytes(std::span(*row.numbers));
  // Found when all is computed anew: what differs is replaced.
  if (at && read_sound(*rows_, *at, row.key, there) &&
      std::equal(bytes.begin(), bytes.end(), there.begin())) {
    const std::lock_guard lock(freshening_);
    fresh_.erase(row.key);
    return;
  }
  waiting_.push_back(
      {row.key, {next_ + waiting_.size(), digest_of_row(row.key, bytes)}});
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

/// Rows are durable before the index tells of them.
void PredictionStore::flush() {
  flushed_ = std::chrono::steady_clock::now();
  if (waiting_.empty() && versions_waiting_.empty()) return;
  if (!find_room(waiting_.size())) {
    raise("cache.write",
          "the cache is full: it may take " +
              grouped(options_.max_bytes / (1 << 20)) + " MiB",
          "allow more (--cache-size, max_bytes)");
  }
  if (!waiting_.empty()) {
    rows_->write(buffer_, next_);
    rows_->sync();
  }
  Transaction change = writing_->change();
  for (const auto& [key, at] : waiting_) writing_->put(key, at);
  for (const Item& known : versions_waiting_)
    writing_->put_version(known.version, known.key);
  change.commit();
  next_ += waiting_.size();
  versions_ += versions_waiting_.size();
  kept_ += waiting_.size();
  flushed_rows_ = true;  // before they are no longer found fresh
  {
    const std::lock_guard lock(freshening_);
    for (const auto& [key, at] : waiting_) fresh_.erase(key);
  }
  buffer_.clear();
  waiting_.clear();
  versions_waiting_.clear();
}

void PredictionStore::finish() noexcept {
  if (!worker_) return;
  worker_->finish();
  worker_.reset();
  try {
    if (keeps_) flush();
  } catch (const std::exception& error) {
    stop_keeping(error);
  }
  keeps_ = false;
  if (!corrupt_) return;
  finds_ = false;
  begin_anew();
}

void PredictionStore::stop_keeping(const std::exception& error) noexcept {
  const auto* ours = dynamic_cast<const Error*>(&error);
  if (ours != nullptr && ours->id() == "cache.corrupt") corrupt_ = true;
  keeps_ = false;
  broken(error, not_kept_);
}

void PredictionStore::broken(const std::exception& error,
                             std::string_view what) noexcept {
  try {
    const auto* ours = dynamic_cast<const Error*>(&error);
    if (ours == nullptr)
      return note(std::string(error.what()) + "; " + std::string(what));
    const Failure& failure = ours->failure();
    std::string text = failure.message + "; " + std::string(what);
    if (!failure.hint.empty()) text += ": " + failure.hint;
    note(std::move(text));
  } catch (const std::bad_alloc&) {
    // The run's own memory is the news then.
  }
}

void PredictionStore::note(std::string text) noexcept {
  try {
    const std::lock_guard lock(noting_);
    notes_.push_back(std::move(text));
  } catch (const std::bad_alloc&) {
    // The run's own memory is the news then.
  }
}

std::vector<std::string> PredictionStore::notes() const {
  const std::lock_guard lock(noting_);
  std::vector<std::string> notes = notes_;
  if (!damaged_.empty()) {
    notes.push_back(counted(damaged_.size(), "kept " + kind_) +
                    " had been damaged on disk, and had to be computed anew");
  }
  if (left_out_ != 0) {
    notes.push_back(counted(left_out_, kind_) +
                    " could not be kept, since the disk is slower than the "
                    "model: name another workspace");
  }
  return notes;
}

}  // namespace quarry::detail
