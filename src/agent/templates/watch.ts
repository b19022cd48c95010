import type { MemberSignal } from "../core/contract.ts";
import {
  type RenderedTemplate,
  renderTemplate,
  type TemplateParts,
  writeTemplate,
} from "./memberTemplates.ts";

/** How often keys are looked at while a member runs that reads them. */
const LOOK_MS = 5_000;

export type TemplateAction =
  | { readonly kind: "restart" }
  | { readonly kind: "signal"; readonly signal: Extract<MemberSignal, `SIG${string}`> };

/**
 * Renders templates again and again, writes those that changed after their splay, and says what is to be done about it:
 * once, even if several changed together. Stops when the signal is aborted.
 */
export async function watchTemplates(
  rendered: readonly RenderedTemplate[],
  parts: TemplateParts,
  signal: AbortSignal,
  onChange: (action: TemplateAction) => void,
  lookMs = LOOK_MS,
): Promise<void> {
  let present = rendered.filter(({ paths }) => paths.length > 0);
  while (present.length > 0 && !signal.aborted) {
    await pause(lookMs, signal);
    if (signal.aborted) return;
    const changed: RenderedTemplate[] = [];
    present = await Promise.all(
      present.map(async (before) => {
        // One that cannot be rendered now stays as it is: what runs has all it needs.
        const next = await renderOnce(before, parts, signal);
        if (next === null || next.text === before.text) return before;
        changed.push(next);
        return next;
      }),
    );
    if (changed.length === 0) continue;
    const splayMs = Math.max(...changed.map(({ spec }) => spec.splayMs));
    await pause(Math.random() * splayMs, signal);
    if (signal.aborted) return;
    for (const each of changed) await writeTemplate(each, parts);
    for (const action of actionsOf(changed)) onChange(action);
  }
}

/** Null: it cannot be rendered, or waits for a key. */
async function renderOnce(
  { spec }: RenderedTemplate,
  parts: TemplateParts,
  signal: AbortSignal,
): Promise<RenderedTemplate | null> {
  const missing = new AbortController();
  const either = AbortSignal.any([signal, missing.signal]);
  const next = await renderTemplate(spec, parts, either, () => missing.abort());
  return "isRecoverable" in next ? null : next;
}

/** A restart makes signals needless. */
export function actionsOf(changed: readonly RenderedTemplate[]): readonly TemplateAction[] {
  if (changed.some(({ spec }) => spec.changeMode === "restart")) return [{ kind: "restart" }];
  const signals = changed.flatMap(({ spec }) =>
    spec.changeMode === "signal" ? [signalName(spec.changeSignal)] : [],
  );
  return [...new Set(signals)].map((name) => ({ kind: "signal", signal: name }));
}

function signalName(written: string): `SIG${string}` {
  const upper = written.toUpperCase();
  return upper.startsWith("SIG") ? (upper as `SIG${string}`) : `SIG${upper || "HUP"}`;
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  signal.addEventListener(
    "abort",
    () => {
      clearTimeout(timer);
      resolve();
    },
    { once: true },
  );
  return promise;
}
