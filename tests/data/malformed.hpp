#pragma once
// Files as bytes in memory, and what readers say of malformed ones.

#include <catch2/catch.hpp>

#include <drift/core/errors.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>

/// What the FileError says that read() throws; any other outcome fails the test.
template <class Read>
std::string complaint(const Read& read) {
  try {
    read();
  } catch (const drift::FileError& error) {
    return error.what();
  }
  FAIL("no FileError");
  return {};
}

/// The bytes, which may be 0 and above 127.
inline std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

/// The number's bytes, the lowest first (every machine that the tests run on is little-endian).
template <class T>
std::string little_endian(T number) {
  std::string text(sizeof(T), '\0');
  std::memcpy(text.data(), &number, sizeof(T));
  return text;
}

template <class T>
std::string big_endian(T number) {
  std::string text = little_endian(number);
  std::reverse(text.begin(), text.end());
  return text;
}

inline std::string idx_file(int type, std::initializer_list<std::uint32_t> sizes, const std::string& values) {
  std::string file = bytes({0, 0, type, static_cast<int>(sizes.size())});
  for (const std::uint32_t size : sizes) file += big_endian(size);
  return file + values;
}

inline void put(const std::filesystem::path& path, const std::string& content) {
  std::ofstream out(path, std::ios::binary);
  out << content;
}
