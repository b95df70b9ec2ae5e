// @ts-check
// A small tower once more, in plain loops over float64: what the kernels are compared with.

/**
 * @param {number[]} shape of an image
 * @param {import("../../siamese_lib/lab/layers.js").Architecture} architecture
 * @param {ArrayLike<number>[]} weights in Keras' order
 * @param {Uint8Array} image
 * @returns {number[]} the last layer's numbers
 */
export function plainEmbedding(shape, { convolutions }, weights, image) {
  let [height, width, channels] = shape;
  let values = Array.from(image, (value) => value / 255);
  convolutions.forEach(({ filters, size, stride }, layer) => {
    const [kernel, bias] = weights.slice(2 * layer);
    const [high, wide] = [Math.ceil(height / stride), Math.ceil(width / stride)];
    const top = Math.floor(Math.max(0, (high - 1) * stride + size - height) / 2);
    const left = Math.floor(Math.max(0, (wide - 1) * stride + size - width) / 2);
    const made = [];
    for (let y = 0; y < high; y++) {
      for (let x = 0; x < wide; x++) {
        for (let out = 0; out < filters; out++) {
          let sum = bias[out];
          for (let i = 0; i < size; i++) {
            for (let j = 0; j < size; j++) {
              const [row, column] = [y * stride + i - top, x * stride + j - left];
              if (row < 0 || row >= height || column < 0 || column >= width) continue;
              for (let c = 0; c < channels; c++) {
                const weight = kernel[((i * size + j) * channels + c) * filters + out];
                sum += weight * values[(row * width + column) * channels + c];
              }
            }
          }
          made.push(Math.max(0, sum));
        }
      }
    }
    [height, width, channels, values] = [high, wide, filters, made];
  });
  const [hidden, hiddenBias, last, lastBias] = weights.slice(2 * convolutions.length);
  return dense(
    dense(values, hidden, hiddenBias).map((x) => Math.max(0, x)),
    last,
    lastBias,
  );
}

/**
 * @param {number[]} values
 * @param {ArrayLike<number>} kernel
 * @param {ArrayLike<number>} bias
 */
function dense(values, kernel, bias) {
  return Array.from(bias, (sum, out) =>
    values.reduce((total, value, i) => total + value * kernel[i * bias.length + out], sum),
  );
}
