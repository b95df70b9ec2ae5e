// @ts-check
// One trial of the tower that trains in a page, for a worker of a page and for Node alike.

import { gathered, LabBatches } from "../../../siamese_lib/lab/lab_batches.js";
import { precisionAt } from "../../../siamese_lib/lab/lab_precision.js";
import { SmallTower } from "../../../siamese_lib/lab/small_tower.js";

/**
 * @typedef {{ images: Uint8Array, labels: Uint8Array }} Digits
 * @typedef {{ train: Digits, test: Digits, rounds: number, steps: number, goal: number,
 *   most: number }} Trial rounds of so many steps, and the precision to reach in `most` seconds
 * @typedef {{ speed?: number, seconds?: number, precision?: number, done?: boolean }} Report
 */

const SHAPE = [28, 28, 1];
const SIZE = 784;
const BATCH = 128;
const SETTINGS = { loss: "every_pair", margin: 1, optimizer: "adam", learningRate: 0.003 };

/**
 * Measure training images a second in some rounds, then train anew until the goal is reached.
 * @param {Trial} trial
 * @param {(report: Report) => void} report
 */
export function runTrial({ train, test, rounds, steps, goal, most }, report) {
  const batches = new LabBatches(train.labels, 1);
  /** @param {SmallTower} tower @param {number} count */
  const go = (tower, count) => {
    const began = performance.now();
    for (let step = 0; step < count; step++) {
      const images = batches.balanced(BATCH);
      const labels = Uint8Array.from(images, (image) => train.labels[image]);
      tower.step(gathered(train.images, SIZE, images), labels, SETTINGS);
    }
    return (performance.now() - began) / 1000;
  };
  const began = performance.now();
  const tower = new SmallTower(SHAPE, 2, { seed: 1 });
  let precision = 0;
  while (precision < goal && performance.now() - began < 1000 * most) {
    go(tower, 50);
    const [queries, gallery] = [test, train].map(({ images, labels }) => ({
      points: tower.embed(images),
      labels,
    }));
    precision = precisionAt(7, queries, gallery);
    report({ precision, seconds: (performance.now() - began) / 1000 });
  }
  const another = new SmallTower(SHAPE, 2, { seed: 2 });
  go(another, steps);
  for (let round = 0; round < rounds; round++) {
    report({ speed: (steps * BATCH) / go(another, steps) });
  }
  report({ done: true });
}
