#pragma once
// Which drift this is. The same number stands in CMakeLists.txt (project VERSION), where find_package looks.

#include <string_view>

namespace drift {

inline constexpr int version_major = 0;
inline constexpr int version_minor = 1;
inline constexpr int version_patch = 0;
inline constexpr std::string_view version = "0.1.0";

}  // namespace drift
