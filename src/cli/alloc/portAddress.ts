import type { Allocation } from "../../protocol/api/answer/group.ts";

type Port = Allocation["ports"][number];

/** As `10.0.0.7:25500 -> 6379`, what is behind the arrow being the port inside. */
export function portAddress({ address, port, to }: Port): string {
  const inside = to > 0 && to !== port ? ` -> ${to}` : "";
  const host = address.includes(":") ? `[${address}]` : address;
  return `${host}:${port}${inside}`;
}
