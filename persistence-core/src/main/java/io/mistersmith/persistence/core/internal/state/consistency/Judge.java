package io.mistersmith.persistence.core.internal.state.consistency;

import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.core.internal.codec.JsonContent;
import io.mistersmith.persistence.core.internal.state.journal.RowJudge;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Kind;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * Decides whether a flushed entry in KV and its row agree. An entry is a write or a hydrated copy
 * of a row. PostgreSQL should have exactly the revision of a write; a copy should equal its row. An
 * evicted entry cannot be compared.
 */
final class Judge {

  private Judge() {}

  static Optional<Kind> judge(Observed observed, Instant now) {
    HotEntry hot = observed.hot();
    StoredState row = observed.row().orElse(null);
    RowJudge.Verdict verdict =
        RowJudge.compare(observed.hotRevision(), hot.operation(), hot.metadata(), row, now);
    if (row == null) {
      return verdict == RowJudge.Verdict.ROW_MISSING && !isOfLog(hot)
          ? Optional.of(Kind.MISSING_IN_SQL)
          : Optional.empty();
    }
    return switch (verdict) {
      case ROW_BEHIND -> Optional.of(Kind.SQL_BEHIND);
      case OUTDATED -> Optional.of(later(observed, row.revision()));
      case SAME, ROW_MISSING, ROW_NOT_NEEDED -> byValue(observed, row);
    };
  }

  /** The row of an entry that its log has dropped is deleted while the entry is still in KV. */
  private static boolean isOfLog(HotEntry hot) {
    return LogStore.Key.of(hot.key()).isPresent();
  }

  private static Optional<Kind> byValue(Observed observed, StoredState row) {
    HotEntry hot = observed.hot();
    if (isSame(hot, row)
        && (observed.isHydrated()
            || observed.checksum().map(Digests.sha256Hex(hot.value())::equals).orElse(true))) {
      return Optional.empty();
    }
    return Optional.of(observed.isHydrated() ? Kind.STALE_HYDRATION : Kind.VALUE_DIFFERS);
  }

  /** The stream as it is now cannot have given a revision of another epoch than it names so. */
  private static Kind later(Observed observed, Revision.OfJournal rowRevision) {
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
}
