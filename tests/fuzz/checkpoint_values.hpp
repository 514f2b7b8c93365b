#pragma once
// What tests/fuzz/checkpoint.cpp decodes into.

#include <drift/core/random.hpp>
#include <drift/core/types.hpp>
#include <drift/data/minibatches.hpp>
#include <drift/descent/adam.hpp>
#include <drift/descent/run_state.hpp>
#include <drift/schedules/choice.hpp>
#include <drift/schedules/cosine_decay.hpp>

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace fuzz {

struct Row {
  std::optional<std::string> remark;
  std::vector<bool> flags;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("remark", self.remark);
    visit("flags", self.flags);
  }
};

/// One of each kind of field, all that can be empty being so.
struct Everything {
  bool flag = false;
  long double number = 0;
  drift::Vector<double> vector;
  drift::Matrix<float> matrix;
  Eigen::Matrix<double, 2, Eigen::Dynamic> two_rows;
  std::vector<Row> rows;
  std::vector<std::vector<long double>> lists;
  std::array<short, 2> pair = {0, 0};
  std::variant<std::monostate, std::vector<std::string>, drift::Random> choice;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("flag", self.flag);
    visit("number", self.number);
    visit("vector", self.vector);
    visit("matrix", self.matrix);
    visit("two_rows", self.two_rows);
    visit("rows", self.rows);
    visit("lists", self.lists);
    visit("pair", self.pair);
    visit("choice", self.choice);
  }
};

inline auto run_state() {
  using Rate = drift::ScheduleChoice<double, drift::CosineDecay>;
  return drift::descent::run_state(drift::Vector<double>(drift::Vector<double>::Zero(2)),
                                   drift::Adam<Rate>{.learning_rate = {0.1}},
                                   drift::data::minibatches(4, {.batch_size = 2}, drift::Random(1)));
}

}  // namespace fuzz
