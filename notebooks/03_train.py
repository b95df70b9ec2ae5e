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
# **What you will see.** The same untrained tower is trained twice. First the way of the 2006
# paper: random pairs, half of them similar. Then the way that a batch of 128 images offers for
# free: all of its 8,128 pairs at once. You watch both numbers climb, and then look at the two
# maps side by side.
#
# Training takes about a minute on a laptop and seconds on a GPU. Nothing in it is special to
# this book: `compile` and `fit` are plain Keras.

# %% [markdown]
# ## The digits and the device
#
# The first line loads MNIST, and says where it came from. The second says what will do the work.

# %% tags=["nbval-ignore-output"]
import numpy as np

import siamese_lib as sl

digits = sl.load_dataset("mnist")
print(sl.device())

# %% [markdown]
# A training image is 28 by 28 grey pixels and has one of ten labels. This is what the two halves
# of the data set look like to the tower:

# %%
print("one image:", digits.train.images.shape[1:], digits.train.images.dtype)
print("classes:  ", *digits.class_names)

# %% [markdown]
# ## Random pairs, the paper's way
#
# One tower, used for both images of a pair; the model's output is the distance between the two
# embeddings. `seed=0` makes the first weights, so that both trainings start from the same ones.

# %%
pair_tower = sl.conv_tower(image_shape=(28, 28, 1), embedding_dim=2, seed=0)
model = sl.siamese(pair_tower)
print(f"{model.count_params():,} weights, shared by both images")

# %% [markdown]
# The sampler draws 128 pairs for each step: 256 images go through the tower to compare 128 pairs.
# A pair of the same class has label 1.

# %%
sampler = sl.PairSampler(digits.train.labels, batch_size=128, seed=0)
pairs = sl.ImageBatches(digits.train, sampler, steps=180)
(left, right), same = pairs[0]
print(left.shape, right.shape, same[:8])

# %% [markdown]
# The *contrastive loss* pulls similar pairs together and pushes different ones apart until they
# are one margin away. The step size starts at 0.02 and falls to 0 in a line, so that the cloud
# comes to rest. [Muon](https://kellerjordan.github.io/posts/muon/) is the optimizer: chapter 2
# says what it does to a gradient, and races it against Adam.

# %%
import keras


def falling(steps):
    return keras.optimizers.schedules.PolynomialDecay(0.02, steps, end_learning_rate=0.0)


model.compile(sl.Muon(falling(180)), sl.ContrastiveLoss(margin=1.0), **sl.compile_options())

# %% [markdown]
# Three callbacks go along. `Recorder` keeps the weights at up to 40 moments, so that the whole training
# can be looked at afterwards; `Guard` lets the stop button end the training cleanly, after which
# the recorder still holds a usable run; `Progress` prints a dozen lines: the loss, and how many
# of the 7 nearest neighbours of some watched test images show the same digit.

# %% tags=["nbval-ignore-output"]
recorder = sl.Recorder(pair_tower, pairs, validation=digits.test)
callbacks = [sl.Guard(), recorder, sl.Progress(recorder)]
model.fit(pairs, callbacks=callbacks, shuffle=False, verbose=0)
pair_run = recorder.run

# %% [markdown]
# ## Every pair in the batch
#
# Those 256 images could have been compared in 32,640 ways, and only 128 of them were. Now the
# tower embeds 128 labelled images, as many of each class as possible, and the loss looks at all
# 128 · 127 / 2 = 8,128 pairs among them. Similar pairs are few, one in ten or so; the loss
# averages over them apart, so that they pull as hard as the others push.
#
# To be fair, both trainings see the same number of images: 180 steps of 256 before, 360 steps
# of 128 now.

# %%
tower = sl.conv_tower(image_shape=(28, 28, 1), embedding_dim=2, seed=0)
balanced = sl.BalancedBatchSampler(digits.train.labels, batch_size=128, seed=0)
batches = sl.ImageBatches(digits.train, balanced, steps=360)
images, labels = batches[0]
print(images.shape, "images of each class:", *np.bincount(labels))

# %% [markdown]
# There is no second input any more: the tower itself is trained, on images and their labels.

# %%
tower.compile(sl.Muon(falling(360)), sl.InBatchContrastiveLoss(margin=1.0), **sl.compile_options())

# %% [markdown]
# This time a map comes along: `LiveView` shows 500 test images and moves them as the tower learns.
# It takes less than a tenth of the time. Watch the precision, too: halfway through it should be past
# what the pairs reached at their end.

# %% tags=["nbval-ignore-output"]
recorder = sl.Recorder(tower, batches, validation=digits.test)
live = sl.LiveView(recorder, digits.test, height=400)
callbacks = [sl.Guard(), recorder, sl.Progress(recorder), live]
tower.fit(batches, callbacks=callbacks, shuffle=False, verbose=0)
run = recorder.run

# %% [markdown]
# ## What to notice
#
# The two curves, against the number of images that each training had seen:

# %%
histories = {}
for name, one, each in [("random pairs", pair_run, 256), ("every pair", run, 128)]:
    images_seen = [each * step for step in one.history["step"]]
    histories[name] = {"images": images_seen, **one.history}
sl.figures.training_curves(histories, x="images")

# %% [markdown]
# The last watched figure used a few hundred images. Here is the real one: each test image is
# looked up among the first 10,000 training images (or all of them, if there are fewer).

# %% tags=["nbval-ignore-output"]
by_pairs = sl.evaluate(pair_run, digits)
by_batch = sl.evaluate(run, digits)
print("random pairs:", by_pairs)
print("every pair:  ", by_batch)

# %% [markdown]
# The figures move a little with the machine and the data, but the order does not:

# %%
print("every pair beats random ones:", by_batch.precision > by_pairs.precision)
print("precision@7 above 0.93:      ", by_batch.precision > 0.93)

# %% [markdown]
# And the two maps of the same 2,000 test images. Neither training was ever told *where* a digit
# should go, only which images belong together. The scale differs little, since both were told
# the same margin: 1.

# %%
some = slice(0, 2000)
labels = digits.test.labels[some]
sl.figures.embedding_map(pair_run.embed(digits.test.images[some]), labels, digits.class_names)

# %% [markdown]
# With every pair, the clouds are tighter and the gaps between them emptier:

# %%
sl.figures.embedding_map(run.embed(digits.test.images[some]), labels, digits.class_names)

# %% [markdown]
# ## Beside other recipes
#
# How good is that, for its seconds? The book's benchmarks train recipes of others beside its own, on
# one machine and the same digits, and look at their weights on the way: the recipe of 2017 that this
# book starts from, the siamese example of Keras, and the recipe that pytorch-metric-learning publishes
# for MNIST (*own network*; with *our tower*, and with Adam at a tenth of its rate, it is our change of
# it). That takes an hour or two, so the cell reads what was found when it was last done.

# %% tags=["nbval-ignore-output"]
import json
from pathlib import Path

results = Path(sl.__file__).parents[1] / "benchmarks" / "results" / "quality.json"
measured = json.loads(results.read_text())
there = measured["machine"]
print(f"measured on {there['cores']} cores of {there['processor']}, {there['date']}")

# %% [markdown]
# A line for each recipe, and on it a dot for each time that its weights were looked at. Of the book's
# own it takes the shortest and the longest, with two numbers for an image and with 128, as many as
# pytorch-metric-learning's have. *Yours*, the large dot, is the end of your training above, on your
# machine.

# %%
curves = {}
for row in measured["contenders"]:
    is_shown = "short" in row["contender"] or "five minutes" in row["contender"]
    if row["whose"] != "ours" or (is_shown and row["dim"] != 16):
        seconds = [moment["seconds"] for moment in row["copies"]]
        curves[row["contender"]] = seconds, [moment["precision@7"] for moment in row["copies"]]
last = {name: shares[-1] for name, (_, shares) in curves.items()}
curves["yours"] = [run.history["seconds"][-1]], [by_batch.precision]
sl.figures.quality_curves(curves, height=620)

# %% [markdown]
# Both axes are logarithmic: half as many mistakes are the same way up, wherever you begin. In the
# book's own recipes the learning rate falls to 0, and each is at its best when it ends; so a short
# one is ahead of its longer twin for as long as it lasts. Decide first how long a training may take,
# then how fast its rate falls. (The others go on at one rate until they end or are stopped.)
#
# And who is ahead in the end? Here is where each line ends, the highest first:

# %%
for name in sorted(last, key=last.get, reverse=True):
    print(f"{last[name]:.4f}  {name}")

# %% [markdown]
# ## Keep it
#
# A run saves into a folder: all frames of weights, the history and the settings. Loading it
# reads numbers and never runs code, and what it embeds is the same to the last bit.

# %%
from tempfile import mkdtemp

folder = run.save(Path(mkdtemp()) / "my-first-run")
again = sl.Run.load(folder)
print(again)
query = digits.test.images[:5]
print("the same embeddings:", np.array_equal(again.embed(query), run.embed(query)))

# %% [markdown]
# ## Try it yourself
#
# * Press the stop button while a training runs, then look at `recorder.run`.
# * Give the tower 16 dimensions. It can no longer be drawn, but look at its precision.
# * Set the margin to 0.1, then to 10. The loss grows with its square. And the precision?
# * Let the pairs train three times as long. Do they catch up?
#
# [Chapter 4](04_watch_it_converge.ipynb) watches what happened in between.
