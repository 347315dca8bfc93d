package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.FactRow;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.Filter;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.StoredFact;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** The rows of facts in memory: constraints and conditions. */
final class MemoryFacts {

  private MemoryFacts() {}

  /** Writes a fact; {@code before} is what it replaces. */
  static void put(Tables tables, FactRow fact, Optional<StoredFact> before, Instant now) {
    if (!fact.source().map(tables.agents::refer).orElse(true)) {
      throw refused(fact, "SQLSTATE 23503, the agent that is its source is not registered");
    }
    Instant from =
        fact.validFrom().or(() -> before.flatMap(old -> old.row().validFrom())).orElse(now);
    Optional<Instant> until =
        fact.validUntil().or(() -> before.flatMap(old -> old.row().validUntil()));
    if (until.isPresent() && !until.get().isAfter(from)) {
      throw refused(
          fact, "SQLSTATE 23514, constraint valid_validity_period: it ends before it begins");
    }
    tables.facts.put(
        fact.id(),
        new StoredFact(
            holding(fact, from, until),
            before.map(StoredFact::createdAt).orElse(now),
            now,
            before.flatMap(StoredFact::supersededBy)));
  }

  private static NonTransientPersistenceException refused(FactRow fact, String reason) {
    return new NonTransientPersistenceException(
        DataError.CONSTRAINT_VIOLATION, "fact " + fact.id() + " is refused: " + reason);
  }

  /** Returns a fact with another validity. */
  static FactRow holding(FactRow fact, Instant from, Optional<Instant> until) {
    return new FactRow(
        fact.id(),
        fact.entityType(),
        fact.entityId(),
        fact.predicate(),
        fact.object(),
        fact.objectType(),
        fact.source(),
        fact.confidence(),
        fact.evidence(),
        Optional.of(from),
        until,
        fact.hash());
  }

  /** Takes a deleted agent out of the facts that it has found. */
  static void forgetSource(Tables tables, AgentId agent) {
    List<StoredFact> found =
        tables
            .facts
            .all()
            .filter(stored -> stored.row().source().equals(Optional.of(agent)))
            .toList();
    for (StoredFact stored : found) {
      FactRow row = stored.row();
      tables.facts.put(
          row.id(),
          new StoredFact(
              new FactRow(
                  row.id(),
                  row.entityType(),
                  row.entityId(),
                  row.predicate(),
                  row.object(),
                  row.objectType(),
                  Optional.empty(),
                  row.confidence(),
                  row.evidence(),
                  row.validFrom(),
                  row.validUntil(),
                  row.hash()),
              stored.createdAt(),
              stored.updatedAt(),
              stored.supersededBy()));
    }
  }

  /** Whether a fact meets the conditions, whatever the page. */
  static boolean isSelected(FactRow fact, Filter filter, Instant now) {
    FactQuery query = filter.query();
    return isSame(query.entityType(), fact.entityType())
        && isSame(query.entityId(), fact.entityId())
        && isSame(query.predicate(), fact.predicate())
        && isSame(query.objectType(), fact.objectType())
        && (query.source().isEmpty() || query.source().equals(fact.source()))
        && (query.confidence().isEmpty()
            || fact.confidence()
                .map(BigDecimal::doubleValue)
                .filter(confidence -> confidence >= query.confidence().getAsDouble())
                .isPresent())
        && filter
            .part()
            .map(part -> Containment.contains(JsonTree.read(fact.object()), JsonTree.read(part)))
            .orElse(true)
        && query
            .words()
            .map(words -> Words.has(fact.object().getBytes(StandardCharsets.UTF_8), words))
            .orElse(true)
        && (query.isOfAllTimes() || holds(fact, query.validAt().orElse(now)));
  }

  private static boolean isSame(Optional<String> wanted, String there) {
    return wanted.map(there::equals).orElse(true);
  }

  private static boolean holds(FactRow fact, Instant time) {
    return !fact.validFrom().orElseThrow().isAfter(time)
        && fact.validUntil().map(until -> until.isAfter(time)).orElse(true);
  }

  /** Returns when what takes the place of a fact begins at the earliest. */
  static Instant next(FactRow fact, Instant now) {
    Instant least = fact.validFrom().orElseThrow().plus(1, ChronoUnit.MICROS);
    return now.isAfter(least) ? now : least;
  }
}
