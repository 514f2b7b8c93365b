// What a checkpoint holds must say what it consists of.
// expect: a value of this type cannot be saved: give it `template <class Self, class Visit> static void fields

#include <drift/core/archive.hpp>

struct Schedule {
  double* rates;
};

int main() { return static_cast<int>(drift::encode(Schedule{}).size()); }
