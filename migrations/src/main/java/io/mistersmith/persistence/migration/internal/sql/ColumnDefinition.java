package io.mistersmith.persistence.migration.internal.sql;

import java.util.List;
import java.util.Set;

/**
 * A column, as CREATE TABLE or ADD COLUMN defines it.
 *
 * @param name its name
 * @param type its type
 * @param defaultValue the expression of its default; empty where it has none
 * @param generated the expression that it is computed from; empty where it is not
 * @param stored whether what is computed is stored
 * @param identity whether the server numbers it
 * @param constraints its own constraints
 * @param line the line of the script
 */
public record ColumnDefinition(
    String name,
    TokenSequence type,
    TokenSequence defaultValue,
    TokenSequence generated,
    boolean stored,
    boolean identity,
    List<ConstraintDefinition> constraints,
    int line) {
  private static final Set<String> SERIAL =
      Set.of("serial", "serial2", "serial4", "serial8", "smallserial", "bigserial");

  /** Copies the constraints. */
  public ColumnDefinition {
    constraints = List.copyOf(constraints);
  }

  /** The first word of the type, without its schema and length: {@code varchar}, {@code int4}. */
  public String typeName() {
    ObjectName typeName = new TokenCursor(type).name();
    return typeName == null ? "" : typeName.name();
  }

  /** Whether a sequence of its own gives it its default. */
  public boolean serial() {
    return SERIAL.contains(typeName());
  }

  /** Whether it has a constraint of that kind. */
  public boolean has(ConstraintDefinition.Kind kind) {
    return constraints.stream().anyMatch(constraint -> constraint.kind() == kind);
  }

  /** Whether the type is an array. */
  public boolean array() {
    return type.tokens().stream().anyMatch(token -> token.isSymbol("[") || token.is("array"));
  }
}
