#include "cli/output_folder.h"

#include <unistd.h>

#include "cli/command.h"
#include "striate/core/text.h"

namespace striate::cli {

namespace fs = std::filesystem;

OutputFolder::OutputFolder(const std::string& output, bool force) : folder_(output) {
  fresh_ = !fs::exists(folder_);
  if (!fresh_ && !fs::is_directory(folder_))
    throw UsageError("--output ", output, ": is a file; a folder needs a name of its own");
  if (!fresh_ && !force)
    throw UsageError("--output ", output, ": exists already; choose another name or give --force");
  place_ = folder_;
  if (!fresh_) return;
  place_ += join(".", ::getpid(), ".tmp");
  std::error_code error;
  fs::create_directory(place_, error);
  if (error) throw IoError(output, ": cannot be made: ", error.message());
}

OutputFolder::~OutputFolder() {
  std::error_code ignored;
  if (fresh_) fs::remove_all(place_, ignored);
}

void OutputFolder::commit() {
  if (!fresh_) return;
  std::error_code error;
  fs::rename(place_, folder_, error);
  if (error) throw IoError(folder_.string(), ": cannot be made: ", error.message());
  fresh_ = false;
}

}  // namespace striate::cli
