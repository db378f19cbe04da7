// The Yjs side of one workload: fills documents untimed, then times the synchronisation.
// Usage: node yjs_run.mjs WORKLOAD SERVER_ADDRESS FOLDER OPS_FILE. Prints one line of JSON.
import { WebSocket } from "ws";
import * as Y from "yjs";
import { readOps, print, quantiles, ticks } from "./shared.mjs";
import { ACK, ASK, CHANGE, MISSING, pack, unpack } from "./yjs_wire.mjs";

const [workload, address, , opsFile] = process.argv.slice(2);
const ASKED_MAX = 200; // Documents on their way at once.

class Spoke {
  documents = new Map();
  #answered = new Map();
  #acked = new Map();

  async connect() {
    this.socket = new WebSocket(address);
    this.socket.on("message", (frame) => this.#take(unpack(frame)));
    await new Promise((resolve) => this.socket.once("open", resolve));
    return this;
  }

  documentOf(name) {
    if (!this.documents.has(name)) this.documents.set(name, new Y.Doc());
    return this.documents.get(name);
  }

  // A map of records by kind; a gathered field is an array, any other is set, last writer wins.
  fill(ops, gathered) {
    for (const op of ops) {
      const document = this.documentOf(op.subjects[0]);
      document.transact(() => {
        const records = document.getMap(op.kind);
        if (!records.has(op.record)) records.set(op.record, new Y.Map());
        apply(records.get(op.record), op, gathered[op.kind] ?? []);
      });
    }
  }

  // Both ways for one document: what it lacks here, then what it lacks there, then the ack.
  async exchange(name) {
    const document = this.documentOf(name);
    const answered = new Promise((resolve) => this.#answered.set(name, resolve));
    this.socket.send(pack(ASK, name, Y.encodeStateVector(document)));
    const { content, vector } = await answered;
    Y.applyUpdate(document, content);
    const change = Y.encodeStateAsUpdate(document, vector);
    if (change.length > 2) await this.send(name, change);
  }

  async send(name, change) {
    const acked = new Promise((resolve) => this.#acked.set(name, resolve));
    this.socket.send(pack(CHANGE, name, change));
    await acked;
  }

  async exchangeAll(names = [...this.documents.keys()]) {
    const waiting = [...names];
    const take = async () => {
      while (waiting.length) await this.exchange(waiting.pop());
    };
    await Promise.all(Array.from({ length: ASKED_MAX }, take));
  }

  #take({ type, name, content, vector }) {
    if (type === MISSING) this.#answered.get(name)?.({ content, vector });
    if (type === ACK) this.#acked.get(name)?.();
    if (type === CHANGE) {
      Y.applyUpdate(this.documentOf(name), content);
      this.arrived?.(name);
    }
  }
}

function apply(record, op, gathered) {
  record.set("happened_at", op.happened_at);
  for (const [field, value] of Object.entries(op.values)) {
    if (!gathered.includes(field)) record.set(field, value);
    else {
      if (!record.has(field)) record.set(field, new Y.Array());
      record.get(field).push([value]);
    }
  }
}

const connected = () => new Spoke().connect();
const seconds = async (work) => {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
};

async function caseload({ ops, gathered }) {
  const spoke = await connected();
  spoke.fill(ops, gathered);
  return { seconds: await seconds(() => spoke.exchangeAll()), ops: ops.length };
}

async function oneNote({ notes }) {
  const [here, there] = [await connected(), await connected()];
  const times = [];
  for (const op of notes) {
    const person = op.subjects[0];
    const arrived = new Promise((resolve) => (there.arrived = resolve));
    const began = performance.now();
    const before = Y.encodeStateVector(here.documentOf(person));
    here.fill([op], {});
    await here.send(person, Y.encodeStateAsUpdate(here.documentOf(person), before));
    await arrived;
    if (!there.documentOf(person).getMap(op.kind).has(op.record)) throw new Error("not readable");
    times.push(performance.now() - began);
    await ticks(10);
  }
  return quantiles(times);
}

async function offlineDay({ ops, queued, gathered }) {
  const spoke = await connected();
  spoke.fill(ops, gathered);
  await spoke.exchangeAll();
  spoke.fill(queued, gathered);
  const touched = new Set(queued.map((op) => op.subjects[0]));
  return { seconds: await seconds(() => spoke.exchangeAll(touched)), ops: queued.length };
}

async function conflict({ ops, mine, theirs, gathered }) {
  const [a, b] = [await connected(), await connected()];
  a.fill(ops, gathered);
  await a.exchangeAll();
  await b.exchangeAll([...a.documents.keys()]);
  a.fill(mine, gathered);
  b.fill(theirs, gathered);
  const took = await seconds(async () => {
    await a.exchangeAll();
    await b.exchangeAll();
    await a.exchangeAll();
  });
  const shown = (spoke, op) =>
    JSON.stringify(spoke.documentOf(op.subjects[0]).getMap(op.kind).get(op.record));
  const differing = mine.filter((op) => shown(a, op) !== shown(b, op)).length;
  if (differing) throw new Error(`${differing} records differ`);
  return { seconds: took, kept: 0, records: mine.length };
}

const workloads = { w1: caseload, w2: oneNote, w3: offlineDay, w4: conflict };
print(await workloads[workload](readOps(opsFile)));
process.exit(0);
