import { MEMBER_EVENTS_MAX, type MemberState } from "../../model/allocation.ts";
import { allocationId } from "../../model/allocationId.ts";
import type { ExecutionRecord } from "../../model/execution.ts";
import { type GroupSpec, type MemberSpec, volumeSource } from "../../model/group.ts";
import { deploymentId, type ExecutionAllocation, isDeployed } from "../../model/groupJob.ts";
import type { JobRecord } from "../../model/job.ts";
import type { NodeRecord } from "../../model/node.ts";
import { rescheduleText, restartText } from "../../model/policyText.ts";
import type { TaskRecord } from "../../model/task.ts";
import { isoTime } from "../../model/time.ts";
import type { Allocation, AllocationStub } from "../../protocol/api/answer/group.ts";
import { clientStatusOf } from "./clientStatus.ts";
import { present, timeOf } from "./present.ts";

/** An execution of a group with its job and task. */
export interface FoundAllocation {
  readonly job: JobRecord;
  readonly task: TaskRecord;
  readonly execution: ExecutionRecord;
  readonly allocation: ExecutionAllocation;
}

export function allocationStub(found: FoundAllocation): AllocationStub {
  const { job, task, execution, allocation } = found;
  return {
    id: allocation.id,
    execution: execution.number,
    name: task.id.replace(/@.*$/, ""),
    jobId: job.spec.id,
    taskId: task.id,
    group: task.spec.place?.group ?? "",
    nodeId: execution.nodeId,
    version: allocation.version,
    desired: allocation.desired,
    canary: allocation.canary,
    status: clientStatusOf(execution),
    createTime: isoTime(execution.assignedAt),
    modifyTime: isoTime(allocation.modifiedAt),
  };
}

/** The group as the execution runs it; null: its version is not kept any more. */
export function groupRun({ job, task, allocation }: FoundAllocation): GroupSpec | null {
  const { groups: record, spec } = job;
  const isCurrent = record?.version === allocation.version;
  const earlier = record?.history.find(({ version }) => version === allocation.version);
  const groups = (isCurrent ? spec : earlier?.spec)?.groups?.groups ?? [];
  return groups.find(({ name }) => name === task.spec.place?.group) ?? null;
}

export function allocationView(
  found: FoundAllocation,
  node: NodeRecord | null,
  next: ExecutionRecord | null,
): Allocation {
  const { allocation } = found;
  const group = groupRun(found);
  const { decision, actsAt } = nextOf(found);
  return {
    ...allocationStub(found),
    description: allocation.description,
    datacenter: node?.facts?.host?.datacenter ?? "",
    nodeGuid: node?.guid ?? "",
    members: membersOf(found, group),
    ports: allocation.ports.map(({ label, value, to, hostIp }) => ({
      label,
      address: hostIp,
      port: value,
      to,
      dynamic: isDynamic(group, label),
    })),
    checks: checksOf(allocation, group),
    ...present({ deploymentId: deploymentOf(found, group) }),
    ...healthOf(allocation),
    ...present({
      previousAllocation: allocation.previous === null ? null : allocationId(allocation.previous),
      nextAllocation: next === null ? null : allocationId(next.number),
      reschedulePolicy: group === null ? null : rescheduleText(group.reschedule),
      decision,
      actsAt: timeOf(actsAt),
    }),
    rescheduleAttempts: allocation.rescheduled.length,
    ...present({ rescheduleAttemptsMax: attemptsMax(group) }),
    rescheduled: allocation.rescheduled.map(({ at, execution, node: nodeId, delayMs }) => ({
      time: isoTime(at),
      allocation: allocationId(execution),
      nodeId,
      delayMs,
    })),
    scores: allocation.scores.map((score) => ({ ...score, scores: { ...score.scores } })),
  };
}

/** What was decided about its task, or about the canary that it is, and when that acts next; null: it is not the latest. */
function nextOf({ task, execution }: FoundAllocation) {
  const { execution: latest, state, group: progress } = task.progress;
  const canary = progress?.canary ?? null;
  const isCanary = canary?.execution === execution.number;
  const next = isCanary ? canary : latest === execution.number ? (progress ?? null) : null;
  const isWaiting = isCanary ? canary.state === "waiting" : state === "active";
  return { decision: next?.decision ?? null, actsAt: isWaiting ? (next?.actsAt ?? null) : null };
}

/** The deployment that made it, or took it over; null: none did, or its version is not kept any more. */
function deploymentOf({ job, allocation }: FoundAllocation, group: GroupSpec | null) {
  const hasOne = group !== null && isDeployed(job.spec.type, group);
  return hasOne ? deploymentId(job.number, allocation.version) : null;
}

function attemptsMax(group: GroupSpec | null): number | null {
  const policy = group?.reschedule ?? null;
  return policy === null || policy.unlimited ? null : policy.attempts;
}

function isDynamic(group: GroupSpec | null, label: string): boolean {
  const ports = group?.networks.flatMap((network) => network.ports) ?? [];
  return ports.find((port) => port.label === label)?.static == null;
}

function membersOf({ allocation }: FoundAllocation, group: GroupSpec | null) {
  const { reconnectedAt = null } = allocation;
  const members = allocation.state?.members ?? [];
  const states = new Map(
    members.map((state) => [state.member, withReconnection(state, reconnectedAt)]),
  );
  if (group === null) {
    return [...states.values()].map((state) => memberView(state.member, state, null, 0));
  }
  const diskMb = group.ephemeralDisk.sizeMb;
  return group.members.map((spec) => ({
    ...memberView(spec.name, states.get(spec.name), spec, diskMb),
    volumes: volumesOf(spec, group, allocation.index),
  }));
}

function volumesOf({ volumeMounts }: MemberSpec, group: GroupSpec, index: number) {
  return volumeMounts.flatMap((mount) => {
    const volume = group.volumes.find(({ name }) => name === mount.volume);
    if (volume === undefined) return [];
    const { destination } = mount;
    const readOnly = volume.readOnly || mount.readOnly;
    return [{ source: volumeSource(volume, index), destination, readOnly }];
  });
}

/** The server knows that contact was lost, the node need not: what it tells of its members has this event put in. */
function withReconnection(state: MemberState, reconnectedAt: number | null): MemberState {
  const { startedAt, finishedAt } = state;
  const ran = startedAt !== null && (finishedAt === null || finishedAt >= (reconnectedAt ?? 0));
  if (reconnectedAt === null || !ran) return state;
  const event = {
    type: "Reconnected",
    at: reconnectedAt,
    description: "Client reconnected",
  } as const;
  const events = [...state.events, event].sort((a, b) => a.at - b.at);
  return { ...state, events: events.slice(-MEMBER_EVENTS_MAX) };
}

function memberView(
  name: string,
  state: MemberState | undefined,
  spec: MemberSpec | null,
  diskMb: number,
): Allocation["members"][number] {
  const { cpuMhz = 0, cores = 0, memoryMb = 0 } = spec?.resources ?? {};
  return {
    name,
    state: state?.state ?? "pending",
    failed: state?.failed ?? false,
    driver: spec?.driver ?? "",
    restarts: state?.restarts ?? 0,
    ...present({
      lastRestartTime: timeOf(state?.lastRestartAt ?? null),
      startTime: timeOf(state?.startedAt ?? null),
      finishTime: timeOf(state?.finishedAt ?? null),
      nextTime: timeOf(state?.nextAt ?? null),
    }),
    restartPolicy: spec === null ? "" : restartText(spec.restart),
    resources: { cpuMhz, cores, memoryMb, diskMb },
    volumes: [],
    events: (state?.events ?? []).map(({ type, at, description }) => ({
      type,
      time: isoTime(at),
      description,
    })),
  };
}

function checksOf({ state }: ExecutionAllocation, group: GroupSpec | null): Allocation["checks"] {
  return (state?.checks ?? []).map(({ service, member, check, status, at, output }) => ({
    service,
    ...present({ member }),
    check,
    mode: modeOf(group, service, check),
    status,
    time: isoTime(at),
    output,
  }));
}

/** A check whose result does not matter to a deployment only tells whether the service is ready (Nomad). */
function modeOf(group: GroupSpec | null, service: string, check: string) {
  const services = group?.members.flatMap((member) => member.services).concat(group.services) ?? [];
  const found = services
    .filter(({ name }) => name === service)
    .flatMap(({ checks }) => checks)
    .find(({ name }) => name === check);
  return found?.onUpdate === "ignore" ? ("readiness" as const) : ("healthiness" as const);
}

function healthOf({ state }: ExecutionAllocation): Pick<Allocation, "health"> {
  const health = state?.health ?? null;
  if (health === null) return {};
  const { healthy, at, reason } = health;
  return { health: { healthy, time: isoTime(at), ...present({ reason }) } };
}
