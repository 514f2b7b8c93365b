#pragma once
// DecoupledWeightDecay: an optimiser's step, and beside it a pull of all parameters towards zero.
//
//     theta' = (the optimiser's step from theta) - h weight_decay theta,      h the rate of that step
//
//     DecoupledWeightDecay{.optimiser = Adam{.learning_rate = 1e-3}, .weight_decay = 1e-2}      AdamW
//
// The decay passes neither through the moments of Adam nor through a velocity; adding weight_decay |theta|^2 / 2 to the loss
// would, and is the same for plain gradient descent only. The product h weight_decay stays below 1 in any sensible
// run; above 2 it makes parameters grow. Where the loss is flat a parameter shrinks as the product of (1 - h_t weight_decay).
//
// Source: Loshchilov & Hutter, arXiv 1711.05101. As in PyTorch the decay is multiplied by the whole rate h, where the paper's
// multiplies it by the schedule's factor alone: its w is h weight_decay at the initial rate h.
// Memory: that of the optimiser inside. Cost: one pass over the parameters. Complex states where that optimiser takes them.
// Failure: that of the optimiser inside.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/descent/learning_rate.hpp>
#include <drift/descent/optimiser.hpp>

namespace drift {

template <class O>
struct DecoupledWeightDecay {
  /// The optimiser inside, wrapped itself or not.
  O optimiser;

  /// In units of one over the time h. 0 or above, finite; 0: none.
  double weight_decay = 1e-2;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("optimiser", self.optimiser);
    visit("weight_decay", self.weight_decay);
  }

  /// Throws InvalidArgument that names the first field out of its bounds, those of the optimiser inside included.
  void validate() const {
    optimiser.validate();
    require_not_negative(weight_decay, "weight_decay");
  }

  template <class T>
  descent::MemoryOf<O, T> start(const Vector<T>& theta) const {
    return optimiser.start(theta);
  }

  /// Never while parameters decay, though all of them may be zero already.
  template <class M>
  bool at_rest(const M& memory) const {
    return weight_decay == 0 && optimiser.at_rest(memory);
  }

  template <class T, Point E>
    requires descent::Optimiser<O, E>
  Real<T> advance(Vector<T>& theta, descent::MemoryOf<O, T>& memory, Index iteration, E& e) {
    using R = Real<T>;
    const R h = optimiser.advance(theta, memory, iteration, e);
    if (weight_decay != 0) theta -= T(h * static_cast<R>(weight_decay)) * e.state();  // e is where the step started
    return h;
  }
};

}  // namespace drift
