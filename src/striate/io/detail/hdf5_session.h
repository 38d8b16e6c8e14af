// The HDF5 library as we call it: one call at a time, errors as exceptions, types of arrays.
#pragma once

#include <hdf5.h>

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "striate/core/archive.h"
#include "striate/io/detail/hdf5_driver.h"

namespace striate::detail {

std::mutex& hdf5_library();  // Debian's HDF5 is built without its own lock

// Something of the library's that has to be closed.
class Id {
 public:
  Id(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Id(Id&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Id& operator=(Id&&) = delete;
  ~Id() { close(); }
  operator hid_t() const { return id_; }
  herr_t close() { return id_ >= 0 ? close_(std::exchange(id_, -1)) : 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

// One call into the library: locked, and its errors kept off the terminal.
class Session {
 public:
  explicit Session(const std::string& name) : name_(name), file_(own_) { hush(); }
  // With a file that stays open between calls.
  Session(const std::string& name, detail::Hdf5File& file) : name_(name), file_(file) { hush(); }
  ~Session() { H5Eset_auto2(H5E_DEFAULT, print_, print_data_); }
  Session(const Session&) = delete;

  const std::string& name() const { return name_; }
  detail::Hdf5File& file() { return file_; }
  std::uint64_t file_size() const { return file_.input->size(); }

  [[noreturn]] void refuse(const std::string& why) const {
    throw IoError("hdf5: ", name_, ": ", why);
  }
  // Throws with the library's own deepest reason where a call failed.
  template <class Result>
  Result check(Result result, std::string_view what) const {
    if (result >= 0) return result;
    if (!file_.failure.empty()) throw IoError(file_.failure);
    std::string reason;
    H5Ewalk2(
        H5E_DEFAULT, H5E_WALK_UPWARD,
        [](unsigned, const H5E_error2_t* error, void* data) -> herr_t {
          auto& text = *static_cast<std::string*>(data);
          if (text.empty() && error->desc) text = error->desc;
          return 0;
        },
        &reason);
    refuse(join(what, reason.empty() ? "" : " (", reason, reason.empty() ? "" : ")"));
  }
  Id id(hid_t value, herr_t (*close)(hid_t), std::string_view what) const {
    return Id(check(value, what), close);
  }

 private:
  void hush() {
    H5Eget_auto2(H5E_DEFAULT, &print_, &print_data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  const std::string& name_;
  std::unique_lock<std::mutex> lock_{hdf5_library()};
  detail::Hdf5File own_;
  detail::Hdf5File& file_;
  H5E_auto2_t print_ = nullptr;
  void* print_data_ = nullptr;
};

Id copy_type(hid_t type);
Id bool_type();
Id text_type();  // UTF-8 of variable length
// In the file and in memory alike: this machine is little-endian (npy.cc asserts it).
Id type_of(DType type);
// The archive's type that holds a stored one; none for text, records, references...
std::optional<DType> dtype_for(hid_t type);
std::optional<std::string> member_name(hid_t type, unsigned i);
// Error: no path of an array or a group inside a file.
void check_path(const std::string& path);

}  // namespace striate::detail
