import { type CompactResult, compactResult, wholeResult } from "../../model/compactResult.ts";
import type { BatchFrame, NodeFrame, NodeReport } from "./message.ts";

/** A result comes alone, so there are no times that it could repeat. */
const ALONE = { startedAt: null, endedAt: null };

type Ended = Extract<NodeReport, { kind: "ended" }>;

/** A report as it is sent. */
type SentReport = Exclude<NodeReport, Ended> | (Omit<Ended, "result"> & { result: CompactResult });

/** The text of a node's frame. */
export function nodeFrameText(frame: NodeFrame): string {
  if (frame.type !== "batch") return JSON.stringify(frame);
  const messages = frame.messages.map(
    (report): SentReport =>
      report.kind === "ended" ? { ...report, result: compactResult(report.result, ALONE) } : report,
  );
  return JSON.stringify({ ...frame, messages });
}

/** The frame of a node's text. */
export function nodeFrameOf(text: string): NodeFrame {
  const frame = JSON.parse(text) as Exclude<NodeFrame, { type: "batch" }> | BatchFrame<SentReport>;
  if (frame.type !== "batch") return frame;
  const messages = frame.messages.map(
    (report): NodeReport =>
      report.kind === "ended" ? { ...report, result: wholeResult(report.result, ALONE) } : report,
  );
  return { ...frame, messages };
}
