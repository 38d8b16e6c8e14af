#!/usr/bin/env bash
# A dictionary is learned from patches of images, and the images are coded with it.
set -eu
striate generate --images 4 --output leaves
striate learn leaves --patch 8 --count 5000 --atoms 96 --lambda 0.1 --epochs 2 --output model.h5
striate encode leaves --model model.h5 --lambda 0.1 --output codes.h5
striate info codes.h5
