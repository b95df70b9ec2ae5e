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
# # Start here
#
# **What you will see.** A network that was never told what a seven is. Of any two images it was
# told one thing, *same* or *different*, until it had found a place on a map for each of them.
# You look at that map. Then you give it an image that it has never seen, and ask which ones it
# takes to be alike.
#
# If this is your first notebook: it is made of words and of cells of code. Click on a cell and
# press **Shift+Enter**; it runs, its result appears below it, and the next cell is selected. Go
# from top to bottom. Whatever you see was computed by the cell above it, and you can change any of
# them and run it again. Nothing can break; *Kernel, Restart* in the menu begins afresh.

# %% [markdown]
# ## A trained network
#
# One comes with this book. The cell loads it and prints what it makes of an image.

# %%
import numpy as np

import siamese_lib as sl

run = sl.shipped_run()
print("from", np.prod(run.image_shape), "pixels to", run.embedding_dim, "numbers")

# %% [markdown]
# How did it get there? This is a film of its training: a thousand images that it was never trained
# on, from the first step to the last. It plays once by itself; press play to see it again.

# %%
run.film(playing=True)

# %% [markdown]
# Hover over a point to see the image; click on it to see where it has been. The two curves under
# the map are the mean loss, and how many of an image's nearest neighbours show the same digit.
#
# It was trained on MNIST, handwritten digits of 28 by 28 pixels. The cell prints where they were
# found. There are training images, to learn from and to search in, and test images, to ask about.

# %% tags=["nbval-ignore-output"]
digits = sl.load_dataset("mnist")

# %% [markdown]
# ## Ask it something
#
# Here is test image 865, which it has never seen, and the training images it takes to be most
# alike. Choose another on the left, write one with the mouse or a finger, or click on the map; the
# answer is there at once. (First the cell finds a place for 10,000 training images, which takes a
# few seconds.)

# %% tags=["nbval-ignore-output"]
sl.RetrievalExplorer(run, digits, index=865, limit=10_000)

# %% [markdown]
# ✓ marks an answer with the right digit, ✗ one without. Press **only mistakes** to see what the
# network gets wrong. [Chapter 5](05_retrieval_explorer.ipynb) is a tour of this tool; the rest of
# this chapter does the same in a few lines of Python.
#
# ## The map
#
# Each image becomes two numbers, and two numbers are a point. All of what follows rests on this
# one property: **images of one kind land near each other**. Here are up to 2,000 test images,
# in colour by digit, some of them as pictures. Drag a rectangle to zoom in; double-click to return.

# %%
images, labels = digits.test.images[:2000], digits.test.labels[:2000]
points = run.embed(images)
print("two numbers for each image:", points.shape == (len(images), 2))
sl.figures.embedding_map(points, labels, digits.class_names, images=images, height=760)

# %% [markdown]
# No one told the network where to put the sevens, nor that there are ten kinds of digit: the
# colours were added afterwards. The places are its own invention.

# %% [markdown]
# ## The nearest, in Python
#
# First embed what will be searched: the first 10,000 training images, which takes a few seconds.
# A gallery finds the nearest of these points to any other.

# %%
gallery_images = digits.train.images[:10_000]
gallery_labels = digits.train.labels[:10_000]
gallery = sl.Gallery(run.embed(gallery_images))

# %% [markdown]
# Now the questions: every test image. For each, the seven nearest training images come back, as
# indices and distances, nearest first.

# %%
test = digits.test
indices, distances = gallery.nearest(run.embed(test.images), k=7)
print("answers to each:", indices.shape[1])
print("nearest first:  ", bool((np.diff(distances) >= 0).all()))

# %% [markdown]
# One of them, test image 865: the question on the left, the answers beside it, each with its
# label and its distance.


# %%
def show(query):
    found = indices[query]
    answers = gallery_images[found], gallery_labels[found], distances[query]
    return sl.figures.neighbours(test.images[query], *answers, query_label=test.labels[query])


show(865)

# %% [markdown]
# The network has never seen the image on the left, nor is it comparing pixels: those have been
# gone since they became two numbers. That is *retrieval*: the same few lines find a face, a part
# number or a painting, if the network was trained on pairs of those.

# %% [markdown]
# ## When it is wrong
#
# One good answer proves little. *Precision at 7* is the share of right digits among all answers
# to all questions; the cell prints whether it is above nine in ten.

# %%
precision = sl.metrics.precision_at_k(gallery_labels[indices], test.labels)
print("precision@7 above 0.9:", precision > 0.9)

# %% [markdown]
# The number itself depends a little on the digits. (The 5,000 that serve where there is no internet
# are from MNIST's training half: this network has met them before, and is on home ground.)

# %% tags=["nbval-ignore-output"]
print(f"precision@7: {precision:.4f} for {len(indices):,} test images")

# %% [markdown]
# The rest is more interesting. Here is one of the test images with the fewest right answers:

# %%
right = (gallery_labels[indices] == test.labels[:, None]).sum(axis=1)
show(right.argmin())

# %% [markdown]
# Would you have known? And here are more images with few right answers, two dozen of them, each
# under its label. Some are hard for anyone; others a network with more than
# two numbers to an image gets right.

# %%
hard = right.argsort(kind="stable")[:24]
sl.figures.image_grid(test.images[hard], titles=test.labels[hard], columns=8)

# %% [markdown]
# ## What to notice
#
# * The distance of two points says how alike two images are. Nothing else is needed to search.
# * The network was trained on *same* and *different*, so it can place digits that it never saw,
#   and even kinds of image that it never saw. A classifier with ten outputs cannot.
# * Mistakes lie between the clouds of the map. Two dimensions are crowded; we use them because
#   they can be seen.

# %% [markdown]
# ## How this book goes on
#
# | chapter | what you do |
# | --- | --- |
# | [1 Pairs](01_pairs.ipynb) | draw pairs, and see what goes wrong when they are drawn carelessly |
# | [2 Tower and loss](02_tower_and_loss.ipynb) | build the network, plot the loss, see it pull and push |
# | [3 Train](03_train.ipynb) | train a network like this one, in about a minute |
# | [4 Watch it converge](04_watch_it_converge.ipynb) | play the training like a film, and ask it at any moment |
# | [5 Retrieval explorer](05_retrieval_explorer.ipynb) | find mistakes, write digits yourself, go back in time |
# | [6 How good is it?](06_how_good_is_it.ipynb) | count by hand and by library, and drag a threshold |
#
# Every chapter stands alone: begin wherever you like. Each ends with things to try.

# %% [markdown]
# ## Try it yourself
#
# * Add a cell, `show(42)`, or with any other number below 1,000.
# * Ask for `k=50` answers instead of 7. Does the fiftieth still show the right digit?
# * Zoom into the map between two clouds. Could you have told those images apart?
# * Embed your own image: a NumPy array of 28 by 28 numbers, 0 for black and 255 for white.
