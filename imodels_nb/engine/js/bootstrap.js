// The script of a page without a kernel: decompresses the engine that stands in the page, and makes its charts live.
import { decodeBase64, decompress } from "./compression.js";

/** Python writes the engine, gzip in base64, in the place of this text. */
const ENGINE = "%ENGINE%";

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
