import { WISHES } from "./placement.ts";
import { RESTART } from "./policies.ts";
import {
  type BlockSchema,
  block,
  choice,
  duration,
  later,
  map,
  refused,
  refusedBlock,
  text,
  truth,
  whole,
} from "./schema.ts";
import { SERVICE } from "./services.ts";

const OLD_NETWORK = 'Add a block `port "LABEL" {}` to the group\'s `network`.';
const NO_DEVICES = "devices of a node are not known";

export const RESOURCES = {
  name: "resources",
  about: "What a task is promised of its node.",
  label: null,
  attributes: {
    cpu: whole("MHz", { min: 1, default: "100", json: "CPU" }),
    cores: later(
      whole("whole cores, reserved, in place of cpu", { default: "0" }),
      "cores are not set aside for one task; ask for cpu",
    ),
    memory: whole("MB; the limit", { min: 10, default: "300", json: "MemoryMB" }),
    memory_max: later(
      whole("MB; the limit where memory may be exceeded", { default: "0", json: "MemoryMaxMB" }),
      "memory is never promised twice",
    ),
    disk: refused("disk is asked for by the group", {
      json: "DiskMB",
      fix: "Write `ephemeral_disk { size = ... }` in the group.",
    }),
    iops: refused("it has no effect", { json: "IOPS" }),
    secrets: refused("secrets lie on disk, with the mode 0700", { json: "SecretsMB" }),
  },
  blocks: {
    device: refusedBlock(NO_DEVICES, "Devices"),
    numa: refusedBlock("cores are not chosen by memory", "NUMA"),
    network: refusedBlock("ports are asked for by the group", "Networks", OLD_NETWORK),
  },
} satisfies BlockSchema;

export const LOGS = {
  name: "logs",
  about: "Files that keep what a task prints: `alloc/logs/TASK.stdout.N` and `TASK.stderr.N`.",
  label: null,
  attributes: {
    max_files: whole("of each stream", { min: 1, default: "10" }),
    max_file_size: whole("MB", { min: 1, default: "10", json: "MaxFileSizeMB" }),
    disabled: truth("keep nothing"),
    enabled: refused("it is the old form of disabled", { fix: "Write `disabled = true`." }),
  },
  blocks: {},
} satisfies BlockSchema;

export const LIFECYCLE = {
  name: "lifecycle",
  about: "Makes a task run before, beside or after the main ones.",
  label: null,
  attributes: {
    hook: choice(["prestart", "poststart", "poststop"], "when", {
      required: "lifecycle_hook_missing",
    }),
    sidecar: truth("it runs on beside the main tasks; not of poststop"),
  },
  blocks: {},
} satisfies BlockSchema;

export const ARTIFACT = {
  name: "artifact",
  about: "A file that is fetched before the task starts.",
  label: null,
  attributes: {
    source: text("URL", { required: "artifact_source_missing", json: "GetterSource" }),
    destination: text("in the task's directory", { default: '"local/"', json: "RelativeDest" }),
    mode: choice(["any", "file", "dir"], "how an archive is taken", {
      default: '"any"',
      json: "GetterMode",
    }),
    options: map("`checksum`, `archive`, `filename`", { json: "GetterOptions" }),
    headers: map("of the request", { json: "GetterHeaders" }),
    insecure: refused("certificates are always checked", { json: "GetterInsecure" }),
    chown: refused("files belong to the user of the task already"),
  },
  blocks: {},
} satisfies BlockSchema;

const NO_SCRIPT = "no script is run when a template changes";

export const TEMPLATE = {
  name: "template",
  about:
    "A file that is made before the task starts. Mistakes in `data` are errors of the job file, told with the template's own line and column too; a `source` is read on the node only.",
  label: null,
  attributes: {
    source: text("file of the task's directory", { json: "SourcePath" }),
    data: text("the text itself, in [the language of templates](agent.md#templates)", {
      json: "EmbeddedTmpl",
    }),
    destination: text("in the task's directory", {
      required: "template_destination_missing",
      json: "DestPath",
    }),
    change_mode: choice(["restart", "signal", "noop"], "when it changes", { default: '"restart"' }),
    change_signal: text("of mode signal", { default: '"SIGHUP"' }),
    env: truth("read it as KEY=VALUE lines of the environment", { json: "Envvars" }),
    perms: text("octal digits", { default: '"0644"' }),
    splay: duration("at most, by chance, before a change is acted on", { default: '"5s"' }),
    left_delimiter: text("of expressions", { default: '"{{"', json: "LeftDelim" }),
    right_delimiter: text("of expressions", { default: '"}}"', json: "RightDelim" }),
    error_on_missing_key: refused(
      "a missing key of a map is empty text; a key of the server is waited for",
      { json: "ErrMissingKey" },
    ),
    once: refused("templates are rendered again when they change"),
    uid: refused("the file belongs to the user of the task"),
    gid: refused("the file belongs to the user of the task"),
    vault_grace: refused("it has no effect"),
  },
  blocks: {
    change_script: refusedBlock(NO_SCRIPT, "ChangeScript"),
    wait: refusedBlock("a change is acted on after `splay`", "Wait"),
  },
} satisfies BlockSchema;

export const VOLUME_MOUNT = {
  name: "volume_mount",
  about: "Where a task finds a volume of its group; of the drivers docker and exec.",
  label: null,
  attributes: {
    volume: text("name of the volume", { required: "volume_mount_volume_missing" }),
    destination: text("absolute path, as the task sees it", {
      required: "volume_mount_destination_missing",
    }),
    read_only: truth("no writing"),
    propagation_mode: refused("mounts are private", { fine: ["private"] }),
    selinux_label: refused("labels of SELinux are not set", { json: "SELinuxLabel" }),
  },
  blocks: {},
} satisfies BlockSchema;

export const DISPATCH_PAYLOAD = {
  name: "dispatch_payload",
  about: "Where the payload of a dispatch is written.",
  label: null,
  attributes: {
    file: text("path in the task's `local`", { required: "dispatch_payload_file_missing" }),
  },
  blocks: {},
} satisfies BlockSchema;

/** The table for its settings depends on the driver. */
export const CONFIG = {
  name: "config",
  about: "The driver's own settings, see Drivers.",
  label: null,
  attributes: {},
  blocks: {},
} satisfies BlockSchema;

export const DRIVER_NAMES = ["docker", "exec", "java", "raw_exec"] as const;

const NO_VAULT = "there is no Vault here";
const NO_IDENTITY = "there are no workload identities";

export const TASK = {
  name: "task",
  about: "A process of a group. Directly in a job it gets a group of its own.",
  label: "NAME",
  attributes: {
    driver: choice(DRIVER_NAMES, "what runs it", {
      required: "driver_missing",
      invalid: "driver_unknown",
    }),
    user: text("OS user", { default: "the driver's" }),
    env: map("environment variables"),
    meta: map("free; shown as `NOMAD_META_KEY`"),
    leader: truth("its end ends the other tasks of the group"),
    kill_timeout: duration("from the signal to the kill; the node caps it at 30s", {
      default: '"5s"',
    }),
    kill_signal: text("as `SIGINT`", { default: "the driver's" }),
    shutdown_delay: duration("between leaving the services and the signal", { default: '"0"' }),
    kind: refused("a service mesh is not part of this engine"),
    schedule: refused("tasks do not pause by the clock"),
  },
  blocks: {
    config: block(() => CONFIG, "Config"),
    resources: block(() => RESOURCES, "Resources"),
    ...WISHES,
    restart: block(() => RESTART, "RestartPolicy"),
    service: block(() => SERVICE, "Services", { many: true }),
    artifact: block(() => ARTIFACT, "Artifacts", { many: true }),
    template: block(() => TEMPLATE, "Templates", { many: true }),
    logs: block(() => LOGS, "LogConfig"),
    lifecycle: block(() => LIFECYCLE, "Lifecycle"),
    volume_mount: block(() => VOLUME_MOUNT, "VolumeMounts", { many: true }),
    dispatch_payload: block(() => DISPATCH_PAYLOAD, "DispatchPayload"),
    vault: refusedBlock(NO_VAULT, "Vault"),
    consul: refusedBlock("there is no Consul here", "Consul"),
    identity: refusedBlock(NO_IDENTITY, "Identities"),
    secret: refusedBlock("there are no secret providers", "Secrets"),
    action: refusedBlock("there are no actions", "Actions"),
    csi_plugin: refusedBlock("there are no CSI volumes", "CSIPluginConfig"),
    scaling: refusedBlock("nothing scales jobs by itself", "ScalingPolicies"),
  },
  answers: ["KillTimeoutMax", "Identity", "UsesConnect"],
} satisfies BlockSchema;
