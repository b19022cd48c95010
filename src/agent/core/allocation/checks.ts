import { CHECK_OUTPUT_MAX, type CheckState, type CheckStatus } from "../../../model/allocation.ts";
import type { CheckSpec, ServiceSpec } from "../../../model/group.ts";
import {
  CHECK_POLL_MS,
  pollChecks,
  unwatchCheck,
  watchChecks,
} from "../../../policy/checkRestart.ts";
import { kindOf } from "../../../policy/lifecycle.ts";
import type { AgentInput, GroupOrder, Probe } from "../contract.ts";
import { groupOrder } from "../held.ts";
import type { Execution, Step } from "../machine.ts";
import { presentMembers, runOf } from "./change.ts";
import type { Member } from "./kinds.ts";
import { processOf } from "./processes.ts";
import { restartRunning } from "./restarts.ts";
import { type AllocationWatch, watchOf } from "./watch.ts";

/** A check where its job has it. */
interface CheckPlace {
  /** Names it within its group. */
  readonly id: string;
  readonly service: ServiceSpec;
  readonly check: CheckSpec;
  /** Which member it belongs to; null: to all mains. */
  readonly member: string | null;
}

function placesOf({ allocation }: GroupOrder): CheckPlace[] {
  const { services, members } = allocation.group;
  const only = members.length === 1 ? (members[0]?.name ?? null) : null;
  const written = [
    ...services.map((service) => ({ service, writtenIn: only })),
    ...members.flatMap((member) =>
      member.services.map((service) => ({ service, writtenIn: member.name })),
    ),
  ];
  return written.flatMap(({ service, writtenIn }, index) =>
    service.checks.map((check, place) => ({
      id: `${index}.${place}`,
      service,
      check,
      member: check.member ?? service.member ?? writtenIn,
    })),
  );
}

/** Probes the checks of members that run, and those alone. */
export function followProbes(step: Step, execution: Execution): void {
  const order = groupOrder(execution.order);
  if (order === null) return;
  const watch = watchOf(execution);
  const members = presentMembers(execution);
  for (const place of placesOf(order)) {
    if (!watch.checks.has(place.id)) watch.checks.set(place.id, initialState(place, step.now));
    follow(step, execution, order, place, members);
  }
}

/** The checks of the group with how each is. */
export function checkedPlaces(
  execution: Execution,
): { readonly check: CheckSpec; readonly status: CheckStatus | undefined }[] {
  const order = groupOrder(execution.order);
  if (order === null) return [];
  const { checks } = watchOf(execution);
  return placesOf(order).map(({ id, check }) => ({ check, status: checks.get(id)?.status }));
}

function follow(
  step: Step,
  execution: Execution,
  order: GroupOrder,
  place: CheckPlace,
  members: readonly Member[],
): void {
  const watch = watchOf(execution);
  const owners = members.filter(
    (member) => owns(place, member) && isServing(step, execution, member),
  );
  const process = place.member === null ? null : processOfOwner(step, owners);
  const present = [...watch.probes.values()].find(({ check }) => check === place.id)?.probe;
  const isSame = present?.process?.key === process?.key;
  if (present !== undefined && (owners.length === 0 || !isSame)) {
    stopProbe(step, execution, place.id, present.probe);
  }
  if (owners.length === 0 || (present !== undefined && isSame)) return;
  startProbe(step, watch, place, { order, process });
}

function owns({ member }: CheckPlace, { spec }: Member): boolean {
  return member === null ? kindOf(spec) === "main" : spec.name === member;
}

/** A member that is told to end or to begin anew has left its services. */
function isServing({ machine }: Step, execution: Execution, { run }: Member): boolean {
  if (processOf(machine, run)?.life.phase !== "running") return false;
  const isKilled = run.killing !== null || run.restarting !== null;
  const isEnding = runOf(execution)?.head.ending?.cause === "stopped";
  return run.state.state === "running" && !isKilled && !isEnding;
}

function processOfOwner(step: Step, [owner]: readonly Member[]): Probe["process"] {
  return owner === undefined ? null : (processOf(step.machine, owner.run)?.process ?? null);
}

function startProbe(
  step: Step,
  watch: AllocationWatch,
  place: CheckPlace,
  owner: Pick<Probe, "order" | "process">,
): void {
  const { check, service, id } = place;
  const address = addressOf(owner.order, place);
  const probe: Probe = {
    ...owner,
    probe: watch.nextProbe++,
    service: service.name,
    check,
    address,
  };
  watch.probes.set(probe.probe, { probe, check: id });
  setCheck(watch, id, initialState(place, step.now));
  step.effects.push({ effect: "startProbe", ...probe });
  const { checkRestart: rule, name, intervalMs } = check;
  if (rule === null) return;
  const ownerName = place.member ?? "";
  const watched = { id, name, owner: ownerName, intervalMs, rule };
  watch.checkWatch = watchChecks(watch.checkWatch, [watched], step.now);
  if (watch.checkWatch.length > 0) watch.pollAt ??= step.now + CHECK_POLL_MS;
}

function stopProbe(step: Step, execution: Execution, id: string, probe: number): void {
  const watch = watchOf(execution);
  watch.probes.delete(probe);
  watch.checkWatch = unwatchCheck(watch.checkWatch, id);
  step.effects.push({ effect: "stopProbe", execution: execution.key, probe });
}

function initialState({ service, check, member }: CheckPlace, at: number): CheckState {
  const status: CheckStatus = check.initialStatus === "" ? "pending" : check.initialStatus;
  return { service: service.name, member, check: check.name, status, at, output: "" };
}

const EVERYWHERE: ReadonlySet<string> = new Set(["", "0.0.0.0", "::"]);
const LOOPBACK = "127.0.0.1";

function addressOf({ allocation }: GroupOrder, { check, service }: CheckPlace): Probe["address"] {
  const wanted = check.port ?? service.port;
  if (check.type === "script" || wanted === null) return null;
  const assigned = allocation.ports.find(({ label }) => label === wanted);
  if (assigned !== undefined) {
    const host = EVERYWHERE.has(assigned.hostIp) ? LOOPBACK : assigned.hostIp;
    return { host, port: assigned.value };
  }
  const port = Number(wanted);
  return Number.isInteger(port) && port > 0 ? { host: LOOPBACK, port } : null;
}

/** The time of a result that says the same as the one before is no news. */
function setCheck(watch: AllocationWatch, id: string, next: CheckState): void {
  const before = watch.checks.get(id);
  watch.checks.set(id, next);
  if (before?.status !== next.status || before.output !== next.output) watch.isChanged = true;
}

export function onProbed(
  execution: Execution,
  { probe, status, output, at }: Extract<AgentInput, { input: "probed" }>,
): void {
  const watch = watchOf(execution);
  const probed = watch.probes.get(probe);
  const before = probed === undefined ? undefined : watch.checks.get(probed.check);
  // A later `pending` never takes the place of a real result.
  if (probed === undefined || before === undefined || status === "pending") return;
  const next = { ...before, status, output: output.slice(0, CHECK_OUTPUT_MAX), at };
  setCheck(watch, probed.check, next);
}

/** Looks at the checks that restart members, once a second. */
export function pollRestarts(step: Step, execution: Execution): void {
  const watch = watchOf(execution);
  const { now } = step;
  if (watch.pollAt === null || now < watch.pollAt) return;
  const statuses = new Map([...watch.checks].map(([id, { status }]) => [id, status]));
  const polled = pollChecks(watch.checkWatch, statuses, now);
  watch.checkWatch = polled.watch;
  watch.pollAt = polled.watch.length === 0 ? null : now + CHECK_POLL_MS;
  for (const { owner, reason } of polled.restarts) {
    for (const member of presentMembers(execution)) {
      if (owner === "" ? kindOf(member.spec) !== "main" : member.spec.name !== owner) continue;
      restartRunning(step, execution, member, { by: "failure", reason });
    }
  }
}
