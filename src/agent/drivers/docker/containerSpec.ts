import { isAbsolute, join } from "node:path";
import { type MemberStart, type StartFailure, unrecoverable } from "../driver.ts";
import type { DockerConfig } from "./dockerConfig.ts";

/** What of the machine a job may have; the agent's own configuration decides. */
export interface ContainerRules {
  /** Whether containers may have all rights on the machine. */
  readonly allowPrivileged: boolean;
  /** Whether containers may see directories of the machine that are not their own. */
  readonly allowHostPaths: boolean;
}

/** All containers of this node carry it, with the node's own value. */
export const NODE_LABEL = "stint.node";
export const KEY_LABEL = "stint.key";

/** Where a container sees the directories of its allocation and member (Nomad). */
export const INSIDE = { alloc: "/alloc", local: "/local", secrets: "/secrets" } as const;

const CPU_NANOS = 1e9;

/** The body of the engine's `POST /containers/create`, or why this node refuses it. */
export function containerBody(
  start: MemberStart,
  config: DockerConfig,
  image: string,
  node: string,
  rules: ContainerRules,
): object | StartFailure {
  const refusal = refusalOf(config, rules);
  if (refusal !== null) return unrecoverable(refusal);
  const ports = portsOf(start, config);
  if ("isRecoverable" in ports) return ports;
  const command = [...(config.command === null ? [] : [config.command]), ...config.args];
  const hostname = config.hostname ?? start.hostname;
  return {
    Image: image,
    ...(command.length === 0 ? {} : { Cmd: command }),
    ...(config.entrypoint === null ? {} : { Entrypoint: config.entrypoint }),
    ...(config.workDir === null ? {} : { WorkingDir: config.workDir }),
    ...(start.user === null ? {} : { User: start.user }),
    ...(hostname === null ? {} : { Hostname: hostname }),
    Env: Object.entries(start.env).map(([name, value]) => `${name}=${value}`),
    Labels: {
      ...config.labels,
      ...start.labels,
      [NODE_LABEL]: node,
      [KEY_LABEL]: String(start.key),
    },
    ExposedPorts: ports.exposed,
    HostConfig: {
      ...hostConfigOf(start, config),
      PortBindings: ports.bindings,
    },
  };
}

function refusalOf(config: DockerConfig, rules: ContainerRules): string | null {
  if (config.privileged && !rules.allowPrivileged) {
    return "The container wants to be privileged, which this node does not allow; set docker.allowPrivileged in its configuration.";
  }
  const outside = [
    ...config.volumes.filter(({ source }) => isOutside(source)),
    ...config.mounts.filter(({ type, source }) => type === "bind" && isOutside(source)),
  ][0];
  if (outside === undefined || rules.allowHostPaths) return null;
  return `The container wants ${outside.source} of the machine, which this node does not allow; set docker.allowHostPaths in its configuration.`;
}

/** A name is a volume of the engine; a relative path is below the member's directory. */
function isOutside(source: string): boolean {
  return isAbsolute(source) || source.split("/").includes("..");
}

function hostConfigOf(start: MemberStart, config: DockerConfig): object {
  const { memoryBytes, cpuCores, cpuShares, processes } = start.limits;
  const pidsLimit = config.pidsLimit ?? processes;
  return {
    NetworkMode: config.networkMode ?? defaultNetwork(start),
    // Its output is copied from its first byte by the process that stands for it; a second copy would fill the disk.
    LogConfig: { Type: "none", Config: {} },
    // Restarting is decided by policies, not by the engine.
    RestartPolicy: { Name: "no" },
    Binds: bindsOf(start, config),
    Mounts: config.mounts.map((mount) => mountBody(mount, start)),
    Privileged: config.privileged,
    ReadonlyRootfs: config.readonlyRootfs,
    Init: config.init,
    ExtraHosts: config.extraHosts,
    Dns: config.dnsServers,
    CapDrop: config.capDrop,
    ...(memoryBytes === undefined ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes }),
    ...(cpuShares === undefined ? {} : { CpuShares: Math.max(cpuShares, 2) }),
    ...(cpuCores === undefined ? {} : { NanoCpus: Math.round(cpuCores * CPU_NANOS) }),
    ...(pidsLimit === undefined ? {} : { PidsLimit: pidsLimit }),
    ...(config.shmSizeBytes === null ? {} : { ShmSize: config.shmSizeBytes }),
  };
}

/** The engine's own default but for groups without a network. */
function defaultNetwork({ networkMode }: MemberStart): string {
  return networkMode === "none" ? "none" : "bridge";
}

function bindsOf(start: MemberStart, config: DockerConfig): string[] {
  const wanted = config.volumes.map((volume) => ({
    ...volume,
    source: sourceOf(volume.source, start),
  }));
  return [...start.own, ...start.mounts, ...wanted].map(
    ({ source, destination, readOnly }) => `${source}:${destination}${readOnly ? ":ro" : ""}`,
  );
}

function sourceOf(source: string, { directories }: MemberStart): string {
  if (isAbsolute(source) || !/^\.|\//.test(source)) return source;
  return join(directories.member, source);
}

function mountBody(mount: DockerConfig["mounts"][number], start: MemberStart): object {
  const { type, target, readOnly } = mount;
  const source = type === "bind" ? sourceOf(`./${mount.source}`, start) : mount.source;
  const isHost = type === "bind" && isAbsolute(mount.source);
  return {
    Type: type,
    ...(type === "tmpfs" ? {} : { Source: isHost ? mount.source : source }),
    Target: target,
    ReadOnly: readOnly,
  };
}

interface PortMaps {
  readonly exposed: Record<string, object>;
  readonly bindings: Record<string, { HostIp: string; HostPort: string }[]>;
}

/** Labels of the group's ports; those that the configuration does not name stay outside. */
function portsOf(start: MemberStart, config: DockerConfig): PortMaps | StartFailure {
  const exposed: PortMaps["exposed"] = {};
  const bindings: PortMaps["bindings"] = {};
  for (const label of config.ports) {
    const port = start.ports.find((each) => each.label === label);
    if (port === undefined) {
      return unrecoverable(
        `Expected the label of a port of the group in ports of the driver docker, got "${label}".`,
      );
    }
    const inside = port.to > 0 ? port.to : port.value;
    for (const protocol of ["tcp", "udp"]) {
      exposed[`${inside}/${protocol}`] = {};
      const binding = { HostIp: port.hostIp, HostPort: String(port.value) };
      const name = `${inside}/${protocol}`;
      bindings[name] = [...(bindings[name] ?? []), binding];
    }
  }
  return { exposed, bindings };
}
