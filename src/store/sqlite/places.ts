import type { ExecutionNumber } from "../../model/id.ts";
import type { FindPlace, OutputStream } from "../outputPlaces.ts";
import type { Statements } from "./statements.ts";

/** See Store.setOutputPlace. */
export function setOutputPlace(
  statements: Statements,
  execution: ExecutionNumber,
  stream: OutputStream,
  blobKey: string,
): void {
  const insert = "REPLACE INTO output_places (execution, stream, blob_key) VALUES (?, ?, ?)";
  statements.run(insert, execution, stream, blobKey);
}

/** Looks up uploads. */
export function finderOf(statements: Statements): FindPlace {
  const select = "SELECT blob_key AS key FROM output_places WHERE execution = ? AND stream = ?";
  return (execution, stream) =>
    statements.first<{ key: string }>(select, execution, stream)?.key ?? null;
}
