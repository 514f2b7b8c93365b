#include <drift/report/atomic_file.hpp>

#include <catch2/catch.hpp>

#include "temporary_folder.hpp"

#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <sys/resource.h>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using drift::FileError;
using drift::report::AtomicFile;
using drift::report::write_file;

namespace {

/// While it lives, no file of this process can grow beyond the limit: what a full disk is to a writer.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

/// What the FileError says that this action throws; empty when it throws none.
template <class Action>
std::string complaint(const Action& action) {
  try {
    action();
  } catch (const FileError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("a file appears at commit and not before, and nothing else is left") {
  const TemporaryFolder folder;
  const auto path = folder / "a.txt";
  {
    AtomicFile file(path);
    file.write("one ");
    file.flush();
    CHECK_FALSE(std::filesystem::exists(path));
    file.write("two");
    file.commit();
    CHECK(content_of(path) == "one two");
    CHECK_THROWS_AS(file.write("three"), drift::InvalidArgument);
    CHECK_THROWS_AS(file.commit(), drift::InvalidArgument);
  }
  CHECK(content_of(path) == "one two");
  CHECK(folder.entries() == 1);
}

TEST_CASE("without commit an older file stays as it was, and nothing is left beside it") {
  const TemporaryFolder folder;
  const auto path = folder / "a.txt";
  write_file(path, "old");
  try {
    AtomicFile file(path);
    file.write("new");
    file.flush();
    CHECK(folder.entries() == 2);
    throw std::runtime_error("the computation fails");
  } catch (const std::runtime_error&) {
  }
  CHECK(content_of(path) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("two writers of one file do not mix") {
  const TemporaryFolder folder;
  const auto path = folder / "a.txt";
  AtomicFile first(path), second(path);
  first.write("first");
  second.write("second, longer");
  second.commit();
  first.commit();
  CHECK(content_of(path) == "first");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a full disk is an error that names the file, and an older file survives it") {
  const TemporaryFolder folder;
  const auto path = folder / "a.txt";
  write_file(path, "old");
  std::string at_once, in_pieces, at_commit;
  {
    const FullDisk full(4096);
    at_once = complaint([&] { write_file(path, std::string(100000, 'x')); });
    in_pieces = complaint([&] {
      AtomicFile file(path);
      for (int i = 0; i < 10000; ++i) file.write("0123456789");
      file.commit();
    });
    at_commit = complaint([&] {
      AtomicFile file(path);
      file.write(std::string(5000, 'x'));  // fits the buffer of the stream, not the disk
      file.commit();
    });
  }
  for (const std::string& message : {at_once, in_pieces, at_commit}) {
    CHECK_THAT(message, StartsWith(path.string() + ": "));
    CHECK_THAT(message, Contains("File too large"));
  }
  CHECK(content_of(path) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a missing folder, a folder and a device are refused with their names") {
  const TemporaryFolder folder;
  const auto missing = folder / "missing" / "a.txt";
  CHECK_THAT(complaint([&] { write_file(missing, "x"); }),
             StartsWith(missing.string() + ": ") && Contains("no folder " + missing.parent_path().string()));
  CHECK_THAT(complaint([&] { write_file(folder.path(), "x"); }), StartsWith(folder.path().string() + ": "));
  CHECK_THAT(complaint([] { write_file("/dev/full", "x"); }), StartsWith("/dev/full: "));
  CHECK(std::filesystem::is_character_file("/dev/full"));
  CHECK_THROWS_AS(write_file("", "x"), drift::InvalidArgument);
}
