#pragma once
// Fields: how a value says what it consists of, so that it can be saved, restored and compared.
//
//     struct Momentum {
//       double learning_rate, momentum;
//       template <class Self, class Visit>
//       static void fields(Self& self, Visit&& visit) {     // Self is Momentum or const Momentum
//         visit("learning_rate", self.learning_rate);
//         visit("momentum", self.momentum);
//       }
//     };
//
// What is left out is not part of the value: scratch memory, or what follows from the rest. A field may be a number, a bool, an enum,
// text, a Vector or Matrix, a std::vector or std::array of numbers or of values with fields, a
// std::optional or std::variant, a Random, another value with fields, or an empty type (such as a lambda without captures), which holds
// nothing. The visitor is called once for each, in the order in which the value names them; it decides what to do.
//
// Who visits: descent/checkpoint.hpp writes and reads them, descent/step.hpp makes one vector of an optimiser's memory.

#include <string_view>
#include <type_traits>

namespace drift {

namespace detail {
struct AnyVisitor {
  template <class T>
  void operator()(std::string_view, T&) const {}
};
}  // namespace detail

/// T says what it consists of.
template <class T>
concept HasFields =
    requires(T& value, const detail::AnyVisitor& visit) { std::remove_const_t<T>::fields(value, visit); };

/// visit(name, field) for every field of the value, in order.
template <class T, class Visit>
  requires HasFields<T>
void visit_fields(T& value, Visit&& visit) {
  std::remove_const_t<T>::fields(value, visit);
}

}  // namespace drift
