import { unknownKind, type Vector } from "../area.ts";

export function driveRestartTracker(vector: Vector): never {
  return unknownKind(vector);
}
