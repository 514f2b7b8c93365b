#include <drift/report/progress.hpp>

#include <catch2/catch.hpp>

#include "support/temporary_folder.hpp"

#include <algorithm>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using drift::report::Progress;

namespace {

std::ptrdiff_t redraws(const std::string& text) { return std::count(text.begin(), text.end(), '%'); }

}  // namespace

TEST_CASE("progress is silent when standard error is a file") {
  const TemporaryFolder folder;
  const auto path = folder / "stderr.txt";
  const int kept = ::dup(STDERR_FILENO);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT, 0600);
  REQUIRE(kept >= 0);
  REQUIRE(file >= 0);
  ::dup2(file, STDERR_FILENO);
  {
    Progress progress("training", 100, {.seconds_between = 0});
    for (int i = 0; i < 100; ++i) progress.advance();
  }
  ::dup2(kept, STDERR_FILENO);
  ::close(kept);
  ::close(file);
  CHECK(std::filesystem::exists(path));
  CHECK(content_of(path).empty());
}

TEST_CASE("on a terminal the line shows how far it is and is taken away at the end") {
  std::ostringstream out;
  {
    Progress progress("training", 4, {.out = &out, .terminal = true, .seconds_between = 0});
    progress.advance();
    CHECK_THAT(out.str(), Contains("training  25 %  1 of 4"));
    progress.advance(3);
    CHECK_THAT(out.str(), Contains("training  100 %  4 of 4"));
    progress.erase();
    CHECK_THAT(out.str(), EndsWith("\r\033[K"));
    const std::string before = out.str();
    progress.erase();
    CHECK(out.str() == before);
    progress.advance(0);
  }
  CHECK_THAT(out.str(), EndsWith("\r\033[K"));
}

TEST_CASE("the line is redrawn no sooner than asked for") {
  std::ostringstream out;
  {
    Progress progress("busy", 100000, {.out = &out, .terminal = true, .seconds_between = 3600});
    for (int i = 0; i < 100000; ++i) progress.advance();
  }
  CHECK(redraws(out.str()) == 1);
}

TEST_CASE("several threads may advance one progress line") {
  std::ostringstream out;
  {
    Progress progress("threads", 4000, {.out = &out, .terminal = true, .seconds_between = 0});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) progress.advance();
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  CHECK(redraws(out.str()) == 4000);
  CHECK_THAT(out.str(), Contains("100 %  4000 of 4000"));
}

TEST_CASE("rate and time left follow from what is done") {
  using drift::report::detail::progress_line;
  CHECK(progress_line("a", 50, 200, 10.0) == "a  25 %  50 of 200  5/s  30 s left");
  CHECK(progress_line("a", 200, 200, 10.0) == "a  100 %  200 of 200  20/s");
  CHECK(progress_line("a", 0, 200, 10.0) == "a  0 %  0 of 200");
  CHECK(progress_line("a", 0, 0, 0.0) == "a  100 %  0 of 0");
  CHECK(progress_line("a", 1, 1000, 10.0) == "a  0 %  1 of 1000  0.1/s  2 h 46 min left");
  CHECK(progress_line("a", 1, 1000000000, 10.0) == "a  0 %  1 of 1000000000  0.1/s  more than 100 h left");
}

TEST_CASE("progress refuses a negative total and keeps its line shorter than a terminal") {
  CHECK_THROWS_AS(Progress("a", -1), drift::InvalidArgument);
  std::ostringstream out;
  {
    Progress progress(std::string(200, 'x'), 10, {.out = &out, .terminal = true, .seconds_between = 0});
    progress.advance();
  }
  CHECK(out.str().size() < 100);
}
