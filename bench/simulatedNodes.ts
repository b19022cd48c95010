import { SimulatedNode } from "./simulatedNode.ts";

/** A process of its own: `simulatedNodes.ts URL JOIN_TOKEN COUNT SLOTS`; prints `ready` when all are connected. */
const [url = "", joinToken = "", count = "", slots = ""] = process.argv.slice(2);

/** Joins at once; more would only queue in the server. */
const AT_ONCE = 64;

// One key for all of them: what is measured is the engine, not the making of keys.
const key = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
const nodes = Array.from(
  { length: Number(count) },
  (_, index) => new SimulatedNode(url, `sim-${index}`, key),
);
for (let index = 0; index < nodes.length; index += AT_ONCE) {
  const some = nodes.slice(index, index + AT_ONCE);
  await Promise.all(some.map((node) => node.join(joinToken, Number(slots))));
  await Promise.all(some.map((node) => node.connect()));
}
process.stdout.write("ready\n");
