// The arithmetic of a small tower, in AssemblyScript. `make lab-kernels` compiles it to the
// WebAssembly in compiled_kernels.js; nothing else reads this file.
//
// Eight images are worked on at a time, side by side in two vectors of four numbers. So an array
// of rows × columns × channels has eight numbers, 32 bytes, in each of its cells, and no size has
// a remainder. Rows and columns of zeros around an input stand for its padding.

/** What JavaScript writes into the memory for each layer. Steps are in bytes. */
@unmanaged
class Layer {
  kernel: usize; // float32, high × run × outs
  bias: usize; // float32, outs
  kernelSlope: usize; // the gradients of both, which are added to
  biasSlope: usize;
  high: i32; // rows of the kernel
  run: i32; // its columns × channels, which are next to each other
  outs: i32; // channels of the output, a multiple of 4
  rows: i32; // of the output
  columns: i32;
  inputRow: i32; // from a row of the input to the next
  down: i32; // from the input of an output's cell to that of the cell below
  right: i32; // and of the cell to its right
  outputRow: i32; // from a row of the output to the next, which may have a margin
  relu: i32; // whether negative outputs become 0
}

const CELL: i32 = 32;

/** Write the outputs of eight images. */
export function forward(layer: Layer, input: usize, output: usize): void {
  const least = f32x4.splat(layer.relu ? 0 : -Infinity);
  const high = layer.high;
  const run = layer.run;
  const outs = layer.outs;
  const inputRow = layer.inputRow;
  for (let y = 0; y < layer.rows; y++) {
    for (let x = 0; x < layer.columns; x++) {
      const from = input + y * layer.down + x * layer.right;
      const to = output + y * layer.outputRow + x * outs * CELL;
      for (let out = 0; out < outs; out += 4) {
        const bias = layer.bias + 4 * out;
        let a = v128.load32_splat(bias);
        let b = v128.load32_splat(bias, 4);
        let c = v128.load32_splat(bias, 8);
        let d = v128.load32_splat(bias, 12);
        let aa = a;
        let bb = b;
        let cc = c;
        let dd = d;
        let weight = layer.kernel + 4 * out;
        for (let i = 0; i < high; i++) {
          let cell = from + i * inputRow;
          const end = cell + run * CELL;
          for (; cell < end; cell += CELL) {
            const left = v128.load(cell);
            const right = v128.load(cell, 16);
            let w = v128.load32_splat(weight);
            a = f32x4.add(a, f32x4.mul(w, left));
            aa = f32x4.add(aa, f32x4.mul(w, right));
            w = v128.load32_splat(weight, 4);
            b = f32x4.add(b, f32x4.mul(w, left));
            bb = f32x4.add(bb, f32x4.mul(w, right));
            w = v128.load32_splat(weight, 8);
            c = f32x4.add(c, f32x4.mul(w, left));
            cc = f32x4.add(cc, f32x4.mul(w, right));
            w = v128.load32_splat(weight, 12);
            d = f32x4.add(d, f32x4.mul(w, left));
            dd = f32x4.add(dd, f32x4.mul(w, right));
            weight += 4 * outs;
          }
        }
        const place = to + out * CELL;
        v128.store(place, f32x4.max(a, least));
        v128.store(place, f32x4.max(aa, least), 16);
        v128.store(place, f32x4.max(b, least), 32);
        v128.store(place, f32x4.max(bb, least), 48);
        v128.store(place, f32x4.max(c, least), 64);
        v128.store(place, f32x4.max(cc, least), 80);
        v128.store(place, f32x4.max(d, least), 96);
        v128.store(place, f32x4.max(dd, least), 112);
      }
    }
  }
}

/** Set the gradient of an output to 0 where a ReLU cut it off. */
export function gate(output: usize, slope: usize, bytes: i32): void {
  const zero = f32x4.splat(0);
  for (let at = 0; at < bytes; at += 16) {
    const open = f32x4.gt(v128.load(output + at), zero);
    v128.store(slope + at, v128.and(v128.load(slope + at), open));
  }
}

/** Add the gradients of the kernel and of the bias, for eight images. */
export function weightSlopes(layer: Layer, input: usize, slope: usize): void {
  const outs = layer.outs;
  const run = layer.run;
  for (let out = 0; out < outs; out += 4) {
    addBias(layer, slope + out * CELL, layer.biasSlope + 4 * out);
    let to = layer.kernelSlope + 4 * out;
    for (let i = 0; i < layer.high; i++) {
      let cell = input + i * layer.inputRow;
      let left = run;
      for (; left > 1; left -= 2, cell += 2 * CELL, to += 8 * outs) {
        addTwo(layer, cell, slope + out * CELL, to);
      }
      if (left) {
        addOne(layer, cell, slope + out * CELL, to);
        to += 4 * outs;
      }
    }
  }
}

/** Sum four vectors, each into one of the four numbers that are added to. */

function addSums(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  const sums = f32x4.add(
    v128.shuffle<f32>(ab, cd, 0, 1, 4, 5),
    v128.shuffle<f32>(ab, cd, 2, 3, 6, 7),
  );
  v128.store(to, f32x4.add(v128.load(to), sums));
}

/** Add the gradients of four biases. */
function addBias(layer: Layer, slope: usize, to: usize): void {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (let y = 0; y < layer.rows; y++) {
    let g = slope + y * layer.outputRow;
    for (let x = 0; x < layer.columns; x++) {
      a = f32x4.add(a, f32x4.add(v128.load(g), v128.load(g, 16)));
      b = f32x4.add(b, f32x4.add(v128.load(g, 32), v128.load(g, 48)));
      c = f32x4.add(c, f32x4.add(v128.load(g, 64), v128.load(g, 80)));
      d = f32x4.add(d, f32x4.add(v128.load(g, 96), v128.load(g, 112)));
      g += layer.outs * CELL;
    }
  }
  addSums(to, a, b, c, d);
}

/** Add the gradients of four weights of one input. */
function addOne(layer: Layer, input: usize, slope: usize, to: usize): void {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (let y = 0; y < layer.rows; y++) {
    let cell = input + y * layer.down;
    let g = slope + y * layer.outputRow;
    for (let x = 0; x < layer.columns; x++) {
      const left = v128.load(cell);
      const right = v128.load(cell, 16);
      a = f32x4.add(a, f32x4.mul(left, v128.load(g)));
      a = f32x4.add(a, f32x4.mul(right, v128.load(g, 16)));
      b = f32x4.add(b, f32x4.mul(left, v128.load(g, 32)));
      b = f32x4.add(b, f32x4.mul(right, v128.load(g, 48)));
      c = f32x4.add(c, f32x4.mul(left, v128.load(g, 64)));
      c = f32x4.add(c, f32x4.mul(right, v128.load(g, 80)));
      d = f32x4.add(d, f32x4.mul(left, v128.load(g, 96)));
      d = f32x4.add(d, f32x4.mul(right, v128.load(g, 112)));
      cell += layer.right;
      g += layer.outs * CELL;
    }
  }
  addSums(to, a, b, c, d);
}

/** Add the gradients of four weights each of two inputs next to each other, which is faster. */
function addTwo(layer: Layer, input: usize, slope: usize, to: usize): void {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let aa = a;
  let bb = a;
  let cc = a;
  let dd = a;
  const columns = layer.columns;
  const right = layer.right;
  const step = layer.outs * CELL;
  for (let y = 0; y < layer.rows; y++) {
    let cell = input + y * layer.down;
    let g = slope + y * layer.outputRow;
    for (let x = 0; x < columns; x++) {
      let one = v128.load(cell);
      let two = v128.load(cell, 32);
      let slopes = v128.load(g);
      a = f32x4.add(a, f32x4.mul(one, slopes));
      aa = f32x4.add(aa, f32x4.mul(two, slopes));
      slopes = v128.load(g, 32);
      b = f32x4.add(b, f32x4.mul(one, slopes));
      bb = f32x4.add(bb, f32x4.mul(two, slopes));
      slopes = v128.load(g, 64);
      c = f32x4.add(c, f32x4.mul(one, slopes));
      cc = f32x4.add(cc, f32x4.mul(two, slopes));
      slopes = v128.load(g, 96);
      d = f32x4.add(d, f32x4.mul(one, slopes));
      dd = f32x4.add(dd, f32x4.mul(two, slopes));
      one = v128.load(cell, 16);
      two = v128.load(cell, 48);
      slopes = v128.load(g, 16);
      a = f32x4.add(a, f32x4.mul(one, slopes));
      aa = f32x4.add(aa, f32x4.mul(two, slopes));
      slopes = v128.load(g, 48);
      b = f32x4.add(b, f32x4.mul(one, slopes));
      bb = f32x4.add(bb, f32x4.mul(two, slopes));
      slopes = v128.load(g, 80);
      c = f32x4.add(c, f32x4.mul(one, slopes));
      cc = f32x4.add(cc, f32x4.mul(two, slopes));
      slopes = v128.load(g, 112);
      d = f32x4.add(d, f32x4.mul(one, slopes));
      dd = f32x4.add(dd, f32x4.mul(two, slopes));
      cell += right;
      g += step;
    }
  }
  addSums(to, a, b, c, d);
  addSums(to + step / 8, aa, bb, cc, dd);
}

/** Add the gradient of the input of eight images, whose channels are a multiple of 4. */
export function inputSlopes(layer: Layer, slope: usize, inputSlope: usize): void {
  const outs = layer.outs;
  for (let y = 0; y < layer.rows; y++) {
    for (let x = 0; x < layer.columns; x++) {
      const g = slope + y * layer.outputRow + x * outs * CELL;
      const corner = inputSlope + y * layer.down + x * layer.right;
      let weights = layer.kernel;
      for (let i = 0; i < layer.high; i++) {
        let cell = corner + i * layer.inputRow;
        const end = cell + layer.run * CELL;
        for (; cell < end; cell += 4 * CELL, weights += 16 * outs) {
          addBack(cell, g, weights, 4 * outs);
        }
      }
    }
  }
}

/** Add what all channels of an output's cell give back to four channels of an input. */

function addBack(cell: usize, slope: usize, weights: usize, row: i32): void {
  let a = v128.load(cell);
  let aa = v128.load(cell, 16);
  let b = v128.load(cell, 32);
  let bb = v128.load(cell, 48);
  let c = v128.load(cell, 64);
  let cc = v128.load(cell, 80);
  let d = v128.load(cell, 96);
  let dd = v128.load(cell, 112);
  let g = slope;
  for (let at = weights, end = weights + row; at < end; at += 4, g += CELL) {
    const left = v128.load(g);
    const right = v128.load(g, 16);
    let w = v128.load32_splat(at);
    a = f32x4.add(a, f32x4.mul(w, left));
    aa = f32x4.add(aa, f32x4.mul(w, right));
    w = v128.load32_splat(at + row);
    b = f32x4.add(b, f32x4.mul(w, left));
    bb = f32x4.add(bb, f32x4.mul(w, right));
    w = v128.load32_splat(at + 2 * row);
    c = f32x4.add(c, f32x4.mul(w, left));
    cc = f32x4.add(cc, f32x4.mul(w, right));
    w = v128.load32_splat(at + 3 * row);
    d = f32x4.add(d, f32x4.mul(w, left));
    dd = f32x4.add(dd, f32x4.mul(w, right));
  }
  v128.store(cell, a);
  v128.store(cell, aa, 16);
  v128.store(cell, b, 32);
  v128.store(cell, bb, 48);
  v128.store(cell, c, 64);
  v128.store(cell, cc, 80);
  v128.store(cell, d, 96);
  v128.store(cell, dd, 112);
}
