import { unknownKind, type Vector } from "../area.ts";

export function driveRestartPolicy(vector: Vector): never {
  return unknownKind(vector);
}
