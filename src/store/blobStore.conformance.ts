import { describe, expect, test } from "bun:test";
import type { BlobStore } from "./blobStore.ts";

/** A fresh, empty blob store for one test. */
export interface OpenedBlobStore {
  readonly store: BlobStore;
  cleanup(): Promise<void>;
}

const WHOLE = { offset: 0, length: null } as const;

type Check = (title: string, body: (store: BlobStore) => Promise<void>) => void;

/** What every blob store has to do. `open` gives a fresh, empty one for each test. */
export function blobStoreConformance(name: string, open: () => Promise<OpenedBlobStore>): void {
  const check: Check = (title, body) => {
    test(title, async () => {
      const { store, cleanup } = await open();
      try {
        await body(store);
      } finally {
        await cleanup();
      }
    });
  };
  describe(`blob store: ${name}`, () => {
    checkPutAndGet(check);
    checkBadKeys(check);
    checkLists(check);
    checkFailures(check);
  });
}

export function contentOf(...chunks: string[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk));
      controller.close();
    },
  });
}

async function read(store: BlobStore, key: string, range = WHOLE as Range): Promise<string | null> {
  const stream = await store.get(key, range);
  return stream === null ? null : await new Response(stream).text();
}

type Range = Parameters<BlobStore["get"]>[1];

function checkPutAndGet(check: Check): void {
  check("what was put is got, replaced and removed", async (store) => {
    expect(await store.put("executions/1/stdout", contentOf("hello ", "world"))).toBe(11);
    expect(await store.size("executions/1/stdout")).toBe(11);
    expect(await read(store, "executions/1/stdout")).toBe("hello world");
    expect(await store.put("executions/1/stdout", contentOf("other"))).toBe(5);
    expect(await read(store, "executions/1/stdout")).toBe("other");
    await store.remove("executions/1/stdout");
    await store.remove("executions/1/stdout");
    expect(await store.size("executions/1/stdout")).toBeNull();
    expect(await read(store, "executions/1/stdout")).toBeNull();
    expect(await store.put("executions/1/stdout", contentOf("again"))).toBe(5);
  });

  check("an empty blob is a blob", async (store) => {
    expect(await store.put("empty", contentOf())).toBe(0);
    expect(await store.size("empty")).toBe(0);
    expect(await read(store, "empty")).toBe("");
  });

  check("a range is read, and nothing beyond the end", async (store) => {
    await store.put("a", contentOf("0123456789"));
    expect(await read(store, "a", { offset: 3, length: 4 })).toBe("3456");
    expect(await read(store, "a", { offset: 7, length: null })).toBe("789");
    expect(await read(store, "a", { offset: 7, length: 99 })).toBe("789");
    expect(await read(store, "a", { offset: 10, length: null })).toBe("");
    expect(await read(store, "a", { offset: 99, length: 5 })).toBe("");
    expect(await read(store, "a", { offset: 2, length: 0 })).toBe("");
  });

  check("a blob of many chunks comes back byte for byte", async (store) => {
    const chunks = Array.from({ length: 40 }, (_, at) => String.fromCharCode(65 + (at % 26)));
    const text = chunks.map((letter) => letter.repeat(10_000));
    await store.put("big", contentOf(...text));
    expect(await read(store, "big")).toBe(text.join(""));
    expect(await read(store, "big", { offset: 65_530, length: 12 })).toBe("G".repeat(12));
  });

  check("a reader that stops early leaves the blob alone", async (store) => {
    await store.put("a", contentOf("x".repeat(500_000)));
    const reader = (await store.get("a", WHOLE))?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(await store.size("a")).toBe(500_000);
  });
}

function checkBadKeys(check: Check): void {
  const bad = [
    "",
    "/",
    "a/",
    "/a",
    "a//b",
    ".",
    "..",
    "a/../b",
    "a/./b",
    "a b",
    "a\\b",
    "é",
    "a\0",
  ];
  for (const key of [...bad, "a".repeat(256), `${"a/".repeat(600)}a`, "~new/a"]) {
    check(`the key ${JSON.stringify(key.slice(0, 20))} is refused`, async (store) => {
      const work = [store.put(key, contentOf("x")), store.size(key), store.get(key, WHOLE)];
      for (const result of await Promise.allSettled([...work, store.remove(key)])) {
        expect(result).toMatchObject({ status: "rejected", reason: { code: "badKey" } });
      }
    });
  }

  check("dots within a segment are part of a name", async (store) => {
    for (const key of ["...", ".hidden", "a..b", "-", "a.tar.gz"]) {
      await store.put(key, contentOf(key));
      expect(await read(store, key)).toBe(key);
    }
  });
}

function checkLists(check: Check): void {
  check("keys are listed rising, by prefix, page by page", async (store) => {
    const keys = ["a", "b-c", "b.d", "b/a", "b/b/x", "b/c", "b0", "c/1", "c/10", "c/2"];
    for (const key of keys.toReversed()) await store.put(key, contentOf(key));
    const list = async (prefix: string, after: string | null = null, limit = 100) =>
      (await store.list(prefix, after, limit)).map(({ key }) => key);
    expect(await list("")).toEqual(keys);
    expect(await list("b/")).toEqual(["b/a", "b/b/x", "b/c"]);
    expect(await list("b/b")).toEqual(["b/b/x"]);
    expect(await list("c/1")).toEqual(["c/1", "c/10"]);
    expect(await list("none")).toEqual([]);
    expect(await list("", null, 0)).toEqual([]);
    const paged: string[] = [];
    for (let after: string | null = null; ; ) {
      const page = await list("", after, 3);
      paged.push(...page);
      after = page.at(-1) ?? null;
      if (page.length < 3) break;
    }
    expect(paged).toEqual(keys);
    expect(await list("", "b/b")).toEqual(keys.slice(4));
    expect(await list("", "b/z")).toEqual(keys.slice(6));
  });

  check("a list says sizes and times", async (store) => {
    const before = Date.now();
    await store.put("a/b", contentOf("12345"));
    const [entry] = await store.list("a/", null, 10);
    expect(entry).toMatchObject({ key: "a/b", sizeBytes: 5 });
    // File systems keep time in ticks of some milliseconds.
    expect(entry?.modifiedAt).toBeGreaterThan(before - 1000);
    expect(entry?.modifiedAt).toBeLessThan(Date.now() + 1000);
  });
}

function checkFailures(check: Check): void {
  check("a put that fails leaves what was there", async (store) => {
    await store.put("a/b", contentOf("old"));
    const failing = () => {
      let isFirst = true;
      return new ReadableStream<Uint8Array>({
        pull(controller) {
          if (isFirst) controller.enqueue(new TextEncoder().encode("new"));
          else controller.error(new Error("cut off"));
          isFirst = false;
        },
      });
    };
    await expect(store.put("a/b", failing())).rejects.toThrow("cut off");
    await expect(store.put("a/c", failing())).rejects.toThrow("cut off");
    expect(await read(store, "a/b")).toBe("old");
    expect((await store.list("", null, 9)).map(({ key }) => key)).toEqual(["a/b"]);
  });

  check("of several puts at once one wins whole", async (store) => {
    const texts = ["a", "b", "c", "d"].map((letter) => letter.repeat(100_000));
    await Promise.all(texts.map((text) => store.put("same/key", contentOf(text))));
    expect(texts).toContain((await read(store, "same/key")) ?? "");
  });

  check("puts and removes of neighbours at once do not disturb each other", async (store) => {
    await Promise.all(
      Array.from({ length: 40 }, async (_, at) => {
        await store.put(`dir/${at}`, contentOf(String(at)));
        if (at % 2 === 0) await store.remove(`dir/${at}`);
      }),
    );
    expect(await store.list("dir/", null, 100)).toHaveLength(20);
  });
}
