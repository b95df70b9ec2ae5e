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
# # 5 · Retrieval explorer
#
# **What you will see.** You pick a digit, and its nearest training images appear at once. Then you
# look for a digit that the network gets wrong, and you draw one yourself. You go back to the first
# steps of the training. At the end, you ask about an image that is not a digit.

# %% [markdown]
# ## A network to ask
#
# The network is like the one in [chapter 3](03_train.ipynb), with two dimensions and 300 steps. The
# recorder keeps the weights of up to 40 steps, so you can ask about earlier steps, too. The training
# takes half a minute. First, the cell loads the digits and prints the device.

# %% tags=["nbval-ignore-output"]
import numpy as np

import siamese_lib as sl

digits = sl.load_dataset("mnist")
print(sl.device())

# %% [markdown]
# The next cell trains the network, as in the chapters before. It prints nothing.

# %% tags=["nbval-ignore-output"]
import keras

tower = sl.conv_tower(digits.train.images.shape[1:], 2, seed=0)
sampler = sl.BalancedBatchSampler(digits.train.labels, batch_size=128, seed=0)
batches = sl.ImageBatches(digits.train, sampler, steps=300)
rate = keras.optimizers.schedules.PolynomialDecay(0.02, 300, 0.0)
tower.compile(sl.Muon(rate), sl.InBatchContrastiveLoss(margin=1.0), **sl.compile_options())
recorder = sl.Recorder(tower, batches, settings={"margin": 1.0})
tower.fit(batches, callbacks=[sl.Guard(), recorder], shuffle=False, verbose=0)
run = recorder.run

# %% [markdown]
# ## The explorer
#
# The explorer embeds every training image once. Then it opens on test image 865. This image also
# appears in the notebook of 2017 behind this book.
#
# * On the left, you choose a query.
# * In the middle, you see the network's answer. It is the query's nearest training images, by two
#   measures of distance.
# * Two maps show where the query and these images lie: on the right, or in a narrow window below.
#   The dashed circle around the query has the margin as its radius.
#
# (The cells below ask this explorer about other images. The last of them returns to test image 865,
# so that is what you find here when you have run the whole chapter.)

# %% tags=["nbval-ignore-output"]
explorer = sl.RetrievalExplorer(run, digits, index=865)
explorer

# %% [markdown]
# Under each neighbour are its label, its index among the training images, and its distance from the
# query. ✓ marks a neighbour with the query's label, and ✗ marks one with another label. The small
# map shows the points around the query. Hover over a point there to see its image, and click on it
# to ask about it.
#
# In Python, `explorer.answer` holds what the page shows. The cell prints parts of it, and checks
# that the neighbours vote for the right digit.

# %% tags=["measured"]
answer = explorer.answer
print(answer.query, answer.index, "labelled", answer.label, "with", answer.k, "neighbours")
print("distances, nearest first:", *[f"{distance:.4f}" for distance in answer.distances])
print(f"{answer.confidence:.0%} vote for {answer.vote}, which is right: {answer.right}")

# %% [markdown]
# ## A hard case
#
# Press **only mistakes** above, and choose one. For these test images, the seven nearest neighbours
# by Euclidean distance vote for a wrong digit. For each image, look at the map before you look at
# the digit. Most of them lie between two clouds, and some lie deep inside a wrong cloud.
#
# You can do the same in Python. The cell selects one of the test images with the fewest right
# neighbours.

# %% tags=["measured"]
gallery = sl.Gallery(run.embed(digits.train.images))
test = digits.test
found, _ = gallery.nearest(run.embed(test.images), k=7)
right = (digits.train.labels[found] == test.labels[:, None]).mean(axis=1)
hard = int(right.argmin())
wrong = explorer.select(index=hard)
print(f"test image {hard}, labelled {wrong.label}: {right[hard]:.0%} of its neighbours are right")
print(f"the vote is {wrong.vote}, which is wrong: {not wrong.right}")

# %% [markdown]
# `select` changes the explorer above, as a click would. Here is its answer as a table:

# %% tags=["nbval-ignore-output"]
explorer.answer

# %% [markdown]
# The percentage in the explorer is the **confidence**: the share of the neighbours that vote for
# the winning digit. It does not say that the answer is right. Look for a mistake with 100%; there
# are some.

# %% [markdown]
# ## What it would have answered at step 20
#
# Drag the slider **at step**. The explorer then embeds the images on the map with the weights of
# that step, and searches again. At step 0 the neighbours are a mixture of many digits. At step 20
# they often show two or three digits. (At earlier steps the explorer searches only the 5,000 images
# on the map, so that you need not wait.)
#
# The cell asks about 20 test images, at step 20 and at the end. It compares the mean confidence:

# %% tags=["measured"]
then = int(np.searchsorted(run.steps, 20, side="right")) - 1
queries = range(0, 200, 10)
early = np.mean([explorer.select(index=index, frame=then).confidence for index in queries])
late = np.mean([explorer.select(index=index, frame=-1).confidence for index in queries])
print(f"mean confidence: {early:.0%} at step 20, {late:.0%} at the end")
print("higher at the end:", late > early)

# %% [markdown]
# ## Your own handwriting
#
# Draw a digit on the black square with a mouse, a finger or a pen. The answer appears after each
# stroke. The small picture in the corner of the pad is what the network receives. MNIST's digits
# were scaled to 20 pixels. Then their centre of mass was placed in the middle of 28 by 28 pixels.
# The explorer does the same with your drawing.
#
# In Python, a drawing is a list of strokes, and a stroke is a list of points. This one is a seven:

# %%
explorer.pad.strokes = [[[0.25, 0.2], [0.75, 0.2], [0.45, 0.85]]]
print(explorer.answer.query, "has a label:", explorer.answer.label is not None)

# %% [markdown]
# A drawing has no label, so the explorer marks nothing as right or wrong. Did the network recognise
# your digit? Write sevens with a bar, ones with a foot, and open fours. Whose handwriting did the
# network learn from?

# %% [markdown]
# ## Cosine against Euclidean distance
#
# The **Euclidean** distance is the length of the straight line between two points, and the loss of
# this network uses it. The notebook of 2017 compared embeddings by their **cosine** instead. Draw a
# line from the origin to each of two points. The cosine depends only on the angle between these
# lines, and not on their lengths. Press **Cosine** in the explorer, and its neighbours lie on a ray
# from the origin. In two dimensions, an angle is one number. So the cosine ignores half of what the
# network says. The cell compares the precision of both, over every test image. How much better one
# is depends on where the clouds lie around the origin.
#
# Other towers give embeddings of length 1, such as the one in [chapter 9](09_your_own_images.ipynb).
# For these, both distances give the same order of neighbours.


# %% tags=["measured"]
def precision(embed, metric):
    searched = sl.Gallery(embed(digits.train.images[:10_000]), metric)
    found, _ = searched.nearest(embed(test.images), k=7)
    return sl.metrics.precision_at_k(digits.train.labels[found], test.labels)


both = {metric: precision(run.embed, metric) for metric in ("euclidean", "cosine")}
for metric, value in both.items():
    print(f"precision@7, {metric:9}: {value:.3f}")
print("Euclidean is better:", both["euclidean"] > both["cosine"])

# %% [markdown]
# ## An image that is not a digit
#
# The network has an answer for every image. Here is a shirt, drawn in code, as a fashion catalogue
# might show it. The cell asks about it and prints how many neighbours it gets.

# %%
from PIL import Image, ImageDraw

shirt = Image.new("L", (28, 28))
outline = [9, 3, 19, 3, 26, 8, 23, 13, 20, 11, 20, 25, 8, 25, 8, 11, 5, 13, 2, 8]  # x, y, x, y ...
ImageDraw.Draw(shirt).polygon(outline, fill=200)
answer = explorer.select(image=np.asarray(shirt))
print("nearest training images found:", answer.k)

# %% [markdown]
# A ring marks the shirt on the map above, among the digits. *Nearest* only means nearest of all the
# images in the gallery. A distance alone cannot say *I do not know this*. But you can compare it
# with the usual distance to the nearest neighbour, and [chapter 9](09_your_own_images.ipynb) chooses
# a limit like this. The cell prints that distance for test images, which are also new to the
# network. Then it prints it for the shirt:

# %% tags=["nbval-ignore-output"]
distances = np.sort(gallery.nearest(run.embed(test.images), k=1)[1][:, 0])
for share in (0.5, 0.99):
    print(f"{share:.0%} of the test images: below {distances[int(share * len(test))]:.4f}")
print(f"the shirt: {explorer.answers['euclidean'].distances[0]:.4f}")

# %% [markdown]
# Even this comparison may not help, because the shirt may lie near some digit. Two dimensions have
# no room for everything that is not a digit, and each image has to land somewhere.
#
# The next cell returns to test image 865, the query of the beginning.

# %%
print(explorer.select(index=865).index)

# %% [markdown]
# Upload a photograph of your own in any common format, and see where it lands. The explorer
# recognises dark ink on a light ground and inverts it. The status line says what was done to the
# picture.

# %% [markdown]
# ## What to notice
#
# * An answer depends on a place and on the points around it. Mistakes happen where clouds mix, or
#   where an image has landed inside a wrong cloud.
# * The answer also depends on the metric. Search with the metric that the loss uses.
# * A search finds a nearest image for every query, even for one that is not a digit.
#
# ## Try it yourself
#
# * Pin a mistake and a right answer that look alike, and drag the slider. At which step do their
#   answers become different?
# * Set **neighbours** to 20. Which mistakes become right, and which right answers become wrong?
# * Train with 16 dimensions instead of 2. How many mistakes remain? Do the two metrics still
#   differ?
# * Give `RetrievalExplorer` a run of your own, with your photographs from `load_folder`.
#
# <details>
# <summary>Answers</summary>
#
# * That depends on the two images. At step 0, both answers are a mixture of digits. Look for the
#   first step at which one of them has a clear majority.
# * A mistake becomes right if the right digit has the most votes among twenty neighbours, but not
#   among seven. The reverse happens where only the very nearest images are right.
# * Fewer remain. The table of [chapter 6](06_how_good_is_it.ipynb) has a row for each of the two,
#   and there about half of the mistakes are left. For the two metrics, run the cell with `both`
#   again.
# * `sl.load_folder` needs one sub-folder for each class. [Chapter 9](09_your_own_images.ipynb) does
#   this with a folder of letters.
#
# </details>
