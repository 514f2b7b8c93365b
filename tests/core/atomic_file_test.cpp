#include <drift/core/atomic_file.hpp>

#include <catch2/catch.hpp>

#include "support/complaint.hpp"
#include "support/full_disk.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using Catch::Matchers::Contains;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;
using drift::AtomicFile;
using drift::write_file;

namespace {

/// The file that AtomicFile works on has this name in any process.
std::filesystem::path beside(const TemporaryFolder& folder, const std::string& process_and_object) {
  return folder / (".a.txt." + process_and_object + ".partial");
}

void put(const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; }

std::vector<std::string> names_in(const TemporaryFolder& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

/// A process that has begun to write a.txt, says so, and waits to be killed.
pid_t writer_of(const std::filesystem::path& path) {
  std::array<int, 2> ready{};
  REQUIRE(pipe(ready.data()) == 0);
  const pid_t child = fork();
  if (child == 0) {
    AtomicFile file(path);
    file.write("half of it");
    file.flush();
    if (write(ready[1], "x", 1) == 1) pause();
    _exit(0);
  }
  close(ready[1]);
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  close(ready[0]);
  return child;
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

TEST_CASE("after a failed write nothing more is written, so that no file misses its middle") {
  const TemporaryFolder folder;
  const auto path = folder / "a.txt";
  AtomicFile file(path);
  {
    const FullDisk full(4096);
    CHECK_THAT(complaint([&] { file.write(std::string(100000, 'x')); }), Contains("File too large"));
  }
  file.write("the end");
  CHECK_THAT(complaint([&] { file.commit(); }), StartsWith(path.string() + ": ") && Contains("File too large"));
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a file committed durably is a file like any other") {
  const TemporaryFolder folder;
  const auto path = folder / "a.txt";
  write_file(path, "old");
  AtomicFile file(path);
  file.write("new");
  file.commit_durably();
  CHECK(content_of(path) == "new");
  CHECK(folder.entries() == 1);
  CHECK_THROWS_AS(file.commit_durably(), drift::InvalidArgument);
  CHECK_THROWS_AS(file.write("more"), drift::InvalidArgument);
}

TEST_CASE("what a killed writer left is removed by the next one, what a living one writes is not") {
  const TemporaryFolder folder;
  const auto path = folder / "a.txt";
  write_file(path, "old");
  const pid_t killed = writer_of(path), living = writer_of(path);
  CHECK(folder.entries() == 3);
  kill(killed, SIGKILL);
  waitpid(killed, nullptr, 0);

  AtomicFile own(path);  // another of this very process
  own.write("own");
  own.flush();
  write_file(path, "new");
  const std::vector<std::string> names = names_in(folder);
  CHECK(names.size() == 3);
  for (const std::string& name : names)
    CHECK_THAT(name, Equals("a.txt") || StartsWith(".a.txt." + std::to_string(living) + ".") ||
                         StartsWith(".a.txt." + std::to_string(getpid()) + "."));
  own.commit();
  CHECK(content_of(path) == "own");

  kill(living, SIGKILL);
  waitpid(living, nullptr, 0);
  write_file(path, "newer");
  CHECK(names_in(folder) == std::vector<std::string>{"a.txt"});
}

TEST_CASE("only files of the exact name are taken for leftovers") {
  const TemporaryFolder folder;
  const auto path = folder / "a.txt";
  put(beside(folder, "123.456"), "left");
  put(beside(folder, std::to_string(getpid()) + ".1"), "left by an earlier process of this number");
  const std::vector<std::string> others{".a.txt.123.partial",    ".a.txt.123.456.partial2",  ".a.txt.123.x.partial",
                                        ".a.txt..456.partial",   ".b.a.txt.123.456.partial", "a.txt.123.456.partial",
                                        ".A.txt.123.456.partial"};
  for (const std::string& name : others) put(folder / name, "another's");
  std::filesystem::create_directory(beside(folder, "1.1"));
  std::filesystem::create_symlink(folder / others[0], beside(folder, "2.2"));
  write_file(path, "new");
  std::vector<std::string> expected = others;
  expected.insert(expected.end(), {"a.txt", ".a.txt.1.1.partial", ".a.txt.2.2.partial"});
  std::sort(expected.begin(), expected.end());
  CHECK(names_in(folder) == expected);
}

TEST_CASE("many writers of one file, each of which looks for leftovers, do not take each other's") {
  const TemporaryFolder folder;
  const auto path = folder / "a.txt";
  std::vector<pid_t> writers;
  for (const char letter : {'a', 'b', 'c', 'd'}) {
    const pid_t child = fork();
    if (child == 0) {
      bool good = true;
      for (int i = 0; i < 200; ++i)
        good = complaint([&] { write_file(path, std::string(1000, letter)); }).empty() && good;
      _exit(good ? 0 : 1);
    }
    writers.push_back(child);
  }
  for (const pid_t writer : writers) {
    int status = -1;
    waitpid(writer, &status, 0);
    CHECK(status == 0);
  }
  const std::string content = content_of(path);
  CHECK(content == std::string(1000, content.at(0)));
  CHECK(folder.entries() == 1);
}
