import type { AssignedPort } from "../model/allocation.ts";
import {
  DYNAMIC_PORT_FIRST,
  DYNAMIC_PORT_LAST,
  type NetworkSpec,
  type PortSpec,
} from "../model/group.ts";

const DYNAMIC_PORTS = DYNAMIC_PORT_LAST - DYNAMIC_PORT_FIRST + 1;

/** The ports that a group asks for. */
export interface PortsNeeded {
  readonly fixed: readonly (PortSpec & { readonly static: number })[];
  readonly dynamic: readonly PortSpec[];
}

export type PortShortage =
  | { readonly kind: "taken"; readonly label: string; readonly port: number }
  | { readonly kind: "noneFree" };

export function portsNeeded(networks: readonly NetworkSpec[]): PortsNeeded {
  const ports = networks.flatMap((network) => network.ports);
  return {
    fixed: ports.flatMap((port) =>
      port.static === null ? [] : [{ ...port, static: port.static }],
    ),
    dynamic: ports.filter((port) => port.static === null),
  };
}

/** Why the ports can not be had on a node; null: they can. */
export function portShortage(needed: PortsNeeded, used: ReadonlySet<number>): PortShortage | null {
  const fixed = new Set<number>();
  for (const { label, static: port } of needed.fixed) {
    if (used.has(port) || fixed.has(port)) return { kind: "taken", label, port };
    fixed.add(port);
  }
  const wanted = needed.dynamic.length;
  if (wanted === 0 || used.size + fixed.size + wanted <= DYNAMIC_PORTS) return null;
  let free = 0;
  for (let port = DYNAMIC_PORT_FIRST; port <= DYNAMIC_PORT_LAST && free < wanted; port += 1) {
    if (!used.has(port) && !fixed.has(port)) free += 1;
  }
  return free < wanted ? { kind: "noneFree" } : null;
}

/**
 * The ports of an execution, in the order of their description; null when they can not be had. Dynamic ones are taken
 * at random, so that a port just released is rarely given to somebody else at once.
 */
export function assignPorts(
  networks: readonly NetworkSpec[],
  used: ReadonlySet<number>,
  hostIp: string,
  random: () => number,
): readonly AssignedPort[] | null {
  const needed = portsNeeded(networks);
  if (portShortage(needed, used) !== null) return null;
  const taken = new Set(needed.fixed.map((port) => port.static));
  const assigned: AssignedPort[] = [];
  for (const port of networks.flatMap((network) => network.ports)) {
    const value = port.static ?? freePort(used, taken, random);
    taken.add(value);
    assigned.push({ label: port.label, value, to: port.to > 0 ? port.to : value, hostIp });
  }
  return assigned;
}

function freePort(
  used: ReadonlySet<number>,
  taken: ReadonlySet<number>,
  random: () => number,
): number {
  const start = Math.floor(random() * DYNAMIC_PORTS);
  for (let step = 0; step < DYNAMIC_PORTS; step += 1) {
    const port = DYNAMIC_PORT_FIRST + ((start + step) % DYNAMIC_PORTS);
    if (!used.has(port) && !taken.has(port)) return port;
  }
  throw new Error("a dynamic port was counted as free, none was found");
}
