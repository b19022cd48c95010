import { createHash } from "node:crypto";
import { storeConformance } from "../store.conformance.ts";
import { newMemoryDisk } from "./disk.ts";
import { MemoryStore } from "./memoryStore.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

storeConformance("memory", async () => {
  const disk = newMemoryDisk();
  return {
    store: new MemoryStore(disk, sha256),
    reopen: async () => new MemoryStore(disk, sha256),
    cleanup: async () => {},
  };
});
