// The script of a page without a kernel: it decompresses the engine in the page, and makes the charts live.
import { decodeBase64, decompress } from "./compression.js";

/** Python puts the engine here: gzip in base64. */
const ENGINE = "%ENGINE%";

/** Run the engine, unless another script of the page did, and make all charts live. */
async function start() {
  if (!globalThis.imodelsNbEngine) {
    const script = document.createElement("script");
    script.textContent = await decompress(decodeBase64(ENGINE)).text();
    document.head.append(script);
  }
  if (document.readyState === "loading") {
    await new Promise((parsed) => document.addEventListener("DOMContentLoaded", parsed, { once: true }));
  }
  globalThis.imodelsNbEngine.activate(document);
}

start();
