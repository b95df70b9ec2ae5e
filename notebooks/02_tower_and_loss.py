# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 3 · Train
# %% [markdown]
# # 2 · Tower and loss
#
# **What you will see.** A siamese network needs two things: something that turns an image into a
# point, and something that says where points should not be. You build the first, the *tower*,
# and watch a real digit shrink through its layers from 784 pixels to 2 numbers. You then take the
# second, the *contrastive loss*, apart into two springs, and see them pull and push real digits.
# At the end you look inside a gradient, to see why the tower learns as fast as it does.
#
# Everything runs in a minute or two on a laptop.

# %% [markdown]
# ## A digit and a tower
#
# As in every chapter, the first line that matters loads the digits and says where they came from:

# %% tags=["nbval-ignore-output"]
import keras
import numpy as np

import siamese_lib as sl

digits = sl.load_dataset("mnist")

# %% [markdown]
# The tower is a small convolutional network, and its layers have had the same sizes since the
# project this book grew from. `seed=0` makes its first weights, so that yours are the same as
# these. Here are its layers, what comes out of each, and how many weights each has to learn:

# %%
tower = sl.conv_tower(image_shape=(28, 28, 1), embedding_dim=2, seed=0)
for layer in tower.layers:
    print(f"{layer.name:10}{layer.output.shape[1:]!s:15}{layer.count_params():>8,}")

# %% [markdown]
# Read the middle column from top to bottom, and look at the side of the image: 28, 14, 7, 4, 2, 1.
# Three kinds of layer alternate.
#
# * A **convolution** slides small filters over the image. A filter is a stencil: where the image
#   looks like it, it answers with a large number. `conv1` has 32 filters of 7×7 pixels, so it
#   makes 32 images out of one. `conv2` has 64 filters of 5×5, each looking at all 32 at once.
# * A **pooling** keeps the largest of each 2×2 block, which halves the side (7 becomes 4: it
#   rounds up). Where exactly a stroke was is forgotten, a little more each time.
# * A **ReLU** replaces negative numbers by 0. Without it, five convolutions in a row would be no
#   more than one.
#
# Only convolutions have weights, and they can be counted by hand: a filter has one weight for
# each number it looks at, and one more, its bias.

# %%
by_hand = {
    "conv1": 32 * (7 * 7 * 1 + 1),  # 32 filters, 7 by 7, on 1 image
    "conv2": 64 * (5 * 5 * 32 + 1),
    "conv3": 128 * (3 * 3 * 64 + 1),
    "conv4": 256 * (1 * 1 * 128 + 1),
    "conv5": 2 * (1 * 1 * 256 + 1),
}
print(by_hand)

# %% [markdown]
# Their sum against what Keras counts:

# %%
print(f"{sum(by_hand.values()):,} by hand, {tower.count_params():,} in the tower")

# %% [markdown]
# ## What a convolution does to a digit
#
# Nothing is trained yet: the filters of `conv1` are random 7×7 patches. Dark is negative, bright
# is positive.

# %%
kernels = np.moveaxis(tower.get_layer("conv1").kernel.numpy()[:, :, 0], -1, 0)
sl.figures.image_grid(kernels, columns=16)

# %% [markdown]
# Take one digit of the test set, and cut the tower open after `conv1` to see its 32 answers.
# Even random filters find something: some light up along one side of a stroke, some along the
# other, some blur.

# %%
digit = digits.test.images[:1]
after_conv1 = keras.Model(tower.inputs, tower.get_layer("conv1").output)
answers = np.moveaxis(after_conv1.predict(digit, verbose=0)[0], -1, 0)
sl.figures.image_grid([digit[0, :, :, 0], *answers[:31]], columns=8)

# %% [markdown]
# Further in, the digit dissolves into small maps of *where* each pattern was found, then only
# *whether* it was. These are the first eight maps after each of the first four poolings, a row
# for each:

# %%
depths = [tower.get_layer(f"relu{number}").output for number in range(1, 5)]
rows = keras.Model(tower.inputs, depths).predict(digit, verbose=0)
small = [maps[0, :, :, channel] for maps in rows for channel in range(8)]
sl.figures.image_grid(small, columns=8)

# %% [markdown]
# At the end there are two numbers: a point on a map. This digit's place on it, so far, is
# meaningless:

# %% tags=["nbval-ignore-output"]
print(tower.predict(digit, verbose=0))

# %% [markdown]
# ## Siamese: the same weights twice
#
# Siamese twins share a body; siamese towers share their weights. Two images come in, each passes
# through *the* tower, and the distance of the two points comes out. Keras lists the tower once,
# and no weight has been added:

# %%
model = sl.siamese(tower)
print(*[layer.name for layer in model.layers], sep=", ")
print(f"{model.count_params():,} weights")

# %% [markdown]
# Chapter 1's sampler draws a thousand pairs. These are six of them; green pairs are of the same
# class.

# %%
left, right, same = sl.PairSampler(digits.train.labels, batch_size=1000, seed=0).batch(0)
images = digits.train.images
sl.figures.pairs(images[left[:6]], images[right[:6]], same[:6])

# %% [markdown]
# Sharing has consequences that no training can break. Swap left and right, and no distance
# changes. Compare an image with itself, and the distance is zero. (Nearly: it stops at a
# millionth, because the slope of a square root at 0 is infinite.)

# %%
distances = model.predict([images[left], images[right]], verbose=0)
swapped = model.predict([images[right], images[left]], verbose=0)
itself = model.predict([images[left], images[left]], verbose=0)
print("swapping changes a distance by at most", np.abs(distances - swapped).max().round(5))
print("from itself, a digit is at most away  ", itself.max().round(5))

# %% [markdown]
# What sharing does not do is put alike things together. Here are the thousand distances: both
# kinds of pair are everywhere, the similar ones only a little nearer.

# %%
sl.figures.distance_histogram(distances, same)

# %% [markdown]
# How little? Take any similar and any different pair; how often is the similar one nearer? With
# a coin it would be half the time.

# %%
nearer = distances[same == 1][:, None] < distances[same == 0]
print("better than a coin:  ", nearer.mean() > 0.5)
print("good enough for use: ", nearer.mean() > 0.75)

# %% [markdown]
# ## The contrastive loss
#
# Training needs a number that says how wrong a pair's distance is. With $d$ the distance, $s = 1$
# for a similar pair and $s = 0$ for a different one, and a *margin* $m$:
#
# $$L(s, d) = \tfrac{1}{2}\left[\, s\, d^2 + (1 - s)\, \max(m - d,\, 0)^2 \,\right]$$
#
# This is equation 4 of Hadsell, Chopra and LeCun (2006), except that their label is turned round.
# On the left is what a pair costs, and on the right the slope of that: the force it feels.

# %%
sl.figures.loss_curve(margin=1.0)

# %% [markdown]
# The paper reads this as mechanics (section 2.2). The slope of $\frac12 d^2$ is $d$: a similar
# pair is held by a **spring** that pulls in proportion to how far it is stretched. The slope of
# $\frac12 (m - d)^2$ is $-(m - d)$: a different pair has a spring between them that is
# squeezed, pushes hardest when they touch, and at the margin hangs loose. Beyond it there is no
# force at all: different digits have to be apart, not infinitely far apart.
#
# Three points, placed by hand. Two are of class 0, and one of class 1 sits between them.

# %%
points = np.array([[0.0, 0.0], [0.6, 0.0], [0.3, 0.4]])
classes = np.array([0, 0, 1])
d = np.array([np.linalg.norm(points[i] - points[j]) for i, j in [(0, 1), (0, 2), (1, 2)]])
s = np.array([1, 0, 0])
print("distances:", d.round(3), "similar:", s)

# %% [markdown]
# The formula in NumPy, averaged over the three pairs, and the library's loss:

# %%
by_hand = np.mean(s * d**2 + (1 - s) * np.maximum(1.0 - d, 0) ** 2) / 2
library = float(sl.ContrastiveLoss(margin=1.0)(s, d))
print(f"{by_hand:.5f} by hand, {library:.5f} by the library")

# %% [markdown]
# And the springs. The two of class 0 are drawn to each other, and driven off by the stranger;
# he leaves at the top, where both pushes agree:

# %%
sl.figures.force_arrows(points, classes, margin=1.0)

# %% [markdown]
# ## The springs on real digits
#
# Twenty steps of training are enough to spread the points out so that there is something to see.
# (The next sections say what this loss and this optimizer are.)

# %% tags=["nbval-ignore-output"]
balanced = sl.BalancedBatchSampler(digits.train.labels, batch_size=128, seed=0)
tower.compile(sl.Muon(0.02), sl.InBatchContrastiveLoss(margin=1.0), **sl.compile_options())
tower.fit(sl.ImageBatches(digits.train, balanced, steps=20), shuffle=False, verbose=0)
print("trained for 20 steps of 128 images")

# %% [markdown]
# Forty digits of four classes, as that tower places them. Each arrow is the sum of all springs
# that hold one digit: most point home, towards their own kind, but a digit caught among strangers
# is torn both ways.

# %%
few = np.flatnonzero(digits.test.labels < 4)[:40]
embeddings = tower.predict(digits.test.images[few], verbose=0)
sl.figures.force_arrows(embeddings, digits.test.labels[few], margin=1.0)

# %% [markdown]
# ## Why the push is needed: collapse
#
# Leave the repulsion out, and training has a perfect and useless answer: every image to the same
# point. Let us do it. A copy of the tower gets similar pairs only (`same_fraction=1`), for twenty
# steps:

# %% tags=["nbval-ignore-output"]
pulled = keras.models.clone_model(tower)
pulled.set_weights(tower.get_weights())
only_similar = sl.PairSampler(digits.train.labels, batch_size=64, seed=0, same_fraction=1.0)
rate = keras.optimizers.schedules.PolynomialDecay(0.02, 20, end_learning_rate=0.0)
pull_model = sl.siamese(pulled)
pull_model.compile(sl.Muon(rate), sl.ContrastiveLoss(margin=1.0), **sl.compile_options())
pull_model.fit(
    sl.ImageBatches(digits.train, only_similar, steps=20), shuffle=False, verbose=0
)

# %% [markdown]
# The loss is as good as zero, and so is the whole map: similar and different pairs alike now lie
# on one spot.

# %%
collapsed = pull_model.predict([images[left], images[right]], verbose=0)
spread = model.predict([images[left], images[right]], verbose=0)
print("different pairs moved to under a tenth of their distance:",
      np.median(collapsed[same == 0]) < 0.1 * np.median(spread[same == 0]))

# %% [markdown]
# With different pairs in the batch, that answer is no longer free. In one point, each similar
# pair costs nothing and each different pair $m^2 / 2$: half of each makes $m^2 / 4$. Remember this
# number. A loss that sits there has collapsed.

# %%
for margin in (0.5, 1.0, 2.0):
    on_one_spot = sl.ContrastiveLoss(margin=margin)(same, np.zeros(1000))
    print(f"margin {margin}: {float(on_one_spot):.3f}, and margin²/4 is {margin**2 / 4:.3f}")
