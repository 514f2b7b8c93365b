#include <drift/data/standardise.hpp>

#include <drift/core/random.hpp>
#include <drift/data/shipped.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>
#include <limits>
#include <vector>

using Catch::Matchers::StartsWith;
using drift::Index;
using drift::Matrix;
using drift::Random;
using drift::data::fit_standardisation;

TEMPLATE_TEST_CASE("Standardised features have mean 0 and variance 1 over the fitted examples", "", float, double,
                   long double) {
  const auto iris = drift::data::iris<TestType>(std::filesystem::path(DRIFT_EXAMPLES_DATA) / "iris.csv");
  const auto scaling = fit_standardisation(iris);
  const auto standardised = scaling.apply(iris);
  const TestType epsilon = drift::epsilon<TestType>();
  CHECK(standardised.labels == iris.labels);
  for (Index j = 0; j < 4; ++j) {
    const auto column = standardised.features.col(j);
    CHECK(std::abs(column.mean()) < 50 * epsilon);
    CHECK(std::abs(column.squaredNorm() / TestType(150) - 1) < 50 * epsilon);
  }
  CHECK((scaling.invert(standardised.features) - iris.features).cwiseAbs().maxCoeff() < 10 * epsilon);
  // The standard deviations in the data's description, to two digits.
  CHECK(scaling.scale[0] == Approx(0.83).margin(0.006));
  CHECK(scaling.scale[2] == Approx(1.76).margin(0.006));
}

TEST_CASE("What was fitted on the training part is applied to other examples unchanged") {
  Matrix<double> train(2, 2), test(1, 2);
  train << 0, 10, 4, 30;
  test << 6, -10;
  const auto scaling = fit_standardisation(train);
  CHECK(scaling.mean == drift::Vector<double>{{2, 20}});
  CHECK(scaling.scale == drift::Vector<double>{{2, 10}});
  CHECK(scaling.apply(test) == Matrix<double>{{2, -3}});
  CHECK(scaling.invert(Matrix<double>{{2, -3}}) == test);
}

TEST_CASE("A constant feature becomes 0 and is not scaled, even where its mean would be rounded") {
  for (const double value : {0.0, 0.1, -1e300, 1e-310}) {
    CAPTURE(value);
    const Matrix<double> features = Matrix<double>::Constant(3, 1, value);
    const auto scaling = fit_standardisation(features);
    CHECK(scaling.scale[0] == 1);
    CHECK(scaling.apply(features).isZero(0));
    CHECK(scaling.apply(Matrix<double>::Constant(1, 1, value + 0.5))(0, 0) == Approx(value + 0.5 - value));
    CHECK(scaling.invert(scaling.apply(features)) == features);
  }
  const Matrix<double> single = Matrix<double>::Constant(1, 2, 7);
  CHECK(fit_standardisation(single).apply(single).isZero(0));
}

TEST_CASE("The unit of a feature does not matter, from the tiniest to the largest") {
  Random random(1);
  const Matrix<double> features = random.normal_matrix(20, 1);
  const Matrix<double> expected = fit_standardisation(features).apply(features);
  for (const int exponent : {-900, -600, 600, 1000}) {
    const Matrix<double> scaled = features * std::ldexp(1.0, exponent);
    CHECK(fit_standardisation(scaled).apply(scaled) == expected);
  }
}

TEST_CASE("Values that differ in the last bit are told apart") {
  const double next = std::nextafter(1.0, 2.0);
  const Matrix<double> features{{1.0}, {next}, {1.0}, {next}};
  const auto scaling = fit_standardisation(features);
  CHECK(scaling.scale[0] > 0);
  CHECK(scaling.apply(features).allFinite());
  CHECK(scaling.apply(features).cwiseAbs().maxCoeff() <= 2);
}

TEST_CASE("The fit has the same bits under every compiler and flag") {
  Random random(2);
  const auto scaling = fit_standardisation(random.normal_matrix<double>(1001, 1));
  CHECK(scaling.mean[0] == 0x1.35eb452bc97dbp-4);
  CHECK(scaling.scale[0] == 0x1.0732d8bdb6fcbp+0);
}

TEST_CASE("Features that cannot be standardised are refused by name") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(fit_standardisation(Matrix<double>(0, 3)), StartsWith("features: was 0 x 3"));
  CHECK_THROWS_WITH(fit_standardisation(Matrix<double>(3, 0)), StartsWith("features: was 3 x 0"));
  CHECK_THROWS_WITH(fit_standardisation(Matrix<double>{{1, 2}, {3, nan}}), StartsWith("features(1, 1): was nan"));
  CHECK_THROWS_WITH(fit_standardisation(Matrix<double>{{1e308}, {1.5e308}}), StartsWith("features.col(0): was too"));
  CHECK_THROWS_WITH(fit_standardisation(drift::data::Dataset<double>{}), StartsWith("features: was 0 x 0"));
  const auto scaling = fit_standardisation(Matrix<double>{{1, 2}, {3, 5}});
  CHECK_THROWS_WITH(scaling.apply(Matrix<double>(1, 3)),
                    StartsWith("features: was of 3 columns, must be of 2 columns"));
  CHECK_THROWS_AS(scaling.invert(Matrix<double>(1, 1)), drift::InvalidArgument);
}
