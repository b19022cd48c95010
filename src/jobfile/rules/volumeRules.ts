import type { DriverName, GroupSpec, MemberSpec } from "../../model/group.ts";
import type { Reading } from "../read/reading.ts";

/** What a member has there already (Nomad). */
const TAKEN = ["/", "/alloc", "/local", "/secrets"];

/** Volumes of a group, and where its members mount them. */
export function volumeIssues(group: GroupSpec, path: string, reading: Reading): void {
  group.members.forEach((member, index) => {
    mountIssues(group, member, `${path}.members[${index}]`, reading);
  });
}

/** Nomad: what runs under the same index would share the volume, as a system job does on each node, and a canary. */
export function perAllocIssues(group: GroupSpec, type: string, path: string, reading: Reading) {
  const isSystem = type === "system" || type === "sysbatch";
  const hasCanaries = (group.update?.canary ?? 0) > 0;
  group.volumes.forEach(({ name, perAlloc }, index) => {
    if (!perAlloc) return;
    const place = `${path}.volumes[${index}].perAlloc`;
    if (isSystem) {
      const message = `per_alloc is for jobs of type service and batch: every execution of a ${type} job has the index 0, and the volume "${name}" would be the same one.`;
      reading.issue({ path: place, code: "per_alloc_job_type", message, fix: "Remove it." });
    } else if (hasCanaries) {
      const message = `per_alloc is not for groups with canaries: a canary has the index of the execution beside it, and the volume "${name}" would be the same one.`;
      const fix = "Remove it, or write canary = 0 in update.";
      reading.issue({ path: place, code: "per_alloc_with_canaries", message, fix });
    }
  });
}

function mountIssues(group: GroupSpec, member: MemberSpec, path: string, reading: Reading): void {
  const destinations = new Set<string>();
  member.volumeMounts.forEach(({ volume, destination }, index) => {
    const place = `${path}.volumeMounts[${index}]`;
    if (volume !== "" && !group.volumes.some(({ name }) => name === volume)) {
      const message = `Expected a volume of the group "${group.name}" and got "${volume}".`;
      const fix = `Add a block \`volume "${volume}"\` to the group, with \`type = "host"\` and \`source = "NAME"\`.`;
      reading.issue({ path: `${place}.volume`, code: "volume_undefined", message, fix });
    }
    driverIssue(member, place, reading);
    if (destination === "") return;
    destinationIssue(destination, `${place}.destination`, reading);
    const normal = withoutEnd(destination);
    if (destinations.has(normal)) {
      const message = `Expected one volume_mount at "${destination}" in the task "${member.name}" and got another one.`;
      const fix = "Mount it somewhere else.";
      const code = "volume_mount_duplicate";
      reading.issue({ path: `${place}.destination`, code, message, fix });
    }
    destinations.add(normal);
  });
}

/** Nomad leaves such mounts out without a word. */
function driverIssue({ name, driver }: MemberSpec, path: string, reading: Reading): void {
  if (canMount(driver) || !reading.refuses) return;
  const message = `Volumes are mounted for tasks of the drivers docker and exec, and "${name}" has ${driver}, whose processes see the node as it is.`;
  const fix = "Use one of these drivers, or name the directory of the node in the task itself.";
  reading.issue({ path, code: "volume_mount_driver", message, fix });
}

function canMount(driver: DriverName): boolean {
  switch (driver) {
    case "docker":
    case "exec":
      return true;
    case "java":
    case "raw_exec":
      return false;
  }
}

/** What the member's own environment begins, only its node can tell. */
function destinationIssue(destination: string, path: string, reading: Reading): void {
  const normal = withoutEnd(destination);
  const isPlace = /^(\/|\$\{)/.test(destination) && !destination.split("/").includes("..");
  if (isPlace && !TAKEN.includes(normal)) return;
  const message = isPlace
    ? `Expected a destination that the task does not have already and got "${destination}".`
    : `Expected an absolute path without .. as destination and got "${destination}".`;
  const fix = "Write a path as /data.";
  reading.issue({ path, code: "volume_mount_destination_invalid", message, fix });
}

function withoutEnd(path: string): string {
  return path.replace(/\/+$/, "") || "/";
}
