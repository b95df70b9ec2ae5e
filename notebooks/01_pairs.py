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
# **What you will see.** A siamese network is never told what an image *is*. It is shown two
# images and told one bit: *same* or *different*. So everything that it can learn is in the pairs,
# and this chapter is about nothing else: how to draw them, what goes wrong when they are drawn
# carelessly, how to find them without any labels, and how 128 images turn out to be 8,128 pairs.
#
# No network is trained here, so every cell answers at once.

# %% [markdown]
# ## The digits
#
# The cell prints which images were found: 60,000 for training, or 4,000 where there
# is no internet.

# %% tags=["nbval-ignore-output"]
import numpy as np

import siamese_lib as sl

digits = sl.load_dataset("mnist")
images, labels = digits.train.images, digits.train.labels

# %% [markdown]
# Ten examples of each digit will appear, one digit a row. People write sevens with and without a
# bar, ones upright and leaning, twos with and without a loop: this is what *same* has to bridge.

# %%
examples = np.concatenate([np.flatnonzero(labels == digit)[:10] for digit in range(10)])
print("images, rows, columns, channels:", images[examples].shape)
sl.figures.image_grid(images[examples], columns=10)

# %% [markdown]
# ## Careless pairs
#
# The simplest way to draw pairs: two images at random, many times. The number that will appear is
# the share of pairs that show the same digit.

# %%
rng = np.random.default_rng(seed=0)
left, right = rng.integers(len(labels), size=(2, 100_000))
same = labels[left] == labels[right]
print(f"similar pairs: {same.mean():.0%}")

# %% [markdown]
# That is no accident. A pair is similar if both images fall into class 0, or both into class 1,
# and so on: if class $c$ has the share $p_c$ of all images, the share of similar pairs is
# $\sum_c p_c^2$. The same number again, without drawing anything:

# %%
shares = np.bincount(labels) / len(labels)
print(f"sum of squared shares: {(shares**2).sum():.0%}")

# %% [markdown]
# Nine pairs of ten push apart, and one pulls together. With 1,000 classes it would be one pair in
# a thousand, and a network that answers *different* to everything would be right 999 times. Here
# are eight of those pairs; likely not more than one or two of them are marked as the same.

# %%
sl.figures.pairs(images[left[:8]], images[right[:8]], same[:8])

# %% [markdown]
# ## Careful pairs
#
# `PairSampler` throws a fair coin for each pair. Three arrays come out: the indices of the left
# images, those of the right images, and whether they are similar (1) or not (0).

# %%
sampler = sl.PairSampler(labels, batch_size=128, seed=0)
left, right, same = sampler.batch(0)
print(left.shape, right.shape, same.shape)
print("labels tell the truth:", np.array_equal(same, labels[left] == labels[right]))

# %% [markdown]
# The first eight pairs of that batch. Attraction and repulsion now have equally many cases.

# %%
sl.figures.pairs(images[left[:8]], images[right[:8]], same[:8])

# %% [markdown]
# A coin for each pair, not 64 of each kind in a batch, so a batch may have 60 or 70 similar ones.
# Over 500 batches it evens out:

# %%
pairs = [sampler.batch(step) for step in range(500)]
left, right, same = map(np.concatenate, zip(*pairs, strict=True))
print(f"{len(same):,} pairs, similar: {same.mean():.0%}")

# %% [markdown]
# ## An image beside itself
#
# If the right image is *any* image of the class, it may be the left one again. Whatever a
# network computes, it computes the same for both: the distance is 0 before any training, the loss
# is 0, the gradient is 0. The step is wasted. How often that happens depends on the size of the
# class; the cell draws 100,000 similar pairs naively, from classes of 2, 5, 50 and 5,000 images.

# %%
for size in [2, 5, 50, 5000]:
    one, other = rng.integers(size, size=(2, 100_000))
    print(f"{size:5,} images in a class: an image with itself in {np.mean(one == other):.0%}")

# %% [markdown]
# Eight such pairs, drawn from five zeros. Look for the twins.

# %%
zeros = images[labels == 0][:5]
one, other = np.random.default_rng(seed=4).integers(5, size=(2, 8))
sl.figures.pairs(zeros[one], zeros[other], np.ones(8))

# %% [markdown]
# Among thousands of digits it hardly matters; with five photos of each friend it is every fifth
# pair. `PairSampler` draws from the *others* of the class. Ten classes of five images, and 64,000
# pairs:

# %%
friends = sl.PairSampler(np.repeat(np.arange(10), 5), batch_size=64_000, seed=0)
left, right, same = friends.batch(0)
print("an image with itself:", np.sum(left == right), "times")

# %% [markdown]
# ## Uneven classes
#
# Real collections are lopsided. To make one, each digit is kept 0.7 times as often as the one
# before it, so that nines become rare. The first 32 images that are left:

# %%
uneven = np.flatnonzero(rng.random(len(labels)) < 0.7**labels)
sl.figures.image_grid(images[uneven[:32]], columns=16)

# %% [markdown]
# And the first 32 that `PairSampler` draws from them, 16 left and 16 right. The rare digits are
# back:

# %%
sampler = sl.PairSampler(labels[uneven], batch_size=128, seed=0)
left, right, same = sampler.batch(0)
drawn = np.concatenate([left[:16], right[:16]])
sl.figures.image_grid(images[uneven[drawn]], columns=16)

# %% [markdown]
# It gives each class its turn, left and right, however small it is. In the chart of 500 batches,
# the set itself falls off, and what is drawn from it stays level.

# %%
drawn = np.ravel([sampler.batch(step)[:2] for step in range(500)])
counts = {"in the set": np.bincount(labels[uneven]), "drawn": np.bincount(labels[uneven[drawn]])}
shares = {name: count / count.sum() for name, count in counts.items()}
print(f"drawn least: {shares['drawn'].min():.0%}   most: {shares['drawn'].max():.0%}")
sl.figures.class_shares(shares, digits.class_names)

# %% [markdown]
# Small classes come round more often, but no image is forgotten. The left images walk through
# each class in random order, all of it before any comes again. So once the largest class has been
# walked through, every image has had its turn:

# %%
largest = np.bincount(labels[uneven]).max()
steps = int(np.ceil(10 * largest / 128))
seen = np.unique([sampler.batch(step)[0] for step in range(steps)])
print("images never drawn:", len(uneven) - len(seen))

# %% [markdown]
# ## The same pairs again
#
# A sampler is a function of its seed and of the number of the step, and of nothing else. Three
# facts follow, and the cell checks each of them: the same seed gives the same pairs, another
# epoch gives new ones, and any batch can be looked at again, in any order.

# %%
one, two = (sl.PairSampler(labels, batch_size=128, seed=7) for _ in range(2))
first_epoch = np.concatenate([left for left, right, same in one])
second_epoch = np.concatenate([left for left, right, same in one])
print("another epoch differs:     ", not np.array_equal(first_epoch, second_epoch))
print("same seed, same batch:     ", np.array_equal(first_epoch[:128], two.batch(0)[0]))
print("batch 1,000 is always same:", np.array_equal(one.batch(1000), two.batch(1000)))

# %% [markdown]
# That is how an interrupted training goes on exactly where it stopped. It also has to be quick,
# or the network waits for its pairs. Here is the obvious way, one pair at a time:

# %%
members = [np.flatnonzero(labels == digit) for digit in range(10)]


def one_by_one():
    for coin in rng.random(128) < 0.5:
        if coin:
            yield rng.choice(members[rng.integers(10)], 2, replace=False)
        else:
            yield [rng.choice(members[c]) for c in rng.choice(10, 2, replace=False)]


# %% [markdown]
# `PairSampler` draws the batch in a few array operations. The ratio of the two times varies from
# machine to machine; it is far above 1.

# %% tags=["nbval-ignore-output"]
from timeit import timeit

slow = timeit(lambda: list(one_by_one()), number=100)
fast = timeit(lambda: one.batch(0), number=100)
print(f"the loop takes {slow / fast:.0f} times as long")

# %% [markdown]
# ## Pairs without labels
#
# The paper of 2006 did not need labels. *Similar* meant: near to each other in a graph that is
# known beforehand, such as the five nearest neighbours of each image, pixel by pixel. The graph of
# 1,000 digits has 1,000 rows of five neighbours:

# %%
thousand = images[:1000]
graph = sl.neighbour_graph(thousand, k=5)
print(graph.shape)

# %% [markdown]
# The first image and its five nearest, with their labels to check the pixels' word:

# %%
difference = thousand[graph[0]].astype(float) - thousand[0]
distances = np.sqrt((difference**2).sum(axis=(1, 2, 3)))
sl.figures.neighbours(
    thousand[0], thousand[graph[0]], labels[graph[0]], distances, query_label=labels[0]
)

# %% [markdown]
# `PairSampler.from_neighbours` draws from such a graph: neighbours are similar, strangers are not.
# No label goes in. Eight of its pairs:

# %%
unlabelled = sl.PairSampler.from_neighbours(graph, batch_size=128, seed=0)
left, right, same = unlabelled.batch(0)
sl.figures.pairs(thousand[left[:8]], thousand[right[:8]], same[:8])

# %% [markdown]
# How far can pixels be trusted? Over 38,400 pairs, the share that really shows one digit, among
# those called similar and among those called different:

# %%
pairs = [unlabelled.batch(step) for step in range(300)]
left, right, same = map(np.concatenate, zip(*pairs, strict=True))
one_digit = labels[left] == labels[right]
print(f"called similar:   {one_digit[same == 1].mean():.0%} show one digit")
print(f"called different: {one_digit[same == 0].mean():.0%} show one digit")

# %% [markdown]
# Four in five pairs of neighbours agree; of the strangers, one pair in eleven are relatives. A
# network trained on these pairs learns what pixels know, and learns it as a *mapping*: unlike the
# graph, it has an answer for an image that it has never met. Had we called each image and its shifted copies
# similar, it would learn to overlook shifts. That is the promise of the paper's title: a mapping
# *invariant* to whatever difference the pairs declare unimportant.

# %% [markdown]
# ## Every pair in the batch
#
# A batch of 128 pairs sends 256 images through the network and compares each with one other. That
# is thrifty with comparisons, which cost next to nothing, and wasteful with images, which cost
# nearly everything. Turn it round: draw 128 *images*, and compare each with every other one.

# %%
batch = sl.BalancedBatchSampler(labels, batch_size=128, seed=0).batch(0)
print("images:", len(batch), "  pairs:", f"{128 * 127 // 2:,}")
print("images of each class:", *np.bincount(labels[batch]))

# %% [markdown]
# The batch itself, sorted by class:

# %%
by_class = batch[np.argsort(labels[batch], kind="stable")]
sl.figures.image_grid(images[by_class], columns=16)

# %% [markdown]
# All comparisons among these fit into one picture: a row and a column for each image, and a mark
# where both are of one class. The similar pairs are ten blocks along the diagonal.

# %%
sl.figures.pair_matrix(labels[batch], digits.class_names)

# %% [markdown]
# The diagonal itself is each image beside itself, and each pair stands there twice. Counted once:

# %%
similar = np.triu(labels[batch][:, None] == labels[batch], k=1).sum()
print(f"similar: {similar} of {128 * 127 // 2:,} pairs, {similar / (128 * 127 // 2):.0%}")

# %% [markdown]
# So careless pairs are back, nine of ten are different? In number, yes. But now there are hundreds
# of similar ones in every batch, and the loss of chapter 3 averages over the two kinds apart, so
# that they weigh the same. Balance is restored by weighing, not by drawing.

# %% [markdown]
# ## A class of one
#
# A class of one image has no similar pair. A sampler could skip it silently, and you would wonder
# weeks later why that class was never learned. This one speaks up, and says what to do:

# %%
try:
    sl.PairSampler(["ant", "ant", "bee", "bee", "cat"])
except ValueError as error:
    print(error)

# %% [markdown]
# ## What to notice
#
# * Drawn carelessly, nearly all pairs are different, and in small classes many similar pairs are
#   an image beside itself.
# * Drawn with care, half are similar, every class weighs the same, every image has its turn, and
#   the same seed gives the same pairs.
# * A label is one way to know what is similar. A graph of neighbours is another.
# * Comparing is cheap, embedding is not: a batch holds far more pairs than images.

# %% [markdown]
# ## Try it yourself
#
# * Give `PairSampler` the argument `same_fraction=0.1`. Which share do 500 batches show?
# * Build the graph with `k=50`. Do pixels still tell the truth about four in five?
# * Draw a batch of 20 images with `BalancedBatchSampler`. How many similar pairs has it?
# * Load `"fashion_mnist"` instead of `"mnist"`. What has to be bridged between two *bags*?
#
# The pairs are ready. The [next chapter](02_tower_and_loss.ipynb) builds the network that looks at
# them, and the loss that tells it what they mean.
