# cmake -D way=subdirectory|package -D build=<drift's build> -D work=<scratch dir> -D compiler=<c++> -P check.cmake
# Configures, builds and runs tests/consumer from nothing; the package is installed into the scratch directory first.

cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE ${work})
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH tests)
cmake_path(GET tests PARENT_PATH checkout)

if(way STREQUAL "package")
  execute_process(COMMAND ${CMAKE_COMMAND} --install ${build} --prefix ${work}/prefix OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endif()
execute_process(
  COMMAND ${CMAKE_COMMAND} -G Ninja -S ${CMAKE_CURRENT_LIST_DIR} -B ${work}/build -D CMAKE_CXX_COMPILER=${compiler}
          -D CMAKE_CXX_FLAGS=-O0 -D CMAKE_PREFIX_PATH=${work}/prefix -D drift_way=${way} -D drift_checkout=${checkout}
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${work}/build -- -j 1 COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${work}/build/consumer COMMAND_ERROR_IS_FATAL ANY)
