import { formatGoDuration } from "../../model/duration.ts";
import type { GroupsStatus, VersionStory } from "../../protocol/api/answer/group.ts";
import { second } from "../output/cell.ts";
import { column } from "../output/list.ts";
import { type Part, tablePart } from "../output/parts.ts";
import { shortId } from "../output/shortId.ts";
import { storyFields } from "./story.ts";

export type Deployment = NonNullable<GroupsStatus["deployment"]>;
type DeployedGroup = Deployment["groups"][number];

const COLUMNS = [
  column<DeployedGroup>("Task Group", ({ group }) => group),
  column<DeployedGroup>("Auto Revert", ({ autoRevert }) => autoRevert),
  column<DeployedGroup>("Promoted", ({ canaries, promoted }) => (canaries > 0 ? promoted : "N/A")),
  column<DeployedGroup>("Desired", ({ desired }) => desired),
  column<DeployedGroup>("Canaries", ({ canaries }) => canaries),
  column<DeployedGroup>("Placed", ({ placed }) => placed),
  column<DeployedGroup>("Healthy", ({ healthy }) => healthy),
  column<DeployedGroup>("Unhealthy", ({ unhealthy }) => unhealthy),
  column<DeployedGroup>("Progress Deadline", ({ progressBy }) => second(progressBy) ?? "N/A"),
];

/** `story`: of the version that it deploys. */
export function deploymentParts(
  deployment: Deployment,
  story: VersionStory,
  isVerbose: boolean,
): Part[] {
  const { id, version, status, description, groups, createTime, endTime, failure } = deployment;
  const tookMs = endTime === undefined ? null : Date.parse(endTime) - Date.parse(createTime);
  return [
    {
      title: "Latest Deployment",
      fields: [
        ["ID", shortId(id, isVerbose)],
        ["Job Version", version],
        ["Status", status],
        ["Description", description],
        ...(failure === undefined ? [] : [["Failure", failure.message] as const]),
        ...storyFields(story),
        ...(tookMs === null ? [] : [["Took", formatGoDuration(tookMs)] as const]),
      ],
    },
    tablePart("Deployed", COLUMNS, groups),
  ];
}

/** How far it has come, in one line. */
export function deploymentLine({ id, status, groups }: Deployment): string {
  const parts = groups.map((one) => {
    const { group, desired, canaries, canariesHealthy, placed, healthy, unhealthy } = one;
    const far = isUnpromoted(one)
      ? `${canariesHealthy}/${canaries} canaries`
      : `${healthy}/${desired}`;
    return `${group} ${far} healthy, ${placed} placed${unhealthy > 0 ? `, ${unhealthy} unhealthy` : ""}`;
  });
  return `Deployment ${shortId(id)} ${status}: ${parts.join("; ")}`;
}

function isUnpromoted({ canaries, promoted }: DeployedGroup): boolean {
  return canaries > 0 && !promoted;
}

/** What it waits for when nothing but a promotion by hand lets it go on; null: something else. */
export function promotionLine(
  { version, waitsForPromotion }: Deployment,
  jobId: string,
): string | null {
  if (!waitsForPromotion) return null;
  return `Version ${version} waits for promotion: stint job promote ${jobId}`;
}
