import type { Finding, Range } from "../tree.ts";

/** What a rule of its own says about a spec: `path` as `groups[0].restart.mode`, within the job's `groups`. */
export interface SpecIssue {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
  readonly severity?: "error" | "warning";
}

/** Collects what is found while a file is decoded, and where the parts of the spec come from. */
export class Reading {
  readonly findings: Finding[] = [];
  /** Whether what cannot be run is refused; else it is read as far as it has a place in the spec. */
  readonly refuses: boolean;
  readonly #places = new Map<string, Range>();

  constructor(refuses: boolean) {
    this.refuses = refuses;
  }

  error(code: string, range: Range | null, message: string, fix?: string): void {
    this.#add(finding("error", code, range, message, fix));
  }

  warning(code: string, range: Range | null, message: string, fix?: string): void {
    this.#add(finding("warning", code, range, message, fix));
  }

  /** Remembers where a part of the spec is written. */
  place(path: string, range: Range): void {
    this.#places.set(path, range);
  }

  /** Where a part of the spec is written; of what is not written, what it would be in. */
  placeOf(path: string): Range | null {
    for (let at = path; at !== ""; at = parentOf(at)) {
      const found = this.#places.get(at);
      if (found !== undefined) return found;
    }
    return this.#places.get("") ?? null;
  }

  issue({ path, code, message, fix, severity = "error" }: SpecIssue): void {
    this.#add({ ...finding(severity, code, this.placeOf(path), message, fix), path });
  }

  /** A block of the job is read once for each group that it holds for, and told of once. */
  #add(found: Finding): void {
    const isTold = this.findings.some(
      ({ code, range, message }) =>
        code === found.code && range === found.range && message === found.message,
    );
    if (!isTold) this.findings.push(found);
  }

  get hasErrors(): boolean {
    return this.findings.some(({ severity }) => severity === "error");
  }
}

function finding(
  severity: Finding["severity"],
  code: string,
  range: Range | null,
  message: string,
  fix: string | undefined,
): Finding {
  const found = { severity, code, message, range };
  return fix === undefined ? found : { ...found, fix };
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("."), path.lastIndexOf("[")));
}
