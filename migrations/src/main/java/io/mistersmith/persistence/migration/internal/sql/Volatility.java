package io.mistersmith.persistence.migration.internal.sql;

import java.util.Set;

/**
 * Whether an expression is the same for every row of a statement. PostgreSQL knows it of each
 * function; a script does not, so that a function that is not known here may differ.
 */
public final class Volatility {
  private static final Set<String> SAME =
      Set.of(
          "now",
          "transaction_timestamp",
          "statement_timestamp",
          "date_trunc",
          "timezone",
          "make_interval",
          "make_date",
          "make_timestamptz",
          "coalesce",
          "nullif",
          "greatest",
          "least",
          "lower",
          "upper",
          "length",
          "left",
          "right",
          "substr",
          "substring",
          "replace",
          "concat",
          "format",
          "md5",
          "sha256",
          "encode",
          "decode",
          "convert_to",
          "to_char",
          "to_date",
          "to_timestamp",
          "to_jsonb",
          "to_json",
          "jsonb_build_object",
          "jsonb_build_array",
          "json_build_object",
          "json_build_array",
          "array",
          "array_fill",
          "current_setting",
          "current_database",
          "current_schema",
          "int4range",
          "int8range",
          "numrange",
          "tsrange",
          "tstzrange",
          "daterange",
          "extract",
          "abs",
          "round",
          "floor",
          "ceil",
          "cast",
          "row",
          "point",
          "box",
          "varchar",
          "numeric",
          "decimal",
          "char",
          "character",
          "varying",
          "bit",
          "timestamp",
          "timestamptz",
          "time",
          "interval",
          "vector");

  private static final Set<String> MOMENTS =
      Set.of("current_timestamp", "current_date", "current_time", "localtimestamp", "localtime");

  private static final Set<String> CLOCKS =
      Set.of("now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday");

  private Volatility() {}

  /** Whether each row may get another value, so that PostgreSQL must write every row. */
  public static boolean mayDiffer(TokenSequence expression) {
    return expression.calls(function -> !SAME.contains(function));
  }

  /** Whether the expression depends on when it is asked. */
  public static boolean dependsOnTime(TokenSequence expression) {
    return expression.calls(CLOCKS::contains)
        || expression.tokens().stream()
            .anyMatch(token -> token.kind() == Token.Kind.WORD && MOMENTS.contains(token.text()));
  }
}
