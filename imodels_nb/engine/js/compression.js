// Decoding of the engine and the charts of a page, which are gzip in base64.

/**
 * Decode base64 to bytes.
 * @param {string} text
 */
export function decodeBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/**
 * Decompress gzip, and return a response: its `text()` or `json()` is the content.
 * @param {BlobPart} bytes
 */
export function decompress(bytes) {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
}
