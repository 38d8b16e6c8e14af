#include "striate/io/zip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "striate/io/hash.h"

namespace striate {
namespace {

constexpr std::uint32_t local_signature = 0x04034b50, central_signature = 0x02014b50,
                        end_signature = 0x06054b50, end64_signature = 0x06064b50,
                        locator64_signature = 0x07064b50;
constexpr std::uint32_t no_32 = 0xFFFFFFFFu;
constexpr std::uint16_t no_16 = 0xFFFFu, zip64_tag = 1, stored_method = 0, deflated_method = 8;
constexpr std::uint64_t largest_ratio = 1032;  // of deflate
constexpr std::uint64_t most_members = 1 << 20;

std::uint64_t number(std::span<const std::byte> bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = width; i-- > 0;)
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[at + i]);
  return value;
}
std::uint16_t u16(std::span<const std::byte> b, std::size_t at) {
  return static_cast<std::uint16_t>(number(b, at, 2));
}
std::uint32_t u32(std::span<const std::byte> b, std::size_t at) {
  return static_cast<std::uint32_t>(number(b, at, 4));
}
std::uint64_t u64(std::span<const std::byte> b, std::size_t at) { return number(b, at, 8); }

class Fields {
 public:
  Fields& u16(std::uint64_t value) { return put(value, 2); }
  Fields& u32(std::uint64_t value) { return put(value, 4); }
  Fields& u64(std::uint64_t value) { return put(value, 8); }
  Fields& text(std::string_view text) {
    bytes_ += text;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  Fields& put(std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i, value >>= 8) bytes_ += static_cast<char>(value & 255);
    return *this;
  }
  std::string bytes_;
};

[[noreturn]] void damaged(const Input& input, std::string_view why) {
  throw IoError("zip: ", input.name(), " is damaged: ", why);
}

struct Directory {
  std::uint64_t offset = 0, size = 0, members = 0;
  std::uint64_t end = 0;  // where the records behind it begin
};

Directory find_directory(const Input& input) {
  const std::uint64_t size = input.size();
  if (size < 22) throw IoError("zip: ", input.name(), " is no zip file, or is truncated");
  const std::uint64_t tail_size = std::min<std::uint64_t>(size, 22 + 65535);
  const std::uint64_t tail_offset = size - tail_size;
  const std::vector<std::byte> tail = input.bytes(tail_offset, tail_size);
  std::size_t at = tail.size() - 22;
  // The comment behind the record must reach exactly to the end of the file.
  while (u32(tail, at) != end_signature || at + 22 + u16(tail, at + 20) != tail.size())
    if (at-- == 0)
      throw IoError("zip: ", input.name(), " is no zip file, or is truncated: no directory");
  if (u16(tail, at + 4) != 0 || u16(tail, at + 6) != 0) damaged(input, "it has several volumes");
  Directory directory{.offset = u32(tail, at + 16),
                      .size = u32(tail, at + 12),
                      .members = u16(tail, at + 10),
                      .end = tail_offset + at};
  if (directory.end >= 20) {
    const std::vector<std::byte> locator = input.bytes(directory.end - 20, 20);
    if (u32(locator, 0) == locator64_signature) {
      const std::uint64_t where = u64(locator, 8);
      if (where > directory.end - 20 || directory.end - 20 - where < 56)
        damaged(input, "the zip64 record lies outside");
      const std::vector<std::byte> record = input.bytes(where, 56);
      if (u32(record, 0) != end64_signature) damaged(input, "the zip64 record is missing");
      directory = {.offset = u64(record, 48),
                   .size = u64(record, 40),
                   .members = u64(record, 32),
                   .end = where};
    }
  }
  if (directory.offset > directory.end || directory.size != directory.end - directory.offset)
    damaged(input, "its directory does not lie before its end record");
  if (directory.members > most_members || directory.members > directory.size / 46)
    damaged(input, "more members than its directory can hold");
  return directory;
}

// Replaces those of the three numbers that say "see zip64".
void read_zip64(const Input& input, std::span<const std::byte> extra, ZipMember& member) {
  const std::array<std::uint64_t*, 3> numbers = {&member.size, &member.compressed_size,
                                                 &member.header_offset};
  while (extra.size() >= 4) {
    const std::uint16_t tag = u16(extra, 0), length = u16(extra, 2);
    if (length > extra.size() - 4) damaged(input, "an extra field does not fit");
    std::span<const std::byte> field = extra.subspan(4, length);
    extra = extra.subspan(4 + static_cast<std::size_t>(length));
    if (tag != zip64_tag) continue;
    for (std::uint64_t* value : numbers) {
      if (*value != no_32) continue;
      if (field.size() < 8) damaged(input, "a zip64 field is too short");
      *value = u64(field, 0);
      field = field.subspan(8);
    }
  }
}

// Where a member's bytes begin: its local header must agree with the directory.
std::uint64_t data_offset(const Input& input, const ZipMember& member) {
  const std::vector<std::byte> local = input.bytes(member.header_offset, 30);
  if (u32(local, 0) != local_signature) damaged(input, join("no header at '", member.name, "'"));
  const std::uint64_t at = member.header_offset + 30 + u16(local, 26) + u16(local, 28);
  if (at > input.size() || member.compressed_size > input.size() - at)
    damaged(input, join("'", member.name, "' reaches beyond the end"));
  return at;
}

}  // namespace

ZipReader::ZipReader(const Input& input) : input_(input) {
  const Directory directory = find_directory(input);
  const std::vector<std::byte> bytes = input.bytes(directory.offset, directory.size);
  std::span<const std::byte> rest(bytes);
  std::map<std::uint64_t, std::uint64_t> ends;  // start → end of each member
  std::set<std::string> names;
  for (std::uint64_t i = 0; i < directory.members; ++i) {
    if (rest.size() < 46 || u32(rest, 0) != central_signature) damaged(input, "in its directory");
    const std::size_t name_size = u16(rest, 28), extra_size = u16(rest, 30),
                      comment_size = u16(rest, 32);
    if (rest.size() - 46 < name_size + extra_size + comment_size)
      damaged(input, "in its directory");
    ZipMember member{
        .name = std::string(reinterpret_cast<const char*>(rest.data()) + 46, name_size),
        .compression = Compression::stored,
        .crc = u32(rest, 16),
        .compressed_size = u32(rest, 20),
        .size = u32(rest, 24),
        .header_offset = u32(rest, 42)};
    read_zip64(input, rest.subspan(46 + name_size, extra_size), member);
    const std::uint16_t method = u16(rest, 10);
    if (u16(rest, 8) & 1) damaged(input, join("'", member.name, "' is encrypted"));
    if (method == deflated_method) member.compression = Compression::deflated;
    else if (method != stored_method)
      throw IoError("zip: ", input.name(), ": '", member.name, "' is compressed by method ", method,
                    "; stored and deflated can be read");
    if (member.compression == Compression::stored && member.size != member.compressed_size)
      damaged(input, join("'", member.name, "' has two sizes"));
    if (member.size / largest_ratio > member.compressed_size)
      damaged(input, join("'", member.name, "' announces ", member.size, " bytes out of ",
                          member.compressed_size, "; more than deflate can give"));
    if (member.header_offset > directory.offset || directory.offset - member.header_offset < 30)
      damaged(input, join("'", member.name, "' lies outside"));
    const std::uint64_t end = data_offset(input, member) + member.compressed_size;
    if (end > directory.offset)
      damaged(input, join("'", member.name, "' reaches into the directory"));
    if (!ends.emplace(member.header_offset, end).second || !names.insert(member.name).second)
      damaged(input, join("'", member.name, "' occurs twice"));
    members_.push_back(std::move(member));
    rest = rest.subspan(46 + name_size + extra_size + comment_size);
  }
  std::uint64_t before = 0;
  for (const auto& [start, end] : ends) {
    if (start < before) damaged(input, "members overlap");
    before = end;
  }
}

const ZipMember* ZipReader::find(std::string_view name) const {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [&](const ZipMember& member) { return member.name == name; });
  return found == members_.end() ? nullptr : &*found;
}

std::vector<std::byte> ZipReader::read(const ZipMember& member) const {
  std::vector<std::byte> bytes(member.size);
  Stream stream(input_, member);
  stream.read(bytes);
  stream.finish();
  return bytes;
}

struct ZipReader::Stream::State {
  const Input& input;
  const ZipMember& member;
  std::uint64_t at, end;  // compressed bytes not yet read
  std::uint64_t given = 0;
  std::uint32_t crc = 0;
  std::vector<std::byte> block = {};
  z_stream zlib = {};
  bool ended = false;

  ~State() {
    if (member.compression == Compression::deflated) inflateEnd(&zlib);
  }

  // Inflates up to `out.size()` bytes; fewer only at the end.
  std::size_t inflate_into(std::span<std::byte> out) {
    std::size_t done = 0;
    while (done < out.size() && !ended) {
      if (zlib.avail_in == 0) {
        const std::uint64_t count = std::min<std::uint64_t>(1 << 16, end - at);
        if (count == 0) damaged(input, join("'", member.name, "' ends too early"));
        block.resize(count);
        input.read(at, block);
        at += count;
        zlib.next_in = reinterpret_cast<Bytef*>(block.data());
        zlib.avail_in = static_cast<uInt>(count);
      }
      const auto want = static_cast<uInt>(std::min<std::size_t>(out.size() - done, 1 << 30));
      zlib.next_out = reinterpret_cast<Bytef*>(out.data() + done);
      zlib.avail_out = want;
      const int result = ::inflate(&zlib, Z_NO_FLUSH);
      done += want - zlib.avail_out;
      if (result == Z_STREAM_END) ended = true;
      else if (result != Z_OK && result != Z_BUF_ERROR)
        damaged(input, join("'", member.name, "' cannot be inflated"));
    }
    return done;
  }
};

ZipReader::Stream::Stream(const Input& input, const ZipMember& member) {
  const std::uint64_t at = data_offset(input, member);
  auto state = std::make_unique<State>(
      State{.input = input, .member = member, .at = at, .end = at + member.compressed_size});
  if (member.compression == Compression::deflated && inflateInit2(&state->zlib, -15) != Z_OK)
    throw IoError("zip: ", input.name(), ": no memory to inflate");
  state_ = state.release();
}

ZipReader::Stream::~Stream() { delete state_; }

void ZipReader::Stream::read(std::span<std::byte> out) {
  State& s = *state_;
  if (out.size() > s.member.size - s.given)
    damaged(s.input, join("'", s.member.name, "' is shorter than its content says"));
  if (s.member.compression == Compression::stored) {
    s.input.read(s.at, out);
    s.at += out.size();
  } else if (s.inflate_into(out) != out.size()) {
    damaged(s.input, join("'", s.member.name, "' is shorter than announced"));
  }
  s.given += out.size();
  s.crc = crc32(out, s.crc);
}

void ZipReader::Stream::finish() {
  State& s = *state_;
  std::byte more;
  if (s.given != s.member.size ||
      (s.member.compression == Compression::deflated && s.inflate_into({&more, 1}) != 0))
    damaged(s.input, join("'", s.member.name, "' is longer than announced"));
  if (s.crc != s.member.crc) damaged(s.input, join("wrong check sum of '", s.member.name, "'"));
}

ZipWriter::ZipWriter(AtomicFile& file, Compression compression, std::uint64_t zip64_from)
    : file_(file), compression_(compression), zip64_from_(zip64_from) {}

namespace {

// Raw deflate, appended to the file.
class Deflater {
 public:
  explicit Deflater(AtomicFile& file) : file_(file) {
    if (deflateInit2(&zlib_, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw IoError("zip: ", file.path().string(), ": no memory to deflate");
  }
  Deflater(const Deflater&) = delete;
  ~Deflater() { deflateEnd(&zlib_); }

  void write(std::span<const std::byte> piece) {
    while (!piece.empty()) {
      const std::size_t count = std::min<std::size_t>(piece.size(), 1 << 30);
      zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(piece.data()));
      zlib_.avail_in = static_cast<uInt>(count);
      run(Z_NO_FLUSH);
      piece = piece.subspan(count);
    }
  }
  void finish() { run(Z_FINISH); }

 private:
  void run(int flush) {
    do {
      zlib_.next_out = reinterpret_cast<Bytef*>(block_.data());
      zlib_.avail_out = static_cast<uInt>(block_.size());
      deflate(&zlib_, flush);
      file_.write(std::span(block_).first(block_.size() - zlib_.avail_out));
    } while (zlib_.avail_out == 0);
  }
  AtomicFile& file_;
  z_stream zlib_{};
  std::vector<std::byte> block_ = std::vector<std::byte>(1 << 16);
};

}  // namespace

void ZipWriter::add(const std::string& name, std::uint64_t size,
                    const std::function<void(const Sink&)>& produce) {
  if (name.size() >= no_16) throw Error("zip: a name of ", name.size(), " bytes is too long");
  ZipMember member{
      .name = name, .compression = compression_, .size = size, .header_offset = file_.size()};
  // What does not shrink grows a little: leave room below the limit.
  const bool wide = member.size + member.size / 1000 + 1024 >= zip64_from_;
  const auto header = [&] {
    const bool deflated = compression_ == Compression::deflated;
    Fields fields;
    fields.u32(local_signature).u16(wide ? 45 : 20).u16(0x800);
    fields.u16(deflated ? deflated_method : stored_method).u32(0x00210000).u32(member.crc);
    fields.u32(wide ? no_32 : member.compressed_size).u32(wide ? no_32 : member.size);
    fields.u16(name.size()).u16(wide ? 20 : 0).text(name);
    if (wide) fields.u16(zip64_tag).u16(16).u64(member.size).u64(member.compressed_size);
    return fields.bytes();
  };
  const std::uint64_t start = file_.size() + header().size();
  file_.write(header());
  std::optional<Deflater> deflater;
  if (compression_ == Compression::deflated) deflater.emplace(file_);
  std::uint64_t given = 0;
  produce([&](std::span<const std::byte> piece) {
    given += piece.size();
    member.crc = crc32(piece, member.crc);
    if (deflater) deflater->write(piece);
    else file_.write(piece);
  });
  if (deflater) deflater->finish();
  if (given != size) throw Error("zip: '", name, "' was given ", given, " bytes; it has ", size);
  member.compressed_size = file_.size() - start;
  file_.write_at(member.header_offset, std::as_bytes(std::span(std::string_view(header()))));
  members_.push_back(std::move(member));
}

void ZipWriter::finish() {
  const std::uint64_t offset = file_.size();
  for (const ZipMember& member : members_) {
    Fields wide;  // those of the three numbers that do not fit
    const auto narrow = [&](std::uint64_t value) -> std::uint64_t {
      if (value < zip64_from_) return value;
      wide.u64(value);
      return no_32;
    };
    const std::uint64_t size = narrow(member.size), compressed = narrow(member.compressed_size),
                        header = narrow(member.header_offset);
    const std::size_t extra = wide.bytes().empty() ? 0 : 4 + wide.bytes().size();
    Fields fields;
    fields.u32(central_signature).u16(0x0300 | 45).u16(extra ? 45 : 20).u16(0x800);
    fields.u16(member.compression == Compression::deflated ? deflated_method : stored_method);
    fields.u32(0x00210000).u32(member.crc).u32(compressed).u32(size);
    fields.u16(member.name.size()).u16(extra).u16(0).u16(0).u16(0);
    fields.u32(0644u << 16).u32(header).text(member.name);
    if (extra) fields.u16(zip64_tag).u16(extra - 4).text(wide.bytes());
    file_.write(fields.bytes());
  }
  const std::uint64_t end = file_.size(), count = members_.size();
  if (offset >= zip64_from_ || end - offset >= zip64_from_ || count >= no_16)
    file_.write(Fields()
                    .u32(end64_signature)
                    .u64(44)
                    .u16(45)
                    .u16(45)
                    .u32(0)
                    .u32(0)
                    .u64(count)
                    .u64(count)
                    .u64(end - offset)
                    .u64(offset)
                    .u32(locator64_signature)
                    .u32(0)
                    .u64(end)
                    .u32(1)
                    .bytes());
  const auto fits = [&](std::uint64_t value) { return value < zip64_from_ ? value : no_32; };
  file_.write(Fields()
                  .u32(end_signature)
                  .u16(0)
                  .u16(0)
                  .u16(std::min<std::uint64_t>(count, no_16))
                  .u16(std::min<std::uint64_t>(count, no_16))
                  .u32(fits(end - offset))
                  .u32(fits(offset))
                  .u16(0)
                  .bytes());
}

}  // namespace striate
