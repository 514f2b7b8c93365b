#include "fashion_mnist.hpp"

#include <drift/data/idx.hpp>
#if DRIFT_EXAMPLES_GUNZIP
#include <drift/data/gunzip.hpp>
#endif

#include <system_error>

namespace drift::examples {

namespace {

const std::vector<std::string> names = {"T-shirt/top", "trouser", "pullover", "dress", "coat",
                                        "sandal",      "shirt",   "sneaker",  "bag",   "ankle boot"};

/// The file of this name in the folder, plain or compressed; empty where it is in neither form.
std::filesystem::path find(const std::filesystem::path& folder, const std::string& name) {
  std::error_code ignored;
  for (const std::string& ending : {std::string(), std::string(".gz")}) {
    if (std::filesystem::exists(folder / (name + ending), ignored)) return folder / (name + ending);
  }
  return {};
}

data::InputFile open(const std::filesystem::path& path) {
#if DRIFT_EXAMPLES_GUNZIP
  return data::gunzip(path);
#else
  return data::InputFile(path);
#endif
}

data::Dataset<double> read(const std::filesystem::path& images, const std::filesystem::path& labels, Index first) {
  return data::read_idx_dataset<double>(open(images), open(labels), {.first = first, .class_names = names});
}

}  // namespace

std::variant<FashionMnist, std::string> fashion_mnist(const std::filesystem::path& folder, Index train_images,
                                                      Index test_images) {
  std::vector<std::filesystem::path> files;
  for (const char* name :
       {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}) {
    files.push_back(find(folder, name));
    if (files.back().empty()) {
      return "no " + (folder / name).string() +
             "[.gz]; Debian has the data as dataset-fashion-mnist, and --data names another folder";
    }
    if (DRIFT_EXAMPLES_GUNZIP == 0 && files.back().extension() == ".gz")
      return files.back().string() + " is compressed, and this program was built without zlib (Debian: zlib1g-dev)";
  }
  return FashionMnist{read(files[0], files[1], train_images), read(files[2], files[3], test_images)};
}

}  // namespace drift::examples
