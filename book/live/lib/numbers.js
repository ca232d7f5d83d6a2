// Numbers for people.

export function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

// The places of the `count` largest values, the largest first.
export function likeliest(values, count) {
  const best = [];
  for (let i = 0; i < values.length; i++) {
    if (best.length === count && values[i] <= values[best[count - 1]]) continue;
    let place = best.length;
    while (place > 0 && values[best[place - 1]] < values[i]) place--;
    best.splice(place, 0, i);
    if (best.length > count) best.pop();
  }
  return best;
}

export const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)} %`;

// A number with a real minus sign and a fixed count of digits.
export const signed = (value, digits = 2) =>
  value
    .toFixed(digits)
    .replace(/^-(0\.?0*)$/, "$1")
    .replace("-", "−");

// A number of any size in few digits: 0.0123, 12.3, 1.2 × 10⁻⁵.
export function compact(value) {
  const size = Math.abs(value);
  if (size === 0 || (size >= 0.00095 && size < 9995))
    return signed(value, size < 0.0995 ? 4 : size < 9.95 ? 2 : size < 99.5 ? 1 : 0);
  const [digits, power] = value.toExponential(1).split("e");
  return `${signed(Number(digits), 1)}\u202f×\u202f${powerOfTen(Number(power))}`;
}

// 10⁻⁵
export const powerOfTen = (power) => `10${String(power).replace(/[-\d]/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit] ?? "⁻")}`;
