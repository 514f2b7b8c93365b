// read_csv from any text. The first byte of the input chooses the options, the rest is the text.

#include "allocation_rule.hpp"

#include <drift/data/csv.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using drift::data::CsvHeader;
  if (size == 0) return 0;
  const unsigned choice = data[0];
  const std::array separators = {',', ' ', '\t', ';'};
  const std::array headers = {CsvHeader::detect, CsvHeader::none, CsvHeader::names, CsvHeader::counts};
  const drift::data::CsvOptions options{.separator = separators[choice % 4],
                                        .header = headers[choice / 4 % 4],
                                        .comment = choice / 16 % 2 == 0 ? '#' : '\0',
                                        .allow_non_finite = choice / 32 % 2 == 1};
  const std::string text = fuzz::text_of(data + 1, size - 1);
  const auto read = [&] {
    std::istringstream in(text);
    const drift::data::Table table = drift::data::read_csv(in, "input", options);
    if (static_cast<std::size_t>(table.values.rows()) != table.line_of_row.size())
      fuzz::finding("a row too many or few");
  };
  fuzz::check_reading(read, [&] { return size * sizeof(double); });
  return 0;
}
