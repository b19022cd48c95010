import type { Allocation } from "../../protocol/api/answer/group.ts";
import { second } from "../output/cell.ts";
import { column } from "../output/list.ts";
import { type Part, tablePart } from "../output/parts.ts";
import { type TimeForm, whenText } from "../output/relative.ts";
import type { Field } from "../output/view.ts";
import { portAddress } from "./portAddress.ts";

type Member = Allocation["members"][number];
type Event = Member["events"][number];

const EVENT_COLUMNS = [
  column<Event>("Time", ({ time }) => second(time)),
  column<Event>("Type", ({ type }) => type),
  column<Event>("Description", ({ description }) => description),
];

const VOLUME_COLUMNS = [
  column<Member["volumes"][number]>("ID", ({ source }) => source),
  column<Member["volumes"][number]>("Read Only", ({ readOnly }) => readOnly),
  column<Member["volumes"][number]>("Destination", ({ destination }) => destination),
];

/** What is told of one task of an allocation. */
export function memberParts(member: Member, allocation: Allocation, form: TimeForm): Part[] {
  const { name, events, driver, failed, volumes } = member;
  const state = failed ? `${member.state} (failed)` : member.state;
  const kind = driver === "" ? "" : ` (${driver})`;
  return [
    { title: "", lines: [`Task "${name}"${kind} is "${state}"`] },
    resourcesPart(member, allocation),
    ...(volumes.length === 0 ? [] : [tablePart("Host Volumes", VOLUME_COLUMNS, volumes)]),
    { title: "Task Events", fields: historyFields(member, form) },
    tablePart("Recent Events", EVENT_COLUMNS, events.toReversed()),
  ];
}

function resourcesPart({ resources }: Member, { ports }: Allocation): Part {
  const { cpuMhz, cores, memoryMb, diskMb } = resources;
  const cpu = cores > 0 ? `${cores} cores` : `${cpuMhz} MHz`;
  const addresses = ports.map((port) => `${port.label}: ${portAddress(port)}`);
  const head = ["CPU", "Memory", "Disk", "Addresses"];
  const row = [cpu, `${memoryMb} MiB`, diskMb === 0 ? undefined : `${diskMb} MiB`, addresses[0]];
  const more = addresses.slice(1).map((address) => ["", "", "", address]);
  return { title: "Task Resources", head, rows: [row, ...more] };
}

function historyFields(member: Member, { now }: TimeForm): Field[] {
  const { startTime, finishTime, restarts, lastRestartTime, nextTime, restartPolicy } = member;
  const timeOf = (iso: string | undefined) => second(iso) ?? "N/A";
  return [
    ["Started At", timeOf(startTime)],
    ["Finished At", timeOf(finishTime)],
    ["Total Restarts", restarts],
    ["Last Restart", timeOf(lastRestartTime)],
    ...(restartPolicy === "" ? [] : [["Restart Policy", restartPolicy] as const]),
    ...(nextTime === undefined ? [] : [["Next Restart", whenText(nextTime, now)] as const]),
  ];
}
