// The PouchDB side of one workload: fills local stores untimed, then times the synchronisation.
// Usage: node pouchdb_run.mjs WORKLOAD SERVER_ADDRESS FOLDER OPS_FILE. Prints one line of JSON.
import PouchDB from "pouchdb";
import { readOps, print, quantiles, ticks } from "./shared.mjs";

// Found as good as any of 100 (the default), 250, 500, 1000 and 2000, with 4 or 10 on their way.
const BATCHES = { batch_size: 1000, batches_limit: 10 };
const WAVE_MAX = 1000;

const [workload, address, folder, opsFile] = process.argv.slice(2);
const remote = new PouchDB(`${address}/record`);
const open = (name) => new PouchDB(`${folder}/${name}`);

// One document per record; each op is a revision of it. A document appears once in a wave, because
// the next revision needs the one before.
async function fill(store, ops, gathered, documents = new Map()) {
  let wave = new Map();
  const flush = async () => {
    const written = [...wave.values()];
    wave = new Map();
    for (const result of await store.bulkDocs(written)) {
      if (!result.ok) throw new Error(`not written: ${JSON.stringify(result)}`);
      documents.get(result.id)._rev = result.rev;
    }
  };
  for (const op of ops) {
    if (wave.has(op.record) || wave.size >= WAVE_MAX) await flush();
    const document = documents.get(op.record) ?? { _id: op.record };
    documents.set(op.record, applied(document, op, gathered));
    wave.set(op.record, documents.get(op.record));
  }
  await flush();
  return documents;
}

function applied(document, op, gathered) {
  const next = { ...document, kind: op.kind, subjects: op.subjects, happened_at: op.happened_at };
  for (const [field, value] of Object.entries(op.values)) {
    const gathers = gathered[op.kind]?.includes(field);
    next[field] = gathers ? [...(document[field] ?? []), value] : value;
  }
  return next;
}

const push = (store) => store.replicate.to(remote, BATCHES);
const pull = (store) => store.replicate.from(remote, BATCHES);
const seconds = async (work) => {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
};

async function caseload({ ops, gathered }) {
  const spoke = open("spoke");
  const documents = await fill(spoke, ops, gathered);
  const took = await seconds(() => push(spoke));
  const { doc_count: held } = await remote.info();
  if (held !== documents.size) throw new Error(`${held} of ${documents.size} arrived`);
  return { seconds: took, ops: ops.length, documents: held };
}

async function oneNote({ notes }) {
  const [here, there] = [open("here"), open("there")];
  const lines = [
    here.replicate.to(remote, { live: true, retry: true }),
    there.replicate.from(remote, { live: true, retry: true }),
  ];
  const waiting = new Map();
  const arrivals = there.changes({ live: true, since: "now" });
  arrivals.on("change", (change) => waiting.get(change.id)?.());
  const times = [];
  for (const op of notes) {
    const arrived = new Promise((resolve) => waiting.set(op.record, resolve));
    const began = performance.now();
    await here.put(applied({ _id: op.record }, op, {}));
    await arrived;
    await there.get(op.record);
    times.push(performance.now() - began);
    await ticks(10);
  }
  arrivals.cancel();
  lines.forEach((line) => line.cancel());
  return quantiles(times);
}

async function offlineDay({ ops, queued, gathered }) {
  const spoke = open("spoke");
  const documents = await fill(spoke, ops, gathered);
  await push(spoke);
  await fill(spoke, queued, gathered, documents);
  return { seconds: await seconds(() => push(spoke)), ops: queued.length };
}

async function conflict({ ops, mine, theirs, gathered }) {
  const [a, b] = [open("a"), open("b")];
  await fill(a, ops, gathered);
  await push(a);
  await pull(b);
  const copies = async (store) => {
    const { rows } = await store.allDocs({ include_docs: true });
    return new Map(rows.map((row) => [row.id, row.doc]));
  };
  await fill(a, mine, gathered, await copies(a));
  await fill(b, theirs, gathered, await copies(b));
  const took = await seconds(async () => {
    await push(a);
    await b.sync(remote, BATCHES);
    await pull(a);
  });
  const { rows } = await remote.allDocs({ include_docs: true, conflicts: true });
  const kept = rows.filter((row) => row.doc._conflicts?.length).length;
  return { seconds: took, kept, records: mine.length };
}

// A store that holds nothing receives all documents; revisions before the last do not travel.
async function coldStart({ ops, gathered }) {
  const [spoke, fresh] = [open("spoke"), open("fresh")];
  const documents = await fill(spoke, ops, gathered);
  await push(spoke);
  const took = await seconds(() => pull(fresh));
  const { doc_count: held } = await fresh.info();
  if (held !== documents.size) throw new Error(`${held} of ${documents.size} arrived`);
  return { seconds: took, ops: ops.length };
}

const workloads = { w1: caseload, w2: oneNote, w3: offlineDay, w4: conflict, w5: coldStart };
print(await workloads[workload](readOps(opsFile)));
process.exit(0);
