package io.mistersmith.persistence.core.internal.store.postgres;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * Instants as PostgreSQL keeps them: to the microsecond, and here within the years that ISO 8601
 * writes with four digits; what lies outside is moved to the nearest end.
 */
final class SqlTime {

  private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999Z");

  private SqlTime() {}

  /** The text that PostgreSQL reads as {@code timestamptz}. */
  static String text(Instant instant) {
    if (instant.isBefore(EARLIEST)) {
      return EARLIEST.toString();
    }
    return (instant.isAfter(LATEST) ? LATEST : instant.truncatedTo(ChronoUnit.MICROS)).toString();
  }

  static Optional<Instant> optional(ResultSet row, String column) throws SQLException {
    return Optional.ofNullable(row.getObject(column, OffsetDateTime.class))
        .map(OffsetDateTime::toInstant);
  }

  static Instant get(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }

  /** Nanoseconds since 1970, where a store's microseconds would not do to compare. */
  static long nanos(Instant instant) {
    return Math.addExact(
        Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L), instant.getNano());
  }

  static Instant ofNanos(long nanos) {
    return Instant.ofEpochSecond(0, nanos);
  }
}
