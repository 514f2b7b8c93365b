#include <drift/curvature/probes.hpp>

#include <catch2/catch.hpp>

using namespace drift;
using curvature::ProbeDistribution;

TEST_CASE("a Rademacher probe's entries are signs, and both kinds have independent entries of mean square 1",
          "[curvature]") {
  const Vector<double> signs = curvature::probe(ProbeDistribution::rademacher, Random(1), 200);
  CHECK((signs.cwiseAbs().array() == 1).all());
  for (const auto kind : {ProbeDistribution::rademacher, ProbeDistribution::normal}) {
    Matrix<double> second = Matrix<double>::Zero(3, 3);
    const int probes = 4000;
    for (int i = 0; i < probes; ++i) {
      const Vector<double> z = curvature::probe(kind, Random(2).split(static_cast<std::uint64_t>(i)), 3);
      second += z * z.transpose() / probes;
    }
    CHECK((second - Matrix<double>::Identity(3, 3)).cwiseAbs().maxCoeff() < 5 * std::sqrt(2.0 / probes));
  }
}

TEST_CASE("the mean of samples and its standard error", "[curvature]") {
  const auto four = curvature::mean_of(Vector<double>{{1, 2, 3, 4}});
  CHECK(four.value == 2.5);
  CHECK(four.standard_error == Approx(std::sqrt(5.0 / 12)).epsilon(1e-15));  // variance 5/3, of which a quarter
  const auto huge = curvature::mean_of(Vector<double>{{1e200, 2e200, 3e200, 4e200}});
  CHECK(huge.standard_error == Approx(four.standard_error * 1e200).epsilon(1e-14));
  const auto equal = curvature::mean_of(Vector<double>{{-3, -3}});
  CHECK(equal.value == -3);
  CHECK(equal.standard_error == 0);
}

TEST_CASE("one sample has no known error, none has no mean", "[curvature]") {
  const auto one = curvature::mean_of(Vector<double>{{7}});
  CHECK(one.value == 7);
  CHECK(one.standard_error == std::numeric_limits<double>::infinity());
  CHECK_THROWS_WITH(curvature::mean_of(Vector<double>(0)), "samples: was none, must be one or more");
}
