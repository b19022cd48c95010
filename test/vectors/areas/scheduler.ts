import { unknownKind, type Vector } from "../area.ts";

export function driveScheduler(vector: Vector): never {
  return unknownKind(vector);
}
