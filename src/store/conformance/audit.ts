import { expect } from "bun:test";
import { createHash } from "node:crypto";
import { type AuditEntry, AuditVerifier, canonicalText } from "../../model/audit.ts";
import { emptyChanges } from "../../model/changes.ts";
import type { Store } from "../store.ts";
import * as given from "./fixtures.ts";
import { type Check, codeOf } from "./harness.ts";
import { changesOf, commit, page } from "./requests.ts";

function entry(id: string, some: Partial<AuditEntry> = {}): AuditEntry {
  return {
    time: "2026-11-21T03:20:00.000Z",
    by: { kind: "key", id, tokenId: "a1b2" },
    address: "192.0.2.1",
    requestId: "r",
    action: "PATCH /nodes/{nodeId}",
    object: { nodeId: "linux01" },
    details: { description: "é \u0001 %", list: [1, null, true] },
    outcome: "done",
    code: null,
    result: { instance: 71 },
    ...some,
  };
}

async function verified(store: Store) {
  const verifier = new AuditVerifier((text) => createHash("sha256").update(text).digest("hex"));
  for (const line of await store.readAuditLines(0, 1_000)) expect(verifier.add(line)).toBeNull();
  return verifier.head;
}

const TOKEN = {
  role: 0,
  createdAt: 5,
  user: null,
  expiresAt: null,
  kind: "api",
  name: "t",
} as const;
const JOIN = { poolId: "p", expiresAt: null, usesLeft: null, createdAt: 5 };

export function checkAudit(check: Check): void {
  check("entries are chained in the order of their commits, over a restart too", async (opened) => {
    const { store } = opened;
    expect([await store.readAudit(1), await store.readAuditLines(0, 10)]).toEqual([null, []]);
    const batch = { changes: emptyChanges(), idempotency: [], epoch: 1 };
    await store.commit({ ...batch, audit: [entry("a"), entry("b")] });
    await store.appendAudit([entry("c")]);
    const reopened = await opened.reopen();
    await reopened.appendAudit([entry("d")]);
    const head = await verified(reopened);
    const last = await reopened.readAudit(4);
    expect(last).toEqual({ ...entry("d"), ...head, previous: last?.previous ?? "" });
    const lines = await reopened.readAuditLines(1, 2);
    expect(lines.map((line) => JSON.parse(line).by.id)).toEqual(["b", "c"]);
    expect(lines[0]).toBe(canonicalText(await reopened.readAudit(2)));
  });

  check("what is done to tokens is recorded with it", async ({ store }) => {
    await store.addApiToken({ ...TOKEN, hash: "h" }, entry("a"));
    await store.addJoinToken({ ...JOIN, hash: "j" }, entry("b"));
    await store.removeApiToken("h", entry("c"));
    await store.removeJoinToken("j", entry("d"));
    await store.addApiToken({ ...TOKEN, hash: "session" }, null);
    expect(await verified(store)).toMatchObject({ number: 4 });
    expect([await store.listApiTokens(), await store.listJoinTokens()]).toMatchObject([
      [{ hash: "session" }],
      [],
    ]);
  });

  check("a commit that fails leaves no entry", async ({ store }) => {
    await commit(store, ({ jobs }) => jobs.set(1, given.job(1, "a")));
    const changes = changesOf(({ jobs }) => jobs.set(2, given.job(2, "A")));
    const committed = store.commit({ changes, idempotency: [], audit: [entry("a")], epoch: 1 });
    expect(await codeOf(committed)).toBe("commitFailed");
    expect(await store.readAuditLines(0, 10)).toEqual([]);
  });

  check("entries are listed by who, what, when and how it ended", async ({ store }) => {
    await store.appendAudit([
      entry("Kim", { time: "2026-11-20T00:00:00.000Z" }),
      entry("kim", { action: "POST /jobs", time: "2026-11-21T00:00:00.000Z" }),
      entry("lee", { outcome: "refused", code: "InsufficientPermissions" }),
    ]);
    const numbers = async (filter: Parameters<Store["listAudit"]>[0]) =>
      (await store.listAudit(filter, page())).items.map(({ number }) => number);
    expect(await numbers({})).toEqual([1, 2, 3]);
    expect(await numbers({ who: "KIM" })).toEqual([1, 2]);
    expect(await numbers({ who: "ki" })).toEqual([]);
    expect(await numbers({ action: "/JOB" })).toEqual([2]);
    expect(await numbers({ action: "%" })).toEqual([]);
    expect(await numbers({ outcome: "refused" })).toEqual([3]);
    expect(
      await numbers({ from: "2026-11-20T00:00:00.001Z", to: "2026-11-21T00:00:00.000Z" }),
    ).toEqual([2]);
    const first = await store.listAudit({}, page({ limit: 2, order: "descending" }));
    const rest = await store.listAudit(
      {},
      page({ limit: 2, order: "descending", cursor: first.cursor }),
    );
    expect([first, rest].map(({ items }) => items.map(({ number }) => number))).toEqual([
      [3, 2],
      [1],
    ]);
  });
}
