// Serves the CouchDB protocol over leveldb on 127.0.0.1, as express-pouchdb ships it for PouchDB.
// Usage: node pouchdb_server.mjs FOLDER. Prints "ready PORT" once it listens.
import http from "node:http";
import PouchDB from "pouchdb";
import expressPouchDB from "express-pouchdb";

const folder = process.argv[2];
const app = expressPouchDB(PouchDB.defaults({ prefix: `${folder}/` }), {
  mode: "minimumForPouchDB",
  inMemoryConfig: true,
});
const server = http.createServer(app);
server.listen(0, "127.0.0.1", () => console.log(`ready ${server.address().port}`));
