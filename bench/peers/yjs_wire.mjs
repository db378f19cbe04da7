// The frames between the Yjs server and its spokes: type, name, content and, in a reply, a vector.
export const ASK = 1;
export const MISSING = 2;
export const CHANGE = 3;
export const ACK = 4;

export function pack(type, name, content, vector = new Uint8Array()) {
  const label = Buffer.from(name);
  const start = Buffer.alloc(7);
  start.writeUInt8(type, 0);
  start.writeUInt16BE(label.length, 1);
  start.writeUInt32BE(content.length, 3);
  return Buffer.concat([start, label, content, vector]);
}

export function unpack(frame) {
  const [name, content] = [7 + frame.readUInt16BE(1), frame.readUInt32BE(3)];
  return {
    type: frame.readUInt8(0),
    name: frame.toString("utf8", 7, name),
    content: frame.subarray(name, name + content),
    vector: frame.subarray(name + content),
  };
}
