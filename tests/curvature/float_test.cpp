#include "number_types.hpp"

TEST_CASE("Eigenpairs in float") { number_types::expect_top_pairs<float>(); }

TEST_CASE("The tracker in float") { number_types::expect_tracked<float>(); }
