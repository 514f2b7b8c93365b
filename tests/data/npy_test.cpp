#include <drift/data/npy.hpp>

#include "data/malformed.hpp"
#include "support/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::Equals;
using drift::Index;
using drift::Matrix;
using drift::Vector;
using drift::data::Array;
using drift::data::read_npy;
using drift::data::write_npy;

namespace {

/// A file of version 1.0, or of 2.0 or 3.0 whose header's length has four bytes.
std::string npy_file(const std::string& header, const std::string& values, int version = 1) {
  const auto length = static_cast<std::uint32_t>(header.size());
  return "\x93NUMPY" + bytes({version, 0}) +
         (version == 1 ? little_endian(static_cast<std::uint16_t>(length)) : little_endian(length)) + header + values;
}

std::string header(const std::string& type, const std::string& shape, const std::string& fortran_order = "False") {
  return "{'descr': " + type + ", 'fortran_order': " + fortran_order + ", 'shape': " + shape + ", }\n";
}

template <class T = double>
Array<T> read(const std::string& file) {
  std::istringstream in(file);
  return read_npy<T>(in, "file");
}

std::string complaint_of(const std::string& file) {
  return complaint([&] { read(file); });
}

/// What is wrong with a header, whose text begins at offset 10.
std::string header_complaint(const std::string& text) { return complaint_of(npy_file(text, "")); }

std::filesystem::path numpys(const std::string& name) {
  return std::filesystem::path(DRIFT_SOURCE_DIR) / "tests" / "data" / "files" / name;
}

}  // namespace

TEST_CASE("Files that NumPy wrote are read") {
  const Array<float> fortran = read_npy<float>(numpys("fortran_f4_big_endian.npy"));
  CHECK(fortran.shape == std::vector<Index>{2, 3});
  CHECK(fortran.values == std::vector<float>{0, 0.25F, 0.5F, 0.75F, 1, 1.25F});
  CHECK(fortran.names.empty());

  const Array<int> axes = read_npy<int>(numpys("three_axes_i2.npy"));
  CHECK(axes.shape == std::vector<Index>{2, 3, 2});
  CHECK(axes.matrix() == Matrix<int>{{-5000, -4000, -3000, -2000, -1000, 0}, {1000, 2000, 3000, 4000, 5000, 6000}});

  const Array<double> table = read_npy(numpys("table.npy"));
  CHECK(table.shape == std::vector<Index>{3, 3});
  CHECK(table.names == std::vector<std::string>{"step", "loss", "kept"});
  CHECK(table.matrix().leftCols(1) == Matrix<double>{{1}, {2}, {3}});
  CHECK(table.matrix().col(2) == Vector<double>{{1, 0, 1}});
  CHECK(table.values[1] == 0.5);
  CHECK(table.values[4] == 0.25);
  CHECK(std::isnan(table.values[7]));
}

TEST_CASE("Every type is read by its name") {
  const auto value = [](const std::string& type, const std::string& number) {
    return read(npy_file(header("'" + type + "'", "(1,)"), number)).values[0];
  };
  CHECK(value("|b1", bytes({1})) == 1);
  CHECK(value("|i1", bytes({0xff})) == -1);
  CHECK(value("<i2", little_endian(std::int16_t{-300})) == -300);
  CHECK(value(">i2", big_endian(std::int16_t{-300})) == -300);
  CHECK(value("<i4", little_endian(std::int32_t{-70000})) == -70000);
  CHECK(value(">i8", big_endian(std::int64_t{-5})) == -5);
  CHECK(value("|u1", bytes({0xff})) == 255);
  CHECK(value("<u2", little_endian(std::uint16_t{65535})) == 65535);
  CHECK(value(">u4", big_endian(std::uint32_t{4000000000U})) == 4e9);
  CHECK(value("<u8", little_endian(std::uint64_t{1} << 63U)) == std::ldexp(1.0, 63));
  CHECK(value("<f4", little_endian(0.1F)) == static_cast<double>(0.1F));
  CHECK(value(">f8", big_endian(0.1)) == 0.1);
}

TEST_CASE("All three versions, and shapes without and with nothing in them") {
  CHECK(read(npy_file(header("'|u1'", "(2,)"), "\1\2", 2)).values == std::vector<double>{1, 2});
  const Array<double> utf8 = read(npy_file(header("[('\xc3\xa9', '|u1')]", "(2,)"), "\1\2", 3));
  CHECK(utf8.names == std::vector<std::string>{"\xc3\xa9"});
  CHECK(read(npy_file(header("'|u1'", "()"), "\7")).matrix() == Matrix<double>{{7}});
  CHECK(read(npy_file(header("'<f8'", "(0, 3)"), "")).matrix().cols() == 3);
  CHECK(read(npy_file(header("'<f8'", "(3, 0)", "True"), "")).matrix().rows() == 3);
}

TEST_CASE("Fortran order becomes C order, for any number of axes and of fields") {
  // An entry's value names its indices, so that the file's order can be written down by loops of its own.
  std::string fortran;
  std::string c;
  for (int k = 0; k < 4; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i) fortran += bytes({100 * i + 10 * j + k, 1});
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k) c += bytes({100 * i + 10 * j + k, 1});
  const std::string fields = "[('a', '|u1'), ('b', '|b1')]";
  const Array<int> from_fortran = read<int>(npy_file(header(fields, "(2, 3, 4)", "True"), fortran));
  const Array<int> from_c = read<int>(npy_file(header(fields, "(2, 3, 4)"), c));
  CHECK(from_fortran.shape == std::vector<Index>{2, 3, 4, 2});
  CHECK(from_fortran.values == from_c.values);
  CHECK(from_c.values[2 * (12 + 2 * 4 + 3)] == 123);
}

TEST_CASE("A header's keys may stand in any order, its strings in either quotes, its tuples end in a comma or not") {
  const std::string text = R"({"shape":(1,1),'fortran_order':False,"descr":[("it's",'|u1',)]})";
  CHECK(header_complaint(text).find("expected ')', a field holds one number") != std::string::npos);
  const Array<double> array =
      read(npy_file(R"({"shape":(1,1),'fortran_order':False,"descr":[("it's",'|u1'),]}  )", "\5"));
  CHECK(array.names == std::vector<std::string>{"it's"});
  CHECK(array.values == std::vector<double>{5});
  CHECK(read(npy_file(header(R"([('it\'s \\', '|u1')])", "(1,)"), "\5")).names[0] == "it's \\");
}

TEST_CASE("An NPY file cut off anywhere is refused with the offset of what is missing") {
  const std::string text = header("'<f4'", "(2,)");
  const std::string file = npy_file(text, std::string(8, 'x'));
  for (std::size_t size = 0; size < file.size(); ++size) {
    const std::size_t end = 10 + text.size();
    const std::size_t start = size < 8 ? 0 : size < 10 ? 8 : size < end ? 10 : end;
    const std::string part = size < 8     ? "8 bytes of a magic number and a version"
                             : size < 10  ? "2 bytes of the header's length"
                             : size < end ? std::to_string(text.size()) + " bytes of a header"
                                          : "8 bytes of values";
    CHECK(complaint_of(file.substr(0, size)) ==
          "file, offset " + std::to_string(start) + ": expected " + part + ", found " + std::to_string(size - start));
  }
  CHECK(read(file).size() == 2);
  CHECK(complaint_of(file + "x") ==
        "file, offset " + std::to_string(file.size()) + ": expected the end of the file, found more bytes");
}

TEST_CASE("What is no NPY file, or of another version, is refused") {
  CHECK(complaint_of("\x93NUMPX" + bytes({1, 0, 0, 0})) ==
        "file, offset 0: expected 93 4e 55 4d 50 59 (.NUMPY), found other bytes");
  CHECK(complaint_of(npy_file("", "", 4)) == "file, offset 6: expected version 1.0, 2.0 or 3.0, found 4.0");
  CHECK(complaint_of(npy_file("", "", 255)) == "file, offset 6: expected version 1.0, 2.0 or 3.0, found 255.0");
  CHECK(complaint_of("\x93NUMPY" + bytes({2, 0, 0xff, 0xff, 0xff, 0xff})) ==
        "file, offset 8: expected a header of at most 65536 bytes, found 4294967295");
  const TemporaryFolder folder;
  put(folder / "a", bytes({0x1f, 0x8b, 8, 0}));
  CHECK(complaint([&] { read_npy(folder / "a"); }).find("data::gunzip(path)") != std::string::npos);
}

TEST_CASE("Types that are not read are named") {
  const std::string allowed =
      "file, offset 20: expected a number of type b1, i1, i2, i4, i8, u1, u2, u4, u8, f4 or f8, '<' or '>' before in "
      "the header, found ";
  for (const std::string type : {"<f2", "<c8", "<c16", "|O", "<U5", "|S3", "<M8[ns]", "=f8", "|f8", "f8", "<i3", "<b2",
                                 "<f16", "|V4", "", "<i8 ", "<i/"})
    CHECK(header_complaint(header("'" + type + "'", "(1,)")) == allowed + "'" + type + "'");
}

TEST_CASE("Fields that are not read are refused") {
  const auto fields = [](const std::string& type) { return header_complaint(header(type, "(1,)")); };
  CHECK_THAT(fields("[('a', '<f4', (2,))]"),
             Contains("expected ')', a field holds one number in the header, found ', (2,))]"));
  CHECK_THAT(fields("[('a', '<f4'), ('', '|V4')]"), Contains("expected a field with a name (gaps are not read)"));
  CHECK_THAT(fields("[('a', '<f4'), ('a', '<f4')]"),
             Contains("expected fields of different names in the header, found 'a' again"));
  CHECK_THAT(fields("[]"), Contains("expected at least one field in the header, found none"));
  CHECK_THAT(fields("[(('title', 'a'), '<f4')]"),
             Contains("expected a string in quotes in the header, found '('title', "));
  CHECK_THAT(fields("[('a', [('b', '<f4')])]"), Contains("expected a string in quotes in the header, found '[('b'"));
  CHECK_THAT(fields("[('a' '<f4')]"), Contains("expected ',' in the header"));
  CHECK_THAT(fields("[('a', '<f4') ('b', '<f4')]"), Contains("expected ',' or ']' in the header"));
  CHECK_THAT(fields(R"([('a\x41', '<f4')])"), Contains("expected no escape in a string but of a quote or backslash"));
}

TEST_CASE("A header that NumPy would not write is refused with its place") {
  CHECK(header_complaint("") == "file, offset 10: expected '{' in the header, found its end");
  CHECK(header_complaint("[1]") == "file, offset 10: expected '{' in the header, found '[1]'");
  CHECK(header_complaint("{'descr': '<f8'") == "file, offset 25: expected ',' or '}' in the header, found its end");
  CHECK(header_complaint("{'descr': '<f8") ==
        "file, offset 20: expected a string that is closed in the header, found one without end");
  CHECK(header_complaint("{'descr' '<f8'}") == "file, offset 19: expected ':' in the header, found ''<f8'}'");
  CHECK(header_complaint("{'descr': '<f8', 'descr': '<f8'}") ==
        "file, offset 27: expected each key once in the header, found 'descr' again");
  CHECK(header_complaint("{'order': 1}") ==
        "file, offset 11: expected the key 'descr', 'fortran_order' or 'shape' in the header, found 'order'");
  CHECK(header_complaint("{'descr': '<f8', }") ==
        "file, offset 10: expected the keys 'descr', 'fortran_order' and 'shape' in the header, found 1 of them");
  CHECK(header_complaint("{'fortran_order': 0}") ==
        "file, offset 28: expected True or False in the header, found '0}'");
  CHECK_THAT(header_complaint(header("'<f8'", "(1,)") + "x"), Contains("expected nothing more in the header, found"));
  CHECK_THAT(header_complaint(header("'<f8'", "3")), Contains("expected '(' in the header, found '3, }"));
  CHECK_THAT(header_complaint(header("'<f8'", "(3)")), Contains("expected ',' in the header, found ')"));
  CHECK_THAT(header_complaint(header("'<f8'", "(3 4)")), Contains("expected ',' in the header, found '4)"));
  CHECK_THAT(header_complaint(header("'<f8'", "(3, 4 5)")), Contains("expected ',' in the header, found '5)"));
  CHECK_THAT(header_complaint(header("'<f8'", "(3, 4")), Contains("expected a size, a whole number"));
  const std::string no_size = "expected a size, a whole number from 0 that fits in 63 bits in the header, found ";
  for (const std::string shape : {"(-1,)", "(9223372036854775808,)", "(0x1,)", "(,)", "(1.5,)", "(None,)", "(-0,)"})
    CHECK_THROWS_AS(read(npy_file(header("'<f8'", shape), "")), drift::FileError);
  CHECK_THAT(header_complaint(header("'<f8'", "(-1,)")), Contains(no_size + "'-1,), }"));
}

TEST_CASE("Shapes that overflow are refused, huge ones are believed only against the bytes that are there") {
  CHECK_THAT(
      header_complaint(header("'<f8'", "(4294967296, 4294967296)")),
      Equals("file, offset 10: expected a shape of an array that fits in memory, found 4294967296 x 4294967296"));
  CHECK_THAT(header_complaint(header("'|u1'", "(0, 9223372036854775807, 2)")),
             Contains("a shape of an array that fits"));
  const std::string text = header("'<f8'", "(1000000000000,)");
  CHECK(complaint_of(npy_file(text, "12345678")) ==
        "file, offset " + std::to_string(10 + text.size()) + ": expected 8000000000000 bytes of values, found 8");
}

TEST_CASE("A number that T cannot hold is refused with its offset") {
  const std::string text = header("[('a', '|u1'), ('b', '<i2')]", "(2,)");
  const std::string file = npy_file(text, bytes({1, 2, 0, 3, 0x2c, 1}));
  CHECK(complaint([&] { read<std::uint8_t>(file); }) ==
        "file, offset " + std::to_string(10 + text.size() + 4) + ": expected a whole number in 0, ..., 255, found 300");
  CHECK_THAT(complaint_of(npy_file(header("'|b1'", "(1,)"), "\2")),
             Contains("expected a truth value, 0 or 1, found 2"));
}

TEST_CASE("What is written is what is read") {
  const TemporaryFolder folder;
  const auto path = folder / "a.npy";
  Matrix<double> matrix{{1, -0.1, 1e300}, {std::numeric_limits<double>::infinity(), 0, 5e-324}};
  write_npy(path, matrix);
  CHECK(read_npy(path).shape == std::vector<Index>{2, 3});
  CHECK(read_npy(path).matrix() == matrix);
  write_npy(path, matrix.transpose() * 0.5);  // an expression
  CHECK(read_npy(path).matrix() == matrix.transpose() * 0.5);
  write_npy(path, Vector<float>{{1, 2.5F}});
  CHECK(read_npy<float>(path).shape == std::vector<Index>{2});
  CHECK(read_npy<float>(path).values == std::vector<float>{1, 2.5F});
  write_npy(path, Matrix<double>(0, 4));
  CHECK(read_npy(path).shape == std::vector<Index>{0, 4});

  const Array<std::int64_t> cube{{2, 2, 2}, {1, -2, 3, std::numeric_limits<std::int64_t>::min(), 5, 6, 7, 8}, {}};
  write_npy(path, cube);
  CHECK(read_npy<std::int64_t>(path).shape == cube.shape);
  CHECK(read_npy<std::int64_t>(path).values == cube.values);
  write_npy(path, Array<std::uint8_t>{{}, {200}, {}});
  CHECK(read_npy(path).shape.empty());
  CHECK(read_npy(path).values == std::vector<double>{200});
}

TEST_CASE("A table is written with the names of its columns") {
  const TemporaryFolder folder;
  const auto path = folder / "a.npy";
  const Matrix<double> columns{{1, 0.5}, {2, 0.25}, {3, 0.125}};
  for (const std::string name : {"loss", "it's", "a\\b", "\"", "|g|\xc2\xb2"}) {
    write_npy(path, {"step", name}, columns);
    const Array<double> table = read_npy(path);
    CHECK(table.matrix() == columns);
    CHECK(table.names == std::vector<std::string>{"step", name});
  }
  write_npy(path, {"a"}, Matrix<double>(0, 1));
  CHECK(read_npy(path).shape == std::vector<Index>{0, 1});
}

TEST_CASE("Written files look as NumPy's do: aligned values, a line end before them, its own version") {
  const TemporaryFolder folder;
  const auto path = folder / "a.npy";
  write_npy(path, Matrix<double>{{1, 2}});
  const std::string file = content_of(path);
  CHECK(file.size() == 128 + 16);
  CHECK(file.substr(0, 10) == "\x93NUMPY" + bytes({1, 0, 118, 0}));
  CHECK(file.substr(10, 62) == "{'descr': '<f8', 'fortran_order': True, 'shape': (1, 2), }    ");
  CHECK(file[127] == '\n');
  // The same bytes as NumPy's, where the array is the same.
  write_npy(path, Array<std::int16_t>{
                      {2, 3, 2}, {-5000, -4000, -3000, -2000, -1000, 0, 1000, 2000, 3000, 4000, 5000, 6000}, {}});
  CHECK(content_of(path) == content_of(numpys("three_axes_i2.npy")));
  write_npy(path, {"\xc3\xa9"}, Matrix<double>{{1}});
  CHECK(content_of(path).substr(6, 2) == bytes({3, 0}));
  CHECK(content_of(path).size() % 64 == 8);
}

TEST_CASE("What cannot be written leaves no file") {
  const TemporaryFolder folder;
  const auto path = folder / "a.npy";
  const Matrix<double> columns(1, 2);
  const auto write = [&](const std::vector<std::string>& names) { write_npy(path, names, columns); };
  CHECK_THROWS_WITH(write({"a"}), Equals("names: was of length 1, must be one for each column, of which there are 2"));
  for (const std::string name : {"", "a", "a\n", "\x7f"})
    CHECK_THROWS_WITH(write({"a", name}), Contains("must be not empty, without control characters and each different"));
  CHECK_THROWS_WITH(write({"a", std::string(70000, 'x')}), Contains("so few and short that a header of 65535 bytes"));
  CHECK_THROWS_AS(write_npy(path, Array<double>{{2}, {1}, {}}), drift::InvalidArgument);
  CHECK(folder.entries() == 0);
  CHECK_THROWS_AS(write_npy(folder / "missing" / "a.npy", columns), drift::FileError);
}
