import { VOLUME_ACCESS_MODES } from "../../model/group.ts";
import { TASK } from "./members.ts";
import { SPREADS, WISHES } from "./placement.ts";
import {
  DISCONNECT,
  EPHEMERAL_DISK,
  MIGRATE,
  PARAMETERIZED,
  PERIODIC,
  RESCHEDULE,
  RESTART,
  UPDATE,
} from "./policies.ts";
import {
  type BlockSchema,
  block,
  choice,
  duration,
  later,
  map,
  only,
  refused,
  refusedBlock,
  text,
  texts,
  truth,
  whole,
} from "./schema.ts";
import { SERVICE } from "./services.ts";

const PORT_MAX = 65_535;

export const PORT = {
  name: "port",
  about: "A port of a group, by its label.",
  label: "LABEL",
  attributes: {
    static: whole("on the node; 0: chosen from 20000 to 32000", {
      max: PORT_MAX,
      default: "0",
      json: "Value",
    }),
    to: whole("in the container; -1: the same as on the node", {
      min: -1,
      max: PORT_MAX,
      default: "0",
    }),
    host_network: refused("a node has one network", { fine: ["default"] }),
    ignore_collision: refused("a port is promised once"),
  },
  blocks: {},
} satisfies BlockSchema;

export const NETWORK = {
  name: "network",
  about: "Ports of a group.",
  label: null,
  attributes: {
    mode: choice(["host", "bridge", "none"], "bridge and none only with the driver docker", {
      default: '"host"',
    }),
    hostname: text("of containers"),
    mbits: refused("bandwidth is not counted", { json: "MBits" }),
  },
  blocks: {
    port: block(() => PORT, "DynamicPorts", { many: true, label: "Label", also: "ReservedPorts" }),
    dns: refusedBlock("containers have the node's resolver", "DNS"),
    cni: refusedBlock("there are no CNI plugins", "CNI"),
  },
  answers: ["Device", "CIDR", "IP"],
} satisfies BlockSchema;

export const VOLUME = {
  name: "volume",
  about: "A directory that the node's agent offers under a name.",
  label: "NAME",
  attributes: {
    name: text("the name, in place of the label"),
    type: choice(["host"], "kind; CSI volumes are refused", { default: '"host"' }),
    source: text("the agent's name for it", { required: "volume_source_missing" }),
    read_only: truth("no writing"),
    access_mode: choice(
      VOLUME_ACCESS_MODES,
      "who writes: nobody, or any execution; that only one does is not seen to",
      { default: "as `read_only`" },
    ),
    attachment_mode: choice(["file-system"], "a directory; there are no block devices", {
      default: '"file-system"',
    }),
    per_alloc: truth("each execution has its own: `SOURCE[INDEX]`"),
    sticky: refused("executions are not bound to the node of the one before"),
  },
  blocks: { mount_options: refusedBlock("a directory is not mounted", "MountOptions") },
} satisfies BlockSchema;

const OLD_DISCONNECT = "old form, see `disconnect`";

export const GROUP = {
  name: "group",
  about: "Tasks that run together on one node; `count` executions of them.",
  label: "NAME",
  attributes: {
    count: whole("executions; system, sysbatch: at most 1", {
      default: "1",
      invalid: "count_negative",
    }),
    shutdown_delay: duration("between leaving the services and stopping tasks", { default: '"0"' }),
    max_run_duration: duration(
      "from the start; then it is killed and counts as complete (batch, sysbatch)",
    ),
    meta: map("free; shown as `NOMAD_META_KEY`"),
    max_client_disconnect: duration(OLD_DISCONNECT),
    stop_after_client_disconnect: duration(OLD_DISCONNECT),
    prevent_reschedule_on_lost: truth(OLD_DISCONNECT),
  },
  blocks: {
    task: block(() => TASK, "Tasks", { many: true, label: "Name" }),
    ...WISHES,
    ...SPREADS,
    restart: block(() => RESTART, "RestartPolicy"),
    reschedule: block(() => RESCHEDULE, "ReschedulePolicy"),
    update: block(() => UPDATE, "Update"),
    migrate: block(() => MIGRATE, "Migrate"),
    disconnect: block(() => DISCONNECT, "Disconnect"),
    ephemeral_disk: block(() => EPHEMERAL_DISK, "EphemeralDisk"),
    network: block(() => NETWORK, "Networks", { many: true }),
    service: block(() => SERVICE, "Services", { many: true }),
    volume: block(() => VOLUME, "Volumes", { many: true, label: "key" }),
    scaling: refusedBlock("nothing scales jobs by itself", "Scaling"),
    consul: refusedBlock("there is no Consul here", "Consul"),
    vault: refusedBlock("there is no Vault here", "Vault"),
  },
} satisfies BlockSchema;

const NO_VAULT = "there is no Vault here";
const NO_CONSUL = "there is no Consul here";

export const JOB = {
  name: "job",
  about: "Groups under one id.",
  label: "ID",
  attributes: {
    id: text("in place of the label", { json: "ID" }),
    name: text("for people", { default: "the id" }),
    type: choice(["service", "batch", "system", "sysbatch"], "how its executions live", {
      default: '"service"',
      invalid: "type_invalid",
    }),
    datacenters: texts("globs", { default: '["*"]' }),
    region: only(
      "global",
      text("name shown to tasks", { default: '"global"' }),
      "there is one region",
    ),
    namespace: only(
      "default",
      text("name shown to tasks", { default: '"default"' }),
      "there is one namespace",
    ),
    node_pool: text("pool of its nodes", { default: '"default"' }),
    priority: whole("of placement", {
      min: 1,
      max: 100,
      default: "50",
      invalid: "priority_out_of_range",
    }),
    all_at_once: later(
      truth("place all executions or none"),
      "each execution is placed as soon as a node takes it",
    ),
    meta: map("free; shown as `NOMAD_META_KEY`"),
    vault_token: refused(NO_VAULT),
    vault_namespace: refused(NO_VAULT),
    consul_token: refused(NO_CONSUL),
    consul_namespace: refused(NO_CONSUL),
  },
  blocks: {
    group: block(() => GROUP, "TaskGroups", { many: true, label: "Name" }),
    task: block(() => TASK, "Tasks", { many: true, label: "Name" }),
    ...WISHES,
    ...SPREADS,
    update: block(() => UPDATE, "Update"),
    migrate: block(() => MIGRATE, "Migrate"),
    reschedule: block(() => RESCHEDULE, "Reschedule"),
    periodic: block(() => PERIODIC, "Periodic"),
    parameterized: block(() => PARAMETERIZED, "ParameterizedJob"),
    ui: refusedBlock("the console shows no descriptions of jobs", "UI"),
    vault: refusedBlock(NO_VAULT, "Vault"),
    consul: refusedBlock(NO_CONSUL, "Consul"),
    multiregion: refusedBlock("there is one region", "Multiregion"),
  },
  answers: [
    "CreateIndex",
    "DispatchIdempotencyToken",
    "Dispatched",
    "JobModifyIndex",
    "ModifyIndex",
    "NomadTokenID",
    "ParentID",
    "Payload",
    "Stable",
    "Status",
    "StatusDescription",
    "Stop",
    "SubmitTime",
    "Version",
    "VersionTag",
  ],
} satisfies BlockSchema;

/** All that the command line and the API take as a job of groups: blocks of the file itself. */
export const FILE = {
  name: "file",
  about: "A job file has one job.",
  label: null,
  attributes: {},
  blocks: { job: block(() => JOB, "Job", { many: true, label: "key" }) },
} satisfies BlockSchema;
