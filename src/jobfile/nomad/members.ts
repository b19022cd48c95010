import type {
  ArtifactSpec,
  CheckSpec,
  MemberSpec,
  ServiceSpec,
  TemplateSpec,
} from "../../model/group.ts";
import { toNanoseconds } from "../read/duration.ts";
import type { PlainValue } from "../tree.ts";
import { affinitiesJson, checkRestartJson, constraintsJson, restartJson } from "./policies.ts";

/** A task in Nomad's JSON. */
export function memberJson(member: MemberSpec): PlainValue {
  const { resources, logs, lifecycle, dispatchPayloadFile } = member;
  return {
    Name: member.name,
    Driver: member.driver,
    User: member.user ?? "",
    Config: member.config,
    Env: member.env,
    Meta: member.meta,
    Services: member.services.map(serviceJson),
    Constraints: constraintsJson(member.constraints),
    Affinities: affinitiesJson(member.affinities),
    Resources: {
      CPU: resources.cores > 0 ? null : resources.cpuMhz,
      Cores: resources.cores,
      MemoryMB: resources.memoryMb,
      MemoryMaxMB: resources.memoryMaxMb,
    },
    RestartPolicy: restartJson(member.restart),
    Lifecycle: lifecycle === null ? null : { Hook: lifecycle.hook, Sidecar: lifecycle.sidecar },
    Leader: member.leader,
    KillTimeout: toNanoseconds(member.killTimeoutMs),
    KillSignal: member.killSignal ?? "",
    ShutdownDelay: toNanoseconds(member.shutdownDelayMs),
    LogConfig: {
      MaxFiles: logs.maxFiles,
      MaxFileSizeMB: logs.maxFileSizeMb,
      Disabled: logs.disabled,
    },
    Artifacts: member.artifacts.map(artifactJson),
    Templates: member.templates.map(templateJson),
    VolumeMounts: member.volumeMounts.map(({ volume, destination, readOnly }) => ({
      Volume: volume,
      Destination: destination,
      ReadOnly: readOnly,
    })),
    DispatchPayload: dispatchPayloadFile === null ? null : { File: dispatchPayloadFile },
  };
}

function artifactJson(artifact: ArtifactSpec): PlainValue {
  return {
    GetterSource: artifact.source,
    GetterMode: artifact.mode,
    GetterOptions: artifact.options,
    GetterHeaders: artifact.headers,
    RelativeDest: artifact.destination,
  };
}

function templateJson(template: TemplateSpec): PlainValue {
  return {
    SourcePath: template.source ?? "",
    EmbeddedTmpl: template.data,
    DestPath: template.destination,
    ChangeMode: template.changeMode,
    ChangeSignal: template.changeSignal,
    Envvars: template.env,
    Perms: template.perms,
    Splay: toNanoseconds(template.splayMs),
    LeftDelim: template.leftDelimiter,
    RightDelim: template.rightDelimiter,
  };
}

export function serviceJson(service: ServiceSpec): PlainValue {
  return {
    Name: service.name,
    PortLabel: service.port ?? "",
    Provider: service.provider,
    AddressMode: service.addressMode,
    TaskName: service.member ?? "",
    Tags: service.tags,
    Meta: service.meta,
    Checks: service.checks.map(checkJson),
  };
}

function checkJson(check: CheckSpec): PlainValue {
  return {
    Name: check.name,
    Type: check.type,
    PortLabel: check.port ?? "",
    Path: check.path,
    // Who reads a tcp check back refuses what only http has.
    Method: check.type === "http" ? check.method : "",
    Protocol: check.type === "http" ? check.protocol : "",
    Header: check.header,
    Body: check.body,
    TLSSkipVerify: check.tlsSkipVerify,
    Command: check.command,
    Args: check.args,
    TaskName: check.member ?? "",
    Interval: toNanoseconds(check.intervalMs),
    Timeout: toNanoseconds(check.timeoutMs),
    InitialStatus: check.initialStatus,
    OnUpdate: check.onUpdate,
    SuccessBeforePassing: check.successBeforePassing,
    FailuresBeforeCritical: check.failuresBeforeCritical,
    CheckRestart: checkRestartJson(check.checkRestart),
  };
}
