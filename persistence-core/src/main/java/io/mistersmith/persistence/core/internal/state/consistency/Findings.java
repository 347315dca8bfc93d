package io.mistersmith.persistence.core.internal.state.consistency;

import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.config.ConsistencyConfig.OrphanPolicy;
import io.mistersmith.persistence.core.internal.codec.JsonContent;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.Inconsistency;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Kind;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Repair;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what a confirmed difference is and has it repaired. Where an entry in KV is a write, it
 * is the truth; where it is a copy of a row, the row is, unless the row went back behind its own
 * copy. Orphans are dealt with as the policy says, once they are old enough.
 */
final class Findings {

  private static final Logger LOG = LoggerFactory.getLogger(Findings.class);
  private static final Duration FIRST = Duration.ofSeconds(1);

  private final Journal journal;
  private final SqlAccess sql;
  private final Repairs repairs;
  private final ConsistencyConfig config;
  private final Duration tombstoneRetention;
  private final PersistenceListener listener;

  Findings(
      Journal journal,
      SqlAccess sql,
      Repairs repairs,
      ConsistencyConfig config,
      Duration tombstoneRetention,
      PersistenceListener listener) {
    this.journal = journal;
    this.sql = sql;
    this.repairs = repairs;
    this.config = config;
    this.tombstoneRetention = tombstoneRetention;
    this.listener = listener;
  }

  /** Whether this is a marker without a row that has been there longer than tombstones are kept. */
  boolean isOldMarker(Observed observed, Instant now) {
    return observed.hot().operation() == Operation.DELETE
        && observed.row().isEmpty()
        && observed.hot().time().isBefore(now.minus(tombstoneRetention));
  }

  /**
   * Files what is certain to differ. The rows are read once more after the dead letters: a letter
   * that was replayed before they were read is a row by now.
   *
   * @return the keys whose row changed since it was compared
   */
  Set<StateKey> file(Map<StateKey, Observed> confirmed, Instant now, Tally tally) {
    if (confirmed.isEmpty()) {
      return Set.of();
    }
    Set<String> refused = sql.deadLetters().openSubjects(journal.name());
    Set<AgentId> registered = registered(confirmed.keySet());
    Map<StateKey, StoredState> rows = sql.states().findAll(confirmed.keySet());
    Set<StateKey> changed = new LinkedHashSet<>();
    confirmed.forEach(
        (key, observed) -> {
          String subject = journal.subject(key);
          Optional<Revision.OfJournal> revision =
              Optional.ofNullable(rows.get(key)).map(StoredState::revision);
          if (!revision.equals(observed.rowRevision())) {
            changed.add(key);
          } else if (tally.isNew(subject)) {
            file(subject, observed, mayHaveState(key, registered), refused, now, tally);
          }
        });
    tally.compared(confirmed.size() - changed.size());
    return changed;
  }

  private void file(
      String subject,
      Observed observed,
      boolean allowed,
      Set<String> refused,
      Instant now,
      Tally tally) {
    HotEntry hot = observed.hot();
    if (hot.operation() == Operation.DELETE && observed.row().isEmpty()) {
      found(Kind.ORPHAN_MARKER, subject, observed, orphan(hot, subject, true, now), tally);
    } else if (observed.row().isEmpty() && !allowed) {
      boolean kept = refused.contains(subject);
      found(Kind.ORPHAN_ENTRY, subject, observed, orphan(hot, subject, kept, now), tally);
    } else if (refused.contains(subject)) {
      if (JsonContent.isJson(hot.value()) || hot.operation() == Operation.DELETE) {
        tally.deadLettered();
      } else {
        // If there is a row, removing the entry would bring back an older value.
        Repair repair = observed.row().isEmpty() ? orphan(hot, subject, true, now) : Repair.LEFT;
        found(Kind.UNDECODABLE, subject, observed, repair, tally);
      }
    } else {
      Kind kind = Judge.judge(observed, now).orElseThrow();
      found(
          kind,
          subject,
          observed,
          config.repair() ? repair(kind, subject, observed) : Repair.LEFT,
          tally);
    }
  }

  private Repair repair(Kind kind, String subject, Observed observed) {
    return switch (kind) {
      case MISSING_IN_SQL, SQL_BEHIND, VALUE_DIFFERS -> repairs.writeAgain(observed.hot());
      case SQL_AHEAD ->
          isAnothersRevision(subject, observed) ? repairs.writeAgain(observed.hot()) : Repair.LEFT;
      case KV_BEHIND, STALE_HYDRATION -> repairs.evict(subject, observed.hot().sequence());
      case ORPHAN_ENTRY, ORPHAN_MARKER, UNDECODABLE, ORPHAN_ROW -> Repair.LEFT;
    };
  }

  /** Whether the stream shows that the row's revision was given to another key. */
  private boolean isAnothersRevision(String subject, Observed observed) {
    long sequence = observed.rowRevision().orElseThrow().sequence();
    try (JournalReader reader = journal.read(JournalRange.from(sequence).withoutValues())) {
      Optional<JournalEntry> there = reader.next(FIRST);
      return there.isPresent()
          && there.get().sequence() == sequence
          && !there.get().subject().equals(subject);
    }
  }

  /**
   * @param kept whether nothing is lost when the entry leaves KV
   */
  private Repair orphan(HotEntry hot, String subject, boolean kept, Instant now) {
    if (config.orphans() == OrphanPolicy.REPORT
        || hot.time().isAfter(now.minus(config.orphanAge()))) {
      return Repair.LEFT;
    }
    if (kept || config.orphans() == OrphanPolicy.REMOVE) {
      return repairs.evict(subject, hot.sequence());
    }
    // PostgreSQL refuses it again and files it; the next check takes it out of KV.
    Repair again = repairs.writeAgain(hot);
    return again == Repair.REPAIRED ? Repair.UNDER_WAY : again;
  }

  /** A message whose subject is no key. */
  void foreign(JournalEntry entry, Instant now, Tally tally) {
    if (!tally.isNew(entry.subject())) {
      return;
    }
    boolean old = !entry.time().isAfter(now.minus(config.orphanAge()));
    boolean may =
        config.orphans() == OrphanPolicy.REMOVE
            || (config.orphans() == OrphanPolicy.DEAD_LETTER
                && sql.deadLetters().openSubjects(journal.name()).contains(entry.subject()));
    Repair repair = old && may ? repairs.evict(entry.subject(), entry.sequence()) : Repair.LEFT;
    found(
        new Inconsistency(
            Kind.UNDECODABLE,
            entry.subject(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            repair),
        tally);
  }

  /** Rows that have no agent. */
  void orphanedRows(List<StateKey> keys, Tally tally) {
    for (StateKey key : keys) {
      Repair repair = Repair.LEFT;
      if (config.orphans() == OrphanPolicy.REMOVE) {
        repair = sql.states().removeOrphans(List.of(key)) > 0 ? Repair.REPAIRED : Repair.SUPERSEDED;
      }
      found(
          new Inconsistency(
              Kind.ORPHAN_ROW,
              key.toString(),
              Optional.of(key),
              Optional.empty(),
              Optional.empty(),
              repair),
          tally);
    }
  }

  private void found(Kind kind, String subject, Observed observed, Repair repair, Tally tally) {
    found(
        new Inconsistency(
            kind,
            subject,
            Optional.of(observed.hot().key()),
            Optional.of(observed.hotRevision()),
            observed.rowRevision(),
            repair),
        tally);
  }

  private void found(Inconsistency inconsistency, Tally tally) {
    tally.found(inconsistency);
    LOG.warn(
        "bucket {}: {} is inconsistent: {}, revision {} in KV and {} in PostgreSQL; {}",
        journal.name(),
        inconsistency.subject(),
        inconsistency.kind(),
        inconsistency.kvRevision().map(Object::toString).orElse("none"),
        inconsistency.sqlRevision().map(Object::toString).orElse("none"),
        inconsistency.repair());
    listener.on(new PersistenceEvent.InconsistencyFound(inconsistency));
  }

  private Set<AgentId> registered(Set<StateKey> keys) {
    Set<AgentId> ids = new HashSet<>();
    for (StateKey key : keys) {
      if (!key.agent().isExternal()) {
        ids.add(key.agent());
      }
    }
    return sql.agents().findAll(ids).keySet();
  }

  private static boolean mayHaveState(StateKey key, Set<AgentId> registered) {
    return key.agent().isExternal() || registered.contains(key.agent());
  }
}
