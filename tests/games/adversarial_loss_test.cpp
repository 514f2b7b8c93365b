#include <drift/games/adversarial_loss.hpp>

#include <catch2/catch.hpp>

using namespace drift;

namespace {

const Matrix<double> X = Random(1).normal_matrix<double>(40, 2), Z = Random(2).normal_matrix<double>(12, 3);

}  // namespace

TEST_CASE("halves of a batch are its first and its last rows, with their numbers") {
  const games::GanBatch<double> batch(X, Z, 100, 200);
  const auto [first, second] = batch.halves();
  CHECK(first.real().examples == 20);
  CHECK(second.latents().examples == 6);
  CHECK(first.real().inputs[0].row(0) == X.row(0));
  CHECK(second.real().inputs[0].row(0) == X.row(20));
  CHECK(second.latents().inputs[0].row(5) == Z.row(11));
  CHECK(first.first_real() == 100);
  CHECK(second.first_real() == 120);
  CHECK(second.first_latent() == 206);
}

TEST_CASE("batches compare by their sizes and by their rows' numbers") {
  const games::GanBatch<double> batch(X, Z), longer(X, Z.topRows(4)), later(X, Z, 40, 12);
  CHECK(later.has_sizes_of(batch));
  CHECK_FALSE(longer.has_sizes_of(batch));
  CHECK_FALSE(later.has_numbers_of(batch));
  CHECK(longer.has_numbers_of(batch));
}

TEST_CASE("a batch without rows, or with an odd number of them to halve, is named") {
  CHECK_THROWS_WITH(games::GanBatch<double>(X.topRows(0), Z), Catch::Contains("X: was of 0 rows"));
  CHECK_THROWS_WITH(games::GanBatch<double>(X, Z.topRows(0)), Catch::Contains("latents: was of 0 rows"));
  CHECK_THROWS_WITH(games::GanBatch<double>(X, Z.topRows(5)).halves(), Catch::Contains("rows of the latents: was 5"));
}
