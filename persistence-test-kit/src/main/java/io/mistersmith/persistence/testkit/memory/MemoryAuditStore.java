package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.security.AuditChange;
import io.mistersmith.persistence.security.AuditQuery;
import io.mistersmith.persistence.spi.sql.AuditStore;
import io.mistersmith.persistence.testkit.memory.AuditRows.Logged;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The log of changes of the set {@code audit}. */
final class MemoryAuditStore implements AuditStore {

  private static final String AUDIT = "audit";

  /** By the text of the id: PostgreSQL compares its bytes, and Java its two signed halves. */
  private static final Comparator<AuditChange> LATEST_FIRST =
      Comparator.comparing(AuditChange::at)
          .thenComparing(change -> change.id().toString())
          .reversed();

  private final Session session;

  MemoryAuditStore(Session session) {
    this.session = session;
  }

  @Override
  public boolean isInstalled() {
    return session.call(tables -> tables.hasSet(AUDIT));
  }

  @Override
  public List<AuditChange> find(AuditQuery query) {
    return session.call(
        tables -> {
          tables.requireSet(AUDIT, "the audit log");
          return tables
              .audit
              .changes
              .all()
              .filter(logged -> isSelected(logged, query))
              .map(Logged::change)
              .sorted(LATEST_FIRST)
              .limit(query.limit())
              .toList();
        });
  }

  private static boolean isSelected(Logged logged, AuditQuery query) {
    AuditChange change = logged.change();
    return query.subject().map(logged.subject()::equals).orElse(true)
        && isOrAny(query.path(), logged.path())
        && isOrAny(query.actor(), change.writer().actor())
        && isOrAny(query.correlationId(), change.writer().correlationId())
        && query.since().map(time -> !change.at().isBefore(time)).orElse(true)
        && query.until().map(change.at()::isBefore).orElse(true)
        && query.after().map(last -> LATEST_FIRST.compare(change, last) > 0).orElse(true);
  }

  private static boolean isOrAny(Optional<String> wanted, Optional<String> found) {
    return wanted.isEmpty() || wanted.equals(found);
  }
}
