// The yardstick: one of Eigen's eigenvalue solvers and nothing else.

#include <Eigen/Eigenvalues>

double largest_eigenvalue(const Eigen::MatrixXd& symmetric) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(symmetric);
  return solver.eigenvalues().tail(1).value();
}
