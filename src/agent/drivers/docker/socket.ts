import { existsSync } from "node:fs";

/** Where engines listen when nobody says otherwise; Docker before Podman. */
const SOCKETS = ["/var/run/docker.sock", "/run/podman/podman.sock"];

/** DOCKER_HOST if it is given, else the first socket that is there. Only Unix sockets are spoken to; null: none. */
export function findEngineSocket(
  dockerHost: string | undefined,
  runtimeDirectory: string | undefined,
): string | null {
  if (dockerHost !== undefined && dockerHost !== "") {
    return dockerHost.startsWith("unix://") ? dockerHost.slice("unix://".length) : null;
  }
  const own = runtimeDirectory === undefined ? [] : [`${runtimeDirectory}/podman/podman.sock`];
  return [...SOCKETS, ...own].find((path) => existsSync(path)) ?? null;
}
