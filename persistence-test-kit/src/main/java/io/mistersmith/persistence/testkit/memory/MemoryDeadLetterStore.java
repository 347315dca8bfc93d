package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.DeadLetters;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import io.mistersmith.persistence.spi.sql.DeadLetterStore;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** The open dead letters; a closed one is forgotten. */
final class MemoryDeadLetterStore implements DeadLetterStore {

  private static final Comparator<DeadLetter> ORDER =
      Comparator.comparing(DeadLetter::bucket).thenComparing(DeadLetter::revision);

  private final Session session;

  MemoryDeadLetterStore(Session session) {
    this.session = session;
  }

  @Override
  public List<DeadLetter> open(int limit) {
    return session.call(
        tables -> tables.deadLetters.all().limit(limit).map(Content.DeadRow::letter).toList());
  }

  @Override
  public long count() {
    return session.call(tables -> tables.deadLetters.all().count());
  }

  @Override
  public Optional<DeadLetter> openFor(String bucket, StateKey key, Revision.OfJournal from) {
    return session.call(
        tables ->
            tables
                .deadLetters
                .all()
                .filter(row -> row.letter().bucket().equals(bucket))
                .filter(row -> row.change().key().equals(Optional.of(key)))
                .map(Content.DeadRow::letter)
                .filter(letter -> letter.revision().compareTo(from) >= 0)
                .findFirst());
  }

  @Override
  public Optional<DeadLetter> openForAgent(String bucket, AgentId agent) {
    return session.call(
        tables ->
            tables
                .deadLetters
                .all()
                .map(Content.DeadRow::letter)
                .filter(letter -> letter.bucket().equals(bucket))
                .filter(letter -> letter.key().map(StateKey::agent).equals(Optional.of(agent)))
                .min(ORDER));
  }

  @Override
  public List<DeadLetter> page(DeadLetters.Filter filter, Optional<DeadLetter> after, int limit) {
    return session.call(
        tables ->
            tables
                .deadLetters
                .all()
                .map(Content.DeadRow::letter)
                .filter(letter -> after.map(last -> ORDER.compare(letter, last) > 0).orElse(true))
                .filter(letter -> matches(filter, letter))
                .sorted(ORDER)
                .limit(limit)
                .toList());
  }

  private static boolean matches(DeadLetters.Filter filter, DeadLetter letter) {
    return filter
            .agent()
            .map(agent -> letter.key().map(StateKey::agent).equals(Optional.of(agent)))
            .orElse(true)
        && filter.error().map(error -> letter.error() == error).orElse(true)
        && filter.sqlState().map(s -> letter.sqlState().equals(Optional.of(s))).orElse(true)
        && filter.writtenFrom().map(from -> !letter.writtenAt().isBefore(from)).orElse(true)
        && filter.writtenBefore().map(letter.writtenAt()::isBefore).orElse(true);
  }

  @Override
  public Set<String> openSubjects(String bucket) {
    return session.call(
        tables ->
            tables
                .deadLetters
                .all()
                .map(Content.DeadRow::letter)
                .filter(letter -> letter.bucket().equals(bucket))
                .map(DeadLetter::subject)
                .collect(Collectors.toUnmodifiableSet()));
  }

  @Override
  public Optional<StateChange> change(UUID id) {
    return session.call(tables -> tables.deadLetters.find(id).map(Content.DeadRow::change));
  }

  @Override
  public Map<UUID, DataResult<Boolean>> replayAll(Collection<UUID> ids) {
    Map<UUID, DataResult<Boolean>> results = new LinkedHashMap<>();
    for (UUID id : ids) {
      try {
        results.put(id, DataResult.success(session.attempt(() -> replay(id))));
      } catch (NonTransientPersistenceException e) {
        results.put(id, DataResult.failure(e));
      }
    }
    return results;
  }

  @Override
  public boolean replay(UUID id) {
    return session.call(
        tables -> {
          Content.DeadRow row =
              tables
                  .deadLetters
                  .find(id)
                  .orElseThrow(
                      () ->
                          new NonTransientPersistenceException(
                              DataError.NOT_FOUND, "there is no open dead letter " + id));
          StateWriter.write(tables, row.letter().bucket(), row.change(), session.now())
              .ifPresent(
                  refused -> {
                    throw new NonTransientPersistenceException(
                        DataError.CONSTRAINT_VIOLATION,
                        "replay dead letter " + id + ": " + refused.reason() + "; it stays open");
                  });
          tables.deadLetters.remove(id);
          return true;
        });
  }
}
