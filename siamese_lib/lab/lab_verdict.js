// @ts-check
// One sentence that judges a training from its numbers. siamese_lib/training/verdicts.py judges a
// training in Keras: the same verdict has the same name and the same first words.

/**
 * @typedef {object} LabNumbers
 * @property {number} loss the mean of the last steps
 * @property {number} margin
 * @property {string} kind of loss: "pairs", "every_pair" or "triplet"
 * @property {number} share of similar pairs, of the loss "pairs"
 * @property {number} similar the mean distance of similar pairs
 * @property {number} different the mean distance of different pairs
 * @property {number} beyond the share of different pairs that are the margin or more apart
 * @property {number} near the share of different pairs less than half the margin apart
 */

// Distances are judged in margins, as the margin is the only length that the loss knows.
const NEAR_ZERO = 0.05; // a twentieth of the margin: in a plot of its size, one spot
const NEAR_TRIVIAL = 0.1; // batches differ by some percent, so the loss does not sit exactly there
const NO_ORDER = 1.25; // different pairs are hardly farther apart than similar ones
const NOT_CLOSER = 1.1; // an untrained tower has 1.2 for digits
const ALMOST_ALL = 0.95;
const LEARNED = 3; // classes whose pairs are three times as close as others are islands
const MIXED = 0.1; // of three classes, two in one place make it a third; of ten, a 45th

/**
 * @param {LabNumbers} numbers
 * @returns {{ name: string, text: string }}
 */
export function labVerdict({ loss, margin, kind, share, similar, different, beyond, near }) {
  const { value: trivial, called } = trivialOf(kind, margin, share);
  if (![loss, similar, different].every(Number.isFinite)) {
    return verdictOf("not_a_number", "The loss is not a number: the learning rate is too high.");
  }
  if (Math.max(similar, different) < NEAR_ZERO * margin) {
    return verdictOf("collapsed", "Collapsed: all distances are near 0.");
  }
  const ordered = different > NO_ORDER * similar;
  if (!ordered && Math.abs(loss - trivial) < NEAR_TRIVIAL * trivial) {
    return verdictOf(
      "trivial",
      `The loss sits at ${called} = ${Number(trivial.toPrecision(3))}: as if all images were ` +
        "in one point.",
    );
  }
  const learned = different > LEARNED * similar && near <= MIXED;
  // Triplets push as long as the negative is not farther than the positive by the margin.
  if (kind !== "triplet" && beyond >= ALMOST_ALL && !learned) {
    return verdictOf(
      "no_push",
      "Different pairs no longer push: nearly all are beyond the margin.",
    );
  }
  if (different < NOT_CLOSER * similar) {
    return verdictOf("no_order", "Similar pairs are no closer than different ones.");
  }
  if (learned) {
    return verdictOf("learned", "Learned: similar images are close, different ones far apart.");
  }
  return verdictOf("learning", "Learning: similar and different pairs are not yet well apart.");
}

/**
 * The loss if all images are in one point: similar pairs then cost nothing, and each different one
 * margin squared / 2. Half of the pairs are similar, or count as half.
 * @param {string} kind
 * @param {number} margin
 * @param {number} share
 */
function trivialOf(kind, margin, share) {
  if (kind === "triplet") return { value: margin, called: "the margin" };
  const different = kind === "pairs" ? 1 - share : 0.5;
  const called =
    different === 0.5
      ? "margin squared / 4"
      : `margin squared / 2, times the share of different pairs, ${Number(different.toFixed(2))},`;
  return { value: (different * margin ** 2) / 2, called };
}

/** @param {string} name @param {string} text */
const verdictOf = (name, text) => ({ name, text });

/**
 * The distances of all pairs of embeddings.
 * @param {ArrayLike<number>} points
 * @param {number} dim
 * @param {ArrayLike<number>} labels
 * @param {number} margin
 */
export function labDistances(points, dim, labels, margin) {
  const [sums, counts] = [
    [0, 0],
    [0, 0],
  ];
  let [far, close] = [0, 0];
  for (let one = 0; one < labels.length; one++) {
    for (let other = 0; other < one; other++) {
      let square = 0;
      for (let axis = 0; axis < dim; axis++) {
        square += (points[one * dim + axis] - points[other * dim + axis]) ** 2;
      }
      const same = Number(labels[one] === labels[other]);
      sums[same] += Math.sqrt(square);
      counts[same]++;
      far += Number(!same && square >= margin ** 2);
      close += Number(!same && square < (margin / 2) ** 2);
    }
  }
  const [different, similar] = sums.map((sum, same) => sum / Math.max(counts[same], 1));
  const number = Math.max(counts[0], 1);
  return { similar, different, beyond: far / number, near: close / number };
}
