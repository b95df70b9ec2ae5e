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
#
# **What you will see.** You train the same tower twice, from the same first weights. The first
# training follows the 2006 paper: it uses random pairs, half of them similar. The second training
# uses all 8,128 pairs in a batch of 128 images. You watch the precision of both rise, and then
# compare the two maps.
#
# Training takes about a minute on a laptop and a few seconds on a GPU. Nothing in it is special to
# this book: `compile` and `fit` are plain Keras.

# %% [markdown]
# ## The digits and the device
#
# The cell loads MNIST and prints where the images came from. It also prints the device that will
# do the training.

# %% tags=["nbval-ignore-output"]
import numpy as np

import siamese_lib as sl

digits = sl.load_dataset("mnist")
print(sl.device())

# %% [markdown]
# A training image has 28 by 28 grey pixels and one of ten labels. The cell prints the shape of an
# image, the type of its pixels, and the ten classes.

# %%
print("one image:", digits.train.images.shape[1:], digits.train.images.dtype)
print("classes:  ", *digits.class_names)

# %% [markdown]
# ## Random pairs, as in the paper
#
# One tower embeds both images of a pair. The model's output is the distance between the two
# embeddings. Both trainings use `seed=0`, so both start from the same weights. The cell prints how
# many weights there are.

# %%
pair_tower = sl.conv_tower(image_shape=(28, 28, 1), embedding_dim=2, seed=0)
model = sl.siamese(pair_tower)
print(f"{model.count_params():,} weights, shared by both images")

# %% [markdown]
# The sampler draws 128 pairs for each step, so 256 images go through the tower. A similar pair has
# label 1, and a different pair has label 0. The cell prints the shapes of the left and the right
# images, and the first eight labels.

# %%
sampler = sl.PairSampler(digits.train.labels, batch_size=128, seed=0)
pairs = sl.ImageBatches(digits.train, sampler, steps=180)
(left, right), same = pairs[0]
print(left.shape, right.shape, same[:8])

# %% [markdown]
# The contrastive loss pulls similar pairs together. It pushes different pairs apart until they are
# one margin apart. The learning rate starts at 0.02 and falls linearly to 0, so that the points
# come to rest at the end. The optimizer is [Muon](https://kellerjordan.github.io/posts/muon/), from
# chapter 2.

# %%
import keras


def falling(steps):
    return keras.optimizers.schedules.PolynomialDecay(0.02, steps, end_learning_rate=0.0)


model.compile(sl.Muon(falling(180)), sl.ContrastiveLoss(margin=1.0), **sl.compile_options())

# %% [markdown]
# Keras calls a **callback** while it trains, for example after each step. This training has three:
#
# * `Guard` lets the stop button end the training cleanly. The recorder then still holds a usable
#   run.
# * `Recorder` keeps the weights of up to 40 steps, one for each frame of a film. With them, you can
#   look at the whole training afterwards.
# * `Progress` prints a dozen lines with the loss and the precision@7 of 300 test images, which
#   `validation=` names. Precision@7 is the share of right digits among the 7 nearest neighbours.
#   Here these neighbours are found among the same 300 images.

# %% tags=["nbval-ignore-output"]
recorder = sl.Recorder(pair_tower, pairs, validation=digits.test)
callbacks = [sl.Guard(), recorder, sl.Progress(recorder)]
model.fit(pairs, callbacks=callbacks, shuffle=False, verbose=0)
pair_run = recorder.run

# %% [markdown]
# ## Every pair in the batch
#
# The 256 images of a step form 32,640 pairs, but the loss compared only 128 of them. Now the tower
# embeds 128 labelled images, 12 or 13 of each class. The loss compares all 128 · 127 / 2 = 8,128
# pairs among them. About one pair in ten is similar. The loss takes a separate mean over the similar
# pairs and over the different pairs, so both kinds count the same.
#
# To make the comparison fair, both trainings see the same number of images. The first had 180
# steps of 256 images; this one has 360 steps of 128. The cell prints the shape of a batch, and how
# many images each class has in it.

# %%
tower = sl.conv_tower(image_shape=(28, 28, 1), embedding_dim=2, seed=0)
balanced = sl.BalancedBatchSampler(digits.train.labels, batch_size=128, seed=0)
batches = sl.ImageBatches(digits.train, balanced, steps=360)
images, labels = batches[0]
print(images.shape, "images of each class:", *np.bincount(labels))

# %% [markdown]
# This training needs no pairs as input. The tower itself is trained, on images and their labels.

# %%
tower.compile(sl.Muon(falling(360)), sl.InBatchContrastiveLoss(margin=1.0), **sl.compile_options())

# %% [markdown]
# This time a map appears under the cell. `LiveView` shows 500 test images and moves them as the
# tower learns. It takes less than a tenth of the training time. Watch the precision, too. When does
# it pass the last precision of random pairs?

# %% tags=["nbval-ignore-output"]
recorder = sl.Recorder(tower, batches, validation=digits.test)
live = sl.LiveView(recorder, digits.test, height=400)
callbacks = [sl.Guard(), recorder, sl.Progress(recorder), live]
tower.fit(batches, callbacks=callbacks, shuffle=False, verbose=0)
run = recorder.run

# %% [markdown]
# ## What to notice
#
# The cell draws the loss and the precision of both trainings. The horizontal axis is the number of
# images that each training has seen. The cell also prints after how many images the second training
# reaches the last precision of the first.

# %% tags=["measured"]
histories = {}
for name, one, each in [("random pairs", pair_run, 256), ("every pair", run, 128)]:
    images_seen = [each * step for step in one.history["step"]]
    histories[name] = {"images": images_seen, **one.history}
goal, every = pair_run.history["precision"][-1], histories["every pair"]
above = np.array(every["precision"]) >= goal
print(f"random pairs end at {goal:.3f}, after {histories['random pairs']['images'][-1]:,} images")
print(f"every pair reaches that after {every['images'][above.argmax()]:,} images")
sl.figures.training_curves(histories, x="images")

# %% [markdown]
# Compare the precisions, and not the losses: the two losses are means over other pairs. The loss of
# random pairs counts silent pairs, and the other one does not.
#
# The precision in this chart comes from 300 test images among each other. The next cell measures it
# on every test image. It finds the 7 nearest neighbours among the first 10,000 training images, or
# among all of them if there are fewer. So the values differ a little. It also prints the **kNN
# accuracy**: the 7 neighbours vote, and the share of test images whose own digit wins is the
# accuracy. The numbers change a little with the machine and the data, but their order does not.

# %% tags=["measured"]
by_pairs, by_batch = sl.evaluate(pair_run, digits), sl.evaluate(run, digits)
for name, found in (("random pairs", by_pairs), ("every pair", by_batch)):
    print(f"{name:12}  precision@7 {found.precision:.4f}  kNN accuracy {found.accuracy:.4f}")
print("every pair beats random ones:", by_batch.precision > by_pairs.precision)

# %% [markdown]
# ## Two trainings side by side
#
# Nobody told the towers *where* to put a digit. They learned only which images belong together. The
# next view shows both trainings with the same 500 test images. One bar moves both films, and each
# shows the same share of its training: step 90 of 180 next to step 180 of 360. The second film is
# turned, mirrored and shifted to match the first. That changes no distance.
#
# **Make a guess first.** Both trainings use margin 1. On which map do the ten digits lie farther
# apart?

# %%
some = slice(0, 500)
labels = digits.test.labels[some]
both = sl.side_by_side(
    {"random pairs": pair_run, "every pair": run},
    digits.test.images[some],
    labels,
    class_names=digits.class_names,
)
both

# %% [markdown]
# Both maps have the same scale, so you can compare them by eye. The cell measures them, too. The
# first number is the mean distance between the centres of two classes. The second is the radius, the
# median distance of a point from the centre of its own class. The third is the first divided by the
# second.


# %% tags=["measured"]
def measured_map(points):
    centres = np.array([points[labels == digit].mean(axis=0) for digit in range(10)])
    apart = np.linalg.norm(centres[:, None] - centres, axis=2)
    radii = np.linalg.norm(points - centres[labels], axis=1)
    return apart.sum() / 90, np.median(radii)


sizes = {name: measured_map(film.frames[-1]) for name, film in both.films.items()}
for name, (apart, radius) in sizes.items():
    print(f"{name:12}  centres {apart:.2f} apart  radius {radius:.3f}  ratio {apart / radius:.1f}")

# %% [markdown]
# With every pair the digits lie farther apart, although both trainings use the same margin. The
# ratio is higher, too: even measured by the width of the clouds, the gaps between them are wider.
# The cell prints how much:

# %% tags=["measured"]
(apart_pairs, radius_pairs), (apart_every, radius_every) = sizes.values()
farther = apart_every / apart_pairs
print(f"centres {farther:.2f} times as far apart, over 1.3: {farther > 1.3}")
higher = farther * radius_pairs / radius_every
print(f"ratio {higher:.2f} times as high, over 1.2: {higher > 1.2}")

# %% [markdown]
# Click on a point: a ring marks the same image on both maps, and a trail shows where it came from.
# Then press *Own scale*. Each map is now zoomed to its own points, and the difference in size is
# gone. Only the scale bars still show it.

# %% [markdown]
# ## Which pairs still teach
#
# A different pair pushes only while it is nearer than the margin. At step 0 all images lie close
# together, so every different pair pushes. What about the end? Say what you expect before you go on.

# %%
push_guess = sl.Prediction(
    "After the training, how many of the different pairs still push?", number=(0, 100), unit="%"
)
push_guess

# %% [markdown]
# The next cell takes 128 test images and starts at step 0, before any training. Each tile of the
# matrix is a pair. Green pairs pull, orange pairs push, and grey pairs are silent: their images are
# different and farther apart than the margin.

# %%
batch = sl.BalancedBatchSampler(digits.test.labels, batch_size=128, seed=0).batch(0)
images, labels = digits.test.images[batch], digits.test.labels[batch]
view = sl.pairs_that_teach(run, images, labels, class_names=digits.class_names, frame=0)
view

# %% [markdown]
# Move the bar under the matrix from the first step to the last, and watch the counters. The pairs
# that still push have a mean of their own, so they count as much as the similar pairs, however few
# they are. Click one of the costliest pairs to see its two digits. The cell prints the share of the
# different pairs that push at the start, halfway and at the end. Then it shows your answer next to
# the last share.

# %% tags=["nbval-ignore-output"]
different = (labels[:, None] != labels).sum() / 2
for frame in (0, len(run) // 2, len(run) - 1):
    view.state = {"frame": frame}
    share = view.counts.pushing / different
    print(f"step {run.steps[frame]:3}: {share:.0%} of the different pairs push")
push_guess.reveal(100 * share, "most clouds are farther apart than the margin")

# %% [markdown]
# ## Save the run
#
# `save` writes a run into a folder: all its frames, its history and its settings. `load` reads only
# numbers and never runs code. The cell prints the loaded run. It then compares the embeddings of
# five images, which are exactly the same.

# %%
from pathlib import Path
from tempfile import mkdtemp

folder = run.save(Path(mkdtemp()) / "my-first-run")
again = sl.Run.load(folder)
print(again)
query = digits.test.images[:5]
difference = np.abs(again.embed(query) - run.embed(query)).max()
print("largest difference between the embeddings:", difference)

# %% [markdown]
# ## Compare it with other recipes
#
# How good is this result for its training time? The book's benchmarks trained the book's own recipes
# on one machine. They also trained three others: the recipe of 2017 behind this book, the siamese
# example of Keras, and the MNIST recipe of pytorch-metric-learning. Two more lines change this last
# recipe. Both use *our tower*, and one of them also uses a smaller learning rate.
#
# That took an hour or two, so the cell only reads the results. It prints when and where they were
# measured.

# %% tags=["nbval-ignore-output"]
import json

results = Path(sl.__file__).parents[1] / "benchmarks" / "results" / "quality.json"
measured = json.loads(results.read_text())
there = measured["machine"]
print(f"measured on {there['cores']} cores of {there['processor']}, {there['date']}")

# %% [markdown]
# The chart has one line for each recipe, and one dot for each measurement of precision@7. *Yours*,
# the large dot, is the end of your training above, on your machine. Both axes are logarithmic: each
# halving of the mistakes is the same distance upwards. The cell also prints the last precision of
# each line, highest first.

# %%
curves, last = {}, {}
for row in measured["contenders"]:
    name, copies = row["contender"], row["copies"]
    is_shown = "short" in name or "five minutes" in name
    if row["whose"] != "ours" or (is_shown and row["dim"] != 16):
        shares = [moment["precision@7"] for moment in copies]
        curves[name] = [moment["seconds"] for moment in copies], shares
        last[name] = shares[-1]
for name in sorted(last, key=last.get, reverse=True):
    print(f"{last[name]:.4f}  {name}")
curves["yours"] = [run.history["seconds"][-1]], [by_batch.precision]
sl.figures.quality_curves(curves, height=620)

# %% [markdown]
# Is the first line of the list one of ours? If not, another recipe ended higher on that machine.
#
# In the book's own recipes the learning rate falls to 0 at the end. Compare the two lines *ours,
# 2-D*. Where the short one ends, the long one is below it. One reason is that its learning rate has
# hardly fallen yet. So first decide how long a training may take, and then how fast its learning
# rate should fall.

# %% [markdown]
# ## Try it yourself
#
# * Press the stop button during a training, and then look at `recorder.run`.
# * Give the tower 16 dimensions. You can no longer draw its embeddings as they are, but look at the
#   precision.
# * Set the margin to 0.1. The loss grows with the square of the margin. What happens to it, and to
#   the precision?
# * Train the random pairs for three times as many steps. Do they catch up?
#
# <details>
# <summary>Answers</summary>
#
# * The training ends after the current step. `recorder.run` holds the frames up to this step, and
#   you can use it like any other run.
# * The precision is higher. [Chapter 6](06_how_good_is_it.ipynb) compares 2 and 16 dimensions in a
#   table.
# * The loss becomes 60 to 110 times lower: it is a mean of squares, and the margin is a tenth of
#   what it was. The precision falls, too. We tried three seeds, in `conv_tower` and in the samplers,
#   and measured on all test images. With every pair it fell by about 0.01, from 0.969 to 0.959 on
#   average. With random pairs it fell by 0.05 to 0.09. With margin 10 the precision hardly changes,
#   as [chapter 4](04_watch_it_converge.ipynb) shows.
# * Compare the precision in the chart, where the axis counts images. Three times as many steps are
#   three times as many images.
#
# </details>
#
# [Chapter 4](04_watch_it_converge.ipynb) shows what happens between the first and the last step.
