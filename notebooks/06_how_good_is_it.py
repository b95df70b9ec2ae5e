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
# # 6 · How good is it?
#
# **What you will see.** A map can look convincing and be wrong, so this chapter counts. Each measure
# is first computed by hand, in a line or two, and then by the library, and both must agree. They are
# put to raw pixels, to a projection, to a network that has learned nothing, and to three that have.
# Then you drag a threshold, and watch who is let in and who is kept out. At the end stand the pairs
# that cost a trained network the most, and a question: is it the network that is wrong?
#
# The chapter trains two small networks, half a minute each on a laptop.

# %% [markdown]
# ## Images to ask about, images to search in
#
# A *gallery* is what is searched: up to 5,000 training images. *Queries* are what is asked: up to
# 2,000 test images, spread evenly over the test set. (The first half of MNIST's is harder than the
# second, so that its first 2,000 would be unfair to everyone.)

# %% tags=["nbval-ignore-output"]
import numpy as np

import siamese_lib as sl

digits = sl.load_dataset("mnist")
gallery_images, gallery_labels = digits.train.images[:5000], digits.train.labels[:5000]
everyone = np.arange(len(digits.test.labels))
evenly = everyone[:: max(1, len(everyone) // 2000)]
queries, query_labels = digits.test.images[evenly], digits.test.labels[evenly]

# %% [markdown]
# ## By hand: the nearest seven
#
# Begin with no network at all: two images are as far apart as their 784 pixels say. The cell finds the
# seven nearest gallery images of each query.


# %%
def pixels(images):
    return images.reshape(len(images), -1) / 255


found, distances = sl.Gallery(pixels(gallery_images)).nearest(pixels(queries), k=7)
neighbour_labels = gallery_labels[found]
print("neighbours of each query:", neighbour_labels.shape[1])

# %% [markdown]
# Six queries will do to count by hand: the two that come off worst, two that are partly right, two of the
# best. Each row below is one of them: its label, and the labels of its neighbours, nearest first.

# %% tags=["nbval-ignore-output"]
right = (neighbour_labels == query_labels[:, None]).sum(axis=1)
ranked = right.argsort(kind="stable")
few = ranked[[0, 1, len(right) // 8, len(right) // 6, -2, -1]]
for query in few:
    print(query_labels[query], "|", *neighbour_labels[query], "|", right[query], "of 7 right")

# %% [markdown]
# This is one of those that are partly right. Similar strokes in similar places make similar pixels, and
# sometimes that is another digit:

# %%
one = few[2]
answers = gallery_images[found[one]], gallery_labels[found[one]], distances[one]
sl.figures.neighbours(queries[one], *answers, query_label=query_labels[one])

# %% [markdown]
# **Precision@k** is the share of right ones among the k nearest, here k = 7, averaged over the
# queries. That is the mean of a table of true and false. The library says the same:

# %%
hits = neighbour_labels[few] == query_labels[few][:, None]
by_hand = hits.mean()
assert by_hand == sl.metrics.precision_at_k(neighbour_labels[few], query_labels[few])
print("precision@7, both ways: equal")

# %% [markdown]
# **kNN accuracy** asks less: the seven neighbours vote, and only the winner counts. (Where two digits
# have equally many votes, the one that was found nearer wins.) A query with four right neighbours is
# as good as one with seven. Counting votes by hand:


# %%
def winner(labels):
    votes = [np.sum(labels == label) for label in labels]
    return labels[np.argmax(votes)]  # the first, hence the nearest, of equal ones


winners = np.array([winner(labels) for labels in neighbour_labels[few]])
by_hand = np.mean(winners == query_labels[few])
assert by_hand == sl.metrics.knn_accuracy(neighbour_labels[few], query_labels[few])
print("kNN accuracy, both ways: equal")

# %% [markdown]
# ## By hand: everyone of the class
#
# Seven neighbours say nothing of the other hundreds. **R-precision** looks at as many neighbours as
# there are images to find: if the gallery holds R images of the query's digit, how many of the R
# nearest are right? Only a gallery in which all of them come first gets a 1. So the cell asks for
# many more neighbours.

# %%
relevant = np.bincount(gallery_labels)[query_labels]  # R of each query
found, _ = sl.Gallery(pixels(gallery_images)).nearest(pixels(queries[few]), k=int(relevant.max()))
far_labels = gallery_labels[found]
by_hand = [np.mean(far_labels[i, : relevant[q]] == query_labels[q]) for i, q in enumerate(few)]
library = sl.metrics.r_precision(far_labels, query_labels[few], relevant[few])
assert np.isclose(np.mean(by_hand), library)
print("R-precision, both ways: equal")

# %% [markdown]
# **MAP@R**, the *mean average precision at R*, also asks in which order they come. Walk down the R
# nearest; at each right one, write down the share of right ones so far; add up, and divide by R.
# A wrong neighbour early on spoils all shares after it, a late one hardly any.

# %%
by_hand = []
for labels, query in zip(far_labels, few, strict=True):
    hit = labels[: relevant[query]] == query_labels[query]
    shares_so_far = np.cumsum(hit) / np.arange(1, len(hit) + 1)
    by_hand.append(np.sum(shares_so_far * hit) / len(hit))
library = sl.metrics.map_at_r(far_labels, query_labels[few], relevant[few])
assert np.isclose(np.mean(by_hand), library)
print("MAP@R, both ways: equal")

# %% [markdown]
# Both are from Musgrave, Belongie and Lim, *A Metric Learning Reality Check* (2020, section 3.2), who
# found that with the older measures alone, methods looked better than one another that were not.

# %% [markdown]
# ## By hand: the same or not?
#
# A passport gate does not search: it holds two pictures, and has to say whether they are of one
# person. That is *verification*. Draw 4,000 pairs of queries, about half of them the same digit, and
# measure how far the two are apart.

# %%
left, right, same = sl.PairSampler(query_labels, batch_size=4000, seed=0).batch(0)


def apart(points):
    return np.linalg.norm(points[left] - points[right], axis=1)


distances = apart(pixels(queries))
sl.figures.distance_histogram(distances, same)

# %% [markdown]
# Now someone has to set a **threshold**: closer than this is *same*. A different pair that gets in is
# a **false accept**, a same pair that is turned away a **false reject**. At the median distance:

# %%
threshold = np.median(distances)
accepts = np.sum((distances <= threshold) & (same == 0))
rejects = np.sum((distances > threshold) & (same == 1))
judged = sl.metrics.verification(distances, same)
at = judged.at(threshold)
assert (accepts, rejects) == (at.false_accepts, at.false_rejects)
print("more than a quarter called wrongly:", (accepts + rejects) / len(same) > 0.25)

# %% [markdown]
# Every threshold gives two rates: of the same pairs, how many are called same (the more the better),
# and of the different pairs, how many are (the fewer the better). All of them together are a curve, the
# **ROC**, for *receiver operating characteristic*: it comes from radar. Fawcett's *An introduction to
# ROC analysis* (2006) is the place to read about it.
#
# Two numbers sum a curve up. **AUC** is the area under it: take any same pair and any different one,
# and it is how often the same pair is the closer. **EER**, the *equal error rate*, is where both rates
# of mistakes are equal. By hand, the first over all 4 million combinations:

# %%
near, far = distances[same == 1], distances[same == 0]
by_hand = np.mean(near[:, None] < far) + np.mean(near[:, None] == far) / 2
assert np.isclose(by_hand, judged.auc)
wrong = [(np.mean(far <= t), np.mean(near > t)) for t in judged.thresholds[1:]]
closest = min(wrong, key=lambda rates: abs(rates[0] - rates[1]))
assert np.isclose(np.mean(closest), judged.eer, atol=0.002)
print("AUC and EER, both ways: equal")

# %% [markdown]
# ## Rivals
#
# What does a network have to beat? First the pixels themselves. Then **PCA**, *principal component
# analysis*: the directions in which the pixels vary most, 2 of them or 16. It needs no labels.

# %%
mean = pixels(gallery_images).mean(axis=0)
_, axes = np.linalg.eigh(np.cov(pixels(gallery_images), rowvar=False))  # the last vary most


def pca(dim):
    return lambda images: (pixels(images) - mean) @ axes[:, -dim:]


rivals = {"pixels": pixels, "PCA, 2-D": pca(2), "PCA, 16-D": pca(16)}

# %% [markdown]
# Then the tower as it is born, with random weights, which shows how much is due to the convolutions
# alone. `embedder` turns a tower into a function, as the others are.


# %%
def embedder(tower):
    return lambda images: tower.predict(images, verbose=0)


newborn = sl.conv_tower(image_shape=queries.shape[1:], embedding_dim=16, seed=0)
rivals["untrained, 16-D"] = embedder(newborn)

# %% [markdown]
# And two that are trained, in two dimensions and in sixteen. All else is the same, and as in
# [chapter 3](03_train.ipynb): every pair in a batch, 300 steps, margin 1.

# %%
import keras


def trained(dim, steps=300):
    tower = sl.conv_tower(image_shape=queries.shape[1:], embedding_dim=dim, seed=0)
    sampler = sl.BalancedBatchSampler(digits.train.labels, batch_size=128, seed=0)
    rate = keras.optimizers.schedules.PolynomialDecay(0.02, steps, end_learning_rate=0.0)
    tower.compile(sl.Muon(rate), sl.InBatchContrastiveLoss(margin=1.0), **sl.compile_options())
    batches = sl.ImageBatches(digits.train, sampler, steps=steps)
    tower.fit(batches, callbacks=[sl.Guard()], shuffle=False, verbose=0)
    return tower


# %% [markdown]
# Half a minute for each. The cell says what does the work, and when it is done.

# %% tags=["nbval-ignore-output"]
print(sl.device())
rivals["trained, 2-D"] = embedder(trained(2))
print("two dimensions are done")
rivals["trained, 16-D"] = embedder(trained(16))
print("sixteen, too")

# %% [markdown]
# The last one comes with the book: two dimensions again, but trained for far longer. (Where the 5,000
# offline digits serve, it has met them in its own training, and its figures flatter it.)

# %%
rivals["shipped, 2-D"] = sl.shipped_run().embed

# %% [markdown]
# ## The table
#
# All measures of one rival. The four of retrieval take labels of neighbours, the two of verification
# take distances of pairs.


# %%
def judge(embed):
    points = embed(queries)
    found, _ = sl.Gallery(embed(gallery_images)).nearest(points, k=int(relevant.max()))
    seven, all_of_them = gallery_labels[found[:, :7]], gallery_labels[found]
    pairs = sl.metrics.verification(apart(points), same)
    return pairs, {
        "kNN acc.": sl.metrics.knn_accuracy(seven, query_labels),
        "prec.@7": sl.metrics.precision_at_k(seven, query_labels),
        "R-prec.": sl.metrics.r_precision(all_of_them, query_labels, relevant),
        "MAP@R": sl.metrics.map_at_r(all_of_them, query_labels, relevant),
        "AUC": pairs.auc,
        "EER": pairs.eer,
    }


# %% [markdown]
# More is better in all columns but the last.

# %% tags=["nbval-ignore-output"]
judged = {name: judge(embed) for name, embed in rivals.items()}
table = {name: measures for name, (pairs, measures) in judged.items()}
print(" " * 17, *[f"{name:>9}" for name in table["pixels"]])
for name, measures in table.items():
    print(f"{name:17}", *[f"{value:9.4f}" for value in measures.values()])

# %% [markdown]
# Look at the first row. By its nearest seven, an image of pixels is a fine digit recogniser; yet of
# everyone in its class, it finds not even half. An image has a few twins, which look like it stroke
# for stroke, and hundreds of relatives that do not. **Precision@7 sees the twins, R-precision the
# relatives**, and only the second says whether the class has come together.

# %%
pixel_row, two, sixteen = (table[name] for name in ("pixels", "trained, 2-D", "trained, 16-D"))
print("pixels, kNN accuracy above 0.9:  ", pixel_row["kNN acc."] > 0.9)
print("pixels, R-precision below 0.5:   ", pixel_row["R-prec."] < 0.5)
print("trained, R-precision above 0.85: ", two["R-prec."] > 0.85)

# %% [markdown]
# PCA shows it from the other side: 16 of its numbers are as good as 784 pixels, since most of those
# are redundant; two are hopeless for finding neighbours. (By AUC, even two can beat all the pixels.
# Another measure, another winner.) Yet two are enough for a network that was told *same* and
# *different*. And random convolutions are no help: the untrained tower is worse than the pixels that
# it was given.
#
# Of the trained ones compare the first two, which had the same 300 steps: sixteen dimensions win. The
# shipped one has two, and thousands of steps: it comes close to the sixteen, or passes them.

# %%
print("16 of PCA about as good as pixels:", table["PCA, 16-D"]["kNN acc."] > 0.9)
print("2 of PCA hopeless:                ", table["PCA, 2-D"]["kNN acc."] < 0.6)
untrained = table["untrained, 16-D"]["kNN acc."]
print("untrained better than chance:     ", untrained > 0.2)
print("untrained worse than pixels:      ", untrained < pixel_row["kNN acc."])

# %% [markdown]
# The ROC curves of the same rivals. The thin grey diagonal is a coin; the corner at the top left is where
# one wants to be. The trained ones all but sit in it: click on names in the legend to hide the others.

# %%
curves = {name: (pairs.fpr, pairs.tpr) for name, (pairs, _) in judged.items()}
sl.figures.roc_curves(curves)

# %% [markdown]
# ## Drag the threshold
#
# Back to the gate, with the two-dimensional tower at it. **Drag the line**, or click on it and use the
# arrow keys. Same pairs are drawn upwards and different ones downwards; what is on the wrong side of
# the line is in full colour. Below are the pairs themselves. Heights are square-rooted, and so are
# the rates of both mistakes in the ROC curve, as otherwise rare ones could not be seen.

# %%
points = {name: rivals[name](queries) for name in ("trained, 2-D", "trained, 16-D")}
explorer = sl.ThresholdExplorer(
    apart(points["trained, 2-D"]), same, left, right, queries, query_labels
)
explorer

# %% [markdown]
# Things to try, and to see:
#
# * Far left, no stranger gets in, and hardly any friend; far right, everyone does. There is no
#   threshold without mistakes, only a choice of which.
# * The pairs shown are those *nearest to the line*, which a small step would save, and they change
#   with every step. *The worst* are far on the wrong side: what saves them ruins others.
# * Drag the point on the ROC curve instead. It is the same thing. The dashed line is where both kinds
#   of mistake are equally frequent: it crosses the curve at the EER.
#
# What you see can be asked from Python, and set:

# %%
explorer.threshold = 0.0
print("at zero, same pairs called same:", explorer.at.tpr < 0.01)
explorer.threshold = explorer.verification.best_threshold
counted = explorer.at.false_accepts + explorer.at.false_rejects
print("every mistake is listed:", len(explorer.mistakes) == counted)

# %% [markdown]
# ## A threshold has to be chosen before it is judged
#
# *Best accuracy* was chosen by looking at the answers. That is cheating, if a little: on other pairs,
# that threshold is not quite the best. The honest way is to choose with one half of the images and
# judge with the other.


# %%
def pairs_of(start):
    own = np.arange(start, len(queries), 2)
    one, other, same = sl.PairSampler(query_labels[own], batch_size=4000, seed=1).batch(0)
    between = points["trained, 2-D"][own[one]] - points["trained, 2-D"][own[other]]
    return np.linalg.norm(between, axis=1), same


chosen = sl.metrics.verification(*pairs_of(0))
judged_by = sl.metrics.verification(*pairs_of(1))
honest = judged_by.at(chosen.best_threshold)
print("never better than the best:", honest.accuracy <= judged_by.accuracy)

# %% [markdown]
# How far might the figure have come out otherwise, with other pairs? The *bootstrap* draws from these
# pairs again and again, with replacement, and counts each time (Efron and Tibshirani, *An Introduction
# to the Bootstrap*, 1993). The cell prints in what range 95 of 100 outcomes lie.

# %% tags=["nbval-ignore-output"]
ranges = sl.metrics.verification_intervals(*pairs_of(1), threshold=chosen.best_threshold)
print(f"threshold {chosen.best_threshold:.3f}, chosen with one half")
print(f"its accuracy on the other half: {honest.accuracy:.2%}")
print("95% of the outcomes: {:.2%} to {:.2%}".format(*ranges["accuracy"]))
print(f"the best there would have been: {judged_by.accuracy:.2%}")

# %% [markdown]
# ## Two dimensions against sixteen
#
# The same pairs, and a tower with sixteen numbers to an image. Its two heaps hardly
# overlap, and that little is drawn larger than it is.

# %%
deep_explorer = sl.ThresholdExplorer(
    apart(points["trained, 16-D"]), same, left, right, queries, query_labels
)
deep_explorer

# %% [markdown]
# Gates are not run at equal errors: a stranger let in is worse than a friend turned away. So one
# allows few false accepts, say one in a hundred different pairs, and asks how many friends are let in.


# %%
def let_in(pairs, allowed=0.01):
    return pairs.tpr[pairs.fpr <= allowed].max()


in_two, in_sixteen = (let_in(e.verification) for e in (explorer, deep_explorer))
print("sixteen let more friends in:", in_sixteen > in_two)
print("and have a smaller EER:     ", sixteen["EER"] < two["EER"])
print("and a better kNN accuracy:  ", sixteen["kNN acc."] > two["kNN acc."])

# %% [markdown]
# Figures for both, of this training:

# %% tags=["nbval-ignore-output"]
for name, share in [("2-D", in_two), ("16-D", in_sixteen)]:
    print(f"{name:>4}: {share:.1%} of the same pairs, at 1% false accepts")

# %% [markdown]
# Why? The loss wants every two digits to be a margin apart, and no more. In a plane, three points can
# be equally far from one another; a fourth has no place. Ten of them need nine dimensions. So in
# two, some digits are pushed far away while others must be neighbours, and a single threshold has to
# serve both. The distances between the centres of the ten clouds, the largest over the smallest:


# %%
def unevenness(points):
    centres = np.array([points[query_labels == digit].mean(axis=0) for digit in range(10)])
    between = np.linalg.norm(centres[:, None] - centres, axis=-1)[np.triu_indices(10, k=1)]
    return between.max() / between.min()


uneven = {name: unevenness(embedded) for name, embedded in points.items()}
print("2-D, more than 3 times: ", uneven["trained, 2-D"] > 3)
print("16-D, less than 3 times:", uneven["trained, 16-D"] < 3)

# %% [markdown]
# ## The pairs that cost the most
#
# Now to the mistakes of the better one. The contrastive loss says what each pair costs: $d^2/2$ for a
# same pair, $\max(m - d, 0)^2/2$ for a different one, with $m$ the margin. Over *all* pairs of test
# images, which are the dearest? One odd image makes a thousand dear pairs, so both images of a
# pair are set aside before the next is looked for.

# %%
images, labels = digits.test.images, digits.test.labels
deep = rivals["trained, 16-D"](images)
one, other, costs = sl.metrics.costliest_pairs(deep, labels, margin=1.0, count=16)
alike = labels[one] == labels[other]
print("dearest first:", bool((np.diff(costs) <= 0).all()))

# %% [markdown]
# Below each pair stand its labels and its cost. Most are of *one* digit, and far apart: a same pair
# pays without limit, a different one half a squared margin at most.

# %%
titles = [
    f"{labels[a]} · {labels[b]}<br>{cost:.2f}" for a, b, cost in zip(one, other, costs, strict=True)
]
sl.figures.pairs(images[one], images[other], alike, titles)

# %% [markdown]
# In many of them, one of the two is not what its label says; or not what *you* would say. Is the label
# wrong? A second opinion helps: the two towers have learned from the same labels, but in different
# spaces. For each test image, ask both for its 20 nearest gallery images, and count how many of those 40
# have its label.

# %%
votes = []
for name in points:
    gallery = sl.Gallery(rivals[name](gallery_images))
    votes.append(gallery_labels[gallery.nearest(rivals[name](images), k=20)[0]])
votes = np.concatenate(votes, axis=1)
support = (votes == labels[:, None]).sum(axis=1)
opinion = np.array([np.bincount(row, minlength=10).argmax() for row in votes])
print("most labels have the support of all 40:", np.median(support) == 40)

# %% [markdown]
# What they say of the dearest pairs. The fewer of the 40 take an image for what it is labelled, the more
# it looks like an error of the label; where opinions are mixed, or the two towers disagree, it
# is likely just hard to read.


# %%
def verdict(image):
    if support[image] >= 20:
        return "fine"
    agreed = np.sum(votes[image] == opinion[image])
    return "wrong label?" if agreed >= 36 else "hard to read"


# %% [markdown]
# Each line is an image of one of those pairs that is not fine: its number in the test set, its label,
# what most of the 40 say, and the verdict.

# %% tags=["nbval-ignore-output"]
for image in np.stack([one, other], axis=1).ravel():
    if verdict(image) != "fine":
        most = f"{np.sum(votes[image] == opinion[image])} of 40 say {opinion[image]}"
        print(f"image {image:5}, labelled {labels[image]}: {most}, {verdict(image)}")

# %% [markdown]
# And now all test images, not only those of dear pairs: the sixteen whose label has the least support.
# Under each stand its label, and what most of the 40 say instead.

# %%
agreed = (votes == opinion[:, None]).sum(axis=1)
doubtful = np.lexsort([-agreed, support])[:16]
titles = [f"label {labels[image]}<br>says {opinion[image]}" for image in doubtful]
sl.figures.image_grid(images[doubtful], titles, columns=8)

# %% [markdown]
# Judge for yourself. In some the label stands and the hand was odd; in some you would side with the
# networks. They cannot tell those two apart, and nor can a number: **a mistake in the labels counts
# against whoever sees it.** Northcutt, Athalye and Mueller (*Pervasive Label Errors in Test Sets*, 2021)
# let people look at the suspects in ten famous test sets; in MNIST's 10,000 images they confirmed 15
# wrong labels. So there is an accuracy that an honest network cannot pass. Whoever does has learned the
# mistakes.

# %% tags=["nbval-ignore-output"]
suspects = [image for image in range(len(labels)) if verdict(image) == "wrong label?"]
print(
    f"{len(suspects)} of {len(labels):,} test images look wrongly labelled to both towers together"
)

# %% [markdown]
# ## What to notice
#
# * Which measure you choose decides who wins. Pixels have fine nearest neighbours and no classes.
# * A threshold trades one mistake for the other. Choose it on other images than you judge it on.
# * Two dimensions can be seen, sixteen have room. The measures see the difference; the eye does not.
# * The dearest mistakes are worth looking at one by one: some are the network's, some are the label's.
#
# ## Try it yourself
#
# * Ask for `k=1` or `k=50` in `judge`, in place of 7. Which rows change?
# * Give the tower 3 dimensions, or 9. Where does it stop getting better?
# * In the explorer, find the threshold at which one different pair in a thousand gets in. What does it
#   cost?
# * Train with `margin=3.0`, and look at the explorer again. What has moved, and what has not?
# * Take `costliest_pairs` of the 2-D tower. Are its dear pairs odd images, or crowded places?
