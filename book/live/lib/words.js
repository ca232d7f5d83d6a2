// Words that fit their number.

// 1 epoch, 2 epochs
export const counted = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

// A, B and C
export const listed = (words) => words.join(", ").replace(/, ([^,]*)$/, " and $1");
