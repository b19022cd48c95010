import { storeConformance } from "../store.conformance.ts";
import { newMemoryDisk } from "./disk.ts";
import { MemoryStore } from "./memoryStore.ts";

storeConformance("memory", async () => {
  const disk = newMemoryDisk();
  return {
    store: new MemoryStore(disk),
    reopen: async () => new MemoryStore(disk),
    cleanup: async () => {},
  };
});
