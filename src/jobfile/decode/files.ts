import type { ArtifactSpec, TemplateSpec } from "../../model/group.ts";
import type { ReadBlock } from "../read/block.ts";
import { ARTIFACT, TEMPLATE } from "../schema/members.ts";
import { artifactIssues } from "./artifactRules.ts";
import { leavesFolder } from "./paths.ts";
import { isSignal } from "./signals.ts";
import { delimitersOf, type TemplateBlock, templateIssues } from "./templateText.ts";
import { readMany, type Within } from "./within.ts";

export function readArtifacts(task: ReadBlock, { reading }: Within): readonly ArtifactSpec[] {
  return readMany(task, ARTIFACT, reading).map((block) => {
    const { source = "", mode = "any", options = {}, headers = {} } = block.written;
    // Of mode file it is the file itself.
    const folder = mode === "file" ? `local/${baseName(source)}` : "local/";
    const { destination = folder } = block.written;
    if (leavesFolder(destination)) {
      const message = `Expected a path within the task's directory and got "${destination}".`;
      reading.error("artifact_destination_outside", block.rangeOf("destination"), message);
    }
    artifactIssues(block, reading);
    return { source, destination, mode, options, headers };
  });
}

/** Last part of a URL's path. */
function baseName(source: string): string {
  const path = source.replace(/[?#].*$/, "").replace(/\/+$/, "");
  return path.slice(path.lastIndexOf("/") + 1);
}

const SPLAY_DEFAULT_MS = 5000;

export function readTemplates(task: ReadBlock, { reading }: Within): readonly TemplateSpec[] {
  return readMany(task, TEMPLATE, reading).map((block) => {
    const { written } = block;
    checkTemplate(block, reading);
    templateIssues(block, reading);
    return {
      source: written.source ?? null,
      data: written.data ?? "",
      destination: written.destination ?? "",
      changeMode: written.change_mode ?? "restart",
      // Nomad: only the mode that signals needs one.
      changeSignal: written.change_signal ?? (written.change_mode === "signal" ? "SIGHUP" : ""),
      env: written.env ?? false,
      perms: written.perms ?? "0644",
      splayMs: written.splay ?? SPLAY_DEFAULT_MS,
      ...delimitersOf(block),
    };
  });
}

function checkTemplate(block: TemplateBlock, reading: Within["reading"]): void {
  const { source = "", data = "", destination = "", perms, change_signal } = block.written;
  if (source === "" && data === "") {
    const message = "Expected source or data in the template and found neither.";
    reading.error("template_source_missing", block.range, message);
  }
  if (source !== "" && data !== "") {
    const message = "Expected either source or data in the template and got both.";
    reading.error("template_source_and_data", block.rangeOf("data"), message);
  }
  if (leavesFolder(destination)) {
    const message = `Expected a path within the task's directory and got "${destination}".`;
    reading.error("template_destination_outside", block.rangeOf("destination"), message);
  }
  if (perms !== undefined && !/^0?[0-7]{3,4}$/.test(perms)) {
    const message = `Expected perms to be octal digits as "0644" and got "${perms}".`;
    reading.error("template_perms_invalid", block.rangeOf("perms"), message);
  }
  if (change_signal !== undefined && !isSignal(change_signal)) {
    const message = `Expected change_signal to be a signal as SIGHUP and got "${change_signal}".`;
    reading.error("signal_invalid", block.rangeOf("change_signal"), message);
  }
  changeSignalIssue(block, reading);
}

/** A signal that nothing sends: only the mode that signals has one. */
function changeSignalIssue(block: TemplateBlock, reading: Within["reading"]): void {
  const { change_mode = "restart", change_signal = "" } = block.written;
  if (change_signal === "" || change_mode === "signal" || !reading.refuses) return;
  const message = `change_signal is for change_mode = "signal", and this template has "${change_mode}".`;
  const fix = 'Write change_mode = "signal", or remove change_signal.';
  reading.error("change_signal_without_mode", block.rangeOf("change_signal"), message, fix);
}
