package io.mistersmith.persistence.core.internal.store.postgres;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** A parameter that is one column of a set of rows, for {@code unnest}. */
record SqlArray(String elementType, Collection<? extends @Nullable Object> elements)
    implements Argument {

  static SqlArray text(Collection<? extends @Nullable String> elements) {
    return new SqlArray("text", elements);
  }

  static SqlArray bigint(Collection<? extends @Nullable Long> elements) {
    return new SqlArray("int8", elements);
  }

  static SqlArray bytes(Collection<byte[]> elements) {
    return new SqlArray("bytea", elements);
  }

  static SqlArray bool(Collection<Boolean> elements) {
    return new SqlArray("bool", elements);
  }

  @Override
  public void apply(int position, PreparedStatement statement, StatementContext context)
      throws SQLException {
    Object[] array =
        switch (elementType) {
          case "text" -> elements.toArray(String[]::new);
          case "bytea" -> elements.toArray(byte[][]::new);
          case "bool" -> elements.toArray(Boolean[]::new);
          default -> elements.toArray(Long[]::new);
        };
    statement.setArray(position, statement.getConnection().createArrayOf(elementType, array));
  }
}
