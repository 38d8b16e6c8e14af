// From images to a model of filters, with checkpoints: `striate learn --convolutional`.
#pragma once

#include <memory>

#include "striate/convolutional/filter_learning.h"
#include "striate/core/source.h"
#include "striate/pipelines/checkpoints.h"
#include "striate/pipelines/filter_model.h"

namespace striate {

// Images prepared as they are asked for, 0 where nothing is seen; nothing is kept. The source must
// outlive this.
template <class T>
class PreparedImages : public ImageSource<T> {
 public:
  // `data_weights`: one image per image, of its shape, or null.
  PreparedImages(const ImageSource<T>& images, const ImagePreparation& preparation,
                 const ImageSource<T>* data_weights = nullptr)
      : images_(images), preparation_(preparation), data_weights_(data_weights) {}
  std::int64_t size() const override { return images_.size(); }
  ImageShape shape(std::int64_t i) const override { return images_.shape(i); }
  // Error: as prepare_image, with the number of the image.
  std::shared_ptr<const Image<T>> image(std::int64_t i) const override;

 private:
  const ImageSource<T>& images_;
  const ImagePreparation preparation_;
  const ImageSource<T>* data_weights_;
};

template <class T>
struct LearnedFilterModel {
  FilterModel<T> model;
  FilterLearningResult<T> result;
};

// `inputs`: what the images are, for the model's record and to know a checkpoint by. online prepares
// images as it needs them, the other methods keep them. A stopped or timed-out job writes its
// checkpoint and returns the model so far. Error: as FilterLearning; a checkpoint of another job.
template <class T>
LearnedFilterModel<T> learn_filter_model(const ImageSource<T>& images, const Values& inputs,
                                         const FilterLearningSettings& settings,
                                         const ImagePreparation& preparation,
                                         const CheckpointSettings& checkpoints = {},
                                         const Matrix<T>* initial = nullptr,
                                         const ImageSource<T>* data_weights = nullptr,
                                         const Run& run = {});

}  // namespace striate
