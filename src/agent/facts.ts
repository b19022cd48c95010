import {
  availableParallelism,
  hostname,
  networkInterfaces,
  release,
  totalmem,
  type,
} from "node:os";
import type { HostFacts, NodeFacts } from "../model/node.ts";

/** What this machine is; without a host it runs no groups. */
export function nodeFacts(
  agentVersion: string,
  canReboot: boolean,
  host: HostFacts | null = null,
): NodeFacts {
  return {
    agentVersion,
    hostname: hostname(),
    os: `${type()} ${release()}`,
    ipAddress: ownAddress(),
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    canReboot,
    ...(host === null ? {} : { host }),
  };
}

/** The first address that others can reach, IPv4 before IPv6; loopback on a machine that has no other. */
export function ownAddress(): string {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((address) => !address.internal);
  const best = addresses.find(({ family }) => family === "IPv4") ?? addresses[0];
  return best?.address ?? "127.0.0.1";
}
