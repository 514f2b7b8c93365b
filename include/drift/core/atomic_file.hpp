#pragma once
// AtomicFile: a file that appears whole or not at all.
//
//     AtomicFile file("run.csv");
//     file.write("a,b\n");
//     file.commit();               // only now does run.csv exist, or change
//
// The text goes to a hidden file beside (.run.csv.<process>.<object>.partial), which commit() renames. Without
// commit(), as when an exception passes, the file beside is removed and an older run.csv stays as it was. Two processes
// that write the same file do not mix: the last to commit wins.
//
// A process that is killed (SIGKILL, power) cannot remove its file beside. The next AtomicFile of the same path does, in
// its constructor: a living writer holds a lock on its own (flock, which the system gives up with the process, whatever
// becomes of its number), and what is locked, or has another name, is left alone. Cost: a look through the folder.
//
// commit() is atomic for whoever reads the file; after a power failure it may be the old one. commit_durably() returns
// once the disk has it.
//
// Failures: FileError that starts with the path, for a missing folder, a target that is no regular file (a device, a
// folder), a full or failing disk (seen at write or at commit), a rename that is refused.

#include <drift/core/errors.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace drift {

namespace detail {

/// Throws FileError "path: what: reason", the reason as the system gives it.
[[noreturn]] inline void reject_path(const std::filesystem::path& path, std::string_view what,
                                     const std::error_code& reason) {
  std::string message = path.string() + ": " + std::string(what);
  if (reason) message += ": " + reason.message();
  throw FileError(message);
}

/// The folder that holds a file of this path.
inline std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

/// A hidden name beside path that no other living object of any living process has.
inline std::filesystem::path hidden_beside(const std::filesystem::path& path, const void* owner,
                                           std::string_view ending) {
  std::filesystem::path name = ".";
  name += path.filename();
  name += "." + std::to_string(::getpid()) + ".";
  name += std::to_string(reinterpret_cast<std::uintptr_t>(owner));  // NOLINT(*-reinterpret-cast): only as a number
  name += ending;
  return folder_of(path) / name;
}

/// The error of the system call that has just failed.
inline std::error_code last_system_error() { return {errno, std::generic_category()}; }

/// A file of the system, closed at the end. Not open where the system refuses, which errno then explains.
class OpenFile {
 public:
  OpenFile() = default;
  OpenFile(const std::filesystem::path& path, int flags)
      : number_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}  // NOLINT(*-vararg): there is no other
  ~OpenFile() {
    if (number_ >= 0) ::close(number_);
  }
  OpenFile(OpenFile&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  OpenFile& operator=(OpenFile&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }

  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }

  /// Waits for the lock, which ends with this object or its process. Nothing where the file system has no locks.
  void lock() const {
    while (::flock(number_, LOCK_EX) != 0 && errno == EINTR) continue;
  }
  /// False where another has the lock, or the file system no locks.
  bool try_lock() const { return ::flock(number_, LOCK_EX | LOCK_NB) == 0; }

  /// The file still has a name.
  bool is_named() const {
    struct ::stat own{};
    return ::fstat(number_, &own) == 0 && own.st_nlink > 0;
  }
  /// The file's name is path.
  bool is_named(const std::filesystem::path& path) const {
    struct ::stat own{}, named{};
    return ::fstat(number_, &own) == 0 && ::lstat(path.c_str(), &named) == 0 && own.st_dev == named.st_dev &&
           own.st_ino == named.st_ino;
  }

  /// Gives what was written to the file system, which may be another computer's and refuse it only now. The file stays open,
  /// and locked.
  bool hand_over() const {
    const int copy = ::dup(number_);  // NOLINT(*-cloexec-dup): closed at once
    return copy >= 0 && ::close(copy) == 0;
  }

 private:
  int number_ = -1;
};

/// name is .<filename>.<digits>.<digits>.partial: the file beside of some AtomicFile of this filename.
inline bool is_partial_of(std::string_view filename, std::string_view name) {
  const auto take = [&name](std::string_view prefix) {
    if (!name.starts_with(prefix)) return false;
    name.remove_prefix(prefix.size());
    return true;
  };
  const auto take_number = [&name] {
    const std::size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
    name.remove_prefix(digits);
    return digits > 0;
  };
  return take(".") && take(filename) && take(".") && take_number() && take(".") && take_number() && name == ".partial";
}

/// Removes what killed processes left beside path. Whatever cannot be looked at or removed stays.
inline void remove_leftovers(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder_of(path), error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (!is_partial_of(path.filename().native(), entry->path().filename().native())) continue;
    if (!std::filesystem::is_regular_file(entry->symlink_status(ignored))) continue;
    const OpenFile leftover(entry->path(), O_WRONLY | O_NOFOLLOW);
    // With the lock, and the name still this file's, its writer is gone, or waits in AtomicFile::open to begin anew.
    if (leftover && leftover.try_lock() && leftover.is_named(entry->path()))
      std::filesystem::remove(entry->path(), ignored);
  }
}

}  // namespace detail

class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path)
      : path_(std::move(path)), partial_(detail::hidden_beside(path_, this, ".partial")) {
    require(path_.has_filename(), "path", path_.string(), "the path of a file");
    std::error_code error;
    const std::filesystem::path folder = detail::folder_of(path_);
    if (!std::filesystem::is_directory(folder, error))
      detail::reject_path(path_, "cannot be written: there is no folder " + folder.string(), {});
    // Renaming over a device or a pipe would replace it.
    const std::filesystem::file_status status = std::filesystem::status(path_, error);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
      detail::reject_path(path_, "cannot be written: it is there and is no regular file", {});
    detail::remove_leftovers(path_);
    open();
  }

  ~AtomicFile() {
    if (committed_) return;
    std::error_code ignored;
    std::filesystem::remove(partial_, ignored);
  }

  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  AtomicFile(AtomicFile&&) = delete;
  AtomicFile& operator=(AtomicFile&&) = delete;

  void write(std::string_view text) {
    require(!committed_, "write", "after commit", "before commit");
    if (buffer_.size() + text.size() > most_buffered) flush();
    if (text.size() > most_buffered) {
      hand_over(text);
    } else {
      buffer_ += text;
    }
  }

  /// Hands what is buffered to the system, so that a reader of the file beside sees it.
  void flush() {
    hand_over(buffer_);
    buffer_.clear();
  }

  /// Makes the file appear under its name, in place of an older one.
  void commit() {
    require(!committed_, "commit", "called again", "called once");
    flush();
    put_in_place();
  }

  /// The same, and afterwards the file survives a power failure. Costs the disk's time, some milliseconds.
  void commit_durably() {
    require(!committed_, "commit_durably", "called again", "called once");
    flush();
    if (::fsync(out_.number()) != 0) fail(detail::last_system_error());
    put_in_place();
    const detail::OpenFile folder(detail::folder_of(path_), O_RDONLY | O_DIRECTORY);
    // A folder that may be written but not read, and file systems without fsync of folders, keep the name in their own time.
    if (!folder || ::fsync(folder.number()) == 0 || errno == EINVAL) return;
    detail::reject_path(path_, "is in place, but not yet on the disk", detail::last_system_error());
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  static constexpr std::size_t most_buffered = std::size_t{1} << 16;

  /// Until the file beside is locked, a process that looks for leftovers may take it for one and remove it: then once more.
  void open() {
    while (!out_ || !out_.is_named()) {
      out_ = detail::OpenFile(partial_, O_WRONLY | O_CREAT | O_EXCL);
      if (!out_) detail::reject_path(path_, "cannot be written", detail::last_system_error());
      out_.lock();
    }
  }

  void hand_over(std::string_view text) {
    if (failure_) fail(failure_);  // what is missing stays missing
    while (!text.empty()) {
      const ssize_t written = ::write(out_.number(), text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail(detail::last_system_error());
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  [[noreturn]] void fail(std::error_code reason) {
    failure_ = reason;
    detail::reject_path(path_, "cannot be written", reason);
  }

  void put_in_place() {
    if (!out_.hand_over()) fail(detail::last_system_error());
    std::error_code error;
    std::filesystem::rename(partial_, path_, error);
    if (error) detail::reject_path(path_, "cannot be put in place", error);
    committed_ = true;
    out_ = detail::OpenFile();
  }

  std::filesystem::path path_;
  std::filesystem::path partial_;
  detail::OpenFile out_;
  std::string buffer_;
  std::error_code failure_;
  bool committed_ = false;
};

/// The whole text as a file, or an error and no change.
inline void write_file(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace drift
