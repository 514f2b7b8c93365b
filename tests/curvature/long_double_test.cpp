#include "number_types.hpp"

TEST_CASE("Eigenpairs in long double") { number_types::expect_top_pairs<long double>(); }

TEST_CASE("The tracker in long double") { number_types::expect_tracked<long double>(); }
