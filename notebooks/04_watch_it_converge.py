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
# # 4 · Watch it converge
#
# **What you will see.** Ten digits pull apart, forwards and backwards and at any speed. You stop
# the film where something happens, ask a single image who its neighbours are at that moment, and
# follow an image that the network was never meant to see. At the end, a warning about pictures
# like these, with a number to it.
#
# The chapter trains three small networks, half a minute each on a laptop.

# %% [markdown]
# ## A training to look at
#
# The same as in [chapter 3](03_train.ipynb): every pair in a batch, two dimensions, 300 steps. The
# recorder keeps the weights at 40 moments. Weights are all one needs: *any* image can be embedded
# as the network of that moment would have done it, long after the training is over.

# %% tags=["nbval-ignore-output"]
import numpy as np

import siamese_lib as sl

digits = sl.load_dataset("mnist")
print(sl.device())
images, labels = digits.test.images[:1000], digits.test.labels[:1000]

# %% [markdown]
# `train` is `compile` and `fit` in one breath. While it runs, `LiveView` shows some of the test
# images under the cell, and moves them as the network learns.


# %%
import keras


def train(dim, data, steps, *more):
    tower = sl.conv_tower(images.shape[1:], dim, seed=0)
    sampler = sl.BalancedBatchSampler(data.labels, batch_size=128, seed=0)
    batches = sl.ImageBatches(data, sampler, steps=steps)
    rate = keras.optimizers.schedules.PolynomialDecay(0.02, steps, 0.0)
    tower.compile(sl.Muon(rate), sl.InBatchContrastiveLoss(margin=1.0), **sl.compile_options())
    recorder = sl.Recorder(tower, batches)
    callbacks = [sl.Guard(), recorder, *(make(recorder) for make in more)]
    tower.fit(batches, callbacks=callbacks, shuffle=False, verbose=0)
    return recorder.run


# %% [markdown]
# Some test images, in colour by digit. They begin in one heap:

# %% tags=["nbval-ignore-output"]
run = train(2, digits.train, 300, lambda recorder: sl.LiveView(recorder, digits.test))

# %% [markdown]
# ## The film
#
# The live view showed what there was time for. Here are all 40 frames, of a thousand test images,
# none of which was trained on. Press play (or the space bar, once the map has been clicked on). Then
# drag the bar underneath: the two curves are the loss and the precision at each moment.

# %%
film = run.film(images, labels, class_names=digits.class_names)
film

# %% [markdown]
# Hover over a point to see its image; click on a name in the legend to hide that digit, twice to see
# it alone. The bar in the corner is as long as the margin. Click on a point, and a circle of that
# radius appears around it: different digits outside it no longer push.
#
# The frames are not evenly spaced. Most of what happens, happens early, and that is where most of
# them are:

# %%
print("steps of the frames:", *run.steps[:12], "...", *run.steps[-3:])

# %% [markdown]
# ## What to notice in the first twenty steps
#
# At step 0 the network is random, and yet not quite blind: images that look alike land near each
# other, whatever the weights. Of the seven nearest neighbours of an image (among those on the map,
# itself left out) chance would give it one in ten of the same digit:

# %%
precision = dict(zip(run.steps.tolist(), film.curves["precision@7"], strict=True))
early = [step for step in precision if step <= 20]
print("better than chance at step 0:", precision[0] > 0.12)

# %% [markdown]
# Then, within a handful of steps, the cloud is stretched out to about the size of the margin, long
# before it is sorted: pushing apart is easy, knowing *whom* to push is not. The size grows first, the
# precision follows.

# %% tags=["nbval-ignore-output"]
for step, frame in zip(run.steps, film.frames, strict=True):
    if step <= 20:
        size = np.sqrt(frame.var(axis=0).sum())
        print(f"step {step:2}   size of the cloud {size:.2f}   precision@7 {precision[step]:.2f}")

# %% [markdown]
# ## When classes untangle
#
# Not all at the same time. The same precision, but of each digit by itself:


# %%
def by_class(points):
    found, _ = sl.Gallery(points).nearest(points, k=7, exclude_self=True)
    right = labels[found] == labels[:, None]
    return [right[labels == digit].mean() for digit in range(10)]


tangled = np.array([by_class(frame) for frame in film.frames])
sl.figures.class_curves(run.steps, tangled, digits.class_names)

# %% [markdown]
# Ones are the first: few strokes look like them. Others stay in one cloud for a while. Look for
# the threes and the fives: for the first thirty steps or so a third of a three's neighbours are
# fives, and then, within some twenty steps, they part. Show only these two in the legend of the
# film (double click on one, click on the other), and watch it happen.


# %%
def next_to(digit, frame):
    found, _ = sl.Gallery(film.frames[frame]).nearest(film.frames[frame], 7, exclude_self=True)
    return np.bincount(labels[found[labels == digit]].ravel(), minlength=10) / 7


at_20 = int(np.searchsorted(run.steps, 20, side="right")) - 1
print("ones are the first:", tangled[at_20 - 3].argmax() == 1)
print("threes leave fives:", next_to(3, at_20)[5] > 4 * next_to(3, -1)[5])

# %% [markdown]
# The last to come apart is another matter: that depends on the digits and on the seed. It is where
# the mistakes will be.

# %% [markdown]
# ## Late: coming to rest
#
# Most of the film is about little. How far does a point move in one training step, on average?

# %% tags=["nbval-ignore-output"]
moved = np.linalg.norm(np.diff(film.frames, axis=0), axis=2).mean(axis=1)
a_step = moved / np.diff(run.steps)
for frame in np.linspace(0, len(a_step) - 1, 7).astype(int):
    print(f"from step {run.steps[frame]:3} on: {a_step[frame]:.4f} margins a step")

# %% [markdown]
# The learning rate falls to zero, and the points with it. What still happens is at the borders: a
# point that lies between two clouds is pulled by both, and the last steps decide.

# %%
print("calmer at the end:", a_step[-1] < a_step[:8].mean() / 5)
film_end = list(precision.values())
print("better at the end than halfway:", film_end[-1] > film_end[len(film_end) // 2])

# %% [markdown]
# ## One image and its neighbours
#
# The film again, with a row of pictures that follows it: an image, and the seven nearest to it on
# the map at that moment. Drag the bar, and see what the network would have answered then. Click on any
# other point to ask about that one.
#
# This one ends well, and was still wrong at step 20:


# %%
def right_at(frame):
    found, _ = sl.Gallery(film.frames[frame]).nearest(film.frames[frame], 7, exclude_self=True)
    return (labels[found] == labels[:, None]).sum(axis=1)


learned = right_at(-1) - right_at(at_20)
one = int(learned.argmax())

# %% [markdown]
# The map and the row of pictures under it:

# %%
from ipywidgets import VBox

query = run.film(images, labels, class_names=digits.class_names, selected=one, height=400)
VBox([query, sl.NeighbourStrip(query)])

# %% [markdown]
# A trail shows where the selected point has been. It wanders through other clouds before it finds its
# own.

# %% [markdown]
# ## An image that was never in the data
#
# Weights are kept, not pictures, so the past can be asked about anything. Here is a seven that no
# hand has written: a printed one.

# %%
from PIL import Image, ImageDraw, ImageFont

printed = Image.new("L", (28, 28))
ImageDraw.Draw(printed).text((14, 14), "7", 255, ImageFont.load_default(22), anchor="mm")
printed = np.asarray(printed)
sl.figures.image_grid(printed[None], ["printed"])

# %% [markdown]
# It is ringed on the map. Where does it go? The film plays once by itself. Hover over its
# neighbours at the end.

# %%
run.film(images, labels, class_names=digits.class_names, extra=printed[None], playing=True)

# %% [markdown]
# ## A class that was kept out
#
# A classifier with ten outputs can say ten things. This network says *how alike*, so it must have
# something to say about a kind of image that it never met. Train one without any sevens:

# %% tags=["nbval-ignore-output"]
seen = digits.train.labels != 7
others = sl.Split(digits.train.images[seen], digits.train.labels[seen])
without = train(2, others, 300)

# %% [markdown]
# And show it all digits, sevens too. Isolate the sevens in the legend, then play the film.

# %%
unmet = without.film(images, labels, class_names=digits.class_names)
unmet

# %% [markdown]
# No one asked for it, and yet they find each other: most of them land in one place. What tells a
# seven from other digits was learned from those. Chance would give a seven one neighbour in ten that
# is a seven, too.

# %%
last = unmet.frames[-1]
found, _ = sl.Gallery(last).nearest(last, k=7, exclude_self=True)
shares = np.bincount(labels[found[labels == 7]].ravel(), minlength=10) / found[labels == 7].size
print("sevens among sevens:", shares[7] > 0.4)

# %% [markdown]
# And whose neighbours are they otherwise?

# %% tags=["nbval-ignore-output"]
for digit in shares.argsort()[::-1][:4]:
    print(f"{shares[digit]:6.1%} of the neighbours of sevens are a {digit}")

# %% [markdown]
# That is what makes such a network useful beyond its training: new kinds can be searched for without
# training again. With sixteen dimensions there is more room for them; try it below.

# %% [markdown]
# ## How far can the picture be trusted?
#
# With two dimensions the map *is* the embedding: what looks near is near. Give the network sixteen,
# and it gets better, but the map becomes a shadow of the embedding. `film` shows the plane in which
# the points spread most, the first two principal axes of the last frame, and says so in small print.

# %% tags=["nbval-ignore-output"]
deep = train(16, digits.train, 240)
shadow = deep.film(images, labels, class_names=digits.class_names)
shadow

# %% [markdown]
# Clouds that overlap here need not overlap. Three numbers say how much the picture leaves out: the
# share of the variance that lies in the plane; of the ten nearest neighbours in sixteen dimensions,
# how many are among the ten nearest on the map; and what precision@7 is in either.


# %%
def neighbours(points, k=10):
    return sl.Gallery(points).nearest(points, k, exclude_self=True)[0]


whole, plane = neighbours(deep.embed(images)), neighbours(shadow.frames[-1])
kept = np.mean([len(np.intersect1d(a, b)) for a, b in zip(whole, plane, strict=True)]) / 10

# %% [markdown]
# The three numbers, of this training:

# %% tags=["nbval-ignore-output"]
print(f"variance in the plane:    {shadow.explained:.0%}")
print(f"neighbours kept:          {kept:.0%}")
for name, found in [("16 dimensions", whole), ("their shadow", plane)]:
    right = sl.metrics.precision_at_k(labels[found[:, :7]], labels)
    print(f"precision@7 in {name}: {right:.3f}")

# %% [markdown]
# They vary a little from one training to the next, but not the conclusion:

# %%
print("most of the neighbours are lost:", kept < 0.5)

# %% [markdown]
# So: believe a two-dimensional embedding, and doubt a projection. Distances *between* clouds in the
# shadow mean little, and two clouds on top of each other may be far apart. What can be believed is
# a number that was computed where the points really are.

# %% [markdown]
# ## Take it with you
#
# A film fits into one file that needs no Python, and opens in any browser: send it to someone.
# `export_gif` makes the picture for a slide. The page is written beside this notebook, into the
# folder `exports`; Git passes it over.

# %%
page = sl.export_html(run, digits, "exports/film.html", film=film)
print(f"{page} has less than 15 MB:", page.stat().st_size < 15e6)

# %% [markdown]
# ## What to notice
#
# * Distances grow to the size of the margin at once; who is near whom takes longer.
# * Classes do not come apart together. What looks alike comes apart last, or never.
# * A network that learned *same* and *different* has a place for what it never saw, and it is a
#   sensible one.
# * A map of more than two dimensions is a shadow. Give it a number before you believe it.
#
# ## Try it yourself
#
# * Set another seed in `train`. Which clouds become neighbours, is that the same each time?
# * Draw something on paper, photograph it, make it 28 by 28, white on black, and give it as `extra`.
# * Keep the ones out instead of the sevens. And then both.
# * Keep the sevens out of a 16-D training. Do they find each other now?
