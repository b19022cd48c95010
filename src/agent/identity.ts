import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { DataLayout } from "./directories.ts";
import { syncDirectory } from "./journal.ts";
import { AgentStartError } from "./options.ts";

/** Who the node is for the server. */
export interface NodeIdentity {
  readonly guid: string;
  /** Ed25519, raw, base64. */
  readonly publicKey: string;
  /** Whether the server has taken the key. */
  readonly joined: boolean;
}

export interface NodeKey {
  readonly identity: NodeIdentity;
  /** Base64 of the signature over the text's UTF-8 bytes. */
  sign(text: string): Promise<string>;
}

/** Reads identity and key, or makes them at the first start. */
export async function openIdentity(layout: DataLayout, guid: string | null): Promise<NodeKey> {
  const stored = readIdentity(layout);
  if (stored !== null && guid !== null && stored.guid !== guid) {
    throw new AgentStartError(
      `Expected node ${guid}, but ${layout.identityPath} belongs to node ${stored.guid}. ` +
        "Give this node a data directory of its own.",
    );
  }
  if (stored !== null) return keyOf(stored, readKey(layout));
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as {
    privateKey: CryptoKey;
    publicKey: CryptoKey;
  };
  const privateKey = Buffer.from(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const publicKey = Buffer.from(await crypto.subtle.exportKey("raw", pair.publicKey));
  const identity: NodeIdentity = {
    guid: guid ?? crypto.randomUUID(),
    publicKey: publicKey.toString("base64"),
    joined: false,
  };
  // The key first: an identity without its key would be of no use.
  replaceFile(layout.keyPath, `${privateKey.toString("base64")}\n`);
  storeIdentity(layout, identity);
  return keyOf(identity, privateKey);
}

export function storeIdentity(layout: DataLayout, identity: NodeIdentity): void {
  replaceFile(layout.identityPath, `${JSON.stringify(identity)}\n`);
}

/** The node is not this node any more: the next start makes a new one. */
export function deleteIdentity(layout: DataLayout): void {
  rmSync(layout.identityPath, { force: true });
  rmSync(layout.keyPath, { force: true });
  syncDirectory(dirname(layout.keyPath));
}

/** `Authorization` of the node's own HTTP requests (protocol/node/message.ts). */
export async function authorization(key: NodeKey, method: string, path: string): Promise<string> {
  const { guid } = key.identity;
  const timestamp = Date.now();
  return `Node ${guid}:${timestamp}:${await key.sign(`${guid}:${timestamp}:${method}:${path}`)}`;
}

function readIdentity(layout: DataLayout): NodeIdentity | null {
  let text: string;
  try {
    text = readFileSync(layout.identityPath, "utf8");
  } catch {
    return null;
  }
  try {
    return JSON.parse(text) as NodeIdentity;
  } catch (error) {
    throw new AgentStartError(
      `Expected JSON in ${layout.identityPath}, given something else. Restore the file, or move it away to join anew.`,
      { cause: error },
    );
  }
}

function readKey(layout: DataLayout): Buffer {
  try {
    return Buffer.from(readFileSync(layout.keyPath, "latin1"), "base64");
  } catch (error) {
    throw new AgentStartError(
      `Expected the node's key in ${layout.keyPath} and could not read it. ` +
        `Restore the file, or move ${layout.identityPath} away to join anew.`,
      { cause: error },
    );
  }
}

async function keyOf(identity: NodeIdentity, pkcs8: Buffer): Promise<NodeKey> {
  const key = await crypto.subtle.importKey("pkcs8", new Uint8Array(pkcs8), "Ed25519", false, [
    "sign",
  ]);
  return {
    identity,
    async sign(text) {
      const signature = await crypto.subtle.sign("Ed25519", key, new TextEncoder().encode(text));
      return Buffer.from(signature).toString("base64");
    },
  };
}

function replaceFile(path: string, text: string): void {
  const file = openSync(`${path}.new`, "w", 0o600);
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
  syncDirectory(dirname(path));
}
