#include "striate/pipelines/checkpoints.h"

#include <filesystem>
#include <utility>

#include "striate/io/formats.h"

namespace striate {

Checkpoints::Checkpoints(const CheckpointSettings& settings, Values inputs)
    : settings_(settings), inputs_(std::move(inputs)) {
  validate("learn", settings);
  if (settings.resume && settings.checkpoint.empty())
    throw Error("learn: resume needs the checkpoint to go on from; name one with checkpoint");
  if (settings.checkpoint.empty()) return;
  check_output(settings.checkpoint, settings.resume ? Overwrite::yes : Overwrite::no);
  if (!settings.resume || !std::filesystem::exists(settings.checkpoint)) return;
  const Archive archive = load(settings.checkpoint);
  const auto at = archive.attributes.find("inputs");
  if (at == archive.attributes.end() || at->second != inputs_)
    throw Error("learn: ", settings.checkpoint,
                " is the checkpoint of a job on other inputs, or prepared in another way; remove "
                "it, or learn from what it was begun with");
  saved_ = archive.extract("job");
}

void Checkpoints::keep(const std::function<Archive()>& state, bool now) {
  if (settings_.checkpoint.empty() || (!now && watch_.seconds() < settings_.period)) return;
  Archive archive;
  archive.attributes["inputs"] = inputs_;
  archive.insert("job", state());
  save(settings_.checkpoint, archive, Overwrite::yes);
  watch_.restart();
}

}  // namespace striate
