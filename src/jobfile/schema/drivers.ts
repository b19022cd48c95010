import type { DriverName } from "../../model/group.ts";
import {
  anything,
  type BlockSchema,
  block,
  choice,
  duration,
  map,
  refused,
  refusedBlock,
  text,
  texts,
  truth,
  whole,
} from "./schema.ts";

// Names in `config` are the same in every form of a job file, also in Nomad's JSON.

const AUTH = {
  name: "auth",
  about: "Of a private registry.",
  label: null,
  attributes: {
    username: text("user"),
    password: text("password or token"),
    server_address: text("registry", { default: "the image's" }),
    email: refused("registries do not ask for it"),
  },
  blocks: {},
} satisfies BlockSchema;

const MOUNT = {
  name: "mount",
  about: "A mount of the container.",
  label: null,
  attributes: {
    type: choice(["bind", "volume", "tmpfs"], "kind", { default: '"volume"' }),
    target: text("path in the container", { required: "mount_target_missing" }),
    source: text("path on the node (from the task's directory), or name of a volume"),
    readonly: truth("no writing"),
  },
  blocks: {
    tmpfs_options: refusedBlock("a tmpfs has the defaults of the engine", "tmpfs_options"),
    bind_options: refusedBlock("mounts are private", "bind_options"),
    volume_options: refusedBlock("volumes have no options", "volume_options"),
  },
} satisfies BlockSchema;

const OLD_PORTS =
  'Add a block `port "LABEL" { to = PORT }` to the group\'s `network`, and write `ports = ["LABEL"]` here.';

const DOCKER = {
  name: "docker",
  about: "A container of Docker or Podman.",
  label: null,
  attributes: {
    image: text("image with tag", { required: "config_image_missing" }),
    command: text("in place of the image's"),
    args: texts("of the command"),
    entrypoint: anything("in place of the image's: a text or a list"),
    ports: texts("labels of ports of the group that are published"),
    volumes: texts("`SOURCE:TARGET[:ro]`"),
    network_mode: text("`bridge`, `host`, `none`, ...", { default: "bridge" }),
    labels: map("of the container"),
    force_pull: truth("pull although the image is there"),
    image_pull_timeout: duration("of the pull", { default: '"5m"' }),
    work_dir: text("in the container"),
    privileged: truth("all rights; only where the node allows it"),
    auth_soft_fail: refused("credentials are asked of nobody, so none can fail", {
      fine: ["true"],
    }),
    hostname: text("of the container", { default: "the network's" }),
    extra_hosts: texts("`NAME:ADDRESS` for its hosts file"),
    dns_servers: texts("addresses of resolvers"),
    init: truth("a small init process reaps children"),
    readonly_rootfs: truth("no writing outside of mounts"),
    cap_drop: texts("capabilities that are taken away"),
    shm_size: whole("bytes of /dev/shm"),
    pids_limit: whole("processes"),
    cap_add: refused("containers get no more capabilities"),
    tty: refused("output goes to files"),
    interactive: refused("nobody types"),
    ulimit: refused("limits are those of the engine"),
    sysctl: refused("kernel settings are those of the engine"),
    runtime: refused("the engine has one runtime"),
    ipc_mode: refused("namespaces are the container's own", { fine: ["private"] }),
    pid_mode: refused("namespaces are the container's own", { fine: ["private"] }),
    uts_mode: refused("namespaces are the container's own"),
    userns_mode: refused("namespaces are the container's own"),
    security_opt: refused("profiles are those of the engine"),
    network_aliases: refused("names are given by services"),
    advertise_ipv6_address: refused("addresses are those of the node"),
  },
  blocks: {
    auth: block(() => AUTH, "auth"),
    mount: block(() => MOUNT, "mount", { many: true, also: "mounts" }),
    mounts: block(() => MOUNT, "mounts", { many: true }),
    logging: refusedBlock("output goes to the files of `logs`", "logging"),
    port_map: refusedBlock("it is the old form of ports", "port_map", OLD_PORTS),
    devices: refusedBlock("devices are not passed on", "devices"),
  },
} satisfies BlockSchema;

const COMMAND = {
  command: text("program: a path, or a name to look for in PATH", {
    required: "config_command_missing",
  }),
  args: texts("of the command"),
  work_dir: text("directory that it starts in", { default: "the task's" }),
};

const NO_NAMESPACES = "the driver decides on isolation";
/** Other than in Nomad, where they are private unless the agent says otherwise. */
const NODES_OWN = "processes and shared memory are the node's; docker isolates them";

const RAW_EXEC = {
  name: "raw_exec",
  about: "A process as it is. Off unless the node's agent allows it.",
  label: null,
  attributes: {
    ...COMMAND,
    cgroup_v2_override: refused("processes stay in the task's cgroup"),
    cgroup_v1_override: refused("processes stay in the task's cgroup"),
    oom_score_adj: refused("scores are not set"),
    denied_envvars: refused("no variable of the agent is passed on"),
  },
  blocks: {},
} satisfies BlockSchema;

const EXEC = {
  name: "exec",
  about:
    "A process as a user of its own in a cgroup, with a root directory of its own where the node can give it one.",
  label: null,
  attributes: {
    ...COMMAND,
    pid_mode: refused(NODES_OWN, { fine: ["host"] }),
    ipc_mode: refused(NODES_OWN, { fine: ["host"] }),
    cap_add: refused(NO_NAMESPACES),
    cap_drop: refused(NO_NAMESPACES),
  },
  blocks: {},
} satisfies BlockSchema;

const JAVA = {
  name: "java",
  about: "A Java program.",
  label: null,
  attributes: {
    jar_path: text("jar in the task's directory"),
    class: text("main class, in place of a jar"),
    class_path: text("of the class"),
    args: texts("of the program"),
    jvm_options: texts("of the virtual machine"),
    work_dir: text("directory that it starts in", { default: "the task's" }),
    pid_mode: refused(NODES_OWN, { fine: ["host"] }),
    ipc_mode: refused(NODES_OWN, { fine: ["host"] }),
    cap_add: refused(NO_NAMESPACES),
    cap_drop: refused(NO_NAMESPACES),
  },
  blocks: {},
} satisfies BlockSchema;

export const DRIVERS: Readonly<Record<DriverName, BlockSchema>> = {
  docker: DOCKER,
  exec: EXEC,
  java: JAVA,
  raw_exec: RAW_EXEC,
};
