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
# Nothing is trained yet: the 32 filters of `conv1` are random 7×7 patches. Orange is positive,
# blue is negative, black is zero.

# %%
filters = np.asarray(tower.get_layer("conv1").kernel)
print("height, width, images it looks at, filters:", filters.shape)
sl.figures.feature_maps(np.moveaxis(filters[:, :, 0], -1, 0), columns=8)

# %% [markdown]
# Take one digit of the test set, and cut the tower open after `conv1` to see what its filters
# answer. The digit comes first, then the answers of 23 filters. Even random ones find something:
# some turn orange along one edge of a stroke and blue along the other, some prefer strokes of one
# slant, some just blur.

# %%
import keras

digit = digits.test.images[:1]
after_conv1 = keras.Model(tower.inputs, tower.get_layer("conv1").output)
answers = np.moveaxis(after_conv1.predict(digit, verbose=0)[0], -1, 0)
sl.figures.feature_maps([digit[0, :, :, 0], *answers[:23]], columns=8)

# %% [markdown]
# Further in, the digit dissolves: first into maps of *where* a pattern was found, at last into
# hardly more than *whether* it was. The first eight maps after each of the first four ReLUs, a
# row for each:

# %%
depths = [tower.get_layer(f"relu{number}").output for number in (1, 2, 3, 4)]
rows = keras.Model(tower.inputs, depths).predict(digit, verbose=0)
print("sides:", *[maps.shape[1] for maps in rows])
sl.figures.feature_maps([maps[0, :, :, channel] for maps in rows for channel in range(8)])

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
# The sampler of [chapter 1](01_pairs.ipynb) draws a thousand pairs. These are eight of them:

# %%
left, right, same = sl.PairSampler(digits.train.labels, batch_size=1000, seed=0).batch(0)
images = digits.train.images
sl.figures.pairs(images[left[:8]], images[right[:8]], same[:8])

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
# On the left is what a pair costs at each distance. On the right is the slope of that, with its
# sign turned round: the force that the pair feels.

# %%
sl.figures.loss_curve(margin=1.0)

# %% [markdown]
# The paper reads this as mechanics (section 2.2). The slope of $\frac12 d^2$ is $d$: a similar
# pair is held by a **spring** that pulls in proportion to how far it is stretched. The slope of
# $\frac12 (m - d)^2$ is $-(m - d)$: between a different pair sits a spring that is squeezed. It
# pushes hardest when they touch, hangs loose at the margin, and does nothing beyond: different
# digits have to be apart, not infinitely far apart.
#
# Three points, placed by hand. Two are of class 0, and one of class 1 sits between them.

# %%
points = np.array([[0.0, 0.0], [0.6, 0.0], [0.3, 0.4]])
classes = np.array([0, 0, 1])
one, other = [0, 0, 1], [1, 2, 2]
d = np.linalg.norm(points[one] - points[other], axis=1)
s = np.array([1, 0, 0])
print("distances:", d.round(3), "similar:", s)

# %% [markdown]
# The formula in NumPy, averaged over the three pairs, and the library's loss:

# %%
by_hand = np.mean(s * d**2 + (1 - s) * np.maximum(1.0 - d, 0) ** 2) / 2
library = float(sl.ContrastiveLoss(margin=1.0)(s, d))
print(f"{by_hand:.5f} by hand, {library:.5f} by the library")

# %% [markdown]
# And the springs. The two of class 0 are drawn to each other and pushed aside by the stranger,
# who leaves through the top, where both pushes on it agree:

# %%
sl.figures.force_arrows(points, classes, margin=1.0)

# %% [markdown]
# ## The springs on real digits
#
# Twenty steps of training are enough to spread the points out so that there is something to see.
# (What this loss and this optimizer are comes further down.)

# %% tags=["nbval-ignore-output"]
balanced = sl.BalancedBatchSampler(digits.train.labels, batch_size=128, seed=0)
tower.compile(sl.Muon(0.02), sl.InBatchContrastiveLoss(margin=1.0), **sl.compile_options())
tower.fit(sl.ImageBatches(digits.train, balanced, steps=20), shuffle=False, verbose=0)
print("trained for 20 steps of 128 images")

# %% [markdown]
# Forty digits of four classes, as that tower places them. Each digit has two arrows: the mean
# pull of its own kind, and the mean push of all strangers. In the middle of its own kind a digit
# is hardly pulled at all; the farther it has strayed, the longer its arrow home.

# %%
few = np.flatnonzero(digits.test.labels < 4)[:40]
embeddings = tower.predict(digits.test.images[few], verbose=0)
sl.figures.force_arrows(embeddings, digits.test.labels[few], margin=1.0)

# %% [markdown]
# Who has strayed? These are the eight digits farthest from the middle of their own class, with
# the class under each. Some are written oddly; with others, twenty steps were simply too few.

# %%
labels = digits.test.labels[few]
centres = np.array([embeddings[labels == label].mean(axis=0) for label in range(4)])
strayed = np.argsort(-np.linalg.norm(embeddings - centres[labels], axis=1))[:8]
sl.figures.image_grid(digits.test.images[few[strayed]], titles=labels[strayed])

# %% [markdown]
# ## Why the push is needed: collapse
#
# Leave the repulsion out, and training has a perfect and useless answer: every image to the same
# point. Let us do it. A copy of the tower gets similar pairs only (`same_fraction=1`), for twenty
# steps:

# %%
pulled = keras.models.clone_model(tower)
pulled.set_weights(tower.get_weights())
pull_model = sl.siamese(pulled)
sampler = sl.PairSampler(digits.train.labels, batch_size=64, seed=0, same_fraction=1)

# %% [markdown]
# The step size falls from 0.02 to 0, so that the points come to rest. What is printed is the mean
# loss on the way:

# %% tags=["nbval-ignore-output"]
rate = keras.optimizers.schedules.PolynomialDecay(0.02, 20, end_learning_rate=0.0)
pull_model.compile(sl.Muon(rate), sl.ContrastiveLoss(margin=1.0), **sl.compile_options())
similar_only = sl.ImageBatches(digits.train, sampler, steps=20)
history = pull_model.fit(similar_only, shuffle=False, verbose=0).history
print(f"mean loss over the 20 steps: {history['loss'][0]:.4f}")

# %% [markdown]
# A loss near zero looks like success. The distances of the *different* pairs, which this training
# was never shown, say what it was: they have shrunk to nothing too.

# %%
before = model.predict([images[left], images[right]], verbose=0)[same == 0]
after = pull_model.predict([images[left], images[right]], verbose=0)[same == 0]
print("less than a tenth of the distance is left:", np.median(after) < np.median(before) / 10)

# %% [markdown]
# With different pairs in the batch, that answer is no longer free. In one point, each similar
# pair costs nothing and each different pair $m^2 / 2$: half of each makes $m^2 / 4$. Remember this
# number. A loss that sits there has collapsed.

# %%
for margin in (0.5, 1.0, 2.0):
    on_one_spot = sl.ContrastiveLoss(margin=margin)(np.repeat([0, 1], 500), np.zeros(1000))
    print(f"margin {margin}: {float(on_one_spot):.4f}, and margin²/4 is {margin**2 / 4:.4f}")

# %% [markdown]
# ## Every pair in the batch
#
# The tower does the work and comparing is nearly free, so chapter 3 embeds 128 labelled images and
# compares each with every other one. The cell counts those pairs, and the similar ones among them.

# %%
batch_images, batch_labels = sl.ImageBatches(digits.train, balanced)[0]
rows, columns = np.triu_indices(128, k=1)
similar = batch_labels[rows] == batch_labels[columns]
print(f"{len(similar):,} pairs, {similar.sum()} of them similar: {similar.mean():.1%}")

# %% [markdown]
# One in ten or so, as there are ten digits. In a plain mean over all pairs, attraction would be a
# whisper in a crowd. So `InBatchContrastiveLoss` takes **two means**, one over the similar pairs
# and one over the different pairs that are pushed at all, and lets them weigh the same:
#
# $$L = \tfrac{1}{4}\left[\, \operatorname{mean}_{\text{similar}} d^2 +
# \operatorname{mean}_{\text{different, } d < m} (m - d)^2 \,\right]$$
#
# Written out as a loop over 8,128 pairs:

# %%
embeddings = tower.predict(batch_images, verbose=0)
pulls, pushes = [], []
for i, j, alike in zip(rows, columns, similar, strict=True):
    d = np.linalg.norm(embeddings[i] - embeddings[j])
    if alike:
        pulls.append(d**2)
    elif d < 1.0:
        pushes.append((1.0 - d) ** 2)

# %% [markdown]
# The library has no loop, only one 128 × 128 table of distances. It agrees to five digits:

# %%
by_loop = (np.mean(pulls) + np.mean(pushes)) / 4
library = float(sl.InBatchContrastiveLoss(margin=1.0)(batch_labels, embeddings))
print("equal:", np.isclose(by_loop, library, rtol=1e-5))

# %% [markdown]
# Why only the pairs that are pushed? As training goes on, most different pairs are beyond the
# margin and cost nothing. Counted in the mean, those zeros would drown out the few pairs that are
# still wrong, which are the ones that matter.

# %% [markdown]
# ## Three at a time: the triplet loss
#
# Another loss compares instead of measuring. A **triplet** is an *anchor*, a *positive* of its
# class and a *negative* of another, and costs $\max(d_{ap} - d_{an} + m,\, 0)$: the positive need
# not be near, only nearer than the negative by the margin. `BatchTripletLoss` takes, for each
# anchor in a batch, its farthest positive and its nearest negative. With our three points: each
# of the two of class 0 has its positive 0.6 away and its negative 0.5, and the third has no
# positive and sits out.

# %%
by_hand = max(0.6 - 0.5 + 1.0, 0)
library = float(sl.BatchTripletLoss(margin=1.0)(classes, points))
print(f"{by_hand:.5f} by hand, {library:.5f} by the library")

# %% [markdown]
# ## What Muon does to a gradient
#
# The loss says which way each point should go; the gradient says how each weight should change
# for that. Take `conv2`: at every position it multiplies a patch of 5 × 5 × 32 numbers with a
# matrix of 64 columns, its filters. So its gradient is a matrix too:

# %%
import tensorflow as tf

with tf.GradientTape() as tape:
    loss = sl.InBatchContrastiveLoss(margin=1.0)(batch_labels, tower(batch_images))
gradient = tape.gradient(loss, tower.get_layer("conv2").kernel)
matrix = keras.ops.reshape(gradient, (5 * 5 * 32, 64))
print(matrix.shape)

# %% [markdown]
# Any matrix is a sum of *directions*, each with a strength, its singular value. Here are the 64
# strengths in this gradient. Then those of the matrix that Muon makes of it: the directions stay,
# and all strengths become about 1.

# %%
from siamese_lib.network.optimizers import orthogonalized

before = np.linalg.svd(matrix, compute_uv=False)
after = np.linalg.svd(orthogonalized(matrix), compute_uv=False)
sl.figures.singular_values({"gradient / its largest": before / before[0], "after Muon": after})

# %% [markdown]
# The same as two facts:

# %%
print("gradient, strongest over weakest above 10:", before[0] > 10 * before[-1])
print("Muon, strongest over weakest below 2:     ", after.max() < 2 * after.min())

# %% [markdown]
# Plain gradient descent walks far along the few strong directions, and hardly moves along the weak
# ones, although what tells a 4 from a 9 may be among those. A larger step does not help: the
# strong ones would overshoot. Muon takes the same step along each. (It does so without computing
# singular values: five rounds of matrix products will do, which is why the strengths are only
# *about* 1.) Adam evens out too, but weight by weight, and knows nothing of directions. `sl.Muon`
# leaves the biases to it, and the last kernel, whose two columns are the axes of the map.
#
# Does it matter? A small race: the same first weights, the same 60 batches, a step size that falls
# to 0 in a line. The recorder keeps the weights after every tenth step.


# %%
def train(optimizer):
    racer = sl.conv_tower(image_shape=(28, 28, 1), embedding_dim=2, seed=0)
    batches = sl.ImageBatches(digits.train, balanced, steps=60)
    recorder = sl.Recorder(racer, batches, frame_every=10)
    racer.compile(optimizer, sl.InBatchContrastiveLoss(margin=1.0), **sl.compile_options())
    racer.fit(batches, callbacks=[recorder], shuffle=False, verbose=0)
    return recorder.run


# %% [markdown]
# Each optimizer gets a step size that suits it on this tower: 0.002 and 0.02. This cell takes the
# longest of the chapter, some 20 seconds on a laptop, and prints which weights were kept.

# %% tags=["nbval-ignore-output"]
falling = keras.optimizers.schedules.PolynomialDecay
adam_run = train(keras.optimizers.Adam(falling(0.002, 60, 0.0)))
muon_run = train(sl.Muon(falling(0.02, 60, 0.0)))
print("weights after steps", *muon_run.steps)

# %% [markdown]
# Both are judged by a thousand test images: by the loss, and by *precision*, the share of an
# image's 7 nearest neighbours that show the same digit. (The very nearest, number 0, is the image
# itself.)


# %%
def judge(run, images=digits.test.images[:1000], labels=digits.test.labels[:1000]):
    history = {"step": run.steps, "loss": [], "precision": []}
    for frame in range(len(run)):
        points = run.embed(images, frame)
        nearest, _ = sl.Gallery(points).nearest(points, k=8)
        precision = sl.metrics.precision_at_k(labels[nearest[:, 1:]], labels)
        history["precision"].append(precision)
        history["loss"].append(float(sl.InBatchContrastiveLoss(margin=1.0)(labels, points)))
    return history


# %% [markdown]
# Two charts will appear. On the right, look for the step at which Muon's line reaches the height
# where Adam's ends. That is what *fewer images* means.

# %%
adam, muon = judge(adam_run), judge(muon_run)
sl.figures.training_curves({"Adam": adam, "Muon": muon})

# %% [markdown]
# It was one race, and a short one, so the cell claims no more than it has seen:

# %%
print("Muon has the lower loss at the end:", muon["loss"][-1] < adam["loss"][-1])
print("its 50 steps beat 60 of Adam's:    ", muon["precision"][-2] > adam["precision"][-1])

# %% [markdown]
# ## What to notice
#
# * The tower does not know that it is a twin. It maps one image to one point; only the loss looks
#   at two.
# * Similar pairs pull at any distance, different ones push only up to the margin. Pull alone
#   collapses. The margin is the ruler of the map: nothing else in the training says how long 1 is.
# * 128 images hold 8,128 comparisons, and two means keep the few similar ones heard.
# * A gradient is lopsided. Muon evens out its directions, and in this race that paid.

# %% [markdown]
# ## Try it yourself
#
# * Set the margin of `loss_curve` to 2. At which distance does the push end now?
# * Move the third point to `[0.3, 2.0]` and draw its arrows again. Who still feels it?
# * Count the weights of a tower with `embedding_dim=16` before you print them.
# * Give Adam other step sizes in the race. Which one comes closest to Muon?
# * Look at the feature maps of another digit: `digits.test.images[1:2]`.
#
# Tower and loss are ready. The [next chapter](03_train.ipynb) trains them, and you watch.
