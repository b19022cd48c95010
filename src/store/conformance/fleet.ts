import { expect } from "bun:test";
import type { FleetChanges } from "../../model/fleet/changes.ts";
import { emptyStoredFleet } from "../../model/fleet/changes.ts";
import type { DefinitionContent, DefinitionRecord } from "../../model/fleet/definition.ts";
import type { InstanceRecord } from "../../model/fleet/instance.ts";
import type { UserRecord } from "../../model/fleet/person.ts";
import type { Store } from "../store.ts";
import type { Check } from "./harness.ts";
import { commit, page } from "./requests.ts";

const STAMPS = { createdAt: 5, createdBy: null, updatedAt: null, updatedBy: null };
const COUNTERS = {
  user: 2,
  userGroup: 1,
  nodeGroup: 1,
  definition: 1,
  instance: 3,
  restrictedCommand: 1,
};

function user(number: number, id: string): UserRecord {
  const profile = { name: "김", phone: "010", email: "k@x", description: "a\nb" };
  const account = {
    role: 3,
    status: "disable",
    passwordHash: "$argon2id$",
    lastLoginAt: 7,
  } as const;
  return { number, id, ...profile, ...account, ...STAMPS };
}

const CONTENT: DefinitionContent = {
  script: { name: "a.sh", sha256: "0".repeat(64), sizeBytes: 3, words: ["KEY"] },
  osUser: null,
  byScheduler: true,
  byOnDemand: false,
  byTask: false,
  nextTask: 1,
  targets: { nodes: [1, 2], nodeGroups: [1] },
  runners: { users: [1], userGroups: [], definitions: [1] },
  schedules: [
    { id: "s", when: { form: "cron", cron: "* * * * *" }, timeZone: "UTC", status: "enable" },
  ],
  rolling: null,
  startWithinMs: 1,
  nodeTimeoutMs: null,
  runTimeoutMs: 2,
  asksAgain: true,
};

function definition(number: number, id: string, revision: number): DefinitionRecord {
  const working = { approver: null, working: CONTENT, approval: { state: "none" } } as const;
  return { number, id, owner: 1, description: "", revision, ...working, lastDueAt: {}, ...STAMPS };
}

function revisionOf(number: number, revision: number) {
  const who = { owner: 1, requestedBy: 1, requestReason: "", approver: 2 };
  return {
    definition: number,
    revision,
    content: CONTENT,
    approvedAt: 9,
    groupsText: "[]",
    ...who,
  };
}

function instance(number: number, endedAt: number | null): InstanceRecord {
  return {
    number,
    definition: number % 2,
    definitionId: "t",
    revision: 1,
    job: number,
    runner: { kind: "user", user: 1 },
    runnerText: "a(user)",
    arguments: ["; rm", "\n"],
    targetCount: 2,
    startedAt: number * 10,
    endedAt,
    result: endedAt === null ? null : "success",
    nextTask: null,
    nextInstance: null,
    nextRefusal: null,
    reruns: [{ node: 1, at: 3, runnerText: "a(user)" }],
    stopReason: null,
  };
}

async function change(store: Store, some: Partial<FleetChanges>): Promise<void> {
  const none = {
    users: new Map(),
    userGroups: new Map(),
    nodeGroups: new Map(),
    definitions: new Map(),
    restrictedCommands: new Map(),
    revisions: [],
    instances: new Map(),
    counters: COUNTERS,
  };
  await commit(store, (changes) => {
    changes.fleet = { ...none, ...some };
  });
}

export function checkFleet(check: Check): void {
  check("a store that is new has nothing of fleet operations", async ({ store }) => {
    expect((await store.readLive()).fleet).toEqual(emptyStoredFleet());
  });

  check("people, groups and definitions are read back as they were", async (opened) => {
    const group = { number: 1, id: "g", owner: 1, description: "", users: [1], ...STAMPS };
    const restricted = { number: 1, id: "rm", class: "risk", description: "d", ...STAMPS } as const;
    const attributes = { KEY: "é; rm" };
    const nodes = {
      number: 1,
      id: "g",
      owner: 1,
      description: "",
      nodes: [3],
      attributes,
      ...STAMPS,
    };
    const stored = {
      users: [user(1, "a"), user(2, "B")],
      userGroups: [group],
      nodeGroups: [nodes],
      definitions: [definition(1, "t", 2)],
      restrictedCommands: [restricted],
    };
    await change(opened.store, {
      users: new Map(stored.users.map((record) => [record.number, record])),
      userGroups: new Map([[1, group]]),
      nodeGroups: new Map([[1, nodes]]),
      definitions: new Map([[1, definition(1, "t", 2)]]),
      restrictedCommands: new Map([[1, restricted]]),
      revisions: [revisionOf(1, 1), revisionOf(1, 2)],
    });
    const live = await (await opened.reopen()).readLive();
    const revisions = [revisionOf(1, 2)];
    expect(live.fleet).toEqual({ ...stored, counters: COUNTERS, revisions, instances: [] });
  });

  check("ids change hands in one commit, and what is gone is not live", async (opened) => {
    const { store } = opened;
    await change(store, {
      users: new Map([
        [1, user(1, "a")],
        [2, user(2, "b")],
      ]),
      definitions: new Map([[1, definition(1, "t", 1)]]),
      revisions: [revisionOf(1, 1)],
    });
    await change(store, {
      users: new Map([
        [1, user(1, "b")],
        [2, user(2, "A")],
      ]),
      definitions: new Map([[1, null]]),
    });
    const reopened = await opened.reopen();
    const { fleet } = await reopened.readLive();
    expect(fleet.users.map(({ id }) => id)).toEqual(["b", "A"]);
    expect([fleet.definitions, fleet.revisions]).toEqual([[], []]);
    // What ran is to be seen for as long as its instances are.
    expect((await reopened.listRevisions(1, page())).items).toEqual([revisionOf(1, 1)]);
  });

  checkHistory(check);
}

function checkHistory(check: Check): void {
  check(
    "instances that have not ended are live; all are found by number and listed",
    async (opened) => {
      const { store } = opened;
      const all = [instance(1, null), instance(2, 5), instance(3, null)];
      await change(store, { instances: new Map(all.map((record) => [record.number, record])) });
      await change(store, { instances: new Map([[3, instance(3, 50)]]) });
      const reopened = await opened.reopen();
      expect((await reopened.readLive()).fleet.instances).toEqual([instance(1, null)]);
      expect(await reopened.readInstances([3, 9])).toEqual([instance(3, 50)]);
      const first = await reopened.listInstances({}, page({ limit: 2, order: "descending" }));
      expect(first.items.map(({ number }) => number)).toEqual([3, 2]);
      const rest = await reopened.listInstances(
        {},
        page({ limit: 2, order: "descending", cursor: first.cursor }),
      );
      expect([rest.items.map(({ number }) => number), rest.cursor]).toEqual([[1], null]);
      const some = { definition: 1, startedFrom: 10, startedTo: 20 };
      const filtered = await reopened.listInstances(some, page());
      expect(filtered.items.map(({ number }) => number)).toEqual([1]);
    },
  );

  check("all revisions of a definition are listed", async ({ store }) => {
    const revisions = [1, 2, 3].map((number) => revisionOf(1, number));
    await change(store, { revisions });
    const first = await store.listRevisions(1, page({ limit: 2 }));
    expect(first.items).toEqual(revisions.slice(0, 2));
    const rest = await store.listRevisions(1, page({ limit: 2, cursor: first.cursor }));
    expect(rest.items).toEqual(revisions.slice(2));
  });
}
