// What the peers' scripts have in common: reading the ops, quantiles, and the one line they print.
import { readFileSync } from "node:fs";

// The file is one JSON object a line, each a named part of the workload: {"name": …, "rows": …}.
export function readOps(path) {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
  const parts = Object.fromEntries(lines.filter((line) => line.name).map((l) => [l.name, l.rows]));
  for (const line of lines) if (line.part) (parts[line.part] ??= []).push(line.op);
  return parts;
}

export const print = (result) => console.log(JSON.stringify(result));

export const ticks = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The first notes warm every contender up and are left out alike; `quantiles` in Python does so.
const WARM_UP_NOTES = 10;

export function quantiles(times) {
  const sorted = times.slice(WARM_UP_NOTES).sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  return { p50_ms: at(0.5), p99_ms: at(0.99), notes: sorted.length };
}
