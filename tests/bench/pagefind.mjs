// A reader's tab with pagefind: its own browser script, which fetches its files from the folder named, where they are counted.
const empty = process.memoryUsage().rss;
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const SHOWN = 6;
const PROGRAM = ["pagefind.js", "pagefind-worker.js"]; // a browser runs the second in a worker; Node has none and runs the first
const folder = pathToFileURL(`${process.argv[2]}/`).href;
const questions = JSON.parse(readFileSync(0));
let fetched = new Map();

globalThis.fetch = async (url) => {
  const path = fileURLToPath(url);
  const bytes = await readFile(path);
  fetched.set(path, travelling(path, bytes));
  return new Response(bytes);
};

const ms = [];
const tab = await open(0);
for (const text of questions) {
  const started = performance.now();
  await show(tab, text);
  ms.push(performance.now() - started);
}
const grown = process.memoryUsage().rss - empty;

// Each question in a tab of its own: what the first search of a reader fetches, and what of it another question would fetch again.
const firsts = [], furthers = [], files = [];
for (const [number, text] of questions.entries()) {
  fetched = new Map(PROGRAM.map((name) => [name, travelling(name, readFileSync(new URL(name, folder)))]));
  const fresh = await open(number + 1);
  const before = sent();
  await show(fresh, text);
  firsts.push(sent());
  furthers.push(sent() - before);
  files.push(fetched.size);
}
console.log(JSON.stringify({ ms, grown, first: middle(firsts), further: middle(furthers), files: middle(files) }));

async function open(number) {
  const { createInstance } = await import(`${folder}pagefind.js?tab=${number}`);
  const opened = createInstance();
  await opened.filters(); // there are none: it waits until the tab can answer
  return opened;
}

async function show(opened, text) {
  const { results } = await opened.search(text);
  await Promise.all(results.slice(0, SHOWN).map((hit) => hit.data()));
}

// The index and the WASM are compressed as they are; a web server compresses the rest.
function travelling(path, bytes) {
  return (/\.(js|json)$/.test(path) ? gzipSync(bytes) : bytes).length;
}

function sent() {
  return [...fetched.values()].reduce((sum, size) => sum + size, 0);
}

function middle(numbers) {
  return numbers.sort((one, other) => one - other)[Math.floor(numbers.length / 2)];
}
