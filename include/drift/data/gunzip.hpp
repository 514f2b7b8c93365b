#pragma once
// gunzip: a file compressed by gzip, decompressed while it is read. Needs zlib: link drift::gunzip; not in drift.hpp.
//
//     data::Array<double> images = data::read_idx(data::gunzip("train-images-idx3-ubyte.gz"));
//     data::Table table = data::read_csv(data::gunzip("digits.csv.gz", {.largest = 1 << 20}));
//
// Several gzip members one after the other are one text, as gzip itself has it. A file that is not compressed passes
// through as it is, so that one call serves both.
//
// Source: RFC 1952 (format); zlib's manual (inflate).
// Cost: 64 KiB of buffers beside zlib's own 40, whatever the size of the file.
// Failures, which reach the caller through the stream as FileError "path, offset 1234: ...", the offset being where in the
// compressed file decompression stood: an end within the data, data that are corrupt or whose checksum differs, bytes
// behind the last member that are no member, more than `largest` bytes of output; and what opening a file throws.

#include <drift/core/errors.hpp>
#include <drift/data/input_file.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <ios>
#include <istream>
#include <memory>
#include <new>
#include <streambuf>
#include <string>
#include <utility>
#include <vector>

#include <zlib.h>

namespace drift::data {

struct GunzipOptions {
  std::uint64_t largest = std::uint64_t{1} << 30U;  ///< bytes that may come out of a compressed file; default 1 GiB

  void validate() const { require(largest >= 1, "largest", largest, "1 or above"); }
};

namespace detail {

class GunzipBuffer : public std::streambuf {
 public:
  GunzipBuffer(InputFile source, const GunzipOptions& options)
      : source_(std::move(source)), largest_(options.largest), in_(buffer_size), out_(buffer_size) {
    options.validate();
    constexpr int gzip_only = 16;
    if (inflateInit2(&stream_, gzip_only + MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~GunzipBuffer() override { inflateEnd(&stream_); }
  GunzipBuffer(const GunzipBuffer&) = delete;
  GunzipBuffer& operator=(const GunzipBuffer&) = delete;
  GunzipBuffer(GunzipBuffer&&) = delete;
  GunzipBuffer& operator=(GunzipBuffer&&) = delete;

 protected:
  int_type underflow() override {
    const bool first = taken_ == 0;
    if (first) refill();
    if (first) compressed_ = in_size_ >= 2 && byte(0) == 0x1f && byte(1) == 0x8b;
    if (compressed_) {
      setg(out_.data(), out_.data(), out_.data() + decompress());
    } else {
      if (!first) refill();
      setg(in_.data(), in_.data(), in_.data() + in_size_);
    }
    return gptr() == egptr() ? traits_type::eof() : traits_type::to_int_type(*gptr());
  }

 private:
  static constexpr std::size_t buffer_size = 32768;

  unsigned byte(std::size_t i) const { return static_cast<unsigned char>(in_[i]); }

  static Bytef* zlib_bytes(std::vector<char>& bytes) {
    return reinterpret_cast<Bytef*>(bytes.data());  // NOLINT(*-reinterpret-cast): zlib's bytes are unsigned
  }

  [[noreturn]] void fail(const std::string& what) const {
    reject_bytes(source_.name(), taken_ - stream_.avail_in, what);
  }

  void refill() {
    source_.read(in_.data(), static_cast<std::streamsize>(in_.size()));
    if (source_.bad()) fail("cannot be read");
    in_size_ = static_cast<std::size_t>(source_.gcount());
    taken_ += in_size_;
    stream_.next_in = zlib_bytes(in_);
    stream_.avail_in = static_cast<uInt>(in_size_);
  }

  /// Fills the output buffer, at least in part: how many bytes there are, 0 at the end.
  std::size_t decompress() {
    stream_.next_out = zlib_bytes(out_);
    stream_.avail_out = static_cast<uInt>(out_.size());
    while (stream_.avail_out == out_.size()) {
      if (stream_.avail_in == 0) refill();
      if (between_members_ && stream_.avail_in == 0) return 0;
      if (stream_.avail_in == 0) fail("expected more compressed data, found the end of the file");
      if (between_members_) begin_member();
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code == Z_MEM_ERROR) throw std::bad_alloc();
      if (code == Z_STREAM_END)
        between_members_ = true;
      else if (code != Z_OK && code != Z_BUF_ERROR)
        fail("expected data compressed by gzip, found corrupt ones (" + reason() + ")");
    }
    const std::size_t size = out_.size() - stream_.avail_out;
    produced_ += size;
    if (produced_ > largest_)
      fail("expected at most " + std::to_string(largest_) +
           " bytes when decompressed, found more (the option `largest` of gunzip raises this)");
    return size;
  }

  void begin_member() {
    if (*stream_.next_in != 0x1f) fail("expected another gzip member or the end of the file, found other bytes");
    inflateReset(&stream_);
    between_members_ = false;
  }

  /// zlib's own word, "incorrect data check" for a checksum that differs.
  std::string reason() const { return stream_.msg != nullptr ? stream_.msg : "no reason given"; }

  InputFile source_;
  std::uint64_t largest_;
  z_stream stream_ = {};
  std::vector<char> in_;
  std::vector<char> out_;
  std::size_t in_size_ = 0;
  std::uint64_t taken_ = 0;     // bytes of the source
  std::uint64_t produced_ = 0;  // bytes of output
  bool compressed_ = false;
  bool between_members_ = false;
};

inline InputFile gunzip(InputFile source, const GunzipOptions& options) {
  std::string name = source.name();
  InputFile file(std::make_unique<GunzipBuffer>(std::move(source), options), std::move(name));
  file.exceptions(std::ios::badbit);  // lets the buffer's errors through
  return file;
}

}  // namespace detail

inline InputFile gunzip(const std::filesystem::path& path, const GunzipOptions& options = {}) {
  return detail::gunzip(InputFile(detail::open_file(path), path.string()), options);
}

/// The rest of a stream, which must outlive the result; `name` is what errors call it.
inline InputFile gunzip(std::istream& in, const std::string& name, const GunzipOptions& options = {}) {
  return detail::gunzip(InputFile(in, name), options);
}

}  // namespace drift::data
