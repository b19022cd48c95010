import { unknownKind, type Vector } from "../area.ts";

export function driveCheckRestart(vector: Vector): never {
  return unknownKind(vector);
}
