#pragma once
// Checkpoints: a run on the disk, so that one that is killed at any moment goes on from there and ends with the same bits.
//
//     descent::History history;
//     auto state = descent::run_state(theta0, Adam{}, data::minibatches(examples, {.batch_size = 32}, Random(seed)));
//     descent::resume("run.checkpoint", state, history);                                  // false where there is none yet
//     descent::Checkpoints keep("run.checkpoint", {.every = 100}, history);               // observers that it saves beside the state
//     auto run = train(fit, state, {.iterations = 5000}, history, keep);                  // told after those that only look
//
//     descent::save_checkpoint("run.checkpoint", run.run_state, history);                 // by hand: any number of values
//     descent::load_checkpoint("run.checkpoint", state, history);                         // an error where there is none
//
// What a value is, its fields say (core/fields.hpp): a RunState is its parameters, optimiser with schedule, memory, stream and iteration.
// Values are loaded in the order in which they were saved, into values that were built as those were; what was saved replaces them whole,
// settings included. To go on with another rate set it after loading; to see whether what was loaded is what the program says:
//
//     auto asked = state.optimiser;
//     if (descent::resume(path, state)) if (auto name = first_difference(asked, state.optimiser)) ... *name ...
//
// The file: "drift checkpoint", byte-order mark (4 bytes), version (4), size of the payload (8), checksum (8), payload (core/archive.hpp).
// It is written beside and renamed (core/atomic_file.hpp), and on the disk before the old one is gone. Any change of one byte is noticed,
// of several but for one case in 2^64.
//
// Cost: two copies of the values in memory; writing at the speed of the disk, and the milliseconds that it takes to confirm. A history that
// goes with the run is written whole every time, 32 bytes a row: for long runs record rarely (History's every) or save rarely (seconds).
// Failures: FileError that starts with the path, and no value has changed: no checkpoint, one of a newer version or another byte order, cut
// off, too long, damaged, or of other values, with the field that differs. Saving fails where the disk does; the old file is then still
// there. From within minimise and train that ends the run with Status::observer_failed.

#include <drift/core/archive.hpp>
#include <drift/core/atomic_file.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/fields.hpp>
#include <drift/core/types.hpp>
#include <drift/descent/run.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

namespace drift::descent {

namespace detail {

inline constexpr std::string_view checkpoint_magic = "drift checkpoint";
inline constexpr std::uint32_t checkpoint_version = 1;
inline constexpr std::uint32_t byte_order_mark = 0x01020304;
inline constexpr std::uint32_t reversed_byte_order_mark = 0x04030201;

struct CheckpointHeader {
  std::array<std::uint32_t, 2> mark_and_version;
  std::array<std::uint64_t, 2> size_and_checksum;  ///< of the payload

  static constexpr std::size_t bytes = checkpoint_magic.size() + 24;
};

/// FNV-1a over words of 8 bytes, the last filled up with zeros and followed by the length, each step followed by h ^= h >> 32. Every step
/// is one-to-one in h and in the word, so that a change within one word always changes the result.
inline std::uint64_t checksum(std::string_view bytes) {
  namespace archive = drift::detail::archive;
  std::uint64_t hash = 0xCBF29CE484222325;
  const auto add = [&hash](std::uint64_t word) {
    hash = (hash ^ word) * 0x100000001B3;
    hash ^= hash >> 32;
  };
  std::string_view rest = bytes;
  for (; rest.size() >= 8; rest.remove_prefix(8)) add(archive::number_from<std::uint64_t>(rest));
  std::array<char, 8> last{};
  std::copy(rest.begin(), rest.end(), last.begin());
  add(archive::number_from<std::uint64_t>({last.data(), last.size()}));
  add(bytes.size());
  return hash;
}

inline std::string encode_header(std::string_view payload) {
  namespace archive = drift::detail::archive;
  const CheckpointHeader header{{byte_order_mark, checkpoint_version}, {payload.size(), checksum(payload)}};
  std::string bytes(checkpoint_magic);
  archive::append_numbers(bytes, header.mark_and_version.data(), 2);
  archive::append_numbers(bytes, header.size_and_checksum.data(), 2);
  return bytes;
}

/// From the first bytes of a file of this size, as many of them as a header has. Throws FileError "source: ...".
inline CheckpointHeader decode_header(std::string_view bytes, std::uint64_t file_size, const std::string& source) {
  namespace archive = drift::detail::archive;
  const auto fail = [&source](const std::string& what) { throw FileError(source + ": " + what); };
  const auto cut_off = [&](std::uint64_t expected, const std::string& of_what, std::uint64_t found) {
    fail("is cut off: expected " + std::to_string(expected) + " bytes of " + of_what + ", found " +
         std::to_string(found));
  };
  if (!bytes.starts_with(checkpoint_magic.substr(0, bytes.size())))
    fail("is no checkpoint: it does not begin with \"" + std::string(checkpoint_magic) + "\"");
  if (bytes.size() < CheckpointHeader::bytes) cut_off(CheckpointHeader::bytes, "its header", bytes.size());

  CheckpointHeader header{};
  bytes.remove_prefix(checkpoint_magic.size());
  archive::copy_numbers(bytes, header.mark_and_version.data(), 2);
  archive::copy_numbers(bytes.substr(8), header.size_and_checksum.data(), 2);
  const auto [mark, version] = header.mark_and_version;
  if (mark == reversed_byte_order_mark) fail("was written in the other byte order");
  if (mark != byte_order_mark) fail("is damaged: its byte-order mark is none");
  if (version > checkpoint_version)
    fail("was written by a newer drift: it is of version " + std::to_string(version) + ", this one reads " +
         std::to_string(checkpoint_version));
  if (version != checkpoint_version) fail("is damaged: there is no version " + std::to_string(version));
  const std::uint64_t payload = file_size - CheckpointHeader::bytes, expected = header.size_and_checksum[0];
  if (payload < expected) cut_off(expected, "content", payload);
  if (payload > expected) fail("is " + std::to_string(payload - expected) + " bytes too long");
  return header;
}

inline void require_checksum(const CheckpointHeader& header, std::string_view payload, const std::string& source) {
  if (checksum(payload) != header.size_and_checksum[1])
    throw FileError(source + ": is damaged: its checksum is not that of its content");
}

/// Up to `count` bytes of a file, fewer at its end.
inline std::string read_up_to(std::ifstream& file, std::uint64_t count, const std::filesystem::path& path) {
  std::string bytes(count, '\0');
  errno = 0;
  file.read(bytes.data(), static_cast<std::streamsize>(count));
  if (file.bad()) drift::detail::reject_path(path, "cannot be read", drift::detail::last_system_error());
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

/// What encode gave when the checkpoint was saved.
inline std::string read_payload(const std::filesystem::path& path) {
  using drift::detail::reject_path;
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) reject_path(path, "cannot be opened", error);
  if (!std::filesystem::is_regular_file(status)) reject_path(path, "is no checkpoint: it is no regular file", {});
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) reject_path(path, "cannot be opened", drift::detail::last_system_error());
  const std::uint64_t size = std::filesystem::file_size(path, error);
  if (error) reject_path(path, "cannot be read", error);

  const CheckpointHeader header = decode_header(
      read_up_to(file, std::min<std::uint64_t>(size, CheckpointHeader::bytes), path), size, path.string());
  std::string payload = read_up_to(file, header.size_and_checksum[0], path);
  require_checksum(header, payload, path.string());
  return payload;
}

}  // namespace detail

/// Saves the values as one file, in place of an older one.
template <class... Values>
void save_checkpoint(const std::filesystem::path& path, const Values&... values) {
  const std::string payload = encode(values...);
  AtomicFile file(path);
  file.write(detail::encode_header(payload));
  file.write(payload);
  file.commit_durably();
}

/// Makes the values those that the file holds, all of them or none.
template <class... Values>
void load_checkpoint(const std::filesystem::path& path, Values&... values) {
  drift::detail::archive::decode_from(path.string(), detail::read_payload(path), values...);
}

/// The same where there is such a file; false, and the values as they are, where there is none.
template <class... Values>
bool resume(const std::filesystem::path& path, Values&... values) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return false;
  load_checkpoint(path, values...);
  return true;
}

struct CheckpointOptions {
  /// Saved after every step whose iteration is a multiple of this. 0: not by steps. 0 or above.
  Index every = 1000;

  /// Saved too once this time has passed since the last checkpoint, or since this object was made. In seconds, above 0; infinity: off.
  double seconds = std::numeric_limits<double>::infinity();

  /// Throws InvalidArgument that names the first field out of its bounds.
  void validate() const {
    require(every >= 0, "every", every, "0 or above");
    require(seconds > 0, "seconds", seconds, "a number above 0, or infinity");
  }
};

/// An observer that saves the RunState and the observers given to it, which it refers to.
template <class... Observers>
class Checkpoints {
 public:
  Checkpoints(std::filesystem::path path, const CheckpointOptions& options, Observers&... observers)
      : path_(std::move(path)), options_((options.validate(), options)), observers_(observers...) {}

  template <class S, class State>
    requires HasFields<State>
  void operator()(const Iteration<S>& at, const State& state) {
    const bool due_by_steps = options_.every > 0 && at.iteration % options_.every == 0;
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - saved_at_;
    if (due_by_steps || passed.count() >= options_.seconds) save(state);
  }

  /// Saves now, as after a run's last step.
  template <class State>
    requires HasFields<State>
  void save(const State& state) {
    std::apply([&](const auto&... observers) { save_checkpoint(path_, state, observers...); }, observers_);
    saved_at_ = std::chrono::steady_clock::now();
  }

 private:
  std::filesystem::path path_;
  CheckpointOptions options_;
  std::tuple<Observers&...> observers_;
  std::chrono::steady_clock::time_point saved_at_ = std::chrono::steady_clock::now();
};

}  // namespace drift::descent
