#include <drift/data/dataset.hpp>

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;
using drift::FileError;
using drift::Index;
using drift::InvalidArgument;
using drift::Matrix;
using drift::data::Dataset;
using drift::data::LabelledCsvOptions;

namespace {

/// A file with this content under the system's directory for temporary files, removed at the end.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    std::random_device device;
    path_ = std::filesystem::temp_directory_path() /
            ("drift_dataset_test_" + std::to_string(device()) + "_" + std::to_string(device()));
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Dataset<double> read(const std::string& content, const LabelledCsvOptions& options = {}) {
  const TemporaryFile file(content);
  return drift::data::read_labelled_csv(file.path(), options);
}

/// What the FileError says, after the path, that reading this content throws.
std::string complaint(const std::string& content, const LabelledCsvOptions& options = {}) {
  const TemporaryFile file(content);
  try {
    drift::data::read_labelled_csv(file.path(), options);
  } catch (const FileError& error) {
    const std::string message = error.what(), path = file.path().string();
    REQUIRE(message.substr(0, path.size()) == path);
    return message.substr(path.size());
  }
  FAIL("no FileError for: " << content);
  return {};
}

Dataset<double> three_points() {
  Matrix<double> features(3, 2);
  features << 1, 2, 3, 4, 5, 6;
  return drift::data::make_dataset(features, {0, 2, 1}, 3);
}

}  // namespace

TEST_CASE("The last column of a labelled file is the label") {
  const Dataset<double> plain = read("1,2,0\n3,4,2\n5,6,1\n");
  CHECK(plain.features == three_points().features);
  CHECK(plain.labels == three_points().labels);
  CHECK(plain.class_names == std::vector<std::string>{"class0", "class1", "class2"});
  CHECK(plain.feature_names == std::vector<std::string>{"x0", "x1"});
  const Dataset<double> named = read("size,weight,kind\n1,2,0\n3,4,1\n", {.classes = 5});
  CHECK(named.feature_names == std::vector<std::string>{"size", "weight"});
  CHECK(named.classes() == 5);
  const Dataset<double> counted = read("2,1,a,b,c\n7,0\n8,1\n");
  CHECK(counted.class_names == std::vector<std::string>{"a", "b", "c"});
  CHECK(read("7;1\n8;0\n", {.csv = {.separator = ';'}}).labels == std::vector<int>{1, 0});
}

TEST_CASE("A label in a file that is not a whole number in range is an error with file, line and column") {
  CHECK_THAT(complaint("2,1,a,b\n7,0\n8,2\n"), Equals(", line 3, column 2: the label must be one of 0, ..., 1"));
  CHECK_THAT(complaint("# x\n7,0\n8,-1\n"), StartsWith(", line 3, column 2: the label must be one of"));
  CHECK_THAT(complaint("7,0.5\n8,1\n"), StartsWith(", line 1, column 2: the label must be one of"));
  CHECK_THAT(complaint("7,3\n8,1\n", {.classes = 3}), Equals(", line 1, column 2: the label must be one of 0, ..., 2"));
  CHECK_THAT(complaint("7,1e300\n8,1\n"), StartsWith(", line 1, column 2: the label must be one of"));
  CHECK_THAT(complaint("7,nan\n", {.csv = {.allow_non_finite = true}}), StartsWith(", line 1, column 2: the label"));
}

TEST_CASE("A labelled file needs a feature, a row, and the number of classes that was asked for") {
  CHECK_THAT(complaint("0\n1\n"), Equals(", line 1: has one column, must have at least one feature and a label"));
  CHECK_THAT(complaint(""), StartsWith(": is empty"));
  CHECK_THAT(complaint("2,1,a,b\n7,0\n8,1\n", {.classes = 3}), Contains("names 2 classes, but 3 were asked for"));
  CHECK_THROWS_WITH(read("7,0\n", {.classes = -1}), StartsWith("classes: was -1"));
}

TEST_CASE("A dataset that does not fit together is refused by the member's name") {
  CHECK_NOTHROW(three_points().validate());
  CHECK_THROWS_WITH(Dataset<double>{}.validate(), StartsWith("features: was 0 x 0, must be"));
  const auto refused = [](auto change) {
    Dataset<double> dataset = three_points();
    change(dataset);
    try {
      dataset.validate();
    } catch (const InvalidArgument& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK_THAT(refused([](auto& d) { d.features.resize(0, 2); }), StartsWith("features: was 0 x 2"));
  CHECK_THAT(refused([](auto& d) { d.features.resize(3, 0); }), StartsWith("features: was 3 x 0"));
  CHECK_THAT(refused([](auto& d) { d.labels.pop_back(); }), StartsWith("labels: was of length 2, must be of length 3"));
  CHECK_THAT(refused([](auto& d) { d.labels[1] = 3; }), StartsWith("labels[1]: was 3, must be one of 0, ..., 2"));
  CHECK_THAT(refused([](auto& d) { d.labels[2] = -1; }), StartsWith("labels[2]: was -1"));
  CHECK_THAT(refused([](auto& d) { d.class_names.clear(); }), StartsWith("class_names: was empty"));
  CHECK_THAT(refused([](auto& d) { d.feature_names.pop_back(); }), StartsWith("feature_names: was of length 1"));
  CHECK_THROWS_WITH(drift::data::make_dataset(Matrix<double>(1, 1), {0}, 0), StartsWith("classes: was 0"));
  CHECK_THROWS_WITH(drift::data::make_dataset(Matrix<double>(0, 2), {}, 2), StartsWith("features: was 0 x 2"));
}

TEST_CASE("select takes the examples asked for, in their order, with their labels") {
  const Dataset<double> all = three_points();
  const Dataset<double> chosen = drift::data::select(all, {2, 0, 2});
  chosen.validate();
  CHECK(chosen.features.row(0) == all.features.row(2));
  CHECK(chosen.features.row(1) == all.features.row(0));
  CHECK(chosen.features.row(2) == all.features.row(2));
  CHECK(chosen.labels == std::vector<int>{1, 0, 1});
  CHECK(chosen.class_names == all.class_names);
  CHECK(chosen.feature_names == all.feature_names);
  CHECK_THROWS_WITH(drift::data::select(all, {0, 3}), StartsWith("examples[1]: was 3, must be one of 0, ..., 2"));
  CHECK_THROWS_WITH(drift::data::select(all, {-1}), StartsWith("examples[0]: was -1"));
  CHECK_THROWS_WITH(drift::data::select(all, {}), StartsWith("examples: was empty"));
}
