import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noFleetCounters } from "../../model/fleet/changes.ts";
import { FleetTables } from "../../model/fleet/tables.ts";
import { taskNumberOf } from "../../model/id.ts";
import { completed, execution, job, running, T0, task } from "../conformance/fixtures.ts";
import { groups } from "../conformance/groupFixtures.ts";
import { codeOf } from "../conformance/harness.ts";
import { commit, page } from "../conformance/requests.ts";
import { storeConformance } from "../store.conformance.ts";
import { openSqliteStore } from "./open.ts";
import { MIGRATIONS } from "./schema.ts";

storeConformance("SQLite", async () => {
  const { folder, path, cleanup } = await setup();
  let store = await openSqliteStore(path);
  expect(await readdir(folder)).toContain("stint.db");
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await openSqliteStore(path);
      return store;
    },
    cleanup: async () => {
      await store.close();
      await cleanup();
    },
  };
});

async function setup() {
  const folder = await mkdtemp(join(tmpdir(), "stint-store-"));
  const cleanup = () => rm(folder, { recursive: true });
  return { folder, path: join(folder, "stint.db"), cleanup };
}

/** The killed writer, once it has committed so many; it goes on until it is killed. */
async function startWriter(path: string, commits: number) {
  const writer = Bun.spawn([process.execPath, join(import.meta.dir, "./killedWriter.ts"), path], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const reader = writer.stdout.getReader();
  let text = "";
  const read = async () => {
    const { value, done } = await reader.read();
    text += new TextDecoder().decode(value);
    return !done;
  };
  while (!text.includes(`\n${commits}\n`)) if (!(await read())) throw new Error("it has ended");
  return {
    /** Kills it and answers the last number that it said. */
    kill: async () => {
      writer.kill("SIGKILL");
      while (await read());
      await writer.exited;
      return Number(text.split("\n").at(-2));
    },
  };
}

test("a file can be opened once, by whatever name, and again after a close", async () => {
  const { folder, path, cleanup } = await setup();
  const store = await openSqliteStore(path);
  await symlink(path, join(folder, "link.db"));
  await symlink(folder, join(folder, "folder"));
  for (const name of ["stint.db", "link.db", "folder/stint.db"]) {
    expect(await codeOf(openSqliteStore(join(folder, name)))).toBe("locked");
  }
  await commit(store, ({ jobs }) => jobs.set(1, job(1, "still-there")));
  await store.close();
  await store.close();
  const again = await openSqliteStore(join(folder, "link.db"));
  expect(await again.readJob("still-there")).not.toBeNull();
  await again.close();
  await cleanup();
});

test("another process's file is locked; its death gives the lock back and loses no commit", async () => {
  const { path, cleanup } = await setup();
  const writer = await startWriter(path, 100);
  expect(await codeOf(openSqliteStore(path))).toBe("locked");
  const last = await writer.kill();
  const store = await openSqliteStore(path);
  const { counters } = await store.readLive();
  // One that was committed but not yet said is fine; each commit is there whole or not at all.
  expect(counters.event).toBeGreaterThanOrEqual(last);
  expect(await store.lastEventSequence()).toBe(counters.event);
  const numbers = Array.from({ length: counters.event + 1 }, (_, at) => taskNumberOf(1, at + 1));
  expect(await store.readTasksByNumber(numbers)).toHaveLength(counters.event);
  expect(await store.readEvents(0, {}, 1_000_000)).toHaveLength(counters.event);
  await store.close();
  await cleanup();
});

test("a newer database is refused and left as it is", async () => {
  const { path, cleanup } = await setup();
  const store = await openSqliteStore(path);
  await store.close();
  const database = new Database(path);
  database.run("UPDATE schema_version SET version = version + 1");
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  const before = await readFile(path);
  expect(await codeOf(openSqliteStore(path))).toBe("newer");
  expect((await readFile(path)).equals(before)).toBe(true);
  // The lock was given back.
  expect(await codeOf(openSqliteStore(path))).toBe("newer");
  await cleanup();
});

test("a file that is no database of Stint is refused and left as it is", async () => {
  const { folder, path, cleanup } = await setup();
  const others = new Database(path);
  others.run("CREATE TABLE notes (text TEXT)");
  others.close();
  await writeFile(join(folder, "short.txt"), "hello");
  await writeFile(join(folder, "long.txt"), "hello ".repeat(5000));
  for (const name of ["stint.db", "short.txt", "long.txt"]) {
    const before = await readFile(join(folder, name));
    expect(await codeOf(openSqliteStore(join(folder, name)))).toBe("corrupt");
    expect((await readFile(join(folder, name))).equals(before)).toBe(true);
  }
  await cleanup();
});

test("a path that cannot be opened says so", async () => {
  const { folder, path, cleanup } = await setup();
  await writeFile(path, "");
  await mkdir(join(folder, "data"));
  for (const name of ["none/stint.db", "stint.db/stint.db", "data", "data/."]) {
    expect(await codeOf(openSqliteStore(join(folder, name)))).toBe("unavailable");
  }
  expect((await readdir(folder, { recursive: true })).sort()).toEqual(["data", "stint.db"]);
  await cleanup();
});

test("only the owner can read the file, and a close leaves nothing but it and its lock", async () => {
  const { folder, path, cleanup } = await setup();
  const store = await openSqliteStore(path);
  await commit(store, ({ newTasks }) => newTasks.push(task(1, 1)));
  for (const name of await readdir(folder)) {
    expect((await stat(join(folder, name))).mode & 0o077).toBe(0);
  }
  await store.close();
  expect((await readdir(folder)).sort()).toEqual(["stint.db", "stint.db.lock"]);
  await cleanup();
});

test("a purge ends with no row left, over a restart too", async () => {
  const { path, cleanup } = await setup();
  const store = await openSqliteStore(path);
  await commit(store, (changes) => {
    for (let ordinal = 1; ordinal <= 2500; ordinal += 1) {
      const made = task(1, ordinal);
      changes.newTasks.push(made);
      changes.tasks.set(made.number, completed(running(made, 1, ordinal), 0));
      changes.executions.set(ordinal, execution(ordinal, made.number, { state: "ended" }));
    }
    changes.newTasks.push(task(2, 1));
  });
  await commit(store, ({ purgedJobs }) => purgedJobs.push(1));
  await store.close();
  const again = await openSqliteStore(path);
  const database = new Database(path, { readonly: true });
  const left = () =>
    database
      .query<{ left: number }, []>(
        `SELECT (SELECT count(*) FROM tasks) + (SELECT count(*) FROM task_progress)
          + (SELECT count(*) FROM executions) + (SELECT count(*) FROM purges) AS left`,
      )
      .get()?.left;
  while (left() !== 1) await Bun.sleep(5);
  database.close();
  expect((await again.listTasks(2, {}, page())).items).toHaveLength(1);
  await again.close();
  await cleanup();
});

/** Of the tables, before the migrations that gave these. */
const BEFORE_CANARIES = 2;
const BEFORE_MODIFY_INDICES = 3;
const BEFORE_FIGURES = 4;

/** What is in the store, as a program of an older version would have kept it: rows and columns it did not know are not there. */
async function copyAtVersion(path: string, version: number): Promise<string> {
  const older = `${path}.older`;
  const database = new Database(older, { create: true });
  for (const migration of MIGRATIONS.slice(0, version)) database.run(migration);
  database.run("CREATE TABLE schema_version (version INTEGER)");
  database.run("INSERT INTO schema_version VALUES (?)", [version]);
  database.run("ATTACH ? AS present", [path]);
  const tables = database
    .query<{ name: string }, []>("SELECT name FROM main.sqlite_schema WHERE type = 'table'")
    .all();
  for (const { name } of tables) {
    if (name === "schema_version") continue;
    const columns = database
      .query<{ name: string }, [string]>("SELECT name FROM pragma_table_info(?)")
      .all(name)
      .map((column) => column.name)
      .join(", ");
    database.run(`REPLACE INTO main.${name} (${columns}) SELECT ${columns} FROM present.${name}`);
  }
  database.close();
  return older;
}

test("jobs that were stored before there were modify indices have one that no later change gets", async () => {
  const { path, cleanup } = await setup();
  const store = await openSqliteStore(path);
  const [ofGroups, ofTasks] = [groups(4, 7).record, job(5, "Tasks")];
  await commit(store, (changes) => {
    changes.jobs.set(4, ofGroups);
    changes.jobs.set(5, ofTasks);
    const none = { pool: 0, node: 0, execution: 7, event: 0, removal: 0, jobChange: 0, time: 1 };
    changes.counters = { ...none, job: 5 };
  });
  await store.close();
  const older = await copyAtVersion(path, BEFORE_MODIFY_INDICES);
  const database = new Database(older);
  database.run("UPDATE jobs SET document = json_remove(document, '$.groups.modifyIndex')");
  database.close();
  const again = await openSqliteStore(older);
  expect((await again.readJob("groups"))?.record.groups?.modifyIndex).toBe(4);
  expect((await again.readJob("tasks"))?.record).toEqual(ofTasks);
  expect((await again.readLive()).counters).toMatchObject({ job: 5, jobChange: 5 });
  await again.close();
  await cleanup();
});

test("groups that were stored before there were canaries have none", async () => {
  const { path, cleanup } = await setup();
  const store = await openSqliteStore(path);
  const given = groups(1, 7);
  await commit(store, (changes) => {
    changes.jobs.set(1, given.record);
    changes.newTasks.push(...given.tasks);
    for (const { number, progress } of given.tasks) changes.tasks.set(number, progress);
    changes.executions.set(7, given.execution);
  });
  await store.close();
  const older = await copyAtVersion(path, BEFORE_CANARIES);
  const database = new Database(older);
  database.run("UPDATE task_progress SET group_progress = json_remove(group_progress, '$.canary')");
  database.run("UPDATE live_executions SET allocation = json_remove(allocation, '$.canary')");
  const before = JSON.stringify({ desired: 2, autoRevert: true, progressBy: null });
  database.run(
    "UPDATE jobs SET document = json_set(document, '$.groups.deployment.groups.web', json(?))",
    [before],
  );
  database.close();
  const again = await openSqliteStore(older);
  const [first] = await again.readTasksByNumber(given.tasks.map(({ number }) => number));
  expect<unknown>(first?.progress.group).toEqual({
    ...given.tasks[0]?.progress.group,
    canary: null,
  });
  const { allocation } = (await again.readExecution(7)) ?? {};
  expect<unknown>(allocation).toEqual({ ...given.execution.allocation, canary: false });
  const found = await again.readJob("groups");
  expect(found?.record.groups?.deployment?.groups).toEqual({
    web: {
      desired: 2,
      autoRevert: true,
      progressBy: null,
      canaries: 0,
      autoPromote: false,
      promoted: false,
      keepsVersion: null,
      fault: null,
      placed: 0,
      healthy: 0,
      unhealthy: 0,
    },
  });
  await again.close();
  await cleanup();
});

test("deployments that were stored before their figures were have those of their executions", async () => {
  const { path, cleanup } = await setup();
  const store = await openSqliteStore(path);
  const given = groups(1, 7);
  const { allocation } = given.execution;
  if (allocation === undefined) throw new Error("no allocation");
  const health = (healthy: boolean) => {
    const state = { status: "running", members: [], checks: [] } as const;
    return { ...state, health: { healthy, at: T0, reason: null } };
  };
  const one = (number: number, parts: Partial<typeof allocation>, endedAt: number | null = null) =>
    ({
      ...given.execution,
      number,
      endedAt,
      state: endedAt === null ? "running" : "ended",
      allocation: { ...allocation, version: 3, desired: "run", ...parts },
    }) as const;
  const executions = [
    one(7, { state: health(true) }),
    one(8, { state: health(true) }, T0 + 9),
    one(9, { state: health(false) }, T0 + 9),
    one(10, { state: health(true), version: 2 }),
    one(11, { state: health(true), desired: "stop" }),
  ];
  await commit(store, (changes) => {
    changes.jobs.set(1, given.record);
    changes.newTasks.push(...given.tasks);
    for (const { number, progress } of given.tasks) changes.tasks.set(number, progress);
    for (const made of executions) changes.executions.set(made.number, made);
  });
  await store.close();
  const older = await copyAtVersion(path, BEFORE_FIGURES);
  const database = new Database(older);
  const [web, all] = ["$.groups.deployment.groups.web", "$.groups"];
  database.run(
    `UPDATE jobs SET document = json_remove(document, '${web}.placed', '${web}.healthy',
      '${web}.unhealthy', '${web}.fault', '$.groups.deployment.failure', '${all}.reverted',
      '${all}.promotions', '${all}.history[0].reverted', '${all}.history[0].promotions')`,
  );
  database.close();
  const again = await openSqliteStore(older);
  const found = (await again.readJob("groups"))?.record.groups;
  const before = given.record.groups;
  const none = { reverted: null, promotions: [] };
  expect(found).toEqual({
    ...before,
    ...none,
    history: before?.history.map((version) => ({ ...version, ...none })) ?? [],
    deployment: {
      ...before?.deployment,
      groups: {
        web: {
          ...before?.deployment?.groups["web"],
          ...{ fault: null, placed: 3, healthy: 1, unhealthy: 1 },
        },
      },
    },
  } as typeof found);
  await again.close();
  await cleanup();
});

test("a counter that an older version did not know has counted nothing", async () => {
  const { path, cleanup } = await setup();
  const store = await openSqliteStore(path);
  await commit(store, (changes) => {
    const { users, userGroups, nodeGroups, definitions, restrictedCommands } = new FleetTables();
    const none = { users, userGroups, nodeGroups, definitions, restrictedCommands };
    const counters = { ...noFleetCounters(), user: 7 };
    changes.fleet = { ...none, revisions: [], instances: new Map(), counters };
  });
  await store.close();
  const database = new Database(path);
  database.run("UPDATE fleet_counters SET document = json_remove(document, '$.restrictedCommand')");
  database.close();
  const again = await openSqliteStore(path);
  expect((await again.readLive()).fleet.counters).toEqual({ ...noFleetCounters(), user: 7 });
  await again.close();
  await cleanup();
});
