# A dictionary is learned from patches of images, and the patches are coded with it.
import striate

images = striate.images.whiten(striate.images.dead_leaves(4))
patches = striate.images.extract_patches(images, 8, count=5000)
model = striate.learn(patches, 96, lam=0.1, epochs=2)

codes, info = striate.encode(patches, model.dictionary, lam=0.1, return_info=True)
per_patch, gap = codes.nnz / len(patches), info.relative_gap.max()
print(f"{per_patch:.1f} of 96 coefficients per patch, gap at most {gap:.1e}")
