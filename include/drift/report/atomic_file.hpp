#pragma once
// AtomicFile: a text file that appears whole or not at all.
//
//     AtomicFile file("run.csv");
//     file.write("a,b\n");
//     file.commit();               // only now does run.csv exist, or change
//
// The text goes to a hidden file beside (.run.csv.<process>.<object>.partial), which commit() renames. Without
// commit(), as when an exception passes, the file beside is removed and an older run.csv stays as it was. Two processes
// that write the same file do not mix: the last to commit wins.
//
// Failures: FileError that starts with the path, for a missing folder, a target that is no regular file (a device, a
// folder), a full or failing disk (seen at write or at commit), a rename that is refused.

#include <drift/core/errors.hpp>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace drift::report {

namespace detail {

/// Throws FileError "path: what: reason", the reason as the system gives it.
[[noreturn]] inline void reject_file(const std::filesystem::path& path, std::string_view what,
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

}  // namespace detail

class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path)
      : path_(std::move(path)), partial_(detail::hidden_beside(path_, this, ".partial")) {
    require(path_.has_filename(), "path", path_.string(), "the path of a file");
    std::error_code error;
    const std::filesystem::path folder = detail::folder_of(path_);
    if (!std::filesystem::is_directory(folder, error))
      detail::reject_file(path_, "cannot be written: there is no folder " + folder.string(), {});
    // Renaming over a device or a pipe would replace it.
    const std::filesystem::file_status status = std::filesystem::status(path_, error);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
      detail::reject_file(path_, "cannot be written: it is there and is no regular file", {});
    errno = 0;
    out_.open(partial_, std::ios::binary | std::ios::trunc);
    if (!out_) detail::reject_file(path_, "cannot be written", system_error());
  }

  ~AtomicFile() {
    if (committed_) return;
    out_.close();
    std::error_code ignored;
    std::filesystem::remove(partial_, ignored);
  }

  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  AtomicFile(AtomicFile&&) = delete;
  AtomicFile& operator=(AtomicFile&&) = delete;

  void write(std::string_view text) {
    require(!committed_, "write", "after commit", "before commit");
    errno = 0;
    out_.write(text.data(), static_cast<std::streamsize>(text.size()));
    if (!out_) detail::reject_file(path_, "cannot be written", system_error());
  }

  /// Hands what is buffered to the system, so that a reader of the file beside sees it.
  void flush() {
    errno = 0;
    out_.flush();
    if (!out_) detail::reject_file(path_, "cannot be written", system_error());
  }

  /// Makes the file appear under its name, in place of an older one.
  void commit() {
    require(!committed_, "commit", "called again", "called once");
    errno = 0;
    out_.close();
    if (!out_) detail::reject_file(path_, "cannot be written", system_error());
    std::error_code error;
    std::filesystem::rename(partial_, path_, error);
    if (error) detail::reject_file(path_, "cannot be put in place", error);
    committed_ = true;
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  static std::error_code system_error() { return {errno, std::generic_category()}; }

  std::filesystem::path path_;
  std::filesystem::path partial_;
  std::ofstream out_;
  bool committed_ = false;
};

/// The whole text as a file, or an error and no change.
inline void write_file(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace drift::report
