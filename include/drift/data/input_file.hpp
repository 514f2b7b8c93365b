#pragma once
// InputFile: a file that is being read, and what errors call it.
//
//     data::read_idx("train-images-idx3-ubyte");                  // every reader takes a path,
//     data::read_idx(data::gunzip("train-images.gz"));            // what <drift/data/gunzip.hpp> decompresses,
//     std::istringstream text("1,2\n3,4\n");
//     data::read_csv(data::InputFile(text, "two rows"));          // and any istream, which gets a name
//
// An InputFile is a std::istream that can be moved and is read once, from where it stands. Nothing needs a size from the
// system, so that pipes are files as good as any.
//
// Readers believe a size in a header only against bytes that have come: they read at most 64 KiB ahead and grow by
// doubling, so that no single allocation is above 1 MiB + 2 x the memory of the values really present.
//
// Failures: FileError "path: cannot be opened: reason", a folder included; for a file compressed by gzip, FileError
// "path, offset 0: ..." that names gunzip; FileError for an istream that has failed before.

#include <drift/core/atomic_file.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <istream>
#include <limits>
#include <memory>
#include <optional>
#include <streambuf>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace drift::data {

namespace detail {

/// Text of a file in quotes, shortened and printable whatever it holds.
inline std::string printable(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::string shown = "'";
  for (const char c : text.substr(0, longest)) shown += c >= ' ' && c <= '~' ? c : '?';
  return shown + (text.size() > longest ? "...'" : "'");
}

/// Throws FileError "name, offset 16: what", the offset in bytes from 0.
[[noreturn]] inline void reject_bytes(const std::string& name, std::uint64_t offset, const std::string& what) {
  throw FileError(name + ", offset " + std::to_string(offset) + ": " + what);
}

/// The bytes of a file as they are.
inline std::unique_ptr<std::filebuf> open_file(const std::filesystem::path& path) {
  using drift::detail::reject_path;
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    reject_path(path, "cannot be opened", std::make_error_code(std::errc::is_a_directory));
  auto bytes = std::make_unique<std::filebuf>();
  errno = 0;
  if (bytes->open(path, std::ios::in | std::ios::binary) == nullptr)
    reject_path(path, "cannot be opened", {errno, std::generic_category()});
  return bytes;
}

/// Whether the bytes begin with gzip's magic number; they still begin there afterwards.
inline bool begins_as_gzip(std::streambuf& bytes) {
  if (bytes.sgetc() != 0x1f) return false;
  const bool gzip = bytes.snextc() == 0x8b;
  bytes.sungetc();
  return gzip;
}

inline std::unique_ptr<std::filebuf> open_uncompressed(const std::filesystem::path& path) {
  auto bytes = open_file(path);
  try {
    if (!begins_as_gzip(*bytes)) return bytes;
  } catch (const std::ios_base::failure&) {  // how a file buffer says that the system refuses to read
    throw FileError(path.string() + ": cannot be read");
  }
  reject_bytes(
      path.string(), 0,
      "is compressed by gzip; read it through data::gunzip(path) of <drift/data/gunzip.hpp>, which needs zlib");
}

}  // namespace detail

class InputFile : public std::istream {
 public:
  // Not explicit, so that whatever takes an InputFile takes a path.
  InputFile(const std::filesystem::path& path) : InputFile(detail::open_uncompressed(path), path.string()) {}
  InputFile(const std::string& path) : InputFile(std::filesystem::path(path)) {}
  InputFile(const char* path) : InputFile(std::filesystem::path(path)) {}

  /// The rest of `stream`, which must outlive this and whose own state flags do not change.
  InputFile(std::istream& stream, std::string name) : std::istream(stream.rdbuf()), name_(std::move(name)) {
    if (stream.fail()) throw FileError(name_ + ": cannot be read, its stream has failed before");
  }

  /// The bytes that a buffer of one's own gives.
  InputFile(std::unique_ptr<std::streambuf> bytes, std::string name)
      : std::istream(bytes.get()), bytes_(std::move(bytes)), name_(std::move(name)) {}

  // NOLINTBEGIN(bugprone-use-after-move): moving an istream leaves its buffer, and our members, to be moved here
  InputFile(InputFile&& other) noexcept
      : std::istream(std::move(other)), bytes_(std::move(other.bytes_)), name_(std::move(other.name_)) {
    set_rdbuf(other.rdbuf());
    other.exceptions(std::ios::goodbit);
    other.rdbuf(nullptr);
  }
  // NOLINTEND(bugprone-use-after-move)
  ~InputFile() override = default;

  /// What errors call it: the path, or the name that it was given.
  const std::string& name() const { return name_; }

 private:
  std::unique_ptr<std::streambuf> bytes_;  // nothing where they are another stream's
  std::string name_;
};

namespace detail {

/// The product of the sizes with zeros left out, times `unit`; nothing if that is no count of 16-byte numbers in memory.
inline std::optional<std::size_t> bounded_product(const std::vector<Index>& sizes, std::size_t unit) {
  constexpr std::size_t largest = std::numeric_limits<Index>::max() / 16;
  std::size_t product = unit;
  for (const Index size : sizes) {
    const auto factor = static_cast<std::size_t>(std::max<Index>(size, 1));
    if (product > largest / factor) return std::nullopt;
    product *= factor;
  }
  return product;
}

/// "60000 x 28 x 28"
inline std::string sizes_as_text(const std::vector<Index>& sizes) {
  std::string text;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (i == 8) return text + " x ...";
    text += (i > 0 ? " x " : "") + std::to_string(sizes[i]);
  }
  return text;
}

/// Room for `more` values beyond those that are there: twice as many as have come, and never more than `announced`.
template <class T>
void make_room(std::vector<T>& values, std::size_t more, std::size_t announced) {
  const std::size_t needed = values.size() + more;
  if (needed > values.capacity()) values.reserve(std::min(std::max(needed, 2 * values.size()), announced));
}

/// Reads bytes and knows where it is, so that every error can say so.
class ByteReader {
 public:
  explicit ByteReader(InputFile& file) : file_(file) {}

  const std::string& name() const { return file_.name(); }
  std::uint64_t offset() const { return offset_; }

  [[noreturn]] void fail(std::uint64_t offset, const std::string& what) const { reject_bytes(name(), offset, what); }

  /// Reads `count` bytes, or up to the end of the file: how many there were.
  std::size_t up_to(std::size_t count, char* to) {
    file_.read(to, static_cast<std::streamsize>(count));
    if (file_.bad()) fail(offset_, "cannot be read");
    const auto found = static_cast<std::size_t>(file_.gcount());
    offset_ += found;
    return found;
  }

  void exactly(std::size_t count, char* to, const std::string& of_what) {
    const std::uint64_t start = offset_;
    const std::size_t found = up_to(count, to);
    if (found != count) fail_short(start, count, of_what, found);
  }

  /// Reads `count` records of `size` bytes by pieces: take(bytes, records in this piece, offset of the piece).
  template <class Take>
  void records(std::size_t count, std::size_t size, const std::string& of_what, Take take) {
    constexpr std::size_t piece = 65536;
    const std::uint64_t start = offset_;
    const std::size_t most = std::min(count, std::max<std::size_t>(piece / size, 1));
    std::vector<char> bytes(most * size);
    for (std::size_t done = 0; done < count;) {
      const std::size_t now = std::min(most, count - done);
      const std::uint64_t at = offset_;
      if (up_to(now * size, bytes.data()) != now * size) fail_short(start, count * size, of_what, offset_ - start);
      take(static_cast<const char*>(bytes.data()), now, at);
      done += now;
    }
  }

  void expect_end() {
    const std::uint64_t end = offset_;
    char byte = 0;
    if (up_to(1, &byte) != 0) fail(end, "expected the end of the file, found more bytes");
  }

 private:
  [[noreturn]] void fail_short(std::uint64_t start, std::size_t expected, const std::string& of_what,
                               std::uint64_t found) const {
    fail(start, "expected " + std::to_string(expected) + " bytes of " + of_what + ", found " + std::to_string(found));
  }

  InputFile& file_;
  std::uint64_t offset_ = 0;
};

}  // namespace detail

}  // namespace drift::data
