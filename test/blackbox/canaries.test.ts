import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AllocationStub, GroupsStatus } from "../../src/protocol/api/answer/group.ts";
import {
  allocationsOf,
  createGroupPool,
  seconds,
  shellJob,
  untilRunning,
} from "./harness/groups.ts";
import { isRunning } from "./harness/processes.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { type ServerProcess, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
let server: ServerProcess;

beforeAll(async () => {
  server = await startServer(sandbox);
  await createGroupPool(server.client, 2);
});

afterAll(() => server.end());

interface Version {
  readonly id: string;
  /** Text of a shell that comes before the lasting part. */
  readonly begin?: string;
  readonly update?: Readonly<Record<string, unknown>>;
  readonly count?: number;
}

/** A service whose processes note their allocation and process id in a file of their version. */
function version(number: number, { id, begin = "", update = {}, count = 3 }: Version) {
  const script = `${begin} echo $NOMAD_ALLOC_NAME $$ >> ${notes(id, number)}; while :; do sleep 0.05; done`;
  const Update = {
    HealthCheck: "task_states",
    MinHealthyTime: seconds(0.1),
    Canary: 1,
    ...update,
  };
  const policies = { Update, ReschedulePolicy: { Attempts: 0, Unlimited: false } };
  const restart = { attempts: 0, delayS: 0 };
  return shellJob(id, { script, count, restart, group: policies });
}

function notes(id: string, number: number): string {
  return join(sandbox.path, `${id}-${number}`);
}

/** Process ids by the names of allocations, of one version. */
function processes(id: string, number: number): Map<string, number> {
  const path = notes(id, number);
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
  return new Map(lines.map((line) => [line.split(" ")[0] ?? "", Number(line.split(" ")[1])]));
}

async function register(job: Record<string, unknown>): Promise<void> {
  await server.client.groups.register({ job });
}

function stint(...words: string[]) {
  return sandbox.run(words, { env: { STINT_DATA: server.data } });
}

type Deployment = NonNullable<GroupsStatus["deployment"]>;

async function untilDeployment(
  id: string,
  what: string,
  isWanted: (deployment: Deployment) => boolean,
): Promise<GroupsStatus> {
  return await until(
    `the deployment of ${id} ${what}`,
    () => server.client.groups.status(id),
    ({ deployment }) => deployment !== undefined && isWanted(deployment),
  );
}

/** Version 0 is up and good. */
async function first(job: Version): Promise<AllocationStub[]> {
  await register(version(0, job));
  await untilDeployment(job.id, "to be successful", ({ status }) => status === "successful");
  return await untilRunning(server.client, job.id, job.count ?? 3);
}

function sorted(allocations: readonly AllocationStub[]): string[] {
  return allocations
    .map(({ name, version: number, canary }) => `${name} ${number}${canary ? " canary" : ""}`)
    .sort();
}

function idsOf(allocations: readonly AllocationStub[]): string[] {
  return allocations.map(({ id }) => id).sort();
}

test("a canary runs beside all of the old version until it is promoted, and then the rest follows", async () => {
  const old = await first({ id: "tried" });
  const before = processes("tried", 0);
  await register(version(1, { id: "tried" }));
  await untilDeployment("tried", "to wait for its promotion", (one) => one.waitsForPromotion);
  const beside = await untilRunning(server.client, "tried", 4);
  expect(sorted(beside)).toEqual([
    "tried.g[0] 0",
    "tried.g[0] 1 canary",
    "tried.g[1] 0",
    "tried.g[2] 0",
  ]);
  expect(beside.map(({ id }) => id)).toEqual(expect.arrayContaining(idsOf(old)));
  expect([...before.values()].every(isRunning)).toBe(true);
  const status = await stint("job", "status", "tried");
  expect(status.stdout).toContain("Deployment is running but requires manual promotion");
  const canary = beside.find((one) => one.canary)?.id ?? "";
  expect((await stint("alloc", "status", canary)).stdout).toMatch(/^Canary += true$/m);
  const unknown = await stint("job", "promote", "tried", "-group", "web");
  expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('"web"') });

  const promoted = await stint("job", "promote", "tried");
  expect(promoted).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("successful") });
  const after = await untilRunning(server.client, "tried", 3);
  expect(sorted(after)).toEqual(["tried.g[0] 1", "tried.g[1] 1", "tried.g[2] 1"]);
  expect(after.map(({ id }) => id)).toContain(canary);
  expect(isRunning(processes("tried", 1).get("tried.g[0]") ?? 0)).toBe(true);
  await until(
    "the old processes to be gone",
    () => [...before.values()].filter(isRunning),
    (left) => left.length === 0,
  );
  const twice = await stint("job", "promote", "tried");
  expect(twice).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("is successful") });
  const { stdout } = await stint("job", "history", "tried", "-version", "1");
  expect(stdout).toMatch(/^Promoted +=.* g by \S+ at \d{4}/m);
  await server.client.jobs.terminate("tried");
}, 60_000);

test("with auto_promote nobody has to be asked", async () => {
  await first({ id: "auto" });
  const update = { Canary: 2, AutoPromote: true };
  await register(version(1, { id: "auto", update }));
  await untilDeployment("auto", "to be successful", (deployment) => {
    return deployment.version === 1 && deployment.status === "successful";
  });
  const after = await untilRunning(server.client, "auto", 3);
  expect(sorted(after)).toEqual(["auto.g[0] 1", "auto.g[1] 1", "auto.g[2] 1"]);
  await server.client.jobs.terminate("auto");
}, 60_000);

test("a canary that fails takes nothing with it, and what is lost comes back as it was", async () => {
  const old = await first({ id: "failed" });
  const update = { ProgressDeadline: 0 };
  await register(version(1, { id: "failed", begin: "exit 1;", update }));
  const { deployment } = await untilDeployment("failed", "to fail", ({ status }) => {
    return status === "failed";
  });
  expect(deployment?.description).toBe("Failed due to unhealthy allocations");
  const left = await untilRunning(server.client, "failed", 3);
  expect(idsOf(left)).toEqual(idsOf(old));
  expect([...processes("failed", 0).values()].every(isRunning)).toBe(true);
  const canaries = (await allocationsOf(server.client, "failed")).filter((one) => one.canary);
  expect(canaries.map(({ status }) => status)).toEqual(["failed"]);
  const refused = await stint("job", "promote", "failed");
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("is failed") });
  const blamed = `Allocation ${canaries[0]?.id.slice(0, 8)} of group g `;
  expect(deployment?.failure?.message).toStartWith(blamed);
  const same = { job: version(1, { id: "failed", begin: "exit 1;", update }) };
  const again = await server.client.groups.register(same);
  expect(again).toMatchObject({ version: 1, note: expect.stringContaining(blamed) });
  await server.client.groups.stopAllocation(old[0]?.id ?? "");
  const replaced = await until(
    "a replacement",
    () => untilRunning(server.client, "failed", 3),
    (all) => !idsOf(all).includes(old[0]?.id ?? ""),
  );
  expect(replaced.map((one) => one.version)).toEqual([0, 0, 0]);
  await server.client.jobs.terminate("failed");
}, 60_000);

test("with auto_revert the job is what it was, in the processes that it had", async () => {
  const old = await first({ id: "reverted" });
  const update = { ProgressDeadline: 0, AutoRevert: true };
  await register(version(1, { id: "reverted", begin: "exit 1;", update }));
  const status = await untilDeployment("reverted", "of the old version to be successful", (one) => {
    return one.version === 2 && one.status === "successful";
  });
  expect(status).toMatchObject({ version: 2, stable: true });
  expect((await stint("job", "status", "reverted")).stdout).toMatch(
    /^Reverted += to version 0, from version 1 by auto_revert: Allocation \w{8} of group g /m,
  );
  const { items } = await server.client.events.list({
    type: ["DeploymentEndEvent", "JobRevertEvent"],
    jobId: "reverted",
  });
  expect(items.map(({ properties: { status: end, to } }) => end ?? to)).toEqual([
    "successful",
    "failed",
    0,
    "successful",
  ]);
  const left = await untilRunning(server.client, "reverted", 3);
  expect(idsOf(left)).toEqual(idsOf(old));
  expect(left.map((one) => one.version)).toEqual([2, 2, 2]);
  expect([...processes("reverted", 0).values()].every(isRunning)).toBe(true);
  await server.client.jobs.terminate("reverted");
}, 60_000);

test("a plan says that only canaries come, and a canary waits for its promotion over a server that was killed", async () => {
  const mine = await startServer(sandbox);
  await createGroupPool(mine.client, 1);
  const job = { id: "kept", count: 2 };
  await mine.client.groups.register({ job: version(0, job) });
  await untilRunning(mine.client, "kept", 2);
  const plan = await mine.client.groups.plan({ job: version(1, job) });
  expect(plan.groups).toMatchObject([{ canary: 1, ignore: 2, destructive: 0, create: 0 }]);
  expect(plan.diff).toContain('+/- Task Group: "g" (1 canary, 2 ignore)');
  await mine.client.groups.register({ job: version(1, job) });
  const [canary] = (await untilRunning(mine.client, "kept", 3)).filter((one) => one.canary);
  await mine.end("SIGKILL");
  const again = await startServer(sandbox, { data: mine.data });
  await until(
    "the canary to be healthy",
    () => again.client.groups.status("kept"),
    ({ deployment }) => deployment?.waitsForPromotion === true,
  );
  expect(await again.client.groups.promote("kept")).toEqual({ jobId: "kept", version: 1 });
  const after = await until(
    "the new version alone",
    () => untilRunning(again.client, "kept", 2),
    (all) => all.every((one) => one.version === 1 && !one.canary),
  );
  expect(idsOf(after)).toContain(canary?.id ?? "");
  await again.end();
}, 60_000);
