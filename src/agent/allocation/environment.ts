import type { AllocationOrder, AssignedPort } from "../../model/allocation.ts";
import type { MemberSpec } from "../../model/group.ts";
import type { HostFacts } from "../../model/node.ts";
import type { MemberDirectories } from "../drivers/driver.ts";

/** The node as texts of jobs know it. */
export function nodeVariables(
  host: HostFacts,
  node: { readonly guid: string; readonly nodeId: string; readonly poolId: string },
  region: string,
): Record<string, string> {
  const attributes = Object.entries(host.attributes).map(([name, value]) => [
    `attr.${name}`,
    value,
  ]);
  const meta = Object.entries(host.meta).map(([name, value]) => [`meta.${name}`, value]);
  return {
    ...Object.fromEntries([...attributes, ...meta]),
    "node.unique.id": node.guid,
    "node.unique.name": node.nodeId,
    "node.datacenter": host.datacenter,
    "node.region": region,
    "node.class": host.nodeClass,
    "node.pool": node.poolId,
  };
}

/** What the environment of a member says about its allocation (Nomad's names). */
export function allocationVariables(
  allocation: AllocationOrder,
  job: { readonly jobId: string },
  member: MemberSpec,
  seen: Pick<MemberDirectories, "alloc" | "local" | "secrets">,
): Record<string, string> {
  const { resources } = member;
  const variables: Record<string, string> = {
    NOMAD_ALLOC_DIR: seen.alloc,
    NOMAD_TASK_DIR: seen.local,
    NOMAD_SECRETS_DIR: seen.secrets,
    NOMAD_MEMORY_LIMIT: String(resources.memoryMb),
    NOMAD_CPU_LIMIT: String(resources.cpuMhz),
    NOMAD_ALLOC_ID: allocation.allocationId,
    NOMAD_SHORT_ALLOC_ID: allocation.allocationId.slice(0, 8),
    NOMAD_ALLOC_NAME: allocation.name,
    NOMAD_ALLOC_INDEX: String(allocation.index),
    NOMAD_TASK_NAME: member.name,
    NOMAD_GROUP_NAME: allocation.group.name,
    NOMAD_JOB_ID: job.jobId,
    NOMAD_JOB_NAME: allocation.jobName,
    NOMAD_DC: allocation.datacenter,
    NOMAD_REGION: allocation.region,
    NOMAD_NAMESPACE: allocation.namespace,
  };
  if (resources.memoryMaxMb > 0) {
    variables["NOMAD_MEMORY_MAX_LIMIT"] = String(resources.memoryMaxMb);
  }
  if (resources.cores > 0) variables["NOMAD_CPU_CORES"] = String(resources.cores);
  if (allocation.parentJobId !== null) {
    variables["NOMAD_JOB_PARENT_ID"] = allocation.parentJobId;
  }
  const mapped = mappedLabels(member);
  for (const port of allocation.ports) Object.assign(variables, portVariables(port, mapped));
  const meta = { ...allocation.meta, ...allocation.group.meta, ...member.meta };
  for (const [key, value] of Object.entries(meta)) {
    const name = key.replaceAll(/[^A-Za-z0-9_]/g, "_");
    variables[`NOMAD_META_${name}`] = value;
    variables[`NOMAD_META_${name.toUpperCase()}`] = value;
  }
  return variables;
}

/** Labels of ports that a container has under another number than the node. */
function mappedLabels({ driver, config }: MemberSpec): ReadonlySet<string> {
  const { ports, network_mode: mode } = config;
  const isMapped = driver === "docker" && mode !== "host" && Array.isArray(ports);
  return new Set(isMapped ? ports.map(String) : []);
}

function portVariables(port: AssignedPort, mapped: ReadonlySet<string>): Record<string, string> {
  const { label, value, to, hostIp } = port;
  const inside = mapped.has(label) && to > 0 ? to : value;
  return {
    [`NOMAD_IP_${label}`]: hostIp,
    [`NOMAD_PORT_${label}`]: String(inside),
    [`NOMAD_ADDR_${label}`]: `${hostIp}:${value}`,
    [`NOMAD_HOST_IP_${label}`]: hostIp,
    [`NOMAD_HOST_PORT_${label}`]: String(value),
    [`NOMAD_HOST_ADDR_${label}`]: `${hostIp}:${value}`,
    [`NOMAD_ALLOC_PORT_${label}`]: String(inside),
  };
}
