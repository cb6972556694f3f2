#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <ATen/ATen.h>
#include <caffe2/serialize/inline_container.h>

#include "quarry/core/error.hpp"

#include "torch/bytes_reader.hpp"
#include "torch/weights.hpp"

namespace quarry::detail {
namespace {

[[noreturn]] void broken(const std::string& what) {
  raise("model.invalid", "its pickle " + what);
}

struct Pickled;
using List = std::vector<Pickled>;
using Dict = std::vector<std::pair<Pickled, Pickled>>;

/// A class or function that the pickle names, "collections OrderedDict".
struct Global {
  std::string name;
};

/// A Python object, as far as a state_dict needs it; anything else is opaque.
/// Lists and dictionaries belong to the unpickler: they may hold each other in
/// circles, and be nested as deep as the pickle is long.
struct Pickled {
  struct Opaque {};
  std::variant<Opaque, std::int64_t, std::string, Global, at::Tensor, List*,
               Dict*>
      is = Opaque{};
};

template <class T>
const T& as(const Pickled& value, const char* wanted) {
  if (const T* held = std::get_if<T>(&value.is)) return *held;
  broken(std::string("holds something else than ") + wanted);
}

const List& items_of(const Pickled& value) {
  return *as<List*>(value, "a tuple");
}

std::vector<std::int64_t> integers_of(const Pickled& value) {
  std::vector<std::int64_t> integers;
  for (const Pickled& item : items_of(value)) {
    integers.push_back(as<std::int64_t>(item, "an integer"));
  }
  return integers;
}

at::ScalarType dtype_of_storage(const std::string& global) {
  static const std::unordered_map<std::string, at::ScalarType> types = {
      {"torch FloatStorage", at::kFloat},
      {"torch DoubleStorage", at::kDouble},
      {"torch HalfStorage", at::kHalf},
      {"torch BFloat16Storage", at::kBFloat16},
      {"torch LongStorage", at::kLong},
      {"torch IntStorage", at::kInt},
      {"torch ShortStorage", at::kShort},
      {"torch CharStorage", at::kChar},
      {"torch ByteStorage", at::kByte},
      {"torch BoolStorage", at::kBool},
  };
  const auto found = types.find(global);
  if (found == types.end()) broken("has tensors of the type " + global);
  return found->second;
}

/// Reads the subset of pickle (Python's Lib/pickletools.py, protocols 2 to 4)
/// that `torch.save` writes for dictionaries of tensors. What `run` returns
/// points into it.
class Unpickler {
 public:
  Unpickler(std::string_view pickle,
            caffe2::serialize::PyTorchStreamReader& archive)
      : rest_(pickle), archive_(archive) {}

  Pickled run() {
    for (;;) {
      const auto op = static_cast<unsigned char>(take(1)[0]);
      if (op == '.') return pop();
      if (!constant(op) && !container(op) && !memo(op) && !object(op)) {
        broken("has an instruction that no state_dict needs (" +
               std::to_string(op) + ')');
      }
    }
  }

 private:
  // What the bytes say.
  std::string_view take(std::size_t count) {
    if (count > rest_.size()) broken("ends early");
    const std::string_view part = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return part;
  }
  std::uint64_t little(std::size_t count) {
    std::uint64_t value = 0;
    const std::string_view bytes = take(count);
    for (std::size_t i = 0; i < count; ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    }
    return value;
  }
  std::string line() {
    const std::size_t end = rest_.find('\n');
    if (end == rest_.npos) broken("ends early");
    const std::string text(take(end));
    take(1);
    return text;
  }

  // The stack.
  void push(Pickled value) { stack_.push_back(std::move(value)); }
  template <class T>
  void push_as(T held) {
    push(Pickled{.is = std::move(held)});
  }
  Pickled pop() {
    if (stack_.empty()) broken("takes from an empty stack");
    Pickled value = std::move(stack_.back());
    stack_.pop_back();
    return value;
  }
  Pickled& top() {
    if (stack_.empty()) broken("looks at an empty stack");
    return stack_.back();
  }
  /// What lies above the last mark, which goes too.
  List pop_mark() {
    if (marks_.empty() || marks_.back() > stack_.size()) {
      broken("lacks a mark");
    }
    const auto from =
        stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    List items(std::make_move_iterator(from),
               std::make_move_iterator(stack_.end()));
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }
  void push_list(List items) {
    push_as(&lists_.emplace_back(std::move(items)));
  }
  void push_tuple(std::size_t count) {
    List items(count);
    for (std::size_t i = count; i > 0; --i) items[i - 1] = pop();
    push_list(std::move(items));
  }
  void set_items(const List& items) {
    if (items.size() % 2 != 0) broken("has a key without a value");
    auto* dict = std::get_if<Dict*>(&top().is);
    if (dict == nullptr) return;  // an attribute of something opaque
    for (std::size_t i = 0; i < items.size(); i += 2) {
      (*dict)->emplace_back(items[i], items[i + 1]);
    }
  }
  void append(List items) {
    auto* list = std::get_if<List*>(&top().is);
    if (list == nullptr) return;
    for (Pickled& item : items) (*list)->push_back(std::move(item));
  }

  bool constant(unsigned char op) {
    switch (op) {
      case 'N':   // None
      case 0x88:  // True
      case 0x89:  // False
        push({});
        return true;
      case 'K':
        push_as(static_cast<std::int64_t>(little(1)));
        return true;
      case 'M':
        push_as(static_cast<std::int64_t>(little(2)));
        return true;
      case 'J':
        push_as(std::int64_t{static_cast<std::int32_t>(little(4))});
        return true;
      case 0x8a: {  // a long of so many bytes
        const std::size_t size = little(1);
        if (size > 8) broken("has a number of more than 64 bits");
        std::uint64_t value = little(size);
        const bool negative =
            size > 0 && size < 8 && ((value >> (8 * size - 1)) & 1) != 0;
        if (negative) value |= ~std::uint64_t{0} << (8 * size);
        push_as(static_cast<std::int64_t>(value));
        return true;
      }
      case 'G':
        take(8);
        push({});
        return true;
      case 'X':
        push_as(std::string(take(little(4))));
        return true;
      case 0x8c:
        push_as(std::string(take(little(1))));
        return true;
      case 'B':
        take(little(4));
        push({});
        return true;
      case 'C':
        take(little(1));
        push({});
        return true;
      default:
        return false;
    }
  }

  bool container(unsigned char op) {
    switch (op) {
      case '(':
        marks_.push_back(stack_.size());
        return true;
      case ')':
      case ']':
        push_list({});
        return true;
      case '}':
        push_as(&dicts_.emplace_back());
        return true;
      case 't':
        push_list(pop_mark());
        return true;
      case 0x85:
      case 0x86:
      case 0x87:
        push_tuple(op - 0x84U);
        return true;
      case 'u':
        set_items(pop_mark());
        return true;
      case 's': {
        push_tuple(2);
        const Pickled pair = pop();
        set_items(items_of(pair));
        return true;
      }
      case 'e':
        append(pop_mark());
        return true;
      case 'a': {
        Pickled item = pop();
        append({std::move(item)});
        return true;
      }
      default:
        return false;
    }
  }

  bool memo(unsigned char op) {
    switch (op) {
      case 'q':
        memo_[little(1)] = top();
        return true;
      case 'r':
        memo_[little(4)] = top();
        return true;
      case 0x94: {
        const std::uint64_t next = memo_.size();
        memo_[next] = top();
        return true;
      }
      case 'h':
        push(recall(little(1)));
        return true;
      case 'j':
        push(recall(little(4)));
        return true;
      default:
        return false;
    }
  }
  const Pickled& recall(std::uint64_t index) const {
    const auto found = memo_.find(index);
    if (found == memo_.end()) broken("recalls what it never kept");
    return found->second;
  }

  bool object(unsigned char op) {
    switch (op) {
      case 0x80:  // the protocol
        take(1);
        return true;
      case 0x95:  // the length of a frame
        take(8);
        return true;
      case 'c': {
        const std::string module = line();
        push_as(Global{module + ' ' + line()});
        return true;
      }
      case 0x93: {
        const Pickled name = pop();
        const Pickled module = pop();
        push_as(Global{as<std::string>(module, "a name") + ' ' +
                       as<std::string>(name, "a name")});
        return true;
      }
      case 'Q':
        push_as(storage_of(pop()));
        return true;
      case 'R':
      case 0x81: {
        const Pickled arguments = pop();
        const Pickled callable = pop();
        push(call(callable, items_of(arguments)));
        return true;
      }
      case 'b':  // the state of an object: attributes of the dictionary
        pop();
        top();
        return true;
      default:
        return false;
    }
  }

  /// ('storage', torch.FloatStorage, key, location, elements)
  at::Tensor storage_of(const Pickled& id) {
    const List& parts = items_of(id);
    if (parts.size() < 5) broken("refers to no storage");
    const auto& key = as<std::string>(parts[2], "the name of a storage");
    const auto seen = storages_.find(key);
    if (seen != storages_.end()) return seen->second;
    const at::ScalarType type =
        dtype_of_storage(as<Global>(parts[1], "a type").name);
    const std::string record = "data/" + key;
    const std::size_t bytes = archive_.getRecordSize(record);
    const at::Tensor storage =
        at::empty({static_cast<std::int64_t>(bytes / at::elementSize(type))},
                  at::TensorOptions(type));
    if (storage.nbytes() != bytes) broken("has a storage of half an element");
    archive_.getRecord(record, storage.mutable_data_ptr(), bytes);
    storages_.emplace(key, storage);
    return storage;
  }

  Pickled call(const Pickled& callable, const List& arguments) {
    const auto* global = std::get_if<Global>(&callable.is);
    if (global == nullptr) return {};
    if (global->name == "collections OrderedDict") {
      return {.is = &dicts_.emplace_back()};
    }
    if (global->name == "torch._utils _rebuild_tensor_v2") {
      if (arguments.size() < 4) broken("builds a tensor out of too little");
      const auto& storage = as<at::Tensor>(arguments[0], "a storage");
      const auto offset = as<std::int64_t>(arguments[1], "an offset");
      // Throws when the tensor would reach beyond its storage.
      return {.is = storage.as_strided(integers_of(arguments[2]),
                                       integers_of(arguments[3]), offset)};
    }
    if (global->name == "torch._utils _rebuild_parameter" &&
        !arguments.empty()) {
      return arguments[0];
    }
    return {};
  }

  std::string_view rest_;
  caffe2::serialize::PyTorchStreamReader& archive_;
  std::deque<List> lists_;
  std::deque<Dict> dicts_;
  std::vector<Pickled> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, Pickled> memo_;
  std::unordered_map<std::string, at::Tensor> storages_;
};

/// The dictionary that holds the weights of a checkpoint, which lie beside the
/// optimizer's state and the like; null when `dict` is that itself.
const Dict* inner_of(const Dict& dict) {
  for (const auto& [key, value] : dict) {
    const auto* name = std::get_if<std::string>(&key.is);
    const auto* inner = std::get_if<Dict*>(&value.is);
    if (name != nullptr && inner != nullptr &&
        (*name == "state_dict" || *name == "model")) {
      return *inner;
    }
  }
  return nullptr;
}

NamedTensors tensors_of(const Dict& root) {
  const Dict* dict = &root;
  // {"model": {"state_dict": …}} is as deep as checkpoints go.
  for (int level = 0; level < 2; ++level) {
    const Dict* inner = inner_of(*dict);
    if (inner == nullptr) break;
    dict = inner;
  }
  NamedTensors tensors;
  for (const auto& [key, value] : *dict) {
    const auto* name = std::get_if<std::string>(&key.is);
    const auto* tensor = std::get_if<at::Tensor>(&value.is);
    if (name != nullptr && tensor != nullptr) tensors.emplace(*name, *tensor);
  }
  return tensors;
}

}  // namespace

NamedTensors read_state_dict(const Bytes& bytes) {
  caffe2::serialize::PyTorchStreamReader archive(
      std::make_shared<BytesReader>(bytes));
  if (archive.hasRecord("byteorder")) {
    const auto [order, size] = archive.getRecord("byteorder");
    if (std::string_view(static_cast<const char*>(order.get()), size) !=
        "little") {
      broken("was written on a machine of another byte order");
    }
  }
  const auto [pickle, size] = archive.getRecord("data.pkl");
  Unpickler unpickler({static_cast<const char*>(pickle.get()), size}, archive);
  const Pickled root = unpickler.run();
  const auto* dict = std::get_if<Dict*>(&root.is);
  if (dict == nullptr) {
    broken(
        "holds no dictionary (a whole network, perhaps, whose state_dict() "
        "is wanted)");
  }
  return tensors_of(**dict);
}

}  // namespace quarry::detail
