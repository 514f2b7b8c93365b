#pragma once
// Verdicts: what a run claims, whether it held, and the numbers that say so.
//
//     Verdicts verdicts;
//     verdicts.identity("the principal flow meets every iterate", error <= 1e-8, fmt::format("error {:.2g}", error));
//     verdicts.empirical("order 3 beats IGR at every rate", wins == rates, fmt::format("{} of {}", wins, rates));
//     verdicts.print(std::cout);
//     return verdicts.exit_code();
//
// An identity, an order of accuracy or an oracle value that does not hold is a fault of the program: exit_code() is 1.
// An empirical claim that does not hold is a result like any other. Write conditions so that a nan fails them (error <=
// bound, not !(error > bound)).

#include <drift/core/errors.hpp>
#include <drift/report/json.hpp>

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drift::report {

enum class ClaimKind {
  identity,   ///< holds by mathematics, up to rounding
  order,      ///< a rate of convergence that mathematics gives
  oracle,     ///< a value known from elsewhere
  empirical,  ///< what the experiment finds
};

constexpr std::string_view to_string(ClaimKind kind) {
  switch (kind) {
    case ClaimKind::identity: return "identity";
    case ClaimKind::order: return "order";
    case ClaimKind::oracle: return "oracle";
    case ClaimKind::empirical: return "empirical";
  }
  return "unknown";
}

struct Verdict {
  std::string claim;    ///< one sentence
  bool held;            ///< whether this run bears it out
  std::string numbers;  ///< the evidence, and the bound it was held against
  ClaimKind kind;

  /// The program, not the experiment, is at fault.
  bool is_fault() const { return !held && kind != ClaimKind::empirical; }
};

class Verdicts {
 public:
  void add(Verdict verdict) {
    require(!verdict.claim.empty(), "claim", "empty", "a sentence");
    all_.push_back(std::move(verdict));
  }
  void identity(std::string claim, bool held, std::string numbers) {
    add({std::move(claim), held, std::move(numbers), ClaimKind::identity});
  }
  void order(std::string claim, bool held, std::string numbers) {
    add({std::move(claim), held, std::move(numbers), ClaimKind::order});
  }
  void oracle(std::string claim, bool held, std::string numbers) {
    add({std::move(claim), held, std::move(numbers), ClaimKind::oracle});
  }
  void empirical(std::string claim, bool held, std::string numbers) {
    add({std::move(claim), held, std::move(numbers), ClaimKind::empirical});
  }

  const std::vector<Verdict>& all() const { return all_; }

  /// 0, or 1 when an identity, an order or an oracle value did not hold.
  int exit_code() const {
    return std::any_of(all_.begin(), all_.end(), [](const Verdict& verdict) { return verdict.is_fault(); }) ? 1 : 0;
  }

  /// Two lines for each claim: whether it held and what it says, then its numbers.
  void print(std::ostream& out) const {
    for (const Verdict& verdict : all_) {
      out << (verdict.held ? "held          " : "did not hold  ") << verdict.claim << " (" << to_string(verdict.kind)
          << ")\n";
      if (!verdict.numbers.empty()) out << "              " << verdict.numbers << '\n';
    }
  }

  Json json() const {
    Json array = Json::array();
    for (const Verdict& verdict : all_) {
      Json object = Json::object();
      object.set("claim", verdict.claim).set("held", verdict.held);
      object.set("numbers", verdict.numbers).set("kind", verdict.kind);
      array.push(std::move(object));
    }
    return array;
  }

 private:
  std::vector<Verdict> all_;
};

}  // namespace drift::report
