import { z } from "zod";
import { probe, scriptStatus } from "../../../src/agent/probes/probe.ts";
import { readJob } from "../../../src/jobfile/readJob.ts";
import { plainTree } from "../../../src/jobfile/structure/plainTree.ts";
import { readStructure } from "../../../src/jobfile/structure/readStructure.ts";
import type { PlainValue } from "../../../src/jobfile/tree.ts";
import { brokenCheckRules } from "../../../src/model/checkRules.ts";
import type { CheckSpec } from "../../../src/model/group.ts";
import { mergedCheckRestart } from "../../../src/model/groupDefaults.ts";
import { type Mismatch, unknownKind, type Vector } from "../area.ts";
import { compareExpected, type Fields, isFields } from "../compare.ts";
import { camelCased, snakeCased } from "../names.ts";

const validate = z.object({ provider: z.string(), check: z.record(z.string(), z.json()) });
const wish = z.object({
  type: z.string().default(""),
  path: z.string().default(""),
  command: z.string().default(""),
  onUpdate: z.string().default("require_healthy"),
  checkRestart: z
    .object({
      limit: z.number().default(0),
      graceMs: z.number().default(0),
      ignoreWarnings: z.boolean().default(false),
    })
    .nullish(),
  successBeforePassing: z.number().default(0),
  failuresBeforeCritical: z.number().default(0),
  failuresBeforeWarning: z.number().default(0),
  tlsServerName: z.string().default(""),
  expose: z.boolean().default(false),
  addressMode: z.string().default(""),
});
const canonicalize = z.object({
  service_name: z.string(),
  task_name: z.string(),
  check: z.record(z.string(), z.json()),
});
const result = z.object({
  probe: z.object({
    type: z.enum(["http", "tcp"]),
    path: z.string().default(""),
    httpStatus: z.number().default(200),
    body: z.string().default(""),
    bodyRepeat: z.object({ char: z.string(), count: z.number() }).optional(),
    listening: z.boolean().default(true),
  }),
});
const scriptExit = z.object({ exit_code: z.number() });

/** Times of vectors are milliseconds, those of job files durations. */
function written(value: PlainValue): PlainValue {
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) =>
      name.endsWith("_ms") ? [name.slice(0, -3), `${field}ms`] : [name, written(field)],
    ),
  );
}

/** A job whose one service, of its one task, has the check. */
function jobWith(
  check: Readonly<Record<string, PlainValue>>,
  names: { readonly service: string; readonly task: string; readonly provider: string },
): PlainValue {
  const service = {
    name: names.service,
    provider: names.provider,
    port: "http",
    check: written(check),
  };
  const task = { driver: "raw_exec", config: { command: "/x" }, service };
  const group = { network: { port: { http: {} } }, task: { [names.task]: task } };
  return { job: { checked: { type: "service", group: { group } } } };
}

function read(job: PlainValue) {
  const structure = readStructure(plainTree(job));
  if (structure === null) throw new Error("expected a job of groups");
  return readJob(structure.body, { cronCheck: null, validators: null, refuses: false });
}

/** All rules of the case's check, and what a job file says of its times. */
function codesOf({ provider, check: given }: z.output<typeof validate>): readonly string[] {
  const { checkRestart, ...check } = wish.parse(camelCased(given));
  const merged = mergedCheckRestart(null, checkRestart ?? null);
  const broken = brokenCheckRules({ ...check, port: "http", checkRestart: merged }, provider);
  const { interval_ms, timeout_ms } = given;
  const times = JSON.parse(JSON.stringify({ type: "tcp", interval_ms, timeout_ms }));
  const { findings } = read(jobWith(times, { service: "web", task: "web", provider }));
  const errors = findings.filter(({ severity }) => severity === "error");
  const ofTimes = errors.map(({ code, message }) => code ?? message);
  return [...broken.map(({ code }) => code), ...ofTimes];
}

function driveValidate(vector: Vector): readonly Mismatch[] {
  const codes = codesOf(validate.parse(vector));
  const got = { valid: codes.length === 0, error: codes, errors_include: codes };
  return compareExpected(vector["expect"], got, {
    // All findings come together; a case names one of them.
    error: (expected) =>
      expected === null ? codes.length === 0 : codes.includes(String(expected)),
  });
}

const COMPLETE = { type: "http", path: "/", interval_ms: 10_000, timeout_ms: 2_000 };

/** Nomad keeps no empty lists and maps. */
function withoutEmpty(fields: Fields): Fields {
  const isEmpty = (value: unknown) =>
    typeof value === "object" && value !== null && Object.keys(value).length === 0;
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, isEmpty(value) ? null : value]),
  );
}

function driveCanonicalize(vector: Vector): readonly Mismatch[] {
  const { service_name: service, task_name: task, check } = canonicalize.parse(vector);
  const names = { service, task, provider: "consul" };
  const { spec, findings } = read(jobWith({ ...COMPLETE, ...check }, names));
  const [found] = spec?.groups.groups[0]?.members[0]?.services[0]?.checks ?? [];
  if (found === undefined) throw new Error(findings.map(({ message }) => message).join(" "));
  return compareExpected(vector["expect"], withoutEmpty(snakeCased(found)));
}

const PROBED: CheckSpec = {
  name: "check",
  type: "http",
  port: "http",
  path: "/",
  method: "GET",
  protocol: "http",
  header: {},
  body: "",
  tlsSkipVerify: false,
  command: "",
  args: [],
  member: null,
  intervalMs: 10_000,
  timeoutMs: 10_000,
  initialStatus: "",
  onUpdate: "require_healthy",
  successBeforePassing: 0,
  failuresBeforeCritical: 0,
  checkRestart: null,
};

/** Probes a server that answers as the case says. */
async function driveResult(vector: Vector): Promise<readonly Mismatch[]> {
  const given = result.parse(camelCased(vector)).probe;
  const body = given.bodyRepeat?.char.repeat(given.bodyRepeat.count) ?? given.body;
  const answered: { status_code?: number; request_query?: string } = {};
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request) => {
      answered.status_code = given.httpStatus;
      answered.request_query = new URL(request.url).search.slice(1);
      return new Response(body, { status: given.httpStatus });
    },
  });
  const address = { host: "127.0.0.1", port: server.port ?? 0 };
  if (!given.listening) await server.stop(true);
  const path = given.path.startsWith("/") ? given.path : `/${given.path}`;
  const check = { ...PROBED, type: given.type, path };
  const found = await probe({ check, address, execute: null }, new AbortController().signal);
  await server.stop(true);
  const got = { ...answered, ...found, output_length: found.output.length };
  return compareExpected(vector["expect"], got);
}

export async function driveServiceCheck(vector: Vector): Promise<readonly Mismatch[]> {
  switch (vector["kind"]) {
    case "validate":
      return driveValidate(vector);
    case "canonicalize":
      return driveCanonicalize(vector);
    case "result":
      return await driveResult(vector);
    case "script_exit": {
      const status = scriptStatus(scriptExit.parse(vector).exit_code);
      return compareExpected(vector["expect"], { status });
    }
    default:
      return unknownKind(vector);
  }
}
