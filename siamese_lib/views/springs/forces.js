// @ts-check
// The contrastive loss of points, split into pull and push, and its forces, as forces.py has them.

/** @typedef {"two" | "one"} Means */

/** @typedef {{ margin: number, push: boolean, means: Means }} Springiness */

/**
 * @typedef {object} PointForces
 * @property {Float64Array} pull x and y of each point's pull (2 * count)
 * @property {Float64Array} push x and y of each point's push
 * @property {number} pullLoss
 * @property {number} pushLoss
 * @property {number} similar pairs, each of which pulls
 * @property {number} pushing different pairs that are nearer than the margin
 * @property {number} different pairs
 */

const EQUAL_POINTS = 1e-12; // squared distance, as in siamese_lib/network/distances.py

/**
 * @param {Float64Array} places x and y of each point (2 * count)
 * @param {ArrayLike<number>} classes of the points
 * @param {Springiness} springiness
 * @returns {PointForces}
 */
export function forcesOf(places, classes, { margin, push, means }) {
  const pull = new Float64Array(places.length);
  const pushed = new Float64Array(places.length);
  let [similar, different, pushing, stretched, pressed] = [0, 0, 0, 0, 0];
  for (let i = 0; i < classes.length; i++) {
    for (let j = 0; j < i; j++) {
      const x = places[2 * i] - places[2 * j];
      const y = places[2 * i + 1] - places[2 * j + 1];
      const square = x * x + y * y;
      const distance = Math.sqrt(Math.max(square, EQUAL_POINTS));
      if (classes[i] === classes[j]) {
        similar += 1;
        stretched += distance ** 2;
        if (square > EQUAL_POINTS) addSpringForce(pull, i, j, -2 * x, -2 * y);
        continue;
      }
      different += 1;
      if (!push || distance >= margin) continue;
      pushing += 1;
      pressed += (margin - distance) ** 2;
      const strength = 2 * (margin / distance - 1);
      if (square > EQUAL_POINTS) addSpringForce(pushed, i, j, strength * x, strength * y);
    }
  }
  const all = 2 * Math.max(similar + different, 1);
  const pullWeight = 1 / (means === "two" ? 4 * Math.max(similar, 1) : all);
  const pushWeight = 1 / (means === "two" ? 4 * Math.max(pushing, 1) : all);
  return {
    pull: pull.map((value) => value * pullWeight),
    push: pushed.map((value) => value * pushWeight),
    pullLoss: stretched * pullWeight,
    pushLoss: pressed * pushWeight,
    similar,
    pushing,
    different,
  };
}

/**
 * Return the points after a step of gradient descent.
 * @param {Float64Array} places
 * @param {PointForces} forces
 * @param {number} rate the learning rate
 * @param {number} farthest that a coordinate can be
 */
export function descended(places, { pull, push }, rate, farthest) {
  return places.map((value, i) =>
    Math.min(Math.max(value + rate * (pull[i] + push[i]), -farthest), farthest),
  );
}

/**
 * Return the size of the largest force.
 * @param {PointForces} forces
 */
export function largestForce({ pull, push }) {
  let most = 0;
  for (let i = 0; i < pull.length; i += 2) {
    most = Math.max(most, Math.hypot(pull[i] + push[i], pull[i + 1] + push[i + 1]));
  }
  return most;
}

/**
 * Return the root mean square of the distances of some points from their middle.
 * @param {Float64Array} places
 * @param {number[]} [members] all, if left out
 */
export function radiusOf(places, members = Array.from({ length: places.length / 2 }, (_, i) => i)) {
  const count = Math.max(members.length, 1);
  /** @param {(point: number) => number} value */
  const mean = (value) => members.reduce((sum, point) => sum + value(point), 0) / count;
  const x = mean((point) => places[2 * point]);
  const y = mean((point) => places[2 * point + 1]);
  return Math.sqrt(mean((i) => (places[2 * i] - x) ** 2 + (places[2 * i + 1] - y) ** 2));
}

/**
 * Return the loss if all points are in one place.
 * @param {ArrayLike<number>} classes
 * @param {Springiness} springiness
 */
export function lossInOnePlace(classes, springiness) {
  const { pullLoss, pushLoss } = forcesOf(
    new Float64Array(2 * classes.length),
    classes,
    springiness,
  );
  return pullLoss + pushLoss;
}

/**
 * @param {Float64Array} forces
 * @param {number} i gets the force
 * @param {number} j gets the opposite force
 * @param {number} x
 * @param {number} y
 */
function addSpringForce(forces, i, j, x, y) {
  forces[2 * i] += x;
  forces[2 * i + 1] += y;
  forces[2 * j] -= x;
  forces[2 * j + 1] -= y;
}
