import { parseDuration } from "../../../model/duration.ts";
import { ConfigError, type ConfigFields, type DriverConfig, readConfig } from "../config.ts";
import type { HostMount, StartFailure } from "../driver.ts";

/** The docker driver's configuration of a member (Nomad's names), read. */
export interface DockerConfig {
  readonly image: string;
  readonly command: string | null;
  readonly args: readonly string[];
  /** Null: the image's. */
  readonly entrypoint: readonly string[] | null;
  /** Labels of ports of the group. */
  readonly ports: readonly string[];
  /** `SOURCE:DESTINATION[:ro]`. */
  readonly volumes: readonly HostMount[];
  readonly mounts: readonly DockerMount[];
  /** Null: the driver's default. */
  readonly networkMode: string | null;
  readonly auth: RegistryAuth | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly forcePull: boolean;
  readonly imagePullTimeoutMs: number;
  readonly workDir: string | null;
  readonly privileged: boolean;
  readonly hostname: string | null;
  readonly extraHosts: readonly string[];
  readonly dnsServers: readonly string[];
  readonly init: boolean;
  readonly readonlyRootfs: boolean;
  readonly capDrop: readonly string[];
  readonly shmSizeBytes: number | null;
  readonly pidsLimit: number | null;
}

export interface DockerMount {
  readonly type: "bind" | "volume" | "tmpfs";
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
  readonly serverAddress: string;
}

const PULL_TIMEOUT_DEFAULT = "5m";

export function readDockerConfig(config: DriverConfig): DockerConfig | StartFailure {
  return readConfig("docker", config, (fields) => ({
    image: fields.requiredText("image"),
    command: fields.text("command"),
    args: fields.texts("args"),
    entrypoint: fields.textOrTexts("entrypoint"),
    ports: fields.texts("ports"),
    volumes: fields.texts("volumes").map(volumeOf),
    mounts: [...fields.maps("mounts"), ...fields.maps("mount")].map(mountOf),
    networkMode: fields.text("network_mode"),
    auth: authOf(fields),
    labels: fields.textMap("labels"),
    forcePull: fields.flag("force_pull"),
    imagePullTimeoutMs: pullTimeout(fields.text("image_pull_timeout") ?? PULL_TIMEOUT_DEFAULT),
    workDir: fields.text("work_dir"),
    privileged: fields.flag("privileged"),
    hostname: fields.text("hostname"),
    extraHosts: fields.texts("extra_hosts"),
    dnsServers: fields.texts("dns_servers"),
    init: fields.flag("init"),
    readonlyRootfs: fields.flag("readonly_rootfs"),
    capDrop: fields.texts("cap_drop"),
    shmSizeBytes: fields.wholeNumber("shm_size"),
    pidsLimit: fields.wholeNumber("pids_limit"),
  }));
}

function pullTimeout(text: string): number {
  const value = parseDuration(text);
  if (value !== null && value > 0) return value;
  throw new ConfigError(`expected a duration such as 5m as image_pull_timeout, got "${text}".`);
}

/** Volumes of `docker run -v`. */
export function volumeOf(text: string): HostMount {
  const [source, destination, options = "", ...rest] = text.split(":");
  if (!source || !destination?.startsWith("/") || rest.length > 0) {
    throw new ConfigError(`expected SOURCE:/DESTINATION[:ro] in volumes, got "${text}".`);
  }
  const modes = options.split(",").filter(Boolean);
  return { source, destination, readOnly: modes.includes("ro") };
}

function mountOf(mount: DriverConfig): DockerMount {
  const type = mount["type"] ?? "volume";
  const target = mount["target"];
  if (type !== "bind" && type !== "volume" && type !== "tmpfs") {
    throw new ConfigError(`expected bind, volume or tmpfs as type of a mount, got "${type}".`);
  }
  if (typeof target !== "string" || !target.startsWith("/")) {
    throw new ConfigError("expected an absolute path as target of a mount.");
  }
  const source = mount["source"] ?? "";
  if (typeof source !== "string" || (type === "bind" && source === "")) {
    throw new ConfigError("expected a path as source of a bind mount.");
  }
  return { type, source, target, readOnly: mount["readonly"] === true };
}

function authOf(fields: ConfigFields): RegistryAuth | null {
  const auth = fields.textMap("auth");
  if (Object.keys(auth).length === 0) return null;
  return {
    username: auth["username"] ?? "",
    password: auth["password"] ?? "",
    serverAddress: auth["server_address"] ?? "",
  };
}
