package io.mistersmith.persistence.migration.internal.sql;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Any other statement: CREATE TYPE, COMMENT, GRANT, SELECT...
 *
 * @param statement the statement
 * @param summary its first words
 * @param created the object that it creates, where it is one that lives in a schema
 * @param locks the locks that it takes
 * @param transactional whether it runs in a transaction
 */
public record OtherStatement(
    SqlStatement statement,
    String summary,
    @Nullable ObjectName created,
    List<TableLock> locks,
    boolean transactional)
    implements StatementFacts {

  /** Copies the locks. */
  public OtherStatement {
    locks = List.copyOf(locks);
  }

  @Override
  public List<ObjectName> creates() {
    return created == null ? List.of() : List.of(created);
  }
}
