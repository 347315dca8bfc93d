package io.mistersmith.persistence.migration.internal.lint;

import io.mistersmith.persistence.migration.internal.sql.AlterAction;
import io.mistersmith.persistence.migration.internal.sql.AlterTable;
import io.mistersmith.persistence.migration.internal.sql.ColumnDefinition;
import io.mistersmith.persistence.migration.internal.sql.CreateTable;
import io.mistersmith.persistence.migration.internal.sql.ObjectName;
import io.mistersmith.persistence.migration.internal.sql.StatementFacts;
import io.mistersmith.persistence.migration.internal.sql.TokenCursor;
import io.mistersmith.persistence.migration.internal.sql.TokenSequence;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The columns and partition keys of the tables that scripts create. Immutable. */
final class KnownTables {
  static final KnownTables NONE = new KnownTables(Map.of(), Map.of());

  private final Map<ObjectName, Map<String, String>> columnTypes;
  private final Map<ObjectName, TokenSequence> partitionKeys;

  private KnownTables(
      Map<ObjectName, Map<String, String>> columnTypes,
      Map<ObjectName, TokenSequence> partitionKeys) {
    this.columnTypes = columnTypes;
    this.partitionKeys = partitionKeys;
  }

  /** These tables and those of another script. */
  KnownTables plus(List<StatementFacts> statements) {
    Map<ObjectName, Map<String, String>> types = new HashMap<>();
    columnTypes.forEach((table, columns) -> types.put(table, new HashMap<>(columns)));
    Map<ObjectName, TokenSequence> keys = new HashMap<>(partitionKeys);
    for (StatementFacts facts : statements) {
      if (facts instanceof CreateTable table) {
        Map<String, String> columns = types.computeIfAbsent(table.name(), n -> new HashMap<>());
        table.columns().forEach(column -> columns.put(column.name(), type(column)));
        if (!table.partitionKey().isEmpty()) {
          keys.put(table.name(), table.partitionKey());
        }
      } else if (facts instanceof AlterTable alter) {
        for (AlterAction action : alter.actions()) {
          ColumnDefinition column = action.column();
          if (column != null) {
            types
                .computeIfAbsent(alter.table(), n -> new HashMap<>())
                .put(column.name(), type(column));
          }
        }
      }
    }
    return new KnownTables(types, keys);
  }

  private static String type(ColumnDefinition column) {
    boolean zone = column.type().has("with", "time", "zone");
    return column.typeName().equals("timestamp") && zone ? "timestamptz" : column.typeName();
  }

  /** The type of a column, without its length; empty where no script says it. */
  String typeOf(ObjectName table, String column) {
    return columnTypes.getOrDefault(table, Map.of()).getOrDefault(column, "");
  }

  /** The partition key of a table: a column or an expression each. */
  Optional<List<TokenSequence>> partitionKey(ObjectName table) {
    return Optional.ofNullable(partitionKeys.get(table)).map(TokenSequence::byComma);
  }

  /** The column that a part of a partition key is; empty where it is an expression. */
  static String column(TokenSequence part) {
    TokenCursor cursor = new TokenCursor(part);
    String name = cursor.word();
    return cursor.atSymbol("(") ? "" : name;
  }
}
