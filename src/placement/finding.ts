/** Something wrong in a job's wishes for its placement. */
export interface Finding {
  readonly code:
    | "operator_required"
    | "operator_unknown"
    | "attribute_required"
    | "attribute_unsupported"
    | "missing_opening_brace"
    | "missing_closing_brace"
    | "value_required"
    | "value_not_allowed"
    | "regexp_invalid"
    | "version_invalid"
    | "semver_invalid"
    | "distinct_property_count_invalid"
    | "operator_not_allowed"
    | "weight_invalid"
    | "target_duplicate"
    | "percent_invalid"
    | "percent_sum_invalid";
  /** A sentence: what was expected, what was given. */
  readonly message: string;
}
