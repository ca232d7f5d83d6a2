// How strong each frequency is in a map of numbers, and how much of it changes sign from pixel to pixel.
//   powerSpectrum(values, rows, columns)   |FFT2|² of the values less their mean, ordered as NumPy orders it
//   nyquistEnergy(values, rows, columns)   as `utils.segmentation.spectrum.nyquist_energy`; both sides even
//   middled(power, rows, columns)          frequency zero in the middle, and the highest at all four edges: { data, rows, columns }
//   middleHalf(values, rows, columns)      without a quarter at each edge: { data, rows, columns }

/** Squared magnitude of each frequency, after the mean is taken off. */
export function powerSpectrum(values, rows, columns) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const real = Float64Array.from(values, (value) => value - mean);
  const imaginary = new Float64Array(real.length);
  for (let row = 0; row < rows; row++) transform(real, imaginary, row * columns, 1, columns);
  for (let column = 0; column < columns; column++) transform(real, imaginary, column, columns, rows);
  return real.map((value, i) => value ** 2 + imaginary[i] ** 2);
}

/** Mean power of the three patterns that change sign from pixel to pixel, over the mean of all; 0 for a constant map. */
export function nyquistEnergy(values, rows, columns) {
  return energyOf(powerSpectrum(values, rows, columns), rows, columns);
}

/** The same from the power of each frequency. */
export function energyOf(power, rows, columns) {
  const mean = averageOf(power);
  const [row, column] = [(rows / 2) * columns, columns / 2];
  return mean > 0 ? (power[row] + power[column] + power[row + column]) / 3 / mean : 0;
}

export const averageOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Frequency zero in the middle; the highest one, which is its own mirror image, at both edges. */
export function middled(power, rows, columns) {
  const data = new Float64Array((rows + 1) * (columns + 1));
  for (let row = 0; row <= rows; row++)
    for (let column = 0; column <= columns; column++) {
      const from = ((row + rows / 2) % rows) * columns + ((column + columns / 2) % columns);
      data[row * (columns + 1) + column] = power[from];
    }
  return { data, rows: rows + 1, columns: columns + 1 };
}

/** Rows and columns from a quarter to three quarters. */
export function middleHalf(values, rows, columns) {
  const [top, left, height, width] = [rows / 4, columns / 4, rows / 2, columns / 2];
  const data = new Float32Array(height * width);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      data[row * width + column] = values[(top + row) * columns + left + column];
  return { data, rows: height, columns: width };
}

// The discrete Fourier transform, in place, of `count` numbers that lie `step` apart.
function transform(real, imaginary, first, step, count) {
  const { cosines, sines } = wavesOf(count);
  const [re, im] = [new Float64Array(count), new Float64Array(count)];
  for (let k = 0; k < count; k++)
    for (let n = 0, turn = 0, at = first; n < count; n++, at += step, turn = (turn + k) % count) {
      re[k] += real[at] * cosines[turn] + imaginary[at] * sines[turn];
      im[k] += imaginary[at] * cosines[turn] - real[at] * sines[turn];
    }
  for (let k = 0, at = first; k < count; k++, at += step) [real[at], imaginary[at]] = [re[k], im[k]];
}

const waves = {};

function wavesOf(count) {
  if (waves[count]) return waves[count];
  const angle = (turn) => (2 * Math.PI * turn) / count;
  const turns = Array.from({ length: count }, (_, turn) => turn);
  return (waves[count] = {
    cosines: Float64Array.from(turns, (turn) => Math.cos(angle(turn))),
    sines: Float64Array.from(turns, (turn) => Math.sin(angle(turn))),
  });
}
