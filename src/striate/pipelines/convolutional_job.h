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
#include "striate/io/array_file.h"
#include "striate/io/atomic_file.h"
#include "striate/pipelines/coded_images.h"
#include "striate/pipelines/filter_model.h"
#include "striate/pipelines/shard.h"

namespace striate {

// Images and what they are called.
template <class T>
struct NamedImages {
  std::shared_ptr<const ImageSource<T>> images;  // as read
  std::vector<std::string> names;                // for people; one per image
  Values inputs;                                 // files and the hash of their contents
  std::int64_t first = 0;                        // of a shard: the number of its first image
  std::int64_t whole = 0;                        // and how many there are in all; 0: these are all
};

// Looks at every image once; later they are decoded as they are needed. `inputs`: files, folders,
// globs. `holes`: NaN and infinity pass, as prepare_image judges them by data weights. Error and
// IoError as read_images has them.
template <class T>
NamedImages<T> open_images(const std::vector<std::string>& inputs,
                           const ImagePreparation& preparation, bool holes = false);
// Those of a shard, which `inputs` then names. Error: a shard without images.
template <class T>
NamedImages<T> part_of(const NamedImages<T>& images, const Shard& shard);

// What is done to the images. Of a shard: to those of the whole, with their numbers there.
template <class T>
struct ConvolutionalTask {
  std::string method = "auto";  // a solver of the catalogue
  Values settings = {};         // by the names of its fields
  bool channels_apart = false;  // each channel of an image is coded alone, by filters of one
  bool restorable = true;       // what preparation takes away is kept
  // Weights of the values of image i, as many as it has pixels; null: none.
  std::function<Image<T>(std::int64_t i)> data_weights = {};
  // Factors of lambda by filter and position, (filters, rows, columns) as the maps, for all images; or
  // (images, filters, rows, columns), for each. Null: none.
  std::shared_ptr<const ArrayFile> penalty_weights = {};
  // Codes to begin with: those of the image of the same name; where no name is the same and images are
  // as many, those in the same place. Null: none.
  std::shared_ptr<const CodedImages<T>> initial = {};
  std::string penalty_weights_name = "penalty_weights", initial_name = "initial";  // in messages
  Values inputs = {};  // names and hashes of the files that all this came from
  Values run = {};     // what repeats the run, for "provenance/run"; it has no part in the codes
};

// Error: what the solver refuses of the task's method, settings and inputs.
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
// than the filters or of other channels, penalty weights or initial codes of other maps, a value that
// is not finite and counts, whatever the solver refuses. IoError: images of another job.
template <class T>
ConvolutionalReport encode_images(const NamedImages<T>& images, const FilterModel<T>& model,
                                  const ConvolutionalTask<T>& task,
                                  const std::filesystem::path& output, bool resume = false,
                                  Overwrite overwrite = Overwrite::no,
                                  const std::function<void(const CodedImage&)>& told = {},
                                  const Run& run = {});

// What the job will take, from a sample of it: of many images a few, spread over all; of few the
// centre of the first, which is coded without initial codes.
struct ConvolutionalEstimate {
  std::int64_t images = 0;
  std::string sample = {};  // in words; empty: the run was stopped
  double seconds = 0;       // of reading and coding
  double output_bytes = 0;  // of an .h5 file
  double memory_bytes = 0;  // most that the process will hold
  double nonzeros = 0;      // per image
};
// Writes nothing. Time and size grow as pixels do. Error: as encode_images.
template <class T>
ConvolutionalEstimate estimate_encode_images(const NamedImages<T>& images,
                                             const FilterModel<T>& model,
                                             const ConvolutionalTask<T>& task, const Run& run = {});

// The file that encode_images writes, of an answer at hand. `coding`: method and settings.
template <class T>
Archive archive_of_image(const FilterModel<T>& model, const ConvolutionalCodes<T>& codes,
                         const ConvolutionalInfo& info, const PreparedImage<T>& prepared,
                         const std::string& name, const Values& coding);

}  // namespace striate
