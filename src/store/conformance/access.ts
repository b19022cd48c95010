import { expect } from "bun:test";
import { emptyChanges } from "../../model/changes.ts";
import type { ApiTokenRecord, IdempotencyRecord } from "../store.ts";
import * as given from "./fixtures.ts";
import type { Check } from "./harness.ts";
import { commit, page } from "./requests.ts";

function answer(key: string, createdAt: number, status = 201): IdempotencyRecord {
  return { key, requestHash: `hash of ${key}`, status, body: "{}", createdAt };
}

export function checkAccess(check: Check): void {
  checkIdempotency(check);
  checkJoinTokens(check);
  checkKeysAndTokens(check);
  checkOutputPlace(check);
}

function checkIdempotency(check: Check): void {
  check("the first answer to a key is kept until it is forgotten by age", async (opened) => {
    const put = (...idempotency: IdempotencyRecord[]) =>
      opened.store.commit({ changes: emptyChanges(), idempotency, epoch: 1 });
    await put(answer("old", 10), answer("new", 20));
    await put(answer("old", 30, 409));
    expect(await opened.store.readIdempotency("old")).toEqual(answer("old", 10));
    expect(await opened.store.readIdempotency("OLD")).toBeNull();
    await opened.store.forgetIdempotency(20);
    const store = await opened.reopen();
    expect(await store.readIdempotency("old")).toBeNull();
    expect(await store.readIdempotency("new")).toEqual(answer("new", 20));
  });
}

function checkJoinTokens(check: Check): void {
  const token = { hash: "h", poolId: "Default", expiresAt: 100, usesLeft: 2, createdAt: 1 };

  check("a join token is good for its uses, until it expires", async (opened) => {
    await opened.store.addJoinToken(token, null);
    expect(await opened.store.useJoinToken("h", 50)).toEqual({ ...token, usesLeft: 1 });
    const store = await opened.reopen();
    expect(await store.useJoinToken("h", 100)).toBeNull();
    expect(await store.useJoinToken("unknown", 50)).toBeNull();
    expect(await store.useJoinToken("h", 99)).toEqual({ ...token, usesLeft: 0 });
    expect(await store.useJoinToken("h", 50)).toBeNull();
  });

  check(
    "a join token can be looked at without being used, also when it is good no more",
    async ({ store }) => {
      await store.addJoinToken({ ...token, usesLeft: 1 }, null);
      expect(await store.readJoinToken("h")).toEqual({ ...token, usesLeft: 1 });
      await store.useJoinToken("h", 50);
      expect(await store.readJoinToken("h")).toEqual({ ...token, usesLeft: 0 });
      expect(await store.readJoinToken("unknown")).toBeNull();
    },
  );

  check("a join token without limits is good for ever", async ({ store }) => {
    const endless = { ...token, expiresAt: null, usesLeft: null };
    await store.addJoinToken(endless, null);
    for (let use = 0; use < 3; use += 1) {
      expect(await store.useJoinToken("h", Number.MAX_SAFE_INTEGER)).toEqual(endless);
    }
  });

  check("join tokens are listed by age and removed", async ({ store }) => {
    await store.addJoinToken({ ...token, hash: "young", createdAt: 2 }, null);
    await store.addJoinToken({ ...token, hash: "old", createdAt: 1 }, null);
    expect((await store.listJoinTokens()).map(({ hash }) => hash)).toEqual(["old", "young"]);
    await store.removeJoinToken("old", null);
    await store.removeJoinToken("none", null);
    expect(await store.listJoinTokens()).toEqual([{ ...token, hash: "young", createdAt: 2 }]);
    expect(await store.useJoinToken("old", 1)).toBeNull();
  });

  check("of several uses of the last one only one succeeds", async ({ store }) => {
    await store.addJoinToken({ ...token, usesLeft: 1 }, null);
    const uses = await Promise.all([1, 2, 3].map((now) => store.useJoinToken("h", now)));
    expect(uses.filter((use) => use !== null)).toHaveLength(1);
  });
}

function checkKeysAndTokens(check: Check): void {
  check("a node's key is kept, revoked once, and replaced by a new one", async (opened) => {
    const key = { guid: "g", publicKey: "k", revokedAt: null, createdAt: 1 };
    await opened.store.addNodeKey(key);
    expect(await opened.store.readNodeKey("g")).toEqual(key);
    expect(await opened.store.readNodeKey("other")).toBeNull();
    await opened.store.revokeNodeKey("g", 5);
    await opened.store.revokeNodeKey("g", 6);
    await opened.store.revokeNodeKey("other", 6);
    const store = await opened.reopen();
    expect(await store.readNodeKey("g")).toEqual({ ...key, revokedAt: 5 });
    await store.addNodeKey({ ...key, publicKey: "k2" });
    expect(await store.readNodeKey("g")).toEqual({ ...key, publicKey: "k2" });
  });

  check("API tokens are read by hash and listed by age", async (opened) => {
    const old: ApiTokenRecord = {
      hash: "b",
      kind: "api",
      name: "old",
      role: 0,
      createdAt: 1,
      user: null,
      expiresAt: null,
    };
    const young: ApiTokenRecord = {
      ...old,
      hash: "a",
      kind: "session",
      name: "young",
      createdAt: 2,
      user: 7,
      expiresAt: 9,
    };
    await opened.store.addApiToken(young, null);
    await opened.store.addApiToken(old, null);
    const store = await opened.reopen();
    expect(await store.readApiToken("a")).toEqual(young);
    expect(await store.readApiToken("none")).toBeNull();
    expect(await store.listApiTokens()).toEqual([old, young]);
    await store.removeApiToken("b", null);
    await store.removeApiToken("none", null);
    expect(await store.listApiTokens()).toEqual([young]);
    expect(await store.readApiToken("b")).toBeNull();
  });
}

function checkOutputPlace(check: Check): void {
  const key = "outputs/1/stderr";
  const stderr = { ...given.RESULT.stderr, place: { kind: "blob", key } } as const;

  check("an upload is seen in the result, which may come after it", async (opened) => {
    const { store } = opened;
    const task = given.task(1, 1);
    const over = { state: "ended", result: given.RESULT } as const;
    await commit(store, ({ newTasks, executions }) => {
      newTasks.push(task);
      executions.set(1, given.execution(1, task.number, over));
      executions.set(2, given.execution(2, task.number));
    });
    await store.setOutputPlace(1, "stderr", key);
    await store.setOutputPlace(2, "stderr", "early");
    await store.setOutputPlace(2, "stderr", key);
    expect((await store.readExecution(2))?.result).toBeNull();
    await commit(store, ({ executions }) =>
      executions.set(2, given.execution(2, task.number, over)),
    );
    const reopened = await opened.reopen();
    expect((await reopened.readExecution(1))?.result).toEqual({ ...given.RESULT, stderr });
    const listed = await reopened.listExecutions({}, page());
    expect(listed.items.map(({ result }) => result?.stderr)).toEqual([stderr, stderr]);
    // With its task it is forgotten.
    await commit(reopened, ({ tasks }) => tasks.set(task.number, null));
    await commit(reopened, ({ newTasks, executions }) => {
      newTasks.push(given.task(1, 2));
      executions.set(1, given.execution(1, given.task(1, 2).number, over));
    });
    expect((await reopened.readExecution(1))?.result).toEqual(given.RESULT);
  });

  check(
    "an upload of a preparation is seen too, however often its record is written",
    async (opened) => {
      const { store } = opened;
      const preparation = {
        state: "completed",
        execution: 7,
        result: "success",
        exitCode: 0,
        failure: null,
        startedAt: 1,
        endedAt: 2,
        retryCount: 0,
        lastRetryAt: null,
        bootId: null,
        output: { stdout: given.RESULT.stdout, stderr: given.RESULT.stderr },
      } as const;
      const record = { ...given.nodeJob(1, 1), preparation };
      await store.setOutputPlace(7, "stderr", key);
      for (const ranTask of [false, true]) {
        await commit(store, ({ nodeJobs }) => nodeJobs.set("1:1", { ...record, ranTask }));
        const output = { ...preparation.output, stderr };
        const seen = { ...record, ranTask, preparation: { ...preparation, output } };
        expect(await store.readNodeJobs(1)).toEqual([seen]);
        expect((await store.listNodeJobs(1, page())).items).toEqual([seen]);
      }
    },
  );
}
