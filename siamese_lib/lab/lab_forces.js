// @ts-check
// How a loss over pairs moves each point: pull and push, as they act on average over many batches.

const EQUAL_SQUARE = 1e-12;

/**
 * @typedef {object} LabForceSettings
 * @property {string} loss "pairs" or "every_pair"
 * @property {number} margin
 * @property {number} similar share of similar pairs, of the loss "pairs"
 * @property {boolean} turned
 */

/**
 * The mean over a point's partners of what each pair does, times the share of its kind of pairs.
 * Hadsell, Chopra and LeCun (2006), section 2.2.
 * @param {Float32Array} points
 * @param {number} dim
 * @param {ArrayLike<number>} labels
 * @param {LabForceSettings} settings
 * @returns {{ pull: Float32Array, push: Float32Array }} of the points' shape
 */
export function labForces(points, dim, labels, { loss, margin, similar, turned }) {
  const pull = new Float32Array(points.length);
  const push = new Float32Array(points.length);
  const share = loss === "pairs" ? similar : 0.5;
  for (let one = 0; one < labels.length; one++) {
    const [pulls, pushes] = [new Float64Array(dim), new Float64Array(dim)];
    let [pulling, pushing, others] = [0, 0, 0];
    for (let other = 0; other < labels.length; other++) {
      if (other === one) continue;
      let square = 0;
      for (let axis = 0; axis < dim; axis++) {
        square += (points[other * dim + axis] - points[one * dim + axis]) ** 2;
      }
      const alike = (labels[one] === labels[other]) !== turned;
      const distance = Math.sqrt(Math.max(square, EQUAL_SQUARE));
      if (alike) pulling++;
      else others++;
      if (!alike && distance >= margin) continue;
      if (!alike) pushing++;
      const strength = alike ? 1 : 1 - margin / distance;
      const sums = alike ? pulls : pushes;
      for (let axis = 0; axis < dim; axis++) {
        sums[axis] += strength * (points[other * dim + axis] - points[one * dim + axis]);
      }
    }
    const count = loss === "pairs" ? others : pushing;
    for (let axis = 0; axis < dim; axis++) {
      pull[one * dim + axis] = (share * pulls[axis]) / Math.max(pulling, 1);
      push[one * dim + axis] = ((1 - share) * pushes[axis]) / Math.max(count, 1);
    }
  }
  return { pull, push };
}
