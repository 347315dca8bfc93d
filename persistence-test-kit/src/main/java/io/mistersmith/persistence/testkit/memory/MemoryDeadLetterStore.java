package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.repository.DeadLetter;
import io.mistersmith.persistence.repository.DeadLetters;
import io.mistersmith.persistence.spi.DeadLetterStore;
import io.mistersmith.persistence.spi.StateChange;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** The open dead letters; a closed one is forgotten. */
final class MemoryDeadLetterStore implements DeadLetterStore {

  private static final Comparator<DeadLetter> ORDER =
      Comparator.comparing(DeadLetter::bucket).thenComparing(DeadLetter::revision);

  private final MemoryDatabase database;
  private final Connection connection;

  MemoryDeadLetterStore(MemoryDatabase database, Connection connection) {
    this.database = database;
    this.connection = connection;
  }

  @Override
  public List<DeadLetter> open(int limit) {
    connection.checkSql();
    return database.transact(
        tables ->
            tables.deadLetters.values().stream().limit(limit).map(Tables.DeadRow::letter).toList());
  }

  @Override
  public long count() {
    connection.checkSql();
    return database.transact(tables -> (long) tables.deadLetters.size());
  }

  @Override
  public Optional<DeadLetter> openFor(String bucket, StateKey key, Revision from) {
    connection.checkSql();
    return database.transact(
        tables ->
            tables.deadLetters.values().stream()
                .filter(row -> row.letter().bucket().equals(bucket))
                .filter(row -> row.change().key().equals(Optional.of(key)))
                .map(Tables.DeadRow::letter)
                .filter(letter -> letter.revision().compareTo(from) >= 0)
                .findFirst());
  }

  @Override
  public Optional<DeadLetter> openForAgent(String bucket, String agent) {
    connection.checkSql();
    return database.transact(
        tables ->
            tables.deadLetters.values().stream()
                .map(Tables.DeadRow::letter)
                .filter(letter -> letter.bucket().equals(bucket))
                .filter(letter -> letter.agent().equals(Optional.of(agent)))
                .min(ORDER));
  }

  @Override
  public List<DeadLetter> page(DeadLetters.Filter filter, Optional<DeadLetter> after, int limit) {
    connection.checkSql();
    return database.transact(
        tables ->
            tables.deadLetters.values().stream()
                .map(Tables.DeadRow::letter)
                .filter(letter -> after.map(last -> ORDER.compare(letter, last) > 0).orElse(true))
                .filter(letter -> matches(filter, letter))
                .sorted(ORDER)
                .limit(limit)
                .toList());
  }

  private static boolean matches(DeadLetters.Filter filter, DeadLetter letter) {
    return filter.agent().map(agent -> letter.agent().equals(Optional.of(agent))).orElse(true)
        && filter.error().map(error -> letter.error() == error).orElse(true)
        && filter.sqlState().map(s -> letter.sqlState().equals(Optional.of(s))).orElse(true)
        && filter.writtenFrom().map(from -> !letter.writtenAt().isBefore(from)).orElse(true)
        && filter.writtenBefore().map(letter.writtenAt()::isBefore).orElse(true);
  }

  @Override
  public Set<String> openSubjects(String bucket) {
    connection.checkSql();
    return database.transact(
        tables ->
            tables.deadLetters.values().stream()
                .map(Tables.DeadRow::letter)
                .filter(letter -> letter.bucket().equals(bucket))
                .map(DeadLetter::subject)
                .collect(Collectors.toUnmodifiableSet()));
  }

  @Override
  public Optional<StateChange> change(UUID id) {
    connection.checkSql();
    return database.transact(
        tables -> Optional.ofNullable(tables.deadLetters.get(id)).map(Tables.DeadRow::change));
  }

  @Override
  public boolean replay(UUID id) {
    connection.checkSql();
    return database.transact(
        tables -> {
          Tables.DeadRow row = tables.deadLetters.get(id);
          if (row == null) {
            throw new NonTransientPersistenceException(
                DataError.NOT_FOUND, "there is no open dead letter " + id);
          }
          StateWriter.write(tables, row.letter().bucket(), row.change(), connection.now())
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
