#include "cli/gnuplot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>

#include "striate/core/errors.h"

extern char** environ;

namespace striate::cli {
namespace {

// The two ends of a pipe, closed with the scope.
struct Pipe {
  int read = -1, write = -1;
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw IoError("gnuplot: no pipe: ", std::strerror(errno));
    read = ends[0];
    write = ends[1];
  }
  ~Pipe() {
    close_end(read);
    close_end(write);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  static void close_end(int& end) {
    if (end >= 0) close(end);
    end = -1;
  }
};

// Starts gnuplot with the pipes as its three streams. It keeps out of our signals: it has its own
// process group, so that an interruption from the keyboard is ours alone.
pid_t start(const Pipe& in, const Pipe& out, const Pipe& err) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in.read, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, out.write, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, err.write, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, broken_pipe;
  sigemptyset(&none);
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &broken_pipe);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::array<char, 8> program = {"gnuplot"};
  std::array<char, 3> defaults = {"-d"};  // no start-up files
  std::array<char, 2> input = {"-"};
  std::array<char*, 4> words = {program.data(), defaults.data(), input.data(), nullptr};
  pid_t child = 0;
  const int error = posix_spawnp(&child, "gnuplot", &files, &attributes, words.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error == ENOENT)
    throw IoError("gnuplot is not installed; figures need it (Debian: apt install gnuplot-nox)");
  if (error != 0) throw IoError("gnuplot cannot be started: ", std::strerror(error));
  return child;
}

// Reads what is there; false at the end.
bool drain(int descriptor, std::string& into) {
  std::array<char, 65536> buffer;
  const ssize_t count = read(descriptor, buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  into.append(buffer.data(), static_cast<std::size_t>(count));
  return count > 0;
}

// The first line of gnuplot's complaint that is not an echo of the script.
std::string complaint(const std::string& err) {
  for (std::size_t at = 0; at < err.size();) {
    const std::size_t end = std::min(err.find('\n', at), err.size());
    const std::string line = err.substr(at, end - at);
    const std::size_t colon = line.find(": ");
    if (line.find("line ") != std::string::npos && colon != std::string::npos)
      return line.substr(colon + 2);
    at = end + 1;
  }
  return err.substr(0, 200);
}

}  // namespace

GnuplotScript::GnuplotScript(const PictureSettings& settings) {
  switch (settings.format) {
    case PictureFormat::png:
      text_ = fmt::format("set terminal pngcairo size {},{} font 'sans,11' background '{}'\n",
                          settings.width, settings.height, settings.background);
      break;
    case PictureFormat::svg:
      text_ =
          fmt::format("set terminal svg size {},{} dynamic font 'sans-serif,13' background '{}'\n",
                      settings.width, settings.height, settings.background);
      break;
    case PictureFormat::gif:
      text_ =
          fmt::format("set terminal gif size {},{} {}\n", settings.width, settings.height,
                      settings.delay > 0 ? fmt::format("animate delay {} loop 0", settings.delay)
                                         : std::string());
  }
  text_ += "set encoding utf8\n";
}

GnuplotScript& GnuplotScript::line(std::string_view command) {
  text_ += command;
  text_ += '\n';
  return *this;
}

GnuplotScript& GnuplotScript::plot_colours(int columns, int rows,
                                           std::span<const unsigned char> colours,
                                           std::string_view more) {
  if (colours.size() !=
      std::size_t{3} * static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows))
    throw Error("gnuplot: ", colours.size(), " colours do not fill ", columns, " x ", rows);
  text_ += fmt::format(
      "plot '-' binary array=({},{}) flipy dx=1 dy=1 origin=(0.5,0.5) format='%uchar' using 1:2:3 "
      "with rgbimage notitle{}\n",
      columns, rows, more);
  text_.append(reinterpret_cast<const char*>(colours.data()), colours.size());
  text_ += '\n';
  return *this;
}

GnuplotScript& GnuplotScript::block(std::string_view name, int columns,
                                    std::span<const double> numbers) {
  text_ += fmt::format("${} << END_OF_BLOCK\n", name);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    text_ += std::isfinite(numbers[i]) ? fmt::format("{}", numbers[i]) : "NaN";
    text_ += (i + 1) % static_cast<std::size_t>(columns) == 0 ? '\n' : ' ';
  }
  text_ += "END_OF_BLOCK\n";
  return *this;
}

std::string gnuplot_text(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\n') {
      quoted += ' ';
    } else if (c == '\'') {
      quoted += "''";
    } else {
      if (std::strchr("^_@&~{}\\", c)) quoted += '\\';
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string run_gnuplot(const GnuplotScript& script) {
  Pipe in, out, err;
  const pid_t child = start(in, out, err);
  Pipe::close_end(in.read);
  Pipe::close_end(out.write);
  Pipe::close_end(err.write);
  fcntl(in.write, F_SETFL, O_NONBLOCK);

  // The script goes in while the picture comes out: neither pipe may fill up.
  std::string picture, words;
  std::size_t sent = 0;
  const std::string& text = script.text();
  while (out.read >= 0 || err.read >= 0) {
    std::array<pollfd, 3> watched = {
        {{in.write, POLLOUT, 0}, {out.read, POLLIN, 0}, {err.read, POLLIN, 0}}};
    if (poll(watched.data(), watched.size(), -1) < 0) {
      if (errno == EINTR) continue;
      break;
    }
    if (watched[0].revents != 0) {
      const ssize_t count = write(in.write, text.data() + sent, text.size() - sent);
      if (count >= 0) sent += static_cast<std::size_t>(count);
      const bool broken = count < 0 && errno != EAGAIN && errno != EINTR;
      if (sent == text.size() || broken) Pipe::close_end(in.write);
    }
    if (watched[1].revents != 0 && !drain(out.read, picture)) Pipe::close_end(out.read);
    if (watched[2].revents != 0 && !drain(err.read, words)) Pipe::close_end(err.read);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw IoError("gnuplot refuses the figure: ", complaint(words));
  if (picture.empty()) throw IoError("gnuplot drew nothing: ", complaint(words));
  return picture;
}

}  // namespace striate::cli
