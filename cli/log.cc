#include "cli/log.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <string>

#include "cli/progress.h"

namespace striate::cli {
namespace {

class AboveTheBar : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit AboveTheBar(ProgressDisplay& progress) : progress_(progress) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    std::string_view line(text.data(), text.size());
    while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
    progress_.write_line(line);
  }
  void flush_() override {}

 private:
  ProgressDisplay& progress_;
};

}  // namespace

struct Log::Sink {
  spdlog::logger logger;
};

Log::Log(ProgressDisplay& progress, bool quiet, bool verbose)
    : sink_(new Sink{spdlog::logger("striate", std::make_shared<AboveTheBar>(progress))}) {
  sink_->logger.set_level(quiet     ? spdlog::level::err
                          : verbose ? spdlog::level::debug
                                    : spdlog::level::info);
  sink_->logger.set_pattern(verbose ? "[%T.%e] %v" : "%v");
}
Log::~Log() = default;

void Log::step(std::string_view text) { sink_->logger.debug("{}", text); }
void Log::note(std::string_view text) { sink_->logger.info("{}", text); }
void Log::warning(std::string_view text) { sink_->logger.warn("warning: {}", text); }

}  // namespace striate::cli
