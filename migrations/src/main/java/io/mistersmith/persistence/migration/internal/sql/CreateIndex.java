package io.mistersmith.persistence.migration.internal.sql;

import java.util.List;

/**
 * CREATE INDEX.
 *
 * @param statement the statement
 * @param name its name; empty where PostgreSQL chooses one
 * @param table the table
 * @param unique whether no two rows may have the same key
 * @param concurrently whether it is built beside reads and writes
 * @param ifNotExists whether it may exist
 * @param only whether partitions are left out
 * @param method the access method, btree where none is said
 * @param keys its columns and expressions
 * @param included the columns that it carries besides
 * @param predicate the condition of the rows that it covers; empty for all
 */
public record CreateIndex(
    SqlStatement statement,
    String name,
    ObjectName table,
    boolean unique,
    boolean concurrently,
    boolean ifNotExists,
    boolean only,
    String method,
    List<TokenSequence> keys,
    List<String> included,
    TokenSequence predicate)
    implements StatementFacts {

  static CreateIndex read(SqlStatement statement, boolean unique, TokenCursor cursor) {
    boolean concurrently = cursor.accept("concurrently");
    boolean ifNotExists = cursor.accept("if", "not", "exists");
    String name = cursor.at("on") ? "" : cursor.word();
    cursor.accept("on");
    boolean only = cursor.accept("only");
    ObjectName table = Names.orUnknown(cursor.name());
    String method = cursor.accept("using") ? cursor.word() : "btree";
    List<TokenSequence> keys = cursor.parenthesised().byComma();
    List<String> included = List.of();
    if (cursor.accept("include")) {
      included = cursor.parenthesised().byComma().stream().map(CreateIndex::word).toList();
    }
    TokenSequence predicate = cursor.rest().after("where");
    return new CreateIndex(
        statement,
        name,
        table,
        unique,
        concurrently,
        ifNotExists,
        only,
        method,
        keys,
        included,
        predicate);
  }

  private static String word(TokenSequence part) {
    return new TokenCursor(part).word();
  }

  /** Copies the lists. */
  public CreateIndex {
    keys = List.copyOf(keys);
    included = List.copyOf(included);
  }

  @Override
  public List<TableLock> locks() {
    LockMode mode = concurrently ? LockMode.SHARE_UPDATE_EXCLUSIVE : LockMode.SHARE;
    return List.of(new TableLock(table, mode, only ? TableWork.NONE : TableWork.SCAN, line()));
  }

  @Override
  public List<ObjectName> creates() {
    return name.isEmpty() ? List.of() : List.of(new ObjectName(table.schema(), name));
  }

  @Override
  public boolean transactional() {
    return !concurrently;
  }

  @Override
  public String summary() {
    return "CREATE INDEX " + name + " on " + table;
  }
}
