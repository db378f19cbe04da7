// A Yjs server on 127.0.0.1: one document per person, held in memory, every change appended to a
// log and synced to disk before it is acknowledged or passed on.
// Usage: node yjs_server.mjs FOLDER. Prints "ready PORT" once it listens.
import { open } from "node:fs/promises";
import { WebSocketServer } from "ws";
import * as Y from "yjs";
import { ACK, ASK, CHANGE, MISSING, pack, unpack } from "./yjs_wire.mjs";

const log = await open(`${process.argv[2]}/changes.log`, "a");
const documents = new Map();
const sockets = new Set();
let waiting = [];
let isWriting = false;

const documentOf = (name) => {
  if (!documents.has(name)) documents.set(name, new Y.Doc());
  return documents.get(name);
};

// All that arrived while the last write was on its way to disk goes in the next one.
async function write() {
  if (isWriting || waiting.length === 0) return;
  isWriting = true;
  const batch = waiting;
  waiting = [];
  await log.appendFile(Buffer.concat(batch.map(({ message }) => message)));
  await log.datasync();
  for (const { socket, message, name } of batch) {
    socket.send(pack(ACK, name, new Uint8Array()));
    for (const other of sockets) if (other !== socket) other.send(message);
  }
  isWriting = false;
  void write();
}

function take(socket, message) {
  const { type, name, content } = unpack(message);
  const document = documentOf(name);
  if (type === ASK) {
    const missing = Y.encodeStateAsUpdate(document, content);
    socket.send(pack(MISSING, name, missing, Y.encodeStateVector(document)));
  } else if (type === CHANGE) {
    Y.applyUpdate(document, content);
    waiting.push({ socket, message, name });
    void write();
  }
}

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, maxPayload: 1 << 28 });
server.on("connection", (socket) => {
  sockets.add(socket);
  socket.on("close", () => sockets.delete(socket));
  socket.on("message", (message) => take(socket, message));
});
server.on("listening", () => console.log(`ready ${server.address().port}`));
