import type { CheckSpec, ServiceSpec } from "../../model/group.ts";
import { mergedCheckRestart } from "../../model/groupDefaults.ts";
import type { CheckRestart } from "../../model/groupPolicy.ts";
import type { ReadBlock } from "../read/block.ts";
import { CHECK, CHECK_RESTART, SERVICE } from "../schema/services.ts";
import { defined } from "./defined.ts";
import { checkIssues, serviceIssues } from "./serviceRules.ts";
import { readMany, readOne, type Within } from "./within.ts";

/** Where a service is written. */
export interface ServicePlace {
  /** Of the services, as `groups[0].services`. */
  readonly path: string;
  readonly group: string;
  /** Null: in the group. */
  readonly member: string | null;
  /** Task that checks belong to where nothing is written; null: they do not say. */
  readonly owner: string | null;
}

export type ServiceBlock = ReadBlock<typeof SERVICE.attributes>;
export type CheckBlock = ReadBlock<typeof CHECK.attributes>;

export function readServices(
  parent: ReadBlock,
  place: ServicePlace,
  within: Within,
): readonly ServiceSpec[] {
  return readMany(parent, SERVICE, within.reading).map((block, index) => {
    const path = `${place.path}[${index}]`;
    within.reading.place(path, block.range);
    const service = serviceOf(block, place, path, within);
    serviceIssues(service, block, within.reading);
    return service;
  });
}

function serviceOf(
  block: ServiceBlock,
  place: ServicePlace,
  path: string,
  within: Within,
): ServiceSpec {
  const { written } = block;
  const own = [within.jobId, place.group, place.member ?? ""].filter((part) => part !== "");
  const member = place.member ?? written.task ?? null;
  within.reading.place(`${path}.port`, block.rangeOf("port"));
  within.reading.place(`${path}.member`, block.rangeOf("task"));
  const name = written.name ?? own.join("-");
  return {
    name,
    provider: written.provider ?? "consul",
    port: written.port ?? null,
    addressMode: written.address_mode ?? "auto",
    tags: written.tags ?? [],
    meta: written.meta ?? {},
    member,
    checks: readChecks(block, { name, member: member ?? place.owner, path }, within),
  };
}

function readCheckRestart(parent: ReadBlock, { reading }: Within): Partial<CheckRestart> | null {
  const block = readOne(parent, CHECK_RESTART, reading);
  if (block === null) return null;
  const { limit, grace, ignore_warnings } = block.written;
  return defined<CheckRestart>({ limit, graceMs: grace, ignoreWarnings: ignore_warnings });
}

interface CheckPlace {
  readonly name: string;
  readonly member: string | null;
  readonly path: string;
}

function readChecks(service: ServiceBlock, place: CheckPlace, within: Within): CheckSpec[] {
  const ofService = readCheckRestart(service, within);
  const blocks = readMany(service, CHECK, within.reading);
  if (ofService !== null && blocks.length === 0) {
    const message = `The service ${place.name} has check_restart and no check: nothing restarts its task.`;
    within.reading.warning("check_restart_without_check", service.range, message, "Add a check.");
  }
  return blocks.map((block, index) => {
    const path = `${place.path}.checks[${index}]`;
    within.reading.place(path, block.range);
    within.reading.place(`${path}.port`, block.rangeOf("port"));
    within.reading.place(`${path}.member`, block.rangeOf("task"));
    const ofCheck = readCheckRestart(block, within);
    const check = checkOf(block, service, place, mergedCheckRestart(ofService, ofCheck));
    const provider = service.written.provider ?? "consul";
    checkIssues(check, block, provider, within.reading);
    return check;
  });
}

function checkOf(
  { written }: CheckBlock,
  service: ServiceBlock,
  place: CheckPlace,
  checkRestart: CheckRestart | null,
): CheckSpec {
  const type = written.type ?? "tcp";
  return {
    name: written.name ?? `service: "${place.name}" check`,
    type,
    port:
      type === "script" ? (written.port ?? null) : (written.port ?? service.written.port ?? null),
    path: written.path ?? "",
    method: written.method ?? "GET",
    protocol: written.protocol ?? "http",
    header: written.header ?? {},
    body: written.body ?? "",
    tlsSkipVerify: written.tls_skip_verify ?? false,
    command: written.command ?? "",
    args: written.args ?? [],
    member: written.task ?? place.member,
    intervalMs: written.interval ?? 0,
    timeoutMs: written.timeout ?? 0,
    initialStatus: written.initial_status ?? "",
    onUpdate: written.on_update ?? service.written.on_update ?? "require_healthy",
    successBeforePassing: written.success_before_passing ?? 0,
    failuresBeforeCritical: written.failures_before_critical ?? 0,
    checkRestart,
  };
}
