// How far does each continuous-time flow drift from gradient descent, for a network on real data?
//
// A 4-10-3 tanh network on Fisher's Iris data (120 training examples, standardised), full-batch gradient descent, softmax
// cross-entropy and squared error. Learning rates h = 0.2 to 1.2 times 2 / lambda_max, lambda_max the largest eigenvalue of the
// Hessian at the start. At eight points along each run every flow starts from descent's own iterate and runs for the time of one
// step; its end is compared with the next iterate. Errors are relative to the length of the step. h lambda_max is measured at each
// point; medians are over all points of the five seeds whose h lambda_max lies in the same regime.
//
// A flow that does not reach the end of its step (the principal flow may chatter where an eigenvalue crosses 1/h) counts as
// an infinite error, never as missing.

#include <drift/drift.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "support/example.hpp"
#include "support/run_all.hpp"

using namespace drift;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

const std::vector<std::string> flow_names = {"negative gradient", "order 2 (IGR)",        "order 3",
                                             "principal",         "principal, real part", "principal + third term",
                                             "map logarithm"};
enum FlowIndex : std::size_t {
  negative_gradient,
  igr,
  third,
  principal,
  principal_real,
  principal_third,
  map_logarithm
};

/// Regimes of h lambda_max, by their upper ends.
struct Regime {
  std::string name;
  double low;
  double high;
};
const std::vector<Regime> regimes = {
    {"below 0.5", 0, 0.5}, {"0.5 to 1", 0.5, 1}, {"1 to 1.5", 1, 1.5}, {"1.5 to 2", 1.5, 2}, {"above 2", 2, infinity}};

enum class Loss { cross_entropy, squared_error };
constexpr const char* name_of(Loss loss) { return loss == Loss::cross_entropy ? "cross-entropy" : "squared error"; }

/// One run of descent: a loss, a seed for the initialisation, and h in units of 2 / lambda_max at the start.
struct Job {
  Loss loss;
  std::uint64_t seed;
  double factor;
};

/// Relative one-step errors of all flows at one point of a run.
struct Measurement {
  Job job;
  double h;
  Index iteration;
  double h_lambda;  ///< h lambda_max here
  double value;     ///< E here
  std::vector<double> errors;
};

using Net = decltype(nn::sequential(nn::dense(4, 10), nn::tanh(), nn::dense(10, 3)));

template <class P>
double largest_eigenvalue(const P& problem, const Vector<double>& theta) {
  return calculus::symmetric_eigen<double>(hessian(problem, theta)).values.maxCoeff();
}

template <class P>
std::vector<double> all_errors(const P& problem, double h, const Vector<double>& theta) {
  // The step budget ends flows that chatter; the errors of interest lie far above the tolerances.
  const IntegrateOptions options{.relative_tolerance = 1e-6, .absolute_tolerance = 1e-8, .maximum_steps = 100};
  const flows::PrincipalOptions plain{.krylov_tolerance = 1e-7, .largest_krylov_dimension = 32};
  flows::PrincipalOptions with_third = plain;
  with_third.third_derivative_term = true;

  const auto step = descent::step(problem, GradientDescent{.learning_rate = h});
  const double length = (step(theta) - theta).norm();
  const auto error = [&](const auto& flow) { return one_step_error(flow, step, theta, options); };
  const auto of_principal = error(flows::principal(problem, h, plain));
  return {error(flows::modified<1>(problem, h)).norm / length,
          error(flows::modified<2>(problem, h)).norm / length,
          error(flows::modified<3>(problem, h)).norm / length,
          of_principal.norm / length,
          of_principal.real_norm / length,
          error(flows::principal(problem, h, with_third)).norm / length,
          error(flows::map_logarithm<4>(step)).norm / length};
}

/// Descent from a random start, and every flow from eight of its iterates.
template <class P>
std::vector<Measurement> run(const P& problem, const Net& net, const Job& job, const std::vector<Index>& points) {
  const Random random = Random(job.seed).split("initialisation");
  Vector<double> theta = nn::initialise(net, nn::glorot_normal(), random);
  const double h = job.factor * 2 / largest_eigenvalue(problem, theta);
  auto state = descent::run_state(theta, GradientDescent{.learning_rate = h});
  auto e = point_at(problem, theta);

  std::vector<Measurement> measurements;
  for (const Index point : points) {
    while (state.iteration < point && !descent::advance(state, e).ended) {
    }
    theta = state.parameters;
    if (state.iteration < point || descent::advance(state, e).ended) break;
    measurements.push_back(
        {job, h, point, h * largest_eigenvalue(problem, theta), value(problem, theta), all_errors(problem, h, theta)});
  }
  return measurements;
}

/// All jobs, on two threads; the results stand in the order of the jobs, whichever thread did them.
template <class Work>
std::vector<Measurement> run_all(const std::vector<Job>& jobs, const Work& work) {
  std::vector<Measurement> all;
  for (const auto& of_job : examples::run_all("runs", jobs.size(), 2, [&](std::size_t j) { return work(jobs[j]); })) {
    all.insert(all.end(), of_job.begin(), of_job.end());
  }
  return all;
}

/// The q-quantile; infinite errors count as the largest. NaN without values.
double quantile(std::vector<double> values, double q) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto at = static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

std::vector<double> errors_in(const std::vector<Measurement>& all, Loss loss, const Regime& regime, std::size_t flow) {
  std::vector<double> errors;
  for (const Measurement& m : all) {
    if (m.job.loss == loss && m.h_lambda >= regime.low && m.h_lambda < regime.high) errors.push_back(m.errors[flow]);
  }
  return errors;
}

void table_and_claims(examples::Example& example, const std::vector<Measurement>& all, Loss loss) {
  std::vector<std::string> header = {std::string(name_of(loss)) + ", h lambda", "points"};
  header.insert(header.end(), flow_names.begin(), flow_names.end());
  report::Table table(header, 2);
  for (const Regime& regime : regimes) {
    std::vector<double> medians;
    for (std::size_t f = 0; f < flow_names.size(); ++f)
      medians.push_back(quantile(errors_in(all, loss, regime, f), 0.5));
    const auto count = errors_in(all, loss, regime, 0).size();
    table.row(regime.name, count, medians[0], medians[1], medians[2], medians[3], medians[4], medians[5], medians[6]);
    if (count == 0) continue;
    const std::string where = fmt::format("{}, h lambda {}", name_of(loss), regime.name);
    const std::string numbers =
        fmt::format("medians: principal {:.2g}, order 3 {:.2g}, IGR {:.2g}, negative gradient {:.2g}",
                    medians[principal], medians[third], medians[igr], medians[negative_gradient]);
    if (regime.low < 0.5) {
      example.verdicts().empirical(where + ": each order follows more closely, order 3 < IGR < negative gradient",
                                   medians[third] < medians[igr] && medians[igr] < medians[negative_gradient], numbers);
    } else {
      example.verdicts().empirical(where + ": the principal flow follows best, principal < IGR < negative gradient",
                                   medians[principal] < medians[igr] && medians[igr] < medians[negative_gradient],
                                   numbers);
    }
  }
  example.print(table);
}

/// Errors at the start against h: the orders are mathematics, so they are held to it.
template <class P>
void check_orders(examples::Example& example, const P& problem, const Net& net, std::uint64_t seed, Loss loss) {
  const Vector<double> theta = nn::initialise(net, nn::glorot_normal(), Random(seed).split("initialisation"));
  const double scale = 2 / largest_eigenvalue(problem, theta);
  const auto slope = [&](const auto& make_flow) {
    const auto error = [&](double h) {
      const auto step = descent::step(problem, GradientDescent{.learning_rate = h});
      return one_step_error(make_flow(h), step, theta, {.relative_tolerance = 1e-12, .absolute_tolerance = 1e-14}).norm;
    };
    return order_of_accuracy(error, {0.02 * scale, 0.01 * scale, 0.005 * scale}).slope;
  };
  const auto claim = [&](const std::string& flow, double expected, double found) {
    example.verdicts().order(
        fmt::format("{}: the one-step error of {} falls as h^{:.0f}", name_of(loss), flow, expected),
        std::abs(found - expected) < 0.25, fmt::format("slope {:.3f}, must be within 0.25", found));
  };
  claim("the negative gradient flow", 2, slope([&](double h) { return flows::modified<1>(problem, h); }));
  claim("order 2 (IGR)", 3, slope([&](double h) { return flows::modified<2>(problem, h); }));
  claim("order 3", 4, slope([&](double h) { return flows::modified<3>(problem, h); }));
  claim("the principal flow", 3, slope([&](double h) { return flows::principal(problem, h); }));
  claim("the principal flow with the third term", 4,
        slope([&](double h) { return flows::principal(problem, h, {.third_derivative_term = true}); }));
}

report::Figure figure_of(const std::vector<Measurement>& all) {
  report::Figure figure("How far does each flow drift from gradient descent? (4-10-3 tanh network, Iris, 5 seeds)");
  for (const Loss loss : {Loss::cross_entropy, Loss::squared_error}) {
    report::Panel& panel = figure.panel(name_of(loss));
    panel.x = {.label = "h × largest eigenvalue of the Hessian at the iterate"};
    panel.y = {.label = "one-step error / length of the step", .logarithmic = true};
    panel.vertical(1, "").vertical(2, "stability limit");
    for (const std::size_t flow : {negative_gradient, igr, third, principal, principal_third, map_logarithm}) {
      // Medians and quartiles over bins of h lambda of width 0.25.
      std::vector<double> centres, medians, lower, upper;
      for (double low = 0; low < 3; low += 0.25) {
        const std::vector<double> errors = errors_in(all, loss, {"", low, low + 0.25}, flow);
        if (errors.size() < 3) continue;
        centres.push_back(low + 0.125);
        medians.push_back(quantile(errors, 0.5));
        lower.push_back(quantile(errors, 0.25));
        upper.push_back(quantile(errors, 0.75));
      }
      if (flow == negative_gradient || flow == principal) panel.band(flow_names[flow], centres, lower, upper);
      panel.line_points(flow_names[flow], centres, medians);
    }
  }
  return figure;
}

}  // namespace

int main(int argc, char** argv) {
  examples::Example example(
      "how_far_does_each_flow_drift",
      "How far does each continuous-time flow drift from gradient descent, for a network on real data?");
  Index seeds = 5;
  std::vector<double> factors = {0.2, 0.45, 0.7, 0.95, 1.2};
  std::string data = examples::data_file("iris.csv").string();
  example.setting("seeds", seeds, "number of initialisations, the first from --seed", {.quick = 1, .full = {}});
  example.setting("factors", factors, "learning rates in units of 2 / lambda_max at the start",
                  {.quick = std::vector<double>{0.2, 0.8}, .full = {}});
  example.setting("data", data, "CSV file with the examples, label last");
  return example.run(argc, argv, [&] {
    const auto iris = data::iris(data);
    auto [train, test] = data::split(iris, Random(example.seed()).split("split"), {.train_fraction = 0.8});
    const auto scaling = data::fit_standardisation(train);
    train = scaling.apply(train);
    test = scaling.apply(test);

    const Net net = nn::sequential(nn::dense(4, 10), nn::tanh(), nn::dense(10, 3));
    const auto cross_entropy = nn::supervised(net, losses::softmax_cross_entropy(), train.features, train.labels);
    const auto squared_error = nn::supervised(net, losses::squared_error(), train.features, train.labels);

    std::vector<Job> jobs;
    for (const Loss loss : {Loss::cross_entropy, Loss::squared_error}) {
      for (const double factor : factors) {
        for (Index s = 0; s < seeds; ++s)
          jobs.push_back({loss, example.seed() + static_cast<std::uint64_t>(s), factor});
      }
    }
    const std::vector<Index> points =
        example.quick() ? std::vector<Index>{10, 100} : std::vector<Index>{0, 1, 3, 10, 30, 100, 300, 1000};
    const std::vector<Measurement> all = run_all(jobs, [&](const Job& job) {
      return job.loss == Loss::cross_entropy ? run(cross_entropy, net, job, points)
                                             : run(squared_error, net, job, points);
    });

    report::Trace trace({"loss", "seed", "factor", "h", "iteration", "h_lambda", "value", "negative_gradient", "igr",
                         "order_3", "principal", "principal_real_part", "principal_third", "map_logarithm_4"});
    std::array<Index, 7> unfinished{};
    for (const Measurement& m : all) {
      trace.row(name_of(m.job.loss), m.job.seed, m.job.factor, m.h, m.iteration, m.h_lambda, m.value, m.errors[0],
                m.errors[1], m.errors[2], m.errors[3], m.errors[4], m.errors[5], m.errors[6]);
      for (std::size_t f = 0; f < 7; ++f) unfinished[f] += m.errors[f] == infinity ? 1 : 0;
    }
    example.write(trace);

    for (const Loss loss : {Loss::cross_entropy, Loss::squared_error}) table_and_claims(example, all, loss);
    example.print("Median over points and seeds of |flow after one step - next iterate| / |step|.");
    example.print(fmt::format(
        "Steps that a flow did not finish (counted as infinite errors), of {}: principal {}, with third term {}, "
        "IGR {}, order 3 {}, map logarithm {}.",
        all.size(), unfinished[principal], unfinished[principal_third], unfinished[igr], unfinished[third],
        unfinished[map_logarithm]));
    check_orders(example, cross_entropy, net, example.seed(), Loss::cross_entropy);
    check_orders(example, squared_error, net, example.seed(), Loss::squared_error);
    example.draw(figure_of(all));
  });
}
