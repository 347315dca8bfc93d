package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.transaction.Transaction.Row;
import java.math.BigDecimal;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A row that is read, with its columns by name. */
final class SqlRow implements Row {

  private final Map<String, Integer> columns;
  private final @Nullable Object[] values;

  private SqlRow(Map<String, Integer> columns, @Nullable Object[] values) {
    this.columns = columns;
    this.values = values;
  }

  /** Reads all rows. */
  static List<Row> all(ResultSet rows) throws SQLException {
    ResultSetMetaData described = rows.getMetaData();
    int count = described.getColumnCount();
    Map<String, Integer> columns = new HashMap<>();
    String[] types = new String[count];
    for (int i = 0; i < count; i++) {
      columns.putIfAbsent(described.getColumnLabel(i + 1), i);
      types[i] = described.getColumnTypeName(i + 1);
    }
    List<Row> read = new ArrayList<>();
    while (rows.next()) {
      @Nullable Object[] values = new @Nullable Object[count];
      for (int i = 0; i < count; i++) {
        values[i] = value(rows, i + 1, types[i]);
      }
      read.add(new SqlRow(columns, values));
    }
    return read;
  }

  private static @Nullable Object value(ResultSet rows, int column, String type)
      throws SQLException {
    return switch (type) {
      case "timestamptz" -> {
        OffsetDateTime time = rows.getObject(column, OffsetDateTime.class);
        yield time == null ? null : time.toInstant();
      }
      case "timestamp" -> rows.getObject(column, LocalDateTime.class);
      case "date" -> rows.getObject(column, LocalDate.class);
      case "bool", "int2", "int4", "int8", "float4", "float8", "numeric", "uuid", "bytea" ->
          rows.getObject(column);
      default -> {
        Object value = rows.getObject(column);
        yield value instanceof Array array ? array.getArray() : rows.getString(column);
      }
    };
  }

  @Override
  public <T> T get(String column, Class<T> type) {
    return find(column, type)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "column " + column + " is NULL; use find where it may be"));
  }

  @Override
  public <T> Optional<T> find(String column, Class<T> type) {
    Integer index = columns.get(column);
    if (index == null) {
      throw new IllegalArgumentException(
          "there is no column " + column + "; there are " + columns.keySet());
    }
    Object value = values[index];
    if (value == null) {
      return Optional.empty();
    }
    Object converted = converted(value, type);
    if (converted == null) {
      throw new IllegalArgumentException(
          "column "
              + column
              + " is a "
              + value.getClass().getSimpleName()
              + " and cannot be read as "
              + type.getSimpleName());
    }
    return Optional.of(type.cast(converted));
  }

  /** Returns null where there is no such form of the value. */
  private static @Nullable Object converted(Object value, Class<?> type) {
    if (type.isInstance(value)) {
      return value;
    }
    if (value instanceof Number number) {
      return number(number, type);
    }
    boolean hasText =
        value instanceof Boolean
            || value instanceof UUID
            || value instanceof Instant
            || value instanceof LocalDate
            || value instanceof LocalDateTime;
    return type == String.class && hasText ? value.toString() : null;
  }

  private static @Nullable Object number(Number number, Class<?> type) {
    if (type == String.class) {
      return number instanceof BigDecimal exact ? exact.toPlainString() : number.toString();
    }
    if (type == Double.class) {
      return number.doubleValue();
    }
    if (type == Float.class) {
      return number.floatValue();
    }
    try {
      BigDecimal exact = new BigDecimal(number.toString());
      if (type == BigDecimal.class) {
        return exact;
      } else if (type == Long.class) {
        return exact.longValueExact();
      } else if (type == Integer.class) {
        return exact.intValueExact();
      } else if (type == Short.class) {
        return exact.shortValueExact();
      }
      return null;
    } catch (NumberFormatException | ArithmeticException e) {
      return null;
    }
  }
}
