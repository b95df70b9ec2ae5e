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
# **What you will see.** A siamese network needs two parts. The *tower* turns an image into a
# point. The *loss* says which points are in the wrong place. You build a tower, and see how its
# layers turn a real digit from 784 pixels into 2 numbers. Then you take the *contrastive loss*
# apart. It acts like two springs, and you see how they pull and push real digits. At the end, you
# look inside a gradient, and see what the optimizer Muon does to it.
#
# The whole chapter runs in a minute or two on a laptop.

# %% [markdown]
# ## A digit and a tower
#
# As in every chapter, the first cell loads the digits and prints where it found them:

# %% tags=["nbval-ignore-output"]
import numpy as np

import siamese_lib as sl

digits = sl.load_dataset("mnist")

# %% [markdown]
# The **tower** is a small convolutional network. Its layers have the same sizes as in the project
# that this book grew from. The argument `seed=0` fixes its first weights, so yours are the same as
# those used here. The cell lists the layers, the shape of the output of each layer, and the number
# of weights that each layer has to learn.

# %%
tower = sl.conv_tower(image_shape=(28, 28, 1), embedding_dim=2, seed=0)
for layer in tower.layers:
    print(f"{layer.name:10}{layer.output.shape[1:]!s:15}{layer.count_params():>8,}")

# %% [markdown]
# Read the middle column from top to bottom. The side of the image shrinks from 28 to 14, 7, 4, 2
# and 1. Three kinds of layer alternate:
#
# * A **convolution** slides small filters over the image. A **filter** is a small pattern of
#   weights. It gives a large number wherever the image looks like the pattern. `conv1` has 32
#   filters of 7×7 pixels, so it makes 32 images out of one. `conv2` has 64 filters of 5×5 pixels,
#   and each of them looks at all 32 images at once.
# * A **pooling** layer keeps the largest number of each 2×2 block, which halves the side. (It
#   rounds up: 7 becomes 4.) Each pooling layer loses a little of where exactly a stroke was.
# * A **ReLU** replaces negative numbers by 0. Five convolutions in a row, with nothing between
#   them, could do no more than a single one.
#
# Only the convolutions have weights, and you can count them by hand. A filter has one weight for
# each number that it looks at. It has one more weight, its **bias**, which is added to the result.

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
# Here is the sum of these numbers, next to the number that Keras counts:

# %%
print(f"{sum(by_hand.values()):,} by hand, {tower.count_params():,} in the tower")

# %% [markdown]
# ## What a convolution does to a digit
#
# The tower is not trained yet, so the 32 filters of `conv1` are random patches of 7×7 numbers. The
# picture shows positive numbers in orange, negative numbers in blue, and zero in black.

# %%
filters = np.asarray(tower.get_layer("conv1").kernel)
print("height, width, images looked at, filters:", filters.shape)
sl.figures.feature_maps(np.moveaxis(filters[:, :, 0], -1, 0), columns=8)

# %% [markdown]
# The output of one filter is an image, called a **feature map**. The next cell takes a digit of
# the test set, and cuts the tower after `conv1` to see its feature maps. It shows the digit first,
# and then the feature maps of 23 filters. Even random filters find something. Some maps are orange
# along one edge of a stroke and blue along the other. Some are strongest on strokes of one slant,
# and some only blur.

# %%
import keras

digit = digits.test.images[:1]
after_conv1 = keras.Model(tower.inputs, tower.get_layer("conv1").output)
answers = np.moveaxis(after_conv1.predict(digit, verbose=0)[0], -1, 0)
sl.figures.feature_maps([digit[0, :, :, 0], *answers[:23]], columns=8)

# %% [markdown]
# With each layer, the digit is harder to recognise. The first feature maps show *where* a pattern
# was found. The last ones show hardly more than *whether* it was found. The picture has a row for
# each of the first four ReLU layers, with the first eight maps of each.

# %%
depths = [tower.get_layer(f"relu{number}").output for number in (1, 2, 3, 4)]
rows = keras.Model(tower.inputs, depths).predict(digit, verbose=0)
print("sides in pixels:", *[maps.shape[1] for maps in rows])
sl.figures.feature_maps([maps[0, :, :, channel] for maps in rows for channel in range(8)])

# %% [markdown]
# At the end, there are two numbers: a point on a map. The tower is untrained, so this point means
# nothing yet:

# %% tags=["nbval-ignore-output"]
print(tower.predict(digit, verbose=0))

# %% [markdown]
# ## Siamese: the same weights twice
#
# Siamese twins share a body, and siamese towers share their weights. Two images come in, and each
# passes through the *same* tower. The output is the distance between the two embeddings. Keras
# lists the tower only once, and the model has no more weights than the tower:

# %%
model = sl.siamese(tower)
print(*[layer.name for layer in model.layers], sep=", ")
print(f"{model.count_params():,} weights")

# %% [markdown]
# The sampler of [chapter 1](01_pairs.ipynb) draws 1,000 pairs. Here are eight of them:

# %%
left, right, same = sl.PairSampler(digits.train.labels, batch_size=1000, seed=0).batch(0)
images = digits.train.images
sl.figures.pairs(images[left[:8]], images[right[:8]], same[:8])

# %% [markdown]
# Shared weights have two consequences, whatever the training does. If you swap left and right, no
# distance changes. If you compare an image with itself, the distance is zero. (More exactly, the
# library stops at a millionth, because the slope of a square root at 0 is infinite.)

# %%
distances = model.predict([images[left], images[right]], verbose=0)
swapped = model.predict([images[right], images[left]], verbose=0)
itself = model.predict([images[left], images[left]], verbose=0)
print("largest change after swapping:", np.abs(distances - swapped).max().round(5))
print("largest distance from itself: ", itself.max().round(5))

# %% [markdown]
# Shared weights do not put similar images near each other. Here are the 1,000 distances. Both
# kinds of pair spread over the same range, and the similar ones are only a little nearer.

# %%
sl.figures.distance_histogram(distances, same)

# %% [markdown]
# How much nearer? Take any similar pair and any different pair. How often does the similar pair
# have the smaller distance? A coin toss would give one half.

# %% tags=["measured"]
nearer = (distances[same == 1][:, None] < distances[same == 0]).mean()
print(f"the similar pair is nearer in {nearer:.0%} of the cases, more than half: {nearer > 0.5}")

# %% [markdown]
# ## Why are the weights shared?
#
# What if each side had a tower of its own? The cell makes a second tower, whose first weights come
# from another seed. It embeds 1,000 test images with both towers, and draws one point for each image
# and tower.

# %%
second = sl.conv_tower(image_shape=(28, 28, 1), embedding_dim=2, seed=1)
shown, shown_labels = digits.test.images[:1000], digits.test.labels[:1000]
sides = [each.predict(shown, verbose=0) for each in (tower, second)]
sl.figures.embedding_map(
    np.concatenate(sides), np.repeat([0, 1], 1000), ["tower 1", "tower 2"], height=400
)

# %% [markdown]
# Each tower has a map of its own. So what is the distance between an image on the first map and the
# same image on the second? The cell prints three numbers, for one shared tower and for two towers:
#
# * the median distance of an image from itself;
# * the median distance of an image from another image, the next one;
# * for how many of the 1,000 images the nearest point is the image itself. By chance, it would be 1.

# %% tags=["measured"]
left_points = sides[0]
for name, right_points in zip(("one shared tower", "two towers"), sides, strict=True):
    itself = np.median(np.linalg.norm(left_points - right_points, axis=1))
    another = np.median(np.linalg.norm(left_points[:-1] - right_points[1:], axis=1))
    found, _ = sl.Gallery(right_points).nearest(left_points, k=1)
    hits = np.sum(found[:, 0] == np.arange(len(found)))
    print(f"{name:16}  itself {itself:.4f}  another {another:.4f}  found {hits} of {len(found):,}")

# %% [markdown]
# With one shared tower, an image is at distance 0 from itself, and it finds itself. With two towers,
# it is about as far from itself as from any other image, and the nearest point is no better than
# chance. A place on one map means nothing on the other. Training could bring the two maps together,
# but it would have to learn everything twice. With shared weights, there is one map from the first
# step on.

# %% [markdown]
# ## The contrastive loss
#
# Training needs a number that says how wrong the distance of a pair is. The **contrastive loss**
# computes it from three numbers. The distance is $d$. The label is $s = 1$ for a similar pair, and
# $s = 0$ for a different one. The margin $m$ is the distance at which a different pair is far
# enough apart.
#
# $$L(s, d) = \tfrac{1}{2}\left[\, s\, d^2 + (1 - s)\, \max(m - d,\, 0)^2 \,\right]$$
#
# This is equation 4 of Hadsell, Chopra and LeCun (2006), except that they write 0 for a similar
# pair and 1 for a different one. The left chart shows the loss of a pair at each distance. The
# right chart shows the slope of the loss with its sign reversed. This is the force on the pair:
# above zero, it pushes the two points apart. Below zero, it pulls them together.

# %%
sl.figures.loss_curve(margin=1.0)

# %% [markdown]
# The paper compares these forces to springs (section 2.2). The slope of $\frac12 d^2$ is $d$. So a
# similar pair is held together by a stretched spring, and the spring pulls harder the farther it
# is stretched. The slope of $\frac12 (m - d)^2$ is $-(m - d)$. So between the points of a
# different pair, there is a compressed spring. It pushes hardest when the points touch. At the
# margin, the push is zero, and it stays zero beyond. Different digits have to be apart, but not
# infinitely far apart.
#
# The next cell places three points by hand. Two of them are of class 0. The third is of class 1,
# above the middle of the other two. The cell prints the distance of each pair, and 1 for the
# similar pair.

# %%
points = np.array([[0.0, 0.0], [0.6, 0.0], [0.3, 0.4]])
classes = np.array([0, 0, 1])
one, other = [0, 0, 1], [1, 2, 2]
d = np.linalg.norm(points[one] - points[other], axis=1)
s = np.array([1, 0, 0])
print("distances:", d.round(3), "similar:", s)

# %% [markdown]
# The next cell computes the mean loss of the three pairs, first with the formula in NumPy and then
# with the library:

# %%
by_hand = np.mean(s * d**2 + (1 - s) * np.maximum(1.0 - d, 0) ** 2) / 2
library = float(sl.ContrastiveLoss(margin=1.0)(s, d))
print(f"{by_hand:.5f} by hand, {library:.5f} by the library")

# %% [markdown]
# ## Springs to drag
#
# The next cell shows twelve points of three classes, A, B and C. They are mixed up, as an untrained
# tower mixes up digits. One point is chosen, and has a thick edge:
#
# * The dashed **circle** around it has the margin as its radius.
# * A green wave is a stretched spring. It leads to a point of the same class, at any distance.
# * An orange zigzag is a compressed spring. It leads to a different point inside the circle.
# * A dotted line leads to a different point outside the circle. There is no force.
#
# Every point has two arrows: the sum of its pulls (green, solid), and the sum of its pushes
# (orange, dashed). The bar on the right shows the loss, and how much of it comes from similar pairs
# (*pull*) and from different pairs (*push*).
#
# *Step* takes one step of **gradient descent**: each point moves by its force times the learning
# rate. The **learning rate** is a number that says how far one step goes. *Run* takes 20 steps a
# second. (Further down, *Every pair in the batch* explains the two choices of *loss*.)
#
# **Guess first: when the points come to rest, where is each class, and how far apart are two
# classes?** Then press *Run*.

# %%
sl.Springs(margin=1.0)

# %% [markdown]
# Let it run, and try these three things:
#
# 1. **Drag a point** away, and let go. (With the keyboard: press Tab until a point is marked, then
#    an arrow key.) The spring pulls it back.
# 2. **Margin 10.** Press *Start again*. What will a margin ten times as large change? Guess, move
#    *margin* to 10, and press *Run*. The points leave the map. Set *scale* to *follows*, and
#    compare the picture with the first one. Then read the bar at the bottom left.
# 3. **Push off.** Press *Start again*, and set *margin* to 1 and *scale* to *stays*. What will the
#    pull do alone? Guess, turn *push* off, and press *Run*. How large is the loss now? Then set
#    *scale* to *follows*. On this map, only the bar at the bottom left says that the points have
#    met.
#
# The next cell does the same in Python: 200 steps with a margin of 1, with a margin of 10, and
# without the push. It prints the loss after the last step, and the three distances between the
# centres of the classes. The **centre** of a class is the mean of its points.

# %%
for margin, push in ((1, True), (10, True), (1, False)):
    springs = sl.Springs(margin=margin)
    springs.state = {"push": push}
    springs.take_steps(200)
    middles = np.reshape(springs.state["points"], (4, 3, 2)).mean(axis=0)  # A, B, C, A, B, C, ...
    apart = np.linalg.norm(middles - np.roll(middles, 1, axis=0), axis=1)
    name = f"margin {margin}, push {'on' if push else 'off'}:"
    print(f"{name:22}loss {springs.loss:.4f}, distances", *[f"{far:.2f}" for far in apart])

# %% [markdown]
# With the push, two classes end one margin apart or a little more, whatever the margin is. **The
# margin sets the scale of the map, and nothing else.** The next cell shows why. It makes the three
# points from above and their margin ten times as large. Then every force is ten times as large, too.
# So the movement is the same, on a map ten times as large. The loss is 100 times as large, because it
# is a mean of squares.

# %%
small = sl.Springs(points, classes, margin=1)
large = sl.Springs(10 * points, classes, margin=10)
small.state = large.state = {"means": "one"}  # the mean over the three pairs, as above
print(f"loss:  {small.loss:.4f} and {large.loss:.4f}")
for one, other in zip(small.forces, large.forces, strict=True):
    print("force:", one.round(3), "and", other.round(3))

# %% [markdown]
# Without the push, all points meet in one place, and the loss is 0. When all embeddings come to lie
# in one place, this is a **collapse**. The pull moves no class as a whole, and here all three classes
# begin with the same centre. To see this, leave the push off, press *Start again*, drag one point far
# away, and press *Run*. Now one class ends in a place of its own, but no force keeps it there. In a
# real tower, one set of weights moves all points at once. Further down, you will see that the pull
# alone makes it collapse, too.

# %% [markdown]
# ## The springs on real digits
#
# After 20 steps of training, the points are spread out enough to show something. (This loss and
# this optimizer are explained further down. The **optimizer** is what changes the weights at each
# step.)

# %% tags=["nbval-ignore-output"]
balanced = sl.BalancedBatchSampler(digits.train.labels, batch_size=128, seed=0)
tower.compile(sl.Muon(0.02), sl.InBatchContrastiveLoss(margin=1.0), **sl.compile_options())
tower.fit(sl.ImageBatches(digits.train, balanced, steps=20), shuffle=False, verbose=0)
print("trained for 20 steps of 128 images")

# %% [markdown]
# Here are 24 digits of four classes, where this tower places them. Drag a digit into another class,
# and see which springs answer. Then press *Run*. Each digit moves alone here. In training, a step
# changes the weights, and the weights move all digits at once.

# %% tags=["nbval-ignore-output"]
few = np.flatnonzero(digits.test.labels < 4)[:24]
labels = digits.test.labels[few]
embeddings = tower.predict(digits.test.images[few], verbose=0)
sl.Springs(embeddings, labels, images=digits.test.images[few], learning_rate=2.0)

# %% [markdown]
# Which digits are far from their class? Here are the eight that are farthest from its centre, with
# the class under each. Some have an unusual shape. For others, 20 steps were simply too few.

# %%
centres = np.array([embeddings[labels == label].mean(axis=0) for label in range(4)])
strayed = np.argsort(-np.linalg.norm(embeddings - centres[labels], axis=1))[:8]
sl.figures.image_grid(digits.test.images[few[strayed]], titles=labels[strayed])

# %% [markdown]
# ## Why the push is needed: collapse
#
# Without the push, training has a perfect but useless answer: every image goes to the same point. The
# springs have collapsed like this, and the next cells make it happen to a tower. First, the cell
# prepares a copy of the tower, and a sampler that draws similar pairs only (`same_fraction=1`).

# %%
pulled = sl.conv_tower(image_shape=(28, 28, 1), embedding_dim=2)
pulled.set_weights(tower.get_weights())
pull_model = sl.siamese(pulled)
sampler = sl.PairSampler(digits.train.labels, batch_size=64, seed=0, same_fraction=1)

# %% [markdown]
# First say what you expect. The next cell asks. Drag the slider, or use the arrow keys.

# %%
collapse_guess = sl.Prediction(
    "After 20 steps with similar pairs only, how much of the loss is left?",
    number=(0, 100),
    unit="%",
)
collapse_guess

# %% [markdown]
# The copy is trained for 20 steps. In a tower, the learning rate says how much each step changes the
# weights. Here it falls from 0.02 to 0, so that the points come to rest. The library warns that the
# batches hold no different pair. Anywhere else, that would be a mistake. The cell prints the loss of
# one batch, before the training and after it.

# %% tags=["nbval-ignore-output"]
rate = keras.optimizers.schedules.PolynomialDecay(0.02, 20, end_learning_rate=0.0)
pull_model.compile(sl.Muon(rate), sl.ContrastiveLoss(margin=1.0), **sl.compile_options())
similar_only = sl.ImageBatches(digits.train, sampler, steps=20)
loss_before = pull_model.evaluate(*similar_only[0], verbose=0)
pull_model.fit(similar_only, shuffle=False, verbose=0)
loss_after = pull_model.evaluate(*similar_only[0], verbose=0)
print(f"loss before {loss_before:.5f}, after {loss_after:.7f}")

# %% [markdown]
# Here is your answer next to the measured value.

# %% tags=["nbval-ignore-output"]
collapse_guess.reveal(
    100 * loss_after / loss_before, "similar pairs cost nothing if all images are at one point"
)

# %% [markdown]
# A loss near zero looks like success. But the *different* pairs, which this training never saw,
# show what happened. Their distances have shrunk to almost nothing, too. The cell prints the
# median of these distances before and after.

# %% tags=["measured"]
before = np.median(model.predict([images[left], images[right]], verbose=0)[same == 0])
after = np.median(pull_model.predict([images[left], images[right]], verbose=0)[same == 0])
print(f"median distance of different pairs: {before:.4f} before, {after:.4f} after")
print(f"{after / before:.2%} is left, less than a tenth: {after < before / 10}")

# %% [markdown]
# With different pairs in the batch, collapse has a price. If all points coincide, a similar pair
# costs nothing and a different pair costs $m^2 / 2$. If half of the pairs are of each kind, the
# mean is $m^2 / 4$. Remember this number. If the loss stays there, the embeddings have collapsed.

# %%
for margin in (0.5, 1.0, 2.0):
    on_one_spot = sl.ContrastiveLoss(margin=margin)(np.repeat([0, 1], 500), np.zeros(1000))
    print(f"margin {margin}: {float(on_one_spot):.4f}, and margin²/4 is {margin**2 / 4:.4f}")

# %% [markdown]
# ## Every pair in the batch
#
# The tower does nearly all the work, and comparing is almost free. So chapter 3 embeds 128
# labelled images and compares each of them with all the others. The cell counts these pairs, and
# the similar ones among them.

# %%
batch_images, batch_labels = sl.ImageBatches(digits.train, balanced)[0]
rows, columns = np.triu_indices(128, k=1)
similar = batch_labels[rows] == batch_labels[columns]
print(f"{len(similar):,} pairs, {similar.sum()} of them similar: {similar.mean():.1%}")

# %% [markdown]
# About one pair in ten is similar, because there are ten digits. In a plain mean over all pairs, the
# different pairs would outnumber the similar ones nine to one. So `InBatchContrastiveLoss` takes
# **two means**, and both count the same. One is over the similar pairs. The other is over the
# different pairs that are nearer than the margin, because only these are pushed.
#
# $$L = \tfrac{1}{4}\left[\, \operatorname{mean}_{\text{similar}} d^2 +
# \operatorname{mean}_{\text{different, } d < m} (m - d)^2 \,\right]$$
#
# The next cell collects the terms of both means in a loop over 8,128 pairs:

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
# The library needs no loop, only one table of 128 × 128 distances. Its result agrees with the loop
# to five digits:

# %% tags=["measured"]
by_loop = (np.mean(pulls) + np.mean(pushes)) / 4
library = float(sl.InBatchContrastiveLoss(margin=1.0)(batch_labels, embeddings))
print(f"{by_loop:.6f} by the loop, {library:.6f} by the library")
print("the same to five digits:", bool(np.isclose(by_loop, library, rtol=1e-5)))

# %% [markdown]
# Why does the second mean leave out the different pairs beyond the margin? As training goes on,
# most different pairs are there, and cost nothing. With all their zeros in the mean, the few pairs
# that are still wrong would hardly count. But those are the pairs that matter.
#
# The next cell shows this for the network of chapter 0, at the end of its training. Each tile of the
# matrix is a pair. The stronger its colour, the more the pair costs. Nearly all different pairs are
# grey: they cost nothing. Press *one plain mean*, and the few orange tiles fade. Press *two means*,
# and they are strong again. (With the 4,000 digits that need no download, no tile is orange in this
# batch.)

# %%
chosen = balanced.batch(0)
chosen_labels, names = digits.train.labels[chosen], digits.class_names
view = sl.pairs_that_teach(
    sl.shipped_run(), digits.train.images[chosen], chosen_labels, class_names=names
)
view

# %% [markdown]
# The cell prints how many different pairs still push, and which share of the loss is theirs. With
# one plain mean, it is small, so they hardly move the network. With two means, it is many times
# larger. If no pair pushes, both are 0 %. [Chapter 4](04_watch_it_converge.ipynb) measures what two
# means gain.

# %% tags=["nbval-ignore-output"]
different = chosen_labels[:, None] != chosen_labels
print(f"{view.counts.pushing:,} of {different.sum() // 2:,} different pairs push")
for means in ("one", "two"):
    view.state = {"means": means}
    print(f"{means}: {view.costs[different].sum() / view.costs.sum():.0%} of the loss")

# %% [markdown]
# ## Three at a time: the triplet loss
#
# Another loss compares two distances with each other. A **triplet** has three images: an **anchor**,
# a **positive** of the same class, and a **negative** of another class. The distances from the anchor
# to the other two are $d_{ap}$ and $d_{an}$. The triplet costs $\max(d_{ap} - d_{an} + m,\, 0)$. So
# the positive does not have to be near. It only has to be nearer than the negative, by the margin.
#
# `BatchTripletLoss` takes each image of a batch as an anchor, with its farthest positive and its
# nearest negative. The cell does this with the three points from above. Each point of class 0 has
# its positive at a distance of 0.6, and its negative at 0.5. The third point has no positive, so
# it is left out.

# %%
by_hand = max(0.6 - 0.5 + 1.0, 0)
library = float(sl.BatchTripletLoss(margin=1.0)(classes, points))
print(f"{by_hand:.5f} by hand, {library:.5f} by the library")

# %% [markdown]
# ## All others at once: the supervised contrastive loss
#
# A third kind of loss compares an image with *all* others of the batch. These share one whole: an
# image at distance $d$ gets a part in proportion to $(1 + d^2 / 3)^{-2}$, so near images get large
# parts. The loss is $-\log$ of the part of a similar image, as a mean over all similar images. It
# is small if similar images have nearly the whole, because different ones are far away. There is no
# margin.
#
# The formula is **Student's t distribution**, without its constant factor. For large distances it
# falls slowly. So an image far from its class is still pulled, and a map has room for all classes.
# The command `siamese train` takes this loss for digits in two dimensions.
#
# The cell uses the three points from above again. For each point of class 0, the others are its
# positive at 0.6 and its negative at 0.5.

# %%
positive, negative = (1 + np.square([0.6, 0.5]) / 3) ** -2
by_hand = -np.log(positive / (positive + negative))
library = float(sl.SupervisedContrastiveLoss()(classes, points))
print(f"{by_hand:.5f} by hand, {library:.5f} by the library")

# %% [markdown]
# ## What Muon does to a gradient
#
# The gradient says how to change each weight. Take `conv2` as an example. It multiplies a patch of
# 5 × 5 × 32 = 800 numbers by a matrix of 64 columns, one for each filter. So its gradient is a
# matrix, too:

# %%
import tensorflow as tf

with tf.GradientTape() as tape:
    loss = sl.InBatchContrastiveLoss(margin=1.0)(batch_labels, tower(batch_images))
gradient = tape.gradient(loss, tower.get_layer("conv2").kernel)
matrix = keras.ops.reshape(gradient, (5 * 5 * 32, 64))
print(matrix.shape)

# %% [markdown]
# Any matrix is a sum of *directions*, and each direction has a strength, its **singular value**.
# The chart shows the 64 strengths of this gradient, divided by the largest one. It also shows the
# 64 strengths of the matrix that the optimizer **Muon** makes of the gradient. The directions stay
# the same, and all strengths become about 1. The cell also divides the
# strength of the strongest direction by that of the weakest.

# %% tags=["measured"]
from siamese_lib.network.optimizers import orthogonalized

before = np.linalg.svd(matrix, compute_uv=False)
after = np.linalg.svd(orthogonalized(matrix), compute_uv=False)
ratio, evened = before[0] / before[-1], after.max() / after.min()
print(f"gradient:   {ratio:,.0f} times as strong, more than 10: {ratio > 10}")
print(f"after Muon: {evened:.1f} times as strong, less than 2: {evened < 2}")
sl.figures.singular_values({"gradient (largest = 1)": before / before[0], "after Muon": after})

# %% [markdown]
# Plain gradient descent moves far along the few strong directions, and hardly moves along the weak
# ones. A larger learning rate does not help, because the strong directions would overshoot. Muon
# moves about equally far along every direction. The optimizer **Adam** also evens out the changes,
# but for each weight separately.
#
# Does it matter? A small race compares the two. Both start from the same weights and see the same 60
# batches. The recorder keeps the weights after every tenth step. What it keeps of a training is
# called a **run**, and each set of weights makes one frame of the run's film.


# %%
def train(optimizer):
    racer = sl.conv_tower(image_shape=(28, 28, 1), embedding_dim=2, seed=0)
    batches = sl.ImageBatches(digits.train, balanced, steps=60)
    recorder = sl.Recorder(racer, batches, frame_every=10)
    racer.compile(optimizer, sl.InBatchContrastiveLoss(margin=1.0), **sl.compile_options())
    racer.fit(batches, callbacks=[recorder], shuffle=False, verbose=0)
    return recorder.run


# %% [markdown]
# Each optimizer gets a learning rate that suits it on this tower: 0.002 for Adam and 0.02 for
# Muon. In both, the learning rate falls to 0 in a straight line. This cell takes the longest in the
# chapter, about 20 seconds on a laptop. It prints the steps at which the weights were kept.

# %% tags=["nbval-ignore-output"]
falling = keras.optimizers.schedules.PolynomialDecay
races = {
    "Adam": train(keras.optimizers.Adam(falling(0.002, 60, 0.0))),
    "Muon": train(sl.Muon(falling(0.02, 60, 0.0))),
}
print("weights kept after steps", *races["Muon"].steps)

# %% [markdown]
# Both are judged by precision@7 among 1,000 test images. The cell prints it for each frame, and
# draws both as curves. Look for the step at which Muon's curve reaches the height where Adam's
# curve ends. Every step uses 128 images, so fewer steps are fewer images.

# %% tags=["measured"]
curves = {
    name: run.film(shown, shown_labels).curves["precision@7 among these"]
    for name, run in races.items()
}
for name, shares in curves.items():
    print(f"{name}: precision@7", *[f"{share:.2f}" for share in shares])
print("Muon after 50 steps is above Adam after 60:", curves["Muon"][-2] > curves["Adam"][-1])
sl.figures.class_curves(races["Muon"].steps, np.transpose(list(curves.values())), list(curves))

# %% [markdown]
# This was one race, and a short one. It says which optimizer was ahead here, and no more.

# %% [markdown]
# ## What to notice
#
# * The tower knows nothing about pairs. It maps one image to one point, and only the loss looks at
#   two.
# * Similar pairs pull at any distance. Different pairs push only up to the margin. Without the
#   push, the embeddings collapse.
# * The margin sets the scale of the map. Nothing else in the training says how long 1 is.
# * A batch of 128 images holds 8,128 pairs. With two separate means, the few similar pairs count as
#   much as the many different ones.
# * Some directions of a gradient are much stronger than others. Muon evens them out, and won this
#   race.

# %% [markdown]
# ## Try it yourself
#
# * Set the margin of `loss_curve` to 2. At which distance does the push end now?
# * In the springs, choose *one mean*, press *Start again* and then *Run*. Do the classes meet in
#   fewer steps, or in more? (The section *Every pair in the batch* says why.)
# * Choose a point that another one pushes, and drag it across the dashed circle. What happens to
#   the spring?
# * Work out how many weights a tower with `embedding_dim=16` has, before you print the number.
# * Give Adam other learning rates in the race. With which one does it come closest to Muon?
# * Look at the feature maps of another digit: `digits.test.images[1:2]`.
#
# <details>
# <summary>Answers</summary>
#
# * At 2. The push always ends at the margin.
# * In more. With two means, all points are within 0.01 of the centre of their class after 55 steps.
#   With one mean, it takes 108 steps, because the few similar pairs count less.
# * The zigzag becomes a dotted line: beyond the margin, there is no force.
# * 163,856. Only `conv5` changes: it has 16 · (256 + 1) = 4,112 weights instead of 514.
# * Try rates from 0.0005 to 0.008, each twice the one before. Keep the seed and the number of
#   steps, or the race is not fair.
# * It is a two. The filters are the same as before, so each answers to the same kind of edge, but
#   at other places.
#
# </details>
#
# Tower and loss are ready. In the [next chapter](03_train.ipynb), you train them and watch.
