#pragma once
// A pool of idle workspaces, so that free functions such as gradient(problem, x) can be const, re-entrant and still reuse
// memory: borrow one, use it, and it goes back by itself. Threads share a pool; each holds its own workspace.

#include <drift/core/types.hpp>

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace drift {

template <class Workspace>
class Pool {
  struct Shelf {
    std::mutex mutex;
    std::vector<std::unique_ptr<Workspace>> idle;
  };

 public:
  /// A borrowed workspace; destroying the lease puts it back on the shelf. If an exception passes, the workspace is dropped.
  class Lease {
   public:
    Lease(std::shared_ptr<Shelf> shelf, std::unique_ptr<Workspace> workspace)
        : shelf_(std::move(shelf)), workspace_(std::move(workspace)), exceptions_(std::uncaught_exceptions()) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (!workspace_ || std::uncaught_exceptions() > exceptions_) return;
      const std::lock_guard lock(shelf_->mutex);
      shelf_->idle.push_back(std::move(workspace_));
    }
    Workspace& operator*() const { return *workspace_; }
    Workspace* operator->() const { return workspace_.get(); }

   private:
    std::shared_ptr<Shelf> shelf_;
    std::unique_ptr<Workspace> workspace_;
    int exceptions_;
  };

  /// An idle workspace after `reuse(workspace)`, or a new one from `make()`.
  template <class Make, class Reuse>
  Lease borrow(const Make& make, const Reuse& reuse) const {
    std::unique_ptr<Workspace> workspace;
    {
      const std::lock_guard lock(shelf_->mutex);
      if (!shelf_->idle.empty()) {
        workspace = std::move(shelf_->idle.back());
        shelf_->idle.pop_back();
      }
    }
    if (workspace) {
      reuse(*workspace);
    } else {
      workspace = std::make_unique<Workspace>(make());
    }
    return Lease(shelf_, std::move(workspace));
  }

 private:
  std::shared_ptr<Shelf> shelf_ = std::make_shared<Shelf>();  // copies of a problem share it
};

}  // namespace drift
