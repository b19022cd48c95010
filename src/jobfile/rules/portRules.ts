import type { CheckSpec, ConfigValue, GroupSpec, ServiceSpec } from "../../model/group.ts";
import type { Reading } from "../read/reading.ts";

/** Ports of a group and everything that names one: services, checks, docker's `ports`; services as a whole too. */
export function portIssues(group: GroupSpec, path: string, reading: Reading): void {
  ownPortIssues(group, path, reading);
  const labels = group.networks.flatMap(({ ports }) => ports.map(({ label }) => label));
  const services = placedServices(group, path);
  serviceIssues(services, reading);
  for (const { service, place } of services) {
    portIssue(service.port, labels, `${place}.port`, reading);
    memberIssue(service.member, group, `${place}.member`, reading);
    service.checks.forEach((check, index) => {
      const checkPlace = `${place}.checks[${index}]`;
      if (check.port !== service.port) portIssue(check.port, labels, `${checkPlace}.port`, reading);
      if (check.member !== service.member) {
        memberIssue(check.member, group, `${checkPlace}.member`, reading);
      }
      ownerIssue(check, group, checkPlace, reading);
    });
  }
  dockerPortIssues(group, labels, path, reading);
}

function ownPortIssues(group: GroupSpec, path: string, reading: Reading): void {
  const labels = new Set<string>();
  const numbers = new Set<number>();
  group.networks.forEach(({ ports }, network) => {
    ports.forEach(({ label, static: number }, index) => {
      const place = `${path}.networks[${network}].ports[${index}]`;
      if (labels.has(label)) {
        const message = `Expected one port "${label}" in the group and got another one.`;
        reading.issue({ path: place, code: "port_duplicate", message });
      }
      labels.add(label);
      if (number === null) return;
      if (numbers.has(number)) {
        const message = `Expected the port ${number} once in the group and got it again.`;
        reading.issue({ path: place, code: "port_static_collision", message });
      }
      numbers.add(number);
    });
  });
}

interface PlacedService {
  readonly service: ServiceSpec;
  readonly place: string;
}

function placedServices({ services, members }: GroupSpec, path: string): readonly PlacedService[] {
  const own = services.map((service, index) => ({ service, place: `${path}.services[${index}]` }));
  const ofMembers = members.flatMap((member, at) =>
    member.services.map((service, index) => ({
      service,
      place: `${path}.members[${at}].services[${index}]`,
    })),
  );
  return [...own, ...ofMembers];
}

function serviceIssues(services: readonly PlacedService[], reading: Reading): void {
  const seen = new Set<string>();
  const provider = services[0]?.service.provider;
  for (const { service, place } of services) {
    const key = `${service.name} ${service.port ?? ""}`;
    if (seen.has(key)) {
      const message = `Expected one service "${service.name}" with its port in the group and got another one.`;
      reading.issue({ path: place, code: "service_duplicate", message, fix: "Name it otherwise." });
    }
    seen.add(key);
    if (service.provider !== provider) {
      const message = `Expected one provider of all services in the group and got ${provider} and ${service.provider}.`;
      reading.issue({ path: place, code: "service_providers_mixed", message });
    }
  }
}

const PORT_MAX = 65_535;

/** A label of the group's, a number, or something that the node works out. */
function portIssue(
  port: string | null,
  labels: readonly string[],
  path: string,
  reading: Reading,
): void {
  if (port === null || port === "" || labels.includes(port) || port.includes("${")) return;
  const number = /^\d+$/.test(port) ? Number(port) : null;
  if (number !== null && number >= 1 && number <= PORT_MAX) return;
  const known = labels.length === 0 ? "which has none" : `which has ${labels.join(", ")}`;
  const message = `Expected a number or the label of a port of the group, ${known}, and got "${port}".`;
  const fix = missingPort(port);
  reading.issue({ path, code: "port_undefined", message, fix });
}

function missingPort(label: string): string {
  return `Add a block \`port "${label}" {}\` to the group's \`network\`.`;
}

function memberIssue(
  name: string | null,
  { members }: GroupSpec,
  path: string,
  reading: Reading,
): void {
  if (name === null || name === "" || members.some((member) => member.name === name)) return;
  const known = members.map((member) => member.name).join(", ");
  const message = `Expected a task of the group, which has ${known}, and got "${name}".`;
  reading.issue({ path, code: "task_undefined", message });
}

/** A check that runs in a task, or restarts one, must know which. */
function ownerIssue(
  check: CheckSpec,
  { members }: GroupSpec,
  path: string,
  reading: Reading,
): void {
  if (check.member !== null || members.length < 2) return;
  const restarts = (check.checkRestart?.limit ?? 0) > 0;
  if (!restarts && check.type !== "script") return;
  const message = `Expected task in the check "${check.name}", as its group has several tasks.`;
  const fix = "Write task in the service or in the check, or put the service into the task.";
  reading.issue({ path, code: "check_task_missing", message, fix });
}

function textsOf(value: ConfigValue | undefined): string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item: ConfigValue) => typeof item === "string");
}

function dockerPortIssues(
  { members }: GroupSpec,
  labels: readonly string[],
  path: string,
  reading: Reading,
): void {
  members.forEach(({ driver, config }, index) => {
    if (driver !== "docker") return;
    for (const label of textsOf(config["ports"])) {
      if (labels.includes(label)) continue;
      const message = `Expected labels of ports of the group in ports and got "${label}".`;
      const fix = missingPort(label);
      const place = `${path}.members[${index}].config.ports`;
      reading.issue({ path: place, code: "port_undefined", message, fix });
    }
  });
}
