#include <drift/data/one_hot.hpp>

#include <catch2/catch.hpp>

#include <vector>

using Catch::Matchers::StartsWith;
using drift::data::one_hot;

TEMPLATE_TEST_CASE("one_hot rows are the rows of the identity that the labels number", "", float, double, long double) {
  const std::vector<int> labels{2, 0, 2, 1};
  const drift::Matrix<TestType> targets = one_hot<TestType>(labels, 4);
  const drift::Matrix<TestType> identity = drift::Matrix<TestType>::Identity(4, 4);
  CHECK((targets.rows() == 4 && targets.cols() == 4));
  for (drift::Index i = 0; i < 4; ++i) CHECK(targets.row(i) == identity.row(labels[static_cast<std::size_t>(i)]));
}

TEST_CASE("one_hot of no labels has no rows") {
  const drift::Matrix<double> none = one_hot({}, 3);
  CHECK((none.rows() == 0 && none.cols() == 3));
}

TEST_CASE("one_hot refuses labels outside the classes, by their place") {
  CHECK_THROWS_WITH(one_hot({0, 3}, 3), StartsWith("labels[1]: was 3, must be one of 0, ..., 2"));
  CHECK_THROWS_WITH(one_hot({-1}, 3), StartsWith("labels[0]: was -1"));
  CHECK_THROWS_WITH(one_hot({}, 0), StartsWith("classes: was 0"));
  CHECK_THROWS_AS(one_hot({0, 3}, 3), drift::InvalidArgument);
}
