// Decoding of grids that Python packs: a header with a buffer for each array.
/** @import { Json, NumberArray, PackedGrid } from "./types.d.ts" */
import { decodeBase64 } from "./compression.js";

/** @type {Record<string, new (buffer: ArrayBuffer) => NumberArray>} */
const ARRAY_TYPES = { Uint8Array, Uint16Array, Uint32Array, Float64Array };

/**
 * Decode a grid or the data of an overview: an array of numbers stands where the header names a buffer or a constant.
 * @param {PackedGrid} packed
 * @returns {Json}
 */
export function decodeGrid({ header, buffers }) {
  return decodeValue(header, buffers);
}

/**
 * Decode a JSON value of a header, with all values in it.
 * @param {Json} value
 * @param {PackedGrid["buffers"]} buffers
 * @returns {Json}
 */
function decodeValue(value, buffers) {
  if (Array.isArray(value)) {
    return value.map((element) => decodeValue(element, buffers));
  }
  if (value === null || typeof value !== "object") {
    return value;
  }
  if ("buffer" in value) {
    const numbers = decodeArray(value.type, buffers[value.buffer]);
    return "start" in value ? addSteps(value.start, numbers) : numbers;
  }
  if ("fill" in value) {
    return new Float64Array(value.length).fill(value.fill);
  }
  const entries = Object.entries(value).map(([name, member]) => [name, decodeValue(member, buffers)]);
  return Object.fromEntries(entries);
}

/**
 * Decode a buffer to an array of numbers of a type.
 * @param {string} type
 * @param {string | ArrayBufferView} source base64 in a page, a view of a message's bytes otherwise
 */
function decodeArray(type, source) {
  const bytes =
    typeof source === "string"
      ? decodeBase64(source)
      : new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  return new ARRAY_TYPES[type](bytes.slice().buffer); // a copy: the bytes of a message may not be aligned
}

/**
 * Compute the numbers of an array from the first one and the steps between them.
 * @param {number} start
 * @param {NumberArray} steps
 */
function addSteps(start, steps) {
  const numbers = new Float64Array(steps.length);
  let number = start;
  for (let position = 0; position < steps.length; position++) {
    number += steps[position];
    numbers[position] = number;
  }
  return numbers;
}
