// Binary columns as Python packs them, {header, buffers}: where the header says {type, buffer}, a typed array comes.
const arrayOf = (type, bytes) => {
  const view =
    typeof bytes === "string"
      ? Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0)) // in a page
      : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength); // in a message
  return new globalThis[type](view.slice().buffer); // a copy: a part of a message need not be aligned
};

const unpacked = ({ header, buffers }) => {
  const open = (value) => {
    if (Array.isArray(value)) return value.map(open);
    if (value === null || typeof value !== "object") return value;
    if ("buffer" in value) return arrayOf(value.type, buffers[value.buffer]);
    if ("fill" in value) return new Float64Array(value.length).fill(value.fill);
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, open(part)]));
  };
  return open(header);
};

// The first place in an ascending array whose value is not below the one asked for.
const placeOf = (array, value) => {
  let [low, high] = [0, array.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (array[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
};
