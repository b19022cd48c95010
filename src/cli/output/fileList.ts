import type { File, FileList } from "../../protocol/api/answer/file.ts";
import type { Session } from "../session.ts";
import { minute } from "./cell.ts";
import { printJson } from "./json.ts";
import { column, printList } from "./list.ts";
import { allRows, type Window } from "./paging.ts";

const COLUMNS = [
  column<File>("NAME", (file) => file.path),
  column<File>("SIZE", (file) => (file.isDirectory ? undefined : file.sizeBytes)),
  column<File>("DATE", (file) => minute(file.lastModified)),
  column<File>("TYPE", (file) => (file.isDirectory ? "folder" : "file")),
];

export async function printFiles(session: Session, files: FileList, window: Window) {
  if (session.form === "json") return await printJson(session, files);
  const exitCode = await printList(session, COLUMNS, allRows(files.items, window));
  if (files.truncated) {
    await session.note("There are more files than the node lists at once: list a folder of it.");
  }
  return exitCode;
}
