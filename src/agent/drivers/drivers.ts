import type { DriverName } from "../../model/group.ts";
import type { DriverOptions } from "../options.ts";
import { type DockerParts, newDockerDriver } from "./docker/dockerDriver.ts";
import { findEngineSocket } from "./docker/socket.ts";
import type { Driver } from "./driver.ts";
import { newExecDriver, newRawExecDriver } from "./execDriver.ts";
import type { ExecRootOptions } from "./execRoot.ts";
import { newJavaDriver } from "./javaDriver.ts";
import type { ProcessParts } from "./processDriver.ts";

export type Drivers = Readonly<Record<DriverName, Driver>>;

export interface DriversParts extends ProcessParts {
  readonly options: DriverOptions;
  readonly selfCommand: readonly string[];
  /** The agent's own folder for the files of containers. */
  readonly containersDirectory: string;
  readonly execRoot: ExecRootOptions;
}

/** All drivers of a node; which of them work here their fingerprints say. */
export function openDrivers(parts: DriversParts): Drivers {
  const { options, selfCommand, trees } = parts;
  const docker: DockerParts = {
    findSocket: () => findEngineSocket(Bun.env["DOCKER_HOST"], Bun.env["XDG_RUNTIME_DIR"]),
    rules: options.docker,
    images: options.images,
    selfCommand,
    directory: parts.containersDirectory,
    async killProcess({ key }, process) {
      await trees.clear({ execution: key, process });
    },
  };
  return {
    raw_exec: newRawExecDriver(parts, options.rawExec),
    exec: newExecDriver(parts),
    docker: newDockerDriver(docker),
    java: newJavaDriver(parts, Bun.env["PATH"] ?? ""),
  };
}
