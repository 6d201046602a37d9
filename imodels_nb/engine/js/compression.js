// gzip and base64, the way Python packs what a page brings along.

/**
 * Decode base64.
 * @param {string} text
 */
export function decodeBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/**
 * Decompress gzip; the response gives the content as text or as JSON.
 * @param {BlobPart} bytes
 */
export function decompress(bytes) {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
}
