/** Names that people use, and the standard of decoders does not know. Its EUC-KR is what Windows calls 949. */
const ALIASES: Readonly<Record<string, string>> = {
  cp949: "euc-kr",
  ms949: "euc-kr",
  uhc: "euc-kr",
};

/** The name by which a decoder knows a character set; what is no alias stays as it is. */
export function decoderLabel(name: string): string {
  return ALIASES[name.toLowerCase()] ?? name;
}
