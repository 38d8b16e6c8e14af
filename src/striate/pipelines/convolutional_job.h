// Coding whole images under a bank of filters into a file, one after another, so that the job can be
// killed and resumed: `striate encode --convolutional`. coded_images.h says what the file holds.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "striate/convolutional/convolutional_settings.h"
#include "striate/core/observer.h"
#include "striate/core/source.h"
#include "striate/io/atomic_file.h"
#include "striate/pipelines/filter_model.h"

namespace striate {

// Images and what they are called.
template <class T>
struct NamedImages {
  std::shared_ptr<const ImageSource<T>> images;  // as read
  std::vector<std::string> names;                // for people; one per image
  Values inputs;                                 // files and the hash of their contents
};

// Looks at every image once; later they are decoded as they are needed. `inputs`: files, folders,
// globs. Error and IoError as read_images has them.
template <class T>
NamedImages<T> open_images(const std::vector<std::string>& inputs,
                           const ImagePreparation& preparation);

// What is done to the images.
template <class T>
struct ConvolutionalTask {
  std::string method = "auto";  // a solver of the catalogue
  Values settings = {};         // by the names of its fields
  bool channels_apart = false;  // each channel of an image is coded alone, by filters of one
  bool restorable = true;       // what preparation takes away is kept
  // Weights of the values of image i, as many as it has pixels; null: none.
  std::function<Image<T>(std::int64_t i)> data_weights = {};
  Values inputs = {};  // names and hashes of the files that they came from
  Values run = {};     // what repeats the run, for "provenance/run"; it has no part in the codes
};

// Error: what the solver refuses of the task's method and settings.
template <class T>
void check_coding(const FilterModel<T>& model, const ConvolutionalTask<T>& task);

// What is told of an image; of channels coded apart, their sum, as far as there is one.
struct CodedImage {
  std::string name;
  std::string method;
  std::string why;                    // of auto: what made it choose
  Status status = Status::converged;  // the first that is not converged
  std::int64_t iterations = 0;
  double objective = 0;
  double relative_gap = 0;
  double violation = 0;  // the largest
  std::int64_t nonzeros = 0;
  double sparseness = 0;
  double seconds = 0;
};

struct ConvolutionalReport {
  std::vector<CodedImage> images;  // coded
  std::int64_t resumed = 0;        // of them, by earlier runs
  double seconds = 0;              // of this run
  StopReason stopped =
      StopReason::none;  // otherwise finished images are kept, and there is no file
};

// Codes the images and writes `output` (.h5 or .npz). Finished images lie beside it until the job is
// done; a job that is asked to stop keeps them, and goes on behind them with `resume`. The last
// image is kept as it is when the time is over. `told` hears of every image as it is finished, those
// of earlier runs too. Memory: one image and its code. Error, by the image's name: an image smaller
// than the filters or of other channels, whatever the solver refuses. IoError: images of another job.
template <class T>
ConvolutionalReport encode_images(const NamedImages<T>& images, const FilterModel<T>& model,
                                  const ConvolutionalTask<T>& task,
                                  const std::filesystem::path& output, bool resume = false,
                                  Overwrite overwrite = Overwrite::no,
                                  const std::function<void(const CodedImage&)>& told = {},
                                  const Run& run = {});

// The file that encode_images writes, of an answer at hand. `coding`: method and settings.
template <class T>
Archive archive_of_image(const FilterModel<T>& model, const ConvolutionalCodes<T>& codes,
                         const ConvolutionalInfo& info, const PreparedImage<T>& prepared,
                         const std::string& name, const Values& coding);

}  // namespace striate
