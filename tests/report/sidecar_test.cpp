#include <drift/report/sidecar.hpp>

#include <catch2/catch.hpp>

#include "support/temporary_folder.hpp"

#include <limits>
#include <string>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using drift::report::Sidecar;
using drift::report::Verdicts;

TEST_CASE("a sidecar says what was run, with what, what came out, and what made it") {
  const TemporaryFolder folder;
  const auto path = folder / "run.json";
  Verdicts verdicts;
  verdicts.identity("meets", true, "1e-12");
  Sidecar sidecar("which_flow");
  sidecar.seed(18446744073709551615U).setting("rate", 0.1).setting("rates", std::vector<double>{0.1, 0.2});
  sidecar.result("error", std::numeric_limits<double>::infinity()).file("run.csv");
  sidecar.write(path, verdicts);

  const std::string text = content_of(path);
  CHECK_THAT(text, StartsWith("{\n  \"program\": \"which_flow\",\n  \"seed\": 18446744073709551615,\n"
                              "  \"settings\": {\n    \"rate\": 0.1,\n    \"rates\": [0.1, 0.2]\n  },\n"
                              "  \"results\": {\n    \"error\": \"inf\"\n  },\n"
                              "  \"verdicts\": [\n    {\n      \"claim\": \"meets\",\n      \"held\": true,"));
  CHECK_THAT(text, Contains("\"files\": [\"run.csv\"]"));
  CHECK_THAT(text, Contains("\"drift\": \"" + std::string(drift::version) + "\""));
  CHECK_THAT(text, Contains("\"compiler\": \"" + drift::report::compiler() + "\""));
  CHECK_THAT(drift::report::compiler(), Contains("++ "));
}

TEST_CASE("the same run writes the same bytes, and no seed is null") {
  const Sidecar sidecar("a");
  CHECK(sidecar.json({}).text() == Sidecar("a").json({}).text());
  CHECK_THAT(sidecar.json({}).text(), Contains("\"seed\": null"));
}

TEST_CASE("a sidecar that cannot be written is an error that names the file") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(Sidecar("a").write(folder / "missing" / "run.json"), Contains("run.json: "));
}

TEST_CASE("the version's text is made of its numbers") {
  CHECK(std::string(drift::version) == std::to_string(drift::version_major) + "." +
                                           std::to_string(drift::version_minor) + "." +
                                           std::to_string(drift::version_patch));
}
