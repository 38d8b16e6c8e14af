// Zip files as far as .npz needs them: members stored or deflated, zip64, no encryption, no
// volumes. The directory is checked against the file before anything is taken from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "striate/io/atomic_file.h"
#include "striate/io/input.h"

namespace striate {

enum class Compression { stored, deflated };

struct ZipMember {
  std::string name;
  Compression compression = Compression::stored;
  std::uint32_t crc = 0;
  std::uint64_t compressed_size = 0;
  std::uint64_t size = 0;
  std::uint64_t header_offset = 0;
};

class ZipReader {
 public:
  // IoError: not a zip file, damaged directory, a member outside the file, more content than its
  // bytes can hold, two members of one name, overlapping members, encryption.
  explicit ZipReader(const Input& input);
  const std::vector<ZipMember>& members() const { return members_; }
  const ZipMember* find(std::string_view name) const;

  // Reads one member from front to end.
  class Stream {
   public:
    Stream(const Input& input, const ZipMember& member);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    void read(std::span<std::byte> out);
    // Everything must have been read; compares the check sum.
    void finish();

   private:
    struct State;
    State* state_;
  };

  std::vector<std::byte> read(const ZipMember& member) const;  // whole, check sum compared
  const Input& input() const { return input_; }

 private:
  const Input& input_;
  std::vector<ZipMember> members_;
};

class ZipWriter {
 public:
  // From `zip64_from` bytes on, sizes and offsets take 64 bits.
  explicit ZipWriter(AtomicFile& file, Compression compression = Compression::stored,
                     std::uint64_t zip64_from = 0xFFFFFFFFu);
  using Sink = std::function<void(std::span<const std::byte>)>;
  // One member of `size` bytes, which `produce` hands over in pieces.
  void add(const std::string& name, std::uint64_t size,
           const std::function<void(const Sink&)>& produce);
  void finish();  // writes the directory; the caller commits the file

 private:
  AtomicFile& file_;
  Compression compression_;
  std::uint64_t zip64_from_;
  std::vector<ZipMember> members_;
};

}  // namespace striate
