const REFERENCE = /\$\{\s*((?:NOMAD_|meta\.|attr\.|node\.)[^}\s]+)\s*\}/g;

/** `${NOMAD_...}`, `${meta...}`, `${attr...}` and `${node...}` in the template's own text; others are left alone. */
export function fillReferences(text: string, lookup: (name: string) => string | undefined): string {
  return text.replaceAll(REFERENCE, (whole, name: string) => lookup(name) ?? whole);
}

/**
 * The text with something in the place of each reference that can stand wherever its value could, of the same length
 * so that no place moves: for reading a template where the values are not known.
 */
export function maskReferences(text: string): string {
  return text.replaceAll(REFERENCE, (whole) => whole.replaceAll(/[^\n]/g, "0"));
}
