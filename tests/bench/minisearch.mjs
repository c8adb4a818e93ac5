// MiniSearch as a documentation site has it: `build` writes index.json from the documents given, `ask` is a reader's tab that loads it.
const empty = process.memoryUsage().rss;
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";

const SHOWN = 6;
const program = createRequire(`${process.cwd()}/`).resolve("minisearch");
const { default: MiniSearch } = await import(program);
const fields = { fields: ["title", "body"], storeFields: ["title"] };
const given = JSON.parse(readFileSync(0));
console.log(JSON.stringify(process.argv[2] === "build" ? build(given) : ask(given)));

function build(documents) {
  const index = new MiniSearch(fields);
  const ms = took(() => index.addAll(documents));
  writeFileSync("index.json", JSON.stringify(index));
  return { ms };
}

function ask(questions) {
  const index = MiniSearch.loadJSON(readFileSync("index.json", "utf8"), fields);
  const ms = questions.map((text) => took(() => index.search(text, { prefix: true, fuzzy: 0.2, boost: { title: 4 } }).slice(0, SHOWN)));
  const grown = process.memoryUsage().rss - empty;
  const fetched = [program, "index.json"].map((path) => readFileSync(path));
  return { ms, grown, bytes: total(fetched), sent: total(fetched.map((bytes) => gzipSync(bytes))) };
}

function took(action) {
  const started = performance.now();
  action();
  return performance.now() - started;
}

function total(buffers) {
  return buffers.reduce((sum, buffer) => sum + buffer.length, 0);
}
