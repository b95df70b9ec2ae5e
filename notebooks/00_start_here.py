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
# **What you will see.** You open a trained neural network that never learned the names of the digits.
# It learned only whether the two images of a pair show the *same* digit or *different* ones. From
# that, it found a place on a map for every image. You look at this map. Then you give the network a
# new image. It finds the images that look most similar to it.
#
# Is this your first notebook? A notebook is made of text and of cells of code. Click on a cell and
# press **Shift+Enter**. The cell runs, its result appears below it, and the next cell is selected.
# Run the cells from top to bottom. Each result is computed by the cell above it, and you can
# change any cell and run it again. You cannot break anything. To start over, open the menu
# *Kernel* and choose *Restart Kernel*.

# %% [markdown]
# ## A trained network
#
# A trained network comes with this book. The cell loads it. It prints how many pixels an image
# has, and how many numbers the network makes of them.

# %%
import numpy as np

import siamese_lib as sl

run = sl.shipped_run()
print("from", np.prod(run.image_shape), "pixels to", run.embedding_dim, "numbers")

# %% [markdown]
# The numbers that the network makes of an image are the image's **embedding**. Here there are two
# of them, so every embedding is a point. The points of many images make a **map**.
#
# How did the network find this map? In one training **step**, it looks at 128 images, and then
# changes its **weights** a little. (Weights are the numbers that a network learns.) At 40 of the
# steps, the map of 1,000 images was kept. One such map is a **frame**, and all of them are a
# **film**. The network was never trained on these images. (The book ships the whole film, but the
# weights of the last step only, to stay small.) The film plays once by itself. Press play to see it
# again.

# %%
run.film(playing=True)

# %% [markdown]
# Hover over a point to see its image. Click on a point to see where it has been. The two curves
# under the map show the loss and the precision@7 among these images. The **loss** is the number that
# training tries to make small. The seven nearest points of an image are its **nearest neighbours**.
# **Precision@7** is the share of these neighbours that show the same digit as the image.
#
# The network was trained on MNIST, a set of handwritten digits of 28 by 28 pixels. The next cell
# loads these digits and prints where it found them. The network learned from the **training
# images**, and it searches among them. The **test images** are there to ask about. Each image has
# a **label**, the digit that it shows, and all images with one label are a **class**.
#
# (Without internet, the cell loads 5,000 of MNIST's training images and splits them into training
# and test images. This network was trained on all of them. So in that case it has seen the test
# images, too.)

# %% tags=["nbval-ignore-output"]
digits = sl.load_dataset("mnist")

# %% [markdown]
# ## Ask the network
#
# The image that you ask about is called the **query**. The images that are searched are called the
# **gallery**. The next cell asks about test image 865, which the network has never seen. The
# gallery is the first 10,000 training images. The cell embeds them, that is, it computes their
# embeddings. This takes a few seconds. Then it shows the ones that are nearest to the query.
#
# Choose another test image on the left, draw a digit with the mouse or a finger, or click on the
# map. The answer appears at once.

# %% tags=["nbval-ignore-output"]
sl.RetrievalExplorer(run, digits, index=865, limit=10_000)

# %% [markdown]
# ✓ marks a neighbour with the right digit, and ✗ marks one with a wrong digit. Press **only
# mistakes** to see what the network gets wrong. [Chapter 5](05_retrieval_explorer.ipynb) is a tour
# of this tool. The rest of this chapter does the same in a few lines of Python.
#
# ## The map
#
# Everything that follows rests on one property of the map: **images of one kind land near each
# other**. The next cell draws up to 2,000 test images as points, each in the colour of its digit.
# Some of them are drawn as pictures. Drag to move the map, zoom with the **+** and **−** above it,
# and double-click to see all of it again.

# %%
images, labels = digits.test.images[:2000], digits.test.labels[:2000]
points = run.embed(images)
print(f"{points.shape[1]} numbers for each image")
sl.figures.embedding_map(points, labels, digits.class_names, images=images, height=760)

# %% [markdown]
# The points of each digit form a cloud. Nobody told the network where to put the sevens, or that
# there are ten kinds of digit. It found the places by itself. The colours were added afterwards.

# %% [markdown]
# ## The nearest neighbours, in Python
#
# First, the cell embeds the images to search: the first 10,000 training images. This takes a few
# seconds. `Gallery` holds these embeddings, and finds the nearest of them to any other point.

# %%
gallery_images = digits.train.images[:10_000]
gallery_labels = digits.train.labels[:10_000]
gallery = sl.Gallery(run.embed(gallery_images))

# %% [markdown]
# Next, every test image is a query. For each query, the gallery returns the indices of the seven
# nearest training images and their distances, nearest first. The cell prints both for the first
# query.

# %% tags=["measured"]
test = digits.test
indices, distances = gallery.nearest(run.embed(test.images), k=7)
print("training images:", *indices[0])
print("distances:      ", *[f"{distance:.4f}" for distance in distances[0]])

# %% [markdown]
# Here is one of these queries, test image 865. The query is on the left, and its neighbours are
# next to it. Under each neighbour are its label and its distance.


# %%
def show(query):
    found = indices[query]
    answers = gallery_images[found], gallery_labels[found], distances[query]
    return sl.figures.neighbours(test.images[query], *answers, query_label=test.labels[query])


show(865)

# %% [markdown]
# The network has never seen the image on the left. It does not compare pixels either: once an
# image has become two numbers, only these are compared. Such a search is called **retrieval**. The
# same few lines find a face, a part number or a painting, if the network was trained on pairs of
# those.

# %% [markdown]
# ## When the network is wrong
#
# One good answer proves little. So the next cell computes precision@7 over all queries: the share
# of right digits among all their neighbours. (With the 5,000 digits that are loaded without internet,
# the task is easier, because the network was trained on them.)

# %% tags=["measured"]
precision = sl.metrics.precision_at_k(gallery_labels[indices], test.labels)
print(
    f"precision@7: {precision:.4f} for {len(indices):,} test images, above 0.9: {precision > 0.9}"
)

# %% [markdown]
# The mistakes are more interesting. Here is one of the test images with the fewest right
# neighbours:

# %%
right = (gallery_labels[indices] == test.labels[:, None]).sum(axis=1)
show(right.argmin())

# %% [markdown]
# Would you have read this digit correctly? The next cell shows 24 test images with few right
# neighbours, with the label under each. Some of them are hard for anyone. A network with more than
# two numbers for each image gets others right.

# %%
hard = right.argsort(kind="stable")[:24]
sl.figures.image_grid(test.images[hard], titles=test.labels[hard], columns=8)

# %% [markdown]
# ## What to notice
#
# * The distance between two points says how alike two images are. A search needs nothing else.
# * The network learned *same* and *different*, not ten names. So it can also place new digits, and
#   even new kinds of image. A classifier with ten outputs can only choose one of its ten classes.
# * Most mistakes lie between the clouds of the map. Two dimensions are crowded. This book uses
#   them because they can be seen.

# %% [markdown]
# ## How this book goes on
#
# | chapter | what you do |
# | --- | --- |
# | [1 Pairs](01_pairs.ipynb) | draw pairs of images, and see what goes wrong when this is done carelessly |
# | [2 Tower and loss](02_tower_and_loss.ipynb) | build the network, plot the loss, see it pull and push |
# | [3 Train](03_train.ipynb) | train a network like this one, in about a minute |
# | [4 Watch it converge](04_watch_it_converge.ipynb) | play the training as a film, and ask the network at any frame |
# | [5 Retrieval explorer](05_retrieval_explorer.ipynb) | find mistakes, draw digits yourself, go back to earlier frames |
# | [6 How good is it?](06_how_good_is_it.ipynb) | measure quality by hand and with the library, and drag a threshold |
# | [7 Break it](07_break_it.ipynb) | spoil a training on purpose, and learn to see which fault it is |
# | [8 Four against nine](08_four_against_nine.ipynb) | repeat the paper of 2006: learn a map without any label |
# | [8b Shifts](08b_shifts.ipynb) | drag a digit sideways, and see a map that ignores it |
# | [8c Pose and light](08c_pose_and_light.ipynb) | move a camera and a lamp, and find the shape of what varies |
# | [9 Your own images](09_your_own_images.ipynb) | turn a folder of pictures into a page with a verdict |
# | [10 Never seen before](10_never_seen_before.ipynb) | find letters and symbols that the network never saw |
# | [11 Outgrowing one machine](11_outgrowing_one_machine.ipynb) | embed, search and train on more than memory holds |
#
# You can begin with any chapter, because each one runs on its own. Each ends with things to try.

# %% [markdown]
# ## Try it yourself
#
# * Add a cell with `show(42)`, or with the number of any other test image.
# * Change `k=7` to `k=50` in the cell that searches. Does the fiftieth still show the right digit?
# * Zoom into the map between two clouds. Could you tell those images apart?
# * Embed an image of your own: a NumPy array of 28 by 28 numbers, 0 for black and 255 for white.
#
# <details>
# <summary>Answers</summary>
#
# * Test image 42 of MNIST is a four, and so are its seven nearest neighbours.
# * Nearly always: it does so for 99% of MNIST's test images. `sl.metrics.precision_at_k` of the last
#   column, `gallery_labels[indices[:, -1:]]`, gives the share.
# * Often not. This is also where most mistakes of the network lie.
# * `run.embed(image[None])` returns the two numbers. The index `None` makes a stack of one image,
#   because `embed` takes many images at once.
#
# </details>
