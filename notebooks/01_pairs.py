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
# # 1 · Pairs
#
# **What you will see.** A **siamese network** learns from pairs of images. It never learns what an
# image *is*. For each pair, it gets one bit: *same* or *different*. So it can learn only what the
# pairs contain, and this chapter is about pairs alone. You draw pairs, see what goes wrong when
# this is done carelessly, and find pairs without any labels. At the end, you see how 128 images
# make 8,128 pairs.
#
# This chapter trains no network, so every cell is quick.

# %% [markdown]
# ## The digits
#
# The cell prints which images it found: 60,000 for training, or 4,000 where there is no internet.

# %% tags=["nbval-ignore-output"]
import numpy as np

import siamese_lib as sl

digits = sl.load_dataset("mnist")
images, labels = digits.train.images, digits.train.labels

# %% [markdown]
# The next cell shows ten examples of each digit, one digit in each row. People write sevens with
# or without a bar, ones upright or leaning, and twos with or without a loop. A network that
# recognises *same* has to ignore such differences.

# %%
examples = np.concatenate([np.flatnonzero(labels == digit)[:10] for digit in range(10)])
print("images, rows, columns, channels:", images[examples].shape)
sl.figures.image_grid(images[examples], columns=10)

# %% [markdown]
# ## Careless pairs
#
# The simplest method is to take two images at random, many times. Two images of the same class are a
# **similar pair**. Two images of different classes are a **different pair**. (Other books and papers
# often say **positive pair** and **negative pair**.) The cell prints the share of similar pairs.

# %%
rng = np.random.default_rng(seed=0)
left, right = rng.integers(len(labels), size=(2, 100_000))
same = labels[left] == labels[right]
print(f"similar pairs: {same.mean():.0%}")

# %% [markdown]
# This share follows from the sizes of the classes. A pair is similar if both images are of class
# 0, or both of class 1, and so on. If class $c$ has the share $p_c$ of all images, the share of
# similar pairs is $\sum_c p_c^2$. The next cell computes this sum, without drawing any pairs:

# %%
shares = np.bincount(labels) / len(labels)
print(f"sum of squared shares: {(shares**2).sum():.0%}")

# %% [markdown]
# Training pushes different pairs apart and pulls similar pairs together. Here nine pairs in ten
# push, and only one pulls. With 1,000 classes of equal size, only one pair in a thousand would
# pull. A network that answers *different* to every pair would then be right 999 times in 1,000.
#
# The next cell shows eight of the pairs that were drawn, and prints how many of them are similar.

# %% tags=["measured"]
print(f"similar: {same[:8].sum()} of 8")
sl.figures.pairs(images[left[:8]], images[right[:8]], same[:8])

# %% [markdown]
# ## Careful pairs
#
# `PairSampler` tosses a fair coin for each pair, to decide whether it is a similar pair. It draws
# the pairs in batches. A **batch** is what the network sees in one training step, here 128 pairs.
# Each batch has three arrays: the indices of the left images, the indices of the right images, and
# `same`. There, 1 stands for a similar pair and 0 for a different pair.

# %%
sampler = sl.PairSampler(labels, batch_size=128, seed=0)
left, right, same = sampler.batch(0)
print(left.shape, right.shape, same.shape)
agree = same == (labels[left] == labels[right])
print(f"`same` agrees with the labels for {agree.sum()} of {len(same)} pairs")

# %% [markdown]
# Here are the first eight pairs of that batch, and how many of them are similar. Similar and
# different pairs are now equally likely.

# %% tags=["measured"]
print(f"similar: {same[:8].sum():.0f} of 8")
sl.figures.pairs(images[left[:8]], images[right[:8]], same[:8])

# %% [markdown]
# The sampler tosses a coin for each pair, and does not force exactly 64 similar pairs into a
# batch. So one batch may have 60 similar pairs, and another 70. Over 500 batches, the share evens
# out:

# %%
pairs = [sampler.batch(step) for step in range(500)]
left, right, same = map(np.concatenate, zip(*pairs, strict=True))
print(f"{len(same):,} pairs, similar: {same.mean():.0%}")

# %% [markdown]
# ## An image paired with itself
#
# Suppose that the right image of a similar pair may be *any* image of the class. Then it may be
# the left image again. The network computes the same embedding for both, so their distance is 0
# before any training. The loss is 0, too. The **gradient** says how to change each weight so that
# the loss becomes smaller. It is also 0, so such a pair teaches nothing.
#
# How often does that happen? It depends on the size of the class. The cell draws 100,000 similar
# pairs carelessly, from classes of 2, 5, 50 and 5,000 images.

# %%
for size in [2, 5, 50, 5000]:
    one, other = rng.integers(size, size=(2, 100_000))
    print(f"{size:5,} images in a class: {np.mean(one == other):.0%} of pairs show one image twice")

# %% [markdown]
# Here are eight such pairs, drawn from five zeros. Look for the pairs that show one image twice.

# %%
zeros = images[labels == 0][:5]
one, other = np.random.default_rng(seed=4).integers(5, size=(2, 8))
sl.figures.pairs(zeros[one], zeros[other], np.ones(8))

# %% [markdown]
# With thousands of images in a class, this hardly matters. With five photos of each friend, it
# wastes one similar pair in five. `PairSampler` draws the right image from the *other* images of
# the class. The cell tests this with ten classes of five images, and 64,000 pairs:

# %%
friends = sl.PairSampler(np.repeat(np.arange(10), 5), batch_size=64_000, seed=0)
left, right, same = friends.batch(0)
print("pairs that show one image twice:", np.sum(left == right))

# %% [markdown]
# ## Uneven classes
#
# In real collections, some classes are much larger than others. To make such a collection, the
# cell keeps each digit 0.7 times as often as the digit before it, so nines become rare. It shows
# the first 32 images that are left:

# %%
uneven = np.flatnonzero(rng.random(len(labels)) < 0.7**labels)
sl.figures.image_grid(images[uneven[:32]], columns=16)

# %% [markdown]
# Here are the first 32 images that `PairSampler` draws from this collection. The upper row has 16
# left images, and the lower row has the 16 right ones. The rare digits are back.

# %%
sampler = sl.PairSampler(labels[uneven], batch_size=128, seed=0)
left, right, same = sampler.batch(0)
drawn = np.concatenate([left[:16], right[:16]])
sl.figures.image_grid(images[uneven[drawn]], columns=16)

# %% [markdown]
# `PairSampler` draws every class equally often, on the left and on the right, however small the
# class is. The chart shows 500 batches. The shares in the set fall, from many zeros to few nines. The
# shares that are drawn from it stay level.

# %%
drawn = np.ravel([sampler.batch(step)[:2] for step in range(500)])
counts = {"in the set": np.bincount(labels[uneven]), "drawn": np.bincount(labels[uneven[drawn]])}
shares = {name: count / count.sum() for name, count in counts.items()}
print(f"shares drawn: {shares['drawn'].min():.0%} to {shares['drawn'].max():.0%}")
sl.figures.class_shares(shares, digits.class_names)

# %% [markdown]
# Each image of a small class is drawn more often, but no image is left out. The left images go
# through each class in random order. No image comes a second time before all others of its class
# have come once. So once the sampler has gone through the largest class, it has drawn every image:

# %%
largest = np.bincount(labels[uneven]).max()
steps = int(np.ceil(10 * largest / 128))
seen = np.unique([sampler.batch(step)[0] for step in range(steps)])
print("images never drawn:", len(uneven) - len(seen))

# %% [markdown]
# ## The same pairs again
#
# A batch depends on two numbers only: the **seed** of the sampler and the number of the step. A
# seed is a number that random choices start from. An **epoch** is one round through the training
# images, here as many batches as give one pair for each image. Three facts follow:
#
# * Another epoch gives new pairs.
# * The same seed gives the same pairs.
# * You can look at any batch again, in any order.
#
# The cell compares the left images of two epochs of one sampler, and then those of two samplers. It
# prints how many are the same.

# %%
one, two = (sl.PairSampler(labels, batch_size=128, seed=7) for _ in range(2))
first_epoch = np.concatenate([left for left, right, same in one])
second_epoch = np.concatenate([left for left, right, same in one])
repeated = np.mean(first_epoch == second_epoch)
print(f"another epoch: {repeated:.0%} of all left images are the same")
print(f"same seed: {np.sum(first_epoch[:128] == two.batch(0)[0])} of 128 are the same")
left_alike = one.batch(1000)[0] == two.batch(1000)[0]
print(f"batch 1,000: {left_alike.sum()} of 128 are the same")

# %% [markdown]
# So an interrupted training can go on exactly where it stopped. Drawing pairs also has to be quick,
# or the network waits for them. Here is the obvious loop, which draws one pair at a time:

# %%
members = [np.flatnonzero(labels == digit) for digit in range(10)]


def one_by_one():
    for coin in rng.random(128) < 0.5:
        if coin:
            yield rng.choice(members[rng.integers(10)], 2, replace=False)
        else:
            yield [rng.choice(members[c]) for c in rng.choice(10, 2, replace=False)]


# %% [markdown]
# `PairSampler` draws a whole batch in a few array operations. The cell prints how many times as
# long the loop takes. This number varies from machine to machine, but it is far above 1.

# %% tags=["nbval-ignore-output"]
from timeit import timeit

slow = timeit(lambda: list(one_by_one()), number=100)
fast = timeit(lambda: one.batch(0), number=100)
print(f"the loop takes {slow / fast:.0f} times as long")

# %% [markdown]
# ## Pairs without labels
#
# This book often refers to a paper of 2006 by Hadsell, Chopra and LeCun: *Dimensionality Reduction
# by Learning an Invariant Mapping*. Their pairs did not need labels. Two images were *similar* if
# they were neighbours in a graph that was known beforehand. One such graph connects each image
# with its five nearest neighbours, measured pixel by pixel. For 1,000 digits, this graph has 1,000
# rows of five neighbours:

# %%
thousand = images[:1000]
graph = sl.neighbour_graph(thousand, k=5)
print(graph.shape)

# %% [markdown]
# The next cell shows the first image and its five nearest neighbours. The graph does not use
# labels. They are shown here only to check it.

# %%
difference = thousand[graph[0]].astype(float) - thousand[0]
distances = np.sqrt((difference**2).sum(axis=(1, 2, 3)))
sl.figures.neighbours(
    thousand[0], thousand[graph[0]], labels[graph[0]], distances, query_label=labels[0]
)

# %% [markdown]
# `PairSampler.from_neighbours` draws pairs from such a graph. Neighbours make similar pairs, and
# images that are not neighbours make different pairs. The sampler gets no labels. Here are eight
# of its pairs:

# %%
unlabelled = sl.PairSampler.from_neighbours(graph, batch_size=128, seed=0)
left, right, same = unlabelled.batch(0)
sl.figures.pairs(thousand[left[:8]], thousand[right[:8]], same[:8])

# %% [markdown]
# How reliable are these pairs? The cell draws 38,400 of them. It prints how many really show the
# same digit, among the pairs called similar and among the pairs called different:

# %%
pairs = [unlabelled.batch(step) for step in range(300)]
left, right, same = map(np.concatenate, zip(*pairs, strict=True))
one_digit = labels[left] == labels[right]
print(f"called similar:   {one_digit[same == 1].mean():.0%} show the same digit")
print(f"called different: {one_digit[same == 0].mean():.0%} show the same digit")

# %% [markdown]
# Of the pairs called similar, four in five show the same digit. Of the pairs called different, one
# in eleven does. A network that is trained on these pairs learns what the graph says. But it
# learns this as a *mapping*. So it has an answer for a new image, and the graph does not.
#
# The pairs could also come from elsewhere. If each image and its shifted copies were called similar,
# the network would learn to ignore shifts. The title of the paper promises this. An *invariant*
# mapping ignores a difference if the pairs say that it is unimportant.

# %% [markdown]
# ## Every pair in the batch
#
# A batch of 128 pairs sends 256 images through the network, and compares each of them with only
# one other. But comparing takes almost no time, and embedding takes nearly all of it. So it is
# better to draw 128 *images*, and to compare each of them with all the others.

# %%
batch = sl.BalancedBatchSampler(labels, batch_size=128, seed=0).batch(0)
print("images:", len(batch), "  pairs:", f"{128 * 127 // 2:,}")
print("images of each class:", *np.bincount(labels[batch]))

# %% [markdown]
# Here is this batch, sorted by class:

# %%
by_class = batch[np.argsort(labels[batch], kind="stable")]
sl.figures.image_grid(images[by_class], columns=16)

# %% [markdown]
# One picture can show all comparisons in this batch. It has a row and a column for each image, and
# a mark where both images are of one class. The similar pairs form ten blocks along the diagonal.

# %%
sl.figures.pair_matrix(labels[batch], digits.class_names)

# %% [markdown]
# On the diagonal itself, each image meets itself. Every other pair appears twice, once on each
# side of the diagonal. The next cell counts each pair once:

# %%
similar = np.triu(labels[batch][:, None] == labels[batch], k=1).sum()
print(f"similar: {similar} of {128 * 127 // 2:,} pairs, {similar / (128 * 127 // 2):.0%}")

# %% [markdown]
# Nine pairs in ten are different, as with careless pairs. But now every batch has hundreds of similar
# pairs. The loss of chapter 3 takes one mean over the similar pairs and another mean over the
# different pairs, and both means count the same. So the loss restores the balance, and the sampler
# does not have to.
#
# Which of these pairs can teach a network something? That depends on the distance between their two
# images. There is no network yet, so the next cell takes the distances between raw pixels. It
# divides them by their mean, so a typical distance is 1.

# %%
pixels = images[by_class].reshape(128, -1) / 255
rows, columns = np.triu_indices(128, k=1)
pixels /= np.linalg.norm(pixels[rows] - pixels[columns], axis=1).mean()
names = digits.class_names
view = sl.PairMatrix(pixels, labels[by_class], images=images[by_class], class_names=names)
view

# %% [markdown]
# Each tile of this matrix is a pair. The **margin** is the distance at which the two images of a
# different pair are far enough apart, here 1. The blocks on the diagonal are green: similar pairs
# **pull**, and a pair pulls more the farther its images are apart. Orange tiles are different pairs
# that **push**, because they are nearer than the margin. Grey tiles are **silent**: these different
# pairs are beyond the margin, so they teach nothing. Point at a tile to see its two images. Then
# press *random pairs*: only a few tiles keep their colour. The cell prints how many pairs the same
# 128 images make, first with all pairs and then with random ones.

# %% tags=["measured"]
for which in ("all", "random"):
    view.state = {"which": which}
    silent, pull, push = view.counts
    print(f"{which}: {pull + push + silent:,} pairs: {pull} pull, {push:,} push, {silent:,} silent")
view.state = {"which": "all"}

# %% [markdown]
# ## A class of one
#
# A class with a single image has no similar pair. A sampler could skip that class silently. Weeks
# later, you would wonder why the network never learned it. This sampler stops with an error, which
# says what to do:

# %%
try:
    sl.PairSampler(["ant", "ant", "bee", "bee", "cat"])
except ValueError as error:
    print(error)

# %% [markdown]
# ## What to notice
#
# * When pairs are drawn carelessly, most of them are different. In small classes, many similar
#   pairs are an image paired with itself.
# * When pairs are drawn with care, half of them are similar, and every class counts the same.
#   Every image is used, and the same seed gives the same pairs.
# * Labels can say which images are similar. A graph of neighbours can say it, too.
# * Comparing is cheap, and embedding is not. A batch of images holds far more pairs than images.

# %% [markdown]
# ## Try it yourself
#
# * Give `PairSampler` the argument `same_fraction=0.1`. What share of similar pairs do 500 batches
#   have?
# * Build the graph with `k=50`. Do four in five neighbours still show the same digit?
# * Draw a batch of 20 images with `BalancedBatchSampler`. How many similar pairs does it have?
# * Load `"fashion_mnist"` instead of `"mnist"`. Which differences between two *bags* does a
#   network have to ignore?
#
# <details>
# <summary>Answers</summary>
#
# * About 10%: the coin of the sampler now falls on *similar* once in ten tosses.
# * No. Of the pairs called similar, only half show the same digit. The fiftieth neighbour of an image
#   is much less like it than the fifth.
# * Ten of 190 pairs: the batch has two images of each digit, which form one similar pair.
# * The outline, the pattern of the cloth, and whether there is a handle or a strap.
#
# </details>
#
# The pairs are ready. The [next chapter](02_tower_and_loss.ipynb) builds the network and its loss.
