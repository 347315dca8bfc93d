package io.mistersmith.persistence.core.internal.consistency;

import io.mistersmith.persistence.core.internal.codec.JsonContent;
import io.mistersmith.persistence.core.internal.journal.RowJudge;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.monitor.Inconsistency.Kind;
import io.mistersmith.persistence.spi.HotEntry;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.StoredState;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Says whether a flushed entry in KV and its row agree. An entry is a write, of which PostgreSQL
 * should have exactly that revision, or a copy of a row that was hydrated, which should be like the
 * row. An entry that was evicted is nowhere to be compared with.
 */
final class Judge {

  private Judge() {}

  static Optional<Kind> judge(Observed observed, Instant now) {
    HotEntry hot = observed.hot();
    StoredState row = observed.row().orElse(null);
    RowJudge.Verdict verdict =
        RowJudge.compare(observed.hotRevision(), hot.operation(), hot.metadata(), row, now);
    if (row == null) {
      return verdict == RowJudge.Verdict.ROW_MISSING
          ? Optional.of(Kind.MISSING_IN_SQL)
          : Optional.empty();
    }
    return switch (verdict) {
      case ROW_BEHIND -> Optional.of(Kind.SQL_BEHIND);
      case OUTDATED -> Optional.of(later(observed, row.revision()));
      case SAME, ROW_MISSING, ROW_NOT_NEEDED -> byValue(observed, row);
    };
  }

  private static Optional<Kind> byValue(Observed observed, StoredState row) {
    HotEntry hot = observed.hot();
    if (isSame(hot, row)
        && (observed.isHydrated() || observed.checksum().map(isOf(hot)::equals).orElse(true))) {
      return Optional.empty();
    }
    return Optional.of(observed.isHydrated() ? Kind.STALE_HYDRATION : Kind.VALUE_DIFFERS);
  }

  /** The stream as it is now cannot have given a revision of another epoch than it names so. */
  private static Kind later(Observed observed, Revision rowRevision) {
    if (observed.isHydrated()) {
      return Kind.STALE_HYDRATION;
    }
    boolean ofThisStream =
        observed.position().epochOf(rowRevision.sequence()) == rowRevision.epoch();
    return ofThisStream || rowRevision.epoch() > observed.position().epoch()
        ? Kind.SQL_AHEAD
        : Kind.KV_BEHIND;
  }

  private static boolean isSame(HotEntry hot, StoredState row) {
    if (hot.operation() == Operation.DELETE || row.deleted()) {
      return hot.operation() == Operation.DELETE && row.deleted();
    }
    return millis(hot.metadata().expiresAt()).equals(millis(row.expiresAt()))
        && JsonContent.isSame(hot.value(), row.value());
  }

  private static Optional<Instant> millis(Optional<Instant> time) {
    return time.map(instant -> instant.truncatedTo(ChronoUnit.MILLIS));
  }

  private static String isOf(HotEntry hot) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(hot.value()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
